"""How an utterance is read: normalising, listed words, thresholds, and emergencies before all."""

from __future__ import annotations

import pytest

from skill.adapters.local import LocalSkill
from skill.normalize import normalize
from skill.understanding.lexicon import EMPTY, Lexicon, Token
from skill.understanding.linear import softmax
from skill.understanding.reading import Tuned, choose, rank
from skill.understanding.vectors import WordVectors

TUNED = Tuned(sharpness=1.0, emergency_above=0.2, refuse_below=0.6, clarify_above=0.8)

LEXICON = Lexicon(
    {
        "fillers": {"um": "", "you know": ""},
        "heard_as": {"twit chin": "twitching", "lib": "lip"},
        "subjects": {"bells palsy": "bells-palsy", "caffeine": "caffeine"},
        "concepts": {"lip": "lip", "under the nose": "upper", "twitching": "twitching"},
        "ellipses": {"and": "", "what about": ""},
    },
    WordVectors(),
)


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("Why's my LIP twitching?!", "whys my lip twitching"),
        ("Bell\u2019s palsy", "bells palsy"),
        ("A. L. S.", "als"),
        ("i have m n d", "i have mnd"),
        ("am i a fool", "am i a fool"),
        ("caf\u00e9", "cafe"),
        ("\u043f\u043e\u0447\u0435\u043c\u0443", ""),
        ("", ""),
    ],
)
def test_normalising_keeps_the_words_alone(said: str, plain: str) -> None:
    assert normalize(said) == plain


def test_fillers_go_and_mishearings_are_mended() -> None:
    assert LEXICON.words("um my lib you know is twit chin") == ["my", "lip", "is", "twitching"]


@pytest.mark.parametrize(
    ("said", "mended"),
    [
        ("my twitc hing upperlip", "my twitching upper lip"),
        ("my mo uth twitc hes", "my mouth twitches"),
        # Both parts are words: who says them may mean them.
        ("the sea sons of the year", "the sea sons of the year"),
        # Nothing is known that it could have been.
        ("zzzz qqqqqq", "zzzz qqqqqq"),
        ("", ""),
    ],
)
def test_words_that_were_split_or_joined_are_mended(said: str, mended: str) -> None:
    assert " ".join(LEXICON.words(said)) == mended


def test_a_name_that_is_listed_is_left_whole() -> None:
    assert LEXICON.words("liptremor") == ["lip", "tremor"]
    named = Lexicon({**EMPTY, "subjects": {"liptremor": "lip-tremor"}}, WordVectors())
    assert named.words("liptremor") == ["liptremor"]


def test_an_utterance_of_fillers_alone_stays() -> None:
    assert LEXICON.words("um you know") == ["um", "you", "know"]


def test_names_and_words_that_mean_the_same_are_marked_the_longest_first() -> None:
    tokens = LEXICON.tokens(["bells", "palsy", "under", "the", "nose", "now"])
    assert tokens == [Token("bells palsy", subject="bells-palsy"), Token("under the nose", concept="upper"), Token("now")]


@pytest.mark.parametrize(
    ("said", "subject"),
    [
        ("and caffeine", "caffeine"),
        ("what about bell's palsy", "bells-palsy"),
        ("and caffeine in the morning", ""),
        ("caffeine", ""),
        ("and", ""),
    ],
)
def test_an_opening_and_a_name_alone_carry_the_last_question_on(said: str, subject: str) -> None:
    assert LEXICON.carried_on(said) == subject


def _scores(**confidences: float) -> dict[str, float]:
    """Scores whose softmax at sharpness one gives `confidences`."""
    import math

    return {label.replace("__", "/"): math.log(share) for label, share in confidences.items()}


