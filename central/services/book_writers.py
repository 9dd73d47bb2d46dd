"""Booking line by line: each kind of docs/formats.md §4 becomes rows, postings, figures and flags."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from typing import Any
from uuid import UUID

from central.services.book_context import Context, MonthRow, Transaction
from central.services.book_facts import ServerFacts
from central.services.book_read import (
    UnreadableError,
    amount,
    check_item,
    check_sale,
    id_of,
    is_known,
    optional_id,
    words,
)
from central.services.book_rows import Rows, total_key
from central.services.fraud import Event, FraudCheck
from central.services.push_lines import PushedLine
from central.services.sale_checks import (
    Findings,
    Taken,
    check_block,
    check_clock,
    check_meter,
    check_price,
    check_twice,
    month_take,
    pan_of_item,
    tariff_of,
)
from central.services.totals import Delta
from pos.domain.canonical import canonical_bytes
from pos.domain.day_figures import DayTally
from pos.domain.ids import id_from, new_id
from pos.domain.journal import parse_instant
from pos.domain.ledger import postings_of
from pos.domain.receipt_number import number_of
from pos.domain.recompute import UNREADABLE, do_sums_hold
from pos.errors import UserError

Body = Mapping[str, Any]
Posted = list[tuple[str, int]]
"""The postings of one line: account and amount."""

PROGRAM = version("kilotill")
"""Who could not read a line: the next version tries again."""


class Line:
    """A line being booked, and what was found in it."""

    __slots__ = ("at", "body", "day", "findings", "kind", "pushed", "seq")

    def __init__(self, pushed: PushedLine) -> None:
        value = pushed.value
        self.pushed = pushed
        self.findings = Findings()
        self.body: Body = value["body"]
        self.kind: str = value["kind"]
        self.day: str = value["business_day"]
        self.seq = pushed.seq
        self.at = pushed.at

    @property
    def kind_shown(self) -> str:
        """The kind as a column takes it: a till of tomorrow may say anything."""
        return self.kind[:40].replace("\0", "\ufffd")


class Booker:
    """Books lines of one till in their order; what they give is gathered in `rows`."""

    def __init__(
        self,
        context: Context,
        fraud: FraudCheck,
        *,
        is_drained: Callable[[int], bool],
        is_understood: bool = True,
    ) -> None:
        self._context = context
        self._fraud = fraud
        self._is_understood = is_understood
        self._facts = ServerFacts(context)
        self._is_drained = is_drained
        self.choose_postings: Callable[[PushedLine, Posted], Posted] | None = None
        """What has a word in the postings of a line: verify, which knows what they were at first."""
        self.rows = Rows()
        self.credited: list[str] = []
        """Credits given: they are published when everything is written."""

    def book(self, pushed: PushedLine) -> tuple[str, ...]:
        """Book one line; return its flags."""
        line = Line(pushed)
        if self._is_drained(pushed.seq):
            line.findings.add("revoked_till")
        if self._is_understood and is_known(pushed) and self._book_known(line):
            self._tally(line)
        else:
            line.findings.add("unknown_kind", read_by=PROGRAM)
            self._count_alone(line)
        check_clock(self._context, line.at, line.findings)
        self._move_clock(line)
        self._check_fraud(line)
        self._write_flags(line)
        return tuple(sorted(line.findings.flags))

    def book_late(self, pushed: PushedLine) -> bool:
        """Book a line that was kept and not understood; False: it still is not. It is counted already."""
        line = Line(pushed)
        if not (is_known(pushed) and self._book_known(line)):
            return False
        tally = self._day(line.day)
        tally.add(pushed.seq, pushed.hash.hex(), kind=line.kind, body=line.body)
        tally.pieces[line.kind] -= 1
        self._write_flags(line)
        return True

    def _book_known(self, line: Line) -> bool:
        """Book a line of a known kind; False: its body has not that kind's shape, and nothing was booked."""
        try:
            reader = _READERS.get(line.kind)
            write = None if reader is None else reader(self, line)
            postings = self._postings(line)
        except (*UNREADABLE, UserError):
            return False
        if write is not None:
            write()
        self._post(line, postings)
        return True

    def postings_without(self, pushed: PushedLine, hidden: frozenset[str]) -> Posted:
        """Return the postings of a line as if some groups and tariffs were not known here."""
        self._facts.hidden = hidden
        try:
            return self._made(Line(pushed))
        finally:
            self._facts.hidden = frozenset()

    def _postings(self, line: Line) -> Posted:
        made = self._made(line)
        return made if self.choose_postings is None else self.choose_postings(line.pushed, made)

    def _made(self, line: Line) -> Posted:
        body = line.body
        if line.kind == "sale_delivered" and not do_sums_hold(body["sale"]):
            body = _balanced(body)
        self._facts.at = line.at
        made = postings_of(line.kind, body, str(self._context.till_id), self._facts)
        return [(words(one.account, 80), amount(one.amount_minor)) for one in made]

    def _post(self, line: Line, postings: Posted) -> None:
        balances, rows = self._context.balances, self.rows
        for n, (account, amount_minor) in enumerate(postings, 1):
            balances[account] = balances.get(account, 0) + amount_minor
            rows.accounts.add(account)
            rows.postings.append((self._context.till_id, line.seq, n, account, amount_minor))

    def _tally(self, line: Line) -> None:
        pushed = line.pushed
        self._day(line.day).add(pushed.seq, pushed.hash.hex(), kind=line.kind, body=line.body)

    def _count_alone(self, line: Line) -> None:
        """Count a line that is not understood as one of its kind, and none of its figures."""
        tally, kind = self._day(line.day), line.kind_shown
        tally.add(line.seq, line.pushed.hash.hex(), kind="", body={})
        del tally.pieces[""]
        tally.pieces[kind] += 1

    def _day(self, day: str) -> DayTally:
        self.rows.days.add(day)
        days = self._context.days
        if day not in days:
            days[day] = DayTally()
        return days[day]

    def _check_fraud(self, line: Line) -> None:
        if "unknown_kind" in line.findings.flags:
            return
        extra = self._context.extra[line.day]
        if line.kind == "sale_closed" and line.body["state"] == "voided":
            extra["voids"] += 1
        elif line.kind == "token_handed_over" and line.body.get("copy") not in (0, None):
            extra["reprints"] += 1
        if not self._fraud.has_rules:
            return
        event = Event(
            line.kind,
            line.body,
            line.at,
            line.pushed.value["actor"],
            self._day(line.day),
            extra,
            frozenset(line.findings.flags),
        )
        for rule in self._fraud.check(event):
            line.findings.add(f"fraud:{rule[:50]}")
            self._flag_sale(line)

    def _flag_sale(self, line: Line) -> None:
        """Mark the transaction of a line that was found suspicious after it was written."""
        sale_id = _subject(line)[0]
        known = None if sale_id is None else self._context.transactions.get(sale_id)
        if known is not None and not known.is_flagged:
            known.is_flagged = True
            self.rows.changed_sales.add(known.id)

    def _move_clock(self, line: Line) -> None:
        context = self._context
        is_reset = line.kind == "clock_noted" and line.body.get("what") == "reset"
        if context.last_at is None or line.at > context.last_at or is_reset:
            context.last_at = line.at

    def _write_flags(self, line: Line) -> None:
        if not line.findings.flags:
            return
        sale_id, meter_id, money_minor = _subject(line)
        # Ids of the time of the fact: the review list goes by them, and a batch is booked in one moment.
        for flag, detail in line.findings.flags.items():
            self.rows.flags.append(
                (
                    *(self._context.till_id, line.seq, flag, str(new_id(line.at))),
                    *(self._context.organisation_id, line.at, line.kind_shown, sale_id, meter_id),
                    *(money_minor, detail, "open"),
                )
            )

    # Readers look at a body and return what writes it; once one has returned, nothing can fail any more.

    def read_sale_delivered(self, line: Line) -> Callable[[], None]:
        """A sale that was delivered."""
        sale = line.body["sale"]
        check_sale(sale)
        number = words(sale["receipt_number"], 24)
        return lambda: self._write_sale(line, sale, number)

    def read_sale_paid(self, line: Line) -> Callable[[], None]:
        """A sale that was paid and waits for its token."""
        quote = line.body["quote"]
        check_sale(quote)
        for payment in line.body["payments"]:
            id_of(payment["payment_id"])
            amount(payment["amount_minor"])
        return lambda: self._write_paid(line, quote)

    def read_sale_closed(self, line: Line) -> Callable[[], None]:
        """A sale that ended without delivery."""
        body = line.body
        sale_id, state = id_of(body["sale_id"]), words(body["state"], 16)
        optional_id(body.get("payment_id"))
        if state not in ("voided", "failed", "expired", "refund_due", "refunded"):
            raise UnreadableError("state")
        amount(body["amount_minor"], least=0)
        number = body.get("document_number")
        if number is not None:
            words(number, 24)
        return lambda: self._write_closed(line, sale_id, state=state, number=number)

    def read_payment_changed(self, line: Line) -> Callable[[], None]:
        """A payment that moved."""
        body = line.body
        sale_id, payment_id = id_of(body["sale_id"]), id_of(body["payment_id"])
        amount_minor, fee_minor = amount(body["amount_minor"]), amount(body["fee_minor"])
        tender, to, currency = words(body["tender"], 60), words(body["to"], 16), words(body["currency"], 3)
        reference = body.get("provider_reference")
        if reference is not None:
            words(reference)
        phone_mac = _optional_words(body.get("phone_mac"), 32)

        def write() -> None:
            self._context.tenders[payment_id] = tender
            self._note_part(sale_id, payment_id, to)
            row = (
                *(self._till_of(sale_id), payment_id, self._context.organisation_id, sale_id, tender, to),
                *(amount_minor, 0, fee_minor, reference, phone_mac, line.at),
            )
            self.rows.move_payment(payment_id, row)
            if sale_id not in self._context.transactions and sale_id not in self._context.foreign_sales:
                self._begin(line, sale_id, "awaiting_payment", type_="token", currency=currency)

        return write

    def read_tokens_issued(self, line: Line) -> Callable[[], None]:
        """Tokens that were not sold, or one part of a bulk sale."""
        body = line.body
        item = body["item"]
        check_item(item)
        id_of(body["issue_id"])
        if "meter" not in item:
            raise UnreadableError("meter")
        cause, charge_minor = words(body["cause"], 16), amount(body["charge_envelope_minor"])
        sale_id = optional_id(body.get("sale_id"))
        return lambda: self._write_issue(line, item, cause=cause, charge_minor=charge_minor, sale_id=sale_id)

    def read_case_changed(self, line: Line) -> Callable[[], None]:
        """A case that was opened or decided."""
        body, context = line.body, self._context
        case_id = id_of(body["case_id"])
        row = (
            *(case_id, context.organisation_id, context.till_id, words(body["case_kind"], 16)),
            *(words(body["to"], 16), optional_id(body.get("sale_id")), None),
            *(_optional_words(body.get("wrong_drn"), 13), _optional_words(body.get("right_drn"), 13)),
            *(words(body["reason"], 400), line.at, line.at),
        )
        return lambda: self.rows.cases.__setitem__(case_id, row)

    def read_shift_opened(self, line: Line) -> Callable[[], None]:
        """A shift begins."""
        body = line.body
        shift_id, float_minor = id_of(body["shift_id"]), amount(body["float_minor"])
        row = (
            *(self._context.till_id, shift_id, self._context.organisation_id),
            *(line.pushed.value["actor"], line.at, float_minor, date.fromisoformat(line.day)),
            *(None, None, None, None, None),
        )
        return lambda: self.rows.shifts.__setitem__(shift_id, row)

    def read_shift_closed(self, line: Line) -> Callable[[], None]:
        """A shift ends."""
        body = line.body
        shift_id = id_of(body["shift_id"])
        closing = (
            *(line.at, words(body["z_number"], 24), amount(body["counted_minor"])),
            *(amount(body["expected_minor"]), amount(body["difference_minor"])),
        )

        def write() -> None:
            opened = self.rows.shifts.get(shift_id)
            head = opened[:7] if opened is not None else self._unseen_shift(line, shift_id)
            self.rows.shifts[shift_id] = head + closing

        return write

    def _unseen_shift(self, line: Line, shift_id: str) -> tuple[Any, ...]:
        """The opening part of a shift opened in an earlier batch: the row that is there stays."""
        return (
            *(self._context.till_id, shift_id, self._context.organisation_id),
            *(line.pushed.value["actor"], line.at, 0, date.fromisoformat(line.day)),
        )

    def read_arrears_changed(self, line: Line) -> Callable[[], None]:
        """The debt of a meter was changed by a person."""
        meter_id, change_minor = id_of(line.body["meter_id"]), amount(line.body["amount_minor"])
        return lambda: self._change_arrears(meter_id, change_minor)

    def read_reading_taken(self, line: Line) -> Callable[[], None]:
        """A meter was read at the till."""
        body, context = line.body, self._context
        read_at = parse_instant(words(body["read_at"], 30))
        row = (
            *(id_of(body["reading_id"]), context.organisation_id, id_of(body["meter_id"])),
            *(words(body["drn"], 13), words(body["register"], 40), amount(body["value_milli"])),
            *(read_at, words(body["kind"], 16), "till", context.till_id),
        )
        return lambda: self.rows.readings.append(row)

    def read_meter_changed(self, line: Line) -> Callable[[], None]:
        """A meter was changed at the till: for head office it is a proposal."""
        meter_id = id_of(line.body["meter_id"])
        if not isinstance(line.body["changes"], list):
            raise UnreadableError("changes")
        record: dict[str, Any] = {
            "meter_id": str(meter_id),
            "drn": words(line.body["drn"], 13),
            "changes": line.body["changes"],
        }
        digest = hashlib.sha256(canonical_bytes(record)).digest()
        row = (
            *(line.pushed.value["id"], self._context.organisation_id, self._context.till_id),
            *("change", digest, record, "waiting", "", self._context.now),
        )
        return lambda: self.rows.proposals.append(row)

    def read_voucher_changed(self, line: Line) -> Callable[[], None]:
        """A voucher was sold, redeemed or cancelled."""
        body, context = line.body, self._context
        voucher_id, to = id_of(body["voucher_id"]), words(body["to"], 16)

        def write() -> None:
            if to != "redeemed":
                return
            if voucher_id in context.vouchers:
                line.findings.add("voucher_twice", voucher_id=str(voucher_id))
                return
            context.vouchers.add(voucher_id)
            self.rows.vouchers.append((context.organisation_id, voucher_id, context.till_id, line.seq))

        return write

    def read_envelope_taken(self, line: Line) -> Callable[[], None]:
        """An envelope came into force."""
        sequence = amount(line.body["sequence"], least=0)

        def write() -> None:
            self._context.envelope_taken = max(self._context.envelope_taken, sequence)
            self.rows.taken[sequence] = line.seq

        return write

    def _write_sale(self, line: Line, sale: Body, number: str) -> None:
        sale_id: str = sale["sale_id"]
        self._check_receipt(line, number)
        if not do_sums_hold(sale):
            line.findings.add("price", sums=False)
        known = self._context.transactions.get(sale_id)
        is_double = sale_id in self._context.foreign_sales or (
            known is not None and known.state == "delivered"
        )
        was_frozen = known is not None and known.state == "paid"
        institution = None
        for item in sale["items"]:
            self._write_item(line, item, sale_id=sale_id, cause="sale", was_frozen=was_frozen)
            institution = institution or self._institution(item)
            if sale["holder"] == "vault" and item.get("tokens"):
                self._use_envelope(line, item["money_minor"], item["token_units_tenths"] * 100)
        self._write_payments(line, sale_id, sale["payments"])
        if is_double:
            line.findings.add("tid_collision", sale_id=sale["sale_id"], delivered_before=True)
            return
        self._put(line, sale, state="delivered", receipt_number=number, institution_id=institution)

    def _write_paid(self, line: Line, quote: Body) -> None:
        sale_id: str = quote["sale_id"]
        if sale_id in self._context.foreign_sales:
            line.findings.add("tid_collision", sale_id=quote["sale_id"], delivered_before=True)
            return
        known = self._context.transactions.get(sale_id)
        if known is not None and known.state != "awaiting_payment":
            return
        institution = None
        for item in quote["items"]:
            self._check_item(line, item, was_frozen=False)
            institution = institution or self._institution(item)
        self._write_payments(line, sale_id, line.body["payments"])
        self._put(line, quote, state="paid", receipt_number=None, institution_id=institution)

    def _write_closed(self, line: Line, sale_id: str, *, state: str, number: str | None) -> None:
        if number is not None:
            self._check_receipt(line, number)
        if sale_id in self._context.foreign_sales:
            return
        known, amount_minor = self._context.transactions.get(sale_id), line.body["amount_minor"]
        if known is None:
            currency = self._context.currency
            self._begin(line, sale_id, state, type_="token", currency=currency, money_minor=amount_minor)
            return
        money_minor = known.money_minor if state == "refunded" else amount_minor
        if state == "refunded" and "payment_id" in line.body:
            state = self._give_payment_back(line, sale_id, line.body["payment_id"])
        number = number or known.receipt_number
        self._change(line, replace(known, state=state, money_minor=money_minor, receipt_number=number))

    def _give_payment_back(self, line: Line, sale_id: str, payment_id: str) -> str:
        """Mark one payment of a sale as given back; return the sale's state: more may be due."""
        context = self._context
        self._note_part(sale_id, payment_id, "refunded")
        row = (
            *(self._till_of(sale_id), payment_id, context.organisation_id, sale_id),
            *(context.tenders.get(payment_id, "cash"), "refunded", line.body["amount_minor"]),
            *(0, 0, None, None, line.at),
        )
        self.rows.move_payment(payment_id, row)
        states = context.parts[sale_id].values()
        return "refund_due" if any(one in ("succeeded", "refund_pending") for one in states) else "refunded"

    def _note_part(self, sale_id: str, payment_id: str, state: str) -> None:
        if sale_id in self._context.parts:
            self._context.parts[sale_id][payment_id] = state

    def _write_issue(
        self, line: Line, item: Body, *, cause: str, charge_minor: int, sale_id: str | None
    ) -> None:
        self._write_item(line, item, sale_id=sale_id, cause=cause, was_frozen=True)
        self._use_envelope(line, charge_minor, item["token_units_tenths"] * 100)

    def _write_item(
        self, line: Line, item: Body, *, sale_id: str | None, cause: str, was_frozen: bool
    ) -> None:
        """Check and write one item with its lines and tokens; its meter's month and debt move with it."""
        take = self._check_item(line, item, was_frozen=was_frozen, cause=cause)
        meter, basis = item.get("meter"), item.get("basis")
        till, seq = self._context.till_id, line.seq
        self.rows.items.append(
            (
                *(till, seq, item["n"], self._context.organisation_id, sale_id, cause),
                *(item.get("item_kind", "token"), line.at, date.fromisoformat(line.day)),
                *(
                    None if meter is None else meter["meter_id"],
                    None if meter is None else meter["drn"],
                ),
                *(
                    None if basis is None else basis["tariff_id"],
                    None if basis is None else basis["month"],
                ),
                *(item["money_minor"], item.get("units_milli", 0), item.get("free_milli", 0)),
                *(item.get("carry_in_milli", 0), item.get("carry_out_milli", 0)),
                item.get("token_units_tenths", 0),
            )
        )
        for one in item.get("lines", ()):
            self.rows.lines.append(
                (
                    *(till, seq, item["n"], one["n"], one["kind"], one["code"], one["amount_minor"]),
                    *(one["units_milli"], one["tax_code"], one.get("rate_micro"), one.get("block")),
                )
            )
        if meter is None:
            return
        self._write_tokens(line, item, sale_id)
        if take is None or cause not in ("sale", "free"):
            return
        self._take_month(line, item, take)

    def _check_item(self, line: Line, item: Body, *, was_frozen: bool, cause: str = "sale") -> Any:
        """Flag what is wrong with an item; return what it takes from its month, None without a basis."""
        if "meter" not in item:
            return None
        check_meter(self._context, item, at=line.at, findings=line.findings)
        if item.get("basis") is None:
            return None
        known = tariff_of(self._context, item, line.findings)
        take = month_take(item, known)
        if known is not None and cause == "sale":
            check_price(item, known, line.findings, is_delivered=line.kind == "sale_delivered")
            if not was_frozen:
                check_block(item, known, self._month_rows(item), line.findings)
        return take

    def _month_rows(self, item: Body) -> dict[str, MonthRow]:
        key = (self._context.kept(item["meter"]["meter_id"]), item["basis"]["month"])
        return self._context.months[key]

    def _take_month(self, line: Line, item: Body, take: Any) -> None:
        context = self._context
        meter_id = context.kept(item["meter"]["meter_id"])
        rows = self._month_rows(item)
        given_back = check_twice(context, item, take, rows=rows, findings=line.findings)
        if context.till_id not in rows:
            self.rows.new_months.add((meter_id, item["basis"]["month"]))
        own = rows.setdefault(context.till_id, MonthRow())
        own.units_milli += take.units_milli
        own.free_milli += take.free_milli
        own.arrears_minor += take.arrears_minor
        own.charges = own.charges | {code for code, _ in take.charges}
        self.rows.months.add((meter_id, item["basis"]["month"]))
        for taken in given_back:
            self._give_back(line, item, taken)
        over_minor = sum(one.amount_minor for one in given_back if one.cause == "arrears")
        if take.arrears_minor:
            self._change_arrears(meter_id, over_minor - take.arrears_minor)

    def _change_arrears(self, meter_id: str, change_minor: int) -> None:
        arrears = self._context.arrears
        meter_id = self._context.kept(meter_id)
        if meter_id in arrears:
            arrears[meter_id] += change_minor
            self.rows.arrears[meter_id] += change_minor

    def _give_back(self, line: Line, item: Body, taken: Taken) -> None:
        """Give a customer what was taken twice, at the meter's home till, else at this one.

        The credit's id follows from the line and from what was taken: sent again to a restored database it is
        no second credit, and what only then turns out to have been taken twice is another one.
        """
        context = self._context
        meter_id = context.kept(item["meter"]["meter_id"])
        row = context.meters.get(meter_id)
        till = context.till_id if row is None or row.home_till is None else str(row.home_till)
        place = f"{context.till_id}/{line.seq}/{item['n']}"
        credit_id = str(id_from(line.at, f"{place}/{taken.cause}/{taken.code}"))
        self.rows.credits.append(
            (
                *(credit_id, context.organisation_id, meter_id, till, taken.amount_minor, context.currency),
                *(taken.cause, taken.code, item["basis"]["month"], context.now),
                *(context.till_id, line.seq, item["n"]),
            )
        )
        self.credited.append(credit_id)

    def _write_tokens(self, line: Line, item: Body, sale_id: str | None) -> None:
        context, meter = self._context, item["meter"]
        pan = pan_of_item(item)
        for one in item.get("tokens", ()):
            key = (pan, meter["base_date"], one["tid"])
            is_double = one["tid"] is not None and self._is_taken(key, sale_id)
            if is_double:
                self._open_case(line, item, key=key, sale_id=sale_id)
            elif one["tid"] is not None:
                context.tids[key] = sale_id
            self.rows.tokens.append(
                (
                    *(context.till_id, line.seq, item["n"], one["n"], context.organisation_id, sale_id, pan),
                    *(meter["base_date"], one["tid"], one["token_class"], one["subclass"], one["digits"]),
                    *(one.get("tenths"), is_double),
                )
            )

    def _is_taken(self, key: tuple[int, str, int], sale_id: str | None) -> bool:
        context = self._context
        return key in context.tids or (key in context.vended and context.vended[key] != sale_id)

    def _open_case(self, line: Line, item: Body, *, key: tuple[int, str, int], sale_id: str | None) -> None:
        context = self._context
        earlier = context.tids.get(key, context.vended.get(key))
        line.findings.add("tid_collision", tid=key[2], other_sale=None if earlier is None else str(earlier))
        if earlier is not None and earlier == sale_id:
            return  # The same sale, told by a restored book: its token is the same too.
        case_id = str(new_id(context.now))
        self.rows.cases[case_id] = (
            *(case_id, context.organisation_id, None, "token_refused", "open", sale_id),
            *(item["meter"]["meter_id"], item["meter"]["drn"], None),
            *("A token with the same TID was made before: the meter takes only the first.", context.now),
            context.now,
        )

    def _use_envelope(self, line: Line, money_minor: int, units_milli: int) -> None:
        for grant in self._context.grants:
            if line.seq > grant.as_of_seq:
                grant.used_money_minor += money_minor
                grant.used_units_milli += units_milli
            if grant.sequence == self._context.envelope_taken and (
                grant.used_money_minor > grant.money_minor or grant.used_units_milli > grant.units_milli
            ):
                line.findings.add(
                    "envelope_overrun",
                    sequence=grant.sequence,
                    over_minor=grant.used_money_minor - grant.money_minor,
                )

    def _write_payments(self, line: Line, sale_id: str, payments: list[Body]) -> None:
        context = self._context
        for one in payments:
            payment_id = one["payment_id"]
            is_new = payment_id not in context.tenders
            context.tenders[payment_id] = one["tender"]
            if is_new:
                self._note_part(sale_id, payment_id, "succeeded")
            row = (
                *(self._till_of(sale_id), payment_id, context.organisation_id, sale_id, one["tender"][:60]),
                *("succeeded", one["amount_minor"], one.get("change_minor", 0), 0, None, None, line.at),
            )
            if is_new:
                self.rows.new_payments.append(row)
            else:
                self.rows.move_payment(payment_id, row)

    def _till_of(self, sale_id: str) -> str:
        """Return the till at which a sale began: its payments stand there, wherever it ended."""
        known = self._context.transactions.get(sale_id)
        return self._context.till_id if known is None else known.till_id

    def _check_receipt(self, line: Line, number: str) -> None:
        try:
            counted = number_of(number)
        except UserError:
            line.findings.add("receipt_gap", number=number)
            return
        expected = self._context.receipt_last + 1
        if counted != expected:
            line.findings.add("receipt_gap", number=number, expected=expected)
        self._context.receipt_last = max(self._context.receipt_last, min(counted, 2**53))

    def _institution(self, item: Body) -> UUID | None:
        meter = item.get("meter")
        row = None if meter is None else self._context.meters.get(meter["meter_id"])
        return None if row is None else row.institution_id

    def _put(
        self, line: Line, sale: Body, *, state: str, receipt_number: str | None, institution_id: UUID | None
    ) -> None:
        """Write or move the sale's row among the transactions."""
        kinds = {item.get("item_kind", "token") for item in sale["items"]}
        meter = next((item["meter"] for item in sale["items"] if "meter" in item), None)
        actor = line.pushed.value["actor"]
        self._change(
            line,
            Transaction(
                id=sale["sale_id"],
                till_id=self._context.till_id,
                till_code=self._context.till.code,
                type=kinds.pop() if len(kinds) == 1 else "mixed",
                state=state,
                business_day=line.day,
                at=line.at,
                money_minor=sale["money_minor"],
                currency=sale["currency"],
                units_milli=sum(item.get("units_milli", 0) for item in sale["items"]),
                cashier_id=actor,
                cashier_name=self._context.names.get(actor),
                meter_id=None if meter is None else meter["meter_id"],
                drn=None if meter is None else meter["drn"],
                receipt_number=receipt_number,
                institution_id=institution_id,
                is_flagged=False,
            ),
        )

    def _begin(
        self, line: Line, sale_id: str, state: str, *, type_: str, currency: str, money_minor: int = 0
    ) -> None:
        actor = line.pushed.value["actor"]
        self._change(
            line,
            Transaction(
                id=sale_id,
                till_id=self._context.till_id,
                till_code=self._context.till.code,
                type=type_,
                state=state,
                business_day=line.day,
                at=line.at,
                money_minor=money_minor,
                currency=currency,
                units_milli=0,
                cashier_id=actor,
                cashier_name=self._context.names.get(actor),
                meter_id=None,
                drn=None,
                receipt_number=None,
                institution_id=None,
                is_flagged=False,
            ),
        )

    def _change(self, line: Line, one: Transaction) -> None:
        """Take over a transaction as it is now; till, day, instant, currency stay those of its first line."""
        context, rows = self._context, self.rows
        known = context.transactions.get(one.id)
        if known is None:
            rows.new_sales.add(one.id)
        else:
            rows.total(total_key(context, one.id), Delta(-1, -known.money_minor, -known.units_milli))
            rows.changed_sales.add(one.id)
            one.business_day, one.at, one.currency = known.business_day, known.at, known.currency
            one.till_id, one.till_code = known.till_id, known.till_code
            one.is_flagged = known.is_flagged
        one.is_flagged = one.is_flagged or bool(line.findings.flags)
        context.transactions[one.id] = one
        rows.total(total_key(context, one.id), Delta(1, one.money_minor, one.units_milli))


