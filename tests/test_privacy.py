"""What a person says, and who it is, is nowhere to be found afterwards; and no session puts words into the skill's mouth."""

from __future__ import annotations

import copy
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree

import fuzzing
import pytest
from flask.testing import FlaskClient
from signing import NOW, REQUESTS, SKILL_ID, authority, body_of, chain, signed

from skill.adapters.alexa import Handler, build_handler
from skill.adapters.local import LocalSkill
from skill.adapters.reloading import LiveSkill
from skill.adapters.verification import Certificates, Verifier
from skill.adapters.web import build_web
from skill.app import App
from skill.places import KNOWLEDGE
from skill.turns import Reply, Session, Turn

JSON = Any

RECORDED = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(REQUESTS.glob("*.json"))}

SECRETS = ("userId", "deviceId", "personId", "apiAccessToken", "accessToken", "consentToken", "sessionId", "requestId", "token")

CANARY = "qq-canary"


def with_canaries(event: dict[str, JSON]) -> dict[str, JSON]:
    """The request with a string of its own in each place that tells of a person: who, on what, and what was said."""
    event = copy.deepcopy(event)
    system = event.setdefault("context", {}).setdefault("System", {})
    system |= {"apiAccessToken": "", "person": {"personId": "", "accessToken": ""}, "application": {"applicationId": SKILL_ID}}
    for block in (system, event.get("session") or {}):
        block["user"] = {"userId": "", "accessToken": "", "permissions": {"consentToken": ""}}
        block["application"] = {"applicationId": SKILL_ID}
    event["request"]["timestamp"] = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    for block, key in list(_places(event)):
        if key in SECRETS:
            block[key] = f"{CANARY}-{key}"
    for slot in ((event["request"].get("intent") or {}).get("slots") or {}).values():
        slot["value"] = f"my name is {CANARY}-slot and my lip twitches"
    return event


def _places(block: JSON) -> Iterator[tuple[JSON, JSON]]:
    for key, value in block.items() if isinstance(block, dict) else enumerate(block) if isinstance(block, list) else ():
        yield block, key
        yield from _places(value)


class ExplodingApp(App):
    """Fails at every reply, with the words of the person in the message."""

    def reply(self, turn: Turn, session: Session) -> tuple[Reply, Session]:
        raise ValueError(f"cannot answer {turn}")

    def can_answer(self, turn: Turn) -> str:
        raise ValueError(f"cannot answer {turn}")


class SpeechlessApp(ExplodingApp):
    """Cannot even apologise."""

    def apology(self, locale: str) -> Reply:
        raise LookupError(f"no words in {locale}")


class ExplodingSkill(LiveSkill):
    """A door behind which everything fails, and says with what."""

    def __init__(self) -> None:
        pass

    def __call__(self, event: dict[str, JSON], context: JSON) -> dict[str, JSON]:
        raise ValueError(f"cannot answer {event}")


# A hook of Python's cannot be removed: it is switched.
_written: list[str] = []
_is_watching = [False]


def _watch(name: str, arguments: tuple[Any, ...]) -> None:
    if _is_watching[0] and name == "open" and isinstance(arguments[2], int) and arguments[2] & 3:
        _written.append(str(arguments[0]))


sys.addaudithook(_watch)


@contextmanager
def written() -> Iterator[list[str]]:
    """The files that are opened for writing meanwhile."""
    _written.clear()
    _is_watching[0] = True
    try:
        yield _written
    finally:
        _is_watching[0] = False


@pytest.fixture(scope="module")
def live(skill: LocalSkill) -> LiveSkill:
    assert skill.app.problems == ()
    return LiveSkill(KNOWLEDGE)


@pytest.fixture(scope="module")
def handlers(skill: LocalSkill) -> dict[str, Handler]:
    parts = skill.app.knowledge, skill.app.reader
    return {each.__name__: build_handler(each(*parts)) for each in (App, ExplodingApp, SpeechlessApp)}


@pytest.fixture(scope="module")
def clients(live: LiveSkill) -> dict[str, FlaskClient]:
    certificates = Certificates(lambda path: chain(), [authority().certificate])
    verifier = Verifier(SKILL_ID, certificates, lambda: NOW)
    skills = {"open": (live, None), "verified": (live, verifier), "exploding": (ExplodingSkill(), verifier)}
    return {name: build_web(*parts).test_client() for name, parts in skills.items()}


