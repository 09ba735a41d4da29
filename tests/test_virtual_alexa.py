"""Bespoken's virtual-alexa, which is none of ours, reads our model file and talks to the skill over HTTP.

Where npm, or the way to its registry, is missing, this is left out.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from skill.adapters.local import LocalSkill
from skill.interaction_model import aspect_intents
from skill.places import BUILDS, MODELS

PACKAGE = "virtual-alexa@0.7.8"

DRIVE = Path(__file__).parent / "virtual_alexa" / "drive.js"

JSON = Any


@pytest.fixture(scope="module")
def modules() -> Path:
    """The folder of node modules, filled on first use."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("npm is not installed")
    folder = BUILDS / "npm"
    if not (folder / "node_modules" / "virtual-alexa").is_dir():
        command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), PACKAGE]
        ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)  # noqa: S603 (a pinned package)
        if ran.returncode:
            pytest.skip(f"npm could not install {PACKAGE}: {ran.stderr[-300:]}")
    return folder / "node_modules"


@pytest.fixture(scope="module")
def address(skill: LocalSkill) -> Iterator[str]:
    """Where the handler answers over HTTP, unsigned requests too."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps(skill.handle(event)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def drive(modules: Path, address: str, steps: list[JSON]) -> list[JSON]:
    command = ["node", str(DRIVE), address, str(MODELS / "en-US.json")]
    ran = subprocess.run(  # noqa: S603 (node, our script)
        command,
        input=json.dumps(steps),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"NODE_PATH": str(modules), "PATH": "/usr/local/bin:/usr/bin:/bin"},
    )
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_it_launches_asks_for_help_and_stops(modules: Path, address: str) -> None:
    launched, helped, stopped = drive(
        modules, address, [{"launch": True}, {"intend": "AMAZON.HelpIntent"}, {"intend": "AMAZON.StopIntent"}]
    )
    assert [each["sessionAttributes"]["answer_id"] for each in (launched, helped, stopped)] == ["launch", "help", "stop"]
    assert [each["response"]["shouldEndSession"] for each in (launched, helped, stopped)] == [False, False, True]


def test_it_gets_an_answer_of_every_aspect(modules: Path, address: str, skill: LocalSkill) -> None:
    """By the intents' own samples, filled with a subject that has the aspect; where none has a slot, by a follow-up."""
    knowledge = skill.app.knowledge
    steps: list[JSON] = []
    wanted: list[str] = []
    for name, intent in aspect_intents(knowledge.vocabulary.patterns).items():
        aspect = intent.aspects[0]
        subject = next(each for each in knowledge.subjects.values() if aspect in each.aspects)
        slots = {"subject": subject.name} if intent.patterns else {}
        steps += [{"launch": True}, {"intend": name, "slots": slots}]
        wanted.append(f"{subject.id}/{aspect}")
    responses = drive(modules, address, steps)
    assert [each["sessionAttributes"]["answer_id"] for each in responses[1::2]] == wanted


@pytest.mark.parametrize(
    ("said", "answer_id"),
    [
        ("why is my upper lip twitching", "lip-twitching/upper-lip"),
        ("what are the signs of caffeine", "caffeine/signs"),
        ("can stress make my lip twitch", "stress/overview"),
        ("my face is drooping and i can't lift my arm", "emergency"),
    ],
)
def test_it_is_answered_what_it_says(modules: Path, address: str, said: str, answer_id: str) -> None:
    [response] = drive(modules, address, [{"utter": said}])
    assert response["sessionAttributes"]["answer_id"] == answer_id
