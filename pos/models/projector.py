"""From a journal line to the rows that follow from it: the one place that writes projections.

The sale writes through it and `verify` rebuilds through it, so that what is compared was made by the same
rule. Where rows go is a `Sink`: the live database, or a rebuilt copy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Table

from pos.domain.journal import Event
from pos.domain.ledger import postings_of
from pos.domain.receipt_number import number_of
from pos.models.book_facts import BookFacts
from pos.models.money import posting, total_line, total_tender
from pos.models.places import book_number_of
from pos.models.sales import (
    carry,
    case,
    envelope,
    issue,
    meter_month,
    payment,
    sale,
    sale_item,
    sale_line,
    tid_guard,
    token,
)
from pos.models.shifts import cash_movement, shift
from pos.tokens.numbers import pan_of, parse_drn

Row = Mapping[str, Any]
Body = Mapping[str, Any]

OWN_TILL = ""
"""The `till` of this till's own rows in `meter_month`."""


class Sink(Protocol):
    """Where projected rows go."""

    def add(self, table: Table, rows: list[Row]) -> None:
        """Insert rows."""
        ...

    def change(self, table: Table, key: Row, values: Row) -> None:
        """Set columns of the row with this key."""
        ...

    def increase(self, table: Table, key: Row, amounts: Row, values: Row | None = None) -> None:
        """Add amounts to the row with this key, and set values, making the row where there is none."""
        ...

    def count(self, table: Table, key: Row, amounts: Row) -> None:
        """Add amounts to the existing row with this key."""
        ...

    def raise_to(self, table: Table, key: Row, values: Row) -> None:
        """Set each column to the larger of its value and the given one, making the row if need be."""
        ...

    def post(self, account: str, amount_minor: int) -> int:
        """Add to an account's balance, making it where there is none; return its key."""
        ...


@dataclass(frozen=True, slots=True)
class Fact:
    """An event in its place, with the sink and the facts its projection needs."""

    event: Event
    place: int
    sink: Sink
    facts: BookFacts

    @property
    def body(self) -> Body:
        """The event's body."""
        return self.event.body

    @property
    def shift_place(self) -> int | None:
        """Where the shift of the line was opened."""
        return None if self.event.shift is None else self.facts.shift_place(self.event.shift)


def project(event: Event, place: int, sink: Sink, facts: BookFacts) -> None:
    """Write the rows of `event` at `place`; kinds without rows of their own write nothing."""
    fact = Fact(event, place, sink, facts)
    _post(fact)
    writer = _WRITERS.get(event.kind)
    if writer is not None:
        writer(fact)


def _post(fact: Fact) -> None:
    postings = postings_of(fact.event.kind, fact.body, str(fact.event.till), fact.facts.at(fact.event.at))
    if postings:
        fact.sink.add(
            posting,
            [
                {
                    "place": fact.place,
                    "n": n,
                    "account_key": fact.sink.post(one.account, one.amount_minor),
                    "amount_minor": one.amount_minor,
                }
                for n, one in enumerate(postings, 1)
            ],
        )


def _payment_changed(fact: Fact) -> None:
    """A part of a sale that is paid otherwise than by cash in one go; its first line begins the sale."""
    body = fact.body
    place = fact.facts.sale_place(body["sale_id"])
    if place is None:
        place = fact.place
        _add_unpaid_sale(fact)
    if body["from"] == "created":
        _add_part(fact, place)
        _count_part(fact, place, body["amount_minor"])
        return
    values = {"state": body["to"]}
    if "provider_reference" in body:
        values["provider_reference"] = body["provider_reference"]
    n = fact.facts.payment_n(place, body["payment_id"])
    fact.sink.change(payment, {"sale_place": place, "n": n}, values)
    fact.facts.payment_noted(place, body["payment_id"], body["to"])
    if body["to"] == "failed":
        _count_part(fact, place, -body["amount_minor"])


