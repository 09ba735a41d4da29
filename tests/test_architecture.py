"""Who may import whom, read from the code; and what an answer loads, seen in a process of its own."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from skill.adapters.local import LocalSkill
from skill.current import build_path
from skill.places import KNOWLEDGE, PROJECT

# What each part may import of the skill. A part is a module, or a package with all that is in it.
DIRECTIONS = {
    "skill": set(),
    "skill.errors": set(),
    "skill.normalize": {"skill.errors"},
    "skill.places": {"skill.errors"},
    "skill.speech": {"skill.errors"},
    "skill.turns": {"skill.errors"},
    "skill.evaluation": {"skill.errors"},
    "skill.interaction_model": {"skill.errors", "skill.normalize", "skill.speech", "skill.knowledge"},
    "skill.recogniser": {"skill.errors", "skill.normalize", "skill.interaction_model"},
    "skill.device": {"skill.errors", "skill.recogniser"},
    "skill.events": {"skill.errors", "skill.device", "skill.interaction_model", "skill.knowledge"},
    "skill.screen": {"skill.errors", "skill.turns"},
    "skill.knowledge": {"skill.errors", "skill.normalize", "skill.places", "skill.speech", "skill.knowledge"},
    "skill.understanding": {"skill.errors", "skill.normalize", "skill.places", "skill.knowledge", "skill.understanding"},
    "skill.building": {"skill.errors", "skill.places", "skill.knowledge", "skill.understanding"},
    "skill.answering": {"skill.errors", "skill.speech", "skill.turns", "skill.knowledge"},
    "skill.dialog": {
        "skill.errors",
        "skill.normalize",
        "skill.turns",
        "skill.answering",
        "skill.knowledge",
        "skill.understanding",
    },
    "skill.current": {"skill.errors", "skill.places", "skill.knowledge"},
    "skill.app": {
        "skill.errors",
        "skill.places",
        "skill.turns",
        "skill.current",
        "skill.dialog",
        "skill.knowledge",
        "skill.understanding",
    },
    "skill.deploy": {"skill.errors", "skill.places", "skill.speech", "skill.current", "skill.knowledge", "skill.deploy"},
    "skill.bench": {
        "skill.app",
        "skill.building",
        "skill.current",
        "skill.evaluation",
        "skill.knowledge",
        "skill.normalize",
        "skill.places",
        "skill.turns",
        "skill.understanding",
        "skill.bench",
        "skill.deploy",
    },
    "skill.__main__": {"skill.adapters"},
    "lambda.lambda_function": {"skill.app", "skill.adapters", "skill.knowledge"},
}

# Inside a function: reached only when knowledge files have changed, and never on a device's way to an answer.
DEFERRED = {("skill.app", "skill.current"), ("skill.current", "skill.building")}

ADAPTERS = "skill.adapters"

WEB = {"flask", "flask_ask_sdk", "ask_sdk_webservice_support", "werkzeug", "waitress", "cryptography", "certifi"}
"""What the web service alone needs: an extra that a Lambda is shipped without."""

PLATFORM = {"ask_sdk_core", "ask_sdk_model", "ask_sdk_runtime", "boto3", "botocore"} | WEB

TOOLS_OF_A_BUILD = {"yaml", "jsonschema", "sklearn", "numpy", "scipy", "joblib"}

BUILDS = {
    "skill.building",
    "skill.knowledge.source",
    "skill.knowledge.structure",
    "skill.understanding.machines",
    "skill.understanding.train",
    "skill.understanding.distill",
    "skill.bench.peers",
    "skill.bench.scale",
    "skill.deploy.icon",
}
"""The modules that may import those tools, or are imported for a build alone."""

UNPREDICTABLE = {"random", "secrets", "uuid", "socket", "urllib", "http", "requests", "time"}


class Import(NamedTuple):
    by: str
    of: str
    is_deferred: bool


def modules() -> dict[str, ast.Module]:
    files = {*(PROJECT / "skill").rglob("*.py"), *(PROJECT / "lambda").rglob("*.py")}
    names = {".".join(file.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}
    return {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in names.items()}


def imports() -> list[Import]:
    parsed = modules()
    return [each for name, tree in parsed.items() for each in _imports(name, tree, set(parsed))]


def _imports(by: str, tree: ast.Module, known: set[str]) -> Iterator[Import]:
    deferred = {id(node) for inner in ast.walk(tree) if isinstance(inner, ast.FunctionDef) for node in ast.walk(inner)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            of = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{by} imports relatively; name the module in full"
            # `from skill import speech` imports a module, `from skill.speech import fill` a name of one.
            of = [
                f"{node.module}.{alias.name}" if f"{node.module}.{alias.name}" in known else str(node.module)
                for alias in node.names
            ]
        else:
            continue
        yield from (Import(by, name, id(node) in deferred) for name in dict.fromkeys(of))


def part_of(module: str) -> str:
    return max((part for part in [*DIRECTIONS, ADAPTERS] if f"{module}.".startswith(f"{part}.")), key=len, default="")


def test_every_module_has_its_place_in_the_directions() -> None:
    found = modules()
    assert "skill.app" in found
    assert [name for name in found if part_of(name) in ("", "skill") and name != "skill"] == []


def test_imports_point_down() -> None:
    inner = [each for each in imports() if each.of.startswith("skill") and part_of(each.by) != ADAPTERS]
    assert len(inner) > 50
    upward = [
        f"{each.by} imports {each.of}"
        for each in inner
        if part_of(each.of) not in DIRECTIONS[part_of(each.by)] and not (each.is_deferred and (each.by, each.of) in DEFERRED)
    ]
    assert upward == []


def test_the_deferred_imports_are_still_there() -> None:
    assert {(each.by, each.of) for each in imports() if each.is_deferred} >= DEFERRED


def test_nothing_but_doors_imports_a_door() -> None:
    by = {part_of(each.by) for each in imports() if part_of(each.of) == ADAPTERS}
    assert by <= {ADAPTERS, "skill.__main__", "lambda.lambda_function"}


def test_only_doors_import_a_platform() -> None:
    of_platform = [each for each in imports() if each.of.partition(".")[0] in PLATFORM]
    assert of_platform
    assert {part_of(each.by) for each in of_platform} == {ADAPTERS}


def test_only_a_build_imports_what_a_build_needs() -> None:
    of_tools = [each for each in imports() if each.of.partition(".")[0] in TOOLS_OF_A_BUILD]
    assert of_tools
    assert {each.by for each in of_tools} <= BUILDS


@pytest.mark.parametrize(
    "part", ["skill.dialog", "skill.answering", "skill.speech", "skill.turns", "skill.normalize", "skill.app"]
)
def test_the_core_knows_no_clock_no_chance_and_no_network(part: str) -> None:
    of = {each.of.partition(".")[0] for each in imports() if part_of(each.by) == part}
    assert of
    assert of & UNPREDICTABLE == set()


@pytest.fixture(scope="module")
def deployed(skill: LocalSkill, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as a Lambda has it: code and build, and no knowledge files."""
    assert skill.app.knowledge.answers
    folder = tmp_path_factory.mktemp("deployed")
    for name in ("skill", "lambda"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "build").mkdir()
    shutil.copy(build_path(KNOWLEDGE), folder / "build")
    return folder


