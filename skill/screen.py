"""What a display shows while an answer is heard: an APL document, and its data apart from it. Plain dicts."""

from __future__ import annotations

from typing import Any

from skill.turns import Reply

TOKEN = "answer"  # noqa: S105 (names the document in later commands; no secret)

CHOOSE = "choose"
"""The first argument of a touch's event; the second is the answer id."""

_TITLE = {"type": "Text", "text": "${payload.screen.title}", "fontSize": "40dp", "fontWeight": "700"}
_TEXT = {"type": "Text", "text": "${payload.screen.text}", "fontSize": "28dp", "paddingTop": "24dp"}
_CHOICE = {
    "type": "TouchWrapper",
    "paddingTop": "24dp",
    "onPress": {"type": "SendEvent", "arguments": [CHOOSE, "${data.id}"]},
    "item": {"type": "Text", "text": "› ${data.text}", "fontSize": "32dp", "color": "#7fd6ff"},
}
_MARGINS = {"paddingLeft": "8vw", "paddingRight": "8vw", "paddingTop": "8vh", "paddingBottom": "8vh"}

# Version 1.4 without imports: every device that knows APL renders it, whatever packages it can reach.
DOCUMENT: dict[str, Any] = {
    "type": "APL",
    "version": "1.4",
    "theme": "dark",
    "mainTemplate": {
        "parameters": ["payload"],
        "items": [
            {
                "type": "ScrollView",
                "width": "100vw",
                "height": "100vh",
                "item": {
                    "type": "Container",
                    **_MARGINS,
                    "items": [
                        _TITLE,
                        _TEXT,
                        {"type": "Container", "data": "${payload.screen.choices}", "items": [_CHOICE]},
                    ],
                },
            }
        ],
    },
}


def data_sources(reply: Reply) -> dict[str, Any]:
    """The data of `DOCUMENT`. APL's text has markup of its own, so what is shown is escaped."""
    return {
        "screen": {
            "title": _shown(reply.card_title),
            # A list's card names what is there to touch already.
            "text": _shown(reply.speech[0] if reply.answer_id == "list" else reply.card_text or reply.speech[0]),
            "choices": [{"text": _shown(text), "id": answer_id} for text, answer_id in reply.choices],
        }
    }


def _shown(text: str) -> str:
    # Imported here: most devices have no screen, and a start is measured in milliseconds.
    from html import escape

    return escape(text, quote=False).replace("\n", "<br>")
