"""Entity tags: what a client has already is not sent again, and a change is made to what was read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Request, Response

from central.errors import Problem

_VERSION = re.compile(r'"([0-9]{1,9})"')
# What is no plain value becomes its text.
_AS_TEXT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
_TAG = re.compile(r'(?:W/)?"[^"]*"')


def json_bytes(content: Any) -> bytes:
    """Return JSON as all our answers have it."""
    return orjson.dumps(content, default=str, option=_AS_TEXT)


def cacheable(
    request: Request,
    body: bytes,
    *,
    tag: str | None = None,
    max_age_s: int = 0,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with a tag of the content, or with 304 where the client named it.

    Answers are private: they differ by who asks. `max_age_s` 0: a client asks again each time.
    """
    etag = tag or f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    age = f"private, max-age={max_age_s}" if max_age_s else "private, no-cache"
    fields = {"ETag": etag, "Cache-Control": age, "Vary": "Authorization", **(headers or {})}
    if _is_known(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=fields)
    return Response(body, media_type="application/json", headers=fields)


def tag_of(values: Mapping[str, Any]) -> str:
    """Return a tag of some values, for what has no version of its own; names of columns are taken as text."""
    said = {str(name): value for name, value in values.items()}
    return hashlib.sha256(json_bytes(said)).hexdigest()[:16]


def tag_wanted(if_match: str | None) -> str | None:
    """Return the tag a change was made from, without its quotes; None where the client takes any (`*`).

    Raises Problem 428 `request.if_match`.
    """
    return None if _stated(if_match) == "*" else _stated(if_match).strip('"')


def version_wanted(if_match: str | None) -> int | None:
    """Return the version a change was made from; None where the client takes any (`*`).

    Raises Problem 428 `request.if_match`; 412 `request.stale`.
    """
    stated = _stated(if_match)
    if stated == "*":
        return None
    found = _VERSION.fullmatch(stated)
    if found is None:
        raise Problem("request.stale", "If-Match names no version of this: read it again.", status=412)
    return int(found[1])


def _stated(if_match: str | None) -> str:
    if not if_match:
        raise Problem(
            "request.if_match", "Say which version you read: If-Match with the ETag of it.", status=428
        )
    return if_match.strip()


def _is_known(if_none_match: str | None, etag: str) -> bool:
    if if_none_match is None:
        return False
    named = _TAG.findall(if_none_match)
    return if_none_match.strip() == "*" or etag in (tag.removeprefix("W/") for tag in named)
