"""Makes knowledge of many subjects, and measures what size costs: made-up names, real shapes."""

from __future__ import annotations

import json
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from skill.app import App
from skill.building import build
from skill.current import build_path, fingerprint
from skill.knowledge.compiled import Compiled
from skill.places import KNOWLEDGE, PROJECT
from skill.turns import UTTERANCE, Session, Turn

SHARED = ("sources", "locales", "phrases", "vocabulary", "wording", "emergencies", "outside")
"""Files of the product's knowledge that the made-up one takes as they are; look-alikes that name its answers are dropped."""

BEGINNINGS = [first + second for first in "bdfgklmnpr" for second in "aeio"]
ENDINGS = (
    "dram",
    "fern",
    "gast",
    "hilm",
    "kest",
    "lorn",
    "mund",
    "nisk",
    "pold",
    "quist",
    "rant",
    "silk",
    "torv",
    "vand",
    "wick",
)
KINDS = ["fever", "cramp", "palsy", "tremor", "itch", "ache", "rash", "syndrome"]

ASPECTS = {
    "overview": ("what is {name}", "tell me about {name} please", "explain {name} to me"),
    "signs": ("how do i know i have {name}", "which signs does {name} show", "how would {name} look in a child"),
    "treatment": ("what can i do about {name}", "what helps against {name}", "is there a medicine for {name}"),
}
"""Of each, the last is never taught: it is asked."""

SHARED_QUESTIONS = 3

ASKED = 500


class Row(NamedTuple):
    """What one size costs."""

    subjects: int
    build_seconds: float
    megabytes: float
    """of the compiled file"""
    load_milliseconds: float
    """from nothing to ready to answer, in a new process, without Python's own start"""
    memory: float
    """megabytes that a process holds at most after `ASKED` questions"""
    p50: float
    p99: float
    """milliseconds of one question"""
    right: float
    """percent of questions, in words that were not taught, that got the right answer"""
    wrong: float
    """percent that got another; the rest were refused"""


