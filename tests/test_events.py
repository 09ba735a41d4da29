"""The ready requests in `tests/events/`: the ones that the knowledge gives, and one for each kind of request."""

from __future__ import annotations

import json
from pathlib import Path

from skill.adapters.local import LocalSkill
from skill.events import events

EVENTS = Path(__file__).parent / "events"


def test_the_ready_requests_are_those_of_the_knowledge(skill: LocalSkill) -> None:
    written = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in EVENTS.glob("*.json")}
    assert written == dict(events(skill.app.knowledge, skill.device())), "write them anew: python -m skill events tests/events"


def test_every_answer_has_one(skill: LocalSkill) -> None:
    named = {file.stem for file in EVENTS.glob("answer-*.json")}
    assert named == {f"answer-{name.replace('/', '-')}" for name in skill.app.knowledge.answers}
