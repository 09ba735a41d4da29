"""Reads an utterance: an emergency, an answer, a command, a follow-up, or nothing the skill knows."""

import json
import math
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, KeysView, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple, Self

from skill.knowledge.compiled import Compiled
from skill.knowledge.model import OUTSIDE
from skill.understanding.features import features, mark
from skill.understanding.lexicon import Lexicon, Token
from skill.understanding.linear import Scorer, Weights, softmax
from skill.understanding.vectors import WordVectors

ANSWER, EMERGENCY, COMMAND, FOLLOW_UP = "answer", "emergency", "command", "follow-up"
ALARM = f"{EMERGENCY}/"
"""What the labels of emergencies begin with."""

NEXT = f"{FOLLOW_UP}/"
"""What the labels of follow-ups begin with."""

CARRY_ON = "carry-on"
"""Another subject, asked about as the last one was: "and caffeine"."""
CLARIFY = "clarify"
"""Two answers are close, or up to three are named: ask which one."""

UNKNOWN = ""
"""The label of all that nothing was learned about."""

SHOWN_CANDIDATES = 5

SURE = 0.9
"""Confidence at which one of two subjects that are named apart is meant, and the other only mentioned."""

MOST_OPTIONS = 3
"""How many answers are offered to choose from; an ear keeps no more."""

JOINTS = ("or", "and")
CHOICE_OF_SUBJECTS = re.compile("s+(?:j-{0,2}s+)+")
"""Subjects, side by side or with a joint and at most two more words between them; a letter for each token."""

NEGLIGIBLE = 1e-5
"""Share of the likeliest one's confidence below which nothing is a candidate: all labels together would not make a thousandth."""

MAX_CHARACTERS = 400
"""What goes beyond is not read; nobody asks a speaker so long a question."""

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
    unknown: float = -9.0
    """the score of all that nothing was learned about: where everything scores as low, it is as likely"""


TUNED = os.path.join(os.path.dirname(__file__), "tuned.json")


def load_tuned() -> Tuned:
    with open(TUNED, encoding="utf-8") as file:
        return Tuned(**json.load(file))


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
        """For clarify: the answers to choose from, as they were named, or else the likelier first."""
        return tuple(candidate.id for candidate in self.candidates)


