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
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from skill.deploy.tools import CLIENT, SAM, MissingToolError
from skill.errors import SkillError

HANDLER = "lambda.lambda_function.handler"

PATH = "/2015-03-31/functions/function/invocations"

SECONDS_TO_START = 10

SECONDS_TO_ANSWER = 30


class InvocationError(SkillError):
    """The function gave no answer; the message holds what it told."""


class Invocation(NamedTuple):
    response: dict[str, Any]
    milliseconds: float
    """from sending the event to having the answer; of the first, with the function's start"""


class Emulator:
    """A started function, until the `with` is left."""

    def __init__(
        self,
        artifact: Path,
        variables: dict[str, str] | None = None,
        *,
        handler: str = HANDLER,
        prefix: Sequence[str] = (),
    ) -> None:
        """Start `handler` of `artifact`; `prefix` is what to put before the emulator's command."""
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed when the `with` is left)
        self._port, runtime_port = _free_port(), _free_port()
        variables = {
            "AWS_LAMBDA_FUNCTION_NAME": "SkillFunction",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": "7",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_LOG_LEVEL": "INFO",
            "LANG": "en_US.UTF-8",
            "PATH": "/usr/bin:/bin",
            # Lambda mounts the artifact read-only; here a start would leave byte code for the next one.
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(artifact),
            "TZ": ":UTC",
            **(variables or {}),
        }
        command = [
            *prefix,
            str(binary()),
            "--log-level",
            "error",
            "--runtime-interface-emulator-address",
            f"127.0.0.1:{self._port}",
        ]
        command += ["--runtime-api-address", f"127.0.0.1:{runtime_port}"]
        command += [str(CLIENT / "bin" / "python"), "-m", "awslambdaric", handler]
        self._process = subprocess.Popen(  # noqa: S603 (what `make` installed)
            command, cwd=artifact, env=variables, stdout=self._log, stderr=self._log, start_new_session=True
        )

    def __enter__(self) -> Emulator:
        end = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < end and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self._port), 0.2).close()
                return self
            except OSError:
                time.sleep(0.005)
        self._stop()
        raise InvocationError(f"The emulator does not listen. It told:\n{self.log()}")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop()
        self._log.close()

    def invoke(self, event: Any) -> Invocation:
        """Send one event. Raises InvocationError when the function fails, or takes longer than its time limit."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SECONDS_TO_ANSWER)
        body = json.dumps(event)
        started = time.perf_counter()
        try:
            connection.request("POST", PATH, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            status, text = answer.status, answer.read().decode()
        except OSError as error:
            raise InvocationError(f"The emulator sent nothing ({error}). It told:\n{self.log()}") from None
        finally:
            connection.close()
        milliseconds = (time.perf_counter() - started) * 1000
        return Invocation(read_response(text if status == http.HTTPStatus.OK else "", self.log), milliseconds)

    def log(self) -> str:
        """All that the function and the emulator wrote so far."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def _stop(self) -> None:
        for sent in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, sent)
                self._process.wait(3)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        self._process.wait()


def read_response(text: str, log: Any) -> dict[str, Any]:
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


def _free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port: int = chosen.getsockname()[1]
        return port
