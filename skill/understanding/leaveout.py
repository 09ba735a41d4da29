"""Hides example questions and asks them: which answers would not be reached by words like these, and which collide. A build tool.

A question is hidden with a fifth of all others, so that five trainings see to them all. Hiding them one by one would take
as many trainings as there are examples, and tell hardly more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from skill.knowledge.model import OUTSIDE, Lesson
from skill.understanding.lexicon import Lexicon
from skill.understanding.linear import Weights
from skill.understanding.reading import CLARIFY, EMERGENCY, Reader, answered, is_answer, load_tuned
from skill.understanding.train import learn
from skill.understanding.vectors import WordVectors

PARTS = 5

SHOWN_WORDS, SHOWN_EXAMPLES, SHOWN_ANSWERS, SHOWN_COLLISIONS = 4, 3, 15, 15


class Asked(NamedTuple):
    """An example that was hidden and asked."""

    lesson: Lesson
    taken_for: str
    """an answer id, `emergency` or `none`; its own where it was understood"""
    words: tuple[str, ...]
    """what spoke most for that, where it is wrong"""


class Reached(NamedTuple):
    """How many of an answer's examples were understood without being taught."""

    id: str
    asked: int
    right: int
    refused: int


class Collision(NamedTuple):
    """Examples of one answer that were taken for another."""

    id: str
    taken_for: str
    times: int
    words: tuple[str, ...]
    """what spoke most for it, the most frequent first"""
    examples: tuple[Lesson, ...]


def leave_out(lessons: Sequence[Lesson], lexicon: Lexicon, told: Callable[[str], None]) -> Iterator[Asked]:
    """Hide and ask each example of an answer, an emergency or what is outside. `told` hears how far it got."""
    vectors = WordVectors()
    for part in range(PARTS):
        told(f"Learning without part {part + 1} of {PARTS} of {len(lessons):,} examples, then asking it ...")
        taught = [lesson for at, lesson in enumerate(lessons) if at % PARTS != part]
        model = learn(taught, lexicon, vectors)
        weights: dict[str, Any] = {name: memoryview(model.weights[name]) for name in Weights._fields}
        reader = Reader(lexicon, vectors, model.labels, Weights(**weights), load_tuned())
        known = set(model.labels)
        for lesson in lessons[part::PARTS]:
            # A label that only this example teaches cannot be found without it.
            if lesson.label in known and (is_answer(lesson.label) or _is_asked_alone(lesson.label)):
                yield _ask(reader, lesson)


class DeepReport(NamedTuple):
    """What hiding all examples tells an editor."""

    asked: tuple[Asked, ...]

    def reached(self) -> list[Reached]:
        """By answer, the worst first."""
        by_id: defaultdict[str, list[str]] = defaultdict(list)
        for each in self.asked:
            by_id[_public(each.lesson.label)].append(each.taken_for)
        rows = [
            # What is outside is right to be refused.
            Reached(own, len(taken), taken.count(own), 0 if own == OUTSIDE else taken.count(OUTSIDE))
            for own, taken in by_id.items()
        ]
        return sorted(rows, key=lambda row: (row.right / row.asked, row.id))

    def collisions(self) -> list[Collision]:
        """Which answers are taken for which others, the most frequent first; refusals are no collisions."""
        pairs: defaultdict[tuple[str, str], list[Asked]] = defaultdict(list)
        for each in self.asked:
            own = _public(each.lesson.label)
            if each.taken_for not in (own, OUTSIDE, CLARIFY):
                pairs[own, each.taken_for].append(each)
        found = []
        for (own, other), some in pairs.items():
            words = Counter(word for each in some for word in each.words).most_common(SHOWN_WORDS)
            examples = tuple(each.lesson for each in some[:SHOWN_EXAMPLES])
            found.append(Collision(own, other, len(some), tuple(word for word, _ in words), examples))
        return sorted(found, key=lambda each: (-each.times, each.id, each.taken_for))

    def as_json(self) -> dict[str, Any]:
        collisions = [
            {**each._asdict(), "examples": [lesson._asdict() for lesson in each.examples]} for each in self.collisions()
        ]
        return {"answers": [each._asdict() for each in self.reached()], "collisions": collisions}

    def as_text(self) -> str:
        rows = self.reached()
        understood = sum(row.right for row in rows)
        lines = [f"Each example was hidden and asked: {understood:,} of {len(self.asked):,} were understood.", ""]
        lines.append(f"{'hardest to reach in words not taught':<40}{'asked':>7}{'right':>8}{'refused':>9}")
        lines += [f"{row.id:<40}{row.asked:>7}{row.right:>8}{row.refused:>9}" for row in rows[:SHOWN_ANSWERS]]
        for each in self.collisions()[:SHOWN_COLLISIONS]:
            lines += ["", f"{each.id} is taken for {each.taken_for} {each.times} times; words: {', '.join(each.words) or '-'}"]
            lines += [f"  {lesson.place}: {lesson.text}" for lesson in each.examples]
        lines += ["", "More ways to ask in the words of such examples, on the right side, tell the two apart."]
        return "\n".join(lines)


def _ask(reader: Reader, lesson: Lesson) -> Asked:
    read = reader.read(lesson.text)
    taken_for = answered(read)
    if taken_for == _public(lesson.label):
        return Asked(lesson, taken_for, ())
    rival = next(candidate.id for candidate in read.candidates if candidate.id != lesson.label)
    said = [feature.partition(" ")[2] for feature, share in reader.evidence(lesson.text, rival, lesson.label) if share > 0]
    words = set(" ".join(reader.marked(lesson.text)).split())
    return Asked(lesson, taken_for, tuple(word for word in said if word in words)[:SHOWN_WORDS])


def _is_asked_alone(label: str) -> bool:
    return label == OUTSIDE or label.startswith(f"{EMERGENCY}/")


def _public(label: str) -> str:
    return EMERGENCY if label.startswith(f"{EMERGENCY}/") else label
