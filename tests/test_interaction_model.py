"""The interaction model: what Alexa would refuse, what it would lose, and whether each net leads to the same answer.

How a request is matched against a model is in test_device, how slots of requests are read in test_alexa.
"""

from __future__ import annotations

import copy
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ask_sdk_core.exceptions import SerializationException
from ask_sdk_core.serialize import DefaultSerializer
from ask_smapi_model.v1.skill.interaction_model.interaction_model_data import InteractionModelData

from skill.adapters.cli import main
from skill.adapters.local import LocalSkill
from skill.interaction_model import (
    CHARACTERS,
    COMMANDS,
    INTENTS,
    SAMPLE_LENGTH,
    VALUE_LENGTH,
    VALUES,
    build_model,
    model_problems,
    to_json,
)
from skill.knowledge.model import Knowledge
from skill.normalize import normalize
from skill.places import MODELS
from skill.recogniser import ROUTES, Recogniser
from skill.speech import fill

LOCALES = ("en-US", "en-GB", "en-CA", "en-AU", "en-IN")

OPEN_QUESTIONS = Path(__file__).parent / "questions" / "open.jsonl"

THOROUGH = "THOROUGH" in os.environ
"""Whether to ask everything, for minutes, and not only what CI has time for."""

SAME_ON_EVERY_ROUTE = 0.99

REQUIRED = {"AMAZON.CancelIntent", "AMAZON.HelpIntent", "AMAZON.StopIntent", "AMAZON.NavigateHomeIntent", "AMAZON.FallbackIntent"}

AMAZON_NAMES = {"Cancel", "Fallback", "Help", "More", "NavigateHome", "NavigateSettings", "Next", "No", "PageDown", "PageUp"}
AMAZON_NAMES |= {"Pause", "Previous", "Repeat", "Resume", "ScrollDown", "ScrollUp", "StartOver", "Stop", "Yes", "Select"}

WAKE_AND_LAUNCH = {
    "alexa",
    "amazon",
    "echo",
    "computer",
    "skill",
    "app",
    "ask",
    "tell",
    "open",
    "launch",
    "load",
    "begin",
    "enable",
}
SMALL_WORDS = {"a", "an", "the", "to", "from", "in", "of", "on", "by", "for", "with", "and", "about", "as", "if", "or", "that"}

JSON = Any


@pytest.fixture(scope="module")
def knowledge(skill: LocalSkill) -> Knowledge:
    return skill.app.knowledge


@pytest.fixture(scope="module", params=LOCALES)
def model(request: pytest.FixtureRequest, knowledge: Knowledge) -> dict[str, JSON]:
    return build_model(knowledge, str(request.param))


@pytest.fixture(scope="module")
def language(model: dict[str, JSON]) -> dict[str, JSON]:
    found: dict[str, JSON] = model["interactionModel"]["languageModel"]
    return found


def slots_of(intent: dict[str, JSON]) -> dict[str, str]:
    return {slot["name"]: slot["type"] for slot in intent.get("slots", ())}


def samples(language: dict[str, JSON]) -> Iterator[tuple[dict[str, JSON], str]]:
    for intent in language["intents"]:
        yield from ((intent, sample) for sample in intent["samples"])


def texts(slot_type: dict[str, JSON]) -> Iterator[str]:
    for value in slot_type["values"]:
        yield from (value["name"]["value"], *value["name"].get("synonyms", ()))


# Amazon's rules, said without the code that keeps them


def test_amazons_own_classes_lose_nothing_of_the_model(model: dict[str, JSON]) -> None:
    assert round_trip(model) == model


def test_amazons_own_classes_lose_what_alexa_does_not_know(model: dict[str, JSON]) -> None:
    odd = copy.deepcopy(model)
    odd["interactionModel"]["languageModel"]["intents"][0]["utterances"] = ["stop"]
    assert round_trip(odd) == model


@pytest.mark.parametrize("level", ["lowest", "", 3])
def test_amazons_own_classes_refuse_a_value_they_do_not_know(model: dict[str, JSON], level: JSON) -> None:
    odd = copy.deepcopy(model)
    odd["interactionModel"]["languageModel"]["modelConfiguration"]["fallbackIntentSensitivity"]["level"] = level
    with pytest.raises(SerializationException, match="FallbackIntentSensitivityLevel"):
        round_trip(odd)


