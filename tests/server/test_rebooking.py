"""Verify judges by what head office knew when it booked a line, and is not blind for that."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from central.models import journal
from central.services.verify import verify_till
from tests.server.rig import Server
from tests.server.till_rig import SUPPLIER, Till, group_values, make_shop

LATE_SGC = "201458"


@pytest.fixture
def till(server: Server) -> Till:
    return make_shop(server).till()


def sell(till: Till, *groups: str) -> int:
    """Sell one item of each group in one sale; return the seq of its line."""
    items = []
    for n, sgc in enumerate(groups, 1):
        item = till.item() | {"n": n}
        item["meter"]["sgc"] = sgc
        items.append(item)
    line = till.line("sale_delivered", {"sale": till.sale(*items)})
    till.push()
    return line.seq


def add_group(till: Till, sgc: str = LATE_SGC) -> None:
    master = till.server.app.state.head_office.master
    with till.server.database.write() as connection:
        master.put_group(connection, till.shop.organisation, group_values(sgc), now=till.now)
        master.put_commission(
            connection, till.shop.organisation, SUPPLIER, valid_from=till.now.replace(year=2020), ppm=50_000
        )


def accounts(till: Till, seq: int) -> set[str]:
    query = select(journal.posting.c.account).where(
        journal.posting.c.till_id == till.id, journal.posting.c.seq == seq
    )
    with till.server.database.read() as connection:
        return {one for one in connection.execute(query).scalars() if one.startswith("supplier:")}


def change_account(till: Till, seq: int, old: str, new: str) -> None:
    where = (journal.posting.c.till_id == till.id, journal.posting.c.seq == seq)
    with till.server.database.write() as connection:
        connection.execute(
            update(journal.posting).where(*where, journal.posting.c.account == old).values(account=new)
        )


def found(till: Till) -> str:
    finding = verify_till(till.server.database, till.server.clock, till.id)
    return "" if finding is None else finding.what


def test_verify_when_the_group_came_after_the_first_sales_then_all_is_right(till: Till) -> None:
    before = [sell(till, LATE_SGC) for _ in range(2)]
    add_group(till)
    after = sell(till, LATE_SGC)

    assert [accounts(till, seq) for seq in (*before, after)] == [
        {"supplier:unknown"},
        {"supplier:unknown"},
        {f"supplier:{SUPPLIER}"},
    ]
    assert found(till) == ""


def test_verify_when_one_of_two_groups_in_a_sale_came_later_then_all_is_right(till: Till) -> None:
    add_group(till, "301458")
    mixed = sell(till, "301458", LATE_SGC)
    add_group(till)

    assert accounts(till, mixed) == {"supplier:unknown", f"supplier:{SUPPLIER}"}
    assert found(till) == ""


@pytest.mark.parametrize("wrong", ["supplier:OTHER", "supplier:REG", "safe"])
def test_verify_when_the_account_before_is_a_wrong_one_then_it_is_found(till: Till, wrong: str) -> None:
    seq = sell(till, LATE_SGC)
    add_group(till)
    change_account(till, seq, "supplier:unknown", wrong)
    assert found(till).startswith("posting")


def test_verify_when_a_known_supplier_is_said_not_to_be_then_it_is_found(till: Till) -> None:
    sell(till, LATE_SGC)
    add_group(till)
    _, last = sell(till, LATE_SGC), sell(till, LATE_SGC)
    change_account(till, last, f"supplier:{SUPPLIER}", "supplier:unknown")
    assert found(till).startswith("posting")


def test_verify_when_the_only_sale_is_said_to_have_no_supplier_then_its_balance_tells(till: Till) -> None:
    add_group(till)
    seq = sell(till, LATE_SGC)
    change_account(till, seq, f"supplier:{SUPPLIER}", "supplier:unknown")
    assert found(till) != ""
