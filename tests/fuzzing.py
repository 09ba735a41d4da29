"""Hostile input for both doors and for the knowledge loader, and what must hold whatever comes in.

`test_fuzz.py` draws from it through Hypothesis, for a while and shrinking what fails. `make fuzz` runs it for as many inputs
as one likes, each made from its own number, so that one number brings a failing input back.
"""

from __future__ import annotations

import argparse
import copy
import io
import json
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml
from conftest import make_small_folder

from skill.adapters.alexa import Handler
from skill.adapters.envelope import CAN_FULFILL, CONVERSATION, TOUCH
from skill.adapters.reloading import LiveSkill
from skill.adapters.verification import Certificates, RefusedError, Verifier
from skill.adapters.web import MAX_BODY, build_web
from skill.errors import Problem
from skill.knowledge.check import check_sources
from skill.knowledge.load import read_folder
from skill.knowledge.source import read_source
from skill.knowledge.structure import check_structure
from skill.places import KNOWLEDGE

CANARY = "qq-canary-qq"
"""Stands in every hostile text: it may come back nowhere. A request's type may be logged, and holds no hyphen."""

DOOR_SECONDS = 0.5
LOADER_SECONDS = 2.0
"""Processor time that one input may take."""

HOSTILE = [
    f"{CANARY}{text}"
    for text in (
        "",
        "</speak><audio src='https://example.com/x.mp3'/>",
        '<break time="10s"/>',
        "<script>alert(1)</script>",
        "&amp; & &#0; &bogus; ]]> <![CDATA[",
        '<!DOCTYPE x [<!ENTITY a "b">]>&a;',
        "{subjects} {example} {0} {__class__} {{7*7}} ${7*7} #{7*7} %s %n %(x)s",
        "${jndi:ldap://example.com/x}",
        "'; DROP TABLE answers; --",
        "\x00\x01\x08\x1b[31m\x7f\x85\x9f",
        "\r\nSet-Cookie: x=y\r\n\r\n",
        "\u202e\u2066\u200f\u061c",
        "\u2028\u2029\ufeff\ufffe\uffff",
        "\ud800\udfff",
        "z\u0301\u0302\u0303" * 30,
        "口唇がぴくぴくする",
        "شفتي ترتعش",
        "мої губи смикаються",
        "\U0001f444\U0001f937\u200d\U0001f3fd",
        "why is my lip twitching",
        "my face is drooping and i cannot speak",
        "../../../../etc/passwd",
        "9" * 400,
    )
]

GIANTS = [CANARY + text for text in ("a" * 5_000, "lip twitch " * 9_000, "<" * 100_000)]

VALUES: list[Any] = [None, True, False, 0, -1, 10**30, 1e308, 0.1, "", [], {}, [[]], {"": ""}, [None] * 50]

KINDS = ["LaunchRequest", "IntentRequest", "SessionEndedRequest", "CanFulfillIntentRequest", "System.ExceptionEncountered"]

TOKENS = [b"{", b"}", b"[", b"]", b'"', b"'", b": ", b"- ", b"#", b"&a ", b"*a", b"!!python/object:os.system ", b"|", b">", b"%"]
TOKENS += [
    b"\t",
    b"\n",
    b"\r",
    b"---\n",
    b"...\n",
    b"<<: ",
    b"? ",
    b"\\x",
    b"\\ud800",
    b"\x00",
    b"\xff",
    b"\xc3",
    b"\xe2\x80\xa8",
    b"  ",
]
TOKENS += [b"{" * 2_000, b"- " * 2_000, b"null", b"yes", b"1e999", b"0x1F", b"2026-13-45", b"~", b"\xef\xbb\xbf"]

WORDS = ["is it the coffee", "my lip twitches", "what about the lower one", "yes", "stop", "the second one"]

HEADERS = ["SIGNATURECERTCHAINURL", "SIGNATURE_256", "X_FORWARDED_FOR", "COOKIE"]

Chance = random.Random


def hostile(chance: Chance) -> str:
    return chance.choice(HOSTILE if chance.randrange(200) else GIANTS)


def value(chance: Chance) -> Any:
    return copy.deepcopy(chance.choice(VALUES))


def requests() -> list[dict[str, Any]]:
    files = sorted((Path(__file__).parent / "requests").glob("*.json"))
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


REQUESTS = requests()