def round_trip(model: dict[str, JSON]) -> dict[str, JSON]:
    serializer = DefaultSerializer()
    read = serializer.deserialize(payload=json.dumps(model), obj_type=InteractionModelData)
    written: dict[str, JSON] = serializer.serialize(read)
    return written


def test_alexa_would_refuse_nothing(model: dict[str, JSON]) -> None:
    assert model_problems(model) == []


def test_every_intent_that_alexa_requires_is_there_once(language: dict[str, JSON]) -> None:
    names = Counter(intent["name"] for intent in language["intents"])
    assert names.keys() >= REQUIRED | COMMANDS.keys()
    assert {name: count for name, count in names.items() if count > 1} == {}


def test_names_are_letters_and_no_intent_is_named_like_one_of_amazons(language: dict[str, JSON]) -> None:
    names = [intent["name"] for intent in language["intents"] if not intent["name"].startswith("AMAZON.")]
    named = [*names, *(each["name"] for each in language["types"]), *(name for i in language["intents"] for name in slots_of(i))]
    assert [name for name in named if not re.fullmatch(r"[A-Za-z][A-Za-z_]*", name)] == []
    assert {name.removesuffix("Intent") for name in names} & AMAZON_NAMES == set()


def test_intents_of_amazons_have_no_slots(language: dict[str, JSON]) -> None:
    assert [i["name"] for i in language["intents"] if i["name"].startswith("AMAZON.") and slots_of(i)] == []


def test_samples_hold_only_what_alexa_takes(language: dict[str, JSON]) -> None:
    taken = re.compile(r"(?:[^\W\d_]|[ ._'’-]|\{[a-z]+\})+")
    assert [sample for _, sample in samples(language) if not taken.fullmatch(sample) or len(sample) > SAMPLE_LENGTH] == []
    assert [sample for _, sample in samples(language) if sample != " ".join(sample.split())] == []


def test_no_sample_is_there_twice_whatever_its_slot_is_called(language: dict[str, JSON]) -> None:
    counted = Counter(re.sub(r"\{\w+\}", "{}", sample.lower()) for _, sample in samples(language))
    assert [sample for sample, count in counted.items() if count > 1] == []


def test_slots_are_declared_and_of_a_type_that_is_there(language: dict[str, JSON]) -> None:
    known = {each["name"] for each in language["types"]} | {"AMAZON.SearchQuery"}
    for intent in language["intents"]:
        named = {name for sample in intent["samples"] for name in re.findall(r"\{([^}]*)\}", sample)}
        assert named <= slots_of(intent).keys(), intent["name"]
        assert set(slots_of(intent).values()) <= known, intent["name"]


def test_a_search_query_stands_alone_and_after_words(language: dict[str, JSON]) -> None:
    carriers = [(intent, sample) for intent, sample in samples(language) if "AMAZON.SearchQuery" in slots_of(intent).values()]
    assert len(carriers) > 100
    assert [sample for _, sample in carriers if not re.fullmatch(r"[\w' .-]+ \{\w+\}", sample)] == []
    assert [intent["name"] for intent, _ in carriers if len(slots_of(intent)) > 1] == []


def test_only_the_question_intent_is_a_slot_alone(language: dict[str, JSON]) -> None:
    alone = [(i["name"], slots_of(i)) for i, sample in samples(language) if re.fullmatch(r"\{\w+\}", sample)]
    assert alone == [("QuestionIntent", {"question": "QUESTION"})]


def test_slot_values_are_short_of_letters_and_no_two_sound_alike(language: dict[str, JSON]) -> None:
    for each in language["types"]:
        ids = [value["id"] for value in each["values"] if "id" in value]
        assert len(ids) == len(set(ids))
        said = Counter(text for value in each["values"] for text in {normalize(text) for text in texts({"values": [value]})})
        assert {text: count for text, count in said.items() if count > 1} == {}, each["name"]
        assert [text for text in texts(each) if re.search(r"[\d?!,/{}]", text) or len(text) > VALUE_LENGTH] == []


