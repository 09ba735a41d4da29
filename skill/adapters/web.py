"""The skill as a web service, for those who host it themselves: the very handler that Lambda runs, behind flask-ask-sdk."""

from __future__ import annotations

import importlib
import json
import logging
import sys
import traceback
import types
from typing import Any

from ask_sdk_core.serialize import DefaultSerializer
from ask_sdk_core.skill import CustomSkill, SkillConfiguration
from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest, HTTPException

from skill.adapters.alexa import Handler
from skill.adapters.reloading import LiveSkill
from skill.adapters.verification import RefusedError, Verifier, read_event

MAX_BODY = 256_000
"""Bytes of a request. Alexa's are a few thousand; the session attributes that it sends back may hold as much as a response."""

log = logging.getLogger(__name__)


def build_web(skill: LiveSkill, verifier: Verifier | None) -> Flask:
    """Make the WSGI application. Without a verifier it answers anyone, which is for this machine alone."""
    # Not named for this module: its logger would be ours, which stays on.
    web = Flask("body-signals", static_folder=None)
    web.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    # Ours stands before: these parse a body before they know who sent it.
    web.config["ASK_SDK_VERIFY_SIGNATURE"] = web.config["ASK_SDK_VERIFY_TIMESTAMP"] = False
    # The adapter logs tracebacks, and their messages repeat what was sent.
    web.logger.disabled = True
    adapter = skill_adapter()(skill=_AsLambda(skill), skill_id=None, app=web)

    @web.post("/")
    def answer() -> Any:
        body = request.get_data()
        try:
            if verifier is not None:
                verifier.verify_bytes(request.headers, body)
            event = read_event(body)
            if verifier is not None:
                verifier.verify_event(event)
        except RefusedError as refused:
            log.warning("refused: %s", refused)
            raise BadRequest from None
        return adapter.dispatch_request()

    @web.get("/healthz")
    def healthz() -> Response:
        return _plain("alive")

    @web.get("/readyz")
    def readyz() -> Response:
        return _plain("ready") if skill.is_ready() else _plain("not ready", 503)

    @web.errorhandler(Exception)
    def fail(error: Exception) -> Response:
        if isinstance(error, HTTPException):
            # Its headers (which methods are allowed) without its page, which can hold what was sent.
            response = _plain(error.name.lower(), error.code or 500)
            response.headers.extend({name: value for name, value in error.get_headers() if name == "Allow"})
            return response
        # Not its message, which can hold what was sent.
        log.error("failed: %s in %s", type(error).__name__, traceback.extract_tb(error.__traceback__)[-1].name)
        return _plain("failed", 500)

    return web


def _plain(text: str, status: int = 200) -> Response:
    return Response(f"{text}\n", status, content_type="text/plain; charset=utf-8")


class _AsLambda(CustomSkill):
    """The Lambda's handler in the shape that the adapter takes, so that both doors cannot differ."""

    def __init__(self, handler: Handler) -> None:
        super().__init__(SkillConfiguration(request_mappers=[], handler_adapters=[]))
        self.serializer = _Json()
        self._handler = handler

    def invoke(self, request_envelope: Any, context: Any) -> Any:
        return self._handler(request_envelope, context)


class _Json(DefaultSerializer):
    """Reads and writes plain JSON: the handler itself makes the SDK's objects of it."""

    def deserialize(self, payload: str | None, obj_type: Any) -> Any:
        return json.loads(payload or "")

    def serialize(self, response: Any) -> Any:
        return response


def skill_adapter() -> Any:
    """Import flask-ask-sdk's SkillAdapter past certvalidator, which it would check signatures with.

    certvalidator needs oscrypto, whose last release does not know OpenSSL versions such as 3.0.19 and fails when imported.
    """
    if "flask_ask_sdk.skill_adapter" not in sys.modules:
        validator, errors = types.ModuleType("certvalidator"), types.ModuleType("certvalidator.errors")
        stubs: dict[str, Any] = {"certvalidator": validator, "certvalidator.errors": errors}
        validator.CertificateValidator = None  # type: ignore[attr-defined]
        errors.PathError = errors.ValidationError = RefusedError  # type: ignore[attr-defined]
        real = {name: sys.modules.get(name) for name in stubs}
        sys.modules.update(stubs)
        try:
            importlib.import_module("flask_ask_sdk.skill_adapter")
        finally:
            for name, module in real.items():
                if module is None:
                    del sys.modules[name]
                else:
                    sys.modules[name] = module
    return sys.modules["flask_ask_sdk.skill_adapter"].SkillAdapter
