"""The server's command line for tills, master data, keys and books, as an operator types it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from central.cli.root import central
from central.db import Database
from central.models import journal
from central.models.identity import security_event
from central.models.master import server_vending_key, supply_group
from central.models.transactions import transactions
from central.services.security_log import SecurityKind
from central.services.verify import verify_till
from pos.domain.permissions import Role
from pos.errors import KilotillError
from pos.tokens.numbers import make_drn
from tests.server.rig import Server
from tests.server.test_office import NEW_DRN, proposal, propose
from tests.server.till_rig import DRNS, SGC, Till, make_shop


@pytest.fixture
def till(server: Server) -> Till:
    return make_shop(server, "shop").till()


@pytest.fixture
def environment(server: Server, tmp_path: Path) -> dict[str, str]:
    return {
        "KILOTILL_DATABASE_URL": server.settings.database_url,
        "KILOTILL_CENTRAL_DATA": str(tmp_path / "data"),
    }


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: exit code, and what it wrote."""

    exit_code: int
    error: str
    stdout: str
    output: str


def noted_in(till: Till, kind: SecurityKind) -> list[Any]:
    """What the security log says of a kind."""
    query = select(security_event).where(security_event.c.kind == kind.value)
    with till.server.database.read() as connection:
        return list(connection.execute(query))


def run(environment: dict[str, str], *arguments: str, given: str = "") -> Ended:
    result = CliRunner().invoke(
        central, ["--demo", *arguments], env=environment, input=given, standalone_mode=False
    )
    if result.exception is not None and not isinstance(result.exception, (KilotillError, SystemExit)):
        raise result.exception
    code = 1 if result.exception is not None else int(result.return_value)
    error = result.exception.code if isinstance(result.exception, KilotillError) else ""
    return Ended(code, error, result.stdout, result.output)


def test_enrol_code_when_made_then_a_till_enrols_with_it(till: Till, environment: dict[str, str]) -> None:
    made = run(environment, "enrol-code", "--organisation", "shop", "--limit-money", "7000")
    assert made.exit_code == 0, made.output
    code = made.stdout.strip()
    assert len(noted_in(till, SecurityKind.TILL_CODE_MADE)) == 1
    # The command uses the machine's clock, the server of the test its own.
    till.server.clock.set_wall(datetime.now(UTC))
    new = Till(till.shop, "T02")
    assert new.enrol(enrol_code=code).status_code == 200
    assert new.answer["envelope"]["envelope"]["money_minor"] == 7_000


def test_tills_when_listed_and_revoked_then_as_they_are(till: Till, environment: dict[str, str]) -> None:
    till.sell()
    till.push()
    (line,) = run(environment, "tills", "--organisation", "shop").stdout.splitlines()
    assert line.split("\t")[:4] == ["T01", "enrolled", "1", "1"]
    revoked = run(environment, "revoke-till", "T01", "--reason", "stolen", "--organisation", "shop")
    assert revoked.exit_code == 0, revoked.output
    assert till.log_in().json()["scope"] == "drain"
    unknown = run(environment, "revoke-till", "T77", "--reason", "stolen", "--organisation", "shop")
    assert unknown.error == "till.unknown"
    (noted,) = noted_in(till, SecurityKind.TILL_REVOKED)
    assert (noted.subject_id, noted.address) == (till.id, "command line")
    assert noted.detail == {"reason": "stolen", "is_lost": False}


def test_key_when_loaded_by_two_people_then_sealed_and_its_check_value_is_told(
    till: Till, environment: dict[str, str]
) -> None:
    components = "1313131313131313\nB8B8B8B8B8B8B8B8\n"
    arguments = ["load-key", SGC, "--first", "Ann", "--second", "Ben", "--components-stdin"]
    loaded = run(environment, *arguments, "--organisation", "shop", given=components)
    assert loaded.exit_code == 0, loaded.output
    with till.server.database.read() as connection:
        (row,) = connection.execute(select(server_vending_key)).all()
        group = connection.execute(select(supply_group.c.check_value)).scalar_one()
    assert b"\xab" * 8 not in row.sealed
    assert row.check_value == group
    assert row.check_value in loaded.stdout
    (noted,) = noted_in(till, SecurityKind.KEY_LOADED)
    assert noted.detail == {"sgc": SGC, "krn": 1, "by": "Ann and Ben"}
    assert "Ann and Ben" in run(environment, "keys", "--organisation", "shop").stdout
    alone = run(
        environment,
        *["load-key", SGC, "--first", "Ann", "--second", "ann", "--components-stdin"],
        "--organisation",
        "shop",
        given=components,
    )
    assert alone.error == "key.custodians"


