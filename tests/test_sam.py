"""The real `sam local` on the built function: the same answers as in process. Run by `make test-sam`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skill.adapters.local import LocalSkill
from skill.deploy import sam
from skill.deploy.emulator import InvocationError, Service
from skill.deploy.engine import Engine, running_engine

pytestmark = pytest.mark.sam

EVENTS = [file for folder in ("events", "requests") for file in sorted((Path(__file__).parent / folder).glob("*.json"))]

OTHER_SKILL = "amzn1.ask.skill.other"


@pytest.fixture(scope="module")
def engine(engines: list[str]) -> Iterator[Engine]:
    with running_engine() as running:
        engines.append(f"{running.name}, by sam local")
        yield running


@pytest.fixture(scope="module")
def service(engine: Engine) -> Iterator[Service]:
    with sam.started(engine) as running:
        yield running


def envelope(file: Path, skill_id: str = "amzn1.ask.skill.local") -> Any:
    """A recorded request, as if sent for the skill that samconfig.toml deploys here."""
    event = json.loads(file.read_text(encoding="utf-8"))
    for part in (event.get("session"), event["context"].get("System")):
        if part:
            part["application"]["applicationId"] = skill_id
    return event


def same(response: Any) -> str:
    # The SDK tells Alexa which Python it runs on: not the one of the tests.
    return re.sub(r"Python/[\d.]+", "Python", json.dumps(response))


@pytest.mark.parametrize("name", ["launch", "carrier", "session-ended-user"])
def test_sam_local_invoke_answers_as_the_code_does_here(skill: LocalSkill, engine: Engine, name: str) -> None:
    event = envelope(Path(__file__).parent / "requests" / f"{name}.json")
    assert same(sam.invoke(event, engine)) == same(skill.send(skill.device(), event).response)


@pytest.mark.parametrize("file", EVENTS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_sam_local_start_lambda_answers_as_the_code_does_here(skill: LocalSkill, service: Service, file: Path) -> None:
    event = envelope(file)
    assert same(service.invoke(event).response) == same(skill.send(skill.device(), event).response)


def test_another_skill_gets_nothing(service: Service) -> None:
    event = envelope(Path(__file__).parent / "requests" / "carrier.json", OTHER_SKILL)
    assert service.invoke(event).response == {"version": "1.0", "response": {}}


def test_what_is_no_response_is_told(engine: Engine) -> None:
    elsewhere = engine._replace(variables={**engine.variables, "DOCKER_HOST": "unix:///nowhere/docker.sock"})
    with pytest.raises(InvocationError, match="gave no answer"):
        sam.invoke(envelope(Path(__file__).parent / "requests" / "launch.json"), elsewhere)
