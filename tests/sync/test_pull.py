import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from argon2 import PasswordHasher

from pos.domain.canonical import canonical_bytes
from pos.domain.names import fold
from pos.domain.tariff import ArrearsKind, ArrearsRule, Block, tariff_sha256
from pos.errors import ApprovalNeeded, Unavailable, UserError
from pos.models.search import match_of
from pos.services.counter import Counter
from pos.services.fraud_hold import FraudHold
from pos.services.sale_values import SaleKind, SaleRequest
from pos.services.verify import verify
from pos.sync.client import ServerRefusal
from pos.sync.resources.base import Taking
from pos.sync.resources.meters import MetersMapping
from pos.sync.transport import Response
from pos.tokens.numbers import make_drn
from tests.crash.remote_twin import RemoteHolderTwin, Step
from tests.factories.linked_till import LinkedTill, link_till
from tests.factories.shop import ZONE, plain_tariff
from tests.fakes.transport import Request, ok, problem


@pytest.fixture
def till(tmp_path: Path) -> LinkedTill:
    made = link_till(tmp_path)
    made.all_works()
    return made


def meter_row(serial: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "drn": make_drn("04", f"{serial:08d}").digits,
        "tariff_code": "HOME",
        "sgc": "201457",
        **changes,
    }


def pull(till: LinkedTill, **pages: list[dict[str, Any]]) -> None:
    till.pull_works(pages)
    till.engine.run_once()


def take_meters(till: LinkedTill, row: dict[str, Any]) -> None:
    """Take a row as a pull does whose push could not send the last lines."""
    mapping = MetersMapping()
    with till.shop.units.write() as unit:
        taking = Taking(
            unit=unit,
            at=till.shop.clock.now(),
            round=1,
            till_id=till.till_id,
            own_tills=frozenset({till.till_id}),
            record=lambda *_: None,
            seal_pin=lambda *_: b"",
        )
        mapping.take(taking, [mapping.model.model_validate(row)])


def rows(*given: dict[str, Any], **page: Any) -> dict[str, Any]:
    return {"rows": list(given), **page}


def test_pull_when_meters_and_customers_come_they_can_be_found_and_sold_to(till: LinkedTill) -> None:
    who = str(uuid4())
    pull(
        till,
        customers=[rows({"id": who, "name": "Mukamana Élise", "phone": "+250788123456"})],
        meters=[rows(meter_row(41, customer_id=who, arrears_minor=700, site="Hill"))],
    )

    found = till.all("SELECT rowid FROM meter_words WHERE meter_words MATCH ?", match_of(fold("elise")))
    assert found == till.all("SELECT key FROM meter WHERE site = 'Hill' AND arrears_minor = 700")
    assert till.sell(41).startswith("T03-")


def test_pull_when_the_same_page_comes_again_changes_nothing(till: LinkedTill) -> None:
    page = rows(meter_row(41), meter_row(42))
    pull(till, meters=[page])
    before = till.all("SELECT * FROM meter ORDER BY key")

    pull(till, meters=[page])

    assert till.all("SELECT * FROM meter ORDER BY key") == before


def test_pull_when_a_customer_comes_after_the_meter_joins_them(till: LinkedTill) -> None:
    who = str(uuid4())
    pull(till, meters=[rows(meter_row(41, customer_id=who))])
    assert till.one("SELECT customer_key FROM meter") is None

    pull(till, customers=[rows({"id": who, "name": "Kamanzi"})])

    assert (
        till.one("SELECT customer.name FROM meter JOIN customer ON customer.key = customer_key") == "Kamanzi"
    )
    assert till.one("SELECT count(*) FROM meter_words WHERE meter_words MATCH '\"kamanzi\"*'") == 1


def test_pull_when_a_customer_leaves_the_scope_forgets_the_person_and_keeps_the_meter(
    till: LinkedTill,
) -> None:
    who = str(uuid4())
    pull(
        till, customers=[rows({"id": who, "name": "Kamanzi"})], meters=[rows(meter_row(41, customer_id=who))]
    )

    pull(till, customers=[rows(deleted=[who])])

    assert till.one("SELECT count(*) FROM customer") == 0
    assert till.all("SELECT customer_key, customer_id FROM meter") == [(None, UUID(who).bytes)]
    assert till.one("SELECT count(*) FROM meter_words WHERE meter_words MATCH '\"kamanzi\"*'") == 0


