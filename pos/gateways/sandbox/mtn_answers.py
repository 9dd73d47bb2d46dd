"""The forms in which MTN refuses."""

from __future__ import annotations

import re

from pos.gateways.sandbox.mtn_data import MESSAGES
from pos.gateways.sandbox.wire import Answer, Request, json_answer

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def error(status: int, code: str, message: str = "") -> Answer:
    return json_answer(status, {"code": code, "message": message or MESSAGES.get(code, code)})


def gateway_error(status: int, message: str) -> Answer:
    """Return a refusal of the machine in front of MTN's own."""
    return json_answer(status, {"statusCode": status, "message": message})


def reference_of(request: Request) -> str:
    """Return the caller's reference; a UUID is the same one in capitals."""
    return request.header("x-reference-id").lower()


def is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None
