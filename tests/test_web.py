"""The web door: the same answers as Lambda's, the right status for all else, and not a word about why."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import Any

import pytest
from flask.testing import FlaskClient
from signing import NOW, REQUESTS, SKILL_ID, authority, body_of, chain, event, signed

from skill.adapters.alexa import build_handler
from skill.adapters.local import LocalSkill
from skill.adapters.reloading import LiveSkill
from skill.adapters.verification import Certificates, Verifier
from skill.adapters.web import MAX_BODY, build_web
from skill.places import KNOWLEDGE, PROJECT

RECORDED = sorted(file.stem for file in REQUESTS.glob("*.json"))

PLAIN = "text/plain; charset=utf-8"


@pytest.fixture(scope="module")
def live(skill: LocalSkill) -> LiveSkill:
    assert skill.app.problems == ()
    return LiveSkill(KNOWLEDGE)


@pytest.fixture
def anyone(live: LiveSkill) -> FlaskClient:
    """The door without verification."""
    return build_web(live, None).test_client()


@pytest.fixture
def alexa_only(live: LiveSkill) -> FlaskClient:
    certificates = Certificates(lambda path: chain(), [authority().certificate])
    return build_web(live, Verifier(SKILL_ID, certificates, lambda: NOW)).test_client()


@pytest.mark.parametrize("name", RECORDED)
def test_both_doors_give_the_same_answer(skill: LocalSkill, anyone: FlaskClient, name: str) -> None:
    data = json.loads((REQUESTS / f"{name}.json").read_text(encoding="utf-8"))
    response = anyone.post("/", data=body_of(data))
    assert response.status_code == 200
    # The adapter adds nothing of its own: not even to the user agent.
    assert response.get_json() == build_handler(skill.app)(data, None)


@pytest.mark.parametrize("name", RECORDED)
def test_what_alexa_signed_is_answered(alexa_only: FlaskClient, name: str) -> None:
    data = event(name) if "context" in json.loads((REQUESTS / f"{name}.json").read_text(encoding="utf-8")) else event()
    body = body_of(data)
    assert alexa_only.post("/", data=body, headers=signed(body)).status_code == 200


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", "x" * 200])
def test_the_body_is_read_whatever_it_says_to_be(alexa_only: FlaskClient, content_type: str) -> None:
    body = body_of(event())
    response = alexa_only.post("/", data=body, headers=signed(body), content_type=content_type)
    assert response.get_json()["sessionAttributes"]["answer_id"] == "launch"


BODY = body_of(event())

REFUSED: dict[str, tuple[bytes, dict[str, str]]] = {
    "unsigned": (BODY, {}),
    "changed": (BODY + b" ", signed(BODY)),
    "another skill's": (body_of(event(skill_id="another")), signed(body_of(event(skill_id="another")))),
    "malformed JSON": (b"{", signed(b"{")),
    "empty": (b"", signed(b"")),
    "a list": (b"[]", signed(b"[]")),
}


@pytest.mark.parametrize(("body", "headers"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refusal_tells_its_reason_to_the_log_alone(
    alexa_only: FlaskClient, caplog: pytest.LogCaptureFixture, body: bytes, headers: dict[str, str]
) -> None:
    caplog.set_level(logging.DEBUG)
    response = alexa_only.post("/", data=body, headers=headers)
    assert (response.status_code, response.content_type, response.text) == (400, PLAIN, "bad request\n")
    (record,) = caplog.records
    assert record.getMessage().startswith("refused: ")
    assert record.exc_info is None


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b"\xff", b'{"request": NaN}', b"[" * 100_000, b"1" * 5_000])
def test_what_is_no_request_is_refused_without_verification_too(anyone: FlaskClient, body: bytes) -> None:
    assert anyone.post("/", data=body).status_code == 400


@pytest.mark.parametrize("door", ["anyone", "alexa_only"])
def test_a_body_too_long_is_not_read(request: pytest.FixtureRequest, door: str) -> None:
    client: FlaskClient = request.getfixturevalue(door)
    body = BODY + b" " * MAX_BODY
    assert client.post("/", data=body, headers=signed(body)).status_code == 413


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "head"])
def test_only_a_post_is_answered(alexa_only: FlaskClient, method: str) -> None:
    response = getattr(alexa_only, method)("/")
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]


def test_elsewhere_is_nothing(alexa_only: FlaskClient) -> None:
    response = alexa_only.get("/canary<script>")
    assert (response.status_code, response.text) == (404, "not found\n")


def test_the_door_says_that_it_is_alive_and_ready(alexa_only: FlaskClient) -> None:
    assert [alexa_only.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]


def test_a_door_that_cannot_speak_is_alive_and_not_ready(live: LiveSkill, monkeypatch: pytest.MonkeyPatch) -> None:
    client = build_web(live, None).test_client()
    monkeypatch.setattr(live._app, "reply", None)
    assert [client.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 503]


def test_a_crash_is_an_empty_answer_and_a_line_without_words(live: LiveSkill, caplog: pytest.LogCaptureFixture) -> None:
    class Crashing(LiveSkill):
        def __init__(self) -> None:
            pass

        def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
            raise ValueError(f"cannot answer {event}")

    response = build_web(Crashing(), None).test_client().post("/", data=body_of({"canary": "canary"}))
    assert (response.status_code, response.text) == (500, "failed\n")
    assert "failed: ValueError in __call__" in caplog.text
    assert "canary" not in caplog.text


def test_a_request_sent_twice_gets_the_same_answer_twice(alexa_only: FlaskClient) -> None:
    body = body_of(event("carrier"))
    first, second = (alexa_only.post("/", data=body, headers=signed(body)) for _ in range(2))
    assert first.status_code == 200
    assert first.data == second.data


def test_what_nobody_maintains_is_not_loaded() -> None:
    code = "import sys, skill.adapters.web as web; web.skill_adapter(); print(*sys.modules)"
    run = subprocess.run(  # noqa: S603 (this very Python)
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    loaded = set(run.stdout.split())
    assert "flask_ask_sdk.skill_adapter" in loaded
    assert loaded & {"certvalidator", "oscrypto", "freezegun"} == set()
