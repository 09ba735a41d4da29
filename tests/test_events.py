"""`python -m skill events`: a ready request for each answer, emergency and type of request, each with the right kind of reply.

Those in `tests/events/` are committed, for whoever wants one at hand.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skill.adapters.alexa import Handler, build_handler
from skill.adapters.cli import main
from skill.adapters.local import LocalSkill
from skill.interaction_model import BUILT_IN, COMMANDS
from skill.knowledge.model import Knowledge

EVENTS = Path(__file__).parent / "events"

SILENT = {
    "SessionEndedRequest",
    "SessionResumedRequest",
    "System.ExceptionEncountered",
    "Connections.Response",
    "AlexaSkillEvent.SkillEnabled",
    "AlexaSkillEvent.SkillDisabled",
    "AlexaSkillEvent.SkillPermissionAccepted",
    "Alexa.SomethingNew",
}
"""The types of which nobody waits for a word: speech, a card or a directive would be an error."""

SPOKEN = {"LaunchRequest", "IntentRequest", "Alexa.Presentation.APL.UserEvent"}

ASKED_FIRST = "CanFulfillIntentRequest"

SESSIONLESS = {name for name in SILENT if name.startswith(("AlexaSkillEvent", "System"))} | {ASKED_FIRST}

Request = dict[str, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("events")
    assert main(["events", str(folder / "new")]) == 0
    return folder / "new"


@pytest.fixture(scope="module")
def requests(folder: Path) -> dict[str, Request]:
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def replies(skill: LocalSkill, requests: dict[str, Request]) -> dict[str, Request]:
    handler: Handler = build_handler(skill.app)
    return {name: handler(request, None) for name, request in requests.items()}


@pytest.fixture(scope="module")
def knowledge(skill: LocalSkill) -> Knowledge:
    return skill.app.knowledge


def kind(request: Request) -> str:
    return str(request["request"]["type"])


def test_the_committed_requests_are_those_of_the_knowledge(folder: Path) -> None:
    committed, written = ({file.name: file.read_bytes() for file in place.iterdir()} for place in (EVENTS, folder))
    assert committed == written, "write them anew: python -m skill events tests/events"


def test_there_is_one_for_each_answer_emergency_and_command(requests: dict[str, Request], knowledge: Knowledge) -> None:
    answers = {f"answer-{name.replace('/', '-')}" for name in knowledge.answers}
    emergencies = {f"emergency-{name}" for name in knowledge.signs}
    commands = {f"intent-{name.removeprefix('AMAZON.').removesuffix('Intent').lower()}" for name in BUILT_IN.values()}
    assert requests.keys() >= answers | emergencies | commands | {"launch", "intent-fallback"}


def test_every_type_of_request_is_there_and_no_other(requests: dict[str, Request]) -> None:
    assert {kind(request) for request in requests.values()} == SILENT | SPOKEN | {ASKED_FIRST}
    ends = {request["request"]["reason"] for request in requests.values() if kind(request) == "SessionEndedRequest"}
    assert ends == {"USER_INITIATED", "ERROR", "EXCEEDED_MAX_REPROMPTS"}


def test_each_says_who_asks_when_and_where(requests: dict[str, Request]) -> None:
    for name, request in requests.items():
        assert request["version"] == "1.0", name
        assert request["request"].keys() >= {"type", "requestId", "timestamp", "locale"}, name
        assert request["context"]["System"]["application"]["applicationId"], name
        assert ("session" not in request) == (kind(request) in SESSIONLESS), name


def test_what_someone_waits_for_is_answered(requests: dict[str, Request], replies: dict[str, Request]) -> None:
    for name, request in requests.items():
        if kind(request) in SPOKEN:
            body = replies[name]["response"]
            assert body["outputSpeech"]["ssml"].startswith("<speak><p>"), name
            assert isinstance(body["shouldEndSession"], bool), name
            assert body["shouldEndSession"] != ("reprompt" in body), name


def test_what_nobody_waits_for_gets_an_empty_response(requests: dict[str, Request], replies: dict[str, Request]) -> None:
    silent = [name for name, request in requests.items() if kind(request) in SILENT]
    assert len(silent) >= len(SILENT)
    assert {name: replies[name]["response"] for name in silent if replies[name]["response"]} == {}


def test_alexa_learns_without_a_word_whether_a_question_can_be_answered(replies: dict[str, Request]) -> None:
    [(_, body)] = [(name, reply["response"]) for name, reply in replies.items() if "canFulfillIntent" in reply["response"]]
    assert body.keys() == {"canFulfillIntent"}
    assert body["canFulfillIntent"]["canFulfill"] == "YES"
    assert all(slot == {"canUnderstand": "YES", "canFulfill": "YES"} for slot in body["canFulfillIntent"]["slots"].values())


def test_each_answer_and_emergency_is_what_its_name_says(knowledge: Knowledge, replies: dict[str, Request]) -> None:
    wanted = {f"answer-{name.replace('/', '-')}": name for name in knowledge.answers}
    wanted |= {f"emergency-{name}": "emergency" for name in knowledge.signs}
    assert {name: replies[name]["sessionAttributes"]["answer_id"] for name in wanted} == wanted


def test_each_command_does_what_it_is_called(requests: dict[str, Request], replies: dict[str, Request]) -> None:
    for name in requests:
        intent = requests[name]["request"].get("intent", {}).get("name", "")
        if COMMANDS.get(intent) in ("stop", "help"):
            assert replies[name]["sessionAttributes"]["answer_id"] == COMMANDS[intent], name


def test_the_same_knowledge_gives_the_same_bytes(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", str(tmp_path)]) == 0
    first, second = ({file.name: file.read_bytes() for file in place.iterdir()} for place in (folder, tmp_path))
    assert first == second
    assert capsys.readouterr().out == f"wrote {len(first)} requests to {tmp_path}\n"


def test_the_locale_of_the_requests_can_be_chosen(tmp_path: Path) -> None:
    assert main(["events", str(tmp_path), "--locale", "en-GB"]) == 0
    assert {json.loads(file.read_text(encoding="utf-8"))["request"]["locale"] for file in tmp_path.iterdir()} == {"en-GB"}


@pytest.mark.parametrize("locale", ["de-DE", ""])
def test_a_locale_that_is_not_known_is_misuse(tmp_path: Path, locale: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["events", str(tmp_path / "new"), "--locale", locale]) == 2
    assert "choose one of en-US" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_written_to_is_misuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    assert main(["events", str(file)]) == 2
    assert "cannot be written" in capsys.readouterr().err