@pytest.mark.parametrize(
    ("confidences", "kind", "meant"),
    [
        ({"a__signs": 0.9, "none": 0.1}, "answer", "a/signs"),
        ({"a__signs": 0.1, "none": 0.9}, "none", ""),
        ({"a__signs": 0.5, "b__signs": 0.4, "none": 0.1}, "clarify", "a/signs"),
        ({"a__signs": 0.5, "none": 0.4, "b__signs": 0.1}, "none", ""),
        ({"a__signs": 0.5, "b__signs": 0.2, "none": 0.3}, "none", ""),
        ({"a__signs": 0.79, "emergency__stroke": 0.11, "emergency__fit": 0.1}, "emergency", "stroke"),
        ({"a__signs": 0.85, "emergency__stroke": 0.15}, "answer", "a/signs"),
        ({"command__stop": 0.9, "none": 0.1}, "command", "stop"),
        ({"a__signs": 0.4, "follow-up__signs": 0.5, "none": 0.1}, "answer", "a/signs"),
        ({"follow-up__care": 0.9, "none": 0.1}, "none", ""),
    ],
)
def test_confidences_become_one_outcome(confidences: dict[str, float], kind: str, meant: str) -> None:
    read = choose(rank(_scores(**confidences), TUNED, lambda aspect: "a/signs" if aspect == "signs" else ""), TUNED)
    assert (read.kind, read.id) == (kind, meant)


def test_what_names_no_subject_is_about_the_last() -> None:
    spread = rank(_scores(b__care=0.3, c__care=0.2, d__care=0.2, none=0.3), TUNED)
    about_last = {"care": "a/care"}.get
    assert choose(spread, TUNED, lambda aspect: about_last(aspect, "")).id == "a/care"
    assert choose(spread, TUNED).kind == "none"


def test_an_either_or_offers_the_two_likeliest_answers() -> None:
    read = choose(rank(_scores(a__signs=0.4, b__signs=0.5, none=0.1), TUNED), TUNED)
    assert read.options() == ("b/signs", "a/signs")


def test_confidences_add_up_to_one() -> None:
    assert sum(softmax({"a": 3.0, "b": -2.0, "c": 700.0}, 2.0).values()) == pytest.approx(1.0)


STORY = "so i was telling my neighbour about the garden and the roses and how the rain came early this year and we had tea and "


@pytest.mark.parametrize("times", [1, 4, 12, 40])
def test_an_emergency_is_heard_wherever_it_stands_in_a_long_story(skill: LocalSkill, times: int) -> None:
    sign = "now my face is drooping and i can't lift my arm "
    for said in (STORY * times + sign, sign + STORY * times, STORY * times + sign + STORY * times):
        assert sign in said[:7_900]
        assert skill.say(skill.device(), said[:7_900]).answer_id == "emergency"


def test_a_long_story_without_a_sign_is_no_emergency(skill: LocalSkill) -> None:
    assert skill.say(skill.device(), STORY * 20).answer_id == "none"


@pytest.mark.parametrize(
    ("said", "options"),
    [
        ("what are the signs of a seizure or of lack of sleep", ("seizures/signs", "fatigue/signs")),
        ("why does my lip twitch is it the coffee or the tiredness", ("caffeine/overview", "fatigue/overview")),
        ("treatment for stress and fatigue", ("stress/treatment", "fatigue/treatment")),
        ("is it stress coffee or tiredness", ("stress/overview", "caffeine/overview", "fatigue/overview")),
        ("what are the signs of parkinson's als and bell's palsy", ("parkinsons/signs", "als/signs", "bells-palsy/signs")),
    ],
)
def test_of_subjects_that_are_named_in_one_breath_none_is_passed_over(
    skill: LocalSkill, said: str, options: tuple[str, ...]
) -> None:
    for place, option in zip(("the first one", "the second one", "the third one"), options, strict=False):
        device = skill.device()
        assert skill.say(device, said).answer_id == "clarify"
        assert skill.say(device, place).answer_id == option


@pytest.mark.parametrize(
    ("said", "answer_id"),
    [
        ("what are the signs of parkinson's or parkinsonism", "parkinsons/signs"),
        ("i have anxiety and a twitching lip", "stress/overview"),
        ("play the song coffee or stress", "none"),
        ("he's having a seizure or als", "emergency"),
    ],
)
def test_names_side_by_side_are_no_choice_where_one_thing_is_meant(skill: LocalSkill, said: str, answer_id: str) -> None:
    assert skill.say(skill.device(), said).answer_id == answer_id
