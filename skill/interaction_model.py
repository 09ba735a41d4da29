"""Which intents the skill has, and what each stands for: the words that Alexa and the skill agree on."""

from __future__ import annotations

from collections.abc import Iterable

COMMANDS = {
    "AMAZON.StopIntent": "stop",
    "AMAZON.CancelIntent": "stop",
    "AMAZON.NavigateHomeIntent": "stop",
    "AMAZON.HelpIntent": "help",
    "AMAZON.RepeatIntent": "repeat",
    "AMAZON.YesIntent": "yes",
    "AMAZON.NoIntent": "no",
    "AMAZON.StartOverIntent": "start-over",
    "AMAZON.NextIntent": "more",
    "MoreIntent": "more",
}
"""What each steering intent asks for."""

FALLBACK_INTENT = "AMAZON.FallbackIntent"

QUESTION_INTENT, QUESTION_SLOT = "QuestionIntent", "question"
"""Its one sample is a slot of a custom type: free speech passes through it."""

CARRIER_SLOT = "rest"
"""Of type AMAZON.SearchQuery, which needs words before it: the opening that names the intent."""


def carrier_intents(openings: Iterable[str]) -> dict[str, str]:
    """The carrier intents, and the words each begins with: `CarrierHowLongIntent` begins with "how long"."""
    return {f"Carrier{_camel(opening)}Intent": opening for opening in openings}


def _camel(opening: str) -> str:
    # Intent names hold letters and underscores only; "what's" and "whats" have to differ, "i" and "I'm" too.
    return "".join(word.replace("'", "_").capitalize() for word in opening.split())
