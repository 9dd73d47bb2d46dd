"""What VTpass answers about services, billers and orders: the members differ by product and company."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pos.gateways.sandbox import vtpass_data as data
from pos.gateways.sandbox.money import number, plain
from pos.gateways.sandbox.payments import Payment
from pos.gateways.sandbox.scenarios import Outcome

NAME, ADDRESS = "ADA SANDBOX", "1 SAMPLE STREET"
COMMISSION = Decimal("0.03")
NAIRA_FOR_A_KWH = Decimal("68.5")


def service_view(service: data.Service) -> dict[str, Any]:
    return {
        "serviceID": service.code,
        "name": service.name,
        "minimium_amount": str(service.minimum),
        "maximum_amount": str(service.maximum),
        "convinience_fee": "0 %",
        "product_type": "flexible" if service.is_flexible else "fix",
        "image": f"https://sandbox.vtpass.com/resources/products/200X200/{service.code}.jpg",
    }


def variations_view(service: data.Service) -> dict[str, Any]:
    rows = [
        {
            "variation_code": code,
            "name": name,
            "variation_amount": price or "0.00",
            "fixedPrice": "Yes" if price else "No",
        }
        for code, name, price in data.variations(service)
    ]
    names = {"ServiceName": service.name, "serviceID": service.code, "convinience_fee": "0 %"}
    return names | {"varations": rows, "variations": rows}


def wrong_biller() -> dict[str, Any]:
    text = "This meter is not correct or is not a valid number. Please check and try again"
    return {"error": text, "WrongBillersCode": True}


def verified(service: data.Service, biller: str, kind: str, now: datetime) -> dict[str, Any] | None:
    """Return what is known of a biller's number, None if the type is missing."""
    if service.category == "electricity-bill":
        if kind not in data.METERS:
            return None
        return _meter(biller, kind) if biller == data.METERS[kind] else wrong_biller()
    if service.code == "jamb":
        return {"Customer_Name": NAME} if biller == data.PROFILE else wrong_biller()
    if service.category == "funds":
        return {"Customer_Name": NAME} if biller == data.BANK_NUMBER else wrong_biller()
    if biller != data.SMARTCARD:
        return wrong_biller()
    return _smartcard(service, now)


def is_known(service: data.Service, biller: str, kind: str) -> bool:
    """Say whether the sandbox has such a meter of this kind, card or profile."""
    if service.category == "electricity-bill":
        return biller == data.METERS.get(kind)
    if service.category == "funds":
        return biller == data.BANK_NUMBER
    return biller == (data.PROFILE if service.code == "jamb" else data.SMARTCARD)


def _meter(biller: str, kind: str) -> dict[str, Any]:
    return {
        "Customer_Name": NAME,
        "Address": ADDRESS,
        "Meter_Number": biller,
        "Customer_Arrears": "",
        "Minimum_Amount": "",
        "Min_Purchase_Amount": "",
        "Can_Vend": "yes",
        "Business_Unit": "",
        "Customer_Account_Type": "NMD",
        "Meter_Type": kind.upper(),
        "WrongBillersCode": False,
    }


def _smartcard(service: data.Service, now: datetime) -> dict[str, Any]:
    content: dict[str, Any] = {"Customer_Name": NAME, "Customer_Number": "7000000001"}
    if service.code in ("dstv", "gotv"):
        code, name, price = data.variations(service)[-1]
        content |= {
            "Status": "ACTIVE",
            "Due_Date": f"{now + timedelta(days=16):%Y-%m-%dT00:00:00}",
            "Customer_Type": service.code.upper(),
            "Current_Bouquet": name,
            "Current_Bouquet_Code": code,
            "Renewal_Amount": number(Decimal(price)),
        }
    return content | {"WrongBillersCode": False}


def total(payment: Payment) -> Decimal:
    """Return what the wallet pays."""
    return payment.shown_amount - commission(payment)


def commission(payment: Payment) -> Decimal:
    return (payment.shown_amount * COMMISSION).quantize(Decimal("0.01"))


def order_view(payment: Payment, *, is_new: bool = False, claims: str | None = None) -> dict[str, Any]:
    """Return an order as pay, requery and the callback show it."""
    word = claims or _word(payment)
    code = _code(payment, word)
    fields, service = payment.facts["fields"], payment.facts["service"]
    amount = number(payment.shown_amount)
    biller = str(fields.get("billersCode") or payment.payer)
    transaction = {
        "status": word,
        "product_name": service.name,
        "unique_element": biller,
        "unit_price": number(payment.shown_amount / payment.facts["quantity"]),
        "quantity": payment.facts["quantity"],
        "service_verification": None,
        "channel": "api",
        "commission": number(commission(payment)),
        "total_amount": number(total(payment)),
        "discount": None,
        "type": dict(data.CATEGORIES)[service.category],
        "email": "shop@example.com",
        "phone": payment.payer,
        "name": None,
        "convinience_fee": 0,
        "amount": amount if is_new else plain(payment.shown_amount),
        "platform": "api",
        "method": "api",
        "transactionId": payment.facts["number"],
    }
    made_at = payment.provider_time(payment.made_at)
    view: dict[str, Any] = {
        "code": code,
        "content": {"transactions": transaction},
        "response_description": data.TEXTS.get(code, "UNKNOWN RESPONSE"),
        "requestId": payment.reference,
        "amount": amount,
        "transaction_date": f"{made_at:%Y-%m-%dT%H:%M:%S}.000000Z",
        "purchased_code": "",
    }
    return view | (_goods(payment) if word == "delivered" else {})


