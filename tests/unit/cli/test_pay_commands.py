"""`kilotill pay` and tenders of `sell`, against a sandbox that outlives a command."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos.gateways.sandbox import Sandbox
from pos.gateways.sandbox.scenarios import Order, named_scenario
from tests.unit.cli.conftest import ADMINISTRATOR, CASHIER, SELLER, SUPERVISOR, Kilotill

PAYS, REFUSES, NEVER = "+250788123488", "+250788123402", "+250788123416"
AIRTEL_PAYS = "+250738123488"
SUPERVISES = ("--operator", "Bosco", "--pin-stdin")
ADMINISTERS = ("--operator", "Claire", "--pin-stdin")


@pytest.fixture(autouse=True)
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    running = Sandbox(seed=7).start()
    monkeypatch.setenv("KILOTILL_SANDBOX_URL", running.base_url)
    yield running
    running.stop()


@pytest.fixture
def counter(demo: Kilotill) -> Kilotill:
    demo.shift()
    return demo


def test_sell_when_paid_by_phone_and_waited_for_gives_the_token(counter: Kilotill, drns: list[str]) -> None:
    sold = counter.sell(drns[0], "--amount", "5000", "--tender", f"momo:{PAYS}", "--wait")

    assert (len(sold["token"]), sold["is_repeat"]) == (20, False)
    assert [(one["tender"], one["state"], one["phone_last3"]) for one in sold["payments"]] == [
        ("momo", "succeeded", "488")
    ]
    assert counter.answer("pay", "list")["sales"] == []
    assert counter.answer("resume")["items"] == []
    assert counter.answer("verify")["clean"]


def test_sell_when_split_and_a_part_is_refused_asks_for_the_rest(counter: Kilotill, drns: list[str]) -> None:
    parts = ("--tender", "cash:2000:5000", "--tender", f"momo:{REFUSES}")
    left = counter.sell(drns[0], "--amount", "5000", *parts, "--wait", code=3)
    assert (left["state"], left["paid_minor"], left["rest_minor"]) == ("awaiting_payment", 2000, 3000)

    done = counter.answer("pay", "rest", left["sale_id"], "--tender", "cash", *SELLER, pins=CASHIER)

    assert (done["state"], done["paid_minor"]) == ("delivered", 5000)
    assert (len(done["sale"]["token"]), done["sale"]["change_minor"]) == (20, 3000)
    assert counter.answer("verify")["clean"]


def test_sell_when_nothing_is_paid_ends_with_1_and_says_why_and_what_next(
    counter: Kilotill, drns: list[str]
) -> None:
    sold = counter(
        "sell",
        "--meter",
        drns[0],
        "--amount",
        "5000",
        "--tender",
        f"momo:{REFUSES}",
        "--wait",
        *SELLER,
        pins=CASHIER,
    )

    assert sold.exit_code == 1
    assert sold.stderr.splitlines()[-2:] == [
        "Not paid: The payer refused.",
        "Nothing was taken. Sell again to ask again.",
    ]


def test_requery_when_the_payment_has_come_writes_its_token(counter: Kilotill, drns: list[str]) -> None:
    begun = counter(
        "sell", "--meter", drns[0], "--amount", "5000", "--tender", f"momo:{PAYS}", *SELLER, pins=CASHIER
    )
    assert begun.exit_code == 0
    hint = begun.stderr.splitlines()[-1]
    assert hint.startswith("Next: kilotill pay requery ") and hint.endswith(" --wait")
    (listed,) = counter.answer("pay", "list")["sales"]

    done = counter("pay", "requery", listed["sale_id"], "--wait", *SELLER, pins=CASHIER)

    assert done.exit_code == 0
    assert "\nToken: " in done.stdout
    assert counter.answer("verify")["clean"]


def test_pay_when_a_payment_is_under_way_lists_shows_and_resolves_it(
    counter: Kilotill, drns: list[str]
) -> None:
    begun = counter.sell(drns[0], "--amount", "5000", "--tender", f"momo:{NEVER}")
    (payment,) = begun["payments"]
    assert (begun["state"], payment["state"]) == ("awaiting_payment", "sent")
    (listed,) = counter.answer("pay", "list")["sales"]
    assert (listed["sale_id"], listed["owner"]) == (begun["sale_id"], "Aline")
    asked = counter.answer("pay", "requery", payment["reference"], *SELLER, pins=CASHIER)
    assert asked["payments"][0]["state"] == "sent"
    shown = counter.answer("pay", "status", payment["payment_id"], "--raw")
    assert "request to pay" in {one["call"] for one in shown["answers"]} or shown["answers"]
    assert NEVER.removeprefix("+") not in str(shown)

    assert "permission.approval_needed" in counter.refused(
        "pay", "resolve", begun["sale_id"], "--paid", "--reason", "slip 4", *SELLER, pins=CASHIER
    )
    done = counter.answer(
        "pay",
        "resolve",
        begun["sale_id"],
        "--paid",
        "--reason",
        "slip 4",
        *SELLER,
        "--approved-by",
        "Bosco",
        pins=f"{CASHIER} {SUPERVISOR}",
    )

    assert done["state"] == "delivered"
    assert len(done["sale"]["token"]) == 20
    assert counter.answer("resume")["items"] == []
    assert "payment.unknown" in counter.refused("pay", "status", "nobody's")
    assert counter.answer("verify")["clean"]


def test_pay_when_a_sale_is_given_up_refunds_each_part(counter: Kilotill, drns: list[str]) -> None:
    left = counter.sell(
        drns[0],
        *("--amount", "5000", "--tender", f"momo:{PAYS}:3000", "--tender", f"airtel:+2507381234{'02'}"),
        "--wait",
        code=3,
    )
    assert left["paid_minor"] == 3000
    back = counter.answer("pay", "refund", left["sale_id"], "--reason", "left", *SUPERVISES, pins=SUPERVISOR)
    assert back["payments"][0]["state"] in ("refund_pending", "refunded")

    done = counter.answer("pay", "requery", left["sale_id"], "--wait", *SELLER, pins=CASHIER)

    assert done["payments"][0]["state"] == "refunded"
    assert done["state"] == "refunded"
    assert counter.answer("verify")["clean"]


def test_pay_when_a_provider_does_not_tell_of_a_refund_a_person_says_what_became_of_it(
    counter: Kilotill, drns: list[str], sandbox: Sandbox
) -> None:
    left = counter.sell(
        drns[0],
        *("--amount", "5000", "--tender", f"airtel:{AIRTEL_PAYS}:3000", "--tender", f"momo:{REFUSES}"),
        "--wait",
        code=3,
    )
    lost = named_scenario("2")
    assert lost is not None
    sandbox.core.orders.add(Order(lost, provider="airtel"))
    back = counter.answer("pay", "refund", left["sale_id"], "--reason", "left", *SUPERVISES, pins=SUPERVISOR)
    assert back["payments"][0]["state"] == "refund_pending"
    says = ("pay", "resolve", left["sale_id"], "--reason", "slip 7", *SUPERVISES)
    assert "refund.under_way" in counter.refused(*says, "--paid", pins=SUPERVISOR)

    again = counter.answer(*says, "--not-given-back", pins=SUPERVISOR)
    assert (again["state"], again["payments"][0]["state"]) == ("refund_due", "succeeded")
    assert counter.answer("verify")["clean"]


def test_pay_when_a_statement_is_read_lists_what_differs(
    counter: Kilotill, drns: list[str], tmp_path: Path
) -> None:
    sold = counter.sell(drns[0], "--amount", "5000", "--tender", f"momo:{PAYS}", "--wait")
    reference = sold["payments"][0]["reference"]
    file = tmp_path / "momo.csv"
    columns = ("--reference", "external id", "--amount", "amount")
    file.write_text(f"external id,amount\n{reference},5000\nother,700\n", encoding="utf-8")

    result = counter("pay", "settle", str(file), "--tender", "momo", *columns, *SUPERVISES, pins=SUPERVISOR)

    assert result.exit_code == 1
    assert result.stdout.splitlines() == ["1 payments agree.", "line 3: 700 is not in the books (other)"]


def test_settle_when_the_file_is_of_another_encoding_is_read_all_the_same(
    counter: Kilotill, drns: list[str], tmp_path: Path
) -> None:
    sold = counter.sell(drns[0], "--amount", "5000", "--tender", f"momo:{PAYS}", "--wait")
    reference = sold["payments"][0]["reference"]
    file = tmp_path / "statement.csv"
    file.write_bytes(f"ref,amount,payer\n{reference},5000,Ren\xe9\n".encode("latin-1"))

    result = counter(
        "pay", "settle", str(file), "--tender", "momo", "--reference", "ref", "--amount", "amount",
        *SUPERVISES, pins=SUPERVISOR,
    )  # fmt: skip

    assert (result.exit_code, result.stdout) == (0, "1 payments agree.\n")


def test_pay_when_a_fee_is_set_is_a_line_of_the_sale(counter: Kilotill, drns: list[str]) -> None:
    counter("pay", "fee", "momo", "--percent", "2", "--least", "50", *ADMINISTERS, pins=ADMINISTRATOR)

    sold = counter.sell(drns[0], "--amount", "5000", "--tender", f"momo:{PAYS}", "--wait")

    assert [line["amount_minor"] for line in sold["lines"] if line["kind"] == "fee"] == [100]
    assert sum(line["amount_minor"] for line in sold["lines"]) == 5000
    assert sold["payments"][0]["fee_minor"] == 100
    assert counter.answer("verify")["clean"]


@pytest.mark.parametrize(
    "wrong", [("nothing", "--percent", "1"), ("momo", "--percent", "abc"), ("momo", "--fixed", "1.5")]
)
def test_fee_when_its_values_are_wrong_is_wrong_use(counter: Kilotill, wrong: tuple[str, ...]) -> None:
    assert counter("pay", "fee", *wrong, *ADMINISTERS, pins=ADMINISTRATOR).exit_code == 2


def test_pay_when_providers_are_shown_tells_balance_and_age(counter: Kilotill) -> None:
    found = counter.answer("pay", "providers", "--refresh", *ADMINISTERS, pins=ADMINISTRATOR)["providers"]

    by_code = {one["provider"]: one for one in found}
    assert by_code["mtn_momo"]["offered"]
    assert by_code["airtel_money"]["balance_minor"] is not None
    # The shop sells in a currency Paystack has no accounts in.
    assert not by_code["paystack"]["ready"]
    assert "…" in by_code["mtn_momo"]["credentials"]["api_key"]


def test_pay_when_credentials_are_typed_keeps_them_out_of_the_journal(counter: Kilotill) -> None:
    result = counter(
        "pay",
        "credentials",
        "airtel_money",
        *ADMINISTERS,
        pins=f"{ADMINISTRATOR} client-0001 secret-000000002",
    )

    assert result.exit_code == 0, result.stderr
    assert "secret-000000002" not in result.stdout
    assert b"secret-000000002" not in (counter.folder / "till.sqlite").read_bytes()


@pytest.mark.parametrize(
    "tender", ["momo:12", "momo:+250788123456:1:2", "cash:1:2:3", "momo:+250788123456:x"]
)
def test_sell_when_a_tender_is_no_tender_is_used_wrongly(
    counter: Kilotill, drns: list[str], tender: str
) -> None:
    result = counter(
        "sell",
        *("--meter", drns[0], "--amount", "5000", "--tender", tender, "--tender", "cash"),
        *SELLER,
        pins=CASHIER,
    )

    assert result.exit_code == 2
