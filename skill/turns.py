"""What passes between a door and the dialog: a turn came in, a reply goes out, a session is remembered. Plain data."""

from typing import NamedTuple

LAUNCH, UTTERANCE, COMMAND, NOTHING_HEARD = "launch", "utterance", "command", "nothing-heard"
CHOICE = "choice"
"""One of a few that were offered: by its place, or touched on a screen."""


class Turn(NamedTuple):
    """What a person did."""

    kind: str
    """`launch`, `utterance`, `command`, `choice` or `nothing-heard`"""
    locale: str
    utterance: str = ""
    """what was heard; never kept"""
    command: str = ""
    """the command, where the door knows it without words"""
    subject: str = ""
    """the subject that the platform recognised in the utterance, if it did"""
    aspects: tuple[str, ...] = ()
    """the aspects that the platform recognised; of a subject that has several of them, the first is meant"""
    choice: str = ""
    """a place (`first`, `second`, `third`, `last`), or an answer id"""


class Said(NamedTuple):
    """What was said last, so that it can be said again: never the words of a person."""

    kind: str
    """`answer`, `more`, `clarify`, `list`, `sources`, `emergency` or `phrase`"""
    id: str
    """an answer id, a sign, a phrase; of `list` the symptom, of `clarify` the phrase it was asked with"""
    with_disclaimer: bool = False


class Session(NamedTuple):
    """What is remembered between turns: ids and positions."""

    said: Said | None = None
    answer_id: str = ""
    """the last answer given, which follow-ups are about"""
    offered: str = ""
    """what a yes asks for: an answer id, `more`, or `list`"""
    had_disclaimer: bool = False
    options: tuple[str, ...] = ()
    """the answer ids that wait for a choice: of an either/or, or of a list"""
    before: str = ""
    """the answer given before the last, or `list` where it was chosen from one"""
    others: tuple[str, ...] = ()
    """the answer ids that the last utterance might have meant as well"""
    had_more: bool = False
    """whether more of the last answer was heard"""
    list_of: str = ""
    """the symptom whose causes are being listed"""
    list_at: int = 0
    """how many causes came before those named last"""


class Reply(NamedTuple):
    """What the skill answers."""

    answer_id: str
    """an answer id, or `emergency`, `none`, `clarify`, `repeat`, `more`, `list`, `help`, `launch`, `stop`"""
    speech: tuple[str, ...]
    """plain sentences, in parts that a reader would pause between"""
    ssml: str
    reprompt: str
    reprompt_ssml: str
    open: bool
    card_title: str = ""
    card_text: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    """what a screen offers to touch: (text, answer id)"""
    candidates: tuple[tuple[str, float], ...] = ()
    """(id, confidence), best first"""
