"""`artifact`, `invoke` and `package`: make what Lambda runs, ask it, and make what the skill's store is given."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from skill.adapters.commands.common import OK, asking, built, checked_text, device_of, open_skill, talking, tell
from skill.adapters.local import LocalSkill, now
from skill.device import Device
from skill.places import BUILDS, KNOWLEDGE, shown_path


def add(commands: Any) -> None:
    """Add the commands to the parser's."""
    command = commands.add_parser("artifact", help="fill a new folder with what Lambda unpacks; `make build` calls it")
    command.add_argument("folder", metavar="DIR")
    command.set_defaults(run=artifact)

    command = commands.add_parser("invoke", parents=[asking(), talking()], help="ask the built Lambda function; see make invoke")
    command.add_argument("text", help="the question, in quotes")
    command.add_argument("--emulator", action="store_true", help="without a container, in SAM's runtime interface emulator")
    command.set_defaults(run=invoke, knowledge=str(KNOWLEDGE))

    command = commands.add_parser("package", help="write build/skill-package for Amazon's command line tool, ask")
    command.add_argument("--endpoint", default="", metavar="ARN", help="the stack's output SkillEndpoint, once it is deployed")
    command.add_argument("--privacy", default="", metavar="URL", help="where PRIVACY.md can be read by everyone")
    command.set_defaults(run=package)


def artifact(options: argparse.Namespace) -> int:
    # Imported here, as below: no other command packs or runs a function.
    from skill.deploy.artifact import assemble

    # To standard output: `sam build` passes on nothing else.
    assemble(Path(options.folder), print)
    return OK


def invoke(options: argparse.Namespace) -> int:
    text, artifact = checked_text(options.text), built()
    device: Device = device_of(open_skill(options), options)
    request = device.request(text, now())
    response = _emulated(artifact, request) if options.emulator else _in_a_container(request)
    print(device.hear(response).speech)
    return OK


def _emulated(artifact: Path, request: dict[str, Any]) -> dict[str, Any]:
    from skill.deploy.emulator import emulated

    with emulated(artifact) as service:
        return service.invoke(request).response


def _in_a_container(request: dict[str, Any]) -> dict[str, Any]:
    from skill.deploy import sam
    from skill.deploy.engine import running_engine

    with running_engine() as engine:
        tell(f"sam local invoke, in {engine.name} ...")
        return sam.invoke(request, engine)


def package(options: argparse.Namespace) -> int:
    from skill.deploy.package import write_package

    folder = BUILDS / "skill-package"
    write_package(folder, LocalSkill().app.knowledge.locales, options.endpoint, options.privacy)
    print(f"wrote {shown_path(folder)}; deploy it from {shown_path(BUILDS)}: ask deploy --target skill-metadata")
    if not options.endpoint:
        tell("It names no endpoint yet: a new skill begins so. Deploy the function with the skill's id, then give --endpoint.")
    if not options.privacy:
        tell("It names no privacy page yet, which the store asks for: give --privacy.")
    return OK
