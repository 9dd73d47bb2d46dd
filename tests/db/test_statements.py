"""Statements against the books, and fees by version."""

from datetime import timedelta
from pathlib import Path

import pytest

from pos.domain.fees import FeePayer, FeeRule
from pos.domain.permissions import Actor, Role
from pos.domain.settlement import StatementForm
from pos.domain.states import SaleState
from pos.errors import KilotillError, MachineFault, UserError
from pos.services.statements import FILE_BYTES_MAX, Statements, statement_text
from tests.factories.payments import Counter, asked, cash, make_counter, momo

FORM = StatementForm({"reference": "ours", "amount": "amount"}, "RWF")


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    made = make_counter(tmp_path)
    made.shop.set_rules(duplicate_limit_minor=10**9)
    return made


@pytest.fixture
def drn(counter: Counter) -> str:
    return counter.shop.add_meter(1)


def statements(counter: Counter) -> Statements:
    shop = counter.shop
    return Statements(shop.units, shop.book, counter.desk, clock=shop.clock, currency="RWF")


def administrator(counter: Counter) -> Actor:
    return Actor(counter.shop.supervisor.id, 3, "Claire", Role.ADMINISTRATOR)


def code_of(error: pytest.ExceptionInfo[KilotillError]) -> str:
    return error.value.code


def test_statement_when_read_lists_what_agrees_differs_and_is_missing(counter: Counter, drn: str) -> None:
    views = [counter.begin(drn, money_minor=money) for money in (5000, 6000, 7000)]
    counter.run()
    first, second, _ = (view.parts[0].reference for view in views)
    text = f"ours,amount\n{first},5000\n{second},6001\nnobody,70\n"
    read = statements(counter).read(counter.shop.supervisor, "momo", name="a.csv", text=text, form=FORM)

    found = read.settlement
    assert [pair.theirs.reference for pair in found.matched] == [first]
    assert [(pair.ours.amount_minor, pair.theirs.amount_minor) for pair in found.differing] == [(6000, 6001)]
    assert [row.amount_minor for row in found.only_theirs] == [70]
    assert [one.amount_minor for one in found.only_ours] == [7000]
    entries = statements(counter).entries(counter.shop.supervisor, read.key)
    assert [(one.line, one.verdict) for one in entries] == [
        (0, "only_ours"),
        (2, "matched"),
        (3, "differing"),
        (4, "only_theirs"),
    ]
    again = statements(counter).read(counter.shop.supervisor, "momo", name="a.csv", text=text, form=FORM)
    assert (again.key, again.is_repeat) == (read.key, True)
    assert len(statements(counter).entries(counter.shop.supervisor, read.key, verdict="matched")) == 1


def test_statement_when_it_names_an_open_payment_may_settle_it(counter: Counter, drn: str) -> None:
    counter.momo.is_instant = False
    paid, other = counter.begin(drn, money_minor=5000), counter.begin(drn, money_minor=6000)
    text = f"ours,amount\n{paid.parts[0].reference},5000\n{other.parts[0].reference},5999\n"
    desk = statements(counter)
    read = desk.read(counter.shop.supervisor, "momo", name="a.csv", text=text, form=FORM)
    settled = desk.resolve_open(counter.shop.supervisor, read)

    assert settled == [paid.parts[0].id]
    assert counter.desk.look(paid.sale_id).state is SaleState.DELIVERED
    # Another amount than was asked for proves nothing.
    assert counter.desk.look(other.sale_id).state is SaleState.AWAITING_PAYMENT
    counter.check_books()


def test_statement_when_no_row_can_be_read_is_refused(counter: Counter) -> None:
    with pytest.raises(KilotillError) as caught:
        statements(counter).read(
            counter.shop.supervisor, "momo", name="a.csv", text="ours,amount\nx,abc\n", form=FORM
        )
    assert code_of(caught) == "statement.empty"
    with pytest.raises(KilotillError) as caught:
        statements(counter).read(counter.shop.cashier, "momo", name="a.csv", text="", form=FORM)
    assert code_of(caught) == "permission.denied"


def test_provider_account_when_paid_out_and_corrected_stays_balanced(counter: Counter, drn: str) -> None:
    counter.begin(drn)
    counter.run()
    desk, person = statements(counter), counter.shop.supervisor
    desk.pay_out(person, "momo", 4000, reference="bank 7", reason="daily pay-out")
    desk.correct(person, "momo", -100, reference="statement 1", reason="fee kept back")

    assert counter.shop.balance("provider:momo") == 900
    assert counter.shop.balance("bank") != 0
    for act in (desk.pay_out, desk.correct):
        with pytest.raises(KilotillError) as caught:
            act(person, "momo", 0, reference="", reason="")
        assert code_of(caught) == "float.amount"
    counter.check_books()


