"""Answers about one row that has a version: its ETag, and the If-Match of a change."""

from __future__ import annotations

from typing import Annotated, Protocol

from fastapi import Header, Request, Response

from central.etags import cacheable
from central.schemas import PRINTABLE

IfMatch = Annotated[
    str | None,
    Header(description="The ETag of what you read, or `*`: whichever there is.", pattern=PRINTABLE),
]


class Versioned(Protocol):
    """A row as it is answered."""

    version: str

    def model_dump_json(self) -> str:
        """Return it as JSON."""


def read_answer(request: Request, found: Versioned) -> Response:
    """Answer with a row and its ETag, or with 304 where the client has it."""
    return cacheable(request, found.model_dump_json().encode(), tag=f'"{found.version}"')


def changed_answer(found: Versioned, *, status: int = 200) -> Response:
    """Answer with a row as it is after a change, and its ETag."""
    headers = {"ETag": f'"{found.version}"'}
    return Response(found.model_dump_json(), status, headers, media_type="application/json")
