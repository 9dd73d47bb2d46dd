"""The refusals that endpoints name in the OpenAPI document; those of every endpoint come by themselves."""

from __future__ import annotations

from typing import Any

from central.schemas import ProblemOut

_WORDS = {
    304: "The client has it already.",
    401: "Not signed in.",
    403: "The role does not allow it.",
    404: "There is no such thing, or it is not yours to see.",
    409: "It stands against what is there.",
    410: "It is not known any more.",
    426: "The program that asks is too old.",
    412: "It was changed meanwhile.",
    428: "If-Match is missing.",
    503: "Not now.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return descriptions of these answers."""
    found: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        found[status] = {"description": _WORDS[status]}
        if status != 304:
            found[status]["content"] = {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            }
    return found


PROBLEM_SCHEMA = ProblemOut
