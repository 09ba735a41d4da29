"""What a display shows while an answer is heard: an APL document, and its data apart from it. Plain dicts."""

from __future__ import annotations

from html import escape
from typing import Any

TOKEN = "answer"  # noqa: S105 (names the document in later commands; no secret)

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
                    "paddingLeft": "8vw",
                    "paddingRight": "8vw",
                    "paddingTop": "8vh",
                    "paddingBottom": "8vh",
                    "items": [
                        {"type": "Text", "text": "${payload.screen.title}", "fontSize": "40dp", "fontWeight": "700"},
                        {"type": "Text", "text": "${payload.screen.text}", "fontSize": "28dp", "paddingTop": "24dp"},
                    ],
                },
            }
        ],
    },
}


def data_sources(title: str, text: str) -> dict[str, Any]:
    """The data of `DOCUMENT`. APL's text has markup of its own, so what is shown is escaped."""
    return {"screen": {"title": escape(title, quote=False), "text": escape(text, quote=False).replace("\n", "<br>")}}
