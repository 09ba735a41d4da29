"""What `sam deploy` makes: the template as the SAM translator expands it, and as the linters see it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import Any

import pytest

from skill.deploy.emulator import HANDLER
from skill.deploy.tools import FUNCTION_PYTHON, SAM
from skill.places import PROJECT

EXPAND = """
import json, sys
from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

class NoPolicies:
    def load(self):
        return {}

template = yaml_parse(open("template.yaml").read())
template["Resources"]["SkillFunction"]["Properties"]["CodeUri"] = "s3://bucket/key"
json.dump(transform(template, {"SkillId": "amzn1.ask.skill.mine"}, NoPolicies()), sys.stdout)
"""

WITHIN_ALEXAS_LIMIT = 7


def run(*command: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "AWS_DEFAULT_REGION": "eu-west-1", "SAM_CLI_TELEMETRY": "0"}
    return subprocess.run(command, cwd=PROJECT, env=variables, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.fixture(scope="module")
def expanded() -> dict[str, Any]:
    translated = run(str(SAM.parent / "python"), "-W", "ignore", "-c", EXPAND)
    assert translated.returncode == 0, translated.stderr
    found: dict[str, Any] = json.loads(translated.stdout)
    return found


@pytest.fixture(scope="module")
def resources(expanded: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = expanded["Resources"]
    return found


def of_type(resources: dict[str, dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == kind}


def function(resources: dict[str, dict[str, Any]]) -> dict[str, Any]:
    [found] = of_type(resources, "AWS::Lambda::Function").values()
    return found


def test_sam_and_its_linter_find_nothing() -> None:
    checked = run(str(SAM), "validate", "--lint")
    assert (checked.returncode, checked.stderr) == (0, "")


def test_cfn_lint_finds_nothing_not_even_to_advise() -> None:
    checked = run(str(SAM.parent / "cfn-lint"), "--include-checks", "I", "--", "template.yaml")
    assert (checked.returncode, checked.stdout) == (0, "")


def test_it_makes_these_resources_and_no_others(resources: dict[str, dict[str, Any]]) -> None:
    versions = [name for name, each in resources.items() if each["Type"] == "AWS::Lambda::Version"]
    kinds = {re.sub(r"Version[0-9a-f]+$", "Version", name): each["Type"] for name, each in resources.items()}
    assert len(versions) == 1
    assert kinds == {
        "SkillFunction": "AWS::Lambda::Function",
        "SkillFunctionVersion": "AWS::Lambda::Version",
        "SkillFunctionAliaslive": "AWS::Lambda::Alias",
        "SkillFunctionAlexaPermission": "AWS::Lambda::Permission",
        "SkillRole": "AWS::IAM::Role",
        "SkillLog": "AWS::Logs::LogGroup",
        "SkillFunctionDeploymentGroup": "AWS::CodeDeploy::DeploymentGroup",
        "ServerlessDeploymentApplication": "AWS::CodeDeploy::Application",
        "RollOutRole": "AWS::IAM::Role",
        "Failures": "AWS::Logs::MetricFilter",
        "AlarmTopic": "AWS::SNS::Topic",
        "ErrorsAlarm": "AWS::CloudWatch::Alarm",
        "FailuresAlarm": "AWS::CloudWatch::Alarm",
        "ThrottlesAlarm": "AWS::CloudWatch::Alarm",
        "SlowAlarm": "AWS::CloudWatch::Alarm",
        "Dashboard": "AWS::CloudWatch::Dashboard",
    }


def test_only_this_skill_may_call_only_the_alias(resources: dict[str, dict[str, Any]]) -> None:
    assert list(of_type(resources, "AWS::Lambda::Permission").values()) == [
        {
            "Action": "lambda:InvokeFunction",
            "FunctionName": {"Ref": "SkillFunctionAliaslive"},
            "Principal": "alexa-appkit.amazon.com",
            "EventSourceToken": {"Ref": "SkillId"},
        }
    ]
    assert function(resources)["Environment"] == {"Variables": {"SKILL_ID": {"Ref": "SkillId"}}}


def test_the_skill_id_has_to_be_given_and_to_look_like_one(expanded: dict[str, Any]) -> None:
    skill_id = expanded["Parameters"]["SkillId"]
    assert "Default" not in skill_id
    assert re.fullmatch(skill_id["AllowedPattern"], "amzn1.ask.skill.0d9f1ee2-0000-4000-8000-5c0c2d0f3a11")
    assert re.fullmatch(skill_id["AllowedPattern"], "amzn1.ask.skill.local")
    assert not re.fullmatch(skill_id["AllowedPattern"], "*")
    assert not re.fullmatch(skill_id["AllowedPattern"], "")


def test_the_function_may_write_its_own_log_and_nothing_else(resources: dict[str, dict[str, Any]]) -> None:
    role = resources["SkillRole"]["Properties"]
    assert "ManagedPolicyArns" not in role
    assert [policy["PolicyDocument"]["Statement"] for policy in role["Policies"]] == [
        [
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": {"Fn::GetAtt": ["SkillLog", "Arn"]},
            }
        ]
    ]
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert (trust["Principal"], trust["Action"]) == ({"Service": "lambda.amazonaws.com"}, "sts:AssumeRole")
    assert function(resources)["Role"] == {"Fn::GetAtt": ["SkillRole", "Arn"]}


def test_the_other_role_is_that_of_a_roll_out(resources: dict[str, dict[str, Any]]) -> None:
    assert of_type(resources, "AWS::IAM::Role").keys() == {"SkillRole", "RollOutRole"}
    role = resources["RollOutRole"]["Properties"]
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "codedeploy.amazonaws.com"}
    assert "Policies" not in role
    limited = "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited"
    assert role["ManagedPolicyArns"] == [{"Fn::Sub": limited}]
    [group] = of_type(resources, "AWS::CodeDeploy::DeploymentGroup").values()
    assert group["ServiceRoleArn"] == {"Fn::GetAtt": ["RollOutRole", "Arn"]}


def test_the_function_runs_what_was_built_and_tested(resources: dict[str, dict[str, Any]]) -> None:
    properties = function(resources)
    assert properties["Runtime"] == f"python{FUNCTION_PYTHON}"
    assert properties["Handler"] == HANDLER
    assert properties["Architectures"] == ["x86_64"]
    assert properties["Timeout"] == WITHIN_ALEXAS_LIMIT < 8
    assert not {"VpcConfig", "TracingConfig", "Layers", "DeadLetterConfig"} & properties.keys()


def test_versions_are_published_from_a_snapshot_and_rolled_out_with_care(resources: dict[str, dict[str, Any]]) -> None:
    assert function(resources)["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    [group] = of_type(resources, "AWS::CodeDeploy::DeploymentGroup").values()
    assert "CodeDeployDefault.Lambda${ConfigName}" in json.dumps(group["DeploymentConfigName"])
    assert "Canary10Percent5Minutes" in json.dumps(group["DeploymentConfigName"])
    assert group["AutoRollbackConfiguration"]["Enabled"] is True
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    alarms = {each["Name"]["Ref"] for each in group["AlarmConfiguration"]["Alarms"]}
    assert alarms == of_type(resources, "AWS::CloudWatch::Alarm").keys()
    assert "CodeDeployLambdaAliasUpdate" in resources["SkillFunctionAliaslive"]["UpdatePolicy"]


@pytest.mark.parametrize(
    ("alarm", "metric", "statistic"),
    [
        ("ErrorsAlarm", ("AWS/Lambda", "Errors"), "Sum"),
        ("ThrottlesAlarm", ("AWS/Lambda", "Throttles"), "Sum"),
        ("SlowAlarm", ("AWS/Lambda", "Duration"), "p95"),
    ],
)
def test_alarms_watch_the_alias(
    resources: dict[str, dict[str, Any]], alarm: str, metric: tuple[str, str], statistic: str
) -> None:
    properties = resources[alarm]["Properties"]
    assert (properties["Namespace"], properties["MetricName"]) == metric
    assert properties.get("Statistic", properties.get("ExtendedStatistic")) == statistic
    assert {each["Name"]: each["Value"] for each in properties["Dimensions"]} == {
        "FunctionName": {"Ref": "SkillFunction"},
        "Resource": {"Fn::Sub": "${SkillFunction}:live"},
    }


def test_an_apology_sets_off_an_alarm(resources: dict[str, dict[str, Any]]) -> None:
    [counted] = resources["Failures"]["Properties"]["MetricTransformations"]
    watched = resources["FailuresAlarm"]["Properties"]
    assert (counted["MetricNamespace"], counted["MetricName"]) == (watched["Namespace"], watched["MetricName"])
    assert resources["Failures"]["Properties"]["FilterPattern"] == '{ $.level = "ERROR" }'


def test_every_alarm_tells_whoever_gave_an_address(resources: dict[str, dict[str, Any]]) -> None:
    told = [each["AlarmActions"] for each in of_type(resources, "AWS::CloudWatch::Alarm").values()]
    assert told == [[{"Fn::If": ["HasEmail", {"Ref": "AlarmTopic"}, {"Ref": "AWS::NoValue"}]}]] * 4
    assert resources["AlarmTopic"]["Condition"] == "HasEmail"


def test_the_log_is_json_and_is_not_kept_for_ever(expanded: dict[str, Any], resources: dict[str, dict[str, Any]]) -> None:
    assert function(resources)["LoggingConfig"] == {
        "LogFormat": "JSON",
        "ApplicationLogLevel": "INFO",
        "SystemLogLevel": "WARN",
        "LogGroup": {"Ref": "SkillLog"},
    }
    assert resources["SkillLog"]["Properties"]["RetentionInDays"] == {"Ref": "LogDays"}
    assert expanded["Parameters"]["LogDays"]["Default"] == 30
    assert max(expanded["Parameters"]["LogDays"]["AllowedValues"]) == 90


def test_the_dashboard_counts_by_fields_that_the_log_has(resources: dict[str, dict[str, Any]]) -> None:
    body = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(body)["widgets"]
    queries = " ".join(each["properties"]["query"] for each in widgets if each["type"] == "log")
    assert set(re.findall(r"(?:ispresent|strcontains|pct|max)\((\w+)", queries)) == {"outcome", "ms"}
    assert set(re.findall(r"by (answer_id|\w+)(?!\()\b", queries)) >= {"answer_id"}
    assert set(re.findall(r"strcontains\(outcome, '(\w+)'\)", queries)) == {"answer", "none", "clarify", "emergency"}
    metrics = [line[:2] for each in widgets if each["type"] == "metric" for line in each["properties"]["metrics"]]
    assert ["AWS/Lambda", "Throttles"] in metrics
    assert ["body-signals/${AWS::StackName}", "Failures"] in metrics