def any_body(chance: Chance) -> bytes:
    """The bytes of a request, or of what somebody sends instead of one."""
    kind = chance.randrange(10)
    if kind == 0:
        return chance.randbytes(chance.randrange(300))
    if kind == 1:
        return _dumped(any_json(chance))
    body = _dumped(mutated(chance))
    return scarred(chance, body) if kind < 4 else body


def _dumped(data: Any) -> bytes:
    return json.dumps(data).encode()


def mutated(chance: Chance) -> Any:
    """A real request with some of its parts replaced, removed or misplaced; or asking something hostile."""
    event = json.loads(json.dumps(chance.choice(REQUESTS)))
    intent = event["request"].get("intent")
    if intent is not None and chance.random() < 0.5:
        for slot in (intent.get("slots") or {}).values():
            if isinstance(slot, dict):
                slot["value"] = asked(chance)
    if chance.random() < 0.3 and isinstance(event.get("session"), dict):
        event["session"]["attributes"] = any_session(chance)
    for _ in range(chance.choice([0, 0, 1, 1, 2, 5])):
        _mutate(chance, event)
    return event


def asked(chance: Chance) -> Any:
    words = [chance.choice(WORDS), hostile(chance)]
    chance.shuffle(words)
    return chance.choice([words[0], " ".join(words), value(chance)])


def any_session(chance: Chance) -> Any:
    """Session attributes as somebody would write who wants to be told another thing."""
    ids = ["lip-twitching/causes", "als/signs", "stroke", "apology", "launch", "clarify", "more", "", "/", hostile(chance)]
    keys = ["answer_id", "candidates", "last", "about", "offered", "had_disclaimer", "options", "history", hostile(chance)]
    last = {"kind": chance.choice(["answer", "more", "clarify", "emergency", "phrase", "x"]), "id": chance.choice(ids)}
    values = [*ids, last, ids, [ids[0], ids[1]], any_json(chance)]
    return {key: chance.choice(values) for key in chance.sample(keys, chance.randrange(len(keys)))}


def any_json(chance: Chance, depth: int = 0) -> Any:
    kind = chance.randrange(7 if depth < 4 else 4)
    if kind < 2:
        return value(chance)
    if kind < 4:
        return hostile(chance)
    if kind == 4:
        return [any_json(chance, depth + 1) for _ in range(chance.randrange(4))]
    keys = ["version", "session", "request", "context", "type", "intent", "slots", "System", "attributes", hostile(chance)]
    return {chance.choice(keys): any_json(chance, depth + 1) for _ in range(chance.randrange(6))}


def _mutate(chance: Chance, event: dict[str, Any]) -> None:
    """Change one place of `event`, anywhere in it."""
    places = list(_places(event))
    if not places:
        return  # every part is gone already
    block, key = chance.choice(places)
    kind = chance.randrange(6)
    if kind == 0:
        del block[key]
    elif kind == 1:
        other, name = chance.choice(places)
        block[key] = json.loads(json.dumps(other[name])) if name in other or isinstance(other, list) else None
    elif kind == 2 and key == "type":
        block[key] = chance.choice(KINDS)
    elif kind == 3:
        block[key] = any_json(chance, 3)
    else:
        block[key] = hostile(chance) if chance.randrange(2) else value(chance)


def _places(block: Any) -> Iterator[tuple[Any, Any]]:
    found = block.items() if isinstance(block, dict) else enumerate(block) if isinstance(block, list) else ()
    for key, value in found:
        yield block, key
        yield from _places(value)


def scarred(chance: Chance, body: bytes) -> bytes:
    """`body` with bytes flipped, cut out, put in or said twice."""
    scars = bytearray(body)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(scars) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            del scars[at : at + chance.choice([1, 2, 10, 1_000])]
        elif kind == 1:
            scars[at:at] = chance.choice(TOKENS)
        elif kind == 2:
            scars[at:at] = scars[at : at + chance.choice([1, 20, 200])]
        elif at < len(scars):
            scars[at] = chance.randrange(256)
    return bytes(scars)


