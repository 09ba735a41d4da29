"""The web service as a process: it starts, shares its work, takes up changed knowledge and stops, and loses no answer."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from signing import REQUESTS

from skill.adapters.cli import main
from skill.adapters.commands.common import MISUSED
from skill.adapters.local import LocalSkill
from skill.current import build_path
from skill.places import KNOWLEDGE, PROJECT

LAUNCH = (REQUESTS / "launch.json").read_bytes()

PATIENCE = 60
"""Seconds that anything may take on a machine with much else to do."""


class Server(NamedTuple):
    process: subprocess.Popen[str]
    port: int
    lines: list[str]

    def post(self, body: bytes = LAUNCH) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("POST", "/", body)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(child) for child in children.read_text(encoding="ascii").split()]


@contextmanager
def serving(*options: str | Path) -> Iterator[Server]:
    command = [sys.executable, "-m", "skill", "serve", "--no-verify", "--port", "0", *map(str, options)]
    process = subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True)  # noqa: S603 (this very Python)
    assert process.stderr is not None
    lines: list[str] = []
    for line in process.stderr:
        lines.append(line)
        if line.startswith("Listening on "):
            break
    # The pipe is read on, so that a full one stops nobody.
    reader = threading.Thread(target=lines.extend, args=(process.stderr,))
    reader.start()
    try:
        yield Server(process, int(lines[-1].rpartition(":")[2]), lines)
    finally:
        process.terminate()
        process.wait(PATIENCE)
        reader.join()
        process.stderr.close()


def wait_for(what: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture(scope="module", autouse=True)
def _built(skill: LocalSkill) -> None:
    assert skill.app.problems == ()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


def test_a_request_is_answered_with_no_word_about_the_server(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    connection.request("POST", "/", LAUNCH)
    response = connection.getresponse()
    assert json.loads(response.read())["sessionAttributes"]["answer_id"] == "launch"
    assert response.status == 200
    assert "Server" not in response.headers
    connection.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        b"POST / HTTP/1.1\r\n" + b"X: y\r\n" * 10_000 + b"\r\n",
        b"POST /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nX: " + b"\x00" * 100 + b"\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
    ],
)
def test_what_is_no_http_stops_nobody(server: Server, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as client:
        with suppress(OSError):
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
        answer = b""
        with suppress(OSError):
            answer = client.recv(65_536)
    assert answer[:10] in (b"", b"HTTP/1.0 4", b"HTTP/1.1 4", b"HTTP/1.0 5", b"HTTP/1.1 5")
    assert b"Traceback" not in answer
    assert server.post()[0] == 200


def test_clients_that_send_half_a_request_stop_nobody(server: Server) -> None:
    clients = [socket.create_connection(("127.0.0.1", server.port), PATIENCE) for _ in range(60)]
    try:
        for number, client in enumerate(clients):
            client.sendall(b"POST / HTTP/1.1\r\nContent-Le" if number % 2 else b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n{")
        started = time.monotonic()
        assert [server.post()[0] for _ in range(20)] == [200] * 20
        assert time.monotonic() - started < PATIENCE / 2
    finally:
        for client in clients:
            client.close()


def test_the_running_service_tells_nothing_of_a_person() -> None:
    canary = "qq-canary"
    said = (REQUESTS / "question.json").read_bytes().replace(b"SCRUBBED", canary.encode())
    assert said.count(canary.encode()) >= 3
    request = b"POST /%b HTTP/1.1\r\nHost: x\r\nX: %b\r\n" % ((canary.encode(),) * 2)
    broken = [
        request + b"Content-Length: x\r\n\r\n" + said,
        request + b"Content-Length: %d\r\n\r\n" % len(said) + said,
        canary.encode() + b"\r\n\r\n",
        request + b"Transfer-Encoding: chunked\r\n\r\n" + canary.encode() + b"\r\n",
    ]
    answers = []
    with serving() as server:
        answers += [server.post(body)[1] for body in (said, said[:-9], said * 1_000)]
        for sent in broken:
            with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as client:
                client.sendall(sent)
                client.shutdown(socket.SHUT_WR)
                answers.append(client.recv(65_536))
    assert len(answers[0]) > 100
    assert [answer for answer in answers if canary.encode() in answer] == []
    assert any("answer_id=" in line for line in server.lines)
    assert [line for line in server.lines if canary in line or "Traceback" in line] == []


def test_a_stop_answers_what_was_begun_and_nothing_more() -> None:
    with serving() as server, socket.create_connection(("127.0.0.1", server.port), PATIENCE) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(LAUNCH) + LAUNCH[:100])
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)

        def is_closed() -> bool:
            try:
                socket.create_connection(("127.0.0.1", server.port), 1).close()
            except OSError:
                return True
            return False

        # What the kernel accepted for the listener is not refused before that is closed.
        wait_for(is_closed)
        client.sendall(LAUNCH[100:])
        assert client.recv(65_536).startswith(b"HTTP/1.1 200")
        assert server.process.wait(PATIENCE) == 0


def test_a_worker_that_dies_is_replaced_while_the_other_answers() -> None:
    with serving("--workers", "2") as server:
        wait_for(lambda: len(server.workers()) == 2)
        first, second = server.workers()
        os.kill(first, signal.SIGKILL)
        assert server.post()[0] == 200
        wait_for(lambda: len(server.workers()) == 2 and first not in server.workers())
        assert second in server.workers()
        assert server.post()[0] == 200
        server.process.terminate()
        assert server.process.wait(PATIENCE) == 0
        assert not any(Path(f"/proc/{worker}").exists() for worker in (first, second))


def test_changed_knowledge_is_taken_up_and_no_request_is_lost(small_folder: Path) -> None:
    file = small_folder / "elbow-humming.yaml"
    asked = json.loads((REQUESTS / "question.json").read_text(encoding="utf-8"))
    asked["request"]["intent"]["slots"]["question"]["value"] = "what is elbow humming"
    asked["session"]["attributes"] = {}
    body = json.dumps(asked).encode()
    answers: list[tuple[int, str]] = []
    stop = threading.Event()

    def ask(server: Server) -> None:
        while not stop.is_set():
            try:
                status, answer = server.post(body)
            except OSError as error:
                status, answer = 0, repr(error).encode()
            answers.append((status, answer.decode()))
            time.sleep(0.01)

    try:
        with serving("--knowledge", small_folder, "--workers", "2") as server:
            askers = [threading.Thread(target=ask, args=(server,)) for _ in range(2)]
            for asker in askers:
                asker.start()
            try:
                wait_for(lambda: answers)
                text = file.read_text(encoding="utf-8")
                file.write_text(text.replace("It is here for a test.", "It changed."), encoding="utf-8")
                # Both workers, as often as chance would leave one out.
                wait_for(lambda: len(answers) > 100 and all("It changed." in answer for _, answer in answers[-40:]))
            finally:
                stop.set()
                for asker in askers:
                    asker.join()
    finally:
        build_path(small_folder).unlink(missing_ok=True)
    assert {status for status, _ in answers} == {200}
    assert all(("It is here for a test." in answer) != ("It changed." in answer) for _, answer in answers)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--skill-id"),
        (["--no-verify", "--host", "0.0.0.0"], "0.0.0.0"),  # noqa: S104 (refused)
        (["--no-verify", "--host", "example.com"], "example.com"),
        (["--no-verify", "--host", "::"], "::"),
        (["--no-verify", "--workers", "0"], "--workers"),
        (["--no-verify", "--port", "99999"], "99999"),
        (["--no-verify", "--knowledge", "no-such-folder"], "no-such-folder"),
    ],
)
def test_a_wrong_call_is_told_in_one_sentence(capsys: pytest.CaptureFixture[str], arguments: list[str], told: str) -> None:
    assert main(["serve", *arguments]) == MISUSED
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line


def test_a_port_that_is_taken_is_told(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--no-verify", "--port", str(server.port)]) == MISUSED
    assert "choose another" in capsys.readouterr().err


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "waitress", None)
    monkeypatch.delitem(sys.modules, "skill.adapters.serving", raising=False)
    assert main(["serve", "--no-verify"]) == MISUSED
    assert "pip install -e '.[web]'" in capsys.readouterr().err


def test_the_knowledge_served_is_the_products_unless_another_is_named(server: Server) -> None:
    assert KNOWLEDGE.is_dir()
    assert b"lip" in server.post()[1]
