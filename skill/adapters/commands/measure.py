"""`evaluate`, `tune` and `bench`: measure the skill, and compare it with others."""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from skill import evaluation
from skill.adapters.commands.common import OK, asking, built, checked_folder, checked_locale, folder, open_skill, tell
from skill.adapters.local import LocalSkill, now
from skill.errors import UsageError
from skill.normalize import normalize
from skill.places import BUILDS
from skill.recogniser import ROUTES


def add(commands: Any) -> None:
    """Add the commands to the parser's."""
    command = commands.add_parser("evaluate", parents=[asking(), folder()], help="measure answers against labelled questions")
    command.add_argument("file", help="JSON lines with text and accept, or with turns")
    command.add_argument("--json", action="store_true")
    command.add_argument(
        "--taught", metavar="FILE", help="ask an engine taught with these labelled questions alone, instead of the skill"
    )
    command.add_argument("--agree", action="store_true", help="also ask by every route, and tell where the answers differ")
    command.add_argument(
        "--noise",
        type=int,
        nargs="?",
        const=10,
        metavar="TIMES",
        help="also ask each question so often (10) with a word misheard, split or joined, and tell the drop",
    )
    command.set_defaults(run=evaluate)

    command = commands.add_parser("tune", parents=[folder()], help="find the thresholds again, on held-out questions")
    command.add_argument("files", nargs="+", metavar="FILE", help="labelled questions that the knowledge does not hold")
    command.set_defaults(run=tune)

    _add_benches(commands)


def _add_benches(commands: Any) -> None:
    command = commands.add_parser("bench", help="measure the skill against others, and against size")
    benches = command.add_subparsers(required=True, metavar="WHAT")
    bench = benches.add_parser("peers", parents=[folder()], help="teach others the same questions, and ask all of them")
    bench.add_argument("file", help="labelled questions, as for evaluate")
    bench.add_argument("--cross", action="store_true", help="teach four fifths of FILE and ask the rest, five times")
    bench.set_defaults(run=bench_peers)
    bench = benches.add_parser("scale", help="make knowledge of many subjects, and measure it")
    bench.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1_000, 10_000], metavar="N")
    bench.add_argument("--plot", metavar="FILE", help="draw the times, as SVG")
    bench.set_defaults(run=bench_scale)
    bench = benches.add_parser("cold", help="start the built function and others by turns, and time the first answer")
    bench.add_argument("--rounds", type=int, default=15, metavar="N", help="how often each is started (15)")
    bench.add_argument("--memory", type=int, nargs="+", metavar="MB", help="with the share of a processor that this much gives")
    bench.add_argument("--plot", metavar="FILE", help="draw the times, as SVG")
    bench.set_defaults(run=bench_cold)
    bench = benches.add_parser("warm", help="time the built function's handler, once started")
    bench.add_argument("file", help="labelled questions, as for evaluate")
    bench.set_defaults(run=bench_warm)
    bench = benches.add_parser("web", help="load the web service, beside the smallest skill of the same SDK")
    bench.add_argument("--rounds", type=int, default=5, metavar="N", help="how often each is asked in turns (default 5)")
    bench.add_argument("--requests", type=int, default=2_000, metavar="N", help="in each round (default 2000)")
    bench.add_argument("--soak", type=int, metavar="N", help="instead: N requests to each door, and what it holds meanwhile")
    bench.add_argument("--plot", metavar="FILE", help="draw requests a second, as SVG")
    bench.set_defaults(run=bench_web)


def evaluate(options: argparse.Namespace) -> int:
    if options.noise is not None and options.noise < 1:
        raise UsageError(f"--noise {options.noise} asks nothing; give how often, as in --noise 10")
    cases = evaluation.read_cases(Path(options.file))
    ask = _taught_ask(Path(options.taught)) if options.taught else _skill_ask(options)
    judged = list(evaluation.judge(cases, ask))
    found = evaluation.as_json(judged)
    text = evaluation.as_table(judged)
    if options.noise is not None:
        rounds = _misheard(cases, ask, options.noise)
        drops = [evaluation.right_share(judged) - evaluation.right_share(each) for each in rounds]
        mean, noisy = statistics.mean(drops), [each for judged in rounds for each in judged]
        found["noise"] = {**evaluation.as_json(noisy), "drop": mean, "drops": drops}
        text = f"{text}\n\nmisheard\n{evaluation.counts_table(noisy)}\n\nright drops by {mean:.1f} points"
        text = f"{text} ({min(drops):.1f} to {max(drops):.1f})"
    if options.agree:
        differing = list(_differing(cases, options))
        found["routes"] = {"asked": len(judged), "differing": differing}
        same = 100 * (len(judged) - len(differing)) / len(judged)
        shown = "".join(f"\n{each['text']!r}: {each['answers']}" for each in differing)
        text = f"{text}\n\nthe same answer on every route: {same:.1f} %{shown}"
    print(json.dumps(found, indent=2, ensure_ascii=False) if options.json else text)
    return OK


