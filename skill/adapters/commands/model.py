"""`model` and `events`: write what Alexa is given, and what Alexa would send."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from skill.adapters.commands.common import FAILED, OK, checked_locale, counted, folder, open_skill, tell
from skill.errors import UsageError
from skill.events import events
from skill.interaction_model import build_model, model_problems, to_json
from skill.places import MODELS, shown_path


def add(commands: Any) -> None:
    """Add the commands to the parser's."""
    command = commands.add_parser("model", parents=[folder()], help="write Alexa's interaction model, one file a locale")
    command.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file differs from the knowledge")
    command.add_argument("--into", metavar="DIR", default=str(MODELS), help="another folder for the files")
    command.set_defaults(run=model)

    command = commands.add_parser("events", parents=[folder()], help="write ready requests, for sam local invoke -e")
    command.add_argument("into", metavar="DIR", help="the folder for the files")
    command.add_argument("--locale", default="en-US", help="en-US (default), en-GB, en-CA, en-AU or en-IN")
    command.set_defaults(run=write_events)


def model(options: argparse.Namespace) -> int:
    knowledge = open_skill(options).app.knowledge
    into = Path(options.into)
    status = OK
    for locale in knowledge.locales:
        if locale == "unknown":
            continue
        built = build_model(knowledge, locale)
        for problem in dict.fromkeys(model_problems(built)):
            tell(f"{locale}: {problem}")
            status = FAILED
        file, text = into / f"{locale}.json", to_json(built)
        if not options.check:
            _write(file, text)
        elif not file.is_file() or file.read_text(encoding="utf-8") != text:
            tell(f"{shown_path(file)} differs from the knowledge; write it anew: python -m skill model")
            status = FAILED
    return status


def write_events(options: argparse.Namespace) -> int:
    skill = open_skill(options)
    device = skill.device(checked_locale(skill, options.locale))
    count = 0
    for name, request in events(skill.app.knowledge, device):
        _write(Path(options.into) / f"{name}.json", json.dumps(request, indent=2, ensure_ascii=False) + "\n")
        count += 1
    print(f"wrote {counted(count, 'request')} to {options.into}")
    return OK


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}; name a folder that can be written to") from None