def test_pull_when_an_erased_customer_comes_back_from_an_old_copy_stays_erased(till: LinkedTill) -> None:
    who = str(uuid4())
    pull(till, customers=[rows({"id": who, "is_erased": True})])

    pull(till, customers=[rows({"id": who, "name": "Kamanzi"})])

    assert till.all("SELECT name, erased_at IS NOT NULL FROM customer") == [(None, 1)]


def test_pull_when_head_office_knows_a_meter_made_here_takes_its_id_and_verify_still_holds(
    till: LinkedTill,
) -> None:
    till.sell(41)
    own = till.one("SELECT id FROM meter")
    row = meter_row(41)

    pull(till, meters=[rows(row)])

    assert till.all("SELECT id FROM meter") == [(UUID(row["id"]).bytes,)]
    assert till.all("SELECT id FROM meter_alias") == [(own,)]
    till.sell(41)
    assert verify(till.shop.units).findings == ()


def test_pull_when_a_duplicate_is_merged_its_id_means_the_other_meter(till: LinkedTill) -> None:
    kept, gone = meter_row(41), str(uuid4())
    pull(till, meters=[rows(kept)])

    pull(till, meters=[rows({**meter_row(41), "id": gone, "merged_into": kept["id"]})])

    assert till.one("SELECT count(*) FROM meter") == 1
    assert till.one("SELECT id FROM meter_alias") == UUID(gone).bytes


def test_pull_when_a_meter_with_another_number_is_merged_nothing_is_sold_to_it_any_more(
    till: LinkedTill,
) -> None:
    kept, double = meter_row(41), meter_row(42)
    pull(till, meters=[rows(kept, double)])

    pull(till, meters=[rows({**double, "merged_into": kept["id"]})])

    with pytest.raises(UserError) as refusal:
        till.sell(42)
    assert refusal.value.code == "meter.blocked"


def test_pull_when_meters_leave_the_scope_the_unused_go_and_the_used_stay_inactive(till: LinkedTill) -> None:
    sold, unsold = meter_row(41), meter_row(42)
    pull(till, meters=[rows(sold, unsold)])
    till.sell(41)

    pull(till, meters=[rows(deleted=[sold["id"], unsold["id"], str(uuid4())])])

    assert till.all("SELECT drn, status FROM meter") == [(sold["drn"], "inactive")]
    assert verify(till.shop.units).findings == ()


def test_pull_when_arrears_were_taken_in_unsent_lines_they_do_not_come_back(till: LinkedTill) -> None:
    row = meter_row(41, arrears_minor=900)
    pull(till, meters=[rows(row)])
    with till.shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE meter SET arrears_minor = 900")
    request = SaleRequest(sale_id=uuid4(), drn=row["drn"], money_minor=400, kind=SaleKind.ARREARS)
    till.shop.checkout.sell(request, till.shop.cashier)
    assert till.one("SELECT arrears_minor FROM meter") == 500
    take_meters(till, row | {"note": "new"})

    assert till.all("SELECT arrears_minor, note FROM meter") == [(500, "new")]


def test_pull_when_the_payment_is_sent_and_its_delivery_is_not_the_debt_does_not_come_back(
    tmp_path: Path,
) -> None:
    remote: dict[str, RemoteHolderTwin] = {}
    owing = replace(plain_tariff(), arrears=ArrearsRule(ArrearsKind.ALL))
    till = link_till(tmp_path, holders='["central"]', remote_holders=remote, tariffs=(owing,))
    remote["central"] = RemoteHolderTwin(till.shop.vault, tmp_path / "twin", [Step.LOSE_REQUEST])
    till.all_works()
    row = meter_row(41, arrears_minor=900)
    pull(till, meters=[rows(row)])
    asked = SaleRequest(sale_id=uuid4(), drn=row["drn"], money_minor=5_000)
    with pytest.raises(Unavailable):
        till.shop.checkout.sell(asked, till.shop.cashier)
    till.engine.run_once()
    till.shop.checkout.deliver(asked.sale_id, till.shop.cashier)
    assert till.one("SELECT arrears_minor FROM meter") == 0

    take_meters(till, row)

    assert till.one("SELECT arrears_minor FROM meter") == 0


