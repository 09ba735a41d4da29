"""What Lambda unpacks: what is in it, and that it answers in the emulator exactly as the code does here."""

from __future__ import annotations

import copy
import importlib.util
import json
import logging
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skill.adapters.local import LocalSkill
from skill.deploy.artifact import assemble, digest
from skill.deploy.emulator import InvocationError, Service, emulated
from skill.deploy.lazy import UnknownModelError, gathered, make_model_lazy
from skill.deploy.tools import CLIENT, FUNCTION_PYTHON, byte_code_python
from skill.errors import UsageError
from skill.places import ARTIFACT, PROJECT

EVENTS = [file for folder in ("events", "requests") for file in sorted((Path(__file__).parent / folder).glob("*.json"))]

MAX_BYTES = 10_000_000

SKILL_ID = "amzn1.ask.skill.local"

WITHOUT_SOURCE = ("ask_sdk_core", "ask_sdk_model", "ask_sdk_runtime", "dateutil")

needs_function_python = pytest.mark.skipif(
    byte_code_python() is None, reason=f"byte code is made by a Python {FUNCTION_PYTHON}, and there is none here"
)


@pytest.fixture(scope="module")
def artifact() -> Path:
    assert ARTIFACT.is_dir(), "nothing is built; run make build"
    return ARTIFACT


@pytest.fixture(scope="module")
def emulator(artifact: Path, engines: list[str]) -> Iterator[Service]:
    python = in_the_functions_python(artifact, "import sys; print('%d.%d' % sys.version_info[:2])").strip()
    engines.append(f"the emulator of SAM's package, with Python {python}")
    with emulated(artifact) as running:
        yield running


def files(artifact: Path) -> list[str]:
    return [str(file.relative_to(artifact)) for file in sorted(artifact.rglob("*")) if file.is_file()]


def envelope(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def in_the_functions_python(artifact: Path, code: str) -> str:
    run = subprocess.run(  # noqa: S603 (the Python that `make` set up)
        [str(CLIENT / "bin" / "python"), "-c", code], cwd=artifact, capture_output=True, text=True, check=False
    )
    assert (run.stderr, run.returncode) == ("", 0)
    return run.stdout


def test_the_artifact_holds_what_an_answer_needs_and_nothing_else(artifact: Path) -> None:
    assert {each.name for each in artifact.iterdir()} - {"six.py", "six.pyc"} == {*WITHOUT_SOURCE, "build", "lambda", "skill"}
    assert [name for name in files(artifact) if name.startswith("build/")] == ["build/knowledge.bin"]
    data = [name for name in files(artifact) if name.startswith("skill/") and not name.endswith((".py", ".pyc"))]
    assert data == ["skill/understanding/tuned.json", "skill/understanding/vectors.bin"]
    assert {Path(name).suffix for name in files(artifact)} <= {".py", ".pyc", ".bin", ".json"}


def test_every_module_of_ours_in_the_artifact_is_loaded_for_an_answer(artifact: Path) -> None:
    shipped = {
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in files(artifact)
        if name.startswith(("skill/", "lambda/")) and name.endswith(".py")
    }
    question = envelope(Path(__file__).parent / "requests" / "carrier.json")
    question["context"]["System"]["device"]["supportedInterfaces"] = {
        "Alexa.Presentation.APL": {"runtime": {"maxVersion": "1.4"}}
    }
    code = f"""import importlib, sys
handler = importlib.import_module("lambda.lambda_function").handler
assert handler({question!r}, None)["response"]["directives"]
print(*sys.modules)"""
    assert shipped - set(in_the_functions_python(artifact, code).split()) == set()


def test_the_artifact_is_small(artifact: Path) -> None:
    assert sum((artifact / name).stat().st_size for name in files(artifact)) <= MAX_BYTES


def test_two_builds_are_the_same(artifact: Path, tmp_path: Path) -> None:
    told: list[str] = []
    assemble(tmp_path / "again", told.append)
    assert digest(tmp_path / "again") == digest(artifact)
    assert [FUNCTION_PYTHON in line for line in told] == [True] * (byte_code_python() is None)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        assemble(tmp_path, lambda said: None)
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]


