"""The smallest skill of the SDK, on the server that ours runs on: what `bench web` measures against.

Run as `python -m skill.adapters.hello WORKERS`; it answers every request alike, and tells its port as `serve` does.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from ask_sdk_core.skill_builder import SkillBuilder
from flask import Flask

from skill.adapters.serving import listen, serve, supervise
from skill.adapters.web import MAX_BODY, skill_adapter


def build_hello() -> Flask:
    """Make it as the SDK's own example does, without verification."""
    builder = SkillBuilder()
    # The SDK calls handlers by the names of their parameters.
    builder.request_handler(lambda handler_input: True)(_hello)
    web = Flask("hello", static_folder=None)
    web.config["ASK_SDK_VERIFY_SIGNATURE"] = web.config["ASK_SDK_VERIFY_TIMESTAMP"] = False
    skill_adapter()(skill=builder.create(), skill_id="hello", app=web).register(app=web, route="/")
    return web


def _hello(handler_input: Any) -> Any:
    return handler_input.response_builder.speak("hello").ask("hello?").response


def main(workers: int) -> None:
    logging.basicConfig(level=logging.INFO)
    listener = listen("127.0.0.1", 0)
    print(f"Listening on http://127.0.0.1:{listener.getsockname()[1]}", file=sys.stderr, flush=True)
    web = build_hello()
    if workers == 1:
        serve(web, listener, MAX_BODY)
    else:
        supervise(lambda: serve(web, listener, MAX_BODY), workers)


if __name__ == "__main__":
    main(int(sys.argv[1]))
