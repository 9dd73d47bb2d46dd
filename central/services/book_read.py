"""What a body must be before it is booked: the shapes of docs/formats.md §4, told from anything else.

Whatever a line holds, booking must not stop at it. So every value that goes into a column is looked at here;
a body of another shape is stored raw, flagged and left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from central.services.push_lines import PushedLine
from pos.domain.journal import KINDS
from pos.domain.priced_item import LineKind
from pos.domain.recompute import UNREADABLE
from pos.errors import UserError
from pos.tokens.numbers import pan_of, parse_drn

Body = Mapping[str, Any]

AMOUNT_MAX = 10**13
"""No line says more than this; sums of many lines then still fit into 64 bits."""

TEXT_MAX = 200
_LINE_KINDS = frozenset(kind.value for kind in LineKind)
_ITEM_KINDS = frozenset({"token", "voucher", "account", "bill", "goods", "policy"})
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""A zero byte in JSON, and not somebody's backslash with letters behind it."""

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HASH = re.compile(r"[0-9a-f]{64}")


class UnreadableError(ValueError):
    """A body that is not of the shape its kind has."""


def is_known(line: PushedLine) -> bool:
    """Say whether this program knows the line's kind; a later version of a kind is another one."""
    has_zero = b"\\u0000" in line.data and _NUL.search(line.data) is not None
    return line.value["kind"] in KINDS and line.value["kind_version"] == 1 and not has_zero


def amount(value: Any, *, least: int = -AMOUNT_MAX) -> int:
    """Return a whole number inside our bounds. Raises UnreadableError."""
    if type(value) is not int or not least <= value <= AMOUNT_MAX:
        raise UnreadableError("amount")
    return value


def words(value: Any, most: int = TEXT_MAX) -> str:
    """Return a text of at most `most` characters. Raises UnreadableError."""
    if type(value) is not str or len(value) > most:
        raise UnreadableError("text")
    return value


def id_of(value: Any) -> str:
    """Return an id as it stands on the wire. Raises UnreadableError.

    Ids stay text on this path: it hashes, compares and goes into the database quicker than a UUID object.
    """
    if type(value) is not str or not _ID.fullmatch(value):
        raise UnreadableError("id")
    return value


def optional_id(value: Any) -> str | None:
    """Return an id or None. Raises UnreadableError."""
    return None if value is None else id_of(value)


@lru_cache(maxsize=100_000)
def pan_number(drn: str) -> int:
    """Return the PAN of a meter number. Raises UnreadableError."""
    try:
        return int(pan_of(parse_drn(drn)).digits)
    except UserError as error:
        raise UnreadableError("drn") from error


def check_sale(sale: Body) -> None:
    """Refuse a `sale` whose values would not fit where they are booked. Raises one of `UNREADABLE`."""
    id_of(sale["sale_id"])
    words(sale["currency"], 3)
    words(sale["holder"], 40)
    amount(sale["money_minor"], least=0)
    for n, payment in enumerate(sale["payments"]):
        id_of(payment["payment_id"])
        words(payment["tender"], 60)
        amount(payment["amount_minor"])
        amount(payment["change_minor"])
        if n > 100:
            raise UnreadableError("payments")
    if not sale["items"]:
        raise UnreadableError("items")
    seen = set()
    for item in sale["items"]:
        check_item(item)
        seen.add(item["n"])
    if len(seen) != len(sale["items"]):
        raise UnreadableError("items")


def check_item(item: Body) -> None:
    """Refuse an `item` as `check_sale` does."""
    _small(item["n"])
    amount(item["money_minor"], least=0)
    if "issue_id" in item and "lines" not in item:
        return  # One of a bulk sale: what was issued stands in the line of its issue.
    if item["item_kind"] not in _ITEM_KINDS:
        raise UnreadableError("item_kind")
    numbers = set()
    for line in item["lines"]:
        _check_line(line)
        numbers.add(line["n"])
    if len(numbers) != len(item["lines"]):
        raise UnreadableError("lines")
    if "meter" in item:
        _check_metered(item)
    else:
        for name in ("units_milli", "free_milli", "carry_in_milli", "carry_out_milli", "token_units_tenths"):
            amount(item.get(name, 0))


def _check_line(line: Body) -> None:
    _small(line["n"])
    if line["kind"] not in _LINE_KINDS:
        raise UnreadableError("kind")
    words(line["code"], 64)
    words(line["tax_code"], 64)
    amount(line["amount_minor"])
    amount(line["units_milli"])
    if line.get("rate_micro") is not None:
        amount(line["rate_micro"])
    if line.get("block") is not None:
        _small(line["block"])


