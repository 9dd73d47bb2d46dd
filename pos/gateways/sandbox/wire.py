"""Requests and answers of the sandbox as plain values, and the table that finds the handler of a path."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

JSON = "application/json"
HTML = "text/html; charset=utf-8"


class BadBodyError(Exception):
    """The body is not a JSON object (or a form)."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came; names of headers are in lower case."""

    method: str
    parts: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    base_url: str = ""
    named: Mapping[str, str] = field(default_factory=dict)

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    def bearer(self) -> str:
        scheme, _, token = self.header("authorization").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    def is_form(self) -> bool:
        """Say whether the body is a form; some tools call JSON one, but no form begins with a brace."""
        is_called_form = self.header("content-type").startswith("application/x-www-form-urlencoded")
        return is_called_form and not self.body.lstrip().startswith(b"{")

    def fields(self) -> dict[str, Any]:
        """Return the body's fields; an empty body or a JSON null is none. Raises BadBodyError."""
        if not self.body.strip():
            return {}
        if self.is_form():
            return _nested(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise BadBodyError from error
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise BadBodyError
        return value


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back; `is_cut` breaks the connection instead."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    skew_s: float = 0
    is_cut: bool = False


CUT = Answer(0, is_cut=True)


def json_answer(status: int, value: object) -> Answer:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    # Half a surrogate pair that a client sent stays written out, as JSON has it.
    return Answer(status, text.encode("utf-8", "backslashreplace"))


def empty_answer(status: int) -> Answer:
    return Answer(status, content_type="")


def html_fault(status: int) -> Answer:
    """Return what a broken machine in front of the provider would say."""
    title = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}[status]
    page = f"<html><head><title>{status} {title}</title></head><body><h1>{status} {title}</h1></body></html>"
    return Answer(status, page.encode(), HTML)


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path whose parts in braces are named values."""

    method: str
    template: str
    handler: Callable[[Request], Answer]
    parts: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(self.template.strip("/").split("/")))

    def match(self, parts: tuple[str, ...]) -> dict[str, str] | None:
        if len(parts) != len(self.parts):
            return None
        named = {}
        for wanted, found in zip(self.parts, parts, strict=True):
            if wanted.startswith("{"):
                named[wanted[1:-1]] = found
            elif wanted != found:
                return None
        return named


_FORM_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


def _nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the members of a form: `a[b]=1` is a member of a member, `a[]=1` one of a list."""
    members: dict[str, Any] = {}
    for name, value in pairs:
        found = _FORM_NAME.fullmatch(name)
        keys = [name] if found is None else [found[1], *found[2].strip("[]").split("][")]
        if found is None or not found[2]:
            members[name] = value
        elif len(keys) == 2 and not keys[1]:
            listed = members.setdefault(keys[0], [])
            if isinstance(listed, list):
                listed.append(value)
        else:
            _put(members, keys, value)
    return members


def _put(members: dict[str, Any], keys: list[str], value: str) -> None:
    inner: object = members
    for key in keys[:-1]:
        if not isinstance(inner, dict):
            return
        inner = inner.setdefault(key, {})
    if isinstance(inner, dict):
        inner[keys[-1]] = value
