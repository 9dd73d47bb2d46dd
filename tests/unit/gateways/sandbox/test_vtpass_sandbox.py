"""VTpass in the sandbox: login, catalogue, verify, every documented code, goods, callback."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import requests

from pos.gateways.sandbox import Sandbox
from pos.gateways.sandbox import credentials as keys
from tests.factories.gateways import Receiver
from tests.unit.gateways.sandbox.callers import VtpassCaller, control, set_value

METER = {
    "serviceID": "ikeja-electric",
    "billersCode": "1111111111111",
    "variation_code": "prepaid",
    "amount": 1000,
}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"api-key": keys.VTPASS_API_KEY},
        {"api-key": keys.VTPASS_API_KEY, "public-key": "SK_1", "secret-key": "PK_1"},
        {"api-key": "wrong", "public-key": "PK_1", "secret-key": "SK_1"},
        {"Authorization": "Basic bm9ib2R5OndvcmQ="},
    ],
    ids=str,
)
@pytest.mark.parametrize("status", [200, 401])
def test_wrong_login_is_087(
    vtpass: VtpassCaller, sandbox: Sandbox, headers: dict[str, str], status: int
) -> None:
    set_value(sandbox, vtpass_refusal_status=status)

    answers = [
        requests.get(f"{vtpass.base}/balance", headers=headers, timeout=10),
        requests.post(f"{vtpass.base}/pay", json={}, headers=headers, timeout=10),
    ]

    assert [answer.status_code for answer in answers] == [status, status]
    assert [answer.json()["code"] for answer in answers] == ["087", "087"]


def test_old_login_by_address_and_password_is_taken(vtpass: VtpassCaller) -> None:
    answer = requests.get(f"{vtpass.base}/balance", auth=("shop@example.com", "secret"), timeout=10)

    assert answer.json() == {"code": 1, "contents": {"balance": 5000000.5}}


def test_catalogue_leads_from_category_to_variation(vtpass: VtpassCaller) -> None:
    categories = vtpass.get("service-categories").json()
    services = vtpass.get("services", identifier="tv-subscription").json()
    variations = vtpass.get("service-variations", serviceID="dstv").json()

    assert "code" not in categories
    assert {"identifier": "electricity-bill", "name": "Electricity Bill"} in categories["content"]
    assert [one["serviceID"] for one in services["content"]] == ["dstv", "gotv", "startimes", "showmax"]
    assert set(services["content"][0]) == {
        "serviceID",
        "name",
        "minimium_amount",
        "maximum_amount",
        "convinience_fee",
        "product_type",
        "image",
    }
    content = variations["content"]
    assert content["varations"] == content["variations"]
    assert content["varations"][0] == {
        "variation_code": "dstv-padi",
        "name": "DStv Padi",
        "variation_amount": "1850.00",
        "fixedPrice": "Yes",
    }


def test_every_service_of_every_category_has_variations_or_a_free_amount(vtpass: VtpassCaller) -> None:
    codes = [
        (service["serviceID"], service["product_type"])
        for category in vtpass.get("service-categories").json()["content"]
        for service in vtpass.get("services", identifier=category["identifier"]).json()["content"]
    ]

    assert len(codes) == 37
    for code, kind in codes:
        rows = vtpass.get("service-variations", serviceID=code).json()["content"]["variations"]
        assert rows or kind == "flexible"


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("services", {"identifier": "none"}, "011"),
        ("service-variations", {"serviceID": "none"}, "012"),
        ("service-variations", {}, "011"),
        ("options", {"serviceID": "none", "name": "x"}, "012"),
        ("options", {"name": "x"}, "011"),
        ("options", {"serviceID": "dstv"}, "011"),
        ("universal-insurance/options/none", {}, "011"),
        ("universal-insurance/options/lga", {}, "011"),
    ],
)
def test_catalogue_refuses_what_is_not_there(
    vtpass: VtpassCaller, path: str, query: dict[str, str], code: str
) -> None:
    assert vtpass.get(path, **query).json()["code"] == code


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("color", {"ColourCode", "ColourName"}),
        ("engine-capacity", {"CapacityCode", "CapacityName"}),
        ("state", {"StateCode", "StateName"}),
        ("lga/25", {"LGACode", "LGAName"}),
        ("brand", {"VehicleMakeCode", "VehicleMakeName"}),
        ("model/335", {"VehicleModelCode", "VehicleModelName"}),
    ],
)
def test_lists_of_motor_insurance(vtpass: VtpassCaller, path: str, names: set[str]) -> None:
    content = vtpass.get(f"universal-insurance/options/{path}").json()["content"]

    assert content
    assert all(set(one) == names for one in content)


@pytest.mark.parametrize(
    ("body", "members"),
    [
        (
            {"serviceID": "ikeja-electric", "billersCode": "1111111111111", "type": "prepaid"},
            {"Meter_Type": "PREPAID", "Can_Vend": "yes", "WrongBillersCode": False},
        ),
        (
            {"serviceID": "eko-electric", "billersCode": "1010101010101", "type": "postpaid"},
            {"Meter_Type": "POSTPAID"},
        ),
        (
            {"serviceID": "dstv", "billersCode": "1212121212"},
            {"Current_Bouquet_Code": "dstv79", "Renewal_Amount": 7900},
        ),
        ({"serviceID": "startimes", "billersCode": "1212121212"}, {"Customer_Name": "ADA SANDBOX"}),
        (
            {"serviceID": "jamb", "billersCode": "0123456789", "type": "utme"},
            {"Customer_Name": "ADA SANDBOX"},
        ),
        (
            {"serviceID": "bank-deposit", "billersCode": "1234567890", "type": "zenith"},
            {"Customer_Name": "ADA SANDBOX"},
        ),
    ],
)
def test_known_number_is_verified(
    vtpass: VtpassCaller, body: dict[str, str], members: dict[str, Any]
) -> None:
    answer = vtpass.post("merchant-verify", body).json()

    assert answer["code"] == "000"
    assert members.items() <= answer["content"].items()


@pytest.mark.parametrize("service", ["ikeja-electric", "dstv", "jamb", "bank-deposit"])
def test_wrong_number_is_000_with_an_error(vtpass: VtpassCaller, service: str) -> None:
    body = {"serviceID": service, "billersCode": "9999999999", "type": "prepaid"}

    answer = vtpass.post("merchant-verify", body).json()

    assert answer["code"] == "000"
    assert answer["content"]["WrongBillersCode"] is True
    assert answer["content"]["error"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"serviceID": "dstv"}, "011"),
        ({"billersCode": "1212121212"}, "011"),
        ({"serviceID": "none", "billersCode": "1212121212"}, "012"),
        ({"serviceID": "ikeja-electric", "billersCode": "1111111111111"}, "011"),
    ],
)
def test_verify_refuses_a_bad_request(vtpass: VtpassCaller, body: dict[str, str], code: str) -> None:
    assert vtpass.post("merchant-verify", body).json()["code"] == code


def test_smile_is_verified_by_address(vtpass: VtpassCaller) -> None:
    def content(address: str) -> dict[str, Any]:
        body = {"billersCode": address, "serviceID": "smile-direct"}
        value: dict[str, Any] = vtpass.post("merchant-verify/smile/email", body).json()["content"]
        return value

    assert content("tester@sandbox.com")["AccountList"]["NumberOfAccounts"] == 1
    assert content("nobody@example.com")["WrongBillersCode"] is True


def test_airtime_is_delivered_with_every_documented_member(vtpass: VtpassCaller) -> None:
    reference = vtpass.reference()

    answer = vtpass.pay(reference, amount="100").json()

    assert answer["code"] == "000"
    assert answer["response_description"] == "TRANSACTION SUCCESSFUL"
    assert (answer["requestId"], answer["amount"], answer["purchased_code"]) == (reference, 100, "")
    transaction = answer["content"]["transactions"]
    assert (transaction["status"], transaction["commission"], transaction["total_amount"]) == (
        "delivered",
        3,
        97,
    )
    assert set(transaction) == {
        *("status", "product_name", "unique_element", "unit_price", "quantity", "service_verification"),
        *("channel", "commission", "total_amount", "discount", "type", "email", "phone", "name"),
        *("convinience_fee", "amount", "platform", "method", "transactionId"),
    }
    assert vtpass.ask(reference).json()["content"]["transactions"]["amount"] == "100"


@pytest.mark.parametrize(
    ("phone", "word", "code"), [("201000000000", "pending", "000"), ("0", "failed", "016")]
)
def test_phone_table(vtpass: VtpassCaller, phone: str, word: str, code: str) -> None:
    answer = vtpass.pay(vtpass.reference(), phone).json()

    assert (answer["content"]["transactions"]["status"], answer["code"]) == (word, code)


def test_phone_with_an_unexpected_answer(vtpass: VtpassCaller) -> None:
    reference = vtpass.reference()

    answer = vtpass.pay(reference, "500000000000")

    assert not isinstance(answer.json(), dict)
    assert vtpass.word(vtpass.ask(reference)) == "paid"


def test_phones_without_an_answer(vtpass: VtpassCaller) -> None:
    with pytest.raises(requests.ConnectionError):
        vtpass.pay(vtpass.reference(), "400000000000")
    with pytest.raises(requests.ReadTimeout):
        vtpass.pay(vtpass.reference(), "300000000000", wait_s=0.2)


def test_pending_one_is_settled_on_request_and_then_told(
    vtpass: VtpassCaller, sandbox: Sandbox, receiver: Receiver
) -> None:
    reference = vtpass.reference()
    vtpass.pay(reference, "201000000000")
    sandbox.advance(3600)
    assert vtpass.word(vtpass.ask(reference)) == "pending"

    control(sandbox, action="approve", reference=reference)
    sandbox.core.settle()

    ((_, raw),) = receiver.kept
    told = json.loads(raw)
    assert told["type"] == "transaction-update"
    assert told["data"] == vtpass.ask(reference).json()
    assert told["data"]["content"]["transactions"]["status"] == "delivered"


def test_order_that_is_settled_at_once_has_no_callback_and_a_reversal_has(
    vtpass: VtpassCaller, sandbox: Sandbox, receiver: Receiver
) -> None:
    reference = vtpass.reference()
    vtpass.pay(reference)
    sandbox.core.settle()
    assert receiver.kept == []

    control(sandbox, action="reverse", reference=reference)
    sandbox.core.settle()

    ((_, raw),) = receiver.kept
    assert json.loads(raw)["data"]["code"] == "040"
    assert vtpass.ask(reference).json()["content"]["transactions"]["status"] == "reversed"


def test_callback_that_is_not_taken_is_sent_five_times(vtpass: VtpassCaller, sandbox: Sandbox) -> None:
    sandbox.core.callback_urls["vtpass"] = "http://127.0.0.1:1/nobody"
    reference = vtpass.reference()
    vtpass.pay(reference, "201000000000")
    control(sandbox, action="approve", reference=reference)

    for _ in range(8):
        sandbox.advance(60)

    assert len(sandbox.core.sent.newest_first()) == 5


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"serviceID": "none"}, "012"),
        ({"serviceID": ...}, "011"),
        ({"phone": ...}, "011"),
        ({"amount": ...}, "011"),
        ({"amount": "many"}, "011"),
        ({"amount": 5}, "013"),
        ({"amount": 60_000}, "017"),
        ({"quantity": -1}, "031"),
        ({"quantity": 0}, "031"),
        ({"quantity": 99}, "032"),
        (METER | {"variation_code": "never"}, "010"),
        (METER | {"billersCode": ...}, "011"),
        ({"serviceID": "mtn-data", "billersCode": "08011111111", "variation_code": "none"}, "010"),
        ({"serviceID": "dstv", "billersCode": "1212121212", "subscription_type": "change"}, "011"),
        ({"serviceID": "dstv", "billersCode": "1212121212"}, "011"),
    ],
    ids=str,
)
def test_pay_with_a_bad_field_is_refused_and_not_made(
    vtpass: VtpassCaller, changes: dict[str, Any], code: str
) -> None:
    reference = vtpass.reference()

    assert vtpass.pay(reference, **changes).json()["code"] == code
    assert vtpass.ask(reference).json()["code"] == "015"


@pytest.mark.parametrize("text", ["short", "2026-11-20-08-30", "209911201230abc", "202611209930abc", ""])
def test_request_id_that_is_badly_formed_or_not_of_today_is_085(vtpass: VtpassCaller, text: str) -> None:
    assert vtpass.pay(text).json()["code"] == ("085" if text else "011")


def test_day_of_the_request_id_is_that_of_lagos(vtpass: VtpassCaller, sandbox: Sandbox) -> None:
    now = sandbox.core.timeline.now()
    to_midnight = (now.replace(hour=23, minute=30) - now) % timedelta(days=1)
    sandbox.advance(to_midnight.total_seconds())
    utc = f"{sandbox.core.timeline.now():%Y%m%d%H%M}abc"

    assert vtpass.pay(utc).json()["code"] == "085"
    assert vtpass.pay(vtpass.reference()).json()["code"] == "000"


def test_same_purchase_within_half_a_minute_is_019_unless_switched_off(
    vtpass: VtpassCaller, sandbox: Sandbox
) -> None:
    codes = [vtpass.pay(vtpass.reference()).json()["code"] for _ in range(2)]
    set_value(sandbox, vtpass_repeat_rule=False)
    codes.append(vtpass.pay(vtpass.reference()).json()["code"])
    set_value(sandbox, vtpass_repeat_rule=True)
    sandbox.advance(30)
    codes.append(vtpass.pay(vtpass.reference()).json()["code"])

    assert codes == ["000", "019", "000", "000"]


def test_wallet_goes_down_and_too_little_is_018(vtpass: VtpassCaller) -> None:
    vtpass.pay(vtpass.reference(), amount=100)
    left = vtpass.get("balance").json()["contents"]["balance"]
    whole = METER | {"amount": 500_000, "quantity": 10, "phone": "08011111111"}
    codes = [vtpass.pay(vtpass.reference(), **whole).json()["code"] for _ in range(2)]

    assert left == 5000000.5 - 97
    assert codes == ["000", "018"]


@pytest.mark.parametrize(
    ("service", "member"),
    [
        ("ikeja-electric", "token"),
        ("eko-electric", "mainToken"),
        ("enugu-electric", "token"),
        ("ibadan-electric", "Token"),
    ],
)
def test_prepaid_token_is_where_the_company_has_it(vtpass: VtpassCaller, service: str, member: str) -> None:
    answer = vtpass.pay(vtpass.reference(), **METER | {"serviceID": service}).json()

    digits = re.sub(r"\D", "", answer[member])
    assert len(digits) == 20
    assert digits in re.sub(r"[^\d]", "", answer["purchased_code"])


def test_postpaid_has_no_token_and_a_wrong_meter_fails(vtpass: VtpassCaller, sandbox: Sandbox) -> None:
    postpaid = METER | {"billersCode": "1010101010101", "variation_code": "postpaid"}
    answer = vtpass.pay(vtpass.reference(), **postpaid).json()
    wrong = vtpass.pay(vtpass.reference(), **METER | {"billersCode": "7"}).json()
    other_kind = vtpass.pay(vtpass.reference(), **METER | {"variation_code": "postpaid"}).json()

    assert answer["content"]["transactions"]["status"] == "delivered"
    assert not {"token", "Token", "mainToken"} & set(answer)
    assert wrong["code"] == "016"
    assert other_kind["code"] == "016"


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({"serviceID": "waec", "variation_code": "waecdirect", "quantity": 2}, "cards"),
        ({"serviceID": "waec-registration", "variation_code": "waec-registration"}, "tokens"),
        ({"serviceID": "jamb", "variation_code": "utme", "billersCode": "0123456789"}, "Pin"),
        ({"serviceID": "ui-insure", "variation_code": "1", "billersCode": "LAG1"}, "certUrl"),
        ({"serviceID": "mtn-data", "variation_code": "mtn-10mb-100", "billersCode": "08011111111"}, "code"),
        (
            {
                "serviceID": "dstv",
                "billersCode": "1212121212",
                "variation_code": "dstv79",
                "subscription_type": "change",
            },
            "code",
        ),
        (
            {"serviceID": "gotv", "billersCode": "1212121212", "amount": 1250, "subscription_type": "renew"},
            "code",
        ),
        ({"serviceID": "startimes", "billersCode": "1212121212", "variation_code": "nova"}, "code"),
        ({"serviceID": "bank-deposit", "billersCode": "1234567890", "variation_code": "zenith"}, "code"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_other_products_are_delivered(vtpass: VtpassCaller, body: dict[str, Any], member: str) -> None:
    answer = vtpass.pay(vtpass.reference(), **body).json()

    assert answer["content"]["transactions"]["status"] == "delivered"
    assert answer[member]


def test_price_of_a_variation_counts_and_not_the_amount(vtpass: VtpassCaller) -> None:
    body = {"serviceID": "startimes", "billersCode": "1212121212", "variation_code": "nova", "amount": 1}

    assert vtpass.pay(vtpass.reference(), **body).json()["amount"] == 900


@pytest.mark.parametrize(
    ("code", "is_alive"),
    [
        *((code, True) for code in ("083", "089", "099", "030")),
        *((code, False) for code in ("010", "018", "021", "023", "027", "034", "035", "091", "016")),
    ],
)
def test_code_chosen_by_control_is_answered(
    vtpass: VtpassCaller, sandbox: Sandbox, code: str, *, is_alive: bool
) -> None:
    control(sandbox, provider="vtpass", code=code)
    reference = vtpass.reference()

    answer = vtpass.pay(reference)

    sandbox.advance(5)
    assert answer.json()["code"] == code
    assert (vtpass.word(vtpass.ask(reference)) == "paid") is is_alive


def test_requery_without_id_and_bad_json(vtpass: VtpassCaller) -> None:
    broken = requests.post(f"{vtpass.base}/pay", data=b"{", headers=vtpass.headers(), timeout=10)

    assert vtpass.post("requery", {}).json()["code"] == "011"
    assert broken.json()["code"] == "011"


def test_path_that_is_none(vtpass: VtpassCaller) -> None:
    assert [vtpass.get("nothing").status_code, vtpass.get("pay").status_code] == [404, 405]
