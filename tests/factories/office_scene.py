"""A head office with something in every list: two tills that sold, a question to decide, proposals."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from central.services.meter_changes import Author, set_arrears
from pos.domain.canonical import canonical_bytes
from pos.domain.ids import new_id
from pos.domain.permissions import Role
from pos.domain.tariff import Tariff
from tests.fakes.clock import FakeClock
from tests.server.rig import PASSWORD, Server, make_server, make_template, new_sqlite, settings_of
from tests.server.till_rig import DRNS, SGC, Shop, Till, make_shop

CHIEF = "claire"
PEOPLE = {
    "aline": Role.CASHIER,
    "bosco": Role.SUPERVISOR,
    "diane": Role.FACILITY_MANAGER,
    "eric": Role.AUDITOR,
}
PROPOSED = (("04100001231", "Aline Uwimana"), ("04100001249", "Eric Mugisha"))


def make_office_scene(folder: Path, tariffs: Sequence[Tariff]) -> tuple[Server, Shop]:
    """Make the server in a folder; its clock stands at the present. `CHIEF` signs in with `PASSWORD`."""
    folder.mkdir()
    template = folder / "template.sqlite"
    make_template(template)
    settings = settings_of(new_sqlite(template, folder), folder)
    server = make_server(settings, FakeClock(datetime.now(UTC)))
    shop = make_shop(server, "kimironko", tariffs=tariffs)
    server.make_user(shop.organisation, CHIEF, Role.ADMINISTRATOR)
    for username, role in PEOPLE.items():
        server.make_user(shop.organisation, username, role)
    for code, money_minor in (("T01", 5_000), ("T02", 8_000)):
        till = shop.till(code)
        for drn in DRNS:
            till.sell(drn, money_minor, tariff=tariffs[0])
        if code == "T02":
            # What this till reckoned differs by one from what head office reckons.
            item = till.item(DRNS[0], 12_000, tariff=tariffs[0])
            item["units_milli"] += 1
            till.line("sale_delivered", {"sale": till.sale(item)})
        till.push()
    _propose(till, tariffs[0].code)
    _correct_debt(shop)
    return server, shop


def _correct_debt(shop: Shop) -> None:
    office, now = shop.server.app.state.head_office, shop.server.clock.now()
    for arrears_minor, reason, days in ((2_000, "Old account", 6), (1_250, "Paid at the office", 2)):
        author = Author(shop.organisation, None, CHIEF.capitalize(), now - timedelta(days=days))
        with shop.server.database.write() as connection:
            set_arrears(
                connection,
                office.master,
                author,
                shop.meters[DRNS[0]],
                arrears_minor=arrears_minor,
                reason=reason,
                wanted=None,
            )


def _propose(till: Till, tariff_code: str) -> None:
    proposals = []
    for drn, name in PROPOSED:
        record = {"meter_id": str(new_id(till.now)), "meter_number": drn, "tariff_code": tariff_code}
        record |= {"supply_group": SGC, "name": name, "phone": "+250788123456"}
        data = canonical_bytes(record)
        proposals.append(
            {
                "proposal_id": str(new_id(till.now)),
                "resource": "meter",
                "record_sha256": hashlib.sha256(data).hexdigest(),
                "record": data.decode(),
            }
        )
    answer = till.post("/v1/proposals", {"proposals": proposals})
    assert answer.status_code == 200, answer.text


__all__ = ["CHIEF", "PASSWORD", "make_office_scene"]
