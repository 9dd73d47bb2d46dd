"""Blocks to lines of a fixed number of columns; text, printer and PDF all draw these same lines.

A line is never wider than the paper: `len(text) * scale <= columns`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

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
from pos.printing.wrap import clean, group_digits, shown, wrap, wrap_evenly

COLUMNS_58_MM = 32
COLUMNS_80_MM = 48
_LARGE = 2
_TITLE_COLUMNS_MAX = 16
_SHORT_RULE_COLUMNS = 8


class Style(StrEnum):
    """How the letters of a line look; LARGE and REVERSED are twice as wide and high, and bold."""

    NORMAL = "normal"
    BOLD = "bold"
    SMALL = "small"
    LARGE = "large"
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of letters, already padded with spaces to its place."""

    text: str
    style: Style = Style.NORMAL

    @property
    def scale(self) -> int:
        """How many columns one letter takes."""
        return _LARGE if self.style in (Style.LARGE, Style.REVERSED) else 1


@dataclass(frozen=True, slots=True)
class TokenSpace:
    """A little air around a huge token."""


Laid: TypeAlias = Line | Qr | Logo | Cut | DrawerKick | TokenSpace


def lay_out(document: Document, columns: int) -> list[Laid]:
    """Lay a document out for paper of `columns` letters (at least 16)."""
    return [laid for block in document.blocks for laid in _lay(block, columns)]


def plain_text(document: Document, columns: int = COLUMNS_80_MM) -> str:
    """Give the document as text lines; large ones keep their letters and are centred."""
    lines = [_plain_line(laid, columns) for laid in lay_out(document, columns) if isinstance(laid, Line)]
    return "\n".join(lines).strip("\n") + "\n"


def _plain_line(line: Line, columns: int) -> str:
    if line.scale == 1:
        return line.text.rstrip()
    return line.text.strip().center(columns).rstrip()


def _lay(block: Block, columns: int) -> Iterator[Laid]:
    match block:
        case Title() | Text() | Small() | CopyMark():
            yield from _lay_text(block, columns)
        case Row() | Pair() | TableRow():
            yield from _lay_values(block, columns)
        case Token():
            yield from _token(block, columns)
        case Rule(is_short):
            yield Line(("-" * _SHORT_RULE_COLUMNS).rjust(columns) if is_short else "-" * columns)
        case Gap():
            yield Line("")
        case Signatures(labels):
            yield from _signatures(labels, columns)
        case Qr() | Logo() | Cut() | DrawerKick():
            yield block


