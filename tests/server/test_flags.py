"""Flags: what is booked all the same and put before a person (docs/formats.md §10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from central.models import journal
from central.models.master import meter, supply_group
from central.models.tills import envelope_grant
from central.models.transactions import transactions
from central.services.master import Master
from pos.domain.ids import new_id
from pos.domain.price_terms import Basis
from tests.factories.tariffs import MONTHLY, make_tariff
from tests.server.rig import Server
from tests.server.till_rig import DRNS, TARIFF, Till, make_shop, meter_values


@pytest.fixture
def till(server: Server) -> Till:
    return make_shop(server, arrears=900).till()


def due(arrears: int = 900) -> Basis:
    """What a till knows of a meter that owes."""
    return Basis(arrears_before_minor=arrears)


def rows(server: Server, table: Any) -> list[Any]:
    with server.database.read() as connection:
        return list(connection.execute(select(table)))


def test_sale_when_everything_is_right_then_no_flag(till: Till) -> None:
    till.sell(basis=due())
    assert till.flags() == []
    (row,) = [one for one in rows(till.server, meter) if one.drn == DRNS[0]]
    assert row.arrears_minor == 0


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"units_milli": 999_000}, "price"),
        ({"carry_out_milli": 1}, "price"),
        ({"tokens": []}, "price"),
    ],
)
def test_sale_when_a_figure_is_not_what_the_tariff_makes_then_price(
    till: Till, change: dict[str, Any], flag: str
) -> None:
    till.sell(basis=due(), **change)
    assert till.flags() == [flag]
    assert rows(till.server, transactions)[0].is_flagged


def test_sale_when_its_sums_do_not_hold_then_price_and_the_rest_stands_in_the_deposit(till: Till) -> None:
    item = till.item(basis=due())
    till.line("sale_delivered", {"sale": till.sale(item, money_minor=5_001)})
    sale = till.sale(till.item(DRNS[1], basis=due()))
    sale["payments"][0]["amount_minor"] = 4_000
    till.line("sale_delivered", {"sale": sale})
    assert [one["reasons"] for one in till.push()["results"]] == [["price"], ["price"]]
    balances = {row.account: row.balance_minor for row in rows(till.server, journal.account_balance)}
    assert sum(balances.values()) == 0
    assert balances["customer_deposit"] == 1_000


def test_sale_when_the_tariff_is_not_known_then_tariff_unknown(till: Till) -> None:
    till.sell(basis=due(), tariff=make_tariff(charges=(MONTHLY,), version=9))
    assert till.flags() == ["tariff_unknown"]


def test_sale_when_another_till_sold_to_the_meter_before_then_block_only_where_it_costs_more(
    till: Till,
) -> None:
    other = till.shop.till("T02")
    till.sell(DRNS[0], 10_000, basis=due())
    till.push()
    other.sell(DRNS[0], 10_000, basis=Basis(0, ("monthly",), 0, 0))
    assert other.flags() == ["block"]


def test_sale_when_both_tills_took_the_monthly_charge_then_it_is_given_back(till: Till) -> None:
    other = till.shop.till("T02")
    till.sell(DRNS[0], 5_000, basis=due())
    till.push()
    other.sell(DRNS[0], 5_000, basis=Basis(till.bought[DRNS[0], "2026-11"].bought_before_milli))
    assert other.flags() == ["charge_twice"]
    page = other.pull("customer_credits")
    assert [(row["cause"], row["amount_minor"], row["code"]) for row in page["rows"]] == [
        ("charge", 590, "monthly")
    ]
    assert page["rows"][0]["meter_id"] == str(till.shop.meters[DRNS[0]])
    assert till.pull("customer_credits")["rows"] == []


def test_sale_when_arrears_were_paid_at_another_till_then_the_rest_is_given_back_at_home(till: Till) -> None:
    other = till.shop.till("T02")
    with till.server.database.write() as connection:
        connection.execute(update(meter).values(home_till=till.id))
    till.sell(DRNS[0], 5_000, basis=due())
    till.push()
    bought = till.bought[DRNS[0], "2026-11"].bought_before_milli
    other.sell(DRNS[0], 5_000, basis=Basis(bought, ("monthly",), 0, 900))
    assert other.flags() == ["arrears_over"]
    assert [row["amount_minor"] for row in till.pull("customer_credits")["rows"]] == [900]
    assert other.pull("customer_credits")["rows"] == []
    (row,) = [one for one in rows(till.server, meter) if one.drn == DRNS[0]]
    assert row.arrears_minor == 0


def test_sale_when_its_tid_was_used_then_collision_and_a_case_is_opened(till: Till) -> None:
    other = till.shop.till("T02")
    till.sell(basis=due(), tid=777)
    till.push()
    bought = till.bought[DRNS[0], "2026-11"].bought_before_milli
    other.sell(basis=Basis(bought, ("monthly",), 0, 0), tid=777)
    assert other.flags() == ["tid_collision"]
    (case,) = rows(till.server, journal.case)
    assert (case.case_kind, case.state, case.wrong_drn) == ("token_refused", "open", DRNS[0])
    assert sorted(row.is_double for row in rows(till.server, journal.token)) == [False, True]


def test_sale_when_the_same_sale_comes_from_a_restored_book_then_it_counts_once(till: Till) -> None:
    sale = till.sell(basis=due())
    till.push()
    new = till.shop.till("T01B", replaces={"till": str(till.id), "seq": 0, "hash": "00" * 32})
    new.line("sale_delivered", {"sale": sale | {"receipt_number": "T01B-000001"}})
    assert "tid_collision" in new.flags()
    assert len(rows(till.server, transactions)) == 1
    assert rows(till.server, journal.case) == []


def test_sale_when_more_is_used_than_the_envelope_holds_then_overrun(till: Till) -> None:
    envelope = till.answer["envelope"]["envelope"]
    assert envelope["money_minor"] == 100_000
    till.line("envelope_taken", {"sequence": envelope["sequence"], "sha256": "ab" * 32})
    till.sell(DRNS[0], 90_000, basis=due())
    assert till.flags() == []
    till.sell(DRNS[1], 20_000, basis=due())
    assert till.flags() == ["envelope_overrun"]
    (grant,) = rows(till.server, envelope_grant)
    assert (grant.used_money_minor, grant.taken_seq) == (110_000, 1)


def test_line_when_its_clock_is_ahead_or_goes_back_then_clock(till: Till) -> None:
    till.line("clock_noted", {"what": "drift", "wall": "x", "trusted": "x"}, at=till.now + timedelta(hours=1))
    assert till.flags() == ["clock"]
    till.line("clock_noted", {"what": "back", "wall": "x", "trusted": "x"})
    assert till.flags() == ["clock"]
    till.line("clock_noted", {"what": "reset", "wall": "x", "trusted": "x"})
    till.push()
    till.line("clock_noted", {"what": "drift", "wall": "x", "trusted": "x"})
    assert till.flags() == []


def test_sale_when_the_meter_was_merged_or_has_another_id_then_duplicate_meter(till: Till) -> None:
    kept = till.shop.meters[DRNS[0]]
    till.shop.meters[DRNS[0]] = new_id(till.now)
    till.sell(basis=due())
    assert till.flags() == ["duplicate_meter"]
    with till.server.database.write() as connection:
        connection.execute(update(meter).where(meter.c.drn == DRNS[1]).values(merged_into=kept))
    till.sell(DRNS[1], basis=due())
    assert till.flags() == ["duplicate_meter"]


def test_sale_when_the_key_is_not_the_one_in_force_then_key_revision(till: Till) -> None:
    item = till.item(basis=due())
    item["meter"]["krn"] = 3
    till.line("sale_delivered", {"sale": till.sale(item)})
    assert till.flags() == ["key_revision"]


def test_sale_when_the_announced_key_has_begun_then_the_old_one_is_flagged(till: Till) -> None:
    following = {"krn": 2, "ken": 255, "ti": "01", "kt": 2, "base_date": "14"}
    with till.server.database.write() as connection:
        connection.execute(
            update(supply_group).values(next_key=following | {"from": "2026-11-20T07:00:00.000Z"})
        )
    till.sell(basis=due())
    item = till.item(DRNS[1], basis=due())
    item["meter"]["krn"] = 2
    till.line("sale_delivered", {"sale": till.sale(item)})
    assert [one["reasons"] for one in till.push()["results"]] == [["key_revision"], []]


@pytest.mark.parametrize("number", ["T01-000003", "T01-000001", "nonsense"])
def test_sale_when_its_receipt_number_is_not_the_next_then_gap(till: Till, number: str) -> None:
    till.sell(basis=due())
    till.push()
    till.line("sale_delivered", {"sale": till.sale(till.item(DRNS[1], basis=due()), receipt_number=number)})
    assert till.flags() == ["receipt_gap"]


def test_voucher_when_redeemed_at_two_tills_then_twice(till: Till) -> None:
    other = till.shop.till("T02")
    body = {"voucher_id": str(till.actor), "batch_id": str(till.shift), "from": "sold", "to": "redeemed"}
    till.line("voucher_changed", body)
    assert till.flags() == []
    other.line("voucher_changed", body)
    assert other.flags() == ["voucher_twice"]
    assert len(rows(till.server, journal.voucher_use)) == 1


BODIES: list[tuple[str, Any]] = [
    ("sale_delivered", {}),
    ("sale_delivered", {"sale": 5}),
    ("sale_delivered", {"sale": {"sale_id": "x"}}),
    ("sale_paid", {"quote": []}),
    ("tokens_issued", {"item": {"n": 1}, "issue_id": 5}),
    ("payment_changed", {"sale_id": None}),
    ("shift_closed", {"shift_id": "01978c6c-0000-7000-8000-000000000000", "z_number": 5}),
    ("cash_moved", {"kind": "away", "amount_minor": 5}),
    ("cash_moved", {"kind": "in", "amount_minor": "5"}),
    ("float_moved", {"kind": "top_up", "account": "x" * 500, "amount_minor": 5}),
    ("reading_taken", {"reading_id": "01978c6c-0000-7000-8000-000000000000", "read_at": "yesterday"}),
    ("arrears_changed", {"meter_id": "01978c6c-0000-7000-8000-000000000000", "amount_minor": 10**15}),
    ("voucher_changed", {"voucher_id": [], "to": "redeemed"}),
    ("envelope_taken", {"sequence": -1}),
    ("case_changed", {"case_id": "01978c6c-0000-7000-8000-000000000000", "case_kind": None}),
    ("meter_changed_here", {"meter_id": "01978c6c-0000-7000-8000-000000000000", "changes": 1}),
]


@pytest.mark.parametrize(("kind", "body"), BODIES)
def test_line_when_its_body_is_not_of_its_kind_then_kept_and_flagged(
    till: Till, kind: str, body: Any
) -> None:
    till.line(kind, body)
    till.sell(basis=due())
    assert [one["reasons"] for one in till.push()["results"]] == [["unknown_kind"], []]
    day = till.get(f"/v1/books/{till.id}/2026-11-20").json()
    assert day["last_seq"] == 2
    assert sum(day["pieces"].values()) == 2


def test_line_when_its_kind_is_of_a_later_version_then_unknown(till: Till) -> None:
    till.line("sale_delivered", {"sale": till.sale(till.item(basis=due()))}, kind_version=2)
    assert till.flags() == ["unknown_kind"]
    assert rows(till.server, transactions) == []


def test_lines_of_every_other_kind_when_right_then_booked_without_a_flag(till: Till) -> None:
    meter_id = str(till.shop.meters[DRNS[0]])
    shift = {"shift_id": str(till.shift)}
    till.line("shift_opened", shift | {"drawer_id": "d", "float_minor": 1_000, "count": []})
    till.line("cash_moved", {"movement_id": str(till.id), "kind": "in", "amount_minor": 50, "reason": "x"})
    till.line("arrears_changed", {"meter_id": meter_id, "drn": DRNS[0], "amount_minor": 100, "reason": "x"})
    reading = {"reading_id": str(till.actor), "meter_id": meter_id, "drn": DRNS[0], "register": "total"}
    till.line(
        "reading_taken",
        reading | {"value_milli": 5, "read_at": "2026-11-20T08:00:00.000Z", "kind": "actual"},
    )
    case = {"case_id": str(till.id), "case_kind": "fault", "reason": "does not count"}
    till.line("case_changed", case | {"from": "", "to": "open"})
    till.line("case_changed", case | {"from": "open", "to": "closed"})
    change = {"meter_id": meter_id, "drn": DRNS[0]}
    till.line("meter_changed_here", change | {"changes": [{"field": "note", "old": "", "new": "x"}]})
    till.line(
        "float_moved", {"account": "supplier:REG", "amount_minor": 5, "kind": "top_up", "reference": "1"}
    )
    closing = {"z_number": "T01-Z0001", "count": [], "counted_minor": 1_050, "expected_minor": 1_050}
    till.line("shift_closed", shift | closing | {"difference_minor": 0, "totals": [], "unresolved": []})
    assert [one["reasons"] for one in till.push()["results"]] == [[]] * len(till.lines)
    (row,) = [one for one in rows(till.server, meter) if one.drn == DRNS[0]]
    assert row.arrears_minor == 1_000
    assert [one.state for one in rows(till.server, journal.case)] == ["closed"]
    (opened,) = rows(till.server, journal.shift)
    assert (opened.float_minor, opened.counted_minor, opened.z_number) == (1_000, 1_050, "T01-Z0001")


def test_free_units_when_issued_then_they_count_in_the_month_and_the_envelope(till: Till) -> None:
    item = till.item(basis=due()) | {"money_minor": 0, "units_milli": 0, "free_milli": 5_000}
    item |= {"lines": [], "token_units_tenths": 50, "carry_out_milli": 0}
    item["tokens"][0]["tenths"] = 50
    issue = {"issue_id": str(till.actor), "cause": "free", "item": item, "charge_envelope_minor": 445}
    till.line("tokens_issued", issue)
    assert till.flags() == []
    (month,) = rows(till.server, journal.meter_month)
    assert (month.units_milli, month.free_milli) == (0, 5_000)
    (grant,) = rows(till.server, envelope_grant)
    assert (grant.used_money_minor, grant.used_units_milli) == (445, 5_000)


def test_meter_when_only_proposed_then_its_sales_are_booked_without_a_flag(till: Till) -> None:
    till.sell("04100000407", basis=Basis())
    assert till.flags() == []
    with till.server.database.write() as connection:
        Master(till.server.app.state.head_office.feed).put_meters(
            connection, till.shop.organisation, [meter_values(till.id, "04100000407")]
        )
    assert TARIFF.code == "RES"


def test_line_when_a_later_program_can_read_it_then_it_is_booked_once(till: Till) -> None:
    sale = till.sale(till.item(basis=due()))
    line = till.line("sale_delivered", {"sale": sale})
    booking = till.server.app.state.head_office.booking
    till.push()
    with till.server.database.write() as connection:
        # As an earlier program would have left it: kept, counted as one of its kind, and flagged.
        for table in (transactions, journal.sale_item, journal.sale_line, journal.token, journal.posting):
            connection.execute(table.delete())
        connection.execute(journal.account_balance.delete())
        connection.execute(journal.meter_month.delete())
        (figures,) = connection.execute(select(journal.book_day.c.figures)).scalars()
        empty = {"sums_minor": {}, "tenders_minor": {}, "tokens": 0, "units_milli": 0}
        connection.execute(update(journal.book_day).values(figures=figures | empty))
        connection.execute(
            journal.line_flag.insert().values(
                till_id=till.id,
                seq=line.seq,
                flag="unknown_kind",
                id=line.event.id,
                organisation_id=till.shop.organisation,
                at=till.now,
                kind="sale_delivered",
                money_minor=0,
                detail={"read_by": "0.0.1"},
                state="open",
            )
        )
    assert booking.read_again() == 1
    assert booking.read_again() == 0
    states = {row.flag: row.state for row in rows(till.server, journal.line_flag)}
    assert states["unknown_kind"] == "cleared"
    assert len(rows(till.server, transactions)) == 1
    book = till.get(f"/v1/books/{till.id}/2026-11-20").json()
    assert (book["pieces"], book["tenders_minor"], book["tokens"]) == (
        {"sale_delivered": 1},
        {"cash": 5_000},
        1,
    )


def test_line_when_no_program_can_read_it_then_each_tries_once(till: Till) -> None:
    till.line("sale_delivered", {"sale": 5})
    till.push()
    booking = till.server.app.state.head_office.booking
    assert booking.read_again() == 0
    with till.server.database.write() as connection:
        connection.execute(update(journal.line_flag).values(detail={"read_by": "0.0.1"}))
    assert booking.read_again() == 0
    (flag,) = rows(till.server, journal.line_flag)
    assert flag.state == "open"
    assert flag.detail["read_by"] != "0.0.1"
