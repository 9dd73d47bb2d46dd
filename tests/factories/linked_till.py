"""The small shop of `tests.factories.shop`, enrolled with a server that a test speaks for."""

import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pos.domain.canonical import JsonObject
from pos.domain.day_figures import DayTally
from pos.domain.envelope import envelope_message
from pos.domain.journal import instant_text, line_hash
from pos.models.ledger_book import read_head
from pos.models.office_link import begin_link
from pos.services.sale_values import SaleRequest
from pos.sync.engine import EngineParts, SyncEngine
from pos.sync.resources.all import all_mappings
from pos.sync.schedule import Schedule
from pos.sync.state import OfficeClock, OfficeState
from pos.sync.transport import Response, Transport
from tests.factories.shop import Shop, make_shop
from tests.fakes.transport import Request, ScriptedTransport, ok, problem

SERVER_KEY = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
TILL_KEY = Ed25519PrivateKey.from_private_bytes(b"t" * 32)
KEYS = [{"key_id": "s1", "public_key": SERVER_KEY.public_key().public_bytes_raw().hex()}]


@dataclass(slots=True)
class LinkedTill:
    shop: Shop
    transport: ScriptedTransport
    state: OfficeState
    office_clock: OfficeClock
    engine: SyncEngine
    till_id: UUID
    received: dict[str, DayTally] = field(default_factory=dict)

    def sell(self, serial: int = 1, money_minor: int = 5_000, **changes: Any) -> str:
        drn = self._drn(serial, **changes)
        request = SaleRequest(sale_id=uuid4(), drn=drn, money_minor=money_minor, is_another_wanted=True)
        self.shop.set_rules(duplicate_limit_minor=10**12)
        return str(self.shop.checkout.sell(request, self.shop.cashier).sale["receipt_number"])

    def _drn(self, serial: int, **changes: Any) -> str:
        with self.shop.units.read() as connection:
            row = connection.exec_driver_sql(
                "SELECT drn FROM meter WHERE drn LIKE ?", (f"04{serial:08d}%",)
            ).first()
        return str(row[0]) if row is not None else self.shop.add_meter(serial, **changes)

    def one(self, query: str, *values: object) -> Any:
        with self.shop.units.read() as connection:
            return connection.exec_driver_sql(query, values).scalar()

    def all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.shop.units.read() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query, values)]

    def acked(self) -> int:
        return int(self.one("SELECT acked_seq FROM book"))

    def head(self) -> int:
        return int(self.one("SELECT head_seq FROM book"))

    def log_in_works(self, *, scope: str = "till", **changes: Any) -> None:
        self.transport.will(
            "/v1/tills/challenge",
            lambda _: ok({"nonce": "n1", "server_time": instant_text(self.shop.clock.now())} | changes),
        )
        self.transport.will(
            "/v1/tills/token",
            lambda _: ok(
                {
                    "token": "secret",
                    "expires_in_s": 1800,
                    "scope": scope,
                    "server_time": instant_text(self.shop.clock.now()),
                }
            ),
        )

    def push_works(self, *, flags: dict[int, list[str]] | None = None) -> None:
        self.transport.will("/v1/sync/push", lambda request: self.acknowledge(request, flags or {}))

    def acknowledge(self, request: Request, flags: dict[int, list[str]]) -> Response:
        """Answer a push as a server does that takes everything."""

        header, *lines = [json.loads(line) for line in request.lines()]
        for data, line in zip(request.lines()[1:], lines, strict=True):
            tally = self.received.setdefault(line["business_day"], DayTally())
            tally.add(line["seq"], line_hash(data).hex(), kind=line["kind"], body=line["body"])
        results = [
            {
                "seq": line["seq"],
                "id": line["id"],
                "result": "accepted_flagged" if line["seq"] in flags else "accepted",
                "reasons": flags.get(line["seq"], []),
            }
            for line in lines
        ]
        last = header["first_seq"] + header["count"] - 1
        return ok({"acked_seq": last, "results": results, "server_time": instant_text(self.shop.clock.now())})

    def pull_works(self, pages: dict[str, list[dict[str, Any]]] | None = None) -> None:
        """Answer pulls: each resource has a list of pages, and then nothing new."""
        left = {resource: list(rows) for resource, rows in (pages or {}).items()}

        def answer(request: Request) -> Response:
            waiting = left.get(request.query["resource"], [])
            if not waiting:
                cursor = request.query["cursor"] or "0"
                return ok({"rows": [], "deleted": [], "cursor": cursor, "more": False, "mapping": "1"})
            page = waiting.pop(0)
            return ok({"deleted": [], "cursor": "1", "more": bool(waiting), "mapping": "1", **page})

        self.transport.will("/v1/sync/pull", answer)

    def books_agree(self) -> None:
        def answer(request: Request) -> Response:
            day = request.path.rpartition("/")[2]
            if day not in self.received:
                return problem(404, "books.no_day")
            figures = self.received[day].figures().to_json()
            return ok({"till": str(self.till_id), "day": day, **figures})

        self.transport.will("/v1/books", answer)

    def envelope_stands(self) -> None:
        self.transport.will("/v1/sync/envelope", ok({}, 204))

    def all_works(self, pages: dict[str, list[dict[str, Any]]] | None = None) -> None:
        self.log_in_works()
        self.push_works()
        self.pull_works(pages)
        self.books_agree()
        self.envelope_stands()

    def signed_envelope(self, **changes: Any) -> dict[str, Any]:
        body: JsonObject = {
            "as_of_seq": self.acked(),
            "currency": "RWF",
            "expires_at": None,
            "groups": [
                {"base_date": "14", "holders": ["vault"], "lane": 3, "lanes": 16, "sgc": "201457"},
            ],
            "issued_at": instant_text(self.shop.clock.now()),
            "issuer": "server",
            "key_id": "s1",
            "money_minor": 500_000,
            "sequence": 7,
            "till": str(self.till_id),
            "units_milli": 2_000_000,
            "v": 1,
            **changes,
        }
        return {"envelope": body, "sig": SERVER_KEY.sign(envelope_message(body)).hex()}


def link_till(
    folder: Path, transport: Transport | None = None, *, url: str = "https://office.test", **options: Any
) -> LinkedTill:
    """Make a shop that is enrolled; `options` as `make_shop`."""
    shop = make_shop(folder, **options)
    with shop.units.write() as unit:
        till_id = read_head(unit.connection).till_id
        begin_link(unit.connection, url=url, till_id=till_id, at=shop.clock.now(), server_keys=KEYS)
        shop.book.record(
            unit,
            "till_enrolled",
            {"till_code": "T03", "public_key": "00" * 32, "sales_point_id": str(uuid4())},
            actor=shop.supervisor.id,
        )
    scripted = ScriptedTransport()
    state, office_clock = OfficeState(shop.units, shop.clock), OfficeClock(shop.clock)
    parts = EngineParts(
        units=shop.units,
        book=shop.book,
        clock=shop.clock,
        office_clock=office_clock,
        state=state,
        sign=TILL_KEY.sign,
        seal_pin=lambda one, pin_hash: one.bytes + pin_hash.encode(),
        mappings=all_mappings(),
        pause=lambda _: None,
    )
    engine = SyncEngine(
        parts,
        scripted if transport is None else transport,
        Schedule(shop.clock, random.Random(1)),
        till_id=till_id,
    )
    return LinkedTill(shop, scripted, state, office_clock, engine, till_id)
