"""Alexa's session attributes: what is remembered between turns, as JSON. They pass through the person's device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from skill.turns import Reply, Said, Session

MAX_ID = 100
"""Characters of an id in a session; what is longer was not written by this skill."""

MAX_OPTIONS = 3

MAX_POSITION = 100_000


def read_session(attributes: Mapping[str, Any]) -> Session:
    """Read what was remembered. Whatever is not as this version writes it is forgotten."""
    last = attributes.get("last")
    said = None
    if isinstance(last, dict) and _is_id(last.get("kind")) and _is_id(last.get("id")):
        said = Said(last["kind"], last["id"], last.get("disclaimer") is True)
    at = attributes.get("list_at")
    return Session(
        said=said,
        answer_id=_id(attributes.get("about")),
        before=_id(attributes.get("before")),
        offered=_id(attributes.get("offered")),
        had_disclaimer=attributes.get("had_disclaimer") is True,
        options=_ids(attributes.get("options")),
        others=_ids(attributes.get("others")),
        had_more=attributes.get("had_more") is True,
        list_of=_id(attributes.get("list_of")),
        list_at=at if type(at) is int and 0 <= at < MAX_POSITION else 0,
    )


def write_session(reply: Reply, session: Session) -> dict[str, Any]:
    """Write what is to be remembered, and the reply's id and candidates for clients that look at them."""
    said = session.said
    return {
        "answer_id": reply.answer_id,
        "candidates": [[name, round(confidence, 3)] for name, confidence in reply.candidates],
        "last": {"kind": said.kind, "id": said.id, "disclaimer": said.with_disclaimer} if said else None,
        "about": session.answer_id,
        "before": session.before,
        "offered": session.offered,
        "had_disclaimer": session.had_disclaimer,
        "options": list(session.options),
        "others": list(session.others),
        "had_more": session.had_more,
        "list_of": session.list_of,
        "list_at": session.list_at,
    }


def _id(value: Any) -> str:
    return value if _is_id(value) else ""


def _ids(value: Any) -> tuple[str, ...]:
    return tuple(filter(_is_id, value[:MAX_OPTIONS])) if isinstance(value, list) else ()


def _is_id(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) <= MAX_ID