def test_the_ids_of_subjects_are_those_of_the_knowledge(language: dict[str, JSON], knowledge: Knowledge) -> None:
    [subjects] = [each for each in language["types"] if each["name"] == "SUBJECT"]
    assert [value["id"] for value in subjects["values"]] == list(knowledge.subjects)


def test_the_limits_leave_room_for_a_third_more(model: dict[str, JSON], language: dict[str, JSON]) -> None:
    values = sum(1 for each in language["types"] for _ in texts(each))
    counts = {INTENTS: len(language["intents"]), VALUES: values, CHARACTERS: len(to_json(model))}
    assert {limit.what: count for limit, count in counts.items() if count * 4 / 3 > limit.most} == {}


def test_the_invocation_name_is_one_that_amazon_takes(language: dict[str, JSON]) -> None:
    name = language["invocationName"]
    words = name.split()
    assert re.fullmatch(r"[a-z]+(?: [a-z]+)+", name)
    assert set(words) & (WAKE_AND_LAUNCH | SMALL_WORDS) == set()
    assert 2 <= len(words) <= 4


def test_the_locales_differ_only_in_their_words(knowledge: Knowledge) -> None:
    american, british = (json.dumps(build_model(knowledge, locale)) for locale in ("en-US", "en-GB"))
    assert american != british
    assert "motor neurone disease" in british


def test_the_same_knowledge_gives_the_same_bytes(knowledge: Knowledge, model: dict[str, JSON], request: JSON) -> None:
    [locale] = [each for each in LOCALES if f"[{each}]" in request.node.name]
    assert to_json(build_model(knowledge, locale)) == to_json(model) == (MODELS / f"{locale}.json").read_text(encoding="utf-8")


# What the checks of a model say


def small_model() -> dict[str, JSON]:
    return {
        "interactionModel": {
            "languageModel": {
                "invocationName": "body signals",
                "intents": [
                    {"name": "AMAZON.StopIntent", "samples": ["bye"]},
                    {"name": "SignsIntent", "samples": ["signs of {subject}"], "slots": [{"name": "subject", "type": "SUBJECT"}]},
                    {"name": "WhyIntent", "samples": ["why {rest}"], "slots": [{"name": "rest", "type": "AMAZON.SearchQuery"}]},
                ],
                "types": [
                    {
                        "name": "SUBJECT",
                        "values": [
                            {"id": "als", "name": {"value": "A.L.S."}},
                            {"id": "stress", "name": {"value": "stress", "synonyms": ["worry"]}},
                        ],
                    }
                ],
            }
        }
    }


def _sample(intent: int, text: str) -> Callable[[dict[str, JSON]], None]:
    return lambda language: language["intents"][intent]["samples"].append(text)


def _value(**value: JSON) -> Callable[[dict[str, JSON]], None]:
    return lambda language: language["types"][0]["values"].append(value)


def _intents(language: dict[str, JSON]) -> None:
    language["intents"] += [{"name": "I" + "x" * number, "samples": []} for number in range(INTENTS.most)]


def _many_values(language: dict[str, JSON]) -> None:
    language["types"].append({"name": "MANY", "values": [{"name": {"value": "a", "synonyms": ["a"] * VALUES.most}}]})


def _long_values(language: dict[str, JSON]) -> None:
    language["types"].append({"name": "LONG", "values": [{"name": {"value": "a" * VALUE_LENGTH}}] * 10_000})


