"""A till without a till's program: its key, its chain, its sales, and its requests to head office."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2 as httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.services.master import Master
from pos.domain.canonical import canonical_bytes
from pos.domain.ids import new_id
from pos.domain.journal import GENESIS_HASH, Event, Line, head_message, instant_text, write_line
from pos.domain.price_terms import Basis, Terms
from pos.domain.pricing import price_by_money
from pos.domain.tariff import Tariff, tariff_sha256
from pos.domain.till_login import login_message
from pos.tokens.amount import largest_amount_not_above
from tests.factories.tariffs import MONTHLY, QUARTER, VAT, make_tariff
from tests.server.rig import Server

SGC = "123456"
DRNS = ("04100000373", "04100000381", "04100000399")
TARIFF = make_tariff(charges=(MONTHLY,), taxes=(VAT,), arrears=QUARTER)
SUPPLIER = "REG"
FLOAT_MINOR = 1_000_000


@dataclass(slots=True)
class Shop:
    """One organisation with what a till needs to sell."""

    server: Server
    organisation: UUID
    sales_point: UUID
    tariff_id: UUID
    meters: dict[str, UUID] = field(default_factory=dict)

    def code(self, money_minor: int = 100_000, units_milli: int = 10_000_000) -> str:
        from central.services.enrolment import Limits, make_code

        with self.server.database.write() as connection:
            return make_code(
                connection,
                self.organisation,
                self.sales_point,
                limits=Limits(money_minor, units_milli),
                by=None,
                now=self.server.clock.now(),
            )

    def till(self, code: str = "T01", **changes: Any) -> Till:
        """A new till, enrolled and logged in."""
        made = Till(self, code)
        answer = made.enrol(**changes)
        assert answer.status_code == 200, answer.text
        made.log_in()
        return made


def make_shop(
    server: Server,
    slug: str = "demo",
    *,
    drns: Sequence[str] = DRNS,
    arrears: int = 0,
    tariffs: Sequence[Tariff] = (TARIFF,),
) -> Shop:
    """Make the organisation of a shop; meters follow the first tariff."""
    organisation = server.make_organisation(slug)
    master = Master(server.app.state.head_office.feed)
    now = server.clock.now()
    with server.database.write() as connection:
        place = master.put_sales_point(
            connection,
            organisation,
            {"id": new_id(now), "name": "Main", "currency": "RWF", "language": "en", "is_active": True},
        )
        supplier = {"code": SUPPLIER, "name": "Utility", "is_float_kept": True}
        master.put_supplier(connection, organisation, supplier | {"credit_limit_minor": FLOAT_MINOR})
        master.put_group(connection, organisation, group_values(), now=now)
        ids = [master.add_tariff(connection, organisation, one, name="Homes", now=now) for one in tariffs]
        shop = Shop(server, organisation, place, ids[0])
        code = tariffs[0].code
        meters = [meter_values(new_id(now), drn, arrears_minor=arrears, tariff_code=code) for drn in drns]
        master.put_meters(connection, organisation, meters)
    shop.meters = {one["drn"]: one["id"] for one in meters}
    return shop


def group_values(sgc: str = SGC, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "sgc": sgc,
        "key_method": "02",
        "algorithm": "07",
        "base_date": "14",
        "ti": "01",
        "krn": 1,
        "kt": 2,
        "ken": 255,
        "tid_zone": "UTC",
        "lanes": 16,
        "holders": ["central", "vault"],
        "supplier": SUPPLIER,
        "check_value": None,
    }
    return values | changes


def meter_values(meter_id: UUID, drn: str, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "id": meter_id,
        "drn": drn,
        "service": 0,
        "tariff_code": TARIFF.code,
        "sgc": SGC,
        "status": "active",
        "arrears_minor": 0,
    }
    return values | changes


class Till:
    """Writes lines as a till does and sends them."""

    def __init__(self, shop: Shop, code: str) -> None:
        self.shop = shop
        self.server = shop.server
        self.client: httpx.Client = shop.server.client
        self.code = code
        self.key = Ed25519PrivateKey.generate()
        self.id = new_id(self.now)
        self.actor = new_id(self.now)
        self.shift = new_id(self.now)
        self.lines: list[Line] = []
        self.sent = 0
        self.receipts = 0
        self.tids = itertools.count(6_000_000 + int.from_bytes(code.encode()) % 1_000, 1_000)
        self.bearer = ""
        self.answer: dict[str, Any] = {}
        self.bought: dict[tuple[str, str], Basis] = {}

    @property
    def now(self) -> datetime:
        return self.server.clock.now()

    @property
    def public_key(self) -> str:
        return self.key.public_key().public_bytes_raw().hex()

    @property
    def auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.bearer}"}

    def enrol(self, **changes: Any) -> httpx.Response:
        body: dict[str, Any] = {
            "code": changes.pop("enrol_code", None) or self.shop.code(),
            "public_key": self.public_key,
            "machine": "test",
            "till": str(self.id),
            "till_code": self.code,
            "currency": "RWF",
            "time_zone": "Africa/Kigali",
            "is_demo": True,
        }
        answer = self.client.post("/v1/tills/enrol", json=body | changes)
        if answer.status_code == 200:
            self.answer = answer.json()
        return answer

    def log_in(self) -> httpx.Response:
        nonce = self.client.post("/v1/tills/challenge", json={"till": str(self.id)}).json()["nonce"]
        signature = self.key.sign(login_message(nonce=nonce, till=self.id)).hex()
        answer = self.client.post(
            "/v1/tills/token", json={"till": str(self.id), "nonce": nonce, "signature": signature}
        )
        assert answer.status_code == 200, answer.text
        self.bearer = answer.json()["token"]
        return answer

    def line(self, kind: str, body: Mapping[str, Any], **changes: Any) -> Line:
        """Appends a line to the book."""
        at = changes.pop("at", self.now)
        event = Event(
            **{
                "id": new_id(at),
                "kind": kind,
                "body": dict(body),
                "at": at,
                "business_day": f"{at:%Y-%m-%d}",
                "till": self.id,
                "actor": self.actor,
                "app": "1.0.0",
                "shift": self.shift,
                **changes,
            }
        )
        prev = self.lines[-1].hash if self.lines else GENESIS_HASH
        written = write_line(event, len(self.lines) + 1, prev)
        self.lines.append(written)
        return written

    def item(self, drn: str = DRNS[0], money: int = 5_000, **changes: Any) -> dict[str, Any]:
        """A priced token item as this till would write it; it remembers what the meter bought here."""
        tariff: Tariff = changes.pop("tariff", TARIFF)
        month = changes.pop("month", f"{self.now:%Y-%m}")
        basis = changes.pop("basis", None) or self.bought.get((drn, month), Basis())
        tid = changes.pop("tid", None) or next(self.tids)
        priced = price_by_money(Terms(tariff, basis), money, representable_tenths=largest_amount_not_above)
        taken = {line.code for line in priced.lines if line.kind.value == "charge"}
        self.bought[drn, month] = Basis(
            basis.bought_before_milli + priced.units_milli,
            tuple(sorted({*basis.charges_taken, *taken})),
            0,
            max(0, basis.arrears_before_minor - sum_of(priced, "arrears")),
        )
        meter = {"meter_id": str(self.shop.meters.get(drn, self.id)), "drn": drn, "sgc": SGC, "ti": "01"}
        item: dict[str, Any] = {
            "n": 1,
            "item_kind": "token",
            "meter": meter | {"krn": 1, "kt": 2, "ea": "07", "base_date": "14", "dkga": "02"},
            "basis": {
                "tariff_id": str(self.shop.tariff_id),
                "tariff_version": tariff.version,
                "tariff_sha256": tariff_sha256(tariff),
                "month": month,
                "bought_before_milli": basis.bought_before_milli,
                "charges_taken": list(basis.charges_taken),
                "free_before_milli": basis.free_before_milli,
                "arrears_before_minor": basis.arrears_before_minor,
                "meter_cursor": 0,
            },
            **priced.to_json(),
        }
        token = {"n": 1, "token_class": 0, "subclass": 0, "tid": tid, "digits": f"{tid:020d}"}
        item["tokens"] = [token | {"tenths": priced.token_units_tenths}]
        return item | changes

    def sale(self, *items: dict[str, Any], **changes: Any) -> dict[str, Any]:
        self.receipts += 1
        money = sum(item["money_minor"] for item in items)
        payment = {"payment_id": str(new_id(self.now)), "tender": "cash"}
        sale: dict[str, Any] = {
            "sale_id": str(new_id(self.now)),
            "receipt_number": f"{self.code}-{self.receipts:06d}",
            "language": "en",
            "document_sha256": "ab" * 32,
            "money_minor": money,
            "currency": "RWF",
            "items": list(items),
            "payments": [payment | {"amount_minor": money, "change_minor": 0}],
            "holder": "vault",
        }
        return sale | changes

    def sell(self, drn: str = DRNS[0], money: int = 5_000, **changes: Any) -> dict[str, Any]:
        """Appends a delivered sale; returns it."""
        sale = self.sale(self.item(drn, money, **changes))
        self.line("sale_delivered", {"sale": sale})
        return sale

    def batch(self, first: int | None = None, last: int | None = None, **changes: Any) -> bytes:
        """What a push of these lines is, gzipped."""
        first = self.sent + 1 if first is None else first
        lines = self.lines[first - 1 : last]
        signer: Ed25519PrivateKey = changes.pop("key", self.key)
        head = lines[-1].hash.hex() if lines else "00" * 32
        till = changes.pop("till", self.id)
        message = head_message(at=self.now, line_hash_hex=head, seq=first + len(lines) - 1, till=till)
        header = {
            "at": instant_text(self.now),
            "count": len(lines),
            "first_seq": first,
            "head": head,
            "sig": signer.sign(message).hex(),
            "till": str(till),
            "v": 1,
        }
        data = b"\n".join([canonical_bytes(header | changes), *(line.data for line in lines)]) + b"\n"
        return gzip.compress(data, 1)

    def send(self, packed: bytes, client: httpx.Client | None = None) -> httpx.Response:
        headers = self.auth | {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
        return (client or self.client).post("/v1/sync/push", content=packed, headers=headers)

    def push(self) -> dict[str, Any]:
        """Sends everything that is not sent; returns the answer of the last batch."""
        answer: dict[str, Any] = {}
        while self.sent < len(self.lines):
            last = min(len(self.lines), self.sent + 200)
            response = self.send(self.batch(last=last))
            assert response.status_code == 200, response.text
            answer = response.json()
            self.sent = answer["acked_seq"]
        return answer

    def flags(self) -> list[str]:
        """Pushes one or more lines and returns the flags of the last."""
        reasons: list[str] = self.push()["results"][-1]["reasons"]
        return reasons

    def pull(self, resource: str, cursor: str = "", limit: int = 5_000) -> dict[str, Any]:
        response = self.get("/v1/sync/pull", resource=resource, cursor=cursor, limit=limit)
        assert response.status_code == 200, response.text
        page: dict[str, Any] = response.json()
        return page

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.client.get(path, params=params, headers=self.auth)

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.client.post(path, json=body, headers=self.auth)


def sum_of(priced: Any, kind: str) -> int:
    return sum(line.amount_minor for line in priced.lines if line.kind.value == kind)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)
