"""What commands share: their options, the checks of what was given, and how a message is told."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from skill.adapters.local import LocalSkill
from skill.device import DEVICES, Device
from skill.errors import UsageError
from skill.places import ARTIFACT, KNOWLEDGE
from skill.recogniser import ROUTES

MAX_TEXT = 8_000
"""Characters of one question. Alexa sends far fewer; more is a mistake, such as a file given as a text."""

OK, FAILED, MISUSED = 0, 1, 2


def asking() -> argparse.ArgumentParser:
    """Options of commands that ask."""
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--locale", default="en-US", help="en-US (default), en-GB, en-CA, en-AU or en-IN")
    options.add_argument(
        "--route", choices=ROUTES, default="", help="how Alexa catches what is said; without it, the tightest way that fits"
    )
    return options


def talking() -> argparse.ArgumentParser:
    """Options of commands that show what a device does."""
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--device", choices=DEVICES, default=DEVICES[0], help="a speaker without a screen, or one with")
    return options


def folder() -> argparse.ArgumentParser:
    """The option of commands that work on any folder in the knowledge format."""
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--knowledge", default=str(KNOWLEDGE), metavar="DIR", help="another folder of knowledge files")
    return options


def open_skill(options: argparse.Namespace) -> LocalSkill:
    folder = checked_folder(options.knowledge)
    skill = LocalSkill(folder, lambda said: print(said, file=sys.stderr))
    if skill.app.problems:
        for problem in skill.app.problems:
            print(problem, file=sys.stderr)
        tell("The knowledge files have problems; the last good build answers until they are mended.")
    return skill


def device_of(skill: LocalSkill, options: argparse.Namespace, attributes: dict[str, Any] | None = None) -> Device:
    locale = checked_locale(skill, options.locale)
    return skill.device(locale, options.route, attributes, has_screen=options.device == "show")


def checked_folder(folder: str) -> Path:
    path = Path(folder)
    if not path.is_dir():
        raise UsageError(f"{folder} is no folder; name one with knowledge files")
    return path


def checked_text(text: str) -> str:
    if not text.strip():
        raise UsageError('nothing was asked; write a question in quotes: "why is my lip twitching"')
    if len(text) > MAX_TEXT:
        raise UsageError(f"{len(text):,} characters are no spoken question; ask in at most {MAX_TEXT:,}")
    return text.encode("utf-8", "replace").decode()


def checked_locale(skill: LocalSkill, locale: str) -> str:
    known = [name for name in skill.app.knowledge.locales if name != "unknown"]
    if locale not in known:
        raise UsageError(f"the locale {locale!r} is not known; choose one of {', '.join(known)}")
    return locale


def built() -> Path:
    """The function's artifact, which `make build` leaves there."""
    if not ARTIFACT.is_dir():
        raise UsageError("the Lambda function is not built yet; run make build first")
    return ARTIFACT


def counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def tell(message: str) -> None:
    print(message, file=sys.stderr)