def _count_part(fact: Fact, place: int, amount_minor: int) -> None:
    """The money of a sale that waits is what is paid of it or still under way."""
    fact.sink.count(sale, {"place": place}, {"money_minor": amount_minor})


def _add_part(fact: Fact, place: int) -> None:
    body = fact.body
    n = fact.facts.payment_n(place, body["payment_id"])
    row: dict[str, Any] = {
        "sale_place": place,
        "n": n,
        "id": UUID(body["payment_id"]),
        "tender": body["tender"],
        "state": body["to"],
        "amount_minor": body["amount_minor"],
        "change_minor": 0,
    }
    names = ("reference", "provider_reference", "phone_mac", "phone_last3")
    fact.sink.add(payment, [row | {name: body.get(name) for name in names}])
    fact.facts.payment_noted(place, body["payment_id"], body["to"])


def _add_unpaid_sale(fact: Fact) -> None:
    body = fact.body
    begun = {
        "sale_id": body["sale_id"],
        "money_minor": 0,
        "language": "en",
    }
    _add_sale(fact, begun, state="awaiting_payment", receipt_number=None, delivered_place=None, holder="")


def _sale_paid(fact: Fact) -> None:
    quote, holder = fact.body["quote"], fact.body["holder"]
    place = fact.facts.sale_place(fact.body["sale_id"])
    if place is None:
        _add_sale(fact, quote, state="paid", receipt_number=None, delivered_place=None, holder=holder)
        _add_payments(fact, fact.place, fact.body["payments"])
        return
    values = {
        "state": "paid",
        "money_minor": quote["money_minor"],
        "language": quote["language"],
        "holder": holder,
        "shift_place": fact.shift_place,
    }
    fact.sink.change(sale, {"place": place}, values)
    fact.facts.sale_begun(fact.body["sale_id"], place, "paid")
    _note_change(fact, place, fact.body["payments"])


def _sale_delivered(fact: Fact) -> None:
    body = fact.body["sale"]
    number = number_of(body["receipt_number"])
    earlier = fact.facts.sale_place(body["sale_id"])
    if earlier is None:
        place = fact.place
        _add_sale(
            fact, body, state="delivered", receipt_number=number, delivered_place=place, holder=body["holder"]
        )
        _add_payments(fact, place, body["payments"])
    else:
        place = earlier
        fact.sink.change(
            sale,
            {"place": place},
            {
                "state": "delivered",
                "receipt_number": number,
                "receipt_book": book_number_of(fact.place),
                "delivered_place": fact.place,
                "holder": body["holder"],
                "shift_place": fact.shift_place,
                "money_minor": body["money_minor"],
                "language": body["language"],
            },
        )
        _note_change(fact, place, body["payments"])
    for item in body["items"]:
        _add_item(fact, place, item)
        if item["item_kind"] == "token":
            _add_tokens(fact, item, sale_place=place, cause="sale")
            _count_units(fact, item)
            if body["holder"] == "vault":
                _use_envelope(fact, item["money_minor"], item["token_units_tenths"])
        elif item.get("basis") is not None:
            _count_units(fact, item)
        _total_lines(fact, item)
    _total_tenders(fact, body["payments"])


def _add_sale(
    fact: Fact,
    body: Body,
    *,
    state: str,
    receipt_number: int | None,
    delivered_place: int | None,
    holder: str,
) -> None:
    event = fact.event
    fact.sink.add(
        sale,
        [
            {
                "place": fact.place,
                "id": UUID(body["sale_id"]),
                "state": state,
                "at": event.at,
                "business_day": event.business_day,
                "operator_key": fact.facts.operator_key(event.actor),
                "shift_place": fact.shift_place,
                "receipt_number": receipt_number,
                "receipt_book": None if receipt_number is None else book_number_of(fact.place),
                "money_minor": body["money_minor"],
                "holder": holder,
                "language": body["language"],
                "delivered_place": delivered_place,
                "copies": 0,
                "is_handed_over": False,
            }
        ],
    )
    fact.facts.sale_begun(body["sale_id"], fact.place, state)


