"""`serve`: the skill as a web service."""

from __future__ import annotations

import argparse
import ipaddress
import logging
from typing import Any

from skill.adapters.commands.common import OK, checked_folder, folder, tell
from skill.errors import UsageError


def add(commands: Any) -> None:
    """Add the command to the parser's."""
    command = commands.add_parser("serve", parents=[folder()], help="answer Alexa over HTTP, behind a proxy that speaks TLS")
    command.add_argument("--host", default="127.0.0.1", help="the address to listen on (default 127.0.0.1)")
    command.add_argument("--port", type=int, default=8080, help="0 takes a free one (default 8080)")
    command.add_argument("--workers", type=int, default=1, help="processes to answer in (default 1)")
    command.add_argument("--skill-id", help="answer requests to this skill alone: amzn1.ask.skill...")
    command.add_argument("--no-verify", action="store_true", help="answer anyone; on this machine alone")
    command.set_defaults(run=serve)


def serve(options: argparse.Namespace) -> int:
    checked_folder(options.knowledge)
    if options.no_verify and not _is_loopback(options.host):
        raise UsageError(
            f"--no-verify answers anyone, and {options.host} can be reached from elsewhere; use 127.0.0.1, or verify"
        )
    if not options.no_verify and not options.skill_id:
        raise UsageError("name the skill with --skill-id amzn1.ask.skill..., or answer anyone on this machine with --no-verify")
    if options.workers < 1:
        raise UsageError("--workers takes a number from 1 up")
    if options.port not in range(65_536):
        raise UsageError(f"there is no port {options.port}; choose one up to 65535")
    return _serve(options)


def _serve(options: argparse.Namespace) -> int:
    # Imported here: nothing else needs a web server, and it is installed on demand.
    try:
        from skill.adapters.reloading import LiveSkill
        from skill.adapters.serving import listen, supervise
        from skill.adapters.serving import serve as serve_here
        from skill.adapters.verification import Certificates, Verifier
        from skill.adapters.web import MAX_BODY, build_web
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is not installed; pip install -e '.[web]'") from None
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        listener = listen(options.host, options.port)
    except OSError as error:
        raise UsageError(f"cannot listen on {options.host} port {options.port} ({error}); choose another") from None
    # Before any worker is there, so that they share one build and its memory.
    skill = LiveSkill(checked_folder(options.knowledge))

    def work() -> None:
        verifier = None if options.no_verify else Verifier(options.skill_id, Certificates())
        skill.watch()
        serve_here(build_web(skill, verifier), listener, MAX_BODY)

    host, port = listener.getsockname()[:2]
    tell(f"Listening on http://{f'[{host}]' if ':' in host else host}:{port}")
    if options.workers == 1:
        work()
    else:
        supervise(work, options.workers)
    return OK


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