@pytest.mark.parametrize("name", RECORDED)
def test_nothing_of_a_person_is_logged_answered_or_written(
    handlers: dict[str, Handler], clients: dict[str, FlaskClient], capfd: pytest.CaptureFixture[str], name: str
) -> None:
    event = with_canaries(RECORDED[name])
    body = body_of(event)
    assert body.count(CANARY.encode()) >= 5
    bodies = {
        "sound": (body, signed(body)),
        "unsigned": (body, {}),
        "changed": (body + b" ", signed(body)),
        "broken": (body[:-20], signed(body[:-20])),
        "with hostile headers": (body, {"SignatureCertChainUrl": CANARY, "Signature-256": CANARY, "Cookie": CANARY}),
    }

    def everything() -> Iterator[tuple[str, bytes]]:
        for handler in handlers.values():
            yield "answered", json.dumps(handler(copy.deepcopy(event), None)).encode()
        for client in clients.values():
            for sent, headers in bodies.values():
                response = client.post("/", data=sent, headers=headers)
                yield str(response.status_code), response.data + str(response.headers).encode()
            yield "elsewhere", client.get(f"/{CANARY}?{CANARY}", headers={"Host": "localhost"}).data

    list(everything())  # What is imported on first use is compiled, and that is written.
    capfd.readouterr()
    with fuzzing.logged() as lines, written() as files:
        answers = list(everything())
    assert {kind for kind, _ in answers} == {"answered", "200", "400", "500", "elsewhere"}
    assert [answer for _, answer in answers if CANARY.encode() in answer] == []
    assert len(lines) > 10
    assert [line for line in lines if CANARY in line or "Traceback" in line] == []
    assert CANARY not in "".join(capfd.readouterr())
    assert files == []


def test_the_watch_on_files_sees_them(tmp_path: Any) -> None:
    with written() as files:
        (tmp_path / "seen").write_text("x", encoding="utf-8")
    assert files == [str(tmp_path / "seen")]


def test_the_watch_on_logs_sees_them() -> None:
    with fuzzing.logged() as lines:
        try:
            raise ValueError(CANARY)
        except ValueError:
            logging.getLogger("skill").debug("failed", exc_info=True)
    assert CANARY in lines[0]


# Session attributes pass through the person's device.

TURNS = ("repeat", "yes", "no", "more", "next", "previous", "help", "launch", "fallback", "apl-user-event", "question", "carrier")

EMERGENCY = "my face is drooping and i cannot speak"


def tampered(number: int) -> JSON:
    return fuzzing.any_session(fuzzing.Chance(number))


def in_session(name: str, attributes: JSON, words: str = "") -> dict[str, JSON]:
    event = copy.deepcopy(RECORDED[name])
    event["session"]["attributes"] = copy.deepcopy(attributes)
    if words:
        next(iter(event["request"]["intent"]["slots"].values()))["value"] = words
    return event


def spoken(response: dict[str, JSON]) -> str:
    return str(response["response"].get("outputSpeech", {}).get("ssml", ""))


@pytest.fixture(scope="module")
def sayable(skill: LocalSkill) -> set[str]:
    """Every word that the knowledge can say, so that any other is seen."""
    parts = json.dumps(
        [skill.app.knowledge._replace(answers={}), [list(answer) for answer in skill.app.knowledge.answers.values()]],
        default=list,
        ensure_ascii=False,
    )
    return set(_words(parts))


def _words(text: str) -> list[str]:
    return "".join(char if char.isalnum() else " " for char in text.lower()).split()


@pytest.mark.parametrize("turn", TURNS)
def test_tampering_with_a_session_breaks_no_turn_and_says_nothing_else(
    handlers: dict[str, Handler], sayable: set[str], turn: str
) -> None:
    apology = "".join(ElementTree.fromstring(spoken(handlers["ExplodingApp"](RECORDED["launch"], None))).itertext())  # noqa: S314
    for number in range(150):
        attributes = tampered(number)
        response = handlers["App"](in_session(turn, attributes), None)
        if not (ssml := spoken(response)):
            assert turn == "apl-user-event"
            continue
        said = "".join(ElementTree.fromstring(ssml).itertext())  # noqa: S314 (the skill's own words)
        assert said != apology, attributes
        assert set(_words(said)) <= sayable, attributes
        assert CANARY not in json.dumps(response["response"])
        assert len(json.dumps(response["sessionAttributes"])) < 4_000, attributes


def test_no_session_hides_an_emergency(handlers: dict[str, Handler]) -> None:
    untouched = spoken(handlers["App"](in_session("question", {}, EMERGENCY), None))
    for number in range(300):
        response = handlers["App"](in_session("question", tampered(number), EMERGENCY), None)
        assert response["sessionAttributes"]["answer_id"] == "emergency"
        assert spoken(response) == untouched
        assert response["response"]["shouldEndSession"] is True
