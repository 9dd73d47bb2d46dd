"""Documents to and from canonical JSON: the bytes that are stored and hashed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields

from pos.domain.canonical import Fields, JsonError, JsonObject, canonical_bytes, parse
from pos.printing.document import (
    Block,
    CopyMark,
    Cut,
    Document,
    DrawerKick,
    Gap,
    Logo,
    Pair,
    Qr,
    Row,
    Rule,
    Signatures,
    Small,
    TableRow,
    Text,
    Title,
    Token,
)

VERSION = 1

_NAMES: dict[type[Block], str] = {
    Title: "title",
    Text: "text",
    Small: "small",
    Row: "row",
    Pair: "pair",
    TableRow: "table_row",
    Rule: "rule",
    Gap: "gap",
    Token: "token",
    Qr: "qr",
    Logo: "logo",
    CopyMark: "copy_mark",
    Signatures: "signatures",
    Cut: "cut",
    DrawerKick: "drawer_kick",
}


class _Json(Fields):
    """One JSON object of a document: `Fields` with defaults and lists."""

    __slots__ = ()

    def flag_or(self, key: str, *, default: bool) -> bool:
        return self.flag(key) if self.has(key) else default

    def text_or(self, key: str, default: str) -> str:
        return self.text(key) if self.has(key) else default

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(Fields({key: item}, key).text(key) for item in self._list(key))

    def objects(self, key: str) -> list[_Json]:
        return [_Json(item, key) for item in self._list(key)]


_READERS: dict[str, Callable[[_Json], Block]] = {
    "title": lambda j: Title(j.text("text"), j.flag_or("is_large", default=True)),
    "text": lambda j: Text(j.text("text"), _is_bold(j), j.flag_or("is_centred", default=False)),
    "small": lambda j: Small(j.text("text")),
    "row": lambda j: Row(j.text("left"), j.text("right"), _is_bold(j), j.text_or("short", "")),
    "pair": lambda j: Pair(
        j.text("label"), j.text("value"), j.text("other_label"), j.text("other_value"), _is_bold(j)
    ),
    "table_row": lambda j: TableRow(j.texts("cells"), _is_bold(j)),
    "rule": lambda j: Rule(j.flag_or("is_short", default=False)),
    "gap": lambda _: Gap(),
    "token": lambda j: Token(j.text("digits")),
    "qr": lambda j: Qr(j.text("content")),
    "logo": lambda j: Logo(j.text("name")),
    "copy_mark": lambda j: CopyMark(j.text("text")),
    "signatures": lambda j: Signatures(j.texts("labels")),
    "cut": lambda _: Cut(),
    "drawer_kick": lambda _: DrawerKick(),
}


def document_bytes(document: Document) -> bytes:
    """Give the canonical JSON of a document."""
    return canonical_bytes(
        {
            "v": VERSION,
            "kind": document.kind,
            "language": document.language,
            "blocks": [_block_json(block) for block in document.blocks],
        }
    )


def document_from_bytes(body: bytes) -> Document:
    """Read a stored document.

    Raises:
        JsonError: `document.version` (written by a newer program), `document.block` (a block there is not),
            and `json.*` for anything that is no such JSON.
    """
    document = _Json(parse(body), "document")
    if document.integer("v") != VERSION:
        raise JsonError("document.version", "This paper was stored by a newer version of the program.")
    blocks = tuple(_block_from(block) for block in document.objects("blocks"))
    return Document(document.text("kind"), document.text("language"), blocks)


def _block_json(block: Block) -> JsonObject:
    result: JsonObject = {"block": _NAMES[type(block)]}
    for field in fields(block):
        value = getattr(block, field.name)
        if field.default is MISSING or value != field.default:
            result[field.name] = list(value) if isinstance(value, tuple) else value
    return result


def _block_from(block: _Json) -> Block:
    name = block.text("block")
    reader = _READERS.get(name)
    if reader is None:
        raise JsonError("document.block", f"A paper cannot hold a block {name!r}.")
    return reader(block)


def _is_bold(block: _Json) -> bool:
    return block.flag_or("is_bold", default=False)
