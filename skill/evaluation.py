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

Ask = Callable[[Sequence[str]], list[str]]
"""Says some turns, one after the other in one session, and returns the id of each answer."""


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
    answer_id: str
    outcome: str


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
        for (said, accept), answer_id in zip(case.turns, answers, strict=True):
            yield Judged(case, said, accept, answer_id, outcome_of(answer_id, accept))


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


def as_json(judged: Sequence[Judged]) -> dict[str, Any]:
    misses = [
        {
            "id": each.case.id,
            "kind": each.case.kind,
            "text": each.said,
            "accept": list(each.accept),
            "answer_id": each.answer_id,
            "outcome": each.outcome,
        }
        for each in judged
        if each.outcome != "right"
    ]
    return {"by_kind": tally(judged), "misses": misses}


def as_table(judged: Sequence[Judged]) -> str:
    """The counts as a table, and every miss below it."""
    rows = [f"{'kind':<20}{'asked':>7}{''.join(f'{name:>11}' for name in OUTCOMES)}{'right %':>9}"]
    for kind, row in tally(judged).items():
        asked = sum(row.values())
        counts = "".join(f"{row[name]:>11}" for name in OUTCOMES)
        rows.append(f"{kind:<20}{asked:>7}{counts}{100 * row['right'] / asked:>9.1f}")
    misses = [
        f"{each.outcome}: {each.said!r} -> {each.answer_id}, not {' or '.join(each.accept)}"
        for each in judged
        if each.outcome != "right"
    ]
    return "\n".join([*rows, "", *misses] if misses else rows)
