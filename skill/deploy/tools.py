"""Where the tools are that try the function on this machine. `make` sets them up, each apart from the skill's own packages."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

from skill.errors import SkillError
from skill.places import PROJECT

FUNCTION_PYTHON = "3.13"
"""The Python of the function; `template.yaml` names the same."""

TOOLS = PROJECT / ".venv-lambda"

SAM = TOOLS / "sam" / "bin" / "sam"

CLIENT = TOOLS / "client"
"""The runtime interface client, which asks the emulator for events and calls the handler."""


class MissingToolError(SkillError):
    """A tool is not there; the message says how to get it."""


@cache
def function_python() -> Path | None:
    """A Python of the function's version on this machine, if there is one."""
    homes = [Path.home() / ".pyenv" / "versions", Path.home() / ".local" / "share" / "uv" / "python"]
    found = [file for home in homes for file in sorted(home.glob(f"*{FUNCTION_PYTHON}.*/bin/python{FUNCTION_PYTHON}"))]
    # The first may be a version manager's stand-in, which is on the path and refuses to run.
    for python in [Path(f"python{FUNCTION_PYTHON}"), *found]:
        if _version(python) == FUNCTION_PYTHON:
            return Path(_output([str(python), "-c", "import sys; print(sys.executable)"]).strip())
    return None


def byte_code_python() -> Path | None:
    """The client's Python if it is of the function's version: what it compiles is what the emulator can run."""
    python = CLIENT / "bin" / "python"
    return python if _version(python) == FUNCTION_PYTHON else None


def _version(python: Path) -> str:
    return _output([str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).strip()


def _output(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 (as above)
    except (OSError, subprocess.CalledProcessError):
        return ""


if __name__ == "__main__":
    # For `make`, which sets up the client with it.
    print(function_python() or sys.executable)