def _note_change(fact: Fact, place: int, payments: list[Body]) -> None:
    """The line of a cash part does not say what was given back; the sale's own line does."""
    for one in payments:
        if one["change_minor"]:
            key = {"sale_place": place, "n": fact.facts.payment_n(place, one["payment_id"])}
            fact.sink.change(payment, key, {"change_minor": one["change_minor"]})


def _add_payments(fact: Fact, place: int, payments: list[Body]) -> None:
    fact.sink.add(
        payment,
        [
            {
                "sale_place": place,
                "n": n,
                "id": UUID(one["payment_id"]),
                "tender": one["tender"],
                "state": "succeeded",
                "amount_minor": one["amount_minor"],
                "change_minor": one["change_minor"],
            }
            for n, one in enumerate(payments, 1)
        ],
    )


def _add_item(fact: Fact, place: int, item: Body) -> None:
    basis = item.get("basis")
    fact.sink.add(
        sale_item,
        [
            {
                "sale_place": place,
                "n": item["n"],
                "item_kind": item["item_kind"],
                "meter_key": _meter_key(fact, item),
                "money_minor": item["money_minor"],
                "units_milli": item.get("units_milli", 0),
                "free_milli": item.get("free_milli", 0),
                "carry_in_milli": item.get("carry_in_milli", 0),
                "carry_out_milli": item.get("carry_out_milli", 0),
                "token_units_tenths": item.get("token_units_tenths", 0),
                "tariff_key": None if basis is None else fact.facts.tariff_key(basis["tariff_id"]),
            }
        ],
    )
    fact.sink.add(
        sale_line,
        [
            {
                "sale_place": place,
                "item_n": item["n"],
                "n": line["n"],
                "kind": line["kind"],
                "code": line["code"],
                "amount_minor": line["amount_minor"],
                "units_milli": line["units_milli"],
                "tax_code": line["tax_code"] or None,
                "rate_micro": line.get("rate_micro"),
                "block": line.get("block"),
            }
            for line in item["lines"]
        ],
    )


def _add_tokens(fact: Fact, item: Body, *, sale_place: int | None, cause: str) -> None:
    meter, tokens = item["meter"], item["tokens"]
    pan = int(pan_of(parse_drn(meter["drn"])).digits)
    fact.sink.add(
        token,
        [
            {
                "place": fact.place,
                "item_n": item["n"],
                "n": one["n"],
                "sale_place": sale_place,
                "cause": cause,
                "pan": pan,
                "base_date": meter["base_date"],
                "tid": one["tid"],
                "token_class": one["token_class"],
                "subclass": one["subclass"],
                "digits": one["digits"],
                "tenths": one.get("tenths"),
            }
            for one in tokens
        ],
    )
    last = max((one["tid"] for one in tokens if one["tid"] is not None), default=None)
    if last is not None:
        fact.sink.raise_to(tid_guard, {"pan": pan, "base_date": meter["base_date"]}, {"last_tid": last})


def _count_units(fact: Fact, item: Body) -> None:
    meter_key = fact.facts.meter_key(item["meter"]["meter_id"])
    if item["item_kind"] == "token":
        # The change, not the figure: quotes may be delivered in another order than they were priced.
        change_milli = item["carry_out_milli"] - item["carry_in_milli"]
        fact.sink.increase(carry, {"meter_key": meter_key}, {"carry_milli": change_milli})
    basis = item.get("basis")
    if basis is None:
        return
    key = {"meter_key": meter_key, "month": basis["month"], "till": OWN_TILL}
    arrears_minor = sum(line["amount_minor"] for line in item["lines"] if line["kind"] == "arrears")
    charges = fact.facts.own_charges(meter_key, basis["month"]) | fact.facts.monthly_charges(item)
    fact.sink.increase(
        meter_month,
        key,
        {
            "units_milli": item["units_milli"],
            "free_milli": item["free_milli"],
            "arrears_taken_minor": arrears_minor,
        },
        {"charges": "\n".join(sorted(charges))},
    )
    fact.facts.charges_taken(meter_key, basis["month"], charges)


