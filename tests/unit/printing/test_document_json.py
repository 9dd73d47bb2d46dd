"""Stored papers: their bytes, their hash, and what is refused."""

import hashlib

import pytest

from pos.domain.canonical import JsonError
from pos.printing.document import Document, DrawerKick, Row, Rule, Text, opening_drawer, sha256_of
from pos.printing.document_json import document_bytes, document_from_bytes
from tests.factories.papers import papers, receipts

SMALL = Document("receipt", "rw", (Text("Murakoze"), Row("a", "b", is_bold=True), Rule()))
BODY = (
    b'{"blocks":[{"block":"text","text":"Murakoze"},{"block":"row","is_bold":true,"left":"a","right":"b"},'
    b'{"block":"rule"}],"kind":"receipt","language":"rw","v":1}'
)


def test_document_when_stored_is_canonical_and_leaves_defaults_out() -> None:
    assert document_bytes(SMALL) == BODY
    assert document_from_bytes(BODY) == SMALL
    assert sha256_of(BODY) == hashlib.sha256(BODY).hexdigest()


def test_every_paper_when_stored_is_read_back_the_same() -> None:
    for name, document in (receipts("fr") | papers("fr")).items():
        assert document_from_bytes(document_bytes(document)) == document, name


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (BODY.replace(b'"v":1', b'"v":2'), "document.version"),
        (BODY.replace(b'"rule"', b'"video"'), "document.block"),
        (BODY.replace(b'"left":"a"', b'"left":1'), "json.field_type"),
        (BODY.replace(b'"kind":"receipt",', b""), "json.field_missing"),
        (
            b'{"v":1,"kind":"","language":"","blocks":[{"block":"signatures","labels":["a",2]}]}',
            "json.field_type",
        ),
        (b"[]", "json.field_type"),
    ],
)
def test_document_when_it_is_not_ours_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(JsonError) as refused:
        document_from_bytes(body)
    assert refused.value.code == code


def test_document_when_it_opens_the_drawer_does_so_first() -> None:
    assert opening_drawer(SMALL).blocks == (DrawerKick(), *SMALL.blocks)