WATER = {
    "id": "999888", "key_method": "04", "algorithm": "07", "base_date": "14", "ti": "01", "krn": 1,
    "kt": 2, "ken": 255, "lane": 5, "lanes": 16, "holders": ["vault"], "supplier": "water",
}  # fmt: skip


def test_pull_when_a_group_is_not_here_yet_its_meters_wait_and_come_with_it(till: LinkedTill) -> None:
    row = meter_row(41, sgc="999888")
    pull(till, meters=[rows(row)])
    assert till.one("SELECT count(*) FROM meter") == 0
    assert "999888" in till.one("SELECT trouble FROM pull_cursor WHERE resource = 'meters'")

    pull(till, supply_groups=[rows(WATER)])

    assert till.all("SELECT drn, sgc FROM meter") == [(row["drn"], "999888")]
    assert till.all("SELECT lane, lanes, supplier FROM supply_group WHERE sgc = '999888'") == [
        (5, 16, "water")
    ]
    assert till.one("SELECT trouble FROM pull_cursor WHERE resource = 'meters'") is None


@pytest.mark.parametrize("ask", ["card", "trial_vend"])
def test_sale_when_the_meter_waits_for_its_group_names_the_group_and_not_an_unknown_meter(
    till: LinkedTill, ask: str
) -> None:
    waiting, merged = meter_row(41, sgc="999888"), meter_row(42, sgc="999888", merged_into=str(uuid4()))
    pull(till, meters=[rows(waiting, merged)])
    cashier, counter = till.shop.cashier, Counter(till.shop.units, till.shop.clock, ZONE)
    asks: dict[str, Callable[[str], object]] = {
        "card": lambda drn: counter.card(cashier, drn),
        "trial_vend": lambda drn: till.shop.checkout.trial_vend(
            SaleRequest(sale_id=uuid4(), drn=drn, money_minor=5_000), cashier
        ),
    }

    for row, code in ((waiting, "key.group_not_allowed"), (merged, "meter.unknown")):
        with pytest.raises(UserError) as refused:
            asks[ask](row["drn"])
        assert refused.value.code == code


def test_pull_when_a_waiting_meter_changes_with_its_group_the_newer_word_counts(till: LinkedTill) -> None:
    row = meter_row(41, sgc="999888")
    pull(till, meters=[rows(row)])

    pull(till, supply_groups=[rows(WATER)], meters=[rows(row | {"status": "blocked"}, cursor="2")])

    assert till.all("SELECT drn, status FROM meter") == [(row["drn"], "blocked")]
    assert till.one("SELECT count(*) FROM office_record WHERE resource = 'meters'") == 0


def test_pull_when_a_waiting_meter_is_gone_it_does_not_come_with_its_group(till: LinkedTill) -> None:
    row, other = meter_row(41, sgc="999888"), meter_row(42, sgc="999888")
    pull(till, meters=[rows(row, other)])
    pull(till, meters=[rows(deleted=[row["id"]], cursor="2")])
    # Begun anew, it gives neither.
    till.transport.will("/v1/sync/pull", _unknown_cursor_of_meters)
    till.engine.run_once()

    pull(till, supply_groups=[rows(WATER)])

    assert till.one("SELECT count(*) FROM meter") == 0


def _unknown_cursor_of_meters(request: Request) -> Response:
    cursor = request.query["cursor"]
    if request.query["resource"] == "meters" and cursor == "2":
        return problem(410, "sync.cursor")
    return ok({"rows": [], "deleted": [], "cursor": cursor or "1", "more": False, "mapping": "1"})