def test_master_data_when_made_and_imported_then_tills_pull_it(
    till: Till, environment: dict[str, str], tmp_path: Path
) -> None:
    shop = ("--organisation", "shop")
    assert run(environment, "sales-point", "Second", *shop).exit_code == 0
    assert run(environment, "supplier", "WASAC", "--name", "Water", *shop).exit_code == 0
    group = ("supply-group", "201458", "--supplier", "WASAC", "--key-method", "04", "--algorithm", "11")
    assert run(environment, *group, *shop).exit_code == 0
    assert run(environment, "supply-group", "x", *group[2:], *shop).exit_code != 0
    meters = tmp_path / "meters.csv"
    meters.write_text(
        f"meter_number,tariff_code,supply_group\n04100000407,RES,{SGC}\n{DRNS[0]},NONE,{SGC}\n",
        encoding="utf-8",
    )
    errors = tmp_path / "errors.csv"
    imported = run(environment, "import-meters", str(meters), "--errors", str(errors), *shop)
    assert (imported.exit_code, imported.stdout.strip()) == (1, "added 1, changed 0, unchanged 0, refused 1")
    assert "meter.unknown_tariff" in errors.read_text(encoding="utf-8")
    staff = tmp_path / "staff.csv"
    staff.write_text("name,role\nAline,C\n", encoding="utf-8")
    assert run(environment, "import-staff", str(staff), *shop).exit_code == 0
    again = run(environment, "import-staff", str(staff), *shop)
    assert (again.exit_code, again.stdout.strip()) == (0, "added 0, changed 0, unchanged 1, refused 0")
    tariffs = tmp_path / "tariffs.csv"
    tariffs.write_text(
        "tariff_code,version,valid_from,currency,row,rate\nWATER,1,2026-01-01,RWF,block,331\n",
        encoding="utf-8",
    )
    assert run(environment, "import-tariffs", str(tariffs), *shop).exit_code == 0
    assert {row["name"] for row in till.pull("sales_points")["rows"]} == {"Main", "Second"}
    assert {row["id"] for row in till.pull("supply_groups")["rows"]} == {SGC, "201458"}
    assert "04100000407" in {row["drn"] for row in till.pull("meters")["rows"]}
    assert [row["name"] for row in till.pull("users")["rows"]] == ["Aline"]
    assert {row["code"] for row in till.pull("tariffs")["rows"]} == {"RES", "WATER"}


def test_proposals_when_decided_at_once_then_what_cannot_be_taken_is_named_and_waits(
    till: Till, environment: dict[str, str]
) -> None:
    numbers = [make_drn("04", f"{serial:08d}").digits for serial in range(101)]
    made = [proposal(till, meter_number=number, name=None, phone=None) for number in numbers]
    made.append(proposal(till, tariff_code="NONE"))
    for some in (made[:100], made[100:]):
        assert propose(till, *some).status_code == 200
    shop = ("--organisation", "shop")
    listed = run(environment, "proposals", "--till", "T01", *shop).stdout.splitlines()
    assert sorted(line.split("\t")[1:] for line in listed) == [
        ["T01", "meter", one] for one in sorted([*numbers, NEW_DRN])
    ]
    assert run(environment, "proposals", "--till", "T02", *shop).stdout == ""
    assert run(environment, "proposals", "--accept", *shop).error == "proposal.reason"

    done = run(environment, "proposals", "--accept", "--reason", "their register", *shop)

    assert (done.exit_code, done.stdout) == (1, "accepted 101, left 1\n")
    assert f"meter {NEW_DRN}: There is no tariff NONE. [proposal.record]" in done.output
    assert set(numbers) <= {row["drn"] for row in till.pull("meters")["rows"]}
    refused = run(environment, "proposals", "--refuse", "--reason", "no such tariff", *shop)
    assert (refused.exit_code, refused.stdout) == (0, "refused 1, left 0\n")


def test_meters_when_merged_by_number_then_tills_pull_it_and_a_stranger_is_named(
    till: Till, environment: dict[str, str]
) -> None:
    merged = ("merge-meters", DRNS[0], DRNS[1], "--reason", "One meter", "--organisation", "shop")
    assert [run(environment, *merged).exit_code for _ in range(2)] == [0, 0]
    (row,) = [row for row in till.pull("meters")["rows"] if row["drn"] == DRNS[1]]
    assert row["merged_into"] == str(till.shop.meters[DRNS[0]])
    unknown = ("merge-meters", DRNS[0], NEW_DRN, "--reason", "One meter", "--organisation", "shop")
    assert run(environment, *unknown).error == "meter.unknown"


def test_export_when_asked_then_the_very_lines_and_the_transactions(
    till: Till, environment: dict[str, str], tmp_path: Path
) -> None:
    till.sell()
    till.line("token_handed_over", {"sale_id": str(till.id), "how": "shown", "copy": 0})
    till.push()
    file = tmp_path / "lines.ndjson"
    assert run(environment, "export-lines", "T01", str(file), "--organisation", "shop").exit_code == 0
    assert file.read_bytes() == b"".join(line.data + b"\n" for line in till.lines)
    days = ("--from", "2026-11-20", "--to", "2026-11-20", "--organisation", "shop")
    header, row = run(environment, "export-transactions", *days).stdout.splitlines()
    assert dict(zip(header.split(","), row.split(","), strict=True))["receipt_number"] == "T01-000001"