def rule(counter: Counter, **changes: object) -> FeeRule:
    values: dict[str, object] = {
        "code": "fee_momo",
        "version": 1,
        "provider": "momo",
        "currency": "RWF",
        "valid_from": counter.shop.clock.now(),
        "percent_ppm": 20_000,
        "least_minor": 50,
        "most_minor": 200,
    }
    return FeeRule(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(("money_minor", "fee_minor"), [(1000, 50), (5000, 100), (20_000, 200)])
def test_fee_when_a_rule_holds_is_a_line_inside_the_money(
    counter: Counter, drn: str, money_minor: int, fee_minor: int
) -> None:
    counter.fees.add(administrator(counter), rule(counter))
    view = counter.begin(drn, money_minor=money_minor)
    counter.run()

    result = counter.desk.look(view.sale_id).result
    assert result is not None
    lines = {line["kind"]: line["amount_minor"] for line in result.item["lines"]}
    assert lines["fee"] == fee_minor
    assert sum(line["amount_minor"] for line in result.item["lines"]) == money_minor
    assert counter.shop.balance("income:fee") == -fee_minor
    assert counter.shop.balance("provider:momo") == money_minor
    counter.check_books()


def test_fee_when_sold_by_units_comes_on_top(counter: Counter, drn: str) -> None:
    counter.fees.add(administrator(counter), rule(counter, least_minor=0, most_minor=None))
    request = asked(drn, money_minor=None, units_milli=20_000)
    quote = counter.desk.trial(request, (momo(),), counter.shop.cashier)
    view = counter.desk.begin(request, (momo(),), counter.shop.cashier)
    counter.run()

    # 1780 for 20 units, and 2 % of all of it.
    assert quote.item.money_minor == view.money_minor == 1816
    assert counter.desk.look(view.sale_id).parts[0].fee_minor == 36
    counter.check_books()


def test_fee_when_the_part_is_refused_goes_with_it(counter: Counter, drn: str) -> None:
    from pos.domain.payment_reports import Outcome

    counter.fees.add(administrator(counter), rule(counter))
    counter.momo.fate = Outcome.FAILED
    view = counter.begin(drn, cash(1000), momo(), money_minor=5000)
    counter.run()
    done = counter.desk.pay_rest(view.sale_id, (cash(),), counter.shop.cashier)

    assert done.result is not None
    assert [line for line in done.result.item["lines"] if line["kind"] == "fee"] == []
    assert done.result.sale["money_minor"] == 5000
    counter.check_books()


def test_fee_when_the_shop_bears_it_or_it_begins_later_is_no_line(counter: Counter, drn: str) -> None:
    counter.fees.add(administrator(counter), rule(counter, payer=FeePayer.SHOP))
    later = counter.shop.clock.now() + timedelta(days=1)
    stored = counter.fees.add(administrator(counter), rule(counter, valid_from=later))
    assert stored.version == 2
    request = asked(drn)
    assert counter.desk.trial(request, (momo(),), counter.shop.cashier).item.lines[0].kind == "energy"
    with pytest.raises(KilotillError) as caught:
        counter.fees.add(administrator(counter), rule(counter))
    assert code_of(caught) == "fee_rule.older"
    with pytest.raises(KilotillError) as caught:
        counter.fees.add(counter.shop.cashier, rule(counter))
    assert code_of(caught) == "permission.denied"
    assert [one.version for one in counter.fees.versions(administrator(counter))] == [1, 2]


def test_fee_when_head_office_has_rules_they_replace_the_shops_own(counter: Counter, drn: str) -> None:
    counter.fees.add(administrator(counter), rule(counter))
    body = (
        '{"fixed_minor":30,"id":"x","is_active":true,"ppm":0,"tender":"momo","valid_from":'
        '"2026-01-01T00:00:00.000Z","version":4}'
    )
    with counter.shop.units.write() as unit:
        unit.connection.exec_driver_sql(
            "INSERT INTO office_record (resource, id, body, round) VALUES ('fee_rules', 'x', ?, 1)", (body,)
        )
    quote = counter.desk.trial(asked(drn), (momo(),), counter.shop.cashier)

    assert [line.amount_minor for line in quote.item.lines if line.kind == "fee"] == [30]


def test_fee_when_it_takes_almost_everything_never_settles(counter: Counter, drn: str) -> None:
    counter.fees.add(administrator(counter), rule(counter, percent_ppm=999_999, most_minor=None))
    request = asked(drn, money_minor=None, units_milli=20_000)
    with pytest.raises(KilotillError) as caught:
        counter.desk.trial(request, (momo(),), counter.shop.cashier)
    assert code_of(caught) == "fee_rule.endless"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_statement_file_when_of_any_unicode_is_read_alike(tmp_path: Path, encoding: str) -> None:
    file, text = tmp_path / "a.csv", "ours;amount;payer\nr1;5000;Ren\u00e9\n"
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    file.write_bytes((mark + text).encode(encoding))

    assert statement_text(file) == text


def test_statement_file_when_in_an_older_encoding_keeps_what_counts(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes("ours,amount,payer\nr1,5000,Ren\u00e9\n".encode("latin-1"))

    assert statement_text(file) == "ours,amount,payer\nr1,5000,Ren\ufffd\n"


def test_statement_file_when_too_large_is_refused_and_at_the_bound_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"x" * FILE_BYTES_MAX)
    assert len(statement_text(file)) == FILE_BYTES_MAX

    file.write_bytes(b"x" * (FILE_BYTES_MAX + 1))
    with pytest.raises(UserError) as caught:
        statement_text(file)
    assert code_of(caught) == "statement.too_large"


def test_statement_file_when_it_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(MachineFault) as caught:
        statement_text(tmp_path)
    assert code_of(caught) == "disk.read"
