"""What a display shows: sent to devices with a screen alone, escaped, and the same answer as is heard."""

from __future__ import annotations

import json

import pytest

from skill.adapters.cli import main
from skill.adapters.local import LocalSkill, now
from skill.screen import CHOOSE, DOCUMENT, TOKEN, data_sources
from skill.turns import Reply

MAX_RESPONSE = 24_000
"""Bytes; Alexa takes 120 KB now and took 24 KB in older texts."""


def test_a_device_with_a_screen_is_shown_what_it_hears(skill: LocalSkill) -> None:
    heard = skill.say(skill.device(has_screen=True), "what exactly is bell's palsy please").heard
    assert heard.screen is not None
    assert (heard.screen["type"], heard.screen["token"]) == ("Alexa.Presentation.APL.RenderDocument", TOKEN)
    shown = heard.screen["datasources"]["screen"]
    assert shown["title"] == "Bell's palsy"
    assert shown["text"].partition("<br>")[0] in heard.speech


def test_a_device_without_a_screen_gets_no_directive(skill: LocalSkill) -> None:
    exchange = skill.say(skill.device(), "what exactly is bell's palsy please")
    assert exchange.heard.screen is None
    assert "directives" not in exchange.response["response"]


def test_an_emergency_is_shown_too(skill: LocalSkill) -> None:
    heard = skill.say(skill.device("en-GB", has_screen=True), "my face is drooping and i can't speak").heard
    assert heard.screen is not None
    assert "999" in heard.screen["datasources"]["screen"]["text"]
    assert not heard.session_open


def test_a_phrase_that_offers_nothing_leaves_the_screen_as_it_is(skill: LocalSkill) -> None:
    assert skill.say(skill.device(has_screen=True), "help").heard.screen is None


def test_what_is_offered_can_be_touched(skill: LocalSkill) -> None:
    device = skill.device(has_screen=True)
    screen = skill.say(device, "list the causes").heard.screen
    assert screen is not None
    choices = screen["datasources"]["screen"]["choices"]
    assert [choice["id"] for choice in choices] == ["caffeine/overview", "fatigue/overview", "stress/overview"]
    assert [choice["text"] in screen["datasources"]["screen"]["text"] for choice in choices] == [True] * 3
    touched = skill.send(device, device.touch([CHOOSE, choices[1]["id"]], now()))
    assert touched.answer_id == "fatigue/overview"
    assert touched.heard.session_open


@pytest.mark.parametrize("arguments", [[], ["touched"], ["choose"], ["choose", "", ""], ["other", "stress/overview"]])
def test_a_touch_of_something_else_says_nothing(skill: LocalSkill, arguments: list[str]) -> None:
    device = skill.device(has_screen=True)
    assert skill.send(device, device.touch(arguments, now())).response["response"] == {}


def test_a_touch_of_what_is_gone_gets_help(skill: LocalSkill) -> None:
    device = skill.device(has_screen=True)
    assert skill.send(device, device.touch([CHOOSE, "no-such/answer"], now())).answer_id == "help"


def test_every_answer_with_its_screen_fits_into_a_response(skill: LocalSkill) -> None:
    knowledge = skill.app.knowledge
    sizes = {}
    for name in knowledge.answers:
        device = skill.device(attributes={"offered": name, "last": {"kind": "phrase", "id": "help"}}, has_screen=True)
        exchange = skill.say(device, "yes")
        assert exchange.answer_id == name
        sizes[name] = len(json.dumps(exchange.response).encode())
    assert {name: size for name, size in sizes.items() if size > MAX_RESPONSE} == {}


def test_what_is_shown_cannot_be_markup() -> None:
    reply = Reply("a/b", ("",), "", "", "", False, "<b>&", "a <script>\nb & c", choices=(("<i>", "a/b"),))
    assert data_sources(reply)["screen"] == {
        "title": "&lt;b&gt;&amp;",
        "text": "a &lt;script&gt;<br>b &amp; c",
        "choices": [{"text": "&lt;i&gt;", "id": "a/b"}],
    }


def test_the_document_imports_nothing_and_binds_both_texts() -> None:
    assert "import" not in DOCUMENT
    assert all(f"${{payload.screen.{name}}}" in json.dumps(DOCUMENT) for name in ("title", "text"))


@pytest.mark.parametrize(("device", "has_screen"), [("dot", False), ("show", True)])
def test_ask_takes_the_device(capsys: pytest.CaptureFixture[str], device: str, has_screen: bool) -> None:
    assert main(["ask", "--json", "--device", device, "why does my lip keep jumping"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["screen"] is not None) == has_screen
    assert bool(printed["request"]["context"]["System"]["device"]["supportedInterfaces"]) == has_screen