def _use_envelope(fact: Fact, money_minor: int, tenths: int) -> None:
    sequence = fact.facts.envelope_sequence()
    if sequence is not None:
        fact.sink.count(
            envelope,
            {"sequence": sequence},
            {"used_money_minor": money_minor, "used_units_milli": tenths * 100},
        )


def _envelope_taken(fact: Fact) -> None:
    fact.sink.change(envelope, {"sequence": fact.body["sequence"]}, {"taken_place": fact.place})
    fact.facts.envelope_begun(fact.body["sequence"])


def _total_lines(fact: Fact, item: Body) -> None:
    basis = item.get("basis")
    for line in item["lines"]:
        fact.sink.increase(
            total_line,
            _total_key(fact)
            | {
                "tariff_key": 0 if basis is None else fact.facts.tariff_key(basis["tariff_id"]),
                "kind": line["kind"],
            },
            {"pieces": 1, "amount_minor": line["amount_minor"], "units_milli": line["units_milli"]},
        )


def _total_tenders(fact: Fact, payments: list[Body]) -> None:
    for one in payments:
        fact.sink.increase(
            total_tender,
            _total_key(fact) | {"tender": one["tender"]},
            {"pieces": 1, "amount_minor": one["amount_minor"]},
        )


def _total_key(fact: Fact) -> dict[str, Any]:
    return {
        "business_day": fact.event.business_day,
        "shift_place": fact.shift_place or 0,
        "operator_key": fact.facts.operator_key(fact.event.actor),
    }


def _sale_closed(fact: Fact) -> None:
    place = fact.facts.sale_place(fact.body["sale_id"])
    if place is None:
        event = fact.event
        fact.sink.add(
            sale,
            [
                {
                    "place": fact.place,
                    "id": UUID(fact.body["sale_id"]),
                    "state": fact.body["state"],
                    "at": event.at,
                    "business_day": event.business_day,
                    "operator_key": fact.facts.operator_key(event.actor),
                    "shift_place": fact.shift_place,
                    "receipt_number": None,
                    "receipt_book": None,
                    "money_minor": fact.body["amount_minor"],
                    "holder": "",
                    "language": "en",
                    "delivered_place": None,
                    "copies": 0,
                    "is_handed_over": False,
                }
            ],
        )
        return
    _end_sale(fact, place)


def _end_sale(fact: Fact, place: int) -> None:
    body = fact.body
    values: dict[str, Any] = {"state": body["state"]}
    if body["state"] != "refunded":
        values["money_minor"] = body["amount_minor"]
    elif "payment_id" in body:
        if fact.facts.is_more_due(place, body["payment_id"]):
            values["state"] = "refund_due"
        key = {"sale_place": place, "n": fact.facts.payment_n(place, body["payment_id"])}
        fact.sink.change(payment, key, {"state": "refunded"})
        fact.facts.payment_noted(place, body["payment_id"], "refunded")
    if "document_number" in body:
        values["receipt_number"] = number_of(body["document_number"])
        values["receipt_book"] = book_number_of(fact.place)
    fact.sink.change(sale, {"place": place}, values)
    fact.facts.sale_begun(body["sale_id"], place, values["state"])


