"""Paystack's published description of its answers, and where it is stricter than Paystack itself.

The file in tests/data is kept as published. It was made from sample answers, so it demands in a few places
what no true answer can have. Each such place is named in QUIRKS, as the path of a value below the answer, and
the complaint about it is passed over; nothing else is.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import yaml
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

FILE = Path(__file__).parents[3] / "data" / "paystack-openapi.yaml"
ROOT = "urn:paystack"
QUIRKS: dict[str, frozenset[str]] = {
    # A list may hold payments that are not paid: the file lets paid_at be null, but not its twin paidAt.
    "GET /transaction": frozenset({"data.*.paidAt"}),
    # The file knows only charges and single transactions that are done: with time and reusable card.
    "POST /charge": frozenset({"data.paid_at", "data.paidAt", "data.authorization.authorization_code"}),
    "GET /transaction/{id}": frozenset({"data.paid_at", "data.paidAt", "data.fees", "data.authorization"}),
    # Every country must describe the banks of Nigeria and of the dollar.
    "GET /country": frozenset({"data.*.relationships.currency"}),
    # The code of a mistake is there said to be one of the three types of mistakes.
    "404": frozenset({"code"}),
}


@functools.cache
def _document() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: dict[str, Any] = yaml.load(FILE.read_text(encoding="utf-8"), Loader=loader)
    return document


@functools.cache
def _registry() -> Registry[Any]:
    resource = Resource(contents=_document(), specification=DRAFT4)
    return Registry().with_resource(ROOT, resource)


def complaints(method: str, path: str, answer: object, status: int = 200) -> list[str]:
    """Return what the published description has against an answer, without the named quirks."""
    response = _document()["paths"][path][method.lower()]["responses"][str(status)]
    if "$ref" in response:
        name = response["$ref"].rsplit("/", 1)[-1]
        pointer = f"#/components/responses/{name}/content/application~1json/schema"
    else:
        place = path.replace("~", "~0").replace("/", "~1")
        pointer = f"#/paths/{place}/{method.lower()}/responses/{status}/content/application~1json/schema"
    validator = OAS30Validator({"$ref": f"{ROOT}{pointer}"}, registry=_registry())
    quirks = QUIRKS.get(f"{method} {path}", frozenset()) | QUIRKS.get(str(status), frozenset())
    found = []
    for error in validator.iter_errors(answer):
        place = ".".join("*" if isinstance(part, int) else str(part) for part in error.absolute_path)
        if not any(place == quirk or place.startswith(f"{quirk}.") for quirk in quirks):
            found.append(f"{place}: {error.message[:300]}")
    return found