def _word(payment: Payment) -> str:
    if payment.shows_unknown_words:
        return "escalated"
    if payment.outcome is None:
        return "pending"
    return {Outcome.PAID: "delivered", Outcome.REVERSED: "reversed"}.get(payment.outcome, "failed")


def _code(payment: Payment, word: str) -> str:
    if word == "escalated":
        return "777"
    if word == "reversed":
        return "040"
    if word != "failed":
        return "099" if payment.is_ambiguous and word == "pending" else "000"
    return payment.reason if payment.reason in data.TEXTS else "016"


def _goods(payment: Payment) -> dict[str, Any]:
    """Return what was bought."""
    service, token = payment.facts["service"], payment.facts["token"]
    if service.category == "electricity-bill":
        is_postpaid = payment.facts["fields"].get("variation_code") == "postpaid"
        return _METER_GOODS[service.result](payment, token) if not is_postpaid else _postpaid(payment)
    if service.result == "waec":
        pins = [
            {"Serial": f"WRN{token[one : one + 9]}", "Pin": token[one : one + 12]} for one in _copies(payment)
        ]
        text = "||".join(f"Serial No:{one['Serial']}, pin: {one['Pin']}" for one in pins)
        return {"purchased_code": text, "cards": pins}
    if service.result == "waec-registration":
        return {"purchased_code": f"Token: {token[:16]}", "tokens": [token[:16]]}
    if service.result == "jamb":
        return {"purchased_code": f"Pin : {token[:16]}", "Pin": f"Pin : {token[:16]}"}
    if service.result == "motor":
        url = f"https://sandbox.vtpass.com/certificates/{token}.pdf"
        return {"purchased_code": f"Download Certificate : {url}", "certUrl": url}
    return {}


def _copies(payment: Payment) -> range:
    return range(min(payment.facts["quantity"], 8))


def _units(payment: Payment) -> Decimal:
    return (payment.shown_amount / NAIRA_FOR_A_KWH).quantize(Decimal("0.1"))


def _ikeja(payment: Payment, token: str) -> dict[str, Any]:
    return {
        "purchased_code": f"Token : {token}",
        "customerName": NAME,
        "customerAddress": ADDRESS,
        "token": token,
        "tokenAmount": number(payment.shown_amount),
        "units": f"{_units(payment)} kWh",
        "tariff": "R2",
        "resetToken": "",
        "configureToken": "",
        "fixChargeAmount": None,
        "taxAmount": number((payment.shown_amount * 75 / 1075).quantize(Decimal("0.01"))),
    }


def _eko(payment: Payment, token: str) -> dict[str, Any]:
    bonus = token[::-1]
    return {
        "purchased_code": f"Token : {token} Bonus Token : {bonus}",
        "mainToken": token,
        "mainTokenDescription": "Normal Sale",
        "mainTokenUnits": number(_units(payment)),
        "mainTokenTax": number((payment.shown_amount * 75 / 1075).quantize(Decimal("0.01"))),
        "mainsTokenAmount": number(payment.shown_amount),
        "bonusToken": bonus,
        "bonusTokenUnits": 1.2,
        "tariffIndex": "52",
        "debtDescription": "",
    }


def _enugu(payment: Payment, token: str) -> dict[str, Any]:
    return {
        "purchased_code": f"Token : {token}",
        "exchangeReference": payment.facts["number"],
        "arrearsBalance": "0",
        "appliedToArrears": "0",
        "wallet": "0",
        "vat": "0",
        "invoiceNumber": payment.facts["number"][:10],
        "appliedToWallet": "0",
        "units": plain(_units(payment)),
        "token": token,
    }


def _capital(payment: Payment, token: str) -> dict[str, Any]:
    grouped = "-".join(token[start : start + 4] for start in range(0, 20, 4))
    return {
        "purchased_code": f"Token : {grouped}",
        "Token": grouped,
        "Units": plain(_units(payment)),
        "PurchasedUnits": plain(_units(payment)),
        "MeterNumber": str(payment.facts["fields"].get("billersCode", "")),
        "KCT1": "",
        "KCT2": "",
    }


def _postpaid(payment: Payment) -> dict[str, Any]:
    return {
        "customerName": NAME,
        "customerAddress": ADDRESS,
        "exchangeReference": payment.facts["number"],
        "utilityName": payment.facts["service"].name,
        "balance": None,
    }


_METER_GOODS = {"ikeja": _ikeja, "eko": _eko, "enugu": _enugu, "capital": _capital}