def test_export_when_a_text_looks_like_a_formula_then_it_is_none(
    till: Till, environment: dict[str, str]
) -> None:
    person = till.server.person(Role.CASHIER, organisation_id=till.shop.organisation)
    sold = {"type": "bill", "money_minor": 5, "currency": "RWF", "reference": "=HYPERLINK(A1)"}
    assert person.post("/transactions/", json=sold).status_code == 201
    days = ("--from", "2026-11-20", "--to", "2026-11-20", "--organisation", "shop")
    header, row = run(environment, "export-transactions", *days).stdout.splitlines()
    assert dict(zip(header.split(","), row.split(","), strict=True))["reference"] == "'=HYPERLINK(A1)"


def test_verify_when_nothing_was_touched_then_right(till: Till, environment: dict[str, str]) -> None:
    till.line("shift_opened", {"shift_id": str(till.shift), "drawer_id": "d", "float_minor": 5, "count": []})
    for drn in DRNS:
        till.sell(drn)
    till.line("cash_moved", {"movement_id": str(till.id), "kind": "out", "amount_minor": -5, "reason": ""})
    till.line("sale_delivered", {"sale": "unreadable"})
    till.push()
    done = run(environment, "verify", "--organisation", "shop")
    assert (done.exit_code, done.stdout) == (0, "T01\tright\n")


def test_verify_when_a_replaced_till_went_on_then_right_too(till: Till) -> None:
    till.sell()
    till.push()
    head = till.lines[-1].hash.hex()
    new = till.shop.till("T01B", replaces={"till": str(till.id), "seq": 1, "hash": head})
    new.line(
        "till_enrolled",
        {
            "till_code": "T01B",
            "public_key": new.public_key,
            "sales_point_id": str(till.shop.sales_point),
            "replaces": {"till": str(till.id), "seq": 1, "hash": head},
        },
    )
    assert new.flags() == []
    with till.server.database.read() as connection:
        rows = connection.execute(select(journal.account_balance)).all()
    drawers = {(row.till_id, row.account): row.balance_minor for row in rows}
    assert drawers[new.id, f"drawer:{new.id}"] == 5_000
    assert drawers[new.id, f"drawer:{till.id}"] == -5_000
    assert verify_till(till.server.database, till.server.clock, new.id) is None


@pytest.mark.parametrize(
    ("table", "values", "said"),
    [
        (transactions, {"money_minor": 4}, "transactions"),
        (journal.sale_line, {"amount_minor": 4}, "sale_line"),
        (journal.token, {"digits": "1" * 20}, "token"),
        (journal.account_balance, {"balance_minor": 4}, "account_balance"),
        (journal.book_day, {"figures": {}}, "book_day"),
        (journal.journal_line, {"line": b"{}"}, "line 1"),
    ],
)
def test_verify_when_something_was_changed_by_hand_then_it_is_named(
    till: Till, environment: dict[str, str], table: object, values: dict[str, object], said: str
) -> None:
    till.sell()
    till.push()
    with till.server.database.write() as connection:
        connection.execute(update(table).values(values))  # type: ignore[arg-type]
    done = run(environment, "verify", "--till", "T01", "--organisation", "shop")
    assert done.exit_code == 1
    assert said in done.stdout


def test_min_app_when_set_then_older_tills_are_refused_kindly_until_any_is_served_again(
    till: Till, environment: dict[str, str]
) -> None:
    till.sell()
    assert run(environment, "min-app").stdout.strip() == "any"
    assert run(environment, "min-app", "0.5.0").stdout.strip() == "0.5.0"
    headers = till.auth | {"Kilotill-App": "0.4.9"}
    refused = till.client.get("/v1/sync/pull", params={"resource": "meters"}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (426, "sync.app_too_old")
    assert refused.json()["min_app"] == "0.5.0"
    assert till.push()["min_app"] == "0.5.0"
    assert len(noted_in(till, SecurityKind.MIN_APP_SET)) == 1
    for wrong, code in (("latest", "min_app.form"), ("999.0", "min_app.newer")):
        assert run(environment, "min-app", wrong).error == code
    assert run(environment, "min-app", "--any").stdout.strip() == "any"
    again = till.client.get("/v1/sync/pull", params={"resource": "meters"}, headers=headers)
    assert again.status_code == 200


def test_verify_when_there_is_no_such_till_then_it_does_not_say_that_all_is_right(
    till: Till, environment: dict[str, str]
) -> None:
    done = run(environment, "verify", "--till", "T99", "--organisation", "shop")
    assert (done.exit_code, done.error, done.stdout) == (1, "till.unknown", "")


def test_verify_when_a_row_is_missing_or_too_many_then_it_is_named(till: Till) -> None:
    till.sell()
    till.push()
    database: Database = till.server.database
    with database.write() as connection:
        connection.execute(journal.posting.delete().where(journal.posting.c.n == 1))
    finding = verify_till(database, till.server.clock, till.id)
    assert finding is not None
    assert finding.what.startswith("posting")
    assert finding.till_code == "T01"
