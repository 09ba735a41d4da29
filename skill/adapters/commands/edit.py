"""`explain`, `check` and `build`: look into an answer, and into the knowledge files."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skill.adapters.commands.common import FAILED, OK, checked_folder, checked_text, counted, folder, open_skill, tell
from skill.current import open_current
from skill.errors import UsageError
from skill.places import KNOWLEDGE, shown_path
from skill.understanding.explain import explain

if TYPE_CHECKING:
    from skill.understanding.leaveout import DeepReport


def add(commands: Any) -> None:
    """Add the commands to the parser's."""
    command = commands.add_parser("explain", parents=[folder()], help="show how a question was read, and why")
    command.add_argument("text", help="the question, in quotes")
    command.set_defaults(run=explain_text)

    command = commands.add_parser("check", parents=[folder()], help="find what is wrong in the knowledge files")
    command.add_argument("files", nargs="*", metavar="FILE", help="look at these files only")
    command.add_argument("--deep", action="store_true", help="also hide each example question and ask it; takes some minutes")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=check)

    command = commands.add_parser("build", parents=[folder()], help="learn from changed knowledge files now, before it is asked")
    command.set_defaults(run=build)


def explain_text(options: argparse.Namespace) -> int:
    skill = open_skill(options)
    print(explain(checked_text(options.text), skill.app.reader, skill.app.knowledge))
    return OK


def check(options: argparse.Namespace) -> int:
    # Imported here: answering needs neither YAML nor the checks.
    from skill.knowledge.check import check_sources, flatten, notices
    from skill.knowledge.load import read_folder

    folder = checked_folder(options.knowledge)
    instead = {Path(name).stem: Path(name) for name in options.files}
    for file in instead.values():
        if not file.is_file():
            raise UsageError(f"{file} is no file; name knowledge files such as {KNOWLEDGE.name}/caffeine.yaml")
    sources, problems = read_folder(folder, instead)
    problems += check_sources(sources, shown_path(folder))
    told = notices(sources) if not problems else []
    if instead:
        wanted = {shown_path(file) for file in instead.values()}
        if elsewhere := sum(each.path not in wanted for each in problems):
            tell(f"{counted(elsewhere, 'problem')} in other files; check the whole folder too, since files rely on each other")
        problems, told = ([each for each in some if each.path in wanted] for some in (problems, told))
    problems, told = flatten(problems), flatten(told)
    found: dict[str, Any] = {"problems": [each._asdict() for each in problems], "notices": [each._asdict() for each in told]}
    deep = _check_deep(folder) if options.deep and not problems else None
    if options.json:
        print(json.dumps({**found, **({"deep": deep.as_json()} if deep else {})}, indent=2))
    else:
        if deep:
            print(deep.as_text(), end="\n\n")
        for problem in problems:
            print(problem)
        for notice in told:
            print(f"{notice} (notice)")
        print(counted(len(problems), "problem"), "and", counted(len(told), "notice"))
    return FAILED if problems else OK


def build(options: argparse.Namespace) -> int:
    current = open_current(checked_folder(options.knowledge), tell)
    for problem in current.problems:
        tell(str(problem))
    return FAILED if current.problems else OK


def _check_deep(folder: Path) -> DeepReport:
    # Imported here: it needs the tools of a build.
    from skill.building import entries_of
    from skill.knowledge.load import load_knowledge
    from skill.understanding.leaveout import DeepReport, leave_out
    from skill.understanding.lexicon import Lexicon
    from skill.understanding.vectors import WordVectors

    taught = load_knowledge(folder)
    lexicon = Lexicon(entries_of(taught.knowledge), WordVectors())
    return DeepReport(tuple(leave_out(taught.lessons, lexicon, tell)))
