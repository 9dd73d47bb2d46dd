"""The OpenAPI document: besides what each endpoint declares, the answers that any of them may give."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from central.openapi_examples import OF_CONTENTS, OF_SCHEMAS
from central.schemas import FieldErrorOut, ProblemOut

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_ALWAYS = {"422": "A field is missing or not right.", "429": "Too many requests; see Retry-After."}
_WITH_BODY = {"400": "The body could not be read.", "413": "The body is too large."}
_WITH_USER = {
    "401": "Not signed in.",
    "403": "The role does not allow it, or a second factor must be set up first.",
    "503": "Maintenance, or the database is not there now; see Retry-After.",
}
_EXEMPT = ("/health", "/ready", "/metrics")
_DESCRIPTION = """
Head office of Kilotill. People sign in with `POST /token` and send the access token as
`Authorization: Bearer`. Money is in whole minor units (`…_minor`), units are thousandths (`…_milli`),
instants are UTC.

Refusals are problems (RFC 9457): programs look at `code`, listed in `docs/errors.md`. Every answer has
`X-Request-Id`, and limits show as `RateLimit-*`.
"""


def openapi_of(app: FastAPI) -> dict[str, Any]:
    """Return the document, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=_DESCRIPTION, routes=app.routes
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        problem = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
        problem.pop("$defs", None)
        schemas["Problem"] = problem | {"title": "Problem"}
        schemas["FieldErrorOut"] = FieldErrorOut.model_json_schema()
        for name, example in OF_SCHEMAS.items():
            if name in schemas:
                schemas[name]["examples"] = [example]
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                _complete(path, operation)
                _exemplify(method, path, operation)
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        app.openapi_schema = document
    return app.openapi_schema


def _exemplify(method: str, path: str, operation: dict[str, Any]) -> None:
    """Put examples at bodies that have no schema of their own."""
    bodies = {"request": operation.get("requestBody", {}), **operation["responses"]}
    for name, body in bodies.items():
        for content in body.get("content", {}).values():
            if (method, path, name) in OF_CONTENTS:
                content["example"] = OF_CONTENTS[method, path, name]


def _complete(path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    if path in _EXEMPT:
        return
    common = dict(_ALWAYS)
    if "requestBody" in operation:
        common |= _WITH_BODY
    if "security" in operation:
        common |= _WITH_USER
    for status, words in common.items():
        responses.setdefault(status, {"description": words, "content": _PROBLEM})
    for answer in responses.values():
        answer.setdefault("headers", {})["X-Request-Id"] = {"schema": {"type": "string"}}
    for status in ("429", "503"):
        if status in responses:
            responses[status]["headers"]["Retry-After"] = {
                "schema": {"type": "string", "pattern": "^[0-9]+$"}
            }
