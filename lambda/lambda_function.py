"""The Lambda entry: loads the knowledge once, when the function starts, and exposes the handler."""

# ruff: noqa: E402 (the collector has to be off before the imports)

import gc

# Nothing that a start makes is thrown away before its end, so looking for it is time lost.
gc.disable()

import logging
import os
from typing import Any

from skill.adapters.alexa import build_handler
from skill.app import App
from skill.knowledge.compiled import Compiled

SKILL_ID = os.environ.get("SKILL_ID", "")
"""The only skill that is answered; empty on a tester's machine, where any is."""

APPLICATION = {"application": {"applicationId": SKILL_ID}}

MATCHED = {"status": {"code": "ER_SUCCESS_MATCH"}, "values": [{"value": {"name": "why", "id": "why"}}]}

BUILD = os.path.join(os.path.dirname(os.path.dirname(__file__)), "build", "knowledge.bin")
"""The knowledge as it was built: there are no files here to build it from."""

FIRST_REQUESTS: tuple[dict[str, Any], ...] = (
    {"type": "LaunchRequest"},
    {
        "type": "IntentRequest",
        "intent": {
            "name": "QuestionIntent",
            "slots": {"question": {"value": "why", "resolutions": {"resolutionsPerAuthority": [MATCHED]}}},
        },
    },
)
"""With all the parts that the skill reads: the SDK loads a class for each when it meets one."""

handler = build_handler(App.of(Compiled(BUILD)), SKILL_ID)

# What a first request loads is loaded now, where Lambda gives a whole processor and a snapshot keeps it. No one
# asked, so it is not counted.
logging.disable()
for request in FIRST_REQUESTS:
    handler({"session": APPLICATION, "context": {"System": APPLICATION}, "request": request}, None)
logging.disable(logging.NOTSET)

gc.freeze()
gc.enable()
