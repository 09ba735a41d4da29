"""The commands that make, try and publish the Lambda function, as a person calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skill.adapters.cli import main
from skill.adapters.commands import common
from skill.adapters.local import LocalSkill
from skill.deploy import emulator, engine
from skill.deploy.emulator import InvocationError, read_response
from skill.deploy.tools import MissingToolError
from skill.places import BUILDS

QUESTION = "why is my upper lip twitching"


def test_invoke_speaks_the_answer_of_the_built_function(skill: LocalSkill, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["invoke", "--emulator", "--", QUESTION]) == 0
    assert capsys.readouterr().out.strip() == skill.say(skill.device(), QUESTION).heard.speech


def test_what_is_not_built_is_told_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(common, "ARTIFACT", tmp_path / "nothing")
    assert main(["invoke", "--emulator", QUESTION]) == 2
    assert "run make build first" in capsys.readouterr().err


def test_without_an_engine_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.setattr("skill.deploy.engine.os.geteuid", lambda: 1_000)
    assert main(["invoke", QUESTION]) == 1
    told = capsys.readouterr().err
    assert "No Docker engine answers at unix:///nowhere/docker.sock" in told
    assert "EMULATOR=1" in told
    assert "Traceback" not in told


def test_without_sam_the_emulator_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(emulator, "SAM", tmp_path / "bin" / "sam")
    with pytest.raises(MissingToolError, match="run make build"):
        emulator.binary()


@pytest.mark.parametrize("text", ["", "Task timed out after 7.00 seconds", '{"errorType": "ValueError"}', "[]"])
def test_what_is_no_response_is_told_with_the_log(text: str) -> None:
    with pytest.raises(InvocationError, match=r"(?s)gave no answer.*the log"):
        read_response(text, lambda: "the log")


def test_an_artifact_goes_into_a_new_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").touch()
    assert main(["artifact", str(tmp_path)]) == 2
    assert "is not empty; name a new folder" in capsys.readouterr().err


def test_package_says_what_is_still_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["package"]) == 0
    told = capsys.readouterr()
    assert "build/skill-package" in told.out
    assert "--endpoint" in told.err
    assert "--privacy" in told.err
    assert json.loads((BUILDS / "skill-package" / "skill.json").read_text(encoding="utf-8"))["manifest"]


def test_package_refuses_what_is_no_endpoint(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["package", "--endpoint", "somewhere"]) == 2
    assert "SkillEndpoint" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["bench", "cold", "--rounds", "0"], ["bench", "cold", "--memory", "-1"]])
def test_bench_refuses_what_cannot_be_measured(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "one or more" in capsys.readouterr().err


def test_a_private_engine_is_not_begun_where_one_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_answers", lambda host: True)
    with engine.running_engine() as running:
        assert not running.is_private
