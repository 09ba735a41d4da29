"""The rules that a certification tester checks, a test for each, over all that is heard in every locale.

It is gathered once a locale, through the handler that Lambda runs: each answer with what may follow it, each emergency, and
every state of a conversation with whatever may be said in it. Elsewhere: phrases that no state reaches, lengths in seconds
and telephone numbers (test_rendering), each type of request (test_alexa), what a screen shows (test_screen).
"""

from __future__ import annotations

import itertools
import json
import logging
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest

from skill.adapters.local import Exchange, LocalSkill, now
from skill.dialog import PAGE
from skill.interaction_model import BUILT_IN, QUESTION_INTENT, QUESTION_SLOT
from skill.knowledge.model import Knowledge
from skill.recogniser import ROUTES
from skill.speech import first_upper, seconds, sentences

LOCALES = ("en-US", "en-CA", "en-GB", "en-AU", "en-IN")

MAX_RESPONSE = 24_000
"""Bytes. Alexa takes 120 KB now and took 24 KB in older texts."""

MAX_SPEECH = MAX_CARD = 8_000
"""Characters: of speech with its markup, of a card with its title."""

SOON = 3.0
"""Seconds within which an emergency has named whom to call."""

ODD = "zanzibar"
"""A word that no knowledge holds: wherever it turns up, something that was said was kept."""

KNOWN, KNOWN_ID = "what exactly is bell's palsy please", "bells-palsy/overview"

DANGER = "my face is drooping and i can't speak"

SAID = (
    *BUILT_IN,
    *("tell me more", "list the causes", "who says so", "that's not what i asked", "what are the signs", "and caffeine"),
    *("the first one", "the second one", "the third one", "the last one", "the fourth one", "", f"why is my {ODD} lip jumping"),
    *(ODD, f"{ODD} is my name and my lip jumps", "what is the weather tomorrow", KNOWN, DANGER),
)
"""What a tester says in each state."""

CLOSES = ("stop", "cancel", "go home")

State = tuple[dict[str, Any] | None, tuple[str, ...]]
"""The session that a conversation starts from, if it is not new, and what is said to get into the state."""