def _check_metered(item: Body) -> None:
    meter = item["meter"]
    id_of(meter["meter_id"])
    pan_number(words(meter["drn"], 13))
    words(meter["sgc"], 6)
    words(meter["base_date"], 2)
    words(meter["ti"], 2)
    _small(meter["krn"])
    for name in ("units_milli", "free_milli", "carry_in_milli", "carry_out_milli", "token_units_tenths"):
        amount(item[name])
    basis = item.get("basis")
    if basis is not None:
        id_of(basis["tariff_id"])
        words(basis["tariff_sha256"], 64)
        words(basis["month"], 7)
        amount(basis["bought_before_milli"])
    places = set()
    for token in item.get("tokens", ()):
        _check_token(token)
        places.add(token["n"])
    if len(places) != len(item.get("tokens", ())):
        raise UnreadableError("tokens")


def _check_token(token: Body) -> None:
    for name in ("n", "token_class", "subclass"):
        _small(token[name])
    words(token["digits"], 20)
    if token["tid"] is not None:
        amount(token["tid"], least=0)
    if token.get("tenths") is not None:
        amount(token["tenths"], least=0)


def _small(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= 30_000:
        raise UnreadableError("number")
    return value


@dataclass(slots=True)
class Mentions:
    """The ids that some lines speak of: what booking them looks up, all at once."""

    sales: set[str] = field(default_factory=set)
    meters: set[str] = field(default_factory=set)
    drns: set[str] = field(default_factory=set)
    pans: set[int] = field(default_factory=set)
    tariffs: set[str] = field(default_factory=set)
    """By their hash: a shop that enrols may have had the same tariff under an id of its own."""
    payments: set[str] = field(default_factory=set)
    given_back: set[str] = field(default_factory=set)
    """Sales of which one payment was given back: the others say whether more is due."""
    vouchers: set[str] = field(default_factory=set)
    days: set[str] = field(default_factory=set)
    actors: set[str] = field(default_factory=set)
    tids: set[int] = field(default_factory=set)
    months: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)

    def add(self, line: PushedLine) -> None:
        """Take up what one line speaks of; what cannot be read is left out."""
        body, value = line.value["body"], line.value
        self.add_day(line)
        if not is_known(line):
            return  # It is kept as it came; and a zero byte could not even be asked about.
        try:
            self._add_ids(body["sale"] if value["kind"] == "sale_delivered" else body)
            if value["kind"] == "sale_closed" and "payment_id" in body:
                self.given_back.add(id_of(body["sale_id"]))
            for payment in payments_of(value["kind"], body):
                self.payments.add(id_of(payment["payment_id"]))
            for item in items_of(value["kind"], body):
                self._add_item(item)
        except UNREADABLE:
            return

    def add_day(self, line: PushedLine) -> None:
        """Take up only where a line stands: all that is needed to keep it raw."""
        self.days.add(line.value["business_day"])
        self.actors.add(id_of(line.value["actor"]))

    def _add_ids(self, body: Body) -> None:
        if "sale_id" in body:
            self.sales.add(id_of(body["sale_id"]))
        if "payment_id" in body:
            self.payments.add(id_of(body["payment_id"]))
        if "voucher_id" in body:
            self.vouchers.add(id_of(body["voucher_id"]))
        if "meter_id" in body:
            self.meters.add(id_of(body["meter_id"]))

        if "phone_mac" in body:
            self.phones.add(words(body["phone_mac"], 32))

    def _add_item(self, item: Body) -> None:
        meter = item.get("meter")
        if meter is None:
            return
        self.meters.add(id_of(meter["meter_id"]))
        self.drns.add(words(meter["drn"], 13))
        self.pans.add(pan_number(meter["drn"]))
        basis = item.get("basis")
        if basis is not None:
            sha256 = words(basis["tariff_sha256"], 64)
            if _HASH.fullmatch(sha256):
                self.tariffs.add(sha256)
            self.months.add(words(basis["month"], 7))
        for token in item.get("tokens", ()):
            if token["tid"] is not None:
                self.tids.add(amount(token["tid"], least=0))


def payments_of(kind: str, body: Body) -> Iterator[Body]:
    """Yield the payments of a line; none for other kinds. Raises one of `UNREADABLE`."""
    if kind == "sale_delivered":
        yield from body["sale"]["payments"]
    elif kind == "sale_paid":
        yield from body["payments"]


def items_of(kind: str, body: Body) -> Iterator[Body]:
    """Yield the items of a line; none for other kinds. Raises one of `UNREADABLE`."""
    if kind == "sale_delivered":
        yield from body["sale"]["items"]
    elif kind == "sale_paid":
        yield from body["quote"]["items"]
    elif kind == "tokens_issued":
        yield body["item"]
