"""The conversations of tests/conversations/, each on every route that Alexa may take."""

from __future__ import annotations

from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from skill.adapters.local import Exchange, LocalSkill
from skill.device import plain_speech
from skill.recogniser import ROUTES

FOLDER = Path(__file__).parent / "conversations"

FEWEST = 60

KEYS = {"name", "locale", "device", "turns"}
DOES, EXPECTS = {"say", "touch", "silence"}, {"answer", "hear", "not_hear", "shows", "session"}


class Conversation(NamedTuple):
    place: str
    data: dict[str, Any]


def conversations() -> list[Conversation]:
    found = []
    for file in sorted(FOLDER.glob("*.yaml")):
        for data in yaml.safe_load(file.read_text(encoding="utf-8")):
            found.append(Conversation(f"{file.stem}: {data['name']}", data))
    return found


def test_there_are_enough_conversations_and_no_two_of_a_name() -> None:
    names = [each.place for each in conversations()]
    assert len(names) >= FEWEST
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("conversation", conversations(), ids=lambda each: each.place)
def test_a_conversation_is_written_as_it_should_be(conversation: Conversation) -> None:
    assert conversation.data.keys() <= KEYS
    assert conversation.data["turns"]
    for turn in conversation.data["turns"]:
        assert len(turn.keys() & DOES) == 1, turn
        assert turn.keys() <= DOES | EXPECTS, turn
        assert turn.keys() & EXPECTS or turn.get("silence") == "end", f"{turn} expects nothing"


@pytest.mark.parametrize("route", ["", *ROUTES])
@pytest.mark.parametrize("conversation", conversations(), ids=lambda each: each.place)
def test_a_conversation_goes_as_it_is_written(skill: LocalSkill, conversation: Conversation, route: str) -> None:
    data = conversation.data
    device = skill.device(data.get("locale", "en-US"), route, has_screen=data.get("device") == "show")
    steps = [next((kind, str(turn[kind])) for kind in DOES & turn.keys()) for turn in data["turns"]]
    last: Exchange | None = None
    for turn, exchange in zip(data["turns"], skill.converse(device, steps), strict=True):
        if exchange is None:
            assert turn["silence"] == "reprompt", turn
            assert last is not None
            speech = plain_speech(last.response["response"]["reprompt"]["outputSpeech"]["ssml"])
        else:
            last, speech = exchange, exchange.heard.speech
            if "silence" in turn:
                assert (turn["silence"], exchange.response["response"]) == ("end", {})
        _judge(turn, last, speech)


def _judge(turn: dict[str, Any], exchange: Exchange, speech: str) -> None:
    if "answer" in turn:
        wanted = turn["answer"] if isinstance(turn["answer"], list) else [turn["answer"]]
        assert exchange.answer_id in wanted, f"{turn}: {exchange.answer_id}: {speech}"
    assert turn.get("hear", "") in speech, turn
    assert "not_hear" not in turn or turn["not_hear"] not in speech, turn
    assert turn.get("shows", "") in _shown(exchange), turn
    if "session" in turn:
        assert exchange.heard.session_open == (turn["session"] == "open"), turn


def _shown(exchange: Exchange) -> str:
    """The text on the screen, or on the card in the phone's app where there is no screen."""
    if exchange.heard.screen is None:
        return str((exchange.heard.card or {}).get("content", ""))
    shown = exchange.heard.screen["datasources"]["screen"]
    return unescape("\n".join([shown["title"], shown["text"], *(choice["text"] for choice in shown["choices"])]))
