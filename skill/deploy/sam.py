"""Calls the built function through the real `sam local`, in a container."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from skill.deploy.emulator import InvocationError, Service, free_port, read_response
from skill.deploy.engine import Engine
from skill.deploy.tools import SAM
from skill.places import PROJECT

FUNCTION = "SkillFunction"

SECONDS = 120


def invoke(event: Any, engine: Engine) -> dict[str, Any]:
    """Run `sam local invoke`. Raises InvocationError when the function fails, or never ran."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(event, file)
        file.flush()
        command = [*_command("invoke", engine), FUNCTION, "--event", file.name]
        try:
            run = subprocess.run(  # noqa: S603 (what `make` installed)
                command, cwd=PROJECT, env=_variables(engine), capture_output=True, text=True, check=False, timeout=SECONDS
            )
        except subprocess.TimeoutExpired:
            raise InvocationError(f"sam local invoke was not done after {SECONDS} seconds.") from None
    return read_response(run.stdout.strip(), lambda: run.stderr)


@contextmanager
def started(engine: Engine) -> Iterator[Service]:
    """Run `sam local start-lambda` until the `with` is left: the function behind Lambda's own address."""
    port = free_port()
    command = [*_command("start-lambda", engine), "--port", str(port), "--warm-containers", "LAZY"]
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(  # noqa: S603 (what `make` installed)
            command, cwd=PROJECT, env=_variables(engine), stdout=log, stderr=log
        ) as process,
    ):

        def told() -> str:
            log.seek(0)
            return log.read().decode(errors="replace")

        service = Service(port, f"/2015-03-31/functions/{FUNCTION}/invocations", told)
        try:
            end = time.monotonic() + SECONDS
            while not service.listens():
                if process.poll() is not None or time.monotonic() > end:
                    raise InvocationError(f"sam local start-lambda does not listen. It told:\n{told()}")
                time.sleep(0.1)
            yield service
        finally:
            process.terminate()


def _command(what: str, engine: Engine) -> list[str]:
    config = ["--config-file", str(PROJECT / "samconfig.toml")]
    return [str(SAM), "local", what, *config, *(["--skip-pull-image"] if engine.is_private else [])]


def _variables(engine: Engine) -> dict[str, str]:
    return {**engine.variables, "SAM_CLI_TELEMETRY": "0"}