def _misheard(cases: Sequence[evaluation.Case], ask: evaluation.Ask, times: int) -> list[list[evaluation.Judged]]:
    """All cases so often, each time misheard in other ways: once alone says little, by chance a point more or less."""
    # Imported here: answering mishears nothing.
    from skill.understanding.noise import Mishearing

    mishearing = Mishearing(0)
    heard = (evaluation.misheard(cases, lambda said: mishearing.of(normalize(said))) for _ in range(times))
    return [list(evaluation.judge(each, ask)) for each in heard]


def _differing(cases: Sequence[evaluation.Case], options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """The turns that are not answered alike on every route that Alexa may take."""
    skill = open_skill(options)
    for case in cases:
        texts = [said for said, _ in case.turns]
        by_route = {route: skill.ask_all(texts, options.locale, route) for route in ROUTES}
        for index, text in enumerate(texts):
            answers = {route: answered[index].id for route, answered in by_route.items()}
            if len({*answers.values()}) > 1:
                yield {"text": text, "answers": answers}


def _skill_ask(options: argparse.Namespace) -> evaluation.Ask:
    skill = open_skill(options)
    locale = checked_locale(skill, options.locale)
    return lambda texts: skill.ask_all(texts, locale, options.route)


def _taught_ask(file: Path) -> evaluation.Ask:
    # Imported here: it needs the tools of a build.
    from skill.understanding.taught import answer, teach

    taught = [(text, accept[0]) for case in evaluation.read_cases(file) for text, accept in case.turns]
    tell(f"Learning from {len(taught):,} questions ...")
    reader = teach(taught)
    return lambda texts: [evaluation.Answered(*answer(reader, text)) for text in texts]


def tune(options: argparse.Namespace) -> int:
    # Imported here: a tester's tool, which no answer needs.
    from skill.understanding.reading import TUNED
    from skill.understanding.tuning import Scored, save
    from skill.understanding.tuning import tune as find

    cases = [case for file in options.files for case in evaluation.read_cases(Path(file))]
    reader = open_skill(options).app.reader
    tuned = find([Scored(reader.scores(text), accept) for case in cases for text, accept in case.turns])
    save(tuned, Path(TUNED))
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
        # The others answer whatever they are asked: only an engine that does so too can be held against them.
        ours = {
            "Body Signals, taught alike": peers.ours(teach),
            "the same, never refusing": peers.ours(lambda taught: teach(taught, may_refuse=False)),
        }
        found = peers.cross_validate({**ours, **peers.PEERS}, cases)
    else:
        from skill.knowledge.load import load_knowledge

        skill = open_skill(options)
        lessons = load_knowledge(checked_folder(options.knowledge)).lessons
        taught = [(lesson.text, peers.public(lesson.label)) for lesson in lessons]
        found = peers.compare({"Body Signals": lambda *_: peers.of_reader(skill.app.reader), **peers.PEERS}, taught, cases)
    rows = []
    for row in found:
        if isinstance(row, str):
            tell(row)
        else:
            rows.append(row)
    print(peers.as_table(rows))
    return OK


def bench_scale(options: argparse.Namespace) -> int:
    from skill.bench import scale

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for row in scale.measure(options.sizes, Path(folder)):
            tell(scale.as_table([row]).splitlines()[-1])
            rows.append(row)
    print(scale.as_table(rows))
    if options.plot:
        scale.plot(rows, Path(options.plot))
    return OK


def bench_cold(options: argparse.Namespace) -> int:
    from skill.bench import start

    if options.rounds < 1 or any(memory < 1 for memory in options.memory or ()):
        raise UsageError("give a number of one or more")
    device = LocalSkill().device()
    question, launch = device.request("why is my upper lip twitching", now()), device.launch(now())
    tell("Building the functions to compare with ...")
    compared = start.functions(built(), question, launch, BUILDS / "bench")
    if options.memory:
        print(start.memory_table({memory: start.measure_cold(compared, options.rounds, memory) for memory in options.memory}))
        return OK
    measured = start.measure_cold(compared, options.rounds)
    print(start.cold_table(measured))
    if options.plot:
        start.plot(measured, Path(options.plot))
    return OK


def bench_warm(options: argparse.Namespace) -> int:
    from skill.bench import start

    device = LocalSkill().device()
    texts = [case.turns[0][0] for case in evaluation.read_cases(Path(options.file))]
    print(start.warm_table(start.measure_warm(built(), [device.request(text, now()) for text in texts])))
    return OK


def bench_web(options: argparse.Namespace) -> int:
    from skill.bench import web

    if min(options.rounds, options.requests, options.soak or 100) < 1 or options.requests < 100:
        raise UsageError("--rounds takes a number from 1 up, --requests one from 100 up")
    if options.soak:
        looks = []
        for look in web.soak(options.soak):
            tell(web.as_looks([look]).splitlines()[-1])
            looks.append(look)
        print(web.as_looks(looks))
        return OK
    rows = []
    for row in web.measure(options.rounds, options.requests):
        tell(web.as_table([row]).splitlines()[-1])
        rows.append(row)
    print(web.as_table(rows))
    if options.plot:
        web.plot(rows, Path(options.plot))
    return OK