@needs_function_python
def test_all_byte_code_stays_valid_whatever_date_its_source_gets(artifact: Path) -> None:
    compiled = [artifact / name for name in files(artifact) if name.endswith(".pyc")]
    assert len(compiled) > 700
    # Bit 0: valid by hash, not by time. Bit 1, not set: the hash is not compared.
    assert {int.from_bytes(file.read_bytes()[4:8], "little") for file in compiled} == {0b01}


@needs_function_python
def test_everything_is_compiled_and_libraries_leave_their_source_at_home(artifact: Path) -> None:
    sources = [name for name in files(artifact) if name.endswith(".py")]
    assert {Path(name).parts[0] for name in sources} == {"lambda", "skill"}
    tag = FUNCTION_PYTHON.replace(".", "")
    cached = [re.sub(r"([^/]+)\.py$", rf"__pycache__/\1.cpython-{tag}.pyc", name) for name in sources]
    assert [name for name in cached if name not in files(artifact)] == []


def test_the_lambda_runs_on_what_the_project_is_tested_with() -> None:
    listed = (PROJECT / "lambda" / "requirements.txt").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([a-z-]+)==(\S+) --hash=sha256:[0-9a-f]{64}$", listed, re.MULTILINE))
    assert len(pinned) == len([line for line in listed.splitlines() if not line.startswith("#")])
    for each in tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]:
        name, _, version = each.partition("==")
        assert pinned[name] == version


# The model loads its classes when they are used. That must be all that differs from the SDK as it is published.

PUBLIC_NAMES = """
import importlib, json, pkgutil, ask_sdk_model
found = {}
for each in pkgutil.walk_packages(ask_sdk_model.__path__, "ask_sdk_model."):
    module = importlib.import_module(each.name)
    if each.ispkg:
        names = [name for name in dir(module) if isinstance(getattr(module, name), type)]
        found[each.name] = {name: f"{getattr(module, name).__module__}.{getattr(module, name).__qualname__}" for name in names}
print(json.dumps(found, sort_keys=True))
"""


def test_the_lazy_model_has_every_public_name_of_the_sdk(artifact: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lazy = json.loads(in_the_functions_python(artifact, PUBLIC_NAMES))
    exec(compile(PUBLIC_NAMES, "names", "exec"), {})  # noqa: S102 (the text above)
    assert lazy == json.loads(capfd.readouterr().out)
    assert sum(len(names) for names in lazy.values()) > 500


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import ask_sdk_model; print(ask_sdk_model.Slot(name='a', value='b'))", id="an object prints"),
        pytest.param("from ask_sdk_model import *; print(Slot.__name__, Intent.__name__)", id="names are starred"),
        pytest.param("import ask_sdk_model; print(ask_sdk_model.ui.simple_card.SimpleCard().object_type)", id="through packages"),
        pytest.param("import ask_sdk_model; print(hasattr(ask_sdk_model, 'Nothing'))", id="a name it has not"),
        pytest.param(
            "from ask_sdk_model.services import ServiceClientFactory, ApiConfiguration\n"
            "factory = ServiceClientFactory(ApiConfiguration(api_client=1, api_endpoint='https://a', authorization_value='t'))\n"
            "print(type(factory.get_directive_service()), type(factory.get_ups_service()))",
            id="service clients",
        ),
    ],
)
def test_the_lazy_model_does_as_the_sdk_does(artifact: Path, code: str, capfd: pytest.CaptureFixture[str]) -> None:
    lazy = in_the_functions_python(artifact, code)
    import ask_sdk_model.ui.simple_card  # noqa: F401 (the SDK's own packages are reached only once something loaded them)

    exec(compile(code, "code", "exec"), {})  # noqa: S102 (the texts above)
    assert lazy == capfd.readouterr().out != ""