class Reader:
    """Reads utterances with the learned weights."""

    def __init__(self, lexicon: Lexicon, vectors: WordVectors, labels: Sequence[str], weights: Weights, tuned: Tuned) -> None:
        self._lexicon, self._tuned = lexicon, tuned
        self._scorer = Scorer(weights, vectors, labels)
        self._run_on = bool(weights.run_on[0])

    @classmethod
    def open(cls, compiled: Compiled) -> Self:
        weights = Weights(**{name: compiled.array(name) for name in Weights._fields})
        vectors = WordVectors()
        return cls(Lexicon(compiled.json("lexicon"), vectors), vectors, compiled.json("labels"), weights, load_tuned())

    def scores(self, utterance: str) -> dict[str, float]:
        """Score every label that is likely at all; higher is likelier, zero is undecided."""
        return self._scores(*self._heard(utterance))

    def marked(self, utterance: str) -> list[str]:
        """The words as they were read: fillers gone, mishearings mended, names and synonyms marked."""
        _, tokens = self._heard(utterance)
        return [mark(token) for token in tokens]

    def evidence(self, utterance: str, label: str, other: str) -> list[tuple[str, float]]:
        """What speaks most for `label` rather than for `other`: features and their share of the score, largest first."""
        words, tokens = self._heard(utterance)
        found = self._features(words, tokens)
        gathered = self._scorer.gather(words, found)
        mine, theirs = (self._scorer.shares(gathered, found, each) for each in (label, other))
        return sorted(((feature, share - theirs[feature]) for feature, share in mine.items()), key=lambda pair: -pair[1])

    def _heard(self, utterance: str) -> tuple[list[str], list[Token]]:
        words = self._lexicon.words(utterance[:MAX_CHARACTERS])
        return words, self._lexicon.tokens(words)

    def _scores(self, words: Sequence[str], tokens: Sequence[Token]) -> dict[str, float]:
        return self._scorer.scores(self._scorer.gather(words, self._features(words, tokens)))

    def _features(self, words: Sequence[str], tokens: Sequence[Token]) -> list[str]:
        return features(words, tokens, run_on=self._run_on)

    def read(self, utterance: str, follow_up: FollowUp = lambda aspect: "", *, is_under_way: bool = False) -> Interpretation:
        """Read `utterance`; `follow_up` names the answer that an aspect means after what was said before.

        Where a conversation `is_under_way`, what names no subject may be about the last one.
        """
        words, tokens = self._heard(utterance)
        named = list(dict.fromkeys(token.subject for token in tokens if token.subject))
        scores = self._scores(words, tokens)
        ranked = rank(scores, self._tuned, follow_up)
        read = choose(ranked, self._tuned, follow_up if is_under_way and not named else lambda aspect: "")
        for part in _parts(utterance):
            alarm = choose(rank(self.scores(part), self._tuned), self._tuned)
            if alarm.kind == EMERGENCY:
                return alarm
        if read.kind == EMERGENCY:
            return read
        if subject := self._lexicon.carried_on(utterance):
            return read._replace(kind=CARRY_ON, id=subject)
        options = (self._choice(tokens, scores.keys()) or _alike(named, ranked)) if len(named) > 1 else []
        if options:
            confidences = {candidate.id: candidate.confidence for candidate in ranked}
            candidates = tuple(Candidate(each, confidences.get(each, 0.0)) for each in options)
            return Interpretation(CLARIFY, options[0], candidates[0].confidence, candidates)
        return read

    def _choice(self, tokens: Sequence[Token], labels: KeysView[str]) -> list[str]:
        """The answers to choose from after "is it stress, coffee or lack of sleep": those to the question with one name alone.

        However sure the whole is of one of them; none where one of the questions would get no answer.
        """
        shape = "".join("s" if token.subject else "j" if token.text in JOINTS else "-" for token in tokens)
        found = CHOICE_OF_SUBJECTS.search(shape)
        start, end = found.span() if found else (0, 0)
        names = {token.subject: token for token in tokens[start:end] if token.subject}
        if not 2 <= len(names) <= MOST_OPTIONS:
            return []
        aspects: Counter[str] = Counter()
        for subject, name in names.items():
            alone = [*tokens[:start], name, *tokens[end:]]
            read = choose(rank(self._scores(" ".join(token.text for token in alone).split(), alone), self._tuned), self._tuned)
            if read.kind == ANSWER and read.id.startswith(f"{subject}/"):
                aspects[read.id.partition("/")[2]] += 1
        if aspects.total() < len(names):
            return []
        options = [[f"{subject}/{aspect}" for subject in names] for aspect, _ in aspects.most_common()]
        return next((each for each in options if labels >= set(each)), [])


def _alike(named: Sequence[str], ranked: Sequence[Candidate]) -> list[str]:
    """What is asked about two subjects that are named, neither of them meant more: of the aspects both have the likeliest."""
    if len(named) > 2 or ranked[0].confidence >= SURE:
        return []
    confidences = {candidate.id: candidate.confidence for candidate in ranked}
    aspects = {label.partition("/")[2] for label in confidences if label.partition("/")[0] in named}
    pairs = [[f"{subject}/{aspect}" for subject in named] for aspect in sorted(aspects)]
    both = [pair for pair in pairs if all(each in confidences for each in pair)]
    return max(both, key=lambda pair: sum(confidences[each] for each in pair), default=[])