class Doors:
    """Both doors, and what must hold of each input."""

    def __init__(self, live: LiveSkill) -> None:
        self._handler: Handler = live
        self._open = build_web(live, None)
        self._closed = build_web(live, Verifier("amzn1.ask.skill.none", Certificates(_no_certificate)))
        self.statuses: Counter[int] = Counter()

    def try_one(self, chance: Chance) -> None:
        """Send one input to one door: Lambda's, the web's, or the web's with verification on."""
        body = any_body(chance)
        try:
            event = json.loads(body.decode(), parse_constant=_refuse)
        except (ValueError, RecursionError):
            event = None
        door = chance.randrange(10)
        with logged() as lines, bounded(DOOR_SECONDS):
            if door == 0:
                status, answer = posted(self._closed, body, {f"HTTP_{chance.choice(HEADERS)}": hostile(chance)})
                assert status == (413 if len(body) > MAX_BODY else 400), status
            elif door < 6:
                status, answer = posted(self._open, body, {})
                expected = 413 if len(body) > MAX_BODY else 200 if isinstance(event, dict) else 400
                assert status == expected, (status, expected)
            else:
                # Lambda itself hands on whatever is JSON, and nothing else.
                status, answer = 0, json.dumps(self._handler(event, None), allow_nan=False).encode()
        self.statuses[status] += 1
        if status in (0, 200):
            check_response(json.loads(answer, parse_constant=_refuse), event)
        else:
            assert answer in (b"bad request\n", b"request entity too large\n"), answer
        for line in lines:
            assert CANARY not in line, line
            assert "Traceback" not in line, line


def check_response(response: Any, event: Any) -> None:
    """Hold a response against what Alexa accepts, and against what must not come back."""
    assert response.keys() <= {"version", "response", "sessionAttributes", "userAgent"}, response.keys()
    assert response["version"] == "1.0"
    body = response["response"]
    request = event.get("request") if isinstance(event, dict) else None
    kind = request.get("type") if isinstance(request, dict) else None
    if kind == CAN_FULFILL and body:
        verdicts = body["canFulfillIntent"]
        # The names of slots are said back, as Alexa asks.
        assert {verdicts["canFulfill"], *(each["canFulfill"] for each in verdicts["slots"].values())} <= {"YES", "NO", "MAYBE"}
        assert body.keys() == {"canFulfillIntent"}
        return
    assert CANARY not in json.dumps(body)
    if kind not in CONVERSATION and (kind != TOUCH or not body):
        assert body == {}, body
        return
    assert len(json.dumps(response)) <= 24_000
    assert body.keys() <= {"outputSpeech", "reprompt", "card", "directives", "shouldEndSession"}, body.keys()
    check_ssml(body["outputSpeech"]["ssml"])
    assert body["shouldEndSession"] == ("reprompt" not in body)
    if "reprompt" in body:
        check_ssml(body["reprompt"]["outputSpeech"]["ssml"])
    card = body.get("card", {})
    assert len(card.get("title", "")) + len(card.get("content", "")) <= 8_000


def check_ssml(ssml: str) -> None:
    assert len(ssml) <= 8_000
    assert ElementTree.fromstring(ssml.replace("amzn:", "")).tag == "speak"  # noqa: S314 (the skill's own words)


def posted(web: Callable[..., Any], body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """POST without a server or a client between: they would take more time than the answer."""
    told: list[int] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
        **headers,
    }
    answer = web(environ, lambda status, headers: told.append(int(status.split()[0])))
    return told[0], b"".join(answer)


def _refuse(name: str) -> None:
    raise ValueError(name)


def _no_certificate(path: str) -> bytes:
    raise RefusedError("there is no network")


class Loader:
    """The knowledge loader and its checks, on a small folder of which one file is broken."""

    def __init__(self, folder: Path) -> None:
        self._folder = make_small_folder(folder)
        _shorten(self._folder)
        self._sources, problems = read_folder(self._folder)
        problems += check_sources(self._sources, "knowledge")
        assert problems == [], problems
        self._texts = {stem: (self._folder / f"{stem}.yaml").read_bytes() for stem in self._sources}
        self._broken = folder / "broken.yaml"
        self.found: Counter[str] = Counter()

    def try_one(self, chance: Chance) -> None:
        stem = chance.choice(list(self._texts))
        self._broken.write_bytes(any_yaml(chance, self._texts[stem]))
        with bounded(LOADER_SECONDS):
            source, problems = read_source(self._broken, f"{stem}.yaml")
            if chance.randrange(10) == 0:
                problems += check_sources({**self._sources, stem: source}, "knowledge")
            elif source.data is not None:
                # The rules across files cost fifty times as much.
                problems += check_structure(source, stem)
        self.found["sound" if not problems else "told"] += 1
        for problem in problems:
            assert isinstance(problem, Problem)
            assert problem.path
            assert min(problem.line, problem.column) >= 1
            assert "\n" not in str(problem), problem
            assert ";" in problem.message, problem


