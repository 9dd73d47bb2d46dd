import base64
import hashlib
import hmac
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import UserError
from pos.gateways import webhooks

SECRET = "sk_test_1"
PAID = json.dumps(
    {"event": "charge.success", "data": {"id": 7, "reference": "inv-77", "status": "success"}}
).encode()


def sign(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha512).hexdigest()


def refused(call: object) -> str:
    with pytest.raises(UserError) as caught:
        call()  # type: ignore[operator]
    return caught.value.code


def test_paystack_signature_over_the_raw_bytes_gives_a_hint() -> None:
    hint = webhooks.read_paystack(PAID, sign(PAID), SECRET)

    assert (hint.provider, hint.reference, hint.event) == ("paystack", "inv-77", "charge.success")
    assert hint.event_id == webhooks.read_paystack(PAID, f" {sign(PAID)}\n", SECRET).event_id


@pytest.mark.parametrize("signature", ["", "00", sign(PAID, "other"), sign(PAID[:-1]), "é" * 128])
def test_paystack_wrong_signature_is_refused(signature: str) -> None:
    assert refused(lambda: webhooks.read_paystack(PAID, signature, SECRET)) == "webhook.signature"


def test_paystack_without_a_key_believes_nobody() -> None:
    assert refused(lambda: webhooks.read_paystack(PAID, sign(PAID, ""), "")) == "webhook.signature"


def test_paystack_encoded_again_or_cut_does_not_fit() -> None:
    again = json.dumps(json.loads(PAID), indent=1).encode()

    assert refused(lambda: webhooks.read_paystack(again, sign(PAID), SECRET)) == "webhook.signature"
    assert refused(lambda: webhooks.read_paystack(PAID[:-2], sign(PAID), SECRET)) == "webhook.signature"


@pytest.mark.parametrize(
    "data",
    [
        {"transaction_reference": "inv-77", "status": "processed", "amount": "10000"},
        {"transaction": {"reference": "inv-77"}, "status": "pending"},
    ],
)
def test_paystack_refund_and_dispute_name_the_payment_elsewhere(data: dict[str, object]) -> None:
    body = json.dumps({"event": "refund.processed", "data": data}).encode()

    assert webhooks.read_paystack(body, sign(body), SECRET).reference == "inv-77"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "webhook.unreadable"),
        (b"[]", "webhook.unreadable"),
        (b'{"externalId":"x","status":"\\ud800"}', "webhook.unreadable"),
        (b"\xff", "webhook.unreadable"),
        (b'{"data":{"reference":"a"},"data":{"reference":"b"}}', "webhook.unreadable"),
        (b"{}", "webhook.no_reference"),
        (b'{"data":{"reference":"../etc"}}', "webhook.no_reference"),
        (b'{"data":{"reference":true}}', "webhook.no_reference"),
        (b" " * (webhooks.BYTES_MAX + 1), "webhook.too_long"),
    ],
)
def test_signed_message_that_is_no_use_is_refused_clearly(body: bytes, code: str) -> None:
    assert refused(lambda: webhooks.read_paystack(body, sign(body), SECRET)) == code


MEMBER = '{"id":"inv-77","message":"Paid UGX 5,000 to TEST SHOP","status_code":"TS","airtel_money_id":"MP1"}'


def airtel(signed: str, key: str = "private", member: str = MEMBER) -> bytes:
    made = base64.b64encode(hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()).decode()
    return f'{{"transaction":{member},"hash":"{made}"}}'.encode()


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (airtel(MEMBER), "transaction:0"),
        (airtel(MEMBER, "client-secret"), "transaction:1"),
        (airtel(f'{{"transaction":{MEMBER}}}'), "body_without_hash:0"),
        (airtel(MEMBER, member=MEMBER.replace(":", " : ")), "transaction_compact:0"),
    ],
)
def test_airtel_hash_in_each_documented_form_says_which_fitted(body: bytes, form: str) -> None:
    hint = webhooks.read_airtel(body, keys=("private", "client-secret"))

    assert (hint.reference, hint.event, hint.signed_by) == ("inv-77", "TS", form)


def test_airtel_hash_in_the_header_fits_the_whole_body() -> None:
    body = f'{{"transaction":{MEMBER}}}'.encode()
    made = base64.b64encode(hmac.new(b"private", body, hashlib.sha256).digest()).decode()

    assert webhooks.read_airtel(body, made, keys=("private",)).signed_by == "body:0"


@pytest.mark.parametrize(
    "body",
    [
        airtel(MEMBER, "forged"),
        airtel(MEMBER, member=MEMBER.replace("77", "78")),
        f'{{"transaction":{MEMBER}}}'.encode(),
        f'{{"transaction":{MEMBER},"hash":"no base 64"}}'.encode(),
    ],
)
def test_airtel_hash_that_does_not_fit_is_refused(body: bytes) -> None:
    assert refused(lambda: webhooks.read_airtel(body, keys=("private",))) == "webhook.signature"


