"""The plainest questions and alarms, whoever they are about: what everybody says is what writers of examples leave out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import NamedTuple

import pytest

from skill.app import App
from skill.understanding.reading import Reader

MOST_MISSED = 0.005
"""The share of a table that may be answered in another way; one question in two hundred."""

MOVEMENTS = [
    ("twitch", "twitches", "twitching"),
    ("jump", "jumps", "jumping"),
    ("flutter", "flutters", "fluttering"),
    ("quiver", "quivers", "quivering"),
    ("tremble", "trembles", "trembling"),
    ("flicker", "flickers", "flickering"),
    ("shake", "shakes", "shaking"),
    ("pulse", "pulses", "pulsing"),
]

LIPS = ["my lip", "my mouth", "the corner of my mouth", "her lip", "his lip", "my boss's lip", "my grandson's mouth"]

SYMPTOM = {
    "lip-twitching/causes": [
        "why does {lip} {do}",
        "why is {lip} {doing}",
        "what makes {lip} {do}",
        "what causes {lip} to {do}",
        "how come {lip} {does}",
        "why does {lip} keep {doing}",
        "{lip} keeps {doing}",
        "what's the cause of {lip} {doing}",
    ],
    "lip-twitching/seriousness": [
        "should i worry about {lip} {doing}",
        "is it dangerous when {lip} {does}",
        "is it normal that {lip} {does}",
        "should i see a doctor about {lip} {doing}",
    ],
    "lip-twitching/relief": [
        "how do i stop {lip} {doing}",
        "what can i do about {lip} {doing}",
        "how do i get {lip} to stop {doing}",
    ],
    "lip-twitching/outlook": [
        "how long will {lip} {do}",
        "when will {lip} stop {doing}",
        "will {lip} {do} forever",
    ],
    "lip-twitching/diagnosis": ["who do i see about {lip} {doing}", "what tests are there for {lip} {doing}"],
}

CAUSES = {
    "alcohol-drugs": ["alcohol", "drinking", "cocaine"],
    "als": ["als", "motor neurone disease", "lou gehrig's disease"],
    "bells-palsy": ["bell's palsy"],
    "caffeine": ["caffeine", "coffee", "energy drinks"],
    "digeorge": ["digeorge syndrome"],
    "fatigue": ["tiredness", "lack of sleep"],
    "hemifacial-spasm": ["hemifacial spasm"],
    "hypoparathyroidism": ["low calcium", "hypoparathyroidism"],
    "medications": ["medicine", "lithium"],
    "parkinsons": ["parkinson's", "parkinson's disease"],
    "potassium": ["low potassium"],
    "seizures": ["epilepsy", "seizures"],
    "stress": ["stress", "anxiety"],
    "tourettes": ["tourette's", "tourette syndrome"],
    "trauma": ["an old injury", "facial nerve damage"],
}

ASPECTS = {
    "overview": [
        "tell me about {cause}",
        "can {cause} make my lip twitch",
        "does {cause} cause lip twitching",
        "is {cause} a cause of lip twitching",
        "is my lip twitching because of {cause}",
    ],
    "signs": ["what are the signs of {cause}", "symptoms of {cause}", "how do i know if it's {cause}"],
    "treatment": ["how is {cause} treated", "what helps with {cause}", "treatment for {cause}"],
}


class Person(NamedTuple):
    """Who it is about: "`whose` hand", "`who` fell", "`is_` falling", and "`own` hand" once they were named."""

    whose: str
    who: str
    is_: str
    own: str


PEOPLE = [
    Person("my", "i", "i'm", "my"),
    Person("his", "he", "he's", "his"),
    Person("her", "she", "she's", "her"),
    Person("my husband's", "my husband", "my husband is", "his"),
    Person("my wife's", "my wife", "my wife's", "her"),
    Person("mum's", "mum", "mum's", "her"),
    Person("my grandmother's", "my grandmother", "my grandmother is", "her"),
    Person("my boss's", "my boss", "my boss is", "his"),
    Person("my grandson's", "my grandson", "my grandson is", "his"),
    Person("the lady's", "the lady", "the lady is", "her"),
]

ALARMS = [
    "{whose} face is drooping",
    "one side of {whose} mouth has dropped",
    "{whose} lip is drooping",
    "{whose} smile is crooked",
    "{whose} smile is lopsided",
    "{whose} face is numb on one side",
    "{whose} speech is slurred",
    "{whose} speech is funny",
    "{is_} talking funny",
    "{is_} slurring",
    "{who} can't speak properly",
    "{whose} arm went weak",
    "{whose} arm is numb",
    "{who} can't lift an arm",
    "{whose} left side is weak",
    "{who} can't see out of one eye",
    "{is_} having a stroke",
    "{whose} lip is twitching and {own} face is drooping",
    "{whose} lip is twitching and {own} speech is slurred",
    "{is_} having a seizure",
    "{is_} shaking all over",
    "{whose} eyes rolled back",
    "{who} can't breathe",
    "{is_} choking",
    "{is_} turning blue",
    "{whose} lips are blue",
    "{whose} throat is closing up",
    "{whose} lips are swelling",
    "{whose} tongue is swollen",
    "{who} just passed out",
    "{who} collapsed",
    "{is_} having a heart attack",
    "{whose} chest hurts",
    "{who} took too many pills",
    "{who} drank bleach",
    "{who} hit {own} head",
    "{whose} jaw is locked",
    "{is_} bleeding badly",
]

CALM = [
    "{whose} lip is twitching",
    "{whose} lips are twitching",
    "the corner of {whose} mouth is twitching",
    "{whose} upper lip is twitching",
    "{whose} lip keeps jumping",
    "{whose} lip won't stop twitching",
    "why is {whose} lip trembling",
    "{whose} lip is twitching and nothing else is wrong",
    "{whose} lip twitches when {is_} tired",
    "{whose} face is not drooping",
    "{whose} speech isn't slurred",
    "{who} had a stroke ten years ago",
    "{who} had a seizure years ago",
    "{is_} not having a stroke",
]

ERRANDS = [
    "send a text to {who}",
    "send {who} a message",
    "email {who} about saturday",
    "call {who} back after lunch",
    "phone {who} for a chat",
    "tell {who} the bus is late",
    "let {who} know we're at the beach",
    "send {who} the recipe",
    "remind me to ring {who}",
    "book {who} a taxi to the station",
    "find {whose} phone",
    "i can't find {whose} keys",
    "is {whose} car locked",
    "lock {whose} door",
    "{whose} printer has stopped working",
    "{whose} card was declined",
    "i dropped {whose} camera",
    "i need a present for {who}",
    "help me find a hotel for {who}",
    "play {whose} favourite song",
]
"""What people ask a speaker to do for somebody else."""

TRIGGERS = [
    "a haircut",
    "perfume",
    "thunder",
    "knitting",
    "gardening",
    "new curtains",
    "long drives",
    "sour sweets",
    "high heels",
    "a scarf",
    "lemonade",
    "the moon",
    "a hot bath",
    "the sauna",
    "toast",
    "peanut butter",
    "a bumpy road",
    "sunglasses",
    "candles",
    "ironing",
    "a train ride",
    "the news",
    "a new sofa",
    "pepper",
]
TRIGGERED = [
    "can {trigger} cause lip twitching",
    "can {trigger} make my lip twitch",
    "does {trigger} make lips jump",
    "is it {trigger} that makes my mouth twitch",
    "my lip twitches could it be {trigger}",
    "could my twitchy lip come from {trigger}",
]
"""The knowledge says nothing about any of the triggers: a cause that it does name would be a wrong answer."""

MOST_MISTAKEN = 0.1
"""The share of these that may be taken for another cause: words that look like one still are, "a scarf" like a scar."""


def about_the_symptom() -> Iterator[tuple[str, str]]:
    for label, wordings in SYMPTOM.items():
        for wording, lip, (do, does, doing) in product(wordings, LIPS, MOVEMENTS):
            yield wording.format(lip=lip, do=do, does=does, doing=doing), label


def about_the_causes() -> Iterator[tuple[str, str]]:
    for (subject, names), (aspect, wordings) in product(CAUSES.items(), ASPECTS.items()):
        for name, wording in product(names, wordings):
            yield wording.format(cause=name), f"{subject}/{aspect}"


def about_people(wordings: list[str]) -> list[str]:
    return [wording.format(**person._asdict()) for wording, person in product(wordings, PEOPLE)]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return App.load().reader


@pytest.mark.parametrize("table", [about_the_symptom, about_the_causes])
def test_plain_questions_are_answered(reader: Reader, table: Callable[[], Iterable[tuple[str, str]]]) -> None:
    questions = list(table())
    otherwise = [(asked, read) for asked, label in questions if (read := reader.read(asked))[:2] != ("answer", label)]
    assert not [asked for asked, read in otherwise if read.kind == "emergency"]
    assert len(otherwise) <= MOST_MISSED * len(questions), otherwise


def test_a_plain_alarm_is_heard_whoever_it_is_about(reader: Reader) -> None:
    alarms = about_people(ALARMS)
    missed = [asked for asked in alarms if reader.read(asked).kind != "emergency"]
    assert len(missed) <= MOST_MISSED * len(alarms), missed


def test_what_is_no_alarm_raises_none(reader: Reader) -> None:
    calm = about_people(CALM)
    alarmed = [asked for asked in calm if reader.read(asked).kind == "emergency"]
    assert len(alarmed) <= MOST_MISSED * len(calm), alarmed


def test_an_errand_for_someone_is_no_call_for_help(reader: Reader) -> None:
    errands = [wording.format(**person._asdict()) for wording, person in product(ERRANDS, PEOPLE[3:])]
    alarmed = [asked for asked in errands if reader.read(asked).kind == "emergency"]
    assert len(alarmed) <= MOST_MISSED * len(errands), alarmed


def test_what_is_no_known_cause_is_not_taken_for_one(reader: Reader) -> None:
    asked = [wording.format(trigger=trigger) for wording, trigger in product(TRIGGERED, TRIGGERS)]
    answers = [(each, reader.read(each)) for each in asked]
    mistaken = [(each, read.id) for each, read in answers if read.id and not read.id.startswith("lip-twitching/")]
    assert len(mistaken) <= MOST_MISTAKEN * len(asked), mistaken
