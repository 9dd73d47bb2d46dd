"""Head office in the simulation: the real application on a real database, restarted now and then."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import delete, select

from central.models.master import supply_group
from central.models.tills import till_session
from central.services.key_changes import announce, complete
from central.services.line_store import store_batch
from central.services.master import Master
from central.services.push_batch import read_push
from central.services.till_sessions import find_till
from central.settings import Settings
from pos.domain.ids import new_id
from pos.domain.permissions import Role
from pos.domain.tariff import Tariff
from pos.sync.transport import Response
from pos.tokens.demo import demo_keys
from pos.tokens.secret import Secret
from pos.tokens.vending_key import VendingKey
from tests.factories.tariffs import MONTHLY, QUARTER, VAT, make_tariff
from tests.server.rig import PASSWORD, Server, make_server, settings_of
from tests.simulation.in_process import InProcess
from tests.simulation.times import TrueTime

SUPPLIER = "REG"
CHANGING_GROUP = "201457"
"""Its key changes, and head office makes tokens for it too."""
GROUPS = {"123456": ["vault"], CHANGING_GROUP: ["central", "vault"], "201458": ["vault"]}
HOMES: Tariff = make_tariff(charges=(MONTHLY,), taxes=(VAT,), arrears=QUARTER)
LIFELINE: Tariff = make_tariff(code="LIFE", charges=(MONTHLY,), free_milli=2_000)
TARIFFS = (HOMES, LIFELINE)


def next_keys() -> tuple[VendingKey, ...]:
    """The key of the next revision of the group whose key changes."""
    present = next(key for key in demo_keys() if key.group.sgc == CHANGING_GROUP)
    value = hashlib.sha256(b"the next key").digest()[:20]
    return (VendingKey(replace(present.group, krn=2), Secret(value)),)


@dataclass(slots=True)
class Office:
    """The application at work; `restart` ends it and starts another on the same database."""

    settings: Settings
    time: TrueTime
    server: Server = field(init=False)
    program: InProcess = field(init=False)
    organisation: UUID = field(init=False)
    sales_point: UUID = field(init=False)
    meters: dict[str, UUID] = field(default_factory=dict)
    announced: bool = False
    completed: bool = False

    def start(self) -> None:
        # The rig's clock is the true one here: head office has its time from the network.
        self.server = make_server(self.settings, self.time)  # type: ignore[arg-type]
        self.program = InProcess(self.server.app)
        self.program.start()

    def stop(self) -> None:
        self.program.stop()
        self.server.database.close()

    def restart(self, *, signing_key: bytes | None = None) -> None:
        """End the program and start it again, with another signing key where one is given."""
        self.stop()
        if signing_key is not None:
            self.settings = replace(self.settings, signing_key=signing_key)
        self.start()

    @property
    def parts(self) -> Any:
        return self.server.app.state.head_office

    def answer(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        return self.program.request(method, path, dict(headers or {}), body)

    def store_only(self, headers: Mapping[str, str], body: bytes) -> None:
        """What a program leaves that dies after it stored a push and before it booked it."""
        bearer = headers.get("Authorization", "").removeprefix("Bearer ")
        who = find_till(self.server.database, bearer, self.time.now())
        if who is not None:
            store_batch(self.server.database, read_push(body), sender=who.till_id, now=self.time.now())

    def forget_sessions(self) -> None:
        with self.server.database.write() as connection:
            connection.execute(delete(till_session))

    def set_up(self, drns: Mapping[str, Mapping[str, Any]]) -> None:
        """Make the organisation and what its tills need; `drns` gives each meter's own values."""
        self.organisation = self.server.make_organisation("demo")
        self.server.make_user(self.organisation, "boss", Role.ADMINISTRATOR)
        master, now = Master(self.parts.feed), self.time.now()
        with self.server.database.write() as connection:
            place = {"id": new_id(now), "name": "Main", "currency": "RWF", "language": "en"}
            self.sales_point = master.put_sales_point(
                connection, self.organisation, place | {"is_active": True}
            )
            supplier = {"code": SUPPLIER, "name": "Utility", "is_float_kept": True}
            master.put_supplier(connection, self.organisation, supplier | {"credit_limit_minor": 10**12})
            for key in demo_keys():
                master.put_group(connection, self.organisation, _group_values(key), now=now)
            for tariff in TARIFFS:
                master.add_tariff(connection, self.organisation, tariff, name=tariff.code, now=now)
            for key in (*demo_keys(), *next_keys()):
                self.parts.vault.put(connection, self.organisation, key, by="boss", now=now)
            rows = [_meter_values(new_id(now), drn, values) for drn, values in drns.items()]
            master.put_meters(connection, self.organisation, rows)
        self.meters = {row["drn"]: row["id"] for row in rows}

    def code(self, *, money_minor: int, units_milli: int) -> str:
        from central.services.enrolment import Limits, make_code

        with self.server.database.write() as connection:
            return make_code(
                connection,
                self.organisation,
                self.sales_point,
                limits=Limits(money_minor, units_milli),
                by=None,
                now=self.time.now(),
            )

    def revoke(self, till: UUID) -> None:
        answer = self._as_boss("POST", f"/v1/tills/{till}/revoke", {"reason": "stolen"})
        assert answer.status in (200, 204), answer.body

    def decide_proposals(self) -> int:
        """Accept whatever waits; return how many that were."""
        waiting = json.loads(self._as_boss("GET", "/v1/proposals?limit=100").body)["items"]
        for one in waiting:
            answer = self._as_boss(
                "POST", f"/v1/proposals/{one['id']}/decide", {"decision": "accepted", "reason": "looked at"}
            )
            assert answer.status in (200, 409), answer.body
        return len(waiting)

    def announce_key_change(self) -> None:
        following = {"krn": 2, "ken": 255, "ti": "01", "kt": 2, "base_date": "14"}
        with self.server.database.write() as connection:
            announce(self.parts.feed, connection, self.organisation, sgc=CHANGING_GROUP, next_key=following)
        self.announced = True

    def next_key_from(self) -> str | None:
        query = select(supply_group.c.next_key).where(supply_group.c.sgc == CHANGING_GROUP)
        with self.server.database.read() as connection:
            following = connection.execute(query).scalar()
        return None if following is None else str(following["from"])

    def complete_key_change(self) -> None:
        with self.server.database.write() as connection:
            complete(self.parts.feed, connection, self.organisation, sgc=CHANGING_GROUP, now=self.time.now())
        self.completed = True

    def _as_boss(self, method: str, path: str, body: Any = None) -> Response:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        signed_in = self.answer(
            "POST", "/token", form, urlencode({"username": "boss@demo", "password": PASSWORD}).encode()
        )
        assert signed_in.status == 200, signed_in.body
        bearer = json.loads(signed_in.body)["access_token"]
        headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
        return self.answer(method, path, headers, b"" if body is None else json.dumps(body).encode())


def office_settings(database_url: str, folder: Path) -> Settings:
    return settings_of(database_url, folder)


def _group_values(key: VendingKey) -> dict[str, Any]:
    group = key.group
    return {
        "sgc": group.sgc,
        "key_method": group.method.value,
        "algorithm": group.ea.value,
        "base_date": group.base_date.value,
        "ti": "01",
        "krn": group.krn,
        "kt": int(group.kt),
        "ken": group.ken,
        "tid_zone": "UTC",
        "lanes": 16,
        "holders": GROUPS[group.sgc],
        "supplier": SUPPLIER,
        "check_value": None,
    }


def _meter_values(meter_id: UUID, drn: str, own: Mapping[str, Any]) -> dict[str, Any]:
    plain = {"service": 0, "tariff_code": HOMES.code, "status": "active", "arrears_minor": 0}
    return {"id": meter_id, "drn": drn, **plain, **own}


__all__ = ["Office", "next_keys", "office_settings"]
