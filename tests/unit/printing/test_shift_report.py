"""X and Z: what they say, and what an X must not say."""

from dataclasses import replace

from pos.domain.tariff import Service
from pos.printing.document import Row, Signatures, TableRow, Text
from pos.printing.layout import plain_text
from pos.printing.shift_report import ProofFigures, shift_report
from pos.printing.shift_words import movement_name, sales_name
from tests.factories.papers import shift_figures, wording


def test_z_when_made_has_unresolved_payments_difference_unsent_and_head() -> None:
    document = shift_report(shift_figures(wording()), wording())

    assert document.kind == "z_report"
    assert TableRow(("All sales", "98", "510,400"), is_bold=True) in document.blocks
    assert Text("NOT FINAL, HANDED TO SHIFT 119", is_bold=True) in document.blocks
    assert Row("Not in any sum above", "8,500", is_bold=True) in document.blocks
    assert Row("Difference, limit 1,000", "-500", is_bold=True) in document.blocks
    assert Row("Not sent yet", "5, 3\u00a0min") in document.blocks
    assert Text("Seal 7c1f 09ab 44e2 b0d3 51c8 0e97 6a2d f310") in document.blocks
    assert isinstance(document.blocks[-2], Signatures)


def test_x_when_made_shows_no_drawer_and_closes_nothing() -> None:
    document = shift_report(shift_figures(wording(), number=""), wording())

    text = plain_text(document)
    assert document.kind == "x_report"
    assert "Nothing is closed by this paper." in text
    assert "Expected" not in text
    assert "CASH IN THE DRAWER" not in text


def test_z_when_the_shift_sold_nothing_has_a_dash_for_its_receipts() -> None:
    figures = replace(
        shift_figures(wording()),
        sales=(),
        tenders=(),
        voided=None,
        reprints=0,
        unresolved=(),
        drawer=None,
        envelope=None,
        proof=ProofFigures("", "", 12, "ab" * 32, 0, flagged=2),
    )

    document = shift_report(figures, wording())

    assert Row("Receipts, no gap", "-", short="Receipts") in document.blocks
    assert Row("Not sent yet", "0") in document.blocks
    assert Row("Flagged by the office", "2") in document.blocks


def test_words_when_asked_for_are_those_of_the_language() -> None:
    assert sales_name("token", wording("fr")) == "Électricité"
    assert sales_name("token", wording("fr"), service=Service.WATER) == "Eau"
    assert sales_name("lottery", wording()) == "lottery"
    assert movement_name("safe_drop", wording(), detail="bag 7") == "Safe drop, bag 7"
    assert movement_name("no_sale_open", wording("sw")) == "Bila mauzo"