def test_a_model_of_another_shape_is_refused_with_its_cure(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("# names\nfrom .slot import Slot\nSLOTS = [Slot]\n", encoding="utf-8")
    with pytest.raises(UnknownModelError, match=r"__init__\.py:3: .*pin"):
        make_model_lazy(tmp_path)


def test_the_published_model_is_of_the_known_shape() -> None:
    found = importlib.util.find_spec("ask_sdk_model")
    assert found is not None
    assert found.origin is not None
    assert gathered(Path(found.origin))["Slot"] == "slot"


# The emulator runs the artifact as Lambda would.


@pytest.mark.parametrize("file", EVENTS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_the_artifact_answers_as_the_code_does_here(skill: LocalSkill, emulator: Service, file: Path) -> None:
    here = skill.send(skill.device(), envelope(file)).response
    there = emulator.invoke(envelope(file)).response
    # The SDK tells Alexa which Python it runs on: not the one of the tests.
    assert re.sub(r"Python/[\d.]+", "Python", json.dumps(there)) == re.sub(r"Python/[\d.]+", "Python", json.dumps(here))


def test_the_log_has_a_line_of_json_for_an_answer_and_none_for_the_one_that_warms_up(artifact: Path) -> None:
    with emulated(artifact) as emulator:
        emulator.invoke(envelope(Path(__file__).parent / "requests" / "carrier.json"))
        log = emulator.log()
    [line] = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert (line["level"], line["answer_id"], line["outcome"]) == ("INFO", "lip-twitching/causes", "answer")
    assert line["ms"] > 0
    assert "Warning" not in log


def test_another_skill_gets_nothing_and_leaves_no_trace_of_an_error(artifact: Path) -> None:
    asked = envelope(Path(__file__).parent / "requests" / "carrier.json")
    mine = copy.deepcopy(asked)
    mine["session"]["application"]["applicationId"] = mine["context"]["System"]["application"]["applicationId"] = SKILL_ID
    with emulated(artifact, {"SKILL_ID": SKILL_ID}) as emulator:
        assert emulator.invoke(asked).response == {"version": "1.0", "response": {}}
        assert "refused type=IntentRequest" in emulator.log()
        assert "Traceback" not in emulator.log()
        assert emulator.invoke(mine).response["sessionAttributes"]["answer_id"] == "lip-twitching/causes"


@pytest.mark.parametrize("name", ["carrier", "question", "launch", "help"])
def test_a_first_answer_loads_nothing_more(artifact: Path, name: str) -> None:
    asked = envelope(Path(__file__).parent / "requests" / f"{name}.json")
    code = f"""import importlib, sys
handler = importlib.import_module("lambda.lambda_function").handler
before = set(sys.modules)
assert handler({asked!r}, None)["response"]["outputSpeech"]
print(*sorted(set(sys.modules) - before))"""
    assert in_the_functions_python(artifact, code).split() == []


def test_a_start_leaves_out_what_is_slow_and_not_used(artifact: Path) -> None:
    code = "import importlib, sys; importlib.import_module('lambda.lambda_function'); print(*sys.modules)"
    loaded = set(in_the_functions_python(artifact, code).split())
    assert "ask_sdk_core.serialize" in loaded
    assert loaded & {"pprint", "dataclasses", "inspect", "dateutil", "requests", "yaml"} == set()


def test_what_fails_in_the_emulator_is_told_with_its_log(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def handler(event, context):\n    raise ValueError('on purpose')\n", encoding="utf-8")
    with emulated(tmp_path, handler="broken.handler") as emulator, pytest.raises(InvocationError, match="on purpose"):
        emulator.invoke({})


def test_warming_up_leaves_the_log_as_it_was() -> None:
    importlib.import_module("lambda.lambda_function")
    assert logging.root.manager.disable == logging.NOTSET