def test_pull_when_the_cursor_is_unknown_begins_anew_and_drops_what_is_gone(till: LinkedTill) -> None:
    kept, gone = meter_row(41), meter_row(42)
    pull(till, meters=[rows(kept, gone)])
    asked: list[str] = []

    def restored(request: Request) -> Response:
        cursor = request.query["cursor"]
        if request.query["resource"] != "meters":
            return ok({"rows": [], "cursor": cursor or "0", "more": False, "mapping": "1"})
        asked.append(cursor)
        if cursor == "1":
            return problem(410, "sync.cursor")
        given = [kept] if cursor == "" else []
        return ok({"rows": given, "cursor": "9", "more": False, "mapping": "1"})

    till.transport.will("/v1/sync/pull", restored)
    till.engine.run_once()

    assert asked == ["1", ""]
    assert till.all("SELECT drn FROM meter") == [(kept["drn"],)]
    assert till.all("SELECT cursor, round, is_whole FROM pull_cursor WHERE resource = 'meters'") == [
        ("9", 2, 1)
    ]


def test_pull_when_only_one_mapping_changed_pulls_only_that_anew(till: LinkedTill) -> None:
    row = meter_row(41)
    pull(till, meters=[rows(row)], customers=[rows({"id": str(uuid4()), "name": "A"})])
    asked: list[tuple[str, str]] = []

    def upgraded(request: Request) -> Response:
        resource, cursor = request.query["resource"], request.query["cursor"]
        asked.append((resource, cursor))
        is_meters = resource == "meters"
        given = [row | {"note": "wider"}] if is_meters and not cursor else []
        return ok(
            {"rows": given, "cursor": cursor or "5", "more": False, "mapping": "2" if is_meters else "1"}
        )

    till.transport.will("/v1/sync/pull", upgraded)
    till.engine.run_once()

    assert [one for one in asked if one[0] in ("meters", "customers")] == [
        ("customers", "1"), ("meters", "1"), ("meters", ""),
    ]  # fmt: skip
    assert till.one("SELECT note FROM meter") == "wider"


def test_pull_when_rows_have_fields_of_a_later_server_ignores_them(till: LinkedTill) -> None:
    pull(till, meters=[rows(meter_row(41, hologram="yes"))])

    assert till.one("SELECT count(*) FROM meter") == 1


def test_pull_when_one_row_cannot_be_read_takes_the_others_and_names_it(till: LinkedTill) -> None:
    bad = {**meter_row(42), "sgc": "abc"}

    pull(till, meters=[rows(meter_row(41), bad)])

    assert till.one("SELECT count(*) FROM meter") == 1
    assert "sgc" in till.one("SELECT trouble FROM pull_cursor WHERE resource = 'meters'")


def test_pull_when_a_meter_number_has_a_wrong_check_digit_it_is_named_and_the_others_come(
    till: LinkedTill,
) -> None:
    pull(till, meters=[rows(meter_row(41), meter_row(42, drn="04000000427"))])

    assert till.one("SELECT count(*) FROM meter") == 1
    assert "04000000427" in till.one("SELECT trouble FROM pull_cursor WHERE resource = 'meters'")


def test_pull_when_broken_off_goes_on_at_the_page_where_it_was(till: LinkedTill) -> None:
    def two_pages(request: Request) -> Response:
        cursor = request.query["cursor"]
        if request.query["resource"] != "meters":
            return ok({"rows": [], "cursor": cursor or "0", "more": False, "mapping": "1"})
        if not cursor:
            return ok({"rows": [meter_row(41)], "cursor": "1", "more": True, "mapping": "1"})
        return ok({"rows": [meter_row(42)], "cursor": "2", "more": False, "mapping": "1"})

    till.transport.will("/v1/sync/pull", two_pages)
    seen: list[str] = []
    report = till.engine.run_once(
        lambda step: seen.append(step.what) if step.what == "meters" else None, lambda: bool(seen)
    )
    assert report.is_cancelled and till.one("SELECT count(*) FROM meter") == 1

    till.engine.run_once()

    cursors = [
        r.query["cursor"] for r in till.transport.sent("/v1/sync/pull") if r.query["resource"] == "meters"
    ]
    assert cursors == ["", "1"]
    assert till.one("SELECT count(*) FROM meter") == 2