def _shorten(folder: Path) -> None:
    """Leave a few of everything: each input is held against the whole folder."""
    kept = {name: yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8")) for name in ("vocabulary", "emergencies")}
    for name in ("alike", "heard_as"):
        kept["vocabulary"][name] = dict(list(kept["vocabulary"][name].items())[:3])
    for aspect in kept["vocabulary"]["aspects"].values():
        del aspect.get("ask", [])[2:], aspect["follow_up"][2:]
    signs = list(kept["emergencies"]["signs"].items())[:3]
    kept["emergencies"] |= {"signs": dict(signs), "reviewed_on": "2026-01-01"}
    cited = {source for _, sign in signs for source in sign["sources"]} | {"nhs-twitching"}
    sources = yaml.safe_load((folder / "sources.yaml").read_text(encoding="utf-8"))
    kept["sources"] = {name: {**sources[name], "seen": str(sources[name]["seen"])} for name in cited}
    for name, data in kept.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(data, width=10_000, allow_unicode=True), encoding="utf-8")


def any_yaml(chance: Chance, text: bytes) -> bytes:
    """What is left of a sound file when lines are moved, cut, said twice or written over."""
    if chance.randrange(20) == 0:
        return chance.randbytes(chance.randrange(200))
    lines = text.splitlines(keepends=True)
    for _ in range(chance.choice([0, 1, 1, 2, 4])):
        at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        kind = chance.randrange(6)
        if kind == 0 and len(lines) > 1:
            del lines[at : at + chance.choice([1, 1, 3, 50])]
            lines = lines or [b"\n"]
        elif kind == 1:
            lines.insert(at, lines[other])
        elif kind == 2:
            lines[at] = b" " * chance.randrange(6) + lines[at].lstrip()
        elif kind == 3:
            lines[at] = lines[at].partition(b":")[0] + b": " + _yaml_value(chance) + b"\n"
        elif kind == 4:
            lines[at], lines[other] = lines[other], lines[at]
        else:
            lines[at] = scarred(chance, lines[at])
    broken = b"".join(lines)
    return broken[: chance.randrange(len(broken) + 1)] if chance.randrange(10) == 0 else broken


def _yaml_value(chance: Chance) -> bytes:
    kind = chance.randrange(3)
    if kind == 0:
        return chance.choice(TOKENS)
    if kind == 1:
        return json.dumps(any_json(chance)).encode()[:10_000]
    return json.dumps(hostile(chance), ensure_ascii=chance.random() < 0.5).encode(errors="surrogatepass")[:10_000]


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    started = time.thread_time()
    yield
    took = time.thread_time() - started
    assert took < seconds, f"took {took:.2f} s of processor time"


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def logged() -> Iterator[list[str]]:
    """Everything that is logged meanwhile, at every level."""
    root, kept = logging.getLogger(), _Lines()
    level = root.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    try:
        yield kept.lines
    finally:
        root.removeHandler(kept)
        root.setLevel(level)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("target", choices=("doors", "loader"))
    parser.add_argument("inputs", type=int)
    parser.add_argument("--first", type=int, default=0, help="the number of the first input")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        target = Doors(LiveSkill(KNOWLEDGE)) if options.target == "doors" else Loader(Path(folder))
        started, failed, slowest = time.monotonic(), 0, 0.0
        for number in range(options.first, options.first + options.inputs):
            before = time.thread_time()
            try:
                target.try_one(Chance(number))
            except Exception as error:
                failed += 1
                print(f"input {number}: {type(error).__name__}: {str(error)[:500]}", flush=True)
            slowest = max(slowest, time.thread_time() - before)
            if number % 10_000 == 9_999:
                print(f"{number + 1 - options.first:,} inputs, {time.monotonic() - started:,.0f} s", file=sys.stderr, flush=True)
        counts = target.statuses if isinstance(target, Doors) else target.found
        print(f"{options.inputs:,} inputs, {failed} failed, slowest {slowest * 1e3:.0f} ms, {dict(counts)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
