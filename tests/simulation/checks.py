"""What must hold at the end of a run, whatever happened in it; each check names the least that differs."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from central.models.journal import customer_credit, line_flag
from central.models.master import meter as meter_table
from central.models.master import vend_request
from central.services.verify import tills_of, verify_till
from pos.domain.recompute import monthly_take
from pos.models.packing import unpack_line
from pos.services.verify import verify
from tests.simulation.acts import WrongError, digits_of
from tests.simulation.meters import feed_all
from tests.simulation.office import TARIFFS
from tests.simulation.world import World

RIGHT_FLAGS = frozenset({"charge_twice", "arrears_over", "block", "duplicate_meter", "clock", "revoked_till"})
"""What head office may flag in this world: what tills could not know of each other, and wrong clocks."""

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of a till's book, parsed."""

    till: UUID
    seq: int
    line: Body

    @property
    def kind(self) -> str:
        return str(self.line["kind"])

    @property
    def body(self) -> Body:
        body: Body = self.line["body"]
        return body


class Checks:
    """All invariants over one world that has come to rest."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._database = world.office.server.database

    def run(self) -> None:
        for check in (
            self.verify_clean,
            self.server_verify_clean,
            self.lines_equal,
            self.sales_once,
            self.sums_equal,
            self.books_green,
            self.flags_expected,
            self.vended_once,
            self.tids_unique,
            self.tokens_accepted,
            self.charges_given_back,
            self.arrears_given_back,
            self.credits_usable,
            self.envelopes_kept,
            self.server_adds_up,
        ):
            check()

    @cached_property
    def facts(self) -> list[Fact]:
        """Every line of every book of every till, also of those that were replaced."""
        found: list[Fact] = []
        for one in self._world.tills:
            rows = [*one.all("SELECT line FROM former_journal"), *one.all("SELECT line FROM journal")]
            for (packed,) in rows:
                line = json.loads(unpack_line(packed))
                found.append(Fact(UUID(line["till"]), line["seq"], line))
        return found

    @cached_property
    def sales(self) -> list[Body]:
        return [fact.body["sale"] for fact in self.facts if fact.kind == "sale_delivered"]

    @cached_property
    def drn_of(self) -> dict[str, str]:
        """Meter number by every id it ever had, at head office and in lines."""
        known = {str(row.id): row.drn for row in self._rows(select(meter_table.c.id, meter_table.c.drn))}
        return known | {meter["meter_id"]: meter["drn"] for meter in map(_meter, self._items()) if meter}

    def verify_clean(self) -> None:
        for one in self._world.tills:
            report = verify(one.till.units, one.till.anchors())
            _expect(report.is_clean, f"verify of {one.code}: {report.findings[:1]}")

    def server_verify_clean(self) -> None:
        """Head office books every line anew and finds what it has."""
        office = self._world.office
        with self._database.read() as connection:
            books = tills_of(connection, office.organisation)
        for book in books:
            finding = verify_till(self._database, self._world.time, book.id)
            _expect(finding is None, f"head office's verify: {finding}")

    def lines_equal(self) -> None:
        """Head office has each line of each book, byte for byte, and no other."""
        rows = self._rows(text("SELECT till_id, seq, hash FROM journal_line"))
        there = {(_uuid(row.till_id), row.seq): bytes(row.hash) for row in rows}
        here: dict[tuple[UUID, int], bytes] = {}
        for one in self._world.tills:
            here |= {
                (one.head().till_id, seq): hash_ for seq, hash_ in one.all("SELECT seq, hash FROM journal")
            }
            here |= _former_hashes(one)
        differing = sorted(
            (key for key in here.keys() | there.keys() if here.get(key) != there.get(key)), key=str
        )
        _expect(not differing, f"{len(differing)} lines differ, first {differing[:1]}")

    def sales_once(self) -> None:
        delivered = Counter(sale["sale_id"] for sale in self.sales)
        twice = [sale_id for sale_id, count in delivered.items() if count > 1]
        _expect(not twice, f"delivered twice at tills: {twice[:1]}")
        rows = self._rows(text("SELECT id, money_minor, state FROM transactions"))
        there = {str(_uuid(row.id)): (row.money_minor, row.state) for row in rows}
        for sale in self.sales:
            expected = (sale["money_minor"], "delivered")
            found = there.get(sale["sale_id"])
            _expect(found == expected, f"sale {sale['sale_id']}: till {expected}, head office {found}")
        delivered_there = {sale_id for sale_id, (_, state) in there.items() if state == "delivered"}
        extra = delivered_there - delivered.keys()
        _expect(not extra, f"only head office has sales {sorted(extra)[:1]}")
        self._all_noted(delivered)

    def _all_noted(self, delivered: Counter[str]) -> None:
        """What customers were given is in the books; what is not was named when a disk died."""
        lost = {issue.order for issue in self._world.lost}
        for issue in self._world.issues:
            if issue.sale_id is not None and issue.order not in lost:
                _expect(issue.sale_id in delivered, f"no book has sale {issue.sale_id} of {issue.till}")

    def sums_equal(self) -> None:
        """Sums by till, day and line kind, each side from its own rows."""
        here: Counter[tuple[str, str, str]] = Counter()
        for fact in self.facts:
            if fact.kind == "sale_delivered":
                for line in (line for item in fact.body["sale"]["items"] for line in item["lines"]):
                    here[str(fact.till), fact.line["business_day"], line["kind"]] += line["amount_minor"]
        query = (
            "SELECT sale_item.till_id AS till_id, sale_item.business_day AS day, sale_line.kind AS kind, "
            "sum(sale_line.amount_minor) AS amount FROM sale_line JOIN sale_item ON "
            "sale_item.till_id = sale_line.till_id AND sale_item.seq = sale_line.seq "
            "AND sale_item.n = sale_line.item_n GROUP BY 1, 2, 3"
        )
        there = {
            (str(_uuid(row.till_id)), str(row.day), row.kind): int(row.amount)
            for row in self._rows(text(query))
        }
        for key in here.keys() | there.keys():
            _expect(
                here.get(key, 0) == there.get(key, 0), f"{key}: {here.get(key)} here, {there.get(key)} there"
            )

    def books_green(self) -> None:
        for one in self._world.tills:
            bad = one.all("SELECT business_day, colour, differences FROM day_book WHERE colour <> 'green'")
            if not one.is_revoked:
                _expect(not bad, f"books of {one.code}: {bad[:1]}")
                _expect(bool(one.one("SELECT count(*) FROM day_book")), f"{one.code} compared nothing")

    def flags_expected(self) -> None:
        for row in self._rows(
            select(line_flag.c.flag, line_flag.c.till_id, line_flag.c.seq, line_flag.c.detail)
        ):
            self._world.tally[f"flag: {row.flag}"] += 1
            _expect(
                row.flag in RIGHT_FLAGS, f"flag {row.flag} on line {row.seq} of {row.till_id}: {row.detail}"
            )

    def vended_once(self) -> None:
        """A token that head office made is the token of its sale, and of no other holder."""
        by_sale = {sale["sale_id"]: sale for sale in self.sales}
        query = select(vend_request.c.sale_id, vend_request.c.tokens).where(vend_request.c.state == "vended")
        lost = {issue.sale_id for issue in self._world.lost}
        for row in self._rows(query):
            sale = by_sale.get(str(row.sale_id))
            if sale is None and (str(row.sale_id) in lost or self._is_paid_lost(str(row.sale_id))):
                continue
            if sale is None and str(row.sale_id) in self._left_at_revoked:
                self._world.tally["tokens that did not reach a revoked till"] += 1
                continue
            _expect(sale is not None, f"head office made a token for {row.sale_id}; no book delivered it")
            assert sale is not None
            got = digits_of(sale["items"][0]["tokens"])
            _expect(
                got == digits_of(row.tokens["tokens"]),
                f"sale {row.sale_id} has another token than head office made",
            )
            _expect(sale["holder"] == "central", f"sale {row.sale_id} says its holder is {sale['holder']}")

    @cached_property
    def _left_at_revoked(self) -> set[str]:
        """Sales that were paid at a till which head office then ended: it gets no token any more."""
        return {str(sale_id) for one in self._world.tills if one.is_revoked for sale_id in one.waiting}

    def _is_paid_lost(self, sale_id: str) -> bool:
        """Whether even the payment died with a disk."""
        paid = {fact.body["sale_id"] for fact in self.facts if fact.kind == "sale_paid"}
        return sale_id not in paid and bool(self._world.lost)

    def tids_unique(self) -> None:
        seen: dict[tuple[str, str, int], str] = {}
        for item in self._items():
            for token in item.get("tokens", ()):
                if token["tid"] is None:
                    continue
                meter = item["meter"]
                key = (meter["drn"], meter["base_date"], token["tid"])
                _expect(key not in seen or seen[key] == token["digits"], f"two tokens with {key}")
                _expect(key not in seen, f"one token stands in two sales: {key}")
                seen[key] = token["digits"]

    def tokens_accepted(self) -> None:
        vended = {
            str(row.sale_id): row.decided_at
            for row in self._rows(
                select(vend_request.c.sale_id, vend_request.c.decided_at).where(
                    vend_request.c.state == "vended"
                )
            )
        }
        self._world.tally["tokens accepted by meters"] = feed_all(self._world, vended)

    def charges_given_back(self) -> None:
        """What was taken twice in a month from one meter is exactly what head office gives back."""
        taken: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        tariffs = {tariff.code: tariff for tariff in TARIFFS}
        for item in self._items():
            basis = item.get("basis")
            if basis is None:
                continue
            tariff = tariffs[self._tariff_code(basis["tariff_id"])]
            for code, amount in monthly_take(item, tariff).charges:
                taken[item["meter"]["drn"], basis["month"], code].append(amount)
        expected = {key: sum(amounts[1:]) for key, amounts in taken.items() if len(amounts) > 1}
        given: Counter[tuple[str, str, str]] = Counter()
        for row in self._credits():
            if row.cause == "charge":
                given[self.drn_of[str(row.meter_id)], row.month, row.code] += row.amount_minor
        self._world.tally["charges taken twice"] = sum(len(amounts) - 1 for amounts in taken.values())
        for key in expected.keys() | given.keys():
            _expect(
                expected.get(key, 0) == given[key], f"{key}: twice {expected.get(key, 0)}, given {given[key]}"
            )

    def arrears_given_back(self) -> None:
        taken: Counter[str] = Counter()
        for item in self._items():
            arrears = sum(line["amount_minor"] for line in item.get("lines", ()) if line["kind"] == "arrears")
            if arrears:
                taken[item["meter"]["drn"]] += arrears
        given: Counter[str] = Counter()
        for row in self._credits():
            if row.cause == "arrears":
                given[self.drn_of[str(row.meter_id)]] += row.amount_minor
        for drn in taken.keys() | given.keys():
            over = max(0, taken[drn] - self._world.arrears[drn])
            _expect(over == given[drn], f"meter {drn}: {over} of arrears too much, {given[drn]} given back")

    def credits_usable(self) -> None:
        """A credit is known at the till it is for, once, and no more of it is used than was given."""
        used: Counter[str] = Counter()
        for item in self._items():
            used[item["meter"]["drn"]] -= sum(
                line["amount_minor"] for line in item.get("lines", ()) if line["kind"] == "credit"
            )
        given: Counter[str] = Counter()
        posted = Counter(
            fact.body["reference"]
            for fact in self.facts
            if fact.kind == "float_moved" and fact.body["kind"] == "credit"
        )
        live = {
            UUID(bytes=row[0])
            for one in self._world.tills
            if not one.is_revoked
            for row in one.all("SELECT till_id FROM book UNION SELECT till_id FROM former_book")
        }
        for row in self._credits():
            given[self.drn_of[str(row.meter_id)]] += row.amount_minor
            times = posted[str(row.id)]
            _expect(times <= 1, f"credit {row.id} is posted {times} times")
            _expect(times == 1 or row.till_id not in live, f"credit {row.id} did not come to {row.till_id}")
            self._world.tally["credits nobody can use"] += times == 0
        for drn, amount in used.items():
            _expect(amount <= given[drn], f"meter {drn} used {amount} of {given[drn]}")

    def envelopes_kept(self) -> None:
        """No till sold more from its vault than its envelope in force allowed."""
        for one in self._world.tills:
            over = one.all(
                "SELECT sequence, money_minor, used_money_minor FROM envelope "
                "WHERE (used_money_minor > money_minor OR used_units_milli > units_milli) "
                # Of those before a restore some have no row: what was used of them stands at the one before.
                "AND json_extract(body, '$.till') = ?",
                str(one.head().till_id),
            )
            _expect(not over, f"envelope of {one.code} overspent: {over[:1]}")
        self._envelopes_of_lines()

    def _envelopes_of_lines(self) -> None:
        """The same from the lines alone, with the limits that head office granted."""
        rows = self._rows(text("SELECT till_id, sequence, as_of_seq, money_minor FROM envelope_grant"))
        granted = {(_uuid(row.till_id), row.sequence): row for row in rows}
        by_till: dict[UUID, list[Fact]] = defaultdict(list)
        for fact in self.facts:
            by_till[fact.till].append(fact)
        for till, facts in by_till.items():
            ordered = sorted(facts, key=lambda fact: fact.seq)
            for n, fact in enumerate(ordered):
                if fact.kind == "envelope_taken" and (till, fact.body["sequence"]) in granted:
                    self._envelope_held(granted[till, fact.body["sequence"]], ordered, n)

    def _envelope_held(self, grant: Any, facts: list[Fact], taken: int) -> None:
        used = 0
        for n, fact in enumerate(facts):
            if n > taken and fact.kind == "envelope_taken":
                return
            if fact.seq > grant.as_of_seq:
                used += _vault_money(fact)
            _expect(
                n <= taken or used <= grant.money_minor,
                f"envelope {grant.sequence} of {fact.till}: {used} of {grant.money_minor} used at {fact.seq}",
            )

    def server_adds_up(self) -> None:
        """Head office's own figures added up again from its rows."""
        for what, query in _ADDED_UP.items():
            wrong = self._rows(text(query))
            _expect(not wrong, f"{what}: {wrong[:1]}")

    def _items(self) -> Iterator[Body]:
        for fact in self.facts:
            if fact.kind == "sale_delivered":
                yield from fact.body["sale"]["items"]
            elif fact.kind == "tokens_issued":
                yield fact.body["item"]

    def _credits(self) -> list[Any]:
        return self._rows(select(customer_credit))

    @cached_property
    def _codes(self) -> dict[str, str]:
        return {str(_uuid(row.id)): row.code for row in self._rows(text("SELECT id, code FROM tariff"))}

    def _tariff_code(self, tariff_id: str) -> str:
        return self._codes[tariff_id]

    def _rows(self, query: Any) -> list[Any]:
        with self._database.read() as connection:
            return list(connection.execute(query).all())


