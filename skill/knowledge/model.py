"""What the skill knows, as plain data. No files, no YAML: see `load` for those, `compiled` for what a Lambda reads.

Named tuples and not dataclasses: they go into the compiled file as they are, and importing `dataclasses` would cost a
cold start more than reading all the knowledge.
"""

from collections.abc import Mapping
from typing import NamedTuple

from skill.speech import Pronunciation

OUTSIDE = "none"
"""The label of what the skill does not know."""


class Answer(NamedTuple):
    """One thing the skill can say. Texts hold placeholders such as {emergency}; `speech.fill` puts a locale's words in."""

    id: str
    """`subject/aspect`"""
    label: str
    """fits after "Would you like to hear" """
    say: str
    more: str
    """heard after "tell me more"; empty when there is no more"""
    next: str
    """the answer id to offer afterwards; empty for none"""
    title: str
    sources: tuple[str, ...]
    place: str
    """`file:line` where an editor finds it"""

    @property
    def subject(self) -> str:
        return self.id.partition("/")[0]

    @property
    def aspect(self) -> str:
        return self.id.partition("/")[2]


class Subject(NamedTuple):
    """A symptom or one of its causes."""

    id: str
    name: str
    kind: str
    """`symptom` or `cause`"""
    cause_of: str
    names: tuple[str, ...]
    """every name, and every way recognisers mishear one"""
    aspects: tuple[str, ...]
    rank: int
    """of a cause: how common it is, from 1 for everyday to 5 for very rare"""
    reviewed: str
    """the month in which the file was last held against its sources, as it is said"""
    has_clinician_review: bool


class Sign(NamedTuple):
    """An emergency, and what the person is told."""

    id: str
    label: str
    say: str
    sources: tuple[str, ...]
    place: str


class Phrase(NamedTuple):
    """What is said in a situation. A reprompt keeps the session open; without one it closes."""

    say: str
    reprompt: str = ""


class Locale(NamedTuple):
    words: Mapping[str, str]
    """what stands in place of each {placeholder}"""
    numbers: Mapping[str, str]
    """each telephone number that may be heard, and the words to read instead, or `digits`"""


class Citation(NamedTuple):
    """A source that an answer rests on."""

    title: str
    publisher: str
    address: str


class Phrases(NamedTuple):
    invocation_name: str
    disclaimer: str
    offer: str
    offer_reprompt: str
    more_offer: str
    pair: str
    speech: Mapping[str, Phrase]


class Vocabulary(NamedTuple):
    """The words the skill listens for."""

    alike: Mapping[str, tuple[str, ...]]
    heard_as: Mapping[str, tuple[str, ...]]
    fillers: tuple[str, ...]
    openings: tuple[str, ...]
    ellipses: tuple[str, ...]
    """openings that carry the last question on to another subject: "what about" """
    ordinals: Mapping[str, tuple[str, ...]]
    """the ways to choose one of a few by its place: `first`, `second`, `third`, `last`"""
    instead: Mapping[str, tuple[str, ...]]
    """by aspect: the aspects to give when a subject has not got it"""
    patterns: Mapping[str, tuple[str, ...]]
    """by aspect: questions with {subject}"""
    follow_ups: Mapping[str, str]
    """by aspect: a short question that needs the subject just spoken of"""


class Knowledge(NamedTuple):
    """Everything the skill can say, and the words it listens for."""

    answers: Mapping[str, Answer]
    subjects: Mapping[str, Subject]
    signs: Mapping[str, Sign]
    phrases: Phrases
    locales: Mapping[str, Locale]
    citations: Mapping[str, Citation]
    pronunciations: tuple[Pronunciation, ...]
    vocabulary: Vocabulary
    example: str
    """a question to offer as an example: the first of the first symptom"""
    samples: Mapping[str, tuple[str, ...]]
    """by label: the first ways to say it, for Alexa to learn from; far more of them for commands and follow-ups"""


class Lesson(NamedTuple):
    """An example to learn from: what is said, and what it means."""

    text: str
    label: str
    """an answer id, `emergency/sign`, `command/name` or `none`"""
    place: str


class Taught(NamedTuple):
    """The knowledge, and the examples its understanding is taught with."""

    knowledge: Knowledge
    lessons: tuple[Lesson, ...]
