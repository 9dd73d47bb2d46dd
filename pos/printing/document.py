"""A paper as neutral blocks: already translated and formatted, without any size, printer or font.

A document is stored and hashed as canonical JSON, `{"blocks", "kind", "language", "v": 1}`; a block is an
object whose `block` names its class and which leaves out what has its default. Money and dates in it are text
on purpose: what was printed once can be printed again, whatever the program has learnt since.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Title:
    """A centred head; large ones are twice as wide and high."""

    text: str
    is_large: bool = True


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, wrapped by words. `text` may not be empty."""

    text: str
    is_bold: bool = False
    is_centred: bool = False


@dataclass(frozen=True, slots=True)
class Small:
    """Small print: legal footers and the like."""

    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A text at the left and a value at the right of one line; `short` replaces `left` on narrow paper."""

    left: str
    right: str
    is_bold: bool = False
    short: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two facts on one line where there is room (`Receipt T03-000123`, `17 Nov 2026  14:33`), else on two."""

    label: str
    value: str
    other_label: str
    other_value: str
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class TableRow:
    """Two to four cells: the first at the left, the others right-aligned under each other."""

    cells: tuple[str, ...]
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the paper; a short one stands under a column of amounts, before their sum."""

    is_short: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """One empty line."""


@dataclass(frozen=True, slots=True)
class Token:
    """The digits of a token, shown huge in groups of four."""

    digits: str


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code (model 2) of a text."""

    content: str


@dataclass(frozen=True, slots=True)
class Logo:
    """The shop's picture, by name; whoever renders the paper holds the picture."""

    name: str


@dataclass(frozen=True, slots=True)
class CopyMark:
    """`COPY n`, white on black, as the first line."""

    text: str


@dataclass(frozen=True, slots=True)
class Signatures:
    """One line to sign on for each label."""

    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """The end of one slip."""


@dataclass(frozen=True, slots=True)
class DrawerKick:
    """Opens the cash drawer; only printers mind it."""


Block: TypeAlias = (
    Title
    | Text
    | Small
    | Row
    | Pair
    | TableRow
    | Rule
    | Gap
    | Token
    | Qr
    | Logo
    | CopyMark
    | Signatures
    | Cut
    | DrawerKick
)


@dataclass(frozen=True, slots=True)
class Document:
    """A whole paper. `kind` says which one it is, such as `receipt` or `z_report`."""

    kind: str
    language: str
    blocks: tuple[Block, ...]


def opening_drawer(document: Document) -> Document:
    """Give the document with a drawer kick before everything else: the drawer opens while the paper comes."""
    return Document(document.kind, document.language, (DrawerKick(), *document.blocks))


def sha256_of(body: bytes) -> str:
    """Give the hex SHA-256 of a stored body: the `document_sha256` of a sale (docs/formats.md §4)."""
    return hashlib.sha256(body).hexdigest()
