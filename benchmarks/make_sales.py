"""Makes a shop with many earlier sales, quickly: `python -m benchmarks.make_sales FOLDER [SALES]`.

Real lines, prices and tokens, chained and hashed, projected by the rule of a sale; only the writing is done
in batches. `verify` finds such a book clean.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from pos.domain.canonical import JsonObject, canonical_bytes
from pos.domain.journal import Event, Line, event_of, write_line
from pos.domain.price_terms import Basis, Terms
from pos.domain.priced_item import PricedItem
from pos.domain.pricing import price_by_money
from pos.domain.receipt_number import receipt_number, z_number
from pos.domain.tariff import tariff_sha256
from pos.models.packing import pack_document, pack_line, unpack_line
from pos.models.projector import project
from pos.models.rebuild import (
    PROJECTIONS,
    RebuildFacts,
    RebuildSink,
    create_rebuilt_tables,
    projected_columns,
)
from pos.models.sales import carry, envelope, meter_month
from pos.models.stored import milliseconds_of
from pos.system.ids import new_id
from pos.tokens.amount import encode_amount, largest_amount_not_above
from pos.tokens.cipher import BlockCipher
from pos.tokens.credit import credit_token
from pos.tokens.names import BaseDate
from pos.tokens.numbers import make_drn, pan_of
from pos.tokens.tid import minute_of
from tests.factories.shop import START, ZONE, Shop, make_shop, meter_cipher, plain_tariff

SALES_A_SHIFT = 5_000
SALES_A_METER = 5
SECONDS_BETWEEN = 8
BATCH = 2_000
SGC = "201457"
MONEY_MINOR = (1000, 2000, 5000, 500, 10_000, 3000, 1500)
TARIFF = plain_tariff()


def make_shop_with_sales(folder: Path, sales: int) -> tuple[Shop, list[str]]:
    """Make a shop in `folder` with `sales` earlier sales; returns it and the numbers of its meters.

    The shift is open and the clock an hour after the last sale, so that no meter counts as sold to just now.
    """
    shop = make_shop(folder, opens_shift=False)
    raw = sqlite3.connect(folder / "till.sqlite", isolation_level=None)
    raw.execute("PRAGMA synchronous = OFF")
    raw.execute("ATTACH ? AS rebuilt", (str(folder / "rebuilt.sqlite"),))
    raw.execute("PRAGMA rebuilt.journal_mode = OFF")
    raw.execute("PRAGMA rebuilt.synchronous = OFF")
    raw.execute("BEGIN")
    meters = _add_meters(raw, max(1, sales // SALES_A_METER))
    last_at = _Past(raw, shop, meters).write(sales)
    raw.execute("COMMIT")
    raw.execute("DETACH rebuilt")
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    (folder / "rebuilt.sqlite").unlink()
    shop.clock.set_wall(last_at + timedelta(hours=1))
    return shop, [drn for _, drn in meters]


def _add_meters(raw: sqlite3.Connection, count: int) -> list[tuple[str, str]]:
    """Add meters in one statement; returns (id, number) of each."""
    meters, rows = [], []
    for serial in range(1, count + 1):
        drn = make_drn("04", f"{serial:08d}")
        identity = new_id(START)
        meters.append((str(identity), drn.digits))
        rows.append((identity.bytes, drn.digits, drn.digits[::-1], int(pan_of(drn).digits), SGC))
    raw.executemany(
        "INSERT INTO meter (id, drn, drn_reversed, pan, service, tariff_code, sgc, status, arrears_minor) "
        "VALUES (?, ?, ?, ?, 0, 'HOME', ?, 'active', 0)",
        rows,
    )
    return meters


class _Past:
    """Writes one day of sales after the other."""

    def __init__(self, raw: sqlite3.Connection, shop: Shop, meters: list[tuple[str, str]]) -> None:
        self._raw = raw
        self._shop = shop
        self._meters = meters
        create_rebuilt_tables(raw, "rebuilt")
        self._sink = RebuildSink(raw, "rebuilt")
        self._facts = RebuildFacts(raw, self._sink)
        till, code, seq, head = raw.execute(
            "SELECT till.id, till.code, head_seq, head_hash FROM book JOIN till ON till.id = till_id"
        ).fetchone()
        self._till, self._code, self._seq, self._hash = UUID(bytes=till), code, seq, head
        self._tariff_id = str(UUID(bytes=raw.execute("SELECT id FROM tariff").fetchone()[0]))
        self._at = START
        self._shift: UUID | None = None
        self._receipt = self._z = 0
        self._rows: list[tuple[Any, ...]] = []
        self._papers: list[tuple[Any, ...]] = []
        self._jobs: list[tuple[Any, ...]] = []
        for place, packed in raw.execute("SELECT seq, line FROM journal ORDER BY seq").fetchall():
            self._project(_event(unpack_line(packed)), place)

    def write(self, sales: int) -> datetime:
        """Write the sales and everything around them; returns the instant of the last line."""
        for number in range(sales):
            if number % SALES_A_SHIFT == 0:
                self._change_shift()
            self._sell(*self._meters[number % len(self._meters)], number)
            self._at += timedelta(seconds=SECONDS_BETWEEN)
            if len(self._rows) > BATCH:
                self._flush()
        if self._shift is None:
            self._change_shift()
        self._flush()
        self._finish()
        return self._at

    def _change_shift(self) -> None:
        if self._shift is not None:
            self._close_shift(self._shift)
        self._shift = new_id(self._at)
        self._record(
            "shift_opened",
            {"shift_id": str(self._shift), "drawer_id": "drawer-1", "float_minor": 50_000, "count": []},
        )

    def _close_shift(self, shift: UUID) -> None:
        self._z += 1
        drawer_minor = self._sink.balance_minor(f"drawer:{self._till}")
        self._record(
            "shift_closed",
            {
                "shift_id": str(shift),
                "z_number": z_number(self._code, self._z),
                "count": [],
                "counted_minor": drawer_minor,
                "expected_minor": drawer_minor,
                "difference_minor": 0,
                "totals": [],
                "unresolved": [],
            },
        )

    def _sell(self, meter_id: str, drn: str, number: int) -> None:
        self._receipt += 1
        money_minor = MONEY_MINOR[(number // len(self._meters)) % len(MONEY_MINOR)]
        sale = self._sale(meter_id, drn, money_minor)
        document = canonical_bytes(
            {"blocks": [], "kind": "receipt", "number": sale["receipt_number"], "v": 1}
        )
        digest = hashlib.sha256(document).digest()
        line = self._record("sale_delivered", {"sale": sale | {"document_sha256": digest.hex()}})
        self._papers.append((line.seq, digest, pack_document(document, line.data)))
        at_ms = milliseconds_of(self._at)
        self._jobs.append((line.seq, at_ms, at_ms))
        self._record("token_handed_over", {"sale_id": sale["sale_id"], "how": "printed", "copy": 0})

    def _sale(self, meter_id: str, drn: str, money_minor: int) -> dict[str, Any]:
        month = f"{self._at.astimezone(ZONE):%Y-%m}"
        key = self._facts.meter_key(meter_id)
        bought = self._sink.held(meter_month, (key, month, ""))
        carried = self._sink.held(carry, (key,))
        bought_milli = 0 if bought is None else bought["units_milli"]
        item = _priced(money_minor, bought_milli, 0 if carried is None else carried["carry_milli"])
        basis: JsonObject = {
            "tariff_id": self._tariff_id,
            "tariff_version": 1,
            "tariff_sha256": tariff_sha256(TARIFF),
            "month": month,
            "bought_before_milli": bought_milli,
            "charges_taken": [],
            "free_before_milli": 0,
            "arrears_before_minor": 0,
            "meter_cursor": 0,
        }
        return {
            "sale_id": str(new_id(self._at)),
            "language": "en",
            "money_minor": money_minor,
            "currency": "RWF",
            "receipt_number": receipt_number(self._code, self._receipt),
            "items": [self._item(meter_id, drn, item) | {"basis": basis}],
            "payments": [
                {
                    "payment_id": str(new_id(self._at)),
                    "tender": "cash",
                    "amount_minor": money_minor,
                    "change_minor": 0,
                }
            ],
            "holder": "vault",
        }

    def _item(self, meter_id: str, drn: str, item: PricedItem) -> dict[str, Any]:
        tid = minute_of(BaseDate.Y2014, self._at, ZONE)
        tenths = item.token_units_tenths
        digits = credit_token(
            self._cipher(drn), subclass=0, rnd=7, tid=tid, amount_field=encode_amount(tenths)
        )
        token = {"n": 1, "token_class": 0, "subclass": 0, "tid": tid, "digits": digits, "tenths": tenths}
        meter = {"meter_id": meter_id, "drn": drn, "sgc": SGC, "ti": "01", "krn": 1, "kt": 2, "ea": "07"}
        return item.to_json() | {
            "n": 1,
            "item_kind": "token",
            "meter": meter | {"base_date": "14", "dkga": "04"},
            "tokens": [token],
        }

    def _cipher(self, drn: str) -> BlockCipher:
        return meter_cipher(self._shop.vault, drn, SGC)

    def _record(self, kind: str, body: JsonObject) -> Line:
        event = Event(
            id=new_id(self._at),
            kind=kind,
            body=body,
            at=self._at,
            business_day=f"{self._at.astimezone(ZONE):%Y-%m-%d}",
            till=self._till,
            actor=self._shop.cashier.id,
            app="0.1.0",
            shift=self._shift,
        )
        line = write_line(event, self._seq + 1, self._hash)
        self._seq, self._hash = line.seq, line.hash
        self._rows.append(
            (line.seq, event.id.bytes, kind, event.business_day, pack_line(line.data), line.hash)
        )
        self._project(event, line.seq)
        return line

    def _project(self, event: Event, place: int) -> None:
        project(event, place, self._sink, self._facts)

    def _flush(self) -> None:
        self._raw.executemany("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)", self._rows)
        self._raw.executemany(
            "INSERT INTO document (place, kind, sha256, body) VALUES (?, 'receipt', ?, ?)", self._papers
        )
        self._raw.executemany(
            "INSERT INTO print_job (place, copy, state, printer, created_at, finished_at, opens_drawer) "
            "VALUES (?, 0, 'printed', 'none', ?, ?, 1)",
            self._jobs,
        )
        for rows in (self._rows, self._papers, self._jobs):
            rows.clear()

    def _finish(self) -> None:
        """Put the rebuilt tables in place of the live ones, and move the head."""
        self._sink.finish()
        for statement in _replacements():
            self._raw.execute(statement)
        self._raw.execute(
            "UPDATE book SET head_seq = ?, head_hash = ?, receipt_last = ?, z_last = ?, trusted_at = ?",
            (self._seq, self._hash, self._receipt, self._z, milliseconds_of(self._at)),
        )


def _event(data: bytes) -> Event:
    return event_of(json.loads(data))


@lru_cache(maxsize=1000)
def _priced(money_minor: int, bought_milli: int, carry_milli: int) -> PricedItem:
    terms = Terms(TARIFF, Basis(bought_before_milli=bought_milli), carry_milli)
    return price_by_money(terms, money_minor, representable_tenths=largest_amount_not_above)


def _replacements() -> Iterator[str]:
    for table in PROJECTIONS:
        columns = ", ".join(projected_columns(table))
        if table is envelope:
            yield (
                "UPDATE envelope SET (taken_place, used_money_minor, used_units_milli) = "
                "(SELECT taken_place, used_money_minor, used_units_milli FROM rebuilt.envelope AS r "
                "WHERE r.sequence = envelope.sequence)"
            )
            continue
        yield f"DELETE FROM main.{table.name}"  # noqa: S608 - our own names
        yield (
            f"INSERT INTO main.{table.name} ({columns}) "  # noqa: S608 - our own names
            f"SELECT {columns} FROM rebuilt.{table.name}"
        )
    yield "UPDATE sale SET request_sha = randomblob(8)"


if __name__ == "__main__":
    make_shop_with_sales(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20_000)
