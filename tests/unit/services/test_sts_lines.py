"""JSON lines: the published vectors through the interface, and every way a line can be bad."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.services.sts_lines import OPERATIONS, LineResult, answer_lines
from pos.services.sts_request import LINE_LENGTH_MAX
from pos.tokens.block import encrypted_token
from pos.tokens.cipher import cipher_for
from pos.tokens.names import EncryptionAlgorithm
from tests.reference.vectors import VECTORS, Reading, Vector, readings

WITHOUT_OPERATION = {"crc", "des_block", "misty1_block", "sta_token_sample_tables"}
KEY = "87f3ecbb2e46b48f"
KEY_128 = "929bd3a415c9420a05ec5ee9f3ce91c3"
READINGS = readings()
LUHN = {"op": "luhn", "payload": "1234567890"}
CREDIT = {"op": "credit", "ea": "07", "dk_hex": KEY, "subclass": 0, "rnd": 5, "tid": 85740, "units": 1}
CREDIT_TOKEN = "70630503470028726114"
CURRENCY = {"op": "currency", "ea": "07", "dk_hex": KEY, "subclass": 4, "tid": 5419321, "amount": "1"}
DISPLAY = {"op": "display", "subclass": 0, "mfr_code": 0, "test": 0}
MANAGEMENT = {
    "op": "management",
    "ea": "07",
    "dk_hex": KEY,
    "subclass": 5,
    "rnd": 5,
    "tid": 85740,
    "value": 0,
}
DECODER_KEY = {
    "op": "decoder_key",
    "dkga": "04",
    "vk_hex": "abababababababab949494949494949401234567",
    "kt": 2,
    "sgc": "201457",
    "ti": "01",
    "krn": 1,
    "pan": "600727000000000009",
    "base_date": "14",
    "ea": "07",
}
KEY_CHANGE = {
    "op": "key_change",
    "ea": "07",
    "old_dk_hex": KEY,
    "new_dk_hex": "7f78cdd220be39b8",
    "ken": 255,
    "krn": 1,
    "ro": 0,
    "kt": 2,
    "ti": "02",
    "sgc": "201457",
}
DECODE = {"op": "decode", "ea": "07", "dk_hex": KEY, "token": CREDIT_TOKEN}
TID = {"op": "tid", "base_date": "14", "issued": "2014-03-01 13:00"}
AMOUNT = {"op": "amount", "units": 1}
PAN = {"op": "pan", "drn": "00000000000"}
GOOD = [
    LUHN,
    CREDIT,
    CURRENCY,
    DISPLAY,
    MANAGEMENT,
    DECODER_KEY,
    KEY_CHANGE,
    DECODE,
    TID,
    AMOUNT,
    PAN,
]
CALLED_OTHERWISE = {
    "dkga02": ("dkga",),
    "dkga04": ("dkga",),
    "kct": ("ken", "krn", "kt", "ti", "sgc"),
}
GOOD_ALL_THE_SAME = [("payload", "9" * 60), ("amount", -1), ("ro", True)]


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS if v["kind"] not in WITHOUT_OPERATION], ids=lambda vector: vector["id"]
)
def test_lines_given_a_published_vector_answer_all_its_expected_values(vector: Vector) -> None:
    request, expected = _question(vector)

    answer = _ask({"id": vector["id"], **request})

    assert answer.pop("id") == vector["id"]
    assert {name: answer.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS if v["kind"] not in WITHOUT_OPERATION], ids=lambda vector: vector["id"]
)
def test_lines_given_a_published_vector_with_all_it_says_answer_its_expected_values(vector: Vector) -> None:
    """Notes, names and results stand in the request too; only what a vector calls otherwise is added."""
    request, expected = _question(vector)

    answer = _ask({**vector, **_pick(request, "op", *CALLED_OTHERWISE.get(vector["kind"], ()))})

    assert {name: answer.get(name) for name in expected} == expected


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.id)
def test_lines_decoding_a_published_token_give_its_fields_back(reading: Reading) -> None:
    key = {"ea": reading.ea, "dk_hex": reading.key.hex()} if reading.ea else {}

    answer = _ask({"op": "decode", "token": reading.token, **key})

    assert (answer["class"], answer["subclass"]) == (reading.token_class, reading.subclass)
    assert answer["token_class"] == answer["class"]
    assert {name: answer["fields"][name] for name in reading.fields} == reading.fields
    assert {name: answer[name] for name in answer["fields"]} == answer["fields"]
    assert answer.get("tid") == reading.fields.get("tid")


@pytest.mark.parametrize(
    "reading", [reading for reading in READINGS if reading.ea], ids=lambda reading: reading.id
)
def test_lines_decoding_a_published_token_with_another_key_answer_the_crc_error(reading: Reading) -> None:
    question = {"op": "decode", "token": reading.token, "ea": reading.ea, "dk_hex": reading.other_key().hex()}

    assert _refusal(question) == "token.crc"


def test_vectors_without_an_operation_are_four_kinds_of_building_blocks() -> None:
    asked = {vector["kind"] for vector in VECTORS} - WITHOUT_OPERATION

    assert {_question(next(v for v in VECTORS if v["kind"] == kind))[0]["op"] for kind in asked} == set(
        OPERATIONS
    )


@pytest.mark.parametrize("request_", GOOD, ids=lambda request: request["op"])
def test_operation_with_any_value_missing_names_it_or_does_without(request_: Vector) -> None:
    assert "error" not in _ask(request_)
    for name in request_:
        for absent in ({}, {name: None}):
            answer = _ask({**{key: value for key, value in request_.items() if key != name}, **absent})
            assert answer["error"]["code"] in ("line.missing", "token.key_needed")
            assert name in answer["error"]["message"] or name in ("ea", "dk_hex", "units", "test", "value")


@pytest.mark.parametrize("request_", GOOD, ids=lambda request: request["op"])
def test_operation_with_any_value_of_a_wrong_type_is_refused(request_: Vector) -> None:
    for name in request_:
        for wrong in (True, 1.5, [], {}, "", "x", -1, 10**50, "9" * 60, "\ud800", "\uff11"):
            answer = _ask({**request_, name: wrong})
            assert ("error" in answer) == ((name, wrong) not in GOOD_ALL_THE_SAME), (name, wrong)
            if "error" in answer:
                assert re.fullmatch(r"[a-z]+\.[a-z_]+", answer["error"]["code"]), (name, wrong)
                assert answer["error"]["message"].endswith("."), (name, wrong)
            assert len(json.dumps(answer)) < 1000


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{", "line.not_json"),
        ("hello", "line.not_json"),
        ('{"op":"luhn","payload":"1"} x', "line.not_json"),
        ("{'op':'luhn'}", "line.not_json"),
        ('{"op":"luhn","payload":"1","id":NaN}', "line.not_json"),
        ('{"op":"luhn","payload":"1","id":-Infinity}', "line.not_json"),
        ('{"op":"luhn","payload":"1","id":1e999}', "line.not_json"),
        ('{"op":"luhn","payload":"1","id":' + "1" * 5000 + "}", "line.not_json"),
        ("\ufffd\ufffd", "line.not_json"),
        ("\x00", "line.not_json"),
        ("[" * 50_000 + "]" * 50_000, "line.not_json"),
        ('{"a":' * 15_000 + "1" + "}" * 15_000, "line.not_json"),
        ("[]", "line.not_object"),
        ("1", "line.not_object"),
        ("null", "line.not_object"),
        ('"op"', "line.not_object"),
        ("{}", "line.missing"),
        ('{"op":null}', "line.missing"),
        ('{"op":1}', "line.type"),
        ('{"op":["luhn"]}', "line.type"),
        ('{"op":"sell"}', "line.op"),
        ('{"op":"' + "x" * 1000 + '"}', "line.op"),
        (" " * LINE_LENGTH_MAX + "1", "line.too_long"),
        ('{"op":"luhn","payload":"' + "1" * LINE_LENGTH_MAX + '"}', "line.too_long"),
    ],
    ids=lambda value: value[:30],
)
def test_line_that_is_no_request_answers_its_code(line: str, code: str) -> None:
    (result,) = answer_lines([line])

    assert result.is_error
    assert json.loads(result.text)["error"]["code"] == code
    assert len(result.text) < 600


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({**CREDIT, "tid": "x"}, "line.type"),
        ({**CREDIT, "tid": True}, "line.type"),
        ({**CREDIT, "tid": 85740.0}, "line.type"),
        ({**CREDIT, "tid": "8_5"}, "line.type"),
        ({**CREDIT, "tid": "\u0661"}, "line.type"),
        ({**CREDIT, "tid": 10**40}, "line.type"),
        ({**CREDIT, "tid": 10**39}, "field.range"),
        ({**CREDIT, "tid": -1}, "field.range"),
        ({**CREDIT, "rnd": "16"}, "field.range"),
        ({**CREDIT, "units": -1}, "amount.range"),
        ({**CREDIT, "units": 18201625}, "amount.range"),
        ({**CREDIT, "units": 0.1}, "line.type"),
        ({**CREDIT, "amount_field": 2}, "line.conflict"),
        ({**CREDIT, "amount_field": "x"}, "line.type"),
        ({**CREDIT, "subclass": 4}, "field.subclass"),
        ({**CREDIT, "ea": "09"}, "unsupported.ea09"),
        ({**CREDIT, "ea": "08"}, "line.choice"),
        ({**CREDIT, "ea": 1000}, "line.choice"),
        ({**CREDIT, "ea": True}, "line.type"),
        ({**CREDIT, "ea": "11"}, "key.length"),
        ({**CREDIT, "dk_hex": "xy"}, "line.hex"),
        ({**CREDIT, "dk_hex": KEY[:-1]}, "line.hex"),
        ({**CREDIT, "dk_hex": f"{KEY[:8]} {KEY[8:-1]}"}, "line.hex"),
        ({**CREDIT, "dk_hex": 12345678}, "line.type"),
        ({**CREDIT, "ken": 0}, "key.expired"),
        ({**CREDIT, "ken": 256}, "field.range"),
        ({**CREDIT, "ken": -1}, "field.range"),
        ({**CREDIT, "ken": "x"}, "line.type"),
        ({**CURRENCY, "amount": "1,0"}, "amount.not_decimal"),
        ({**CURRENCY, "amount": "1e38"}, "amount.range"),
        ({**CURRENCY, "amount": "1" * 101}, "amount.too_long"),
        ({**CURRENCY, "amount": -(10**40)}, "amount.range"),
        ({**CURRENCY, "amount": 1.5}, "line.type"),
        ({**CURRENCY, "amount_field": 24745}, "line.conflict"),
        ({**CURRENCY, "s_and_e": 8}, "line.conflict"),
        ({**CURRENCY, "amount": None, "s_and_e": 0}, "line.missing"),
        ({**CURRENCY, "amount": None, "amount_field": 24746}, "line.missing"),
        ({**CURRENCY, "amount": None, "amount_field": 24746, "s_and_e": 16}, "field.range"),
        ({**CURRENCY, "amount": None, "amount_field": 65536, "s_and_e": 0}, "field.range"),
        ({**CURRENCY, "subclass": 0}, "field.subclass"),
        ({**CURRENCY, "ken": 81}, "key.expired"),
        ({**DISPLAY, "test": 37}, "field.range"),
        ({**DISPLAY, "test": None, "control_hex": "xyz"}, "line.hex"),
        ({**DISPLAY, "test": None, "control_hex": "0x1"}, "line.hex"),
        ({**DISPLAY, "test": None, "control_hex": "1" * 17}, "line.hex"),
        ({**DISPLAY, "test": None, "control_hex": "1" * 16}, "field.range"),
        ({**DISPLAY, "mfr_code": 100}, "field.range"),
        ({**MANAGEMENT, "value_field": 1}, "field.pad"),
        ({**MANAGEMENT, "value": 1}, "field.pad"),
        ({**MANAGEMENT, "subclass": 1, "value": 9}, "field.register"),
        ({**MANAGEMENT, "subclass": 3}, "field.subclass"),
        ({**MANAGEMENT, "ken": 0}, "key.expired"),
        ({**DECODER_KEY, "dkga": "01"}, "unsupported.dkga01"),
        ({**DECODER_KEY, "dkga": 3}, "unsupported.dkga03"),
        ({**DECODER_KEY, "dkga": "05"}, "line.choice"),
        ({**DECODER_KEY, "dkga": "02"}, "key.length"),
        ({**DECODER_KEY, "dkga": "02", "vk_hex": "aa" * 8}, "key.parity"),
        ({**DECODER_KEY, "pan": "1"}, "pan.length"),
        ({**DECODER_KEY, "pan": 1}, "pan.check_digit"),
        ({**DECODER_KEY, "sgc": 1234567}, "key.sgc"),
        ({**DECODER_KEY, "sgc": -1}, "line.type"),
        ({**DECODER_KEY, "base_date": "15"}, "line.choice"),
        ({**KEY_CHANGE, "ro": "2"}, "line.type"),
        ({**KEY_CHANGE, "ro": "true"}, "line.type"),
        ({**KEY_CHANGE, "ro": 2}, "line.type"),
        ({**KEY_CHANGE, "ro": 1.0}, "line.type"),
        ({**KEY_CHANGE, "three_token": "yes"}, "line.type"),
        (
            {
                **KEY_CHANGE,
                "ea": "11",
                "old_dk_hex": KEY_128,
                "new_dk_hex": KEY_128,
                "three_token": True,
            },
            "field.three_token",
        ),
        ({**KEY_CHANGE, "ken": 256}, "field.range"),
        ({**DECODE, "token": "1"}, "token.length"),
        ({**DECODE, "token": 10**20}, "token.length"),
        ({**DECODE, "token": "9" * 20}, "token.range"),
        ({**DECODE, "token": f"{3 << 27:020d}"}, "token.class"),
        ({**DECODE, "token": "x" * 20}, "token.not_digits"),
        ({**DECODE, "token": "0" * 20}, "token.crc"),
        ({**DECODE, "dk_hex": None}, "token.key_needed"),
        ({**DECODE, "base_date": 2014}, "line.choice"),
        ({**TID, "issued": "2014-02-30 00:00"}, "line.instant"),
        ({**TID, "issued": "2014-3-1 13:00"}, "line.instant"),
        ({**TID, "issued": "2014-03-01T13:00"}, "line.instant"),
        ({**TID, "issued": "2014-03-01 24:00"}, "line.instant"),
        ({**TID, "issued": "٢٠١٤-03-01 13:00"}, "line.instant"),
        ({**TID, "issued": "0000-01-01 00:00"}, "line.instant"),
        ({**TID, "issued": 20140301}, "line.type"),
        ({**TID, "issued": "2013-12-31 23:59"}, "tid.before_base_date"),
        ({**TID, "issued": "0001-01-01 00:00"}, "tid.before_base_date"),
        ({**TID, "issued": "9999-12-31 23:59"}, "tid.exhausted"),
        ({**TID, "ken": 0}, "key.expired"),
        ({**AMOUNT, "amount_field": 2}, "line.conflict"),
        ({"op": "amount", "amount_field": 65536}, "field.amount"),
        ({**LUHN, "payload": "12x"}, "meter.not_digits"),
        ({**LUHN, "payload": ""}, "meter.not_digits"),
        ({**PAN, "drn": 12345678903}, "line.type"),
    ],
    ids=str,
)
def test_request_with_a_bad_value_answers_its_code(request_: Vector, code: str) -> None:
    assert _refusal(request_) == code


@pytest.mark.parametrize(
    "id_",
    [0, -1, 1.5, "", "a\nb", "\ud800", "é", True, False, None, [], [1, [2]], {}, {"a": None}, 10**300],
    ids=repr,
)
def test_id_of_any_json_type_comes_back_with_an_answer_and_with_an_error(id_: object) -> None:
    right, wrong = _ask({**LUHN, "id": id_}), _ask({"op": "sell", "id": id_})

    assert right == {"id": id_, "check_digit": 3}
    assert wrong["id"] == id_
    assert type(right["id"]) is type(id_)
    assert wrong["error"]["code"] == "line.op"


def test_id_comes_back_only_when_there_is_one() -> None:
    assert _ask(LUHN) == {"check_digit": 3}


@pytest.mark.parametrize("depth", [1, 100, 500, 900, 940, 960, 980, 990, 1000, 2000, 14_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a": ', "}")], ids=["arrays", "objects"])
def test_id_nested_to_any_depth_is_echoed_or_refused(depth: int, opening: str, closing: str) -> None:
    id_ = opening * depth + "1" + closing * depth
    line = '{"op":"luhn","payload":"1234567890","id":' + id_ + "}"

    (result,) = answer_lines([line])

    assert result.is_error == ('"line.not_json"' in result.text)
    assert result.is_error or id_ in result.text


def test_lines_after_bad_ones_are_answered_in_order_and_blank_ones_are_not() -> None:
    good = json.dumps(LUHN)

    results = list(answer_lines([good, "", "{", "  \t\r\n", "[]", good + "\r\n", "\n"]))

    assert [result.is_error for result in results] == [False, True, True, False]
    assert results[0] == results[3] == LineResult('{"check_digit": 3}', is_error=False)
    assert not any("\n" in result.text for result in results)


def test_lines_are_answered_one_by_one_as_they_come() -> None:
    asked = []

    def lines():
        for number in range(3):
            asked.append(number)
            yield json.dumps(LUHN)

    next(answer_lines(lines()))

    assert asked == [0]


def test_name_when_given_twice_is_refused() -> None:
    (result,) = answer_lines(['{"op":"luhn","payload":"1","payload":"1234567890"}'])

    assert result.is_error
    assert json.loads(result.text)["error"]["code"] == "line.name_twice"


@pytest.mark.parametrize("line", ['{"id":7,"op":"luhn","op":"luhn"}', '{"op":"luhn","op":"luhn","id":7}'])
def test_name_when_given_twice_leaves_the_id_of_the_line(line: str) -> None:
    (result,) = answer_lines([line])

    assert json.loads(result.text)["id"] == 7
    assert json.loads(result.text)["error"]["code"] == "line.name_twice"


def test_name_when_given_twice_inside_the_id_does_not_matter() -> None:
    (result,) = answer_lines(['{"op":"luhn","payload":"1234567890","id":[{"a":1,"a":2}]}'])

    assert json.loads(result.text) == {"id": [{"a": 2}], "check_digit": 3}


def test_names_that_are_not_known_are_ignored() -> None:
    assert _ask({**LUHN, "colour": "red", "ken": 0}) == {"check_digit": 3}


@pytest.mark.parametrize(
    "changes",
    [
        {"subclass": "0", "rnd": "5", "tid": "85740", "units": "1"},
        {"ea": 7, "dk_hex": KEY.upper()},
        {"units": None, "amount_field": 1},
        {"amount_field": 1},
        {"amount_field": "1", "units": "1"},
        {"ken": 255},
        {"ken": "1"},
    ],
    ids=str,
)
def test_credit_with_its_values_in_other_forms_is_the_same_token(changes: Vector) -> None:
    assert _ask({**CREDIT, **changes}) == {"token": CREDIT_TOKEN, "amount_field": 1}


@pytest.mark.parametrize("amount", ["1", "1.0", "+1", "1e0", 1, "0.99999", "100000E-5"])
def test_currency_with_its_amount_in_other_forms_is_the_same_token(amount: object) -> None:
    assert _ask({**CURRENCY, "amount": amount})["token"] == "42334201269947232996"


@pytest.mark.parametrize("amount", [-1, -20, "-1", 0, "0e999", "-0.00", "1e-1000"])
def test_currency_with_any_amount_is_the_token_of_its_two_fields(amount: object) -> None:
    answer = _ask({**CURRENCY, "amount": amount})
    parts = _pick(answer, "s_and_e", "amount_field")

    assert _ask({**CURRENCY, "amount": None, **parts}) == answer
    assert _ask({**CURRENCY, "amount": amount, **parts}) == answer


def test_currency_with_a_bare_fraction_says_to_put_it_in_quotes() -> None:
    for amount in (1.5, 1e5, -0.1):
        assert "in quotes" in _ask({**CURRENCY, "amount": amount})["error"]["message"]


@pytest.mark.parametrize("test", [0, 37, -1, "CTSA11.4 a", [], 1.5])
def test_display_with_control_bits_takes_them_whatever_stands_as_test(test: object) -> None:
    assert _ask({**DISPLAY, "control_hex": "8", "test": test}) == {"token": "18446744073843772416"}


@pytest.mark.parametrize("value", [0, 180_224, -1, "high", 0.5, []])
def test_management_with_a_field_takes_it_whatever_stands_as_value(value: object) -> None:
    request = {**MANAGEMENT, "subclass": 0, "value": None, "value_field": 32768}

    assert _ask({**request, "value": value}) == _ask(request)
    assert _ask(request)["value_field"] == 32768


def test_decoder_key_with_codes_as_numbers_fills_their_zeros() -> None:
    assert _ask({**DECODER_KEY, "dkga": 4, "ti": 1, "sgc": 201457, "ea": 7}) == {"dk_hex": KEY}


@pytest.mark.parametrize(
    ("three_token", "count"), [(None, 2), (False, 2), (0, 2), ("0", 2), (True, 3), (1, 3), ("1", 3)]
)
def test_key_change_of_64_bits_has_a_third_token_when_asked(three_token: object, count: int) -> None:
    assert len(_ask({**KEY_CHANGE, "three_token": three_token})["tokens"]) == count


def test_key_change_with_its_rollover_in_any_form_is_the_same_set() -> None:
    yes, no = (
        [_ask({**KEY_CHANGE, "ro": ro})["tokens"] for ro in forms]
        for forms in ((True, 1, "1"), (False, 0, "0"))
    )

    assert yes[0] != no[0]
    assert yes == yes[:1] * 3
    assert no == no[:1] * 3


def test_key_change_of_128_bits_has_four_tokens() -> None:
    request = {**KEY_CHANGE, "ea": "11", "old_dk_hex": KEY_128, "new_dk_hex": KEY_128, "ro": True}

    assert len(_ask(request)["tokens"]) == 4


@pytest.mark.parametrize(
    "token", [CREDIT_TOKEN, "7063 0503 4700 2872 6114", " -7063-0503-47002872 6114-", int(CREDIT_TOKEN)]
)
def test_decode_with_a_base_date_says_when_the_token_was_made(token: object) -> None:
    answer = _ask({**DECODE, "token": token, "base_date": "14"})

    assert answer["tid"] == 85740
    assert answer["issued"] == "2014-03-01 13:00"
    assert answer["instant"] == "2014-03-01T13:00:00.000Z"
    assert (answer["class_name"], answer["name"]) == ("credit", "electricity credit")


def test_decode_of_a_display_token_needs_no_key_and_has_no_instant() -> None:
    answer = _ask({"op": "decode", "token": "56493153725450313471", "base_date": "14"})

    assert answer["fields"] == {"control_hex": "fffffffff", "mfr_code": 0, "tests": [0]}
    assert answer["tests"] == [0]
    assert "tid" not in answer
    assert "issued" not in answer


@pytest.mark.parametrize(
    "key",
    [{"dk_hex": KEY}, {"dk_hex": "xyz"}, {"dk_hex": KEY, "ea": "11"}, {"dk_hex": 1, "ea": "09"}, {"ea": 1.5}],
    ids=str,
)
def test_decode_of_a_display_token_with_any_key_does_not_look_at_it(key: Vector) -> None:
    alone = {"op": "decode", "token": "5649 3153 7254 5031 3471"}

    assert _ask({**alone, **key}) == _ask(alone)


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        (CREDIT, "TransferCredit"),
        (CURRENCY, "TransferCredit"),
        (DISPLAY, "InitiateMeterTest"),
        ({**DISPLAY, "subclass": 2, "test": None, "control_hex": "1"}, None),
        *[
            ({**MANAGEMENT, "subclass": subclass}, name)
            for subclass, name in (
                (0, "SetMaximumPowerLimit"),
                (1, "ClearCredit"),
                (2, "SetTariffRate"),
                (5, "ClearTamperCondition"),
                (6, "SetMaximumPhasePowerUnbalanceLimit"),
                (7, "SetWaterMeterFactor"),
                (10, "ExtendedTokenSet"),
            )
        ],
    ],
    ids=str,
)
def test_decode_says_the_name_that_the_standard_gives_the_token(request_: Vector, name: str | None) -> None:
    answer = _ask({**DECODE, "token": _ask(request_)["token"]})

    assert answer["standard_name"] == name


def test_decode_of_a_key_change_set_says_the_standards_name_of_each_section() -> None:
    tokens = _ask({**KEY_CHANGE, "ea": "11", "old_dk_hex": KEY_128, "new_dk_hex": KEY_128})["tokens"]
    names = [
        _ask({"op": "decode", "ea": "11", "dk_hex": KEY_128, "token": token})["standard_name"]
        for token in tokens
    ]

    assert names == [f"Set{nth}SectionDecoderKey" for nth in ("1st", "2nd", "3rd", "4th")]


@pytest.mark.parametrize("vector", [v for v in VECTORS if v["kind"] == "token_class2"], ids=lambda v: v["id"])
def test_decode_of_a_published_management_token_says_the_vectors_name(vector: Vector) -> None:
    answer = _ask({"op": "decode", **_pick(vector, "ea", "dk_hex", "token")})

    assert answer["standard_name"] == vector["name"]


def test_decode_of_a_token_of_a_makers_own_has_no_standard_name() -> None:
    cipher = cipher_for(EncryptionAlgorithm.STA, bytes.fromhex(KEY))

    for token_class in (0, 2):
        answer = _ask({**DECODE, "token": encrypted_token(cipher, token_class, 15 << 44)})
        assert answer["standard_name"] is None


def test_amount_of_units_says_what_the_meter_reads_and_what_a_sale_uses() -> None:
    assert _ask({"op": "amount", "units": 1818625}) == {
        "amount_field": 49153,
        "units": 1818625,
        "decoded": 1819624,
        "not_above": 1818624,
    }


def test_pan_of_a_meter_number_says_its_parts() -> None:
    assert _ask(PAN) == {
        "drn": "00000000000",
        "manufacturer": "00",
        "serial": "00000000",
        "checks": {"digits": True, "length": True, "check_digit": True},
        "issuer": "600727",
        "pan": "600727000000000009",
    }


@pytest.mark.parametrize(
    ("drn", "checks", "code"),
    [
        ("12345678904", (True, True, False), "meter.check_digit"),
        ("1234567890", (True, False, False), "meter.length"),
        ("12345678903 0", (True, False, False), "meter.length"),
        ("18", (True, False, True), "meter.length"),
        ("1", (True, False, False), "meter.length"),
        ("", (False, False, False), "meter.not_digits"),
        ("1234567890x", (False, True, False), "meter.not_digits"),
        ("12345678\u0669\u0660\u0663", (False, True, False), "meter.not_digits"),
        ("x", (False, False, False), "meter.not_digits"),
    ],
)
def test_pan_of_a_wrong_number_says_each_verdict_beside_the_error(
    drn: str, checks: tuple[bool, bool, bool], code: str
) -> None:
    answer = _ask({"op": "pan", "drn": drn})

    assert set(answer) == {"checks", "error"}
    assert answer["checks"] == dict(zip(("digits", "length", "check_digit"), checks, strict=True))
    assert answer["error"]["code"] == code


def test_pan_of_a_number_without_quotes_says_that_zeros_would_be_lost() -> None:
    assert "leading zeros" in _ask({"op": "pan", "drn": 12345678903})["error"]["message"]


@given(line=st.text(max_size=200))
def test_line_of_any_text_is_answered_with_one_line_of_ascii(line: str) -> None:
    for result in answer_lines([line]):
        assert result.text.isascii()
        assert isinstance(json.loads(result.text), dict)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(
    request_=st.sampled_from(GOOD),
    changes=st.dictionaries(
        st.sampled_from(sorted({name for good in GOOD for name in good} - {"op"})), json_values, max_size=4
    ),
)
def test_request_with_any_values_is_answered_or_refused_with_a_code(
    request_: Vector, changes: Vector
) -> None:
    answer = _ask({**request_, **changes})

    assert "error" not in answer or set(answer["error"]) == {"code", "message"}


def _ask(request: Vector) -> Any:
    (result,) = answer_lines([json.dumps(request)])
    answer = json.loads(result.text)
    assert result.is_error == ("error" in answer)
    return answer


def _refusal(request: Vector) -> str:
    answer = _ask(request)
    assert set(answer) == {"error"}, answer
    assert answer["error"]["message"].endswith(".")
    return answer["error"]["code"]


def _question(v: Vector) -> tuple[Vector, Vector]:
    """What to ask for a vector, and what must be answered."""
    match v["kind"]:
        case "amount":
            expected = {"amount_field": v["field"], "decoded": v["decoded"]}
            return {"op": "amount", "units": v["units"]}, expected
        case "dkga02" | "dkga04" as kind:
            names = ("vk_hex", "kt", "sgc", "ti", "krn", "pan", "base_date", "ea")
            request = {"op": "decoder_key", "dkga": kind[-2:], **_pick(v, *names)}
            return request, {"dk_hex": v["dk_hex"]}
        case "tid":
            return {"op": "tid", **_pick(v, "base_date", "issued")}, {"tid": v["tid"]}
        case "reject_key_expired":
            expected = {"error": _ask({"op": "tid", **_pick(v, "base_date", "issued", "ken")})["error"]}
            assert expected["error"]["code"] == "key.expired"
            return {"op": "tid", **_pick(v, "base_date", "issued", "ken")}, expected
        case "luhn":
            return {"op": "luhn", "payload": v["payload"]}, {"check_digit": v["check_digit"]}
        case "luhn_invalid":
            error = _ask({"op": "pan", "drn": v["drn"]})["error"]
            assert error["code"] == "meter.check_digit"
            checks = {"digits": True, "length": True, "check_digit": False}
            return {"op": "pan", "drn": v["drn"]}, {"error": error, "checks": checks}
        case _:
            return _token_question(v)


def _token_question(v: Vector) -> tuple[Vector, Vector]:
    token = _pick(v, "ea", "dk_hex", "subclass", "rnd", "tid")
    match v["kind"]:
        case "token_class0":
            asked = {"units": v["units"]} if "units" in v else {"amount_field": v["amount_field"]}
            return {"op": "credit", **token, **asked}, _pick(v, "token", "amount_field")
        case "token_currency":
            names = ("token", "s_and_e", "amount_field", "exponent", "mantissa")
            return {"op": "currency", **token, "amount": v.get("amount", _amount_text(v))}, _pick(v, *names)
        case "token_class1":
            return {"op": "display", **_pick(v, "subclass", "control_hex", "mfr_code")}, _pick(v, "token")
        case "token_class2":
            asked = {"value": v["value"]} if "value" in v else {"value_field": v["value_field"]}
            return {"op": "management", **token, **asked}, _pick(v, "token", "value_field")
        case "kct":
            new = {name: v[f"new_{name}"] for name in ("ken", "krn", "kt", "ti", "sgc")}
            keys = _pick(v, "ea", "old_dk_hex", "new_dk_hex", "ro", "three_token")
            return {"op": "key_change", **keys, **new}, _pick(v, "tokens")
        case _:
            request = {"op": "decode", **_pick(v, "ea", "dk_hex", "token")}
            names = ("section", "ken_ho", "krn", "ro", "three_kct", "kt", "ken_lo", "ti", "sgc_part")
            fields = _pick(v, *names, "key_part_hex")
            return request, {"class": 2, "subclass": (3, 4, 8, 9)[v["section"] - 1], "fields": fields}


def _amount_text(v: Vector) -> str:
    """The exact amount of a field, in the base currency."""
    exponent, mantissa = (v["s_and_e"] & 7) << 2 | v["amount_field"] >> 14, v["amount_field"] & 0x3FFF
    steps = 10**exponent * mantissa + 16384 * (10**exponent - 1) // 9
    return f"{'-' if v['s_and_e'] >> 3 else ''}{steps // 100_000}.{steps % 100_000:05d}"


def _pick(vector: Vector, *names: str) -> Vector:
    return {name: vector[name] for name in names if name in vector}
