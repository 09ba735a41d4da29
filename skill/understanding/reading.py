"""Reads an utterance: an emergency, an answer, a command, a follow-up, or nothing the skill knows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from skill.knowledge.compiled import Compiled
from skill.knowledge.model import OUTSIDE
from skill.understanding.features import features, marked
from skill.understanding.lexicon import Lexicon
from skill.understanding.linear import Weights, feature_shares, score_columns, softmax

EMERGENCY, COMMAND, FOLLOW_UP = "emergency", "command", "follow-up"

SHOWN_CANDIDATES = 5


class Tuned(NamedTuple):
    """Thresholds from held-out questions; `python -m skill tune` finds them again."""

    sharpness: float
    emergency_above: float
    """confidence in any emergency above which it is taken for one"""
    refuse_below: float
    """confidence in the best answer below which there is none"""


TUNED = Path(__file__).parent / "tuned.json"


def load_tuned() -> Tuned:
    return Tuned(**json.loads(TUNED.read_text(encoding="utf-8")))


class Candidate(NamedTuple):
    """One thing an utterance may mean."""

    id: str
    """an answer id, `emergency/sign`, `command/name`, `follow-up/aspect` or `none`"""
    confidence: float
    """calibrated: 0.9 is right nine times in ten on held-out questions"""


class Interpretation(NamedTuple):
    """How an utterance was read."""

    kind: str
    """`answer`, `emergency`, `command`, `follow-up` or `none`"""
    id: str
    """the answer id, sign, command or aspect; empty for none"""
    confidence: float
    candidates: tuple[Candidate, ...]
    """best first"""


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

    def read(self, utterance: str) -> Interpretation:
        return decide(self.scores(utterance), self._tuned)


def decide(scores: Mapping[str, float], tuned: Tuned) -> Interpretation:
    """Turn scores into one outcome. An emergency needs far less confidence than anything else."""
    confidences = softmax(scores, tuned.sharpness)
    ranked = [Candidate(*pair) for pair in sorted(confidences.items(), key=lambda pair: -pair[1])]
    shown = tuple(ranked[:SHOWN_CANDIDATES])
    alarm = sum(candidate.confidence for candidate in ranked if candidate.id.startswith(EMERGENCY))
    if alarm >= tuned.emergency_above:
        sign = next(candidate for candidate in ranked if candidate.id.startswith(EMERGENCY))
        return Interpretation(EMERGENCY, sign.id.partition("/")[2], alarm, shown)
    best = next(candidate for candidate in ranked if not candidate.id.startswith(EMERGENCY))
    if best.id == OUTSIDE or best.confidence < tuned.refuse_below:
        return Interpretation(OUTSIDE, "", best.confidence, shown)
    topic, _, rest = best.id.partition("/")
    if topic in (COMMAND, FOLLOW_UP):
        return Interpretation(topic, rest, best.confidence, shown)
    return Interpretation("answer", best.id, best.confidence, shown)
