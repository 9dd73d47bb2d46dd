"""Paystack's envelope, its refusals and its two kinds of paging."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pos.gateways.sandbox.wire import Answer, Request, json_answer

Row = TypeVar("Row")
PAGE_ROWS, PAGE_ROWS_MAX = 50, 1000


def done(message: str, value: object = None, status: int = 200, **more: object) -> Answer:
    body: dict[str, object] = {"status": True, "message": message}
    if value is not None:
        body["data"] = value
    return json_answer(status, body | more)


def refused(
    status: int, message: str, code: str, *, kind: str = "validation_error", step: str = ""
) -> Answer:
    meta = {"nextStep": step or "Ensure that the values you are passing are right and try again"}
    body = {"status": False, "message": message, "meta": meta, "type": kind, "code": code}
    return json_answer(status, body)


def missing(what: str) -> Answer:
    return refused(400, f"{what} is required", "missing_params")


def invalid(message: str, status: int = 400) -> Answer:
    return refused(status, message, "invalid_params")


def from_text(value: object) -> object:
    """Return what JSON in a text holds, as some clients send members; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def no_reference() -> Answer:
    """Return the answer of submit and check about a reference that is none."""
    return json_answer(400, {"status": False, "message": "Transaction reference is invalid"})


def not_found(what: str) -> Answer:
    return refused(404, f"{what} not found", "not_found")


def page(
    request: Request,
    rows: Sequence[Row],
    message: str,
    view: Callable[[Row], object],
    *,
    has_text_size: bool = False,
    **meta: object,
) -> Answer:
    """Return the page of `rows` that the query asks for, counted or by cursor; some lists count in text."""
    size = _size(request)
    if request.query.get("use_cursor", "").lower() == "true":
        return _cursor_page(request, rows, message, view, size)
    number = _number(request)
    count = -(-len(rows) // size)
    shape = {
        "total": len(rows),
        "skipped": (number - 1) * size,
        "perPage": str(size) if has_text_size else size,
    }
    shape["page"] = number
    chosen = [view(row) for row in numbered(request, rows)]
    return done(message, chosen, meta=shape | {"pageCount": count} | meta)


def numbered(request: Request, rows: Sequence[Row]) -> Sequence[Row]:
    """Return the rows of the page whose number the query asks for."""
    size, number = _size(request), _number(request)
    return rows[(number - 1) * size : number * size]


def _size(request: Request) -> int:
    size = _whole(request.query, "perPage", _whole(request.query, "per_page", PAGE_ROWS))
    return min(max(size, 1), PAGE_ROWS_MAX)


def _number(request: Request) -> int:
    return max(_whole(request.query, "page", 1), 1)


def _cursor_page(
    request: Request, rows: Sequence[Row], message: str, view: Callable[[Row], object], size: int
) -> Answer:
    cursor = request.query.get("next") or request.query.get("previous") or ""
    start = _cursor_place(cursor) if cursor else 0
    if start is None:
        return invalid("The cursor is not one of ours")
    following = start + size
    meta = {
        "next": _cursor(following) if following < len(rows) else None,
        "previous": _cursor(max(start - size, 0)) if start > 0 else None,
        "perPage": size,
    }
    return done(message, [view(row) for row in rows[start:following]], meta=meta)


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(f"row:{place}".encode()).decode()


def _cursor_place(cursor: str) -> int | None:
    try:
        word, _, place = base64.urlsafe_b64decode(cursor).decode().partition(":")
    except ValueError:
        return None
    return int(place) if word == "row" and place.isdecimal() else None


def _whole(query: Mapping[str, Any], name: str, otherwise: int) -> int:
    text = str(query.get(name, ""))
    return int(text) if text.isdecimal() else otherwise