def rank(scores: Mapping[str, float], tuned: Tuned, follow_up: FollowUp = lambda aspect: "") -> list[Candidate]:
    """All that an utterance may mean, the likeliest first."""
    everything = {**scores, UNKNOWN: tuned.unknown}
    least = max(everything.values()) + math.log(NEGLIGIBLE) / tuned.sharpness
    confidences = softmax({label: score for label, score in everything.items() if score >= least}, tuned.sharpness)
    # "Is it dangerous" speaks for the follow-up and for the answer it leads to: one thing, said once.
    for label in [label for label in confidences if label == UNKNOWN or label.startswith(NEXT)]:
        meant = (label and follow_up(label.partition("/")[2])) or OUTSIDE
        confidences[meant] = confidences.get(meant, 0.0) + confidences.pop(label)
    return list(map(Candidate._make, sorted(confidences.items(), key=itemgetter(1), reverse=True)))


def choose(ranked: Sequence[Candidate], tuned: Tuned, follow_up: FollowUp = lambda aspect: "") -> Interpretation:
    """Hold candidates against the thresholds."""
    shown = tuple(ranked[:SHOWN_CANDIDATES])
    alarms = [candidate for candidate in ranked if candidate.id.startswith(ALARM)]
    if alarms and (alarm := _sum(alarms)) >= tuned.emergency_above:
        return Interpretation(EMERGENCY, alarms[0].id.partition("/")[2], alarm, shown)
    calm = [candidate for candidate in ranked if not candidate.id.startswith(ALARM)]
    if not calm or calm[0].id == OUTSIDE or calm[0].confidence < tuned.refuse_below:
        return _unsure(calm, shown, tuned, follow_up)
    best = calm[0]
    topic, _, rest = best.id.partition("/")
    if topic == COMMAND:
        return Interpretation(COMMAND, rest, best.confidence, shown)
    return Interpretation(ANSWER, best.id, best.confidence, shown)


def _unsure(calm: Sequence[Candidate], shown: tuple[Candidate, ...], tuned: Tuned, follow_up: FollowUp) -> Interpretation:
    """No answer is likely enough by itself: one about the last subject may be, or two together."""
    # "So what should I eat" is spread over the treatments of all subjects: it asks for a treatment, and names none.
    by_aspect: dict[str, float] = {}
    for candidate in calm:
        if is_answer(candidate.id) and (meant := follow_up(candidate.id.partition("/")[2])):
            by_aspect[meant] = by_aspect.get(meant, 0.0) + candidate.confidence
    meant = max(by_aspect, key=lambda meant: by_aspect[meant], default="")
    if meant and by_aspect[meant] >= tuned.refuse_below:
        return Interpretation(ANSWER, meant, by_aspect[meant], shown)
    two = calm[:2]
    if len(two) == 2 and all(is_answer(each.id) for each in two) and _sum(two) >= tuned.clarify_above:
        return Interpretation(CLARIFY, two[0].id, two[0].confidence, tuple(two))
    return Interpretation(OUTSIDE, "", calm[0].confidence if calm else 0.0, shown)


def _parts(utterance: str) -> Iterator[str]:
    """Overlapping parts of a long utterance: a sign that comes late in a story would drown in the whole."""
    words = utterance.split()
    if len(words) > PART_WORDS:
        for end in range(PART_WORDS, len(words) + PART_WORDS // 2, PART_WORDS // 2):
            yield " ".join(words[min(end, len(words)) - PART_WORDS : end])


def _sum(candidates: Iterable[Candidate]) -> float:
    return sum(candidate.confidence for candidate in candidates)


def answered(read: Interpretation) -> str:
    """The id that an evaluation counts: an answer's, or `emergency`, `clarify`, `command` or `none`."""
    return read.id if read.kind == ANSWER else read.kind


def is_answer(label: str) -> bool:
    """Whether a label is an answer's id, and not an emergency, a command, a follow-up or none."""
    return label.partition("/")[0] not in (EMERGENCY, COMMAND, FOLLOW_UP, OUTSIDE)
