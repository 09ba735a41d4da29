"""The command line: what each command prints, and the one clear sentence for each wrong use."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from skill.adapters.cli import main
from skill.adapters.commands.common import FAILED, MISUSED, OK
from skill.adapters.local import LocalSkill
from skill.current import build_path
from skill.places import KNOWLEDGE, PROJECT

ASKED = "why is my lip twitching"

KEYS = {
    "text",
    "answer_id",
    "candidates",
    "speech",
    "ssml",
    "reprompt",
    "session_open",
    "card",
    "screen",
    "request",
    "response",
    "milliseconds",
}

INVALID_UTF_8 = b"\xff\xfe\x80"


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def told(self) -> list[str]:
        """What stderr says, less the note that a build takes a while."""
        return [line for line in self.err.splitlines() if not line.startswith("Learning from ")]


Run = Callable[..., Ran]


@pytest.fixture
def run(skill: LocalSkill, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process. The knowledge has been built before, so that no build is timed or told."""
    assert skill.app.problems == ()

    def run_here(*arguments: str | Path) -> Ran:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as exit_:  # argparse ends the process itself
            code = int(str(exit_.code))
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run_here


def run_process(*arguments: str | Path, stdin: bytes = b"", encoding: str = "") -> Ran:
    """Run a command in a process of its own, where its streams matter."""
    environment = {**os.environ, **({"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"} if encoding else {})}
    done = subprocess.run(  # noqa: S603 (this very Python)
        [sys.executable, "-m", "skill", *map(str, arguments)],
        cwd=PROJECT,
        env=environment,
        input=stdin,
        capture_output=True,
        check=False,
        timeout=120,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


class Folder(NamedTuple):
    path: Path

    def write(self, name: str, content: str | bytes) -> Path:
        file = self.path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def elbow(small_folder: Path) -> Iterator[Path]:
    """A small folder of knowledge whose build is cleared away."""
    yield small_folder
    build_path(small_folder).unlink(missing_ok=True)


def break_link(elbow: Path) -> str:
    """Misspell what an answer offers next, and return where: `file:line:column`."""
    file = elbow / "elbow-humming.yaml"
    text = file.read_text(encoding="utf-8").replace("next: signs", "next: sings")
    file.write_text(text, encoding="utf-8")
    [line] = [number for number, each in enumerate(text.splitlines(), 1) if "next: sings" in each]
    return f"{file}:{line}:{text.splitlines()[line - 1].index('sings') + 1}"


def labelled(*cases: Any) -> str:
    return "".join(f"{json.dumps(case)}\n" for case in cases)


QUESTION = {"id": "q1", "text": ASKED, "accept": ["lip-twitching/causes"], "kind": "plain"}


# Wrong use


NO_PLACE = "no-such-folder/no-such-file"

MISUSES: dict[str, tuple[Sequence[str], str]] = {
    "ask without text": (["ask"], "give one question in quotes"),
    "ask with text and batch": (["ask", ASKED, "--batch", "-"], "give one question in quotes"),
    "ask nothing": (["ask", ""], "nothing was asked"),
    "ask blanks": (["ask", " \t\n "], "nothing was asked"),
    "ask 100 kB": (["ask", "lip " * 25_000], "100,000 characters are no spoken question"),
    "ask in an unknown locale": (["ask", ASKED, "--locale", "de-DE"], "the locale 'de-DE' is not known"),
    "ask in the locale unknown": (["ask", ASKED, "--locale", "unknown"], "the locale 'unknown' is not known"),
    "ask a batch that is missing": (["ask", "--batch", NO_PLACE], "cannot be read: No such file"),
    "ask a batch that is a folder": (["ask", "--batch", "{folder}"], "cannot be read: Is a directory"),
    "ask knowledge that is missing": (["ask", ASKED, "--knowledge", NO_PLACE], "is no folder"),
    "ask knowledge that is a file": (["ask", ASKED, "--knowledge", "{knowledge}/phrases.yaml"], "is no folder"),
    "ask with a folder as session": (["ask", ASKED, "--session", "{folder}"], "cannot be read: Is a directory"),
    "ask with a session in no folder": (["ask", ASKED, "--session", f"{{folder}}/{NO_PLACE}"], "cannot be written: No such file"),
    "chat in an unknown locale": (["chat", "--locale", "xx"], "the locale 'xx' is not known"),
    "chat over missing knowledge": (["chat", "--knowledge", NO_PLACE], "is no folder"),
    "explain nothing": (["explain", ""], "nothing was asked"),
    "explain 100 kB": (["explain", "lip " * 25_000], "100,000 characters are no spoken question"),
    "explain over missing knowledge": (["explain", ASKED, "--knowledge", NO_PLACE], "is no folder"),
    "check missing knowledge": (["check", "--knowledge", NO_PLACE], "is no folder"),
    "check a file that is missing": (["check", NO_PLACE], "is no file"),
    "check a folder as file": (["check", "{folder}"], "is no file"),
    "evaluate a file that is missing": (["evaluate", NO_PLACE], "cannot be read: No such file"),
    "evaluate a folder": (["evaluate", "{folder}"], "cannot be read: Is a directory"),
    "tune on a file that is missing": (["tune", NO_PLACE], "cannot be read: No such file"),
}

BAD_SYNTAX = {
    "no command": [],
    "a command that does not exist": ["sing"],
    "explain without text": ["explain"],
    "evaluate without a file": ["evaluate"],
    "tune without a file": ["tune"],
    "an unknown route": ["ask", ASKED, "--route", "scenic"],
    "an unknown option": ["ask", ASKED, "--loud"],
    "an option without its value": ["ask", "--batch"],
    "two texts": ["ask", "why", "me"],
}

NOT_LABELLED: dict[str, str | bytes] = {
    "an empty file": "",
    "blank lines": "\n \n",
    "plain text": f"{ASKED}\n",
    "half an object": '{"text": \n',
    "a number": "7\n",
    "null": "null\n",
    "a text": '"why"\n',
    "a list": '["why"]\n',
    "no text": '{"accept": ["none"]}\n',
    "no accept": '{"text": "why"}\n',
    "accept is a text": '{"text": "why", "accept": "none"}\n',
    "accept is empty": '{"text": "why", "accept": []}\n',
    "accept holds a number": '{"text": "why", "accept": [1]}\n',
    "text is a number": '{"text": 1, "accept": ["none"]}\n',
    "no turns": '{"turns": []}\n',
    "turns is an object": '{"turns": {"say": "why", "accept": ["none"]}}\n',
    "a turn is a text": '{"turns": ["why"]}\n',
    "a turn without say": '{"turns": [{"accept": ["none"]}]}\n',
    "nested without end": f"{'[' * 100_000}\n",
    "invalid UTF-8": INVALID_UTF_8,
}

NO_SESSION: dict[str, str | bytes] = {
    "an empty file": "",
    "no JSON": "hello",
    "a list": "[]",
    "a text": '"hello"',
    "false": "false",
    "nested without end": "[" * 100_000,
    "invalid UTF-8": INVALID_UTF_8,
}

NO_BATCH_LINE: dict[str, tuple[str | bytes, str]] = {
    "half an object": ('{"text": ', "not JSON"),
    "an object without text": ('{"question": "why"}', 'no "text" in the object'),
    "a text that is a number": ('{"text": 7}', 'no "text" in the object'),
    "an empty text": ('{"text": " "}', "nothing was asked"),
    "invalid UTF-8": (INVALID_UTF_8, "not UTF-8"),
    "nested without end": (f'{{"text": {"[" * 100_000}', "not JSON"),
    "100 kB of text": ("lip " * 25_000 + "lip", "characters are no spoken question"),
}


def misused(ran: Ran, told: str) -> None:
    """One sentence tells what is wrong, and nothing else is printed."""
    assert ran.code == MISUSED
    assert ran.out == ""
    [line] = ran.told
    assert told in line


@pytest.mark.parametrize(("arguments", "told"), MISUSES.values(), ids=MISUSES.keys())
def test_a_misuse_ends_in_one_clear_sentence(run: Run, folder: Folder, arguments: Sequence[str], told: str) -> None:
    filled = [argument.replace("{folder}", str(folder.path)).replace("{knowledge}", str(KNOWLEDGE)) for argument in arguments]
    before = sorted(folder.path.rglob("*"))
    misused(run(*filled), told)
    assert sorted(folder.path.rglob("*")) == before


@pytest.mark.parametrize("arguments", BAD_SYNTAX.values(), ids=BAD_SYNTAX.keys())
def test_bad_syntax_shows_the_usage_and_the_error(run: Run, arguments: Sequence[str]) -> None:
    ran = run(*arguments)
    assert (ran.code, ran.out) == (MISUSED, "")
    assert ran.told[0].startswith("usage: python -m skill")
    assert re.match(r"python -m skill( \w+)?: error: ", ran.told[-1])


@pytest.mark.parametrize("content", NOT_LABELLED.values(), ids=NOT_LABELLED.keys())
@pytest.mark.parametrize("command", ["evaluate", "tune"])
def test_a_file_without_labels_is_named_with_what_to_write(run: Run, folder: Folder, command: str, content: str | bytes) -> None:
    file = folder.write("questions.jsonl", content)
    misused(run(command, file), str(file))


def test_the_line_that_is_not_labelled_is_named(run: Run, folder: Folder) -> None:
    file = folder.write("questions.jsonl", f"{labelled(QUESTION)}\n{{}}\n")
    misused(run("evaluate", file), f"{file}:3: not a question or dialogue; write")


@pytest.mark.parametrize("content", NO_SESSION.values(), ids=NO_SESSION.keys())
def test_a_broken_session_file_is_named_and_left_alone(run: Run, folder: Folder, content: str | bytes) -> None:
    file = folder.write("session.json", content)
    before = file.read_bytes()
    misused(run("ask", ASKED, "--session", file), f"{file} holds no session; delete it to start a new one")
    assert file.read_bytes() == before


@pytest.mark.parametrize(("line", "told"), NO_BATCH_LINE.values(), ids=NO_BATCH_LINE.keys())
def test_a_bad_line_of_a_batch_is_told_and_the_others_are_answered(
    run: Run, folder: Folder, line: str | bytes, told: str
) -> None:
    raw = line.encode() if isinstance(line, str) else line
    file = folder.write("batch.txt", b"%s\n%s\n%s\n" % (ASKED.encode(), raw, ASKED.encode()))
    ran = run("ask", "--batch", file)
    assert ran.code == MISUSED
    [sentence] = ran.told
    assert sentence.startswith(f"{file}:2: ")
    assert told in sentence
    first, second, third = map(json.loads, ran.lines)
    assert first["answer_id"] == third["answer_id"] == "lip-twitching/causes"
    assert second == {"line": 2, "error": sentence.removeprefix(f"{file}:2: ")}


@pytest.mark.parametrize("command", [["ask", ASKED], ["explain", ASKED], ["chat"]], ids=lambda command: command[0])
def test_an_empty_folder_of_knowledge_is_a_problem_of_the_knowledge(run: Run, folder: Folder, command: list[str]) -> None:
    ran = run(*command, "--knowledge", folder.path)
    assert (ran.code, ran.out) == (FAILED, "")
    assert f"{folder.path}/phrases.yaml:1:1: the file is missing; take it from the skill's own folder" in ran.told
    assert ran.told[-1] == "The knowledge cannot be used like this, and there is no earlier build of it."
    assert not build_path(folder.path).exists()


def test_checking_an_empty_folder_lists_what_is_missing(run: Run, folder: Folder) -> None:
    ran = run("check", "--knowledge", folder.path)
    assert (ran.code, ran.told) == (FAILED, [])
    assert re.fullmatch(r"\d+ problems and 0 notices", ran.lines[-1])
    assert len(ran.lines) - 1 == int(ran.lines[-1].split()[0])


@pytest.mark.parametrize(
    "text",
    [
        "唇がぴくぴくする",
        "почему дёргается губа",
        "لماذا ترتعش شفتي",
        "\N{LIPS}\N{FACE WITH MEDICAL MASK}",
        "?!",
        "\x1b[2J",
        "-- {x} %s \\n",
    ],
    ids=["Japanese", "Russian", "Arabic", "emoji", "punctuation", "control characters", "format characters"],
)
@pytest.mark.parametrize("route", ["carrier", "question"])
def test_other_scripts_and_signs_are_refused_in_words(run: Run, text: str, route: str) -> None:
    ran = run("ask", "--json", "--route", route, "--", text)
    assert (ran.code, ran.told) == (OK, [])
    answered = json.loads(ran.out)
    assert (answered["text"], answered["answer_id"], answered["session_open"]) == (text, "none", True)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_json_is_utf_8_whatever_the_terminal_is_set_to(skill: LocalSkill, encoding: str) -> None:
    ran = run_process("ask", "--json", "\N{LIPS} é", encoding=encoding)
    assert (ran.code, ran.told) == (OK, [])
    assert json.loads(ran.out)["answer_id"] == "none"


def test_bytes_that_are_no_text_do_not_end_a_chat(skill: LocalSkill) -> None:
    ran = run_process("chat", stdin=INVALID_UTF_8 + b"\nstop\n")
    assert (ran.code, ran.told) == (OK, [])
    assert [line.partition(" ")[0] for line in ran.lines if line.endswith("ms)")] == ["none", "stop"]


def test_a_reader_that_has_enough_ends_it_quietly(skill: LocalSkill, folder: Folder) -> None:
    file = folder.write("batch.txt", f"{ASKED}\n" * 400)
    with subprocess.Popen(  # noqa: S603 (this very Python)
        [sys.executable, "-m", "skill", "ask", "--batch", str(file)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        process.stdout.close()
        told = process.stderr.read().decode()
        code = process.wait(timeout=60)
    assert json.loads(first)["answer_id"] == "lip-twitching/causes"
    assert (code, told) == (OK, "")


# Right use


def test_ask_prints_what_is_heard_and_how_sure_it_is(run: Run) -> None:
    ran = run("ask", ASKED)
    assert (ran.code, ran.told) == (OK, [])
    heard, shown = ran.lines
    assert heard.endswith("?")
    assert re.fullmatch(r"lip-twitching/causes \(\d+% sure, \d+\.\d ms\)", shown)


def test_ask_with_json_prints_one_object_with_every_key(run: Run) -> None:
    ran = run("ask", ASKED, "--json")
    answered = json.loads(ran.out)
    assert answered.keys() >= KEYS
    assert (ran.code, answered["text"], answered["answer_id"]) == (OK, ASKED, "lip-twitching/causes")
    assert answered["candidates"][0]["id"] == "lip-twitching/causes"
    assert answered["screen"] is None
    assert [each["confidence"] for each in answered["candidates"]] == sorted(
        (each["confidence"] for each in answered["candidates"]), reverse=True
    )


def test_the_request_and_the_response_are_the_real_ones(run: Run) -> None:
    answered = json.loads(run("ask", ASKED, "--json", "--locale", "en-GB").out)
    request, response = answered["request"], answered["response"]
    assert (request["request"]["type"], request["request"]["locale"]) == ("IntentRequest", "en-GB")
    assert importlib.import_module("lambda.lambda_function").handler(request, None) == response
    assert response["response"]["outputSpeech"]["ssml"] == answered["ssml"]
    assert response["sessionAttributes"]["answer_id"] == answered["answer_id"]
    assert response["response"]["card"] == answered["card"]
    assert response["response"]["shouldEndSession"] is not answered["session_open"]


@pytest.mark.parametrize(("route", "intent"), [("carrier", "CarrierWhyIsMyIntent"), ("question", "QuestionIntent")])
def test_a_route_chooses_the_intent_and_keeps_the_answer(run: Run, route: str, intent: str) -> None:
    answered = json.loads(run("ask", ASKED, "--json", "--route", route).out)
    assert answered["request"]["request"]["intent"]["name"] == intent
    assert answered["answer_id"] == "lip-twitching/causes"


@pytest.mark.parametrize(("locale", "number"), [("en-US", "911"), ("en-GB", "999"), ("en-IN", "112")])
def test_a_locale_chooses_the_emergency_number(run: Run, locale: str, number: str) -> None:
    answered = json.loads(run("ask", "my face is drooping and i can't speak", "--json", "--locale", locale).out)
    assert (answered["answer_id"], answered["session_open"]) == ("emergency", False)
    assert number in answered["speech"].split(".")[0]


BATCH = [
    '{"text": "what is caffeine doing to my lip"}',
    "",
    ASKED,
    '{"text": "stop", "id": 4}',
    "  how do i stop my lip twitching  ",
]
BATCH_TEXTS = ["what is caffeine doing to my lip", ASKED, "stop", "how do i stop my lip twitching"]


def test_a_batch_prints_one_object_a_line_in_order(run: Run, folder: Folder) -> None:
    ran = run("ask", "--batch", folder.write("batch.txt", "\n".join(BATCH)))
    assert (ran.code, ran.told) == (OK, [])
    answered = [json.loads(line) for line in ran.lines]
    assert [each["text"] for each in answered] == BATCH_TEXTS
    assert [each["answer_id"] for each in answered][1:] == ["lip-twitching/causes", "stop", "lip-twitching/relief"]
    assert all(each.keys() >= KEYS for each in answered)


def test_a_batch_starts_a_session_for_each_line(run: Run, folder: Folder) -> None:
    ran = run("ask", "--batch", folder.write("batch.txt", f"{ASKED}\nrepeat\n"))
    answered = [json.loads(line) for line in ran.lines]
    assert [each["request"]["session"]["new"] for each in answered] == [True, True]


def test_a_batch_comes_from_standard_input_too(skill: LocalSkill) -> None:
    ran = run_process("ask", "--batch", "-", stdin="\r\n".join(["\ufeff" + ASKED, "stop"]).encode())
    assert (ran.code, ran.told) == (OK, [])
    assert [json.loads(line)["answer_id"] for line in ran.lines] == ["lip-twitching/causes", "stop"]


def test_an_empty_batch_answers_nothing(run: Run, folder: Folder) -> None:
    assert run("ask", "--batch", folder.write("batch.txt", "\n\n")) == (OK, "", "")


def test_a_session_file_carries_the_conversation(run: Run, folder: Folder) -> None:
    session = folder.path / "session.json"
    first = json.loads(run("ask", ASKED, "--json", "--session", session).out)
    assert json.loads(session.read_text(encoding="utf-8")) == first["response"]["sessionAttributes"]
    again = json.loads(run("ask", "repeat", "--json", "--session", session).out)
    assert (again["answer_id"], again["speech"]) == ("repeat", first["speech"])
    offered = json.loads(run("ask", "yes", "--json", "--session", session).out)
    assert offered["answer_id"] == first["response"]["sessionAttributes"]["offered"]


def test_a_session_file_forgets_a_closed_session(run: Run, folder: Folder) -> None:
    session = folder.path / "session.json"
    run("ask", ASKED, "--session", session)
    run("ask", "stop", "--session", session)
    assert json.loads(session.read_text(encoding="utf-8")) is None
    assert json.loads(run("ask", ASKED, "--json", "--session", session).out)["request"]["session"]["new"] is True


def test_a_chat_goes_on_until_it_is_stopped(skill: LocalSkill) -> None:
    ran = run_process("chat", stdin=f"{ASKED}\n\n{'lip ' * 3000}\nrepeat\nstop\nnever heard\n".encode())
    assert ran.code == OK
    assert [line.partition(" ")[0] for line in ran.lines if line.endswith("ms)")] == ["lip-twitching/causes", "repeat", "stop"]
    [too_long] = ran.told
    assert "You could ask something else, or say stop." in ran.out or "Shall I tell you" in ran.out
    assert "characters are no spoken question" in too_long


def test_a_chat_ends_with_its_input(skill: LocalSkill) -> None:
    ran = run_process("chat", stdin=ASKED.encode())
    assert (ran.code, ran.told) == (OK, [])
    assert [line.partition(" ")[0] for line in ran.lines if line.endswith("ms)")] == ["lip-twitching/causes"]


def test_explain_names_the_evidence_and_the_line_of_the_answer(run: Run) -> None:
    ran = run("explain", ASKED)
    assert (ran.code, ran.told) == (OK, [])
    assert "outcome      answer lip-twitching/causes" in ran.lines
    [place] = [line.split()[-1] for line in ran.lines if line.startswith("stands in ")]
    path, line = place.rsplit(":", 1)
    assert Path(path).name == "lip-twitching.yaml"
    text = (KNOWLEDGE / "lip-twitching.yaml").read_text(encoding="utf-8").splitlines()[int(line) - 1]
    assert text.strip() == "causes:"


def test_check_counts_what_it_found(run: Run, elbow: Path) -> None:
    ran = run("check", "--knowledge", elbow)
    assert (ran.code, ran.told) == (OK, [])
    notices = [line for line in ran.lines if line.endswith(" (notice)")]
    assert ran.lines[-1] == f"0 problems and {len(notices)} notices"
    assert len(ran.lines) == len(notices) + 1


def test_check_names_file_line_and_cure(run: Run, elbow: Path) -> None:
    place = break_link(elbow)
    ran = run("check", "--knowledge", elbow)
    assert ran.code == FAILED
    assert ran.lines == [f'{place}: "sings" is no answer; did you mean "signs"?', "1 problem and 0 notices"]


def test_check_of_one_file_tells_of_no_other(run: Run, elbow: Path) -> None:
    ran = run("check", "--knowledge", elbow, elbow / "elbow-humming.yaml")
    assert ran.code == OK
    assert [line for line in ran.lines[:-1] if not line.startswith(f"{elbow}/elbow-humming.yaml:")] == []
    assert len(ran.lines) > 1


def test_check_prints_json(run: Run, elbow: Path) -> None:
    place = break_link(elbow)
    ran = run("check", "--json", "--knowledge", elbow)
    assert ran.code == FAILED
    told = json.loads(ran.out)
    assert told["notices"] == []
    assert [f"{each['path']}:{each['line']}:{each['column']}" for each in told["problems"]] == [place]


def test_another_folder_of_knowledge_is_answered_from(run: Run, elbow: Path) -> None:
    ran = run("ask", "what is elbow humming", "--json", "--knowledge", elbow)
    assert ran.code == OK
    assert json.loads(ran.out)["answer_id"] == "elbow-humming/overview"


def test_a_folder_that_broke_is_answered_from_its_last_build(run: Run, elbow: Path) -> None:
    run("ask", "what is elbow humming", "--knowledge", elbow)
    place = break_link(elbow)
    ran = run("ask", "what is elbow humming", "--json", "--knowledge", elbow)
    assert (ran.code, json.loads(ran.out)["answer_id"]) == (OK, "elbow-humming/overview")
    assert ran.told == [
        f'{place}: "sings" is no answer; did you mean "signs"?',
        "The knowledge files have problems; the last good build answers until they are mended.",
    ]


CASES = [
    QUESTION,
    {"id": "q2", "text": ASKED, "accept": ["lip-twitching/relief"], "kind": "plain"},
    {"id": "q3", "text": "who won the football last night", "accept": ["lip-twitching/causes"], "kind": "odd"},
    {"id": "d1", "turns": [{"say": ASKED, "accept": ["any"]}, {"say": "yes", "accept": ["lip-twitching/relief"]}]},
]


def test_evaluate_prints_a_table_by_kind_and_the_misses(run: Run, folder: Folder) -> None:
    ran = run("evaluate", folder.write("questions.jsonl", "\ufeff" + labelled(*CASES)))
    assert (ran.code, ran.told) == (OK, [])
    counts, sure, confused, misses = (part.splitlines() for part in ran.out.rstrip().split("\n\n"))
    assert [line.split() for line in counts] == [
        ["kind", "asked", "right", "wrong", "refused", "clarified", "right", "%"],
        ["plain", "2", "1", "1", "0", "0", "50.0"],
        ["odd", "1", "0", "0", "1", "0", "0.0"],
        ["dialogue", "2", "2", "0", "0", "0", "100.0"],
        ["all", "5", "3", "1", "1", "0", "60.0"],
    ]
    assert sure[0].split() == ["how", "sure", "asked", "mean", "%", "right", "%"]
    # Of five turns one is a stop that the device itself understands: nothing was read, so nothing was doubted.
    assert sum(int(line.split()[3]) for line in sure[1:]) == 4
    assert [line.split() for line in confused[1:]] == [["1", "lip-twitching/relief", "->", "lip-twitching/causes"]]
    assert misses == [
        f"wrong: '{ASKED}' -> lip-twitching/causes, not lip-twitching/relief",
        "refused: 'who won the football last night' -> none, not lip-twitching/causes",
    ]


def test_evaluate_tells_where_the_routes_of_alexa_lead_to_different_answers(run: Run, folder: Folder) -> None:
    file = folder.write("questions.jsonl", labelled(QUESTION))
    assert run("evaluate", "--agree", file).lines[-1] == "the same answer on every route: 100.0 %"
    assert json.loads(run("evaluate", "--json", "--agree", file).out)["routes"] == {"asked": 1, "differing": []}


def test_evaluate_with_noise_also_asks_what_was_misheard(run: Run, folder: Folder) -> None:
    file = folder.write("questions.jsonl", labelled(QUESTION))
    measured = json.loads(run("evaluate", "--json", "--noise", "3", file).out)
    assert measured["noise"]["by_kind"]["plain"] == {"right": 3, "wrong": 0, "refused": 0, "clarified": 0}
    assert measured["noise"]["drop"] == 0
    assert measured["noise"]["drops"] == [0, 0, 0]
    assert run("evaluate", "--noise", "3", file).lines[-1] == "right drops by 0.0 points (0.0 to 0.0)"


def test_noise_that_asks_nothing_is_refused(run: Run, folder: Folder) -> None:
    file = folder.write("questions.jsonl", labelled(QUESTION))
    asked = run("evaluate", "--noise", "0", file)
    assert asked.code == 2
    assert "give how often, as in --noise 10" in asked.err


TAUGHT = [
    {"text": f"{how} {what}", "accept": [name]}
    for name, what in (("lamp", "the light in the hall"), ("tune", "some music by a band"), ("none", "a table for two"))
    for how in ("i want", "please give me", "can i have", "could you get", "i would like", "how do i get")
]


def test_an_engine_is_taught_with_questions_alone(run: Run, folder: Folder) -> None:
    asked = [{"text": "let me have the hall light", "accept": ["lamp"]}, {"text": "music by that band now", "accept": ["tune"]}]
    ran = run(
        "evaluate",
        "--json",
        "--taught",
        folder.write("taught.jsonl", labelled(*TAUGHT)),
        folder.write("a.jsonl", labelled(*asked)),
    )
    assert (ran.code, json.loads(ran.out)["by_kind"]["all"]["wrong"]) == (OK, 0)
    assert json.loads(ran.out)["by_kind"]["all"]["right"] >= 1


def test_evaluate_prints_json(run: Run, folder: Folder) -> None:
    ran = run("evaluate", "--json", folder.write("questions.jsonl", labelled(*CASES)))
    measured = json.loads(ran.out)
    assert measured["by_kind"]["all"] == {"right": 3, "wrong": 1, "refused": 1, "clarified": 0}
    assert [(each["id"], each["outcome"]) for each in measured["misses"]] == [("q2", "wrong"), ("q3", "refused")]


def test_evaluate_without_misses_prints_the_table_alone(run: Run, folder: Folder) -> None:
    ran = run("evaluate", folder.write("questions.jsonl", labelled(QUESTION)))
    assert [line.split()[0] for line in ran.lines if line] == ["kind", "plain", "all", "how", "0.9"]


@pytest.mark.parametrize("text", ["half a surrogate \\ud800", "a separator \u2028 inside"], ids=["surrogate", "separator"])
def test_evaluate_takes_any_text_that_json_holds(skill: LocalSkill, folder: Folder, text: str) -> None:
    file = folder.write("questions.jsonl", f'{{"text": "{text}", "accept": ["stop"]}}\n')
    ran = run_process("evaluate", "--json", file)
    assert (ran.code, ran.told) == (OK, [])
    assert len(json.loads(ran.out)["misses"]) == 1


def test_help_names_every_command(run: Run) -> None:
    ran = run("--help")
    assert ran.code == OK
    assert {"ask", "chat", "explain", "check", "evaluate", "tune"} <= set(re.findall(r"^    (\w+)", ran.out, re.MULTILINE))
