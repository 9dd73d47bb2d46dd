"""What a receipt says: the money adds up, every line explains itself, and tokens stand in order."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pos.i18n.catalogue import LANGUAGES
from pos.printing.document import CopyMark, Document, Qr, Row, Text, Token
from pos.printing.fiscal import (
    FiscalSigner,
    FiscalStamp,
    FiscalState,
    LaterFiscalSigner,
    NoFiscalSigner,
    fiscal_blocks,
)
from pos.printing.layout import plain_text
from pos.printing.receipt import copy_document, marked_copy, payment_received_slip, receipt_document
from tests.factories.papers import (
    COUNTER,
    SIGNED,
    basket_sale,
    context,
    key_change_sale,
    papers,
    receipts,
    sale,
    water_sale,
    wording,
)


def rows(document: Document) -> list[tuple[str, str]]:
    return [(block.left, block.right) for block in document.blocks if isinstance(block, Row)]


def texts(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Text)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("make", [sale, key_change_sale, basket_sale, water_sale])
def test_price_lines_when_printed_add_up_to_what_was_paid(make: Any, language: str) -> None:
    facts = make()
    made = context(language, wording=wording(language, facts["currency"]))
    say = made.wording

    document = receipt_document(facts, made)

    found = rows(document)
    start = next(n for n, row in enumerate(found) if row[0] == say.say("YOU PAID"))
    end = next(n for n, row in enumerate(found) if row[0] == say.say("Together"))
    printed = [int(re.sub(r"[^0-9-]", "", right)) for _, right in found[start + 1 : end] if right]
    assert sum(printed) == facts["money_minor"]
    assert found[start][1] == say.money(facts["money_minor"])
    assert found[end][1] == say.amount(facts["money_minor"])


def test_taxes_when_printed_are_one_row_and_the_tax_table_agrees() -> None:
    found = dict(rows(receipts("en")["token"]))

    assert found["VAT 18\u00a0%"] == "2,251"
    assert found["VAT 18\u00a0% on 12,539"] == "2,251"
    assert found["Not taxed"] == "3,710"


def test_key_change_when_printed_comes_before_the_units_each_with_its_place() -> None:
    document = receipts("en")["key_change"]

    assert [block.digits for block in document.blocks if isinstance(block, Token)] == [
        "04186638447109572286",
        "55108073992413657048",
        "60279915338471602953",
    ]
    places = [row for row in rows(document) if re.fullmatch(r"\d of 3", row[0])]
    assert places == [
        ("1 of 3", "New key, part 1"),
        ("2 of 3", "New key, part 2"),
        ("3 of 3", "The units, 52.5\u00a0kWh"),
    ]
    assert "First type any older token that you have not used yet." in texts(document)
    assert not any(isinstance(block, Qr) for block in document.blocks)


def test_why_when_printed_explains_debt_charge_tax_and_blocks() -> None:
    found = texts(receipts("en")["token"])
    start = found.index("WHY 52.5\u00a0kWh?")

    assert found[start + 1 : start + 5] == [
        "3,700 paid old debt. You still owe 8,700.",
        "500: Service charge, paid once a month.",
        "2,287 is tax and levy.",
        "12,003 bought units. In each month the first 20 units cost 89, the next 30 cost 310, all others "
        "369. On 1 December the 89 price starts again.",
    ]


def test_prices_when_the_tariff_is_not_at_hand_are_left_out() -> None:
    document = receipt_document(sale(), context(meters={}))

    assert "12,003 bought units." in texts(document)
    assert ("VAT", "2,251") in rows(document)
    assert ("Old debt", "3,700") in rows(document)


def test_december_when_explained_names_january() -> None:
    made = context(counter=replace(COUNTER, at=datetime(2026, 12, 31, 21, 59, tzinfo=UTC)))

    assert "On 1 January the 89 price starts again." in plain_text(receipt_document(sale(), made), 200)


def test_units_when_free_and_carried_add_up_in_the_token() -> None:
    found = dict(rows(receipts("en")["water"]))

    assert [found[label] for label in ("Bought", "Free this month", "Kept from last time")] == [
        "18.317\u00a0m³",
        "5.000\u00a0m³",
        "0.063\u00a0m³",
    ]
    assert (found["In the token"], found["Kept for next time"]) == ("23.300\u00a0m³", "0.080\u00a0m³")
    assert found["18.317\u00a0m³\u00a0x\u00a053.5 with tax"] == "844.80"


def test_basket_when_printed_names_each_part_and_each_tender() -> None:
    found = dict(rows(receipts("en")["basket"]))

    assert found["0142\u00a01002\u00a0369"] == ""
    assert (found["Old debt"], found["Led bulb 9w"], found["Discount"]) == ("4,000", "4,407", "-200")
    assert (found["MTN MoMo"], found["Cash received"], found["Change"]) == ("6,000", "5,000", "2,000")
    assert found["Buyer's TIN"] == "123456789"


def test_copy_when_made_says_so_first_and_has_the_same_token_without_the_lines() -> None:
    later = replace(COUNTER, till_code="K3", at=datetime(2026, 11, 19, 7, 5, tzinfo=UTC))

    document = copy_document(sale(), context(), 2, at=later)

    assert document.blocks[0] == CopyMark("COPY 2")
    assert Token("28471093552674108839") in document.blocks
    assert "Old debt" not in plain_text(document)
    assert "Copied 19 Nov 2026 09:05, till K3" in plain_text(document)


def test_any_paper_when_marked_as_a_copy_is_otherwise_the_same() -> None:
    original = papers("en")["z_report"]

    marked = marked_copy(original, 3, wording())

    assert marked.blocks == (CopyMark("COPY 3"), *original.blocks)


def test_payment_received_when_printed_has_no_number_and_no_token() -> None:
    quote = sale()
    del quote["receipt_number"]
    document = payment_received_slip(quote, context())

    text = plain_text(document)
    assert "This is not a receipt." in text
    assert "K2-004413" not in text
    assert not any(isinstance(block, Token) for block in document.blocks)
    assert ("Reference", "00000000a413") in rows(document)


def test_customer_when_erased_leaves_the_meter_alone() -> None:
    text = plain_text(receipt_document(sale(), context(customer=None)))

    assert "MUKAMANA" not in text
    assert "0142 0998 716" in text


def test_signers_when_asked_never_wait() -> None:
    signers: list[FiscalSigner] = [NoFiscalSigner(), LaterFiscalSigner({"K2-000001": SIGNED})]

    stamps = [signer.stamp(number) for signer in signers for number in ("K2-000001", "K2-000002")]

    none, pending = FiscalStamp(FiscalState.NONE), FiscalStamp(FiscalState.PENDING)
    assert stamps == [none, none, SIGNED, pending]


def test_stamp_when_printed_says_what_the_paper_is() -> None:
    say = wording()

    assert [type(block) for block in fiscal_blocks(FiscalStamp(FiscalState.NONE), say)] == [Text]
    assert fiscal_blocks(FiscalStamp(FiscalState.PENDING), say) == [Row("Fiscal number", "pending")]
    signed = fiscal_blocks(SIGNED, say)
    assert signed[0] == Row("Fiscal number", "SDC004/117/1204")
    assert signed[-1] == Qr("https://tax.example/117")
    assert fiscal_blocks(FiscalStamp(FiscalState.SIGNED, "1"), say) == [Row("Fiscal number", "1")]
