"""The OpenAPI document against the server: every role asks every endpoint, fittingly and not.

`KILOTILL_SCHEMATHESIS_EXAMPLES` says how many requests each role makes per endpoint and kind (2; at most 50).
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import select, update

from central.app import create_app
from central.models.identity import organisation, users
from central.models.transactions import transactions
from central.services.sessions import begin_session
from central.source import COMMAND_LINE
from pos.domain.permissions import Role
from tests.server.rig import Server, make_server, settings_of

EXAMPLES = min(50, int(os.environ.get("KILOTILL_SCHEMATHESIS_EXAMPLES", "2")))
SEED = 20261120
CANARY = "canary-of-the-other-organisation"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
METHODS = ("get", "post", "put", "patch", "delete")
NOBODY = "nobody"


@schemathesis.serializer("application/x-ndjson")
def _lines(_context: Any, value: Any) -> bytes:
    """What a till pushes: whatever was made for it, as bytes."""
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def _document() -> dict[str, Any]:
    """The document as a server without a database serves it; tests are named after its endpoints."""
    app = create_app(settings_of("sqlite://", Path()))
    document: dict[str, Any] = app.openapi()
    app.state.database.close()
    return document


DOCUMENT = _document()
# What is served under /v1 too is the same code: once is enough.
_TWICE = {f"/v1{path}" for path in DOCUMENT["paths"] if not path.startswith("/v1/")}
OPERATIONS = [
    (method.upper(), path)
    for path, operations in DOCUMENT["paths"].items()
    for method in operations
    if method in METHODS and path not in _TWICE
]


@dataclass(frozen=True, slots=True)
class World:
    """Two organisations with people and transactions; ids of one's own, of the others, and of nobody."""

    server: Server
    here: UUID
    there: UUID
    people: dict[str, UUID]
    ids: list[str]
    strangers: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def world(postgres_url: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    url = postgres_url.render_as_string(hide_password=False)
    server = make_server(settings_of(url, tmp_path_factory.mktemp("schemathesis")))
    run = uuid4().hex[:8]
    here, there = server.make_organisation(f"here-{run}"), server.make_organisation(f"{CANARY}-{run}"[:40])
    people = {role.value: server.make_user(here, role.name.lower().replace("_", "-"), role) for role in Role}
    ids, strangers = [str(here), *map(str, people.values()), str(uuid4())], [str(there)]
    for own, place, found in ((True, here, ids), (False, there, strangers)):
        boss = server.person(Role.SUPERVISOR, organisation_id=place, username="maker" if own else "stranger")
        found.append(str(boss.id))
        for note in ("mine", CANARY):
            body = {
                "type": "bill",
                "money_minor": 700,
                "currency": "RWF",
                "note": note if not own else "mine",
            }
            found.append(boss.post("/transactions/", json=body).json()["id"])
        found.append(boss.get("/v1/sessions").json()["items"][0]["id"])
    yield World(server, here, there, people, ids, strangers)
    server.database.close()


def _sign_in(world: World, role: str) -> dict[str, str]:
    """A session without a password's cost; and nothing of what an administrator's example set stays."""
    database, now = world.server.database, world.server.clock.now()
    with database.write() as connection:
        connection.execute(update(organisation).values(maintenance_until=None, requires_two_factor=False))
        if role == NOBODY:
            return {}
        user = connection.execute(select(users).where(users.c.id == world.people[role])).one()
        tokens = begin_session(
            connection,
            user,
            now=now,
            lifetime=world.server.settings.refresh_lifetime,
            source=COMMAND_LINE,
            has_second_factor=False,
        )
    access = world.server.app.state.access_tokens.issue(tokens.user_id, tokens.session_id, now=now)
    return {"Authorization": f"Bearer {access}"}


def _there(world: World) -> list[Any]:
    """All that the other organisation has."""
    with world.server.database.read() as connection:
        return [
            connection.execute(
                select(table).where(table.c.organisation_id == world.there).order_by(table.c.id)
            ).all()
            for table in (users, transactions)
        ]


ONCE = settings(
    max_examples=EXAMPLES,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def _ask(role: str, client: Any, world: World, case: Any, known: str | None) -> None:
    """One request, its answer held against the document; nothing of the other organisation is in it."""
    if known is not None and case.path_parameters:
        case.path_parameters = dict.fromkeys(case.path_parameters, known)
    signed_in = _sign_in(world, role)
    case.headers = {**(case.headers or {}), **signed_in}
    if not signed_in:
        case.headers.pop("Authorization", None)
    answer = case.call(session=client)
    case.validate_response(answer, checks=CHECKS)
    assert CANARY not in answer.text_lossy()


@pytest.mark.postgres
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_endpoint_keeps_its_word_whoever_asks_for_whatever(world: World, method: str, path: str) -> None:
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    operation = schema[path][method]
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))
    ids = st.none() | st.sampled_from(world.ids + world.strangers)
    before = _there(world)

    for role in [*(role.value for role in Role), NOBODY]:
        with asgi.get_client(world.server.app) as client:
            seed(SEED)(ONCE(given(st.just(role), st.just(client), st.just(world), cases, ids)(_ask)))()

    assert _there(world) == before


def test_document_has_examples_tags_and_refusals_everywhere() -> None:
    for method, path in OPERATIONS:
        operation = DOCUMENT["paths"][path][method.lower()]
        assert operation["summary"], path
        assert operation["tags"], path
        refusals = [status for status in operation["responses"] if status.startswith("4")]
        assert refusals or path in ("/health", "/ready", "/metrics"), path
        for status in refusals:
            content = operation["responses"][status]["content"]
            assert list(content) == ["application/problem+json"], (path, status)


def test_document_lets_people_sign_in_with_oauth2() -> None:
    flows = [
        scheme["flows"]["password"]
        for scheme in DOCUMENT["components"]["securitySchemes"].values()
        if scheme["type"] == "oauth2"
    ]

    assert [flow["tokenUrl"] for flow in flows] == ["token"]
    assert len(OPERATIONS) > 30