def _tokens_issued(fact: Fact) -> None:
    item = fact.body["item"]
    sale_id = fact.body.get("sale_id")
    sale_place = None if sale_id is None else fact.facts.sale_place(sale_id)
    _add_tokens(fact, item, sale_place=sale_place, cause=fact.body["cause"])
    if fact.body["cause"] == "free":
        _count_units(fact, item)
    _use_envelope(fact, fact.body["charge_envelope_minor"], item.get("token_units_tenths", 0))
    fact.sink.add(
        issue,
        [
            {
                "place": fact.place,
                "id": UUID(fact.body["issue_id"]),
                "cause": fact.body["cause"],
                "meter_key": fact.facts.meter_key(item["meter"]["meter_id"]),
                "at": fact.event.at,
                "operator_key": fact.facts.operator_key(fact.event.actor),
                "copies": 0,
                "is_handed_over": False,
            }
        ],
    )


def _token_handed_over(fact: Fact) -> None:
    body = fact.body
    values: dict[str, Any] = {"is_handed_over": True}
    if body["how"] in ("printed", "pdf"):
        values["copies"] = body["copy"] + 1
    if "sale_id" in body:
        fact.sink.change(sale, {"id": UUID(body["sale_id"])}, values)
    else:
        fact.sink.change(issue, {"id": UUID(body["issue_id"])}, values)


def _shift_opened(fact: Fact) -> None:
    event = fact.event
    fact.sink.add(
        shift,
        [
            {
                "place": fact.place,
                "id": UUID(fact.body["shift_id"]),
                "operator_key": fact.facts.operator_key(event.actor),
                "drawer": fact.body["drawer_id"],
                "opened_at": event.at,
                "business_day": event.business_day,
                "float_minor": fact.body["float_minor"],
            }
        ],
    )
    fact.facts.shift_begun(UUID(fact.body["shift_id"]), fact.place)


def _shift_closed(fact: Fact) -> None:
    body = fact.body
    fact.sink.change(
        shift,
        {"place": fact.facts.shift_place(UUID(body["shift_id"]))},
        {
            "closed_place": fact.place,
            "closed_at": fact.event.at,
            "z_number": number_of(body["z_number"]),
            "counted_minor": body["counted_minor"],
            "expected_minor": body["expected_minor"],
            "difference_minor": body["difference_minor"],
        },
    )


def _cash_moved(fact: Fact) -> None:
    fact.sink.add(
        cash_movement,
        [
            {
                "place": fact.place,
                "id": UUID(fact.body["movement_id"]),
                "shift_place": fact.shift_place or 0,
                "kind": fact.body["kind"],
                "amount_minor": fact.body["amount_minor"],
                "reason": fact.body["reason"],
                "slip_number": fact.body.get("slip_number"),
            }
        ],
    )


def _case_changed(fact: Fact) -> None:
    body = fact.body
    sale_id = body.get("sale_id")
    values = {
        "case_kind": body["case_kind"],
        "state": body["to"],
        "sale_place": None if sale_id is None else fact.facts.sale_place(sale_id),
        "wrong_drn": body.get("wrong_drn"),
        "right_drn": body.get("right_drn"),
        "reason": body["reason"],
    }
    if body["from"] == "":
        number = fact.facts.next_case_number()
        fact.sink.add(case, [{"place": fact.place, "id": UUID(body["case_id"]), "number": number, **values}])
    else:
        fact.sink.change(case, {"id": UUID(body["case_id"])}, values)


def _meter_key(fact: Fact, item: Body) -> int | None:
    meter = item.get("meter")
    return None if meter is None else fact.facts.meter_key(meter["meter_id"])


_WRITERS: Mapping[str, Callable[[Fact], None]] = {
    "payment_changed": _payment_changed,
    "sale_paid": _sale_paid,
    "sale_delivered": _sale_delivered,
    "sale_closed": _sale_closed,
    "tokens_issued": _tokens_issued,
    "token_handed_over": _token_handed_over,
    "shift_opened": _shift_opened,
    "shift_closed": _shift_closed,
    "cash_moved": _cash_moved,
    "case_changed": _case_changed,
    "envelope_taken": _envelope_taken,
}
