"""The command line: what was called, and how it ends. The commands are in `commands/`, one thin function for each."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from skill.adapters.commands import deploy, edit, measure, model, serve, talk
from skill.adapters.commands.common import FAILED, MISUSED, OK, tell
from skill.errors import KnowledgeError, SkillError, UsageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0, 1 when it failed or the knowledge is broken, or 2 when the command was misused."""
    options = build_parser().parse_args(arguments)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # Whatever the terminal is set to: JSON is UTF-8, and a byte that is not must not end a conversation.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        status: int = options.run(options)
        sys.stdout.flush()
        return status
    except UsageError as error:
        tell(str(error))
        return MISUSED
    except KnowledgeError as error:
        tell(f"{error}\nThe knowledge cannot be used like this, and there is no earlier build of it.")
        return FAILED
    except SkillError as error:
        tell(str(error))
        return FAILED
    except BrokenPipeError:
        # The reader (`| head`) has all it wants; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except KeyboardInterrupt:
        return 130


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m skill", description="Ask Body Signals, look at why it answers so, and check its knowledge."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for room in (talk, edit, model, deploy, measure, serve):
        room.add(commands)
    return parser