def test_pull_when_users_come_their_pins_open_and_a_pin_set_here_is_not_undone(till: LinkedTill) -> None:
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("12345")
    row = {"id": str(uuid4()), "name": "Aline", "role": "C", "pin_hash": hashed}
    pull(till, users=[rows(row)])
    key = UUID(row["id"]).bytes
    assert till.one("SELECT pin_sealed FROM operator WHERE id = ?", key) == key + hashed.encode()
    assert till.one("SELECT count(*) FROM operator WHERE name LIKE 'Aline (%'") == 1
    with till.shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE operator SET pin_sealed = x'01' WHERE id = ?", (key,))

    pull(till, users=[rows(row | {"role": "S"})])

    assert till.all("SELECT role, pin_sealed FROM operator WHERE id = ?", key) == [("S", b"\x01")]
    assert hashed not in till.one("SELECT body FROM office_record WHERE resource = 'users'")
    pull(till, users=[rows(deleted=[row["id"]])])
    assert till.one("SELECT is_active FROM operator WHERE id = ?", key) == 0


def tariff_row(code: str, **changes: Any) -> dict[str, Any]:
    tariff = plain_tariff(code)
    body = canonical_bytes(tariff.to_json()).decode()
    return {
        "id": str(uuid4()),
        "code": code,
        "version": 1,
        "valid_from": "2020-01-01T00:00:00.000Z",
        "body": body,
        "sha256": tariff_sha256(tariff),
        **changes,
    }


def test_pull_when_tariffs_come_sound_ones_are_stored_and_damaged_ones_named(till: LinkedTill) -> None:
    damaged = tariff_row("BENT", sha256=sha256(b"other").hexdigest())

    pull(till, tariffs=[rows(tariff_row("SHOP"), tariff_row("HOME"), damaged)])

    assert till.all("SELECT code FROM tariff ORDER BY code") == [("HOME",), ("SHOP",)]
    assert "BENT" in till.one("SELECT trouble FROM pull_cursor WHERE resource = 'tariffs'")


def test_pull_when_a_tariff_has_the_code_of_the_shops_own_that_one_steps_aside(till: LinkedTill) -> None:
    till.sell(1)
    dearer = replace(plain_tariff(), blocks=(Block(500_000_000),))
    body = canonical_bytes(dearer.to_json()).decode()

    pull(till, tariffs=[rows(tariff_row("HOME", body=body, sha256=tariff_sha256(dearer)))])

    assert till.all("SELECT code FROM tariff ORDER BY code") == [("HOME",), ("HOME@T03",)]
    till.sell(2, 5_000)
    assert till.all("SELECT units_milli FROM sale_item ORDER BY sale_place") == [(30_387,), (10_000,)]
    assert verify(till.shop.units).findings == ()


def test_pull_when_settings_come_they_win_and_their_end_brings_the_default_back(till: LinkedTill) -> None:
    pull(
        till, settings=[rows({"id": "duplicate_guard_minutes", "value": "45"}, {"id": "x_new", "value": "1"})]
    )
    assert till.all("SELECT name, value FROM setting") == [("duplicate_guard_minutes", "45")]

    pull(till, settings=[rows(deleted=["duplicate_guard_minutes"])])

    assert till.all("SELECT * FROM setting") == []


def test_pull_when_a_setting_means_nothing_here_is_named_and_not_taken(till: LinkedTill) -> None:
    pull(till, settings=[rows({"id": "duplicate_guard_minutes", "value": "many"})])

    assert till.all("SELECT * FROM setting") == []
    assert "duplicate_guard" in till.one("SELECT trouble FROM pull_cursor WHERE resource = 'settings'")


def month_row(meter: dict[str, Any], **changes: Any) -> dict[str, Any]:
    other = changes.pop("till", str(uuid4()))
    return {
        "id": f"{meter['id']}/2026-11/{other}",
        "meter_id": meter["id"],
        "month": "2026-11",
        "till": other,
        "units_milli": 20_000,
        **changes,
    }


