"""What passes between a door and the dialog: a turn came in, a reply goes out, a session is remembered. Plain data."""

from __future__ import annotations

from typing import NamedTuple

LAUNCH, UTTERANCE, COMMAND, NOTHING_HEARD = "launch", "utterance", "command", "nothing-heard"


class Turn(NamedTuple):
    """What a person did."""

    kind: str
    """`launch`, `utterance`, `command` or `nothing-heard`"""
    locale: str
    utterance: str = ""
    """what was heard; never kept"""
    command: str = ""
    """the command, where the door knows it without words"""


class Said(NamedTuple):
    """What was said last, so that it can be said again: never the words of a person."""

    kind: str
    """`answer`, `more`, `clarify`, `emergency` or `phrase`"""
    id: str
    with_disclaimer: bool = False


class Session(NamedTuple):
    """What is remembered between turns: ids and positions."""

    said: Said | None = None
    answer_id: str = ""
    """the last answer given, which follow-ups are about"""
    offered: str = ""
    """the answer id that a yes asks for, or `more`"""
    had_disclaimer: bool = False
    options: tuple[str, ...] = ()
    """the two answer ids of an either/or that waits for a choice"""


class Reply(NamedTuple):
    """What the skill answers."""

    answer_id: str
    """an answer id, or `emergency`, `none`, `clarify`, `repeat`, `more`, `help`, `launch`, `stop`"""
    speech: tuple[str, ...]
    """plain sentences, in parts that a reader would pause between"""
    ssml: str
    reprompt: str
    reprompt_ssml: str
    open: bool
    card_title: str = ""
    card_text: str = ""
    candidates: tuple[tuple[str, float], ...] = ()
    """(id, confidence), best first"""