BREAKS: dict[str, tuple[Callable[[dict[str, JSON]], None], str]] = {
    "an intent with a digit": (
        lambda language: language["intents"][1].update(name="Signs2Intent"),
        "use letters and underscores",
    ),
    "a sample in two intents": (_sample(1, "bye"), "keep it in one"),
    "a sample in two intents by another slot": (_sample(2, "signs of {rest}"), "keep it in one"),
    "a sample in two intents by its case": (_sample(1, "Bye"), "keep it in one"),
    "a question mark": (_sample(0, "done?"), "use letters"),
    "a comma": (_sample(0, "no, stop"), "use letters"),
    "a digit": (_sample(0, "stop 1"), "use letters, write digits as words"),
    "a sample too long": (_sample(0, "a " * SAMPLE_LENGTH + "a"), "shorten it"),
    "a slot that is not declared": (_sample(1, "signs of {topic}"), "has no slot for; add it"),
    "a slot in another case": (_sample(1, "signs of {Subject}"), "has no slot for; add it"),
    "a search query without words": (_sample(2, "{rest}"), "needs words beside its search query"),
    "a search query beside a slot": (_sample(2, "why {rest} {rest}"), "no other slot"),
    "an id twice": (_value(id="als", name={"value": "lou"}), "give each value one of its own"),
    "a value with a digit": (_value(id="b", name={"value": "vitamin b12"}), "write digits as words"),
    "a synonym with a slash": (_value(id="b", name={"value": "tics", "synonyms": ["tic/s"]}), "use letters"),
    "a value too long": (_value(id="b", name={"value": "a" * (VALUE_LENGTH + 1)}), "shorten it"),
    "too many intents": (_intents, INTENTS.cure),
    "too many values": (_many_values, VALUES.cure),
    "too many characters": (_long_values, CHARACTERS.cure),
}


def test_a_sound_model_has_no_problems() -> None:
    assert model_problems(small_model()) == []


@pytest.mark.parametrize(("breaking", "cure"), BREAKS.values(), ids=BREAKS.keys())
def test_what_alexa_would_refuse_is_told_with_its_cure(breaking: Callable[[dict[str, JSON]], None], cure: str) -> None:
    model = small_model()
    breaking(model["interactionModel"]["languageModel"])
    found = model_problems(model)
    assert found
    assert all(cure in problem for problem in found)


@pytest.fixture(scope="module")
def hundredfold(knowledge: Knowledge) -> Knowledge:
    """The knowledge a hundred times over: subjects under new ids, with new names and as many questions."""
    subjects, questions = {}, dict(knowledge.samples)
    for number in range(100):
        # A word of its own for each copy, of letters alone: Alexa takes no digits.
        word = "".join("bdfgklmnpr"[int(digit)] + "aeioubdfgk"[int(digit)] for digit in f"{number:02d}")
        for name, subject in knowledge.subjects.items():
            names = tuple(f"{word} {fill(each, knowledge.locales['en-US'].words)}" for each in subject.names)
            subjects[f"{word}-{name}"] = subject._replace(id=f"{word}-{name}", names=names)
        questions.update(
            {f"{word}-{label}": tuple(f"{text} {word}" for text in said) for label, said in knowledge.samples.items()}
        )
    return knowledge._replace(subjects=subjects, samples=questions)


def test_a_knowledge_a_hundred_times_larger_is_told_what_to_trim_and_why(hundredfold: Knowledge, knowledge: Knowledge) -> None:
    assert len(hundredfold.subjects) == 100 * len(knowledge.subjects)
    model = build_model(hundredfold, "en-US")
    values = sum(1 for each in model["interactionModel"]["languageModel"]["types"] for _ in texts(each))
    found = model_problems(model)
    assert [problem.partition(" has ")[0] for problem in found] == ["the model"] * 2
    assert found[0].startswith(f"the model has {values:,} slot values")
    assert "Alexa takes 50,000" in found[0]
    assert "characters; Alexa takes 1,000,000" in found[1]
    assert all("lower SAMPLES in load.py" in problem for problem in found)


def test_the_cure_for_a_knowledge_too_large_helps(hundredfold: Knowledge) -> None:
    trimmed = hundredfold._replace(
        samples={label: said[:1] for label, said in hundredfold.samples.items()},
        subjects={name: subject._replace(names=subject.names[:2]) for name, subject in hundredfold.subjects.items()},
    )
    assert model_problems(build_model(trimmed, "en-US")) == []


# The command


def test_a_written_model_passes_its_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "--into", str(tmp_path)]) == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(f"{locale}.json" for locale in LOCALES)
    first = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert main(["model", "--into", str(tmp_path)]) == 0
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == first
    assert main(["model", "--check", "--into", str(tmp_path)]) == 0
    assert capsys.readouterr() == ("", "")