def _subject(line: Line) -> tuple[str | None, str | None, int]:
    """Return sale, meter and money that a flagged line is about, as far as it can be read."""
    body = line.body
    try:
        subject = body.get("sale") or body.get("quote") or body
        items = subject.get("items") or [body.get("item") or {}]
        sale_id = optional_id(subject.get("sale_id"))
        meter_id = optional_id((items[0].get("meter") or {}).get("meter_id"))
        return sale_id, meter_id, amount(subject.get("money_minor", 0))
    except UNREADABLE:
        return None, None, 0


def _balanced(body: Body) -> Body:
    """Return a sale whose sums do not hold with a payment that makes them: it stands in customer_deposit."""
    sale = body["sale"]
    lines_minor = sum(line["amount_minor"] for item in sale["items"] for line in item.get("lines", ()))
    paid_minor = sum(payment["amount_minor"] for payment in sale["payments"])
    rest = {"tender": "unexplained", "amount_minor": lines_minor - paid_minor}
    return {"sale": {**sale, "payments": [*sale["payments"], rest]}}


def _optional_words(value: Any, most: int) -> str | None:
    return None if value is None else words(value, most)


_READERS: Mapping[str, Callable[[Booker, Line], Callable[[], None]]] = {
    "sale_delivered": Booker.read_sale_delivered,
    "sale_paid": Booker.read_sale_paid,
    "sale_closed": Booker.read_sale_closed,
    "payment_changed": Booker.read_payment_changed,
    "tokens_issued": Booker.read_tokens_issued,
    "case_changed": Booker.read_case_changed,
    "shift_opened": Booker.read_shift_opened,
    "shift_closed": Booker.read_shift_closed,
    "arrears_changed": Booker.read_arrears_changed,
    "reading_taken": Booker.read_reading_taken,
    "meter_changed_here": Booker.read_meter_changed,
    "voucher_changed": Booker.read_voucher_changed,
    "envelope_taken": Booker.read_envelope_taken,
}