def measure(sizes: Sequence[int], folder: Path) -> Iterator[Row]:
    """Build and ask knowledge of each size, below `folder`."""
    for size in sizes:
        knowledge = folder / f"knowledge-{size}"
        names = make_knowledge(knowledge, size)
        path = build_path(knowledge)
        try:
            started = time.perf_counter()
            build(knowledge, path, fingerprint(knowledge))
            seconds = time.perf_counter() - started
            chance = random.Random(size)  # noqa: S311 (not for secrets)
            asked = [
                (ASPECTS[aspect][-1].format(name=names[subject]), f"{subject}/{aspect}")
                for subject, aspect in ((chance.choice(list(names)), chance.choice(list(ASPECTS))) for _ in range(ASKED))
            ]
            (folder / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
            run = subprocess.run(  # noqa: S603 (this very Python)
                [sys.executable, "-m", __name__, str(knowledge), str(folder / "asked.json")],
                cwd=PROJECT,
                capture_output=True,
                text=True,
                check=True,
            )
            yield Row(size, seconds, path.stat().st_size / 1e6, **json.loads(run.stdout))
        finally:
            path.unlink(missing_ok=True)


def make_knowledge(folder: Path, size: int) -> dict[str, str]:
    """Write knowledge of `size` subjects; their names by id."""
    folder.mkdir(parents=True)
    for name in SHARED:
        shutil.copy(KNOWLEDGE / f"{name}.yaml", folder)
    _without_lookalikes(folder / "emergencies.yaml")
    _with_few_shared_questions(folder / "vocabulary.yaml")
    names: dict[str, str] = {}
    chance = random.Random(0)  # noqa: S311 (not for secrets)
    while len(names) < size:
        words = [chance.choice(BEGINNINGS) + chance.choice(BEGINNINGS) + chance.choice(ENDINGS), chance.choice(KINDS)]
        names["-".join(words)] = " ".join(words)
    for at, (subject, name) in enumerate(names.items()):
        text = _subject(name, f"kind: cause\ncause_of: {next(iter(names))}\nrank: {at % 5 + 1}" if at else "kind: symptom")
        (folder / f"{subject}.yaml").write_text(text, encoding="utf-8")
    return names


def _subject(name: str, kind: str) -> str:
    lines = [f'name: "{name}"', kind]
    lines += ["reviewed_on: 2026-01-01", 'clinician_review: "made up"', "answers:"]
    for aspect, (*taught, _) in ASPECTS.items():
        lines += [f"  {aspect}:", f'    label: "{aspect} of {name}"', "    ask:"]
        lines += [f'      - "{question.format(name=name)}"' for question in taught]
        lines += [f'    say: "This is the {aspect} of {name}. It is made up."', "    sources: [nhs-twitching]"]
    return "\n".join(lines) + "\n"


def _without_lookalikes(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    kept, _, rest = text.partition("\nnot_emergencies:\n")
    none = rest.partition("\n  none:\n")[2]
    file.write_text(f"{kept}\nnot_emergencies:\n  none:\n{none}", encoding="utf-8")


def _with_few_shared_questions(file: Path) -> None:
    """Each subject is asked about in every shared way: with all of them, ten thousand subjects would be a million lessons."""
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    for aspect in data["aspects"].values():
        del aspect.get("ask", [])[SHARED_QUESTIONS:]
    file.write_text(yaml.safe_dump(data, width=10_000), encoding="utf-8")


def as_table(rows: Sequence[Row]) -> str:
    heads = ("subjects", "build s", "file MB", "load ms", "memory MB", "p50 ms", "p99 ms", "right %", "wrong %")
    lines = ["".join(f"{head:>11}" for head in heads)]
    lines += [f"{row.subjects:>11,}" + "".join(f"{figure:>11.1f}" for figure in row[1:]) for row in rows]
    return "\n".join(lines)


def plot(rows: Sequence[Row], file: Path) -> None:
    """Draw load time and one question's time over the number of subjects."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    mpl.rcParams["svg.hashsalt"] = "body-signals"
    figure, axes = pyplot.subplots(figsize=(7, 4))
    sizes = [row.subjects for row in rows]
    axes.loglog(sizes, [row.load_milliseconds for row in rows], "o-", label="load")
    axes.loglog(sizes, [row.p99 for row in rows], "s-", label="one question, p99")
    axes.loglog(sizes, [row.p50 for row in rows], "^-", label="one question, p50")
    axes.set(xlabel="subjects", ylabel="milliseconds", title="What size costs")
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend()
    figure.savefig(file, metadata={"Date": None})


def _in_a_new_process(knowledge: str, asked: str) -> None:
    questions = json.loads(Path(asked).read_text(encoding="utf-8"))
    started = time.perf_counter()
    app = App.of(Compiled(build_path(Path(knowledge))))
    load = time.perf_counter() - started
    times, right, refused = [], 0, 0
    for text, wanted in questions:
        started = time.perf_counter()
        reply, _ = app.reply(Turn(UTTERANCE, "en-US", utterance=text), Session())
        times.append(time.perf_counter() - started)
        right += reply.answer_id == wanted
        refused += reply.answer_id in ("none", "clarify")
    times.sort()
    figures = {
        "load_milliseconds": load * 1e3,
        "memory": _peak_megabytes(),
        "p50": times[len(times) // 2] * 1e3,
        "p99": times[len(times) * 99 // 100] * 1e3,
        "right": 100 * right / len(questions),
        "wrong": 100 * (len(questions) - right - refused) / len(questions),
    }
    print(json.dumps(figures))


def _peak_megabytes() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        # Not from getrusage, which on Linux counts what the process that started this one held, too.
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1e3
    # In bytes on a Mac.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    _in_a_new_process(*sys.argv[1:])