def states(knowledge: Knowledge) -> dict[str, State]:
    causes = [subject for subject in knowledge.subjects.values() if subject.kind == "cause"]
    pages = range(1, -(-len(causes) // PAGE) + 1)
    either_or = {"options": ["caffeine/signs", "stress/signs"], "last": {"kind": "clarify", "id": "clarify"}}
    misread = {"about": KNOWN_ID, "others": either_or["options"], "last": {"kind": "answer", "id": KNOWN_ID}}
    names = {page: "the last page of a list" if page == pages[-1] else f"page {page} of a list" for page in pages}
    in_list = {name: (None, ("list the causes", *["next"] * (page - 1))) for page, name in names.items()}
    return {
        "fresh": (None, ()),
        "after the welcome": (None, ("open body signals",)),
        "after an answer": (None, ("tell me about caffeine",)),
        "after two answers": (None, ("tell me about stress", "tell me about caffeine")),
        "after more": (None, ("tell me about caffeine", "tell me more")),
        "after all there is": (None, ("tell me about caffeine", "tell me more", "tell me more")),
        **in_list,
        "after the list": (None, ("list the causes", *["next"] * len(pages))),
        "help in a list": (None, ("list the causes", "help")),
        "before the first": (None, ("previous",)),
        "after the sources": (None, ("tell me about caffeine", "who says so")),
        "in an either/or": (either_or, ()),
        "help in an either/or": (either_or, ("help",)),
        "in an either/or after a correction": (misread, ("that's not what i asked",)),
        "after a correction": (None, ("that's not what i asked",)),
        "after a refusal": (None, ("what is the weather tomorrow",)),
        "after nothing heard": (None, ("",)),
        "after a no": (None, ("tell me about caffeine", "no")),
        "after help": (None, ("help",)),
        "help after an answer": (None, ("tell me about caffeine", "help")),
        "after a repeat": (None, ("tell me about caffeine", "repeat")),
        "with nothing to repeat": (None, ("repeat",)),
        "after an emergency": (None, (DANGER,)),
        "after goodbye": (None, ("stop",)),
    }


class Heard(NamedTuple):
    what: str
    """the state, and what was said in it"""
    said: str
    exchange: Exchange

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = self.exchange.response["response"]
        return body

    @property
    def is_open(self) -> bool:
        return self.exchange.heard.session_open

    @property
    def spoken(self) -> str:
        return f"{self.exchange.heard.speech} {self.exchange.heard.reprompt}"


class Gathered(NamedTuple):
    locale: str
    in_states: list[Heard]
    answers: list[Heard]
    """each asked for as the first thing in a session, in one breath with the skill's name"""
    emergencies: list[Heard]
    afterwards: list[Heard]
    """more and the sources of each answer"""
    log: list[str]

    @property
    def everything(self) -> list[Heard]:
        return [*self.in_states, *self.answers, *self.emergencies, *self.afterwards]

    def failing(self, is_right: Callable[[Heard], object]) -> list[str]:
        return [f"{each.what}: {each.spoken}" for each in self.everything if not is_right(each)]


class Log(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture(scope="module")
def knowledge(skill: LocalSkill) -> Knowledge:
    return skill.app.knowledge


@pytest.fixture(scope="module", params=LOCALES)
def gathered(request: pytest.FixtureRequest, skill: LocalSkill) -> Iterator[Gathered]:
    log, root = Log(), logging.getLogger()
    level = root.level
    root.addHandler(log)
    root.setLevel(logging.DEBUG)
    yield gather(skill, str(request.param), log.lines)
    root.removeHandler(log)
    root.setLevel(level)


def gather(skill: LocalSkill, locale: str, log: list[str]) -> Gathered:
    knowledge = skill.app.knowledge
    found = Gathered(locale, [], [], [], [], log)
    for name, state in states(knowledge).items():
        attributes = enter(skill, locale, state)
        for said in SAID:
            found.in_states.append(Heard(f'{name}, "{said}"', said, say(skill, locale, attributes, said)))
    for name in knowledge.answers:
        device = skill.device(locale, has_screen=True)
        said = f"alexa ask body signals {knowledge.samples[name][0]}"
        found.answers.append(Heard(name, said, skill.say(device, said)))
        for after in ("tell me more", "who says so"):
            found.afterwards.append(Heard(f'{name}, "{after}"', after, skill.say(device, after)))
    for sign in knowledge.signs:
        said = knowledge.samples[f"emergency/{sign}"][0]
        found.emergencies.append(Heard(f"emergency {sign}", said, say(skill, locale, None, said)))
    return found


def enter(skill: LocalSkill, locale: str, state: State) -> dict[str, Any] | None:
    """The session in which a state leaves its conversation; None where it is over."""
    attributes, turns = state
    device = skill.device(locale, attributes=attributes, has_screen=True)
    for said in turns:
        heard = skill.say(device, said).heard
        attributes = heard.attributes if heard.session_open else None
    return attributes


def say(skill: LocalSkill, locale: str, attributes: dict[str, Any] | None, said: str) -> Exchange:
    return skill.say(skill.device(locale, attributes=attributes, has_screen=True), said)


def closing(text: str) -> str:
    """The sentence that a text ends in."""
    return sentences(text)[-1]


# The session


def test_every_response_says_whether_the_session_ends(gathered: Gathered) -> None:
    assert gathered.failing(lambda each: isinstance(each.body.get("shouldEndSession"), bool)) == []


def test_what_leaves_the_session_open_ends_by_asking(gathered: Gathered) -> None:
    assert any(each.is_open for each in gathered.everything)
    assert gathered.failing(lambda each: not each.is_open or closing(each.exchange.heard.speech).endswith("?")) == []


def test_what_leaves_the_session_open_has_a_reprompt_that_tells_what_to_say(gathered: Gathered) -> None:
    assert gathered.failing(lambda each: not each.is_open or each.exchange.heard.reprompt) == []


def test_what_closes_the_session_asks_nothing(gathered: Gathered) -> None:
    assert any(not each.is_open for each in gathered.everything)
    assert gathered.failing(lambda each: each.is_open or ("?" not in each.spoken and "reprompt" not in each.body)) == []


def test_only_goodbyes_and_emergencies_close_the_session(gathered: Gathered) -> None:
    assert gathered.failing(lambda each: each.is_open or each.exchange.answer_id in ("stop", "emergency")) == []


@pytest.mark.parametrize("said", CLOSES)
def test_the_skill_can_be_left_in_every_state(gathered: Gathered, knowledge: Knowledge, said: str) -> None:
    left = [each for each in gathered.in_states if each.said == said]
    assert len(left) == len(states(knowledge))
    assert [each.what for each in left if each.is_open or each.exchange.answer_id != "stop"] == []
    assert [each.what for each in left if len(each.exchange.heard.speech.split()) > 5] == []


def test_help_helps_in_every_state(gathered: Gathered, knowledge: Knowledge) -> None:
    helped = [each for each in gathered.in_states if each.said == "help"]
    assert len(helped) == len(states(knowledge))
    assert [each.what for each in helped if each.exchange.answer_id != "help" or not each.is_open] == []
    assert [each.what for each in helped if not re.search(r"\bYou can\b|\bSay\b", each.exchange.heard.speech)] == []


def test_a_question_is_answered_in_every_state(gathered: Gathered, knowledge: Knowledge) -> None:
    asked = [each for each in gathered.in_states if each.said == KNOWN]
    assert len(asked) == len(states(knowledge))
    assert [each.what for each in asked if each.exchange.answer_id != KNOWN_ID] == []


def test_after_two_silences_the_session_ends_without_a_word(skill: LocalSkill, knowledge: Knowledge) -> None:
    for name, state in states(knowledge).items():
        device = skill.device(attributes=enter(skill, "en-US", state))
        assert device.silence(now()) is None
        ended = device.silence(now())
        assert ended is not None
        assert skill.send(device, ended).response["response"] == {}, name


@pytest.mark.parametrize("said", ["help", "stop", "cancel", "exit", "quit"])
def test_help_and_goodbye_work_when_alexa_takes_them_for_a_question(skill: LocalSkill, knowledge: Knowledge, said: str) -> None:
    for name, state in states(knowledge).items():
        device = skill.device(attributes=enter(skill, "en-US", state))
        request = device.request(said, now())
        slot = {"name": QUESTION_SLOT, "value": said}
        request["request"]["intent"] = {"name": QUESTION_INTENT, "slots": {QUESTION_SLOT: slot}}
        assert skill.send(device, request, said).answer_id == ("help" if said == "help" else "stop"), name


# What is said first


def test_the_welcome_says_what_can_be_asked(gathered: Gathered, knowledge: Knowledge, skill: LocalSkill) -> None:
    heard = skill.say(skill.device(gathered.locale), "alexa open body signals").heard
    symptoms = [subject.name for subject in knowledge.subjects.values() if subject.kind == "symptom"]
    assert symptoms
    assert all(symptom in heard.speech for symptom in symptoms)
    assert knowledge.example in heard.reprompt
    assert heard.session_open


def test_what_is_asked_with_the_name_is_answered_at_once(gathered: Gathered, knowledge: Knowledge) -> None:
    welcome = sentences(knowledge.phrases.speech["launch"].say)[0]
    assert len(gathered.answers) == len(knowledge.answers) > 0
    assert [each.what for each in gathered.answers if each.exchange.answer_id != each.what] == []
    assert [each.what for each in gathered.answers if welcome in each.exchange.heard.speech] == []


def test_the_first_answer_says_that_it_is_no_medical_advice(gathered: Gathered, knowledge: Knowledge) -> None:
    disclaimer = knowledge.phrases.disclaimer
    assert "not medical advice" in disclaimer
    assert [each.what for each in gathered.answers if disclaimer not in each.exchange.heard.speech] == []
    assert [each.what for each in gathered.answers if disclaimer not in each.exchange.heard.card["content"]] == []


def test_unheard_speech_gets_an_example_to_say(gathered: Gathered, knowledge: Knowledge) -> None:
    unheard = [each for each in gathered.in_states if each.said == ""]
    assert unheard
    assert [each.what for each in unheard if knowledge.example not in each.exchange.heard.speech] == []


# Emergencies


def test_an_emergency_says_within_seconds_whom_to_call(gathered: Gathered, knowledge: Knowledge) -> None:
    words = knowledge.locales[gathered.locale].words
    late = []
    for each in gathered.emergencies:
        named = [each.exchange.heard.speech.find(words[whom]) for whom in ("emergency", "crisis_line")]
        first = min((at for at in named if at >= 0), default=-1)
        if first < 0 or seconds(each.exchange.heard.speech[:first]) > SOON:
            late.append(f"{each.what}: {each.exchange.heard.speech}")
    assert len(gathered.emergencies) == len(knowledge.signs) > 0
    assert late == []


def test_an_emergency_interrupts_every_state(gathered: Gathered, knowledge: Knowledge) -> None:
    number = knowledge.locales[gathered.locale].words["emergency"]
    told = [each for each in gathered.in_states if each.said == DANGER]
    assert len(told) == len(states(knowledge))
    assert [each.what for each in told if not each.exchange.heard.speech.startswith(f"Call {number} now.")] == []


def test_an_emergency_is_not_delayed_and_asks_nothing(gathered: Gathered, knowledge: Knowledge) -> None:
    told = [each for each in gathered.everything if each.exchange.answer_id == "emergency"]
    assert len(told) >= len(knowledge.signs) + len(states(knowledge))
    assert [each.what for each in told if knowledge.phrases.disclaimer in each.spoken] == []
    assert [each.what for each in told if "?" in each.spoken or each.is_open] == []


# Speech and size

STRENGTHS, LEVELS = "none|x-weak|weak|medium|strong|x-strong", "strong|moderate|reduced"

DATES = "mdy|dmy|ymd|md|dm|ym|my|d|m|y"

READ_AS = "characters|spell-out|cardinal|number|ordinal|digits|fraction|unit|date|time|telephone|address|interjection|expletive"

ALEXA_TAGS: dict[str, dict[str, str]] = {
    "speak": {},
    "p": {},
    "s": {},
    "break": {"time": r"(10|\d(\.\d+)?)s|(10000|\d{1,4})ms", "strength": STRENGTHS},
    "say-as": {"interpret-as": READ_AS, "format": DATES},
    "phoneme": {"alphabet": "ipa|x-sampa", "ph": ".+"},
    "sub": {"alias": ".+"},
    "prosody": {
        "rate": r"(x-)?(slow|fast)|medium|([2-9]\d|\d{3})%",
        "volume": r"silent|(x-)?(soft|loud)|medium|[+-]\d+(\.\d+)?dB",
    },
    "emphasis": {"level": LEVELS},
}
"""The tags that sound alike in every English locale, and what each attribute may hold."""

NEEDED = {"say-as": "interpret-as", "phoneme": "ph", "sub": "alias"}


def ssml_faults(ssml: str) -> list[str]:
    """What Alexa would refuse, or not understand."""
    try:
        root = ElementTree.fromstring(ssml)  # noqa: S314 (our own text)
    except ElementTree.ParseError as error:
        return [str(error)]
    faults = [] if root.tag == "speak" else ["no <speak> around it"]
    for element in root.iter():
        allowed = ALEXA_TAGS.get(element.tag)
        if allowed is None:
            faults.append(f"<{element.tag}> is no tag for every locale")
            continue
        if NEEDED.get(element.tag, "") not in ("", *element.attrib):
            faults.append(f"<{element.tag}> without {NEEDED[element.tag]}")
        for name, value in element.attrib.items():
            if not re.fullmatch(allowed.get(name, "(?!)"), value):
                faults.append(f'<{element.tag} {name}="{value}">')
    return faults


@pytest.mark.parametrize(
    "ssml",
    [
        "Tom & Jerry",
        "<p>not in speak</p>",
        "<speak><p>open</speak>",
        "<speak>a < b</speak>",
        '<speak><break time="11s"/></speak>',
        '<speak><break time="soon"/></speak>',
        '<speak><say-as interpret-as="song">1</say-as></speak>',
        "<speak><say-as>1</say-as></speak>",
        "<speak><sub>ALS</sub></speak>",
        '<speak><phoneme alphabet="arpabet" ph="L IH P">lip</phoneme></speak>',
        '<speak><mark name="here"/></speak>',
        '<speak><amazon:emotion name="excited">x</amazon:emotion></speak>',
        '<speak><s style="x">x</s></speak>',
    ],
)
def test_the_check_of_ssml_finds_what_alexa_refuses(ssml: str) -> None:
    assert ssml_faults(ssml)


def test_speech_and_reprompts_are_ssml_that_alexa_takes(gathered: Gathered) -> None:
    faults = set()
    for each in gathered.everything:
        for part in (each.body, each.body.get("reprompt")):
            if part:
                faults |= {f"{each.what}: {fault}" for fault in ssml_faults(part["outputSpeech"]["ssml"])}
                assert len(part["outputSpeech"]["ssml"]) <= MAX_SPEECH, each.what
    assert faults == set()


FOR_EYES = re.compile(r"https?:|www\.|\b\w+\.(com|org|gov|net|uk)\b|[*_#`~|<>\[\]{}\\^]|\b(e\.g|i\.e|etc)\b")
"""Markup, addresses and abbreviations: read out, they are noise."""


def reads_badly(text: str) -> bool:
    return bool(FOR_EYES.search(text)) or any(unicodedata.category(letter)[0] in "SC" for letter in text)


@pytest.mark.parametrize(
    "text", ["**bold**", "see www.nhs.uk", "nhs.uk", "e.g. stress", "lips \N{MOUTH}", "a\x07", "{label}", "a + b"]
)
def test_the_check_of_speech_finds_what_reads_badly(text: str) -> None:
    assert reads_badly(text)


def test_nothing_that_is_said_is_written_for_eyes(gathered: Gathered) -> None:
    assert gathered.failing(lambda each: not reads_badly(each.spoken)) == []


def test_a_response_with_its_screen_stays_far_under_the_limit(gathered: Gathered) -> None:
    sizes = {each.what: len(json.dumps(each.exchange.response).encode()) for each in gathered.everything}
    assert {what: size for what, size in sizes.items() if size > MAX_RESPONSE} == {}


def test_a_card_is_plain_text_that_fits(gathered: Gathered) -> None:
    cards = {each.what: each.exchange.heard.card for each in gathered.everything if each.exchange.heard.card}
    assert cards
    assert [what for what, card in cards.items() if card["type"] != "Simple" or not card["title"] or not card["content"]] == []
    assert [what for what, card in cards.items() if len(card["title"] + card["content"]) > MAX_CARD] == []


# What the skill promises


def test_each_example_that_is_spoken_works_as_it_is_spoken(gathered: Gathered, skill: LocalSkill) -> None:
    examples = {found[1] for each in gathered.everything for found in re.finditer(r"c(?:ould|an) ask: ([^.?]+)", each.spoken)}
    assert examples
    for example, route in itertools.product(examples, ("", *ROUTES)):
        exchange = skill.say(skill.device(gathered.locale, route), f"alexa ask body signals {example}")
        assert exchange.answer_id in skill.app.knowledge.answers, f"{example} on the route {route}: {exchange.answer_id}"


@pytest.mark.parametrize(
    ("state", "invites", "said", "leads_to"),
    [
        ("after help", "repeat", "repeat", {"repeat"}),
        ("after help", "stop", "stop", {"stop"}),
        ("help after an answer", "what the signs are", "what are the signs", {"caffeine/signs"}),
        ("help after an answer", "what helps", "what helps", {"caffeine/treatment"}),
        ("help after an answer", "who says so", "who says so", {"more"}),
        ("help after an answer", "more", "more", {"more"}),
        ("help after an answer", "repeat", "repeat", {"repeat"}),
        ("after an answer", "yes", "yes", {"caffeine/treatment", "caffeine/signs"}),
        ("after more", "yes", "yes", {"caffeine/treatment", "caffeine/signs"}),
        ("after the sources", "stop", "stop", {"stop"}),
        ("page 1 of a list", "yes", "yes", {"list"}),
        ("page 1 of a list", "name one", "tiredness", {"fatigue/overview"}),
        ("page 1 of a list", "go on", "go on", {"list"}),
        ("page 2 of a list", "yes", "yes", {"list"}),
        ("help in a list", "next", "next", {"list"}),
        ("help in a list", "previous", "previous", {"list"}),
        ("help in a list", "a name from it", "caffeine", {"caffeine/overview"}),
        ("help in a list", "stop", "stop", {"stop"}),
        ("the last page of a list", "previous", "previous", {"list"}),
        ("in an either/or", "how to know", "the first one", {"caffeine/signs"}),
        ("help in an either/or", "the first", "the first", {"caffeine/signs"}),
        ("help in an either/or", "the last", "the last", {"stress/signs"}),
        ("help in an either/or", "stop", "stop", {"stop"}),
    ],
)
@pytest.mark.parametrize("route", ["", *ROUTES])
def test_what_a_prompt_tells_people_to_say_does_what_it_promises(
    skill: LocalSkill, knowledge: Knowledge, state: str, invites: str, said: str, leads_to: set[str], route: str
) -> None:
    attributes, turns = states(knowledge)[state]
    device = skill.device("en-US", route, attributes)
    if turns:
        [*_, heard] = [skill.say(device, turn).heard for turn in turns]
        assert invites in f"{heard.speech} {heard.reprompt}"
    assert skill.say(device, said).answer_id in leads_to


def test_each_cause_that_a_list_names_can_be_said_or_counted(skill: LocalSkill, knowledge: Knowledge) -> None:
    listed = []
    for state in (state for name, state in states(knowledge).items() if "page" in name):
        attributes = enter(skill, "en-US", state)
        assert attributes is not None
        for place, option in zip(("first", "second", "third"), attributes["options"], strict=False):
            subject = knowledge.subjects[option.partition("/")[0]]
            listed.append(subject.id)
            assert say(skill, "en-US", attributes, f"the {place} one").answer_id == option
            assert say(skill, "en-US", attributes, subject.name).answer_id == option
    assert sorted(listed) == sorted(subject.id for subject in knowledge.subjects.values() if subject.kind == "cause")


def test_every_phrase_is_heard_in_some_state(gathered: Gathered, knowledge: Knowledge) -> None:
    spoken = [each.exchange.heard.speech for each in gathered.everything]
    unheard = set()
    for name, phrase in knowledge.phrases.speech.items():
        pieces = re.compile(".+".join(map(re.escape, re.split(r"\{\w+\}", phrase.say))))
        if not any(pieces.fullmatch(speech) for speech in spoken):
            unheard.add(name)
    # Said when the skill fails, of a subject that a clinician has reviewed, and of a symptom with three causes or fewer.
    assert unheard <= {"apology", "sources", "list-all"}


# Health policy

CLAIMS = re.compile(
    r"\b(cur(e|es|ed|ing)|diagnos\w*|life.?saving|save\w* (a |your )?li(fe|ves)|guarantee\w*|heal(s|ed)?)\b", re.I
)

OFFERS_TO_CALL = re.compile(
    r"\b(I'll|I will|I can|I could|let me|shall I|should I|(do you|would you like me to|want me to)) "
    r"(call|phone|dial|ring|contact|reach|connect|alert)\b|\b(call|phone|dial|ring)\b[^.?!]*\?",
    re.I,
)


@pytest.mark.parametrize("text", ["I can diagnose you", "a cure for twitching", "life-saving help", "it saves lives"])
def test_the_check_of_claims_finds_them(text: str) -> None:
    assert CLAIMS.search(text)


@pytest.mark.parametrize(
    "text", ["Shall I call 911?", "I can call a doctor.", "Would you like to call 911 now?", "Let me call them."]
)
def test_the_check_of_offers_to_call_finds_them(text: str) -> None:
    assert OFFERS_TO_CALL.search(text)


def test_no_name_welcome_or_help_claims_what_it_cannot_do(knowledge: Knowledge) -> None:
    phrases = knowledge.phrases
    texts = [phrases.invocation_name, *(subject.name for subject in knowledge.subjects.values())]
    texts += [text for phrase in phrases.speech.values() for text in phrase]
    assert [text for text in texts if CLAIMS.search(text)] == []


def test_the_skill_never_offers_to_call_someone(gathered: Gathered) -> None:
    assert gathered.failing(lambda each: not OFFERS_TO_CALL.search(each.spoken)) == []


def test_nothing_that_was_said_comes_back_or_is_logged(gathered: Gathered) -> None:
    odd = [each for each in gathered.in_states if ODD in each.said]
    assert odd
    assert [each.what for each in odd if ODD in json.dumps(each.exchange.response).lower()] == []
    assert len(gathered.log) >= len(gathered.everything)
    assert [line for line in gathered.log if ODD in line.lower()] == []


def test_a_session_remembers_ids_and_no_words(gathered: Gathered, knowledge: Knowledge) -> None:
    commands = {label.removeprefix("command/") for label in knowledge.samples if label.startswith("command/")}
    assert "stop" in commands
    named = {*knowledge.answers, *knowledge.subjects, *knowledge.signs, *knowledge.phrases.speech, *commands}
    named |= {f"{kind}/{name}" for kind in ("command", "emergency") for name in (*commands, *knowledge.signs)}
    named |= {
        "",
        "answer",
        "more",
        "clarify",
        "list",
        "sources",
        "emergency",
        "phrase",
        "help",
        "none",
        "repeat",
        "launch",
        "stop",
    }
    kept = {text for each in gathered.everything for text in texts_in(each.exchange.heard.attributes)}
    assert KNOWN_ID in kept
    assert kept - named == set()


def texts_in(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for value in data.values():
            yield from texts_in(value)
    elif isinstance(data, list):
        for value in data:
            yield from texts_in(value)
    elif isinstance(data, str):
        yield data


def test_a_card_names_the_sources_of_its_answer(gathered: Gathered, knowledge: Knowledge) -> None:
    for each in gathered.answers:
        answer, card = knowledge.answers[each.what], each.exchange.heard.card
        assert card is not None
        assert all(knowledge.citations[source].address in card["content"] for source in answer.sources), each.what
        assert card["title"] == first_upper(card["title"])