def test_pull_when_other_tills_sold_to_the_meter_its_blocks_count_on(till: LinkedTill) -> None:
    row = meter_row(41)
    pull(till, meters=[rows(row)], meter_month=[rows(month_row(row), month_row(row, till=str(till.till_id)))])

    till.sell(41, 1_000)

    # The check figure of the trade rules: bought 20 before, 1000 give 3.225.
    assert till.one("SELECT units_milli FROM sale_item") == 3_225
    assert verify(till.shop.units).findings == ()


def test_pull_when_month_figures_come_before_their_meter_they_wait_for_it(till: LinkedTill) -> None:
    row = meter_row(41)
    pull(till, meter_month=[rows(month_row(row))])

    pull(till, meters=[rows(row)])

    assert till.one("SELECT units_milli FROM meter_month") == 20_000
    assert till.one("SELECT count(*) FROM office_record WHERE resource = 'meter_month'") == 0


def credit_row(home: LinkedTill, meter: dict[str, Any], amount_minor: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "meter_id": meter["id"],
        "till": str(home.till_id),
        "amount_minor": amount_minor,
        "currency": "RWF",
        "cause": "charge",
        "code": "monthly",
        "month": "2026-11",
        "given_at": "2026-11-20T08:00:00.000Z",
        **changes,
    }


def test_pull_when_head_office_gives_credit_it_is_posted_once_and_comes_off_the_next_sale(
    till: LinkedTill,
) -> None:
    row = meter_row(41)
    credit = credit_row(till, row, 500)
    elsewhere = credit_row(till, row, 900, till=str(uuid4()))
    pull(till, meters=[rows(row)], customer_credits=[rows(credit, elsewhere)])
    pull(till, customer_credits=[rows(credit)])
    assert till.shop.balance("customer_credit") == -500

    till.sell(41, 1_280)

    # 1280 paid and 500 back buy the 20 units that 1780 buy.
    assert till.all("SELECT units_milli, money_minor FROM sale_item") == [(20_000, 1_280)]
    assert till.all("SELECT amount_minor FROM sale_line WHERE kind = 'credit'") == [(-500,)]
    assert till.shop.balance("customer_credit") == 0
    till.sell(41, 1_280)
    assert till.one("SELECT count(*) FROM sale_line WHERE kind = 'credit'") == 1
    assert verify(till.shop.units).findings == ()


def test_pull_when_a_meter_with_credit_is_merged_what_is_left_of_it_is_the_kept_ones(
    till: LinkedTill,
) -> None:
    kept, double = meter_row(41), meter_row(42)
    used, credit = credit_row(till, double, 500), credit_row(till, double, 700, month="2026-10")
    pull(till, meters=[rows(kept, double)], customer_credits=[rows(used)])
    till.sell(42, 10_000)
    pull(till, customer_credits=[rows(credit)])

    merged = {**double, "merged_into": kept["id"]}
    moved = [{**one, "meter_id": kept["id"]} for one in (used, credit)]
    pull(till, meters=[rows(merged)], customer_credits=[rows(*moved)])
    assert till.shop.balance("customer_credit") == -700
    till.sell(41, 10_000)
    till.sell(41, 10_000)

    assert till.all("SELECT amount_minor FROM sale_line WHERE kind = 'credit'") == [(-500,), (-700,)]
    assert till.shop.balance("customer_credit") == 0
    assert verify(till.shop.units).findings == ()


def test_pull_when_units_are_asked_for_credit_lowers_the_price_but_something_is_paid(
    till: LinkedTill,
) -> None:
    row = meter_row(41)
    pull(till, meters=[rows(row)], customer_credits=[rows(credit_row(till, row, 100_000))])
    request = SaleRequest(sale_id=uuid4(), drn=row["drn"], units_milli=20_000)

    quote = till.shop.checkout.trial_vend(request, till.shop.cashier)

    assert quote.item.money_minor == 1
    assert quote.item.units_milli == 20_000


