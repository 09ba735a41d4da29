"""Reads an utterance: an emergency, an answer, a command, a follow-up, or nothing the skill knows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from skill.knowledge.compiled import Compiled
from skill.knowledge.model import OUTSIDE
from skill.understanding.features import features, marked
from skill.understanding.lexicon import Lexicon
from skill.understanding.linear import Weights, feature_shares, score_columns, softmax

ANSWER, EMERGENCY, COMMAND, FOLLOW_UP = "answer", "emergency", "command", "follow-up"
CARRY_ON = "carry-on"
"""Another subject, asked about as the last one was: "and caffeine"."""
CLARIFY = "clarify"
"""Two answers are close: ask which one."""

SHOWN_CANDIDATES = 5

PART_WORDS = 30
"""Longer utterances are also looked through for emergencies in parts of so many words."""

FollowUp = Callable[[str], str]
"""From the aspect that a follow-up asks for to an answer id, or nothing."""


class Tuned(NamedTuple):
    """Thresholds from held-out questions; `python -m skill tune` finds them again."""

    sharpness: float
    emergency_above: float
    """confidence in any emergency above which it is taken for one"""
    refuse_below: float
    """confidence in the best answer below which there is none"""
    clarify_above: float
    """confidence in the two best answers together above which they are offered, where neither is sure enough"""


TUNED = Path(__file__).parent / "tuned.json"


def load_tuned() -> Tuned:
    return Tuned(**json.loads(TUNED.read_text(encoding="utf-8")))


class Candidate(NamedTuple):
    """One thing an utterance may mean."""

    id: str
    """an answer id, `emergency/sign`, `command/name` or `none`"""
    confidence: float
    """calibrated: 0.9 is right nine times in ten on held-out questions"""


class Interpretation(NamedTuple):
    """How an utterance was read."""

    kind: str
    """`answer`, `clarify`, `emergency`, `command`, `carry-on` or `none`"""
    id: str
    """the answer id (of clarify the likelier), sign, command or subject; empty for none"""
    confidence: float
    candidates: tuple[Candidate, ...]
    """best first"""

    def options(self) -> tuple[str, ...]:
        """For clarify: the two answers to choose from, the likelier first."""
        return tuple(candidate.id for candidate in self.candidates)


class Reader:
    """Reads utterances with the learned weights."""

    def __init__(
        self, lexicon: Lexicon, labels: Sequence[str], columns: Sequence[Sequence[int]], weights: Weights, tuned: Tuned
    ) -> None:
        """`columns` names for each label the columns whose scores add up to its own."""
        self._lexicon, self._labels, self._columns, self._weights, self._tuned = lexicon, labels, columns, weights, tuned

    @classmethod
    def open(cls, compiled: Compiled) -> Reader:
        labels = compiled.json("labels")
        weights = Weights(**{name: compiled.array(name) for name in Weights._fields})
        return cls(Lexicon(compiled.json("lexicon")), labels["labels"], labels["columns"], weights, load_tuned())

    def features(self, utterance: str) -> list[str]:
        return features(self._lexicon, utterance)

    def scores(self, utterance: str) -> dict[str, float]:
        """Score every label; higher is likelier, zero is undecided."""
        found = score_columns(self._weights, self.features(utterance))
        return {label: sum(found[at] for at in columns) for label, columns in zip(self._labels, self._columns, strict=True)}

    def marked(self, utterance: str) -> list[str]:
        """The words as they were read, with names and synonyms marked."""
        return marked(self._lexicon, utterance)

    def evidence(self, utterance: str, label: str, other: str) -> list[tuple[str, float]]:
        """What speaks most for `label` rather than for `other`: features and their share of the score, largest first."""
        columns = dict(zip(self._labels, self._columns, strict=True))
        shares = {
            feature: sum(row[at] for at in columns[label]) - sum(row[at] for at in columns[other])
            for feature, row in feature_shares(self._weights, self.features(utterance))
        }
        return sorted(shares.items(), key=lambda pair: -pair[1])

    def read(self, utterance: str, follow_up: FollowUp = lambda aspect: "") -> Interpretation:
        """Read `utterance`; `follow_up` names the answer that an aspect means after what was said before."""
        read = decide(self.scores(utterance), self._tuned, follow_up)
        for part in _parts(utterance):
            alarm = decide(self.scores(part), self._tuned, follow_up)
            if alarm.kind == EMERGENCY:
                return alarm
        subject = self._lexicon.carried_on(utterance) if read.kind != EMERGENCY else ""
        return read._replace(kind=CARRY_ON, id=subject) if subject else read


def decide(scores: Mapping[str, float], tuned: Tuned, follow_up: FollowUp = lambda aspect: "") -> Interpretation:
    """Turn scores into one outcome. An emergency needs far less confidence than anything else."""
    confidences: dict[str, float] = {}
    for label, share in softmax(scores, tuned.sharpness).items():
        topic, _, aspect = label.partition("/")
        # "Is it dangerous" speaks for the follow-up and for the answer it leads to: one thing, said once.
        meant = (follow_up(aspect) or OUTSIDE) if topic == FOLLOW_UP else label
        confidences[meant] = confidences.get(meant, 0.0) + share
    ranked = [Candidate(*pair) for pair in sorted(confidences.items(), key=lambda pair: -pair[1])]
    shown = tuple(ranked[:SHOWN_CANDIDATES])
    alarm = _sum(candidate for candidate in ranked if _is_alarm(candidate))
    if alarm >= tuned.emergency_above:
        sign = next(candidate for candidate in ranked if _is_alarm(candidate))
        return Interpretation(EMERGENCY, sign.id.partition("/")[2], alarm, shown)
    calm = [candidate for candidate in ranked if not _is_alarm(candidate)]
    best = calm[0]
    if best.id == OUTSIDE:
        return Interpretation(OUTSIDE, "", best.confidence, shown)
    if best.confidence < tuned.refuse_below:
        two = calm[:2]
        if len(two) == 2 and all(is_answer(each.id) for each in two) and _sum(two) >= tuned.clarify_above:
            return Interpretation(CLARIFY, best.id, best.confidence, tuple(two))
        return Interpretation(OUTSIDE, "", best.confidence, shown)
    topic, _, rest = best.id.partition("/")
    if topic == COMMAND:
        return Interpretation(COMMAND, rest, best.confidence, shown)
    return Interpretation(ANSWER, best.id, best.confidence, shown)


def _parts(utterance: str) -> Iterator[str]:
    """Overlapping parts of a long utterance: a sign that comes late in a story would drown in the whole."""
    words = utterance.split()
    if len(words) > PART_WORDS:
        for end in range(PART_WORDS, len(words) + PART_WORDS // 2, PART_WORDS // 2):
            yield " ".join(words[min(end, len(words)) - PART_WORDS : end])


def _is_alarm(candidate: Candidate) -> bool:
    return candidate.id.startswith(f"{EMERGENCY}/")


def _sum(candidates: Iterable[Candidate]) -> float:
    return sum(candidate.confidence for candidate in candidates)


def is_answer(label: str) -> bool:
    """Whether a label is an answer's id, and not an emergency, a command, a follow-up or none."""
    return label.partition("/")[0] not in (EMERGENCY, COMMAND, OUTSIDE)
