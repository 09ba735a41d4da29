"""Runs an artifact as Lambda does, without a container: the runtime interface emulator that comes with SAM calls it."""

from __future__ import annotations

import http.client
import json
import os
import platform
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from skill.deploy.tools import CLIENT, SAM, MissingToolError
from skill.errors import SkillError

HANDLER = "lambda.lambda_function.handler"

PATH = "/2015-03-31/functions/function/invocations"

VARIABLES = {
    "AWS_LAMBDA_FUNCTION_NAME": "SkillFunction",
    "AWS_LAMBDA_FUNCTION_TIMEOUT": "7",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "AWS_LAMBDA_LOG_FORMAT": "JSON",
    "AWS_LAMBDA_LOG_LEVEL": "INFO",
    "LANG": "en_US.UTF-8",
    "PATH": "/usr/bin:/bin",
    # Lambda mounts the artifact read-only; here a start would leave byte code for the next one.
    "PYTHONDONTWRITEBYTECODE": "1",
    "TZ": ":UTC",
}

SECONDS_TO_START = 10

SECONDS_TO_ANSWER = 30


class InvocationError(SkillError):
    """The function gave no answer; the message holds what it told."""


class Invocation(NamedTuple):
    response: dict[str, Any]
    milliseconds: float
    """from sending the event to having the answer; of the first, with the function's start"""


class Service:
    """A function behind Lambda's own address for invocations, on this machine."""

    def __init__(self, port: int, path: str, log: Callable[[], str]) -> None:
        self._port, self._path, self.log = port, path, log

    def listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), 0.2).close()
        except OSError:
            return False
        return True

    def invoke(self, event: Any) -> Invocation:
        """Send one event. Raises InvocationError when the function fails, or takes longer than its time limit."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SECONDS_TO_ANSWER)
        body = json.dumps(event)
        started = time.perf_counter()
        try:
            connection.request("POST", self._path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            status, text = answer.status, answer.read().decode()
        except OSError as error:
            raise InvocationError(f"The function sent nothing ({error}). It told:\n{self.log()}") from None
        finally:
            connection.close()
        milliseconds = (time.perf_counter() - started) * 1000
        return Invocation(read_response(text if status == http.HTTPStatus.OK else "", self.log), milliseconds)


@contextmanager
def emulated(
    artifact: Path, variables: dict[str, str] | None = None, *, handler: str = HANDLER, prefix: Sequence[str] = ()
) -> Iterator[Service]:
    """Start `handler` of `artifact` until the `with` is left. `prefix` is what to put before the emulator's command."""
    port, runtime_port = free_port(), free_port()
    command = [*prefix, str(binary()), "--log-level", "error", "--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
    command += ["--runtime-api-address", f"127.0.0.1:{runtime_port}"]
    command += [str(CLIENT / "bin" / "python"), "-m", "awslambdaric", handler]
    variables = {**VARIABLES, "PYTHONPATH": str(artifact), **(variables or {})}
    with tempfile.TemporaryFile() as file:

        def log() -> str:
            """All that the function and the emulator wrote so far."""
            file.seek(0)
            return file.read().decode(errors="replace")

        process = subprocess.Popen(  # noqa: S603 (what `make` installed)
            command, cwd=artifact, env=variables, stdout=file, stderr=file, start_new_session=True
        )
        service = Service(port, PATH, log)
        try:
            end = time.monotonic() + SECONDS_TO_START
            while not service.listens():
                if process.poll() is not None or time.monotonic() > end:
                    raise InvocationError(f"The emulator does not listen. It told:\n{log()}")
                time.sleep(0.005)
            yield service
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the emulator, and the function that it started."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, sent)
            process.wait(3)
    process.wait()


def read_response(text: str, log: Callable[[], str]) -> dict[str, Any]:
    """The response in `text`. A fault and a time limit come with the same status as an answer: only the text tells."""
    try:
        response = json.loads(text)
    except ValueError:
        response = None
    if not isinstance(response, dict) or "errorType" in response:
        raise InvocationError(f"The function gave no answer: {text or 'nothing'}\n{log()}")
    return response


def binary() -> Path:
    """The emulator's program, which SAM carries for its containers."""
    name = "aws-lambda-rie-arm64" if platform.machine() in ("aarch64", "arm64") else "aws-lambda-rie-x86_64"
    found = list(SAM.parents[1].glob(f"lib/python*/site-packages/samcli/local/rapid/{name}"))
    if not found or platform.system() != "Linux":
        raise MissingToolError("The emulator runs on Linux, from the package aws-sam-cli; run make build, or use Docker.")
    return found[0]


def free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port: int = chosen.getsockname()[1]
        return port
