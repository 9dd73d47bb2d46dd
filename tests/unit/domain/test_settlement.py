from hypothesis import given
from hypothesis import strategies as st

from pos.domain.settlement import (
    Mark,
    OurPayment,
    StatementForm,
    StatementRow,
    read_statement,
    settle,
)

FORM = StatementForm(
    {
        "date": "Date",
        "reference": "External Id",
        "provider_reference": "Id",
        "amount": "Amount",
        "fee": "Fee",
        "currency": "Currency",
    },
    "RWF",
)


def ours(reference: str, amount_minor: int = 5000, **changes: object) -> OurPayment:
    values: dict[str, object] = {"provider_reference": "", "currency": "RWF"}
    return OurPayment(f"id-{reference}", reference, amount_minor=amount_minor, **{**values, **changes})  # type: ignore[arg-type]


def row(
    reference: str, amount_minor: int = 5000, provider_reference: str = "", fee_minor: int = 0
) -> StatementRow:
    return StatementRow(2, "2026-11-20", reference, provider_reference, amount_minor, fee_minor, "RWF")


def test_read_statement_takes_the_columns_that_the_form_names() -> None:
    text = (
        "Date;Id;External Id;Amount;Fee;Currency;Other\n"
        "2026-11-20;361;ref-1;5,000;75;RWF;x\n"
        "2026-11-20;362;ref-2;(1 200);;;\n"
    )

    statement = read_statement(text, FORM)

    assert statement.errors == ()
    assert [(one.reference, one.amount_minor, one.fee_minor, one.currency) for one in statement.rows] == [
        ("ref-1", 5000, 75, "RWF"),
        ("ref-2", -1200, 0, "RWF"),
    ]


def test_read_statement_with_a_comma_before_the_decimals() -> None:
    form = StatementForm({"reference": "ref", "amount": "montant"}, "EUR", Mark.COMMA)

    statement = read_statement("ref;montant\na;1.234,50\nb;-12,5\n", form)

    assert [one.amount_minor for one in statement.rows] == [123_450, -1250]


def test_read_statement_names_each_row_it_cannot_use() -> None:
    text = "External Id,Id,Amount,Currency\n,,5000,RWF\nref-2,,abc,RWF\nref-3,,50,QQQ\nref-4,,,RWF\n"

    statement = read_statement(text, FORM)

    assert statement.rows == ()
    assert sorted((error.line, error.error_code) for error in statement.errors) == [
        (2, "statement.reference"),
        (3, "statement.amount"),
        (4, "statement.currency"),
        (5, "csv.blank"),
    ]


def test_read_statement_without_its_amount_column_reads_nothing() -> None:
    statement = read_statement("External Id\nref-1\n", FORM)

    assert [error.error_code for error in statement.errors] == ["csv.column_missing"]


def test_settle_matches_by_our_reference_then_by_theirs() -> None:
    first, second = ours("ref-1"), ours("ref-2", provider_reference="361")

    settlement = settle([first, second], [row("", provider_reference="361"), row("ref-1")])

    assert [pair.ours for pair in settlement.matched] == [second, first]
    assert settlement.is_clean


def test_settle_lists_what_differs_and_what_one_side_lacks() -> None:
    short, fee, lost = ours("ref-1"), ours("ref-2", fee_minor=75), ours("ref-3")

    settlement = settle([short, fee, lost], [row("ref-1", 4999), row("ref-2", fee_minor=80), row("ref-9")])

    assert [pair.ours for pair in settlement.differing] == [short, fee]
    assert [one.reference for one in settlement.only_theirs] == ["ref-9"]
    assert settlement.only_ours == (lost,)
    assert not settlement.is_clean


def test_settle_tells_a_payment_from_its_refund_and_shows_a_row_that_stands_twice() -> None:
    paid, refunded = ours("ref-1"), ours("ref-1", -5000)

    settlement = settle([refunded, paid], [row("ref-1"), row("ref-1", -5000), row("ref-1")])

    assert [pair.ours for pair in settlement.matched] == [paid, refunded]
    assert len(settlement.only_theirs) == 1


names = st.sampled_from(["a", "b", "c", ""])
amounts = st.sampled_from([100, 200, -100])


@given(st.lists(st.tuples(names, names, amounts)), st.lists(st.tuples(names, names, amounts)))
def test_settle_puts_every_payment_and_every_row_in_one_list(
    left: list[tuple[str, str, int]], right: list[tuple[str, str, int]]
) -> None:
    payments = [
        OurPayment(str(n), reference, theirs, amount, "RWF")
        for n, (reference, theirs, amount) in enumerate(left)
    ]
    rows = [
        StatementRow(n, "", reference, theirs, amount, 0, "RWF")
        for n, (reference, theirs, amount) in enumerate(right)
    ]

    settlement = settle(payments, rows)

    pairs = (*settlement.matched, *settlement.differing)
    assert sorted(p.payment_id for p in (*settlement.only_ours, *(pair.ours for pair in pairs))) == sorted(
        payment.payment_id for payment in payments
    )
    assert sorted(r.line for r in (*settlement.only_theirs, *(pair.theirs for pair in pairs))) == list(
        range(len(rows))
    )
    assert all(pair.is_equal for pair in settlement.matched)
    assert not any(pair.is_equal for pair in settlement.differing)