def _lay_text(block: Title | Text | Small | CopyMark, columns: int) -> Iterator[Line]:
    match block:
        case Title(text, is_large):
            yield from _title(text, columns, style=Style.LARGE if is_large else Style.BOLD)
        case CopyMark(text):
            # The whole line is white on black, so it is padded on both sides.
            yield from (
                Line(line.center(columns // _LARGE), Style.REVERSED) for line in wrap(text, columns // _LARGE)
            )
        case Small(text):
            yield from (Line(line, Style.SMALL) for line in wrap(text, columns))
        case Text(text, is_bold, is_centred):
            style = Style.BOLD if is_bold else Style.NORMAL
            for line in wrap(text, columns):
                yield Line(_centred(line, columns) if is_centred else line, style)


def _lay_values(block: Row | Pair | TableRow, columns: int) -> Iterator[Line]:
    style = Style.BOLD if block.is_bold else Style.NORMAL
    match block:
        case Row():
            lines = _row(_fitting(block, columns), block.right, columns)
        case Pair():
            lines = _pair(block, columns)
        case TableRow(cells):
            lines = _table_row(cells, columns)
    return (Line(line, style) for line in lines)


def _title(text: str, columns: int, *, style: Style) -> Iterator[Line]:
    if style is Style.LARGE:
        width = columns // _LARGE
        lines = wrap_evenly(text, min(width, _TITLE_COLUMNS_MAX))
    else:
        width = columns
        lines = wrap(text, width)
    return (Line(_centred(line, width), style) for line in lines)


def _fitting(row: Row, columns: int) -> str:
    """Give the left text, or its short form where the long one would need a second line."""
    is_too_long = len(clean(row.left)) + 1 + len(clean(row.right)) > columns
    return row.short if row.short and is_too_long else row.left


def _row(left: str, right: str, columns: int) -> list[str]:
    """Put `right` behind the last line of `left`, or below it where it does not fit."""
    values = wrap(right, columns)
    lines = _wrap_beside(left, columns, len(values[0]))
    if len(lines[-1]) + 1 + len(values[0]) <= columns:
        lines[-1] += values.pop(0).rjust(columns - len(lines[-1]))
    return lines + [value.rjust(columns) for value in values if value]


def _wrap_beside(left: str, columns: int, value_columns: int) -> list[str]:
    """Wrap before the value's column, where that leaves at least half of the paper for the words."""
    beside = columns - value_columns - 1
    return wrap(left, beside if beside >= columns // 2 else columns)


def _pair(pair: Pair, columns: int) -> list[str]:
    left, right = _joined(pair.label, pair.value), _joined(pair.other_label, pair.other_value)
    if len(left) + 1 + len(right) <= columns:
        return [left + right.rjust(columns - len(left))]
    facts = ((pair.label, pair.value), (pair.other_label, pair.other_value))
    return [line for label, value in facts for line in _fact(label, value, columns)]


def _fact(label: str, value: str, columns: int) -> list[str]:
    if label and value:
        return _row(label, value, columns)
    return [line for line in wrap(label or value, columns) if line]


def _joined(label: str, value: str) -> str:
    return shown(clean(" ".join(part for part in (label, value) if part)))


def _table_row(cells: Sequence[str], columns: int) -> list[str]:
    """Right-align all cells but the first at their stops; a first one that is too long stands above them."""
    first, *values = (shown(clean(cell)) for cell in cells)
    stops = _stops(len(values), columns)
    beside = _aligned(first, values, stops)
    if beside is not None:
        return [beside]
    below = _aligned("", values, stops)
    lines = [value.rjust(columns) for value in values if value] if below is None else [below]
    return wrap(first, columns) + [part.rjust(columns) for line in lines for part in _cut(line, columns)]


def _aligned(first: str, values: Sequence[str], stops: Sequence[int]) -> str | None:
    line = first
    for text, stop in zip(values, stops, strict=True):
        if text and len(line) + (1 if line else 0) + len(text) > stop:
            return None
        line = line.ljust(stop - len(text)) + text if text else line
    return line


def _cut(line: str, columns: int) -> list[str]:
    return [line] if len(line) <= columns else wrap(line, columns)


def _stops(values: int, columns: int) -> list[int]:
    """Give the right edges of the cells after the first, which keeps a third of the paper before three."""
    first = columns * 10 // 32 if values > 2 else 0
    return [first + (columns - first) * n // values for n in range(1, values + 1)]


def _token(token: Token, columns: int) -> Iterator[Laid]:
    width = columns // _LARGE
    yield TokenSpace()
    for line in wrap(group_digits(token.digits, 4), width):
        yield Line(_centred(line, width), Style.LARGE)
    yield TokenSpace()


def _signatures(labels: Sequence[str], columns: int) -> Iterator[Line]:
    """Give all labels one line with room to sign on, or each its own."""
    yield Line("")
    share = (columns - len(labels) + 1) // len(labels)
    texts = [shown(clean(label)) for label in labels]
    if all(len(text) + 8 <= share for text in texts):
        yield Line(" ".join(f"{text} ".ljust(share, "_") for text in texts))
        return
    for text in texts:
        for line in wrap(text, columns - 9)[:-1]:
            yield Line(line)
        yield Line(f"{wrap(text, columns - 9)[-1]} ".ljust(columns, "_"))
        yield Line("")


def _centred(text: str, columns: int) -> str:
    return " " * ((columns - len(text)) // 2) + text
