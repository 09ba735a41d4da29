"""Measures answers against labelled questions or dialogues: right, wrong, refused and clarified, by kind."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from skill.errors import UsageError

ANY = "any"
"""In a dialogue's `accept`: whatever is answered is right."""

SHAPE = '{"text": "...", "accept": ["..."]} or {"turns": [{"say": "...", "accept": ["..."]}]}'

OUTCOMES = ("right", "wrong", "refused", "clarified")

SHOWN_CONFUSIONS = 10


class Answered(NamedTuple):
    """What became of one turn."""

    id: str
    best: str = ""
    """the likeliest candidate's id, and how sure the skill was of it; empty and zero where it had none"""
    confidence: float = 0.0


Ask = Callable[[Sequence[str]], list[Answered]]
"""Says some turns, one after the other in one session, and returns what became of each."""


class Case(NamedTuple):
    """One question, or the turns of one dialogue, with what may be answered to each."""

    id: str
    kind: str
    turns: tuple[tuple[str, tuple[str, ...]], ...]
    """(what is said, accepted ids)"""


class Judged(NamedTuple):
    """One turn and what became of it."""

    case: Case
    said: str
    accept: tuple[str, ...]
    answer: Answered
    outcome: str


class Bin(NamedTuple):
    """Questions of like confidence."""

    lowest: float
    asked: int
    confidence: float
    """their mean"""
    right: float
    """the share of them whose likeliest candidate was right"""


def read_cases(file: Path) -> list[Case]:
    """Read JSON lines of questions or dialogues. Raises UsageError with the line of the first that is neither."""
    try:
        # Not splitlines(): JSON may hold separators such as U+2028 that it takes for the end of a line.
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    cases = [_case(line, f"{file}:{number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not cases:
        raise UsageError(f"{file} holds no questions; write one JSON object a line, with text and accept")
    return cases


def _case(line: str, place: str) -> Case:
    try:
        data = json.loads(line)
        is_dialogue = "turns" in data
        turns = [(turn["say"], turn["accept"]) for turn in data["turns"]] if is_dialogue else [(data["text"], data["accept"])]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise UsageError(f"{place}: not a question or dialogue; write {SHAPE}") from None
    if not turns or not all(isinstance(said, str) and _is_texts(accept) for said, accept in turns):
        raise UsageError(f"{place}: text and say have to be text, accept a list of answer ids; write {SHAPE}")
    kind = "dialogue" if is_dialogue else str(data.get("kind", "question"))
    return Case(str(data.get("id", place)), kind, tuple((said, tuple(accept)) for said, accept in turns))


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)


def judge(cases: Iterable[Case], ask: Ask) -> Iterator[Judged]:
    """Ask every case and judge each of its turns."""
    for case in cases:
        answers = ask([said for said, _ in case.turns])
        for (said, accept), answer in zip(case.turns, answers, strict=True):
            yield Judged(case, said, accept, answer, outcome_of(answer.id, accept))


def misheard(cases: Iterable[Case], mishear: Callable[[str], str]) -> list[Case]:
    """The same cases, as a recogniser may mishear them."""
    return [case._replace(turns=tuple((mishear(said), accept) for said, accept in case.turns)) for case in cases]


def outcome_of(answer_id: str, accept: Sequence[str]) -> str:
    """Judge one answer. A refusal and an either/or are not wrong: they are honest, and counted apart."""
    if answer_id in accept or ANY in accept:
        return "right"
    return {"none": "refused", "clarify": "clarified"}.get(answer_id, "wrong")


def tally(judged: Sequence[Judged]) -> dict[str, dict[str, int]]:
    """Count outcomes by kind, in the order of the file, with a last row of all."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for each in judged:
        counts[each.case.kind][each.outcome] += 1
    total = sum(counts.values(), Counter())
    return {kind: {name: row[name] for name in OUTCOMES} for kind, row in [*counts.items(), ("all", total)]}


def confusions(judged: Iterable[Judged]) -> list[tuple[str, str, int]]:
    """What was answered for what: (wanted, answered, how often), the most frequent first."""
    pairs = Counter((each.accept[0], each.answer.id) for each in judged if each.outcome == "wrong")
    return [(wanted, answered, count) for (wanted, answered), count in pairs.most_common()]


def reliability(judged: Iterable[Judged]) -> list[Bin]:
    """How often the likeliest candidate was right, by how sure the skill was of it."""
    sure = [each for each in judged if each.answer.best]
    bins: list[Bin] = []
    for tenth in range(10):
        inside = [each for each in sure if min(int(each.answer.confidence * 10), 9) == tenth]
        if inside:
            mean = sum(each.answer.confidence for each in inside) / len(inside)
            right = sum(outcome_of(each.answer.best, each.accept) == "right" for each in inside) / len(inside)
            bins.append(Bin(tenth / 10, len(inside), mean, right))
    return bins


def right_share(judged: Sequence[Judged]) -> float:
    """In percent."""
    return 100 * sum(each.outcome == "right" for each in judged) / len(judged)


def as_json(judged: Sequence[Judged]) -> dict[str, Any]:
    misses = [
        {
            "id": each.case.id,
            "kind": each.case.kind,
            "text": each.said,
            "accept": list(each.accept),
            "answer_id": each.answer.id,
            "outcome": each.outcome,
        }
        for each in judged
        if each.outcome != "right"
    ]
    return {
        "by_kind": tally(judged),
        "reliability": [each._asdict() for each in reliability(judged)],
        "confusions": [
            {"wanted": wanted, "answered": answered, "count": count} for wanted, answered, count in confusions(judged)
        ],
        "misses": misses,
    }


def as_table(judged: Sequence[Judged]) -> str:
    """The counts by kind, how far confidences can be trusted, what was taken for what, and every miss."""
    parts = [counts_table(judged), reliability_table(reliability(judged))]
    if confused := confusions(judged):
        shown = [f"{count:>7}  {wanted} -> {answered}" for wanted, answered, count in confused[:SHOWN_CONFUSIONS]]
        parts.append("\n".join(["  times  wanted -> answered", *shown]))
    misses = [
        f"{each.outcome}: {each.said!r} -> {each.answer.id}, not {' or '.join(each.accept)}"
        for each in judged
        if each.outcome != "right"
    ]
    return "\n\n".join(part for part in (*parts, "\n".join(misses)) if part)


def counts_table(judged: Sequence[Judged]) -> str:
    rows = [f"{'kind':<20}{'asked':>7}{''.join(f'{name:>11}' for name in OUTCOMES)}{'right %':>9}"]
    for kind, row in tally(judged).items():
        asked = sum(row.values())
        counts = "".join(f"{row[name]:>11}" for name in OUTCOMES)
        rows.append(f"{kind:<20}{asked:>7}{counts}{100 * row['right'] / asked:>9.1f}")
    return "\n".join(rows)


def reliability_table(bins: Sequence[Bin]) -> str:
    rows = [f"{'how sure':<20}{'asked':>7}{'mean %':>11}{'right %':>11}"] if bins else []
    rows += [
        f"{f'{each.lowest:.1f} and up':<20}{each.asked:>7}{100 * each.confidence:>11.1f}{100 * each.right:>11.1f}"
        for each in bins
    ]
    return "\n".join(rows)