def test_the_models_that_are_committed_are_those_of_the_knowledge(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "--check"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("damage", ["changed", "missing", "empty"])
def test_a_check_names_the_file_that_differs_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    main(["model", "--into", str(tmp_path)])
    file = tmp_path / "en-GB.json"
    text = file.read_text(encoding="utf-8")
    if damage == "missing":
        file.unlink()
    else:
        file.write_text(text.replace("body signals", "body language") if damage == "changed" else "", encoding="utf-8")
    capsys.readouterr()
    assert main(["model", "--check", "--into", str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [f"{file} differs from the knowledge; write it anew: python -m skill model"]
    assert file.exists() == (damage != "missing")


def test_a_folder_that_cannot_be_written_to_is_misuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    assert main(["model", "--into", str(file)]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_knowledge_that_is_no_folder_is_misuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "--check", "--knowledge", str(tmp_path / "none")]) == 2
    assert "is no folder" in capsys.readouterr().err


# The nets


def test_each_sample_reaches_its_own_intent(model: dict[str, JSON], language: dict[str, JSON], knowledge: Knowledge) -> None:
    recogniser = Recogniser(model)
    subject = next(iter(knowledge.subjects.values())).names[0]
    filled = {"{subject}": subject, "{question}": "zanzibar", "{rest}": "zanzibar"}
    lost = {}
    for intent, sample in samples(language):
        said = re.sub(r"\{\w+\}", lambda slot: filled[slot[0]], sample)
        if (found := recogniser.match(said)["name"]) != intent["name"]:
            lost[said] = f"{found}, not {intent['name']}"
    assert lost == {}


def test_whatever_alexa_is_told_to_expect_is_caught_by_a_net(model: dict[str, JSON], knowledge: Knowledge) -> None:
    recogniser = Recogniser(model)
    # What has an intent of its own needs no net.
    own = ("command/", "follow-up/")
    said = [text for label, texts in knowledge.samples.items() for text in texts if not label.startswith(own)]
    opened = [text for text in said if recogniser.match(text, "carrier")["name"].startswith("Carrier")]
    assert len(said) > 1_000
    assert [text for text in said if not recogniser.match(text).get("slots")] == []
    # The rest are fragments and exclamations; the question intent, which expects them word for word, takes those.
    assert len(opened) / len(said) > 0.7
    resolved = [
        recogniser.match(text, "question")["slots"]["question"]["resolutions"] for text in said if len(text) <= VALUE_LENGTH
    ]
    statuses = [each["resolutionsPerAuthority"][0]["status"]["code"] for each in resolved]
    assert set(statuses) == {"ER_SUCCESS_MATCH"}


def test_what_each_aspect_is_asked_with_has_the_same_answer_on_every_route(skill: LocalSkill, knowledge: Knowledge) -> None:
    words = knowledge.locales["en-US"].words
    asked = [
        pattern.replace("{subject}", fill(name, words))
        for aspect, patterns in knowledge.vocabulary.patterns.items()
        for pattern in patterns
        for subject in knowledge.subjects.values()
        if aspect in subject.aspects
        for name in subject.names
    ]
    assert len(asked) > 1_000
    # A number that no count of patterns or names has a factor in common with: all of them come up.
    differing = differing_on_routes(skill, asked if THOROUGH else asked[::47])
    assert share_alike(differing, asked if THOROUGH else asked[::47]) >= SAME_ON_EVERY_ROUTE, differing


def test_questions_that_were_never_learned_have_the_same_answer_on_every_route(skill: LocalSkill) -> None:
    lines = OPEN_QUESTIONS.read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line)["text"] for line in lines][: None if THOROUGH else 300]
    assert len(asked) >= 300
    differing = differing_on_routes(skill, asked)
    assert share_alike(differing, asked) >= SAME_ON_EVERY_ROUTE, differing


def differing_on_routes(skill: LocalSkill, asked: list[str]) -> dict[str, dict[str, str]]:
    differing = {}
    for text in asked:
        answers = {route or "tightest": skill.say(skill.device("en-US", route), text).answer_id for route in ("", *ROUTES)}
        if len(set(answers.values())) > 1:
            differing[text] = answers
    return differing


def share_alike(differing: dict[str, dict[str, str]], asked: list[str]) -> float:
    share = 1 - len(differing) / len(asked)
    print(f"the same answer on every route: {share:.2%} of {len(asked)}")
    return share
