"""`ask` and `chat`: talk to the skill in a terminal."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from skill.adapters.commands.common import (
    MISUSED,
    OK,
    asking,
    checked_locale,
    checked_text,
    device_of,
    folder,
    open_skill,
    talking,
    tell,
)
from skill.adapters.local import Exchange, now
from skill.errors import UsageError


def add(commands: Any) -> None:
    """Add the commands to the parser's."""
    command = commands.add_parser("ask", parents=[asking(), talking(), folder()], help="ask one question, or many with --batch")
    command.add_argument("text", nargs="?", help="the question, in quotes")
    command.add_argument("--json", action="store_true", help="print everything, with Alexa's request and response")
    command.add_argument(
        "--batch", metavar="FILE", help='one question a line (text, or JSON with "text"); - reads standard input'
    )
    command.add_argument("--session", metavar="FILE", help="a file that carries the conversation from one call to the next")
    command.set_defaults(run=ask)

    command = commands.add_parser("chat", parents=[asking(), talking(), folder()], help="talk in the terminal")
    command.set_defaults(run=chat)


def ask(options: argparse.Namespace) -> int:
    if (options.text is None) == (options.batch is None):
        raise UsageError('give one question in quotes, or --batch with a file: python -m skill ask "why is my lip twitching"')
    if options.batch is not None:
        if options.session:
            raise UsageError("--session carries one conversation, --batch asks each question in one of its own; give one of them")
        return _ask_batch(options)
    text = checked_text(options.text)
    session_file = Path(options.session) if options.session else None
    skill = open_skill(options)
    device = device_of(skill, options, _read_session(session_file))
    exchange = skill.say(device, text)
    if session_file is not None:
        _write_session(session_file, exchange)
    if options.json:
        print(json.dumps(exchange.as_json(), indent=2, ensure_ascii=False))
    else:
        _print_answer(exchange)
    return OK


def _ask_batch(options: argparse.Namespace) -> int:
    try:
        lines = sys.stdin.buffer.read() if options.batch == "-" else Path(options.batch).read_bytes()
    except OSError as error:
        raise UsageError(f"{options.batch} cannot be read: {error.strerror}") from None
    skill = open_skill(options)
    checked_locale(skill, options.locale)
    status = OK
    for number, raw in enumerate(lines.splitlines(), 1):
        if not raw.strip():
            continue
        try:
            text = _batch_text(raw)
        except UsageError as error:
            status = MISUSED
            tell(f"{options.batch}:{number}: {error}")
            print(json.dumps({"line": number, "error": str(error)}))
            continue
        exchange = skill.say(device_of(skill, options), text)
        print(json.dumps(exchange.as_json(), ensure_ascii=False))
    return status


def _batch_text(raw: bytes) -> str:
    try:
        line = raw.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise UsageError("not UTF-8; save the file with the encoding UTF-8") from None
    if line.startswith("{"):
        try:
            data = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f'not JSON ({error}); write {{"text": "..."}}, or the question alone') from None
        if not isinstance(data.get("text"), str):
            raise UsageError('no "text" in the object; write {"text": "..."}, or the question alone')
        line = data["text"]
    return checked_text(line)


def chat(options: argparse.Namespace) -> int:
    skill = open_skill(options)
    device = device_of(skill, options)
    exchange = skill.send(device, device.launch(now()))
    print(exchange.heard.speech)
    while exchange.heard.session_open:
        try:
            said = input("> ").strip()
        except EOFError:
            print()
            break
        if not said:
            # Nobody spoke: the device asks once more, and then ends the session.
            if request := device.silence(now()):
                skill.send(device, request)
                break
            print(exchange.heard.reprompt)
            continue
        try:
            exchange = skill.say(device, checked_text(said))
        except UsageError as error:
            tell(str(error))
            continue
        _print_answer(exchange)
    return OK


def _read_session(file: Path | None) -> dict[str, Any] | None:
    if file is None or not file.exists():
        return None
    try:
        attributes = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}; name a file for the session") from None
    except (ValueError, RecursionError):
        attributes = False
    if attributes is not None and not isinstance(attributes, dict):
        raise UsageError(f"{file} holds no session; delete it to start a new one")
    return attributes


def _write_session(file: Path, exchange: Exchange) -> None:
    kept = exchange.heard.attributes if exchange.heard.session_open else None
    try:
        file.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}; name a file for the session") from None


def _print_answer(exchange: Exchange) -> None:
    print(exchange.heard.speech)
    confidence = f"{exchange.candidates[0][1]:.0%} sure, " if exchange.candidates else ""
    line = f"{exchange.answer_id} ({confidence}{exchange.milliseconds:.1f} ms)"
    print(f"\033[2m{line}\033[0m" if sys.stdout.isatty() else line)