def loaded_after(deployed: Path, code: str) -> set[str]:
    """Run `code` there, and return the names of the modules that it loaded."""
    ending = f"import sys, skill; assert skill.__file__.startswith({str(deployed)!r}); print(*sys.modules)"
    run = subprocess.run(  # noqa: S603 (this very Python)
        [sys.executable, "-c", f"{code}\n{ending}"], cwd=deployed, capture_output=True, text=True, check=False
    )
    assert (run.stderr, run.returncode) == ("", 0)
    return set(run.stdout.splitlines()[-1].split())


def test_an_answer_on_a_lambda_loads_no_tool_of_a_build(deployed: Path) -> None:
    request = (Path(__file__).parent / "requests" / "carrier.json").read_text(encoding="utf-8")
    loaded = loaded_after(
        deployed,
        "import importlib, json\n"
        "handler = importlib.import_module('lambda.lambda_function').handler\n"
        f"answer = handler({json.loads(request)!r}, None)\n"
        "assert answer['sessionAttributes']['answer_id'] == 'lip-twitching/causes', answer\n",
    )
    assert "ask_sdk_core" in loaded
    assert {name.partition(".")[0] for name in loaded} & TOOLS_OF_A_BUILD == set()
    assert loaded & {*BUILDS, "skill.knowledge.check", "skill.knowledge.load"} == set()


def test_an_answer_on_a_lambda_loads_nothing_of_the_web_service(deployed: Path) -> None:
    loaded = loaded_after(deployed, "import importlib; importlib.import_module('lambda.lambda_function')")
    assert "skill.adapters.alexa" in loaded
    assert {name.partition(".")[0] for name in loaded} & WEB == set()
    serving = {f"skill.adapters.{name}" for name in ("web", "verification", "serving", "reloading", "commands.serve")}
    assert serving <= modules().keys()
    assert loaded & serving == set()


def test_the_core_loads_no_platform(deployed: Path) -> None:
    loaded = loaded_after(deployed, "import skill.app")
    assert "skill.dialog" in loaded
    assert {name.partition(".")[0] for name in loaded} & (PLATFORM | TOOLS_OF_A_BUILD) == set()