def test_pull_when_the_till_is_refused_altogether_stops(till: LinkedTill) -> None:
    till.transport.will("/v1/sync/pull", problem(426, "sync.app_too_old", min_app="9.0.0"))

    with pytest.raises(ServerRefusal) as refusal:
        till.engine.run_once()

    assert refusal.value.code == "sync.app_too_old"
    assert till.acked() == till.head()


def test_pull_when_an_older_server_does_not_know_a_resource_goes_on_with_the_rest(till: LinkedTill) -> None:
    row = meter_row(41)

    def older(request: Request) -> Response:
        if request.query["resource"] == "fee_rules":
            return problem(404, "sync.resource")
        given = [row] if (request.query["resource"], request.query["cursor"]) == ("meters", "") else []
        return ok({"rows": given, "cursor": "1", "more": False, "mapping": "1"})

    till.transport.will("/v1/sync/pull", older)
    report = till.engine.run_once()

    assert "sync.resource" in report.troubles["fee_rules"][0]
    assert till.one("SELECT count(*) FROM meter") == 1


def test_pull_when_nothing_is_new_writes_nothing(till: LinkedTill) -> None:
    till.engine.run_once()
    before = till.all("SELECT * FROM pull_cursor")

    till.shop.clock.pass_time(minutes=5)
    till.engine.run_once()

    assert till.all("SELECT * FROM pull_cursor") == before
    assert json.loads(till.transport.sent("/v1/sync/push")[0].lines()[0])["first_seq"] == 1


def test_pull_when_a_fraud_rule_holds_a_sale_a_supervisor_must_agree(till: LinkedTill) -> None:
    rule = {"id": "big", "kind": "amount_above", "action": "hold", "params": {"amount_minor": 4_000}}
    pull(till, fraud_rules=[rows(rule)])
    till.shop.checkout.preparation._fraud = FraudHold(ZONE)

    with pytest.raises(ApprovalNeeded) as asked:
        till.sell(41, 5_000)
    assert asked.value.permission == "sale.duplicate"
    assert till.sell(42, 3_999).startswith("T03-")

    pull(till, fraud_rules=[rows(deleted=["big"])])
    assert till.sell(41, 5_000).startswith("T03-")


def test_pull_when_a_month_figure_waited_for_a_meter_made_here_it_counts_once_they_meet(
    till: LinkedTill,
) -> None:
    row, other = meter_row(41, sgc="999888"), str(uuid4())
    month = {
        "id": f"{row['id']}/2026-11/{other}", "meter_id": row["id"], "month": "2026-11", "till": other,
        "units_milli": 20_000,
    }  # fmt: skip
    till.shop.add_meter(41)
    pull(till, meters=[rows(row)], meter_month=[rows(month)])
    assert till.one("SELECT count(*) FROM meter_month WHERE till <> ''") == 0

    pull(till, meters=[rows(row | {"sgc": "201457"})])

    assert till.one("SELECT units_milli FROM meter_month WHERE till = ?", other) == 20_000


def test_pull_when_a_tariff_takes_the_place_of_another_the_next_sale_is_priced_with_it(
    till: LinkedTill,
) -> None:
    def row(rate_minor: int, version: int) -> dict[str, Any]:
        made = replace(plain_tariff("SHOP"), version=version, blocks=(Block(rate_minor * 1_000_000),))
        body = canonical_bytes(made.to_json()).decode()
        return tariff_row("SHOP", version=version, body=body, sha256=tariff_sha256(made))

    first, second = row(100, 1), row(50, 2)
    drn = till.shop.add_meter(41, tariff_code="SHOP")
    quoting = till.shop.checkout
    asked = SaleRequest(sale_id=uuid4(), drn=drn, money_minor=1_000)
    pull(till, tariffs=[rows(first)])
    assert quoting.trial_vend(asked, till.shop.cashier).item.units_milli == 10_000

    pull(till, tariffs=[rows(second, deleted=[first["id"]])])

    assert till.all("SELECT version FROM tariff WHERE code = 'SHOP'") == [(2,)]
    assert quoting.trial_vend(asked, till.shop.cashier).item.units_milli == 20_000
