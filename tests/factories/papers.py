"""Papers of a shop in Kigali: sales as the journal has them, and the context a receipt needs."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pos.domain.tariff import (
    ArrearsKind,
    ArrearsRule,
    Block,
    Charge,
    Levy,
    Period,
    Service,
    Tariff,
    Tax,
    Taxed,
)
from pos.i18n.catalogue import catalogue
from pos.i18n.wording import Wording
from pos.printing.document import Document
from pos.printing.fiscal import FiscalStamp, FiscalState
from pos.printing.parties import Counter, CustomerSnapshot, MeterFacts, Seller
from pos.printing.receipt import ReceiptContext, copy_document, payment_received_slip, receipt_document
from pos.printing.shift_report import (
    DrawerFigures,
    EnvelopeFigures,
    ProofFigures,
    ShiftFigures,
    Tally,
    Unresolved,
    shift_report,
)
from pos.printing.shift_words import movement_name, sales_name, voided_name
from pos.printing.slips import (
    CreditNote,
    Deposit,
    FaultReport,
    Statement,
    StatementLine,
    credit_note,
    deposit_slip,
    fault_report,
    supplier_statement,
)

KIGALI = ZoneInfo("Africa/Kigali")
SOLD_AT = datetime(2026, 11, 17, 12, 33, 4, tzinfo=UTC)

SELLER = Seller(
    name="KIMIRONKO ENERGY SHOP",
    address="KG 11 Ave, Kimironko, Kigali",
    tin="000000000",
    thanks="Murakoze! Thank you.",
    names={"momo": "MTN MoMo", "airtel": "Airtel Money"},
)
COUNTER = Counter("K2", "Aline Uwase", SOLD_AT, "118")
CUSTOMER = CustomerSnapshot("MUKAMANA Claudine", "Kimironko, Bibare, KG 17 Ave, house 14")

TARIFF = Tariff(
    code="T1",
    version=3,
    valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    service=Service.ELECTRICITY,
    currency="RWF",
    blocks=(Block(89_000_000, 20_000), Block(310_000_000, 50_000), Block(369_000_000)),
    charges=(Charge("service", 500, Period.MONTH),),
    levies=(Levy("regulator", ppm=3_000),),
    taxes=(Tax("vat", 180_000, frozenset({Taxed.ENERGY, Taxed.CHARGE, Taxed.LEVY})),),
    arrears=ArrearsRule(ArrearsKind.PERCENT, ppm=200_000),
)
WATER_TARIFF = Tariff(
    code="W2",
    version=1,
    valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    service=Service.WATER,
    currency="KES",
    blocks=(Block(5_350_000_000),),
    taxes=(Tax("vat", 160_000, frozenset({Taxed.ENERGY}), is_inclusive=True),),
)


def wording(language: str = "en", currency: str = "RWF") -> Wording:
    return Wording(catalogue(language), currency, KIGALI)


def line(n: int, kind: str, code: str, amount_minor: int, **more: Any) -> dict[str, Any]:
    return {
        "n": n,
        "kind": kind,
        "code": code,
        "amount_minor": amount_minor,
        "units_milli": 0,
        "tax_code": "",
    } | more


def token(n: int, digits: str, *, tenths: int | None = None) -> dict[str, Any]:
    if tenths is None:
        return {"n": n, "token_class": 2, "subclass": 2 + n, "tid": None, "digits": digits}
    return {"n": n, "token_class": 0, "subclass": 0, "tid": 6_768_000, "digits": digits, "tenths": tenths}


def sale() -> dict[str, Any]:
    """The sale of the design pictures: 18,500 paid, 52.5 kWh."""
    return {
        "sale_id": "0192f3a4-77c1-7aaa-8aaa-00000000a413",
        "receipt_number": "K2-004413",
        "language": "en",
        "money_minor": 18_500,
        "currency": "RWF",
        "holder": "vault",
        "payments": [
            {"payment_id": "0192f3a4-77c1-7aaa-8aaa-00000000b413", "tender": "cash", "amount_minor": 18_500}
            | {"change_minor": 1_500}
        ],
        "items": [
            {
                "n": 1,
                "item_kind": "token",
                "money_minor": 18_500,
                "meter": {"drn": "01420998716"},
                "lines": [
                    line(1, "arrears", "arrears", 3_700),
                    line(2, "charge", "service", 500, tax_code="vat"),
                    line(3, "tax", "vat", 90, tax_code="vat"),
                    _energy(4, 20_000, 89, 1_780, block=1),
                    _energy(5, 30_000, 310, 9_300, block=2),
                    _energy(6, 2_500, 369, 923, block=3),
                    line(7, "levy", "regulator", 36, tax_code="vat"),
                    line(8, "tax", "vat", 2_161, tax_code="vat"),
                    line(9, "rounding", "rounding", 10),
                ],
                "units_milli": 52_500,
                "free_milli": 0,
                "carry_in_milli": 0,
                "carry_out_milli": 0,
                "token_units_tenths": 525,
                "tokens": [token(1, "28471093552674108839", tenths=525)],
                "basis": {"arrears_before_minor": 12_400},
            }
        ],
    }


def key_change_sale() -> dict[str, Any]:
    result = deepcopy(sale())
    result["receipt_number"] = "K2-004415"
    result["items"][0]["meter"] = {"drn": "01421704337"}
    result["items"][0]["tokens"] = [
        token(1, "04186638447109572286"),
        token(2, "55108073992413657048"),
        token(3, "60279915338471602953", tenths=525),
    ]
    return result


def basket_sale() -> dict[str, Any]:
    """Debt and goods in one basket, paid in two parts, without a token."""
    return {
        "sale_id": "0192f3a4-77c1-7aaa-8aaa-00000000a416",
        "receipt_number": "K2-004416",
        "money_minor": 9_000,
        "currency": "RWF",
        "payments": [
            {"tender": "momo", "amount_minor": 6_000, "change_minor": 0},
            {"tender": "cash", "amount_minor": 3_000, "change_minor": 2_000},
        ],
        "items": [
            {
                "n": 1,
                "item_kind": "account",
                "money_minor": 4_000,
                "meter": {"drn": "01421002369"},
                "lines": [line(1, "arrears", "arrears", 4_000)],
                "basis": {"arrears_before_minor": 4_000},
            },
            {
                "n": 2,
                "item_kind": "goods",
                "money_minor": 5_000,
                "lines": [
                    line(1, "goods", "led_bulb_9w", 4_407, tax_code="vat"),
                    line(2, "tax", "vat", 793, tax_code="vat"),
                    line(3, "discount", "discount", -200),
                ],
            },
        ],
    }


def water_sale() -> dict[str, Any]:
    """Water in a currency with cents, tax inside the price, free and carried units, a fee and a credit."""
    return {
        "sale_id": "0192f3a4-77c1-7aaa-8aaa-00000000a417",
        "receipt_number": "K2-004417",
        "money_minor": 100_000,
        "currency": "KES",
        "payments": [{"tender": "cash", "amount_minor": 100_000, "change_minor": 0}],
        "items": [
            {
                "n": 1,
                "item_kind": "token",
                "money_minor": 100_000,
                "meter": {"drn": "0142200000015"},
                "lines": [
                    _energy(1, 18_317, 5_350, 84_480, tax_code="vat"),
                    line(2, "tax", "vat", 13_517, tax_code="vat"),
                    line(3, "free", "free", 0, units_milli=5_000),
                    line(4, "fee", "sms", 3_000),
                    line(5, "credit", "credit", -1_000),
                    line(6, "rounding", "rounding", -2),
                    line(7, "cash_rounding", "cash_rounding", 5),
                ],
                "units_milli": 18_317,
                "free_milli": 5_000,
                "carry_in_milli": 63,
                "carry_out_milli": 80,
                "token_units_tenths": 233,
                "tokens": [token(1, "61904437228507169352", tenths=233)],
                "basis": {"arrears_before_minor": 0},
            }
        ],
    }


def _energy(n: int, units_milli: int, rate_minor: int, amount_minor: int, **more: Any) -> dict[str, Any]:
    more = {"tax_code": "vat"} | more
    rate = {"units_milli": units_milli, "rate_micro": rate_minor * 1_000_000}
    return line(n, "energy", "energy", amount_minor, **rate, **more)


def context(language: str = "en", **changes: Any) -> ReceiptContext:
    made = ReceiptContext(
        SELLER,
        COUNTER,
        wording(language),
        CUSTOMER,
        {
            "01420998716": MeterFacts("Residential T1", tariff=TARIFF),
            "01421704337": MeterFacts("Residential T1", tariff=TARIFF),
            "01421002369": MeterFacts("Residential T1", tariff=TARIFF),
            "0142200000015": MeterFacts("Domestic W2", Service.WATER, WATER_TARIFF),
        },
    )
    return replace(made, **changes)


SIGNED = FiscalStamp(FiscalState.SIGNED, "SDC004/117/1204", "3KQ5-7TNR-2LSA-XM2E", "https://tax.example/117")


def receipts(language: str) -> dict[str, Document]:
    """The receipts of the golden files, by name."""
    buyer = CustomerSnapshot("GS Kimironko I", "KG 17 Ave", "123456789")
    fiscal = context(language, fiscal=FiscalStamp(FiscalState.PENDING), customer=buyer)
    water = context(
        language,
        wording=wording(language, "KES"),
        fiscal=SIGNED,
        seller=replace(SELLER, branch="Branch 2", phone="+250 788 000 000", footer="Sold for the utility."),
    )
    return {
        "token": receipt_document(sale(), context(language)),
        "key_change": receipt_document(key_change_sale(), context(language)),
        "basket": receipt_document(basket_sale(), fiscal),
        "water": receipt_document(water_sale(), water),
        "copy": copy_document(
            sale(), context(language), 1, at=replace(COUNTER, at=datetime(2026, 11, 17, 12, 34, tzinfo=UTC))
        ),
    }


def shift_figures(say: Wording, *, number: str = "Z-118") -> ShiftFigures:
    return ShiftFigures(
        shop="Kimironko Energy Shop",
        till_code="K2",
        shift="118",
        opened_at=datetime(2026, 11, 17, 6, 20, tzinfo=UTC),
        opened_by="Aline Uwase",
        printed_at=datetime(2026, 11, 17, 16, 4, tzinfo=UTC),
        printed_by="Aline Uwase",
        number=number,
        next_shift="119",
        sales=(
            Tally(sales_name("token", say), 71, 448_400),
            Tally("Airtime, TV", 19, 38_700),
            Tally(sales_name("goods", say), 8, 23_300),
        ),
        voided=Tally(voided_name(say), 2, 10_600),
        reprints=3,
        tenders=(
            Tally(say.say("Cash"), 66, 316_900),
            Tally("MTN MoMo", 23, 142_000),
            Tally("Airtel Money", 9, 51_500),
        ),
        unresolved=(
            Unresolved("MTN MoMo", "NIYONZIMA Alice", 6_000, _asked(12, 32), 12_720, "0192f3a4-77c1"),
            Unresolved("Airtel", "UWASE Joy", 2_500, _asked(15, 42), 1_320, "0192f9d0-1be8"),
        ),
        drawer=_drawer(say) if number else None,
        envelope=EnvelopeFigures(700_000, 448_400, 8_968, 20_000),
        proof=ProofFigures(
            "K2-004362", "K2-004459", 11_251, "7c1f09ab44e2b0d351c80e976a2df310" + 32 * "0", 5, 180
        ),
    )


def _asked(hour: int, minute: int) -> datetime:
    return datetime(2026, 11, 17, hour, minute, tzinfo=UTC)


def _drawer(say: Wording) -> DrawerFigures:
    movements = (
        (movement_name("float", say), 50_000),
        (movement_name("received", say), 398_000),
        (movement_name("change", say), -81_100),
        (movement_name("out", say, detail="cleaning 11:05"), -5_000),
        (movement_name("safe_drop", say, detail="13:30, bag 2210"), -175_000),
    )
    count = ((5_000, 22), (2_000, 18), (1_000, 27), (500, 21), (100, 19), (50, 12), (20, 8), (10, 24))
    return DrawerFigures(movements, 186_900, 186_400, 1_000, count)


def papers(language: str) -> dict[str, Document]:
    """Every paper that is no receipt, by name."""
    say = wording(language)
    statement = Statement(
        "REG / EUCL",
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 11, 17, tzinfo=UTC),
        opening_minor=200_000,
        credit_limit_minor=100_000,
        commission_minor=8_968,
        lines=(
            StatementLine(_asked(7, 0), "Top-up", "BK-88121", 500_000, 700_000),
            StatementLine(_asked(16, 4), "Shift 118", "Z-118", -439_432, 260_568),
        ),
    )
    note = CreditNote(
        "K2-004460",
        "K2-004416",
        "Bulb was broken",
        2_500,
        say.say("Cash"),
        CustomerSnapshot("GS Kimironko I", tin="123456789"),
        (("LED bulb 9W", 2_500),),
        (("VAT 18 %", 381),),
    )
    fault = FaultReport(
        "K2-C0007", "01420998716", "The display is dark after rain.", CUSTOMER, "+250 788 000 716"
    )
    count = ((5_000, 30), (1_000, 25))
    return {
        "payment_received": payment_received_slip(sale(), context(language)),
        "x_report": shift_report(shift_figures(say, number=""), say),
        "z_report": shift_report(shift_figures(say), say),
        "deposit": deposit_slip(
            Deposit("2210", "Bank of Kigali", "00040-0123456", 175_000, count), SELLER, COUNTER, say
        ),
        "statement": supplier_statement(statement, SELLER, COUNTER, say),
        "fault": fault_report(fault, SELLER, COUNTER, say),
        "credit_note": credit_note(note, SELLER, COUNTER, say, fiscal=SIGNED),
    }
