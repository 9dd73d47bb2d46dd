"""The OpenAPI document: every body has an example, and every example is what its schema says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator

from central.app import create_app
from central.openapi_examples import OF_CONTENTS, OF_SCHEMAS
from central.services.master import checked_record
from pos.domain.canonical import canonical_bytes
from pos.domain.tariff_json import tariff_from_json
from tests.server.rig import settings_of


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("openapi")
    app = create_app(settings_of(f"sqlite:///{folder / 'never.sqlite'}", folder))
    app.state.database.close()
    return app.openapi()


def bodies(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every body that is sent, and every one of an answer that is a success."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            sent = {"request": operation.get("requestBody", {})}
            good = {status: one for status, one in operation["responses"].items() if status.startswith("2")}
            for name, body in (sent | good).items():
                for content in body.get("content", {}).values():
                    yield f"{method} {path} {name}", content


def has_example(document: dict[str, Any], schema: dict[str, Any], seen: tuple[str, ...] = ()) -> bool:
    if "examples" in schema or "example" in schema:
        return True
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return name not in seen and has_example(
            document, document["components"]["schemas"][name], (*seen, name)
        )
    parts = [*schema.get("properties", {}).values(), *schema.get("anyOf", ()), *schema.get("allOf", ())]
    if "items" in schema:
        parts.append(schema["items"])
    return any(has_example(document, part, seen) for part in parts)


def test_every_body_that_travels_has_an_example(document: dict[str, Any]) -> None:
    without = [
        name
        for name, content in bodies(document)
        if "example" not in content and not has_example(document, content.get("schema", {}))
    ]

    assert without == []


@pytest.mark.parametrize("name", sorted(OF_SCHEMAS))
def test_example_is_what_its_schema_says_and_belongs_to_one(document: dict[str, Any], name: str) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}

    errors = OAS31Validator(schema).iter_errors(OF_SCHEMAS[name])

    assert [f"{list(error.path)}: {error.message}" for error in errors] == []
    known = document["components"]["schemas"][name].get("properties", {})
    assert sorted(set(OF_SCHEMAS[name]) - set(known)) == []


def test_examples_of_bodies_without_a_schema_belong_to_one(document: dict[str, Any]) -> None:
    known = {name for name, _ in bodies(document)}

    assert sorted(" ".join(key) for key in OF_CONTENTS if " ".join(key) not in known) == []


def test_examples_are_what_the_program_takes() -> None:
    proposed = OF_SCHEMAS["ProposalsRequest"]["proposals"][0]
    quote = OF_SCHEMAS["VendRequest"]["quote"]

    assert hashlib.sha256(proposed["record"].encode()).hexdigest() == proposed["record_sha256"]
    assert tariff_from_json(OF_SCHEMAS["TariffIn"]["body"]).code == "RES"
    assert checked_record("fraud_rules", OF_SCHEMAS["RecordIn"]["body"])["action"] == "hold"
    assert canonical_bytes(quote)
    (item,) = quote["items"]
    assert sum(line["amount_minor"] for line in item["lines"]) == item["money_minor"]