_ADDED_UP = {
    "postings of a line do not sum to 0": (
        "SELECT till_id, seq, sum(amount_minor) FROM posting GROUP BY till_id, seq "
        "HAVING sum(amount_minor) <> 0"
    ),
    "a balance is not the sum of its postings": (
        "SELECT till_id, account, balance_minor, (SELECT sum(amount_minor) FROM posting WHERE "
        "posting.till_id = account_balance.till_id AND posting.account = account_balance.account) "
        "FROM account_balance WHERE balance_minor <> coalesce((SELECT sum(amount_minor) FROM posting WHERE "
        "posting.till_id = account_balance.till_id AND posting.account = account_balance.account), 0)"
    ),
    "a till has lines that are not booked": (
        "SELECT code, head_seq, booked_seq FROM till WHERE head_seq <> booked_seq"
    ),
}


def _former_hashes(one: Any) -> dict[tuple[UUID, int], bytes]:
    rows = one.all(
        "SELECT former_book.till_id, former_journal.place, former_journal.hash FROM former_journal "
        "JOIN former_book ON former_book.number = former_journal.place >> 40"
    )
    return {(UUID(bytes=till), place & (2**40 - 1)): hash_ for till, place, hash_ in rows}


def _vault_money(fact: Fact) -> int:
    if fact.kind == "tokens_issued":
        return int(fact.body["charge_envelope_minor"])
    if fact.kind != "sale_delivered" or fact.body["sale"]["holder"] != "vault":
        return 0
    return sum(item["money_minor"] for item in fact.body["sale"]["items"] if item["item_kind"] == "token")


def _meter(item: Body) -> Body | None:
    return item.get("meter")


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(bytes=bytes(value))


def _expect(is_right: object, complaint: str) -> None:
    if not is_right:
        raise WrongError(complaint)