def test_airtel_signed_part_of_an_older_message_vouches_for_no_other() -> None:
    """The signed member counts only where it stands as the message itself."""
    signed = json.loads(airtel(MEMBER))["hash"]
    forged = MEMBER.replace("77", "78")
    for extra in (f'{{"transaction":{MEMBER}}}', json.dumps(f'"transaction":{MEMBER}')):
        body = f'{{"note":{extra},"transaction":{forged},"hash":"{signed}"}}'.encode()

        assert refused(lambda body=body: webhooks.read_airtel(body, keys=("private",))) == "webhook.signature"


@pytest.mark.parametrize(
    "body",
    [
        '{"hash":"%s","transaction":%s}',
        '{ "transaction" : %s , "hash" : "%s" }',
        '{"version":1,"hash":"%s","transaction":%s}',
    ],
)
def test_airtel_hash_of_the_body_without_it_fits_wherever_it_stands(body: str) -> None:
    is_first = body.index("hash") < body.index("transaction")
    without = {
        '{"hash":"%s","transaction":%s}': '{"transaction":%s}',
        '{ "transaction" : %s , "hash" : "%s" }': '{ "transaction" : %s }',
        '{"version":1,"hash":"%s","transaction":%s}': '{"version":1,"transaction":%s}',
    }[body]
    made = base64.b64encode(hmac.new(b"private", (without % MEMBER).encode(), hashlib.sha256).digest())
    parts = (made.decode(), MEMBER) if is_first else (MEMBER, made.decode())

    hint = webhooks.read_airtel((body % parts).encode(), keys=("private",))

    assert hint.signed_by == "body_without_hash:0"


@pytest.mark.parametrize("depth", [400, 600, *range(900, 1000), 5000])
def test_message_that_is_nested_too_deep_is_a_hint_or_refused(depth: int) -> None:
    nested = "[" * depth + "]" * depth
    for read in (
        lambda: webhooks.read_mtn(f'{{"externalId":"x","a":{nested}}}'.encode()),
        lambda: webhooks.read_airtel(f'{{"transaction":{MEMBER},"a":{nested}}}'.encode(), keys=("k",)),
        lambda: webhooks.read_airtel(f'{{"transaction":{MEMBER},"a":{nested}}}'.encode()),
        lambda: webhooks.read_vtpass(f'{{"data":{{"requestId":"x","a":{nested}}}}}'.encode()),
    ):
        try:
            assert read().reference
        except UserError as error:
            assert error.code in ("webhook.unreadable", "webhook.signature")


@pytest.mark.parametrize("filler", [" ", '"transaction" ', ","])
def test_airtel_message_full_of_nothing_takes_no_time(filler: str) -> None:
    text = json.dumps(filler * 20_000 + " " * 20_000)
    started_s = time.process_time()

    for body in (f'{{"transaction":{MEMBER},"x":{text}}}', f'{{"transaction":{MEMBER}{" " * 60_000}}}'):
        assert refused(lambda body=body: webhooks.read_airtel(body.encode(), keys=("k",))).startswith(
            "webhook."
        )

    assert time.process_time() - started_s < 2


def test_airtel_without_keys_is_a_hint_that_nothing_vouches_for() -> None:
    hint = webhooks.read_airtel(f'{{"transaction":{MEMBER}}}'.encode())

    assert (hint.reference, hint.signed_by) == ("inv-77", "")


def test_mtn_reference_is_our_external_id_or_the_header() -> None:
    body = b'{"externalId":"ref-1","status":"SUCCESSFUL","payer":{"partyId":"46733123999"}}'

    hint = webhooks.read_mtn(body)

    assert (hint.reference, hint.event) == ("ref-1", "SUCCESSFUL")
    assert "46733123999" not in hint.kept_body
    assert webhooks.read_mtn(b'{"status":"FAILED"}', "ref-2").reference == "ref-2"


def test_vtpass_names_the_purchase_and_a_catalogue_change_is_none() -> None:
    body = (
        b'{"type":"transaction-update","data":{"code":"000","requestId":"202611202315k7",'
        b'"content":{"transactions":{"status":"delivered"}}}}'
    )

    assert webhooks.read_vtpass(body).reference == "202611202315k7"
    changed = b'{"type":"variations-update","serviceID":"dstv"}'
    assert refused(lambda: webhooks.read_vtpass(changed)) == "webhook.no_reference"


def test_other_state_of_the_same_payment_is_another_event() -> None:
    pending, paid = (
        webhooks.read_mtn(json.dumps({"externalId": "ref-1", "status": status}).encode())
        for status in ("PENDING", "SUCCESSFUL")
    )

    assert pending.event_id != paid.event_id


@given(st.binary(max_size=300), st.text(max_size=40))
def test_any_bytes_give_a_hint_or_a_clear_refusal(body: bytes, header: str) -> None:
    for read in (
        lambda: webhooks.read_mtn(body, header),
        lambda: webhooks.read_airtel(body, header, keys=("k",)),
        lambda: webhooks.read_paystack(body, header, SECRET),
        lambda: webhooks.read_vtpass(body),
    ):
        try:
            assert read().reference
        except UserError as error:
            assert error.code.startswith("webhook.")
