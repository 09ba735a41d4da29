"""The command line: one thin function for each command."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skill import evaluation
from skill.adapters.local import Exchange, LocalSkill, now
from skill.device import DEVICES, ROUTES, Device
from skill.errors import KnowledgeError, UsageError
from skill.normalize import normalize
from skill.places import KNOWLEDGE, shown_path
from skill.understanding.explain import explain

if TYPE_CHECKING:
    from skill.understanding.leaveout import DeepReport

MAX_TEXT = 8_000
"""Characters of one question. Alexa sends far fewer; more is a mistake, such as a file given as a text."""

OK, FAILED, MISUSED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0, 1 when something is wrong with the knowledge, or 2 when the command was misused."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # Whatever the terminal is set to: JSON is UTF-8, and a byte that is not must not end a conversation.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        status: int = options.run(options)
        sys.stdout.flush()
        return status
    except UsageError as error:
        _tell(str(error))
        return MISUSED
    except KnowledgeError as error:
        _tell(f"{error}\nThe knowledge cannot be used like this, and there is no earlier build of it.")
        return FAILED
    except BrokenPipeError:
        # The reader (`| head`) has all it wants; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except KeyboardInterrupt:
        return 130


def ask(options: argparse.Namespace) -> int:
    if (options.text is None) == (options.batch is None):
        raise UsageError('give one question in quotes, or --batch with a file: python -m skill ask "why is my lip twitching"')
    if options.batch is not None:
        if options.session:
            raise UsageError("--session carries one conversation, --batch asks each question in one of its own; give one of them")
        return _ask_batch(options)
    text = _checked_text(options.text)
    session_file = Path(options.session) if options.session else None
    skill = _skill(options)
    device = _device(skill, options, _read_session(session_file))
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
    skill = _skill(options)
    _checked_locale(skill, options.locale)
    status = OK
    for number, raw in enumerate(lines.splitlines(), 1):
        if not raw.strip():
            continue
        try:
            text = _batch_text(raw)
        except UsageError as error:
            status = MISUSED
            _tell(f"{options.batch}:{number}: {error}")
            print(json.dumps({"line": number, "error": str(error)}))
            continue
        exchange = skill.say(_device(skill, options), text)
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
    return _checked_text(line)


def chat(options: argparse.Namespace) -> int:
    skill = _skill(options)
    device = _device(skill, options)
    exchange = skill.send(device, device.launch(now()))
    print(exchange.heard.speech)
    while exchange.heard.session_open:
        try:
            said = input("> ").strip()
        except EOFError:
            print()
            break
        if said:
            try:
                exchange = skill.say(device, _checked_text(said))
            except UsageError as error:
                _tell(str(error))
                continue
            _print_answer(exchange)
    return OK


def explain_text(options: argparse.Namespace) -> int:
    skill = _skill(options)
    print(explain(_checked_text(options.text), skill.app.reader, skill.app.knowledge))
    return OK


def check(options: argparse.Namespace) -> int:
    # Imported here: answering needs neither YAML nor the checks.
    from skill.knowledge.check import check_sources, flatten, notices
    from skill.knowledge.load import read_folder

    folder = _checked_folder(options.knowledge)
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
            _tell(f"{_counted(elsewhere, 'problem')} in other files; check the whole folder too, since files rely on each other")
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
        print(_counted(len(problems), "problem"), "and", _counted(len(told), "notice"))
    return FAILED if problems else OK


def _check_deep(folder: Path) -> DeepReport:
    # Imported here: it needs the tools of a build.
    from skill.building import entries_of
    from skill.knowledge.load import load_knowledge
    from skill.understanding.leaveout import DeepReport, leave_out
    from skill.understanding.lexicon import Lexicon

    taught = load_knowledge(folder)
    return DeepReport(tuple(leave_out(taught.lessons, Lexicon(entries_of(taught.knowledge)), _tell)))


def evaluate(options: argparse.Namespace) -> int:
    cases = evaluation.read_cases(Path(options.file))
    ask = _taught_ask(Path(options.taught)) if options.taught else _skill_ask(options)
    judged = list(evaluation.judge(cases, ask))
    found = evaluation.as_json(judged)
    text = evaluation.as_table(judged)
    if options.noise:
        # Imported here: answering mishears nothing.
        from skill.understanding.noise import Mishearing

        mishearing = Mishearing(options.noise)
        noisy = list(evaluation.judge(evaluation.misheard(cases, lambda said: mishearing.of(normalize(said))), ask))
        drop = evaluation.right_share(judged) - evaluation.right_share(noisy)
        found["noise"] = {**evaluation.as_json(noisy), "drop": drop}
        text = f"{text}\n\nmisheard\n{evaluation.counts_table(noisy)}\n\nright drops by {drop:.1f} points"
    print(json.dumps(found, indent=2, ensure_ascii=False) if options.json else text)
    return OK


def _skill_ask(options: argparse.Namespace) -> evaluation.Ask:
    skill = _skill(options)
    locale = _checked_locale(skill, options.locale)
    return lambda texts: skill.ask_all(texts, locale, options.route)


def _taught_ask(file: Path) -> evaluation.Ask:
    # Imported here: it needs the tools of a build.
    from skill.understanding.taught import answer, teach

    taught = [(text, accept[0]) for case in evaluation.read_cases(file) for text, accept in case.turns]
    _tell(f"Learning from {len(taught):,} questions ...")
    reader = teach(taught)
    return lambda texts: [evaluation.Answered(*answer(reader, text)) for text in texts]


def tune(options: argparse.Namespace) -> int:
    # Imported here: a tester's tool, which no answer needs.
    from skill.understanding.reading import TUNED
    from skill.understanding.tuning import Scored, save
    from skill.understanding.tuning import tune as find

    cases = [case for file in options.files for case in evaluation.read_cases(Path(file))]
    reader = _skill(options).app.reader
    tuned = find([Scored(reader.scores(text), accept) for case in cases for text, accept in case.turns])
    save(tuned, TUNED)
    print(f"wrote {tuned._asdict()} to {TUNED}")
    return OK


def bench_peers(options: argparse.Namespace) -> int:
    # Imported here, as all that measures: it needs the tools of a build, and more.
    from skill.bench import peers
    from skill.understanding.taught import teach

    cases = evaluation.read_cases(Path(options.file))
    if any(len(case.turns) > 1 for case in cases):
        raise UsageError(f"{options.file} holds dialogues; name a file of single questions")
    if options.cross:
        found = peers.cross_validate({"Body Signals, taught alike": peers.ours(teach), **peers.PEERS}, cases)
    else:
        from skill.knowledge.load import load_knowledge

        skill = _skill(options)
        lessons = load_knowledge(_checked_folder(options.knowledge)).lessons
        taught = [(lesson.text, peers.public(lesson.label)) for lesson in lessons]
        found = peers.compare({"Body Signals": lambda *_: peers.of_reader(skill.app.reader), **peers.PEERS}, taught, cases)
    rows = []
    for row in found:
        if isinstance(row, str):
            _tell(row)
        else:
            rows.append(row)
    print(peers.as_table(rows))
    return OK


def bench_scale(options: argparse.Namespace) -> int:
    from skill.bench import scale

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for row in scale.measure(options.sizes, Path(folder)):
            _tell(scale.as_table([row]).splitlines()[-1])
            rows.append(row)
    print(scale.as_table(rows))
    if options.plot:
        scale.plot(rows, Path(options.plot))
    return OK


def _skill(options: argparse.Namespace) -> LocalSkill:
    folder = _checked_folder(options.knowledge)
    skill = LocalSkill(folder, lambda said: print(said, file=sys.stderr))
    if skill.app.problems:
        for problem in skill.app.problems:
            print(problem, file=sys.stderr)
        _tell("The knowledge files have problems; the last good build answers until they are mended.")
    return skill


def _device(skill: LocalSkill, options: argparse.Namespace, attributes: dict[str, Any] | None = None) -> Device:
    locale = _checked_locale(skill, options.locale)
    return skill.device(locale, options.route, attributes, has_screen=options.device == "show")


def _checked_folder(folder: str) -> Path:
    path = Path(folder)
    if not path.is_dir():
        raise UsageError(f"{folder} is no folder; name one with knowledge files")
    return path


def _checked_text(text: str) -> str:
    if not text.strip():
        raise UsageError('nothing was asked; write a question in quotes: "why is my lip twitching"')
    if len(text) > MAX_TEXT:
        raise UsageError(f"{len(text):,} characters are no spoken question; ask in at most {MAX_TEXT:,}")
    return text.encode("utf-8", "replace").decode()


def _checked_locale(skill: LocalSkill, locale: str) -> str:
    known = [name for name in skill.app.knowledge.locales if name != "unknown"]
    if locale not in known:
        raise UsageError(f"the locale {locale!r} is not known; choose one of {', '.join(known)}")
    return locale


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


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _tell(message: str) -> None:
    print(message, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m skill", description="Ask Body Signals, look at why it answers so, and check its knowledge."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    asking = argparse.ArgumentParser(add_help=False)
    asking.add_argument("--locale", default="en-US", help="en-US (default), en-GB, en-CA, en-AU or en-IN")
    asking.add_argument("--route", choices=ROUTES, default=ROUTES[0], help="how Alexa catches free speech")
    talking = argparse.ArgumentParser(add_help=False)
    talking.add_argument("--device", choices=DEVICES, default=DEVICES[0], help="a speaker without a screen, or one with")
    folder = argparse.ArgumentParser(add_help=False)
    folder.add_argument("--knowledge", default=str(KNOWLEDGE), metavar="DIR", help="another folder of knowledge files")

    command = commands.add_parser("ask", parents=[asking, talking, folder], help="ask one question, or many with --batch")
    command.add_argument("text", nargs="?", help="the question, in quotes")
    command.add_argument("--json", action="store_true", help="print everything, with Alexa's request and response")
    command.add_argument(
        "--batch", metavar="FILE", help='one question a line (text, or JSON with "text"); - reads standard input'
    )
    command.add_argument("--session", metavar="FILE", help="a file that carries the conversation from one call to the next")
    command.set_defaults(run=ask)

    command = commands.add_parser("chat", parents=[asking, talking, folder], help="talk in the terminal")
    command.set_defaults(run=chat)

    command = commands.add_parser("explain", parents=[folder], help="show how a question was read, and why")
    command.add_argument("text", help="the question, in quotes")
    command.set_defaults(run=explain_text)

    command = commands.add_parser("check", parents=[folder], help="find what is wrong in the knowledge files")
    command.add_argument("files", nargs="*", metavar="FILE", help="look at these files only")
    command.add_argument("--deep", action="store_true", help="also hide each example question and ask it; takes some minutes")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=check)

    command = commands.add_parser("evaluate", parents=[asking, folder], help="measure answers against labelled questions")
    command.add_argument("file", help="JSON lines with text and accept, or with turns")
    command.add_argument("--json", action="store_true")
    command.add_argument(
        "--taught", metavar="FILE", help="ask an engine taught with these labelled questions alone, instead of the skill"
    )
    command.add_argument(
        "--noise",
        type=int,
        nargs="?",
        const=1,
        metavar="SEED",
        help="also ask each question with a word misheard, split or joined, and tell the drop",
    )
    command.set_defaults(run=evaluate)

    command = commands.add_parser("tune", parents=[folder], help="find the thresholds again, on held-out questions")
    command.add_argument("files", nargs="+", metavar="FILE", help="labelled questions that the knowledge does not hold")
    command.set_defaults(run=tune)

    command = commands.add_parser("bench", help="measure the skill against others, and against size")
    benches = command.add_subparsers(required=True, metavar="WHAT")
    bench = benches.add_parser("peers", parents=[folder], help="teach others the same questions, and ask all of them")
    bench.add_argument("file", help="labelled questions, as for evaluate")
    bench.add_argument("--cross", action="store_true", help="teach four fifths of FILE and ask the rest, five times")
    bench.set_defaults(run=bench_peers)
    bench = benches.add_parser("scale", help="make knowledge of many subjects, and measure it")
    bench.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1_000, 10_000], metavar="N")
    bench.add_argument("--plot", metavar="FILE", help="draw the times, as SVG")
    bench.set_defaults(run=bench_scale)
    return parser
