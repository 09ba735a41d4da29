"""Measures the web service under load, beside the smallest skill of the same SDK on the same server in the same run."""

from __future__ import annotations

import importlib
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from skill.places import PROJECT

CLIENTS = 4
"""Connections that ask at once, each again as soon as it is answered."""

WORKERS = (1, 2)

HELLO, OURS = "hello world", "Body Signals"
COMMANDS = {
    HELLO: ("skill.adapters.hello", "{workers}"),
    OURS: ("skill", "serve", "--no-verify", "--port", "0", "--workers", "{workers}"),
}

LOOKS = 10

START_SECONDS = 0.05
"""How long to wait before another look at what a server tells."""


class Row(NamedTuple):
    """One skill under one load."""

    skill: str
    workers: int
    request: str
    per_second: float
    """the median of the rounds"""
    p50: float
    p99: float
    """milliseconds, over all rounds"""
    share: float
    """of what the smallest skill serves"""


class Look(NamedTuple):
    """What a process holds after so many requests."""

    requests: int
    megabytes: float
    descriptors: int


def measure(rounds: int, requests: int) -> Iterator[Row]:
    """Ask both skills in turns, `rounds` times `requests` requests of each sort."""
    for workers in WORKERS:
        with _serving(HELLO, workers) as hello, _serving(OURS, workers) as ours:
            ports = {HELLO: hello[0], OURS: ours[0]}
            for name, body in bodies().items():
                rates: dict[str, list[float]] = {skill: [] for skill in ports}
                times: dict[str, list[float]] = {skill: [] for skill in ports}
                for port in ports.values():
                    _ask(port, body, requests // 10)
                for _ in range(rounds):
                    for skill, port in ports.items():
                        started = time.perf_counter()
                        took = _ask(port, body, requests)
                        rates[skill].append(len(took) / (time.perf_counter() - started))
                        times[skill] += took
                usual = statistics.median(rates[HELLO])
                for skill in ports:
                    rate = statistics.median(rates[skill])
                    cuts = statistics.quantiles(times[skill], n=100)
                    yield Row(skill, workers, name, rate, cuts[49] * 1e3, cuts[98] * 1e3, rate / usual)


def soak(requests: int) -> Iterator[tuple[str, Look]]:
    """Send so many requests to one worker, and as many through the Lambda's handler; look at what each holds meanwhile."""
    body = bodies()["question"]
    with _serving(OURS, 1) as (port, process):
        for at in range(1, LOOKS + 1):
            _ask(port, body, requests // LOOKS)
            yield "web service", _look(at * requests // LOOKS, process)
    with subprocess.Popen(  # noqa: S603 (this very Python)
        [sys.executable, "-m", __name__, str(requests)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as run:
        for line in run.stdout or ():
            yield "Lambda's handler", Look(*json.loads(line))
    if run.returncode:
        raise RuntimeError("the Lambda's handler failed")


def bodies() -> dict[str, bytes]:
    """A launch, and a question whose words must be read."""
    slot = {"name": "question", "value": "why is my upper lip twitching when i drink coffee"}
    intent = {"name": "QuestionIntent", "confirmationStatus": "NONE", "slots": {"question": slot}}
    requests: dict[str, dict[str, Any]] = {
        "launch": {"type": "LaunchRequest"},
        "question": {"type": "IntentRequest", "intent": intent},
    }
    return {name: json.dumps(_envelope(request)).encode() for name, request in requests.items()}


def _envelope(request: dict[str, Any]) -> dict[str, Any]:
    application, user = {"applicationId": "amzn1.ask.skill.bench"}, {"userId": "amzn1.ask.account.bench"}
    return {
        "version": "1.0",
        "session": {"new": True, "sessionId": "bench", "application": application, "user": user, "attributes": {}},
        "context": {
            "System": {
                "application": application,
                "user": user,
                "device": {"deviceId": "amzn1.ask.device.bench", "supportedInterfaces": {}},
                "apiEndpoint": "https://api.amazonalexa.com",
            }
        },
        "request": {"requestId": "bench", "timestamp": "2026-01-01T00:00:00Z", "locale": "en-US", **request},
    }


@contextmanager
def _serving(skill: str, workers: int) -> Iterator[tuple[int, int]]:
    """Start a server; its port, and the process's number."""
    command = [part.format(workers=workers) for part in COMMANDS[skill]]
    # To a file: one that logs each turn would keep whoever reads a pipe as busy as those who ask. Opened to append, as it and
    # the server share one position in it.
    with tempfile.TemporaryFile("a+", encoding="utf-8") as told:
        process = subprocess.Popen([sys.executable, "-m", *command], cwd=PROJECT, stderr=told)  # noqa: S603 (this very Python)
        try:
            yield _port(process, told, skill), process.pid
        finally:
            process.terminate()
            process.wait()


def _port(process: subprocess.Popen[bytes], told: TextIO, skill: str) -> int:
    """Wait until a server tells where it listens."""
    while process.poll() is None:
        told.seek(0)
        for line in told.readlines():
            if line.startswith("Listening on ") and line.endswith("\n"):
                return int(line.rpartition(":")[2])
        time.sleep(START_SECONDS)
    raise RuntimeError(f"{skill} did not start")


def _ask(port: int, body: bytes, requests: int) -> list[float]:
    """Send so many requests over a few connections; the seconds that each took."""
    took: list[list[float]] = [[] for _ in range(CLIENTS)]
    failed: list[Exception] = []

    def ask(times: list[float]) -> None:
        try:
            times += _ask_over_one(port, body, requests // CLIENTS)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=ask, args=(times,)) for times in took]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return [each for times in took for each in times]


def _ask_over_one(port: int, body: bytes, requests: int) -> Iterator[float]:
    # Not http.client, which would cost as much as a tenth of what is measured.
    sent = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    sent += body
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for _ in range(requests):
            started = time.perf_counter()
            connection.sendall(sent)
            answer = connection.recv(65_536)
            while not _is_whole(answer):
                answer += connection.recv(65_536)
            yield time.perf_counter() - started
            if not answer.startswith(b"HTTP/1.1 200 "):
                raise RuntimeError(f"the server answered {answer.partition(bytes([13]))[0].decode()}")


def _is_whole(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return bool(length) and len(body) >= int(length)


def _look(requests: int, process: int | str) -> Look:
    """Look into Linux's own book about a process."""
    folder = Path(f"/proc/{process}")
    status = dict(line.split(":", 1) for line in (folder / "status").read_text(encoding="ascii").splitlines())
    return Look(requests, int(status["VmRSS"].split()[0]) / 1e3, len(list((folder / "fd").iterdir())))


def as_table(rows: Sequence[Row]) -> str:
    lines = [f"{'skill':<14}{'workers':>8}  {'request':<9}{'requests/s':>11}{'p50 ms':>9}{'p99 ms':>9}{'share':>7}"]
    for row in rows:
        figures = f"{row.per_second:>11,.0f}{row.p50:>9.1f}{row.p99:>9.1f}{row.share:>7.2f}"
        lines.append(f"{row.skill:<14}{row.workers:>8}  {row.request:<9}{figures}")
    return "\n".join(lines)


def as_looks(looks: Sequence[tuple[str, Look]]) -> str:
    lines = [f"{'door':<18}{'requests':>10}{'memory MB':>11}{'descriptors':>13}"]
    lines += [f"{door:<18}{look.requests:>10,}{look.megabytes:>11.1f}{look.descriptors:>13}" for door, look in looks]
    return "\n".join(lines)


def plot(rows: Sequence[Row], file: Path) -> None:
    """Draw requests a second of both skills, by load."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    mpl.rcParams["svg.hashsalt"] = "body-signals"
    loads = list(dict.fromkeys((row.request, row.workers) for row in rows))
    figure, axes = pyplot.subplots(figsize=(7, 4))
    for place, skill in enumerate((HELLO, OURS)):
        rates = {(row.request, row.workers): row.per_second for row in rows if row.skill == skill}
        axes.bar([at + 0.4 * place for at in range(len(loads))], [rates[load] for load in loads], 0.38, label=skill)
    labels = [f"{request}, {workers} worker{'s' if workers > 1 else ''}" for request, workers in loads]
    axes.set_xticks([at + 0.2 for at in range(len(loads))], labels)
    axes.set(ylabel="requests a second", title="The web service under load")
    axes.grid(visible=True, axis="y", alpha=0.3)
    axes.legend()
    figure.savefig(file, metadata={"Date": None})


def _soak_lambda(requests: int) -> None:
    handler = importlib.import_module("lambda.lambda_function").handler
    event = json.loads(bodies()["question"])
    for at in range(1, LOOKS + 1):
        for _ in range(requests // LOOKS):
            handler(event, None)
        print(json.dumps(_look(at * requests // LOOKS, "self")), flush=True)


if __name__ == "__main__":
    _soak_lambda(int(sys.argv[1]))
