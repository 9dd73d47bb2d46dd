"""Examples of what travels, for the OpenAPI document; a test holds each against its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_AT = "2026-11-20T08:00:00.000Z"
_TILL = "01a1f7f8-3000-74d6-abc4-1e2f9bd9d903"
_PLACE = "01a1f7f8-3000-74d6-abc4-19f256a4d832"
_METER = "01a1f7f8-3000-74d6-abc4-1b6105d1ebc7"
_SALE = "01a1f7f8-3000-74d6-abc4-26b81d6e77dc"
_LINE = "01a1f7f8-3000-74d6-abc4-2a5576aa3737"
_READING = "01a1f7f8-3000-74d6-abc4-3b10c20d7e11"
_PROPOSAL = "01a1f7f8-3000-74d6-abc4-4c21d31e8f22"
_DRN = "04100000373"
_DIGITS = "29842436158042523826"
_SIGNATURE = "6e2721c4598911501bd7cc625fcf0f84" * 4
_HASH = "f6f0ee432437d79acd233e968af3981d6c1eb67db3ed705d5a3619f8bf4e1459"
_SERVER_KEY = {
    "key_id": "s1",
    "public_key": "8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394",
}
_PASSWORD = "correct horse battery"  # noqa: S105 - the example of a password

_ENVELOPE = {
    "envelope": {
        "as_of_seq": 0,
        "currency": "RWF",
        "expires_at": None,
        "groups": [
            {"base_date": "14", "holders": ["central", "vault"], "lane": 1, "lanes": 16, "sgc": "123456"}
        ],
        "issued_at": _AT,
        "issuer": "server",
        "key_id": "s1",
        "money_minor": 100_000,
        "sequence": 1,
        "till": _TILL,
        "units_milli": 10_000_000,
        "v": 1,
    },
    "sig": _SIGNATURE,
}
_CHARGED = [
    {"n": 1, "kind": "charge", "code": "monthly", "amount_minor": 500, "units_milli": 0, "tax_code": "VAT"},
    {"n": 2, "kind": "tax", "code": "VAT", "amount_minor": 90, "units_milli": 0, "tax_code": "VAT"},
    {
        **{"n": 3, "kind": "energy", "code": "energy", "amount_minor": 1_780, "units_milli": 20_000},
        **{"tax_code": "VAT", "block": 1, "rate_micro": 89_000_000},
    },
    {
        **{"n": 4, "kind": "energy", "code": "energy", "amount_minor": 1_957, "units_milli": 6_313},
        **{"tax_code": "VAT", "block": 2, "rate_micro": 310_000_000},
    },
    {"n": 5, "kind": "tax", "code": "VAT", "amount_minor": 673, "units_milli": 0, "tax_code": "VAT"},
]
_QUOTE = {
    "sale_id": _SALE,
    "language": "en",
    "money_minor": 5_000,
    "currency": "RWF",
    "items": [
        {
            "n": 1,
            "item_kind": "token",
            "meter": {
                **{"meter_id": _METER, "drn": _DRN, "sgc": "123456", "ti": "01", "krn": 1, "kt": 2},
                **{"ea": "07", "base_date": "14", "dkga": "02"},
            },
            "basis": {
                "tariff_id": "01a1f7f8-3000-74d6-abc4-1a3dc09847d6",
                "tariff_version": 1,
                "tariff_sha256": "47f432033d2ee9561f868d849ad0f20b591fc3d52e97b4e4839b4772d6308965",
                "month": "2026-11",
                "bought_before_milli": 0,
                "charges_taken": [],
                "free_before_milli": 0,
                "arrears_before_minor": 0,
                "meter_cursor": 0,
            },
            "money_minor": 5_000,
            "lines": _CHARGED,
            "units_milli": 26_313,
            "free_milli": 0,
            "carry_in_milli": 0,
            "carry_out_milli": 13,
            "token_units_tenths": 263,
        }
    ],
    "payments": [
        {
            "payment_id": "01a1f7f8-3000-74d6-abc4-2515e4557e8a",
            "tender": "cash",
            "amount_minor": 5_000,
            "change_minor": 0,
        }
    ],
    "holder": "central",
}
_GROUP_KEY = {"krn": 1, "ken": 255, "ti": "01", "kt": 2, "base_date": "14"}
_GROUP = {
    **_GROUP_KEY,
    **{"key_method": "02", "algorithm": "07", "tid_zone": "UTC", "lanes": 16},
    **{"holders": ["central", "vault"], "supplier": "REG", "check_value": "3F1A9C"},
}
_SUPPLIER = {"name": "Utility", "credit_limit_minor": 1_000_000, "is_float_kept": True}
_LEVEL = {
    "name": "Phone known",
    "sale_max_minor": 50_000,
    "day_max_minor": 100_000,
    "month_max_minor": 1_000_000,
}
_CUSTOMER = {
    "sales_point_id": _PLACE,
    "name": "Aline Uwase",
    "phone": "+250788123456",
    "address": "KG 7 Ave 12",
    "area": "Kacyiru",
    "verification": 1,
}
_READ = {
    "reading_id": _READING,
    "meter_id": _METER,
    "register": "total",
    "value_milli": 1_234_500,
    "read_at": _AT,
    "kind": "actual",
}
_READ_ANSWER = {"reading_id": _READING, "result": "accepted", "code": ""}
_PAYMENT_ANSWER = {
    "outcome": "sent",
    "reason": "The payer has not answered yet.",
    "raw": {"at": _AT, "call": "status", "http_status": 200, "body": '{"status":"PENDING"}'},
    "code": "PENDING",
    "amount_minor": 5_000,
    "currency": "RWF",
    "reference": "01a1f7f8-3000-74d6-abc4-2515e4557e8a",
    "provider_reference": "",
    "fee_minor": None,
    "step": None,
    "is_silent": False,
    "ask_after": None,
}
_REFUND = {
    "reference": "01a1f7f8-3000-74d6-abc4-5d32e42f9033",
    "payment_reference": "01a1f7f8-3000-74d6-abc4-2515e4557e8a",
    "provider_reference": "363440463",
    "amount_minor": 5_000,
    "currency": "RWF",
    "note": "Sold twice",
}
_PROVIDER = {
    "code": "mtn_rw",
    "label": "MTN MoMo",
    "tender": "momo",
    "currencies": ["RWF"],
    "countries": ["RW"],
    "means": ["phone"],
    "paces": [{"until_s": 30, "every_s": 3}, {"until_s": 120, "every_s": 10}],
    "then_every_s": 60,
    "grace_s": 120,
    "resend_until_s": 60,
    "alarm_after_s": 3_600,
    "gap_s": 2,
    "can_refund_part": False,
    "can_name_payer": True,
    "least_minor": 100,
    "most_minor": 2_000_000,
}
_SIGN_IN = {"username": "aline@shop", "password": _PASSWORD, "grant_type": "password"}

OF_SCHEMAS: Mapping[str, Any] = {
    "Body_sign_in_token_post": _SIGN_IN,
    "Body_sign_in_v1_token_post": _SIGN_IN,
    "RefreshIn": {"refresh_token": "wSnU0b2Zk8Qm4Xc9Jt1VfYr7Ld3Hp6Ea5Gi0Ok2Nu8B"},
    "ProofIn": {"password": _PASSWORD},
    "OrganisationChange": {"requires_two_factor": True},
    "HealthOut": {"status": "ok"},
    "ReadyOut": {"status": "ready", "database_version": "0009"},
    "RolesOut": {
        "roles": [{"role": "C", "name": "cashier", "permissions": ["sale.create", "sale.view_own"]}]
    },
    "EnrolRequest": {
        **{"code": "K7QZ2M4AXW", "public_key": _HASH, "machine": "counter-1", "till": _TILL},
        **{"till_code": "T01", "currency": "RWF", "time_zone": "Africa/Kigali", "is_demo": False},
        **{"app": "0.5.0", "envelope_sequence": 0, "replaces": None},
    },
    "EnrolAnswer": {
        "till": _TILL,
        "till_code": "T01",
        "organisation": {
            **{"id": "01a1f7f8-3000-74d6-abc4-17e4efda361e", "name": "Corner Shop"},
            **{"time_zone": "Africa/Kigali", "currency": "RWF", "tin": None},
        },
        "sales_point": {"id": _PLACE, "name": "Main", "currency": "RWF", "language": "en"},
        "server_keys": [_SERVER_KEY],
        "envelope": _ENVELOPE,
        "replaced": None,
        "server_time": _AT,
        "min_app": "0.5.0",
    },
    "ChallengeRequest": {"till": _TILL},
    "ChallengeAnswer": {"nonce": "c2b1f0e9d8c7b6a5", "server_time": _AT},
    "TokenRequest": {"till": _TILL, "nonce": "c2b1f0e9d8c7b6a5", "signature": _SIGNATURE},
    "TokenAnswer": {
        "token": "Zq3v9Jt1VfYr7Ld3Hp6Ea5Gi0Ok2Nu8B",
        "expires_in_s": 1_800,
        "scope": "till",
        "server_keys": [_SERVER_KEY],
        "server_time": _AT,
        "min_app": "0.5.0",
        "tills": {"seen": 2, "enrolled": 3},
        "head_seq": 412,
    },
    "CodeIn": {"sales_point_id": _PLACE, "limit_money_minor": 500_000, "limit_units_milli": 2_000_000},
    "EndIn": {"reason": "Stolen from the counter", "is_lost": True},
    "LimitsIn": {"limit_money_minor": 500_000, "limit_units_milli": 2_000_000},
    "WrittenOffOut": {"money_minor": 100_000},
    "PushAnswer": {
        "acked_seq": 1,
        "results": [{"seq": 1, "id": _LINE, "result": "accepted_flagged", "reasons": ["receipt_gap"]}],
        "server_time": _AT,
        "min_app": "0.5.0",
    },
    "PullPage": {
        "rows": [
            {
                **{"arrears_minor": 0, "drn": _DRN, "id": _METER, "service": 0, "sgc": "123456"},
                **{"status": "active", "tariff_code": "RES"},
            }
        ],
        "deleted": [],
        "cursor": "1",
        "more": True,
        "mapping": "1",
    },
    "SignedEnvelope": _ENVELOPE,
    "DayBook": {
        **{"till": _TILL, "day": "2026-11-20", "first_seq": 1, "last_seq": 1, "last_hash": _HASH},
        "pieces": {"sale_delivered": 1},
        "sums_minor": {"charge": 500, "energy": 3_737, "tax": 763},
        "tenders_minor": {"cash": 5_000},
        "tokens": 1,
        "units_milli": 26_313,
    },
    "ReadingsIn": {"readings": [_READ]},
    "ReadingsAnswer": {"results": [_READ_ANSWER]},
    "DeviceIn": {"meter_id": _METER},
    "DeviceOut": {
        "id": "01a1f7f8-3000-74d6-abc4-6e43f53fa144",
        "secret": "pX4w0Kc8Vn2Bm6Zq1Lr5Ty9Ue3Io7Pa0Sd4Fg8Hj2K",
    },
    "ReportIn": {"acknowledged": [{"digits": _DIGITS, "result": "accepted"}], "readings": [_READ]},
    "ReportAnswer": {"acknowledged": 1, "readings": [_READ_ANSWER], "server_time": _AT},
    "ProposalsRequest": {
        "proposals": [
            {
                "proposal_id": _PROPOSAL,
                "resource": "customer",
                "record_sha256": "7ba689ba3de7fc70cc97364363171e37a3a8e2d711cddd01fe01f080cafc3eb0",
                "record": '{"customer_id":"01a1f7f8-3000-74d6-abc4-7f5406404255","name":"Aline Uwase"}',
            }
        ]
    },
    "ProposalsAnswer": {"results": [{"proposal_id": _PROPOSAL, "state": "waiting", "reason": ""}]},
    "VendRequest": {"sale_id": _SALE, "drn": _DRN, "quote": _QUOTE},
    "VendAnswer": {
        "sale_id": _SALE,
        "tokens": [
            {
                **{"n": 1, "token_class": 0, "subclass": 0, "tid": 6_777_120},
                **{"digits": _DIGITS, "tenths": 263},
            }
        ],
        "key": {"krn": 1, "ti": "01", "kt": 2, "base_date": "14"},
    },
    "ProvidersAnswer": {"providers": [_PROVIDER]},
    "HintsAnswer": {
        "hints": [{"provider": "mtn_rw", "reference": _REFUND["payment_reference"]}],
        "after": 17,
    },
    "PayRequest": {
        **{"reference": _REFUND["payment_reference"], "amount_minor": 5_000, "currency": "RWF"},
        **{"pay_by": {"by": "phone", "phone": "+250788123456"}, "payer_text": "Electricity"},
    },
    "PayStep": {"kind": "otp", "value": "123456"},
    "PayRefund": _REFUND,
    "PayAnswer": _PAYMENT_ANSWER,
    "PayerRequest": {"phone": "+250788123456"},
    "PayerAnswer": {"is_active": True, "name": "Aline U."},
    "BalanceAnswer": {"amount_minor": 1_250_000, "currency": "RWF", "at": _AT},
    "BanksAnswer": {"banks": [{"code": "057", "name": "Zenith Bank"}], "at": _AT},
    "SupplierIn": _SUPPLIER,
    "SupplierOut": {"code": "REG", **_SUPPLIER},
    "CommissionIn": {"valid_from": "2026-12-01T00:00:00.000Z", "ppm": 25_000},
    "GroupIn": _GROUP,
    "GroupOut": {"sgc": "123456", "next_key": None, **_GROUP},
    "KeyIn": _GROUP_KEY | {"krn": 2},
    "TariffIn": {
        "name": "Homes",
        "body": {
            **{"code": "RES", "version": 1, "service": "electricity", "currency": "RWF"},
            **{"valid_from": "2026-01-01T00:00:00.000Z", "min_minor": 100, "rounding": "half_up"},
            **{"free_milli": 0, "levies": []},
            "arrears": {"rule": "percent", "ppm": 250_000, "tax_code": ""},
            "blocks": [{"to_milli": 20_000, "rate_micro": 89_000_000}, {"rate_micro": 310_000_000}],
            "charges": [{"code": "monthly", "amount_minor": 500, "period": "month", "tax_code": ""}],
            "taxes": [
                {"code": "VAT", "ppm": 180_000, "inclusive": False, "applies_to": ["energy", "charge"]}
            ],
        },
    },
    "CsvIn": {"text": "name,role,active\nAline Uwase,C,yes\n", "sales_point_id": None},
    "RecordIn": {
        "body": {
            **{"id": "velocity", "kind": "velocity_meter", "action": "hold"},
            "params": {"count": 3, "minutes": 30},
        },
        "scope": None,
    },
    "LevelIn": _LEVEL,
    "LevelOut": {"level": 1, **_LEVEL},
    "MeterChange": {
        **{"service": 0, "customer_id": None, "tariff_code": "RES", "sgc": "123456"},
        **{"status": "active", "account_number": "A-1042", "site": "Block C"},
    },
    "CustomerIn": _CUSTOMER,
}
"""An example of each schema whose fields have none of their own."""

OF_CONTENTS: Mapping[tuple[str, str, str], Any] = {
    ("get", "/metrics", "200"): 'kilotill_sign_ins_total{result="ok"} 12.0\n',
    (
        "get",
        "/v1/sync/lines",
        "200",
    ): f'{{"actor":"…","kind":"sale_delivered","seq":1,"till":"{_TILL}","v":1}}\n',
    ("post", "/v1/sync/push", "request"): (
        f'{{"at":"{_AT}","count":1,"first_seq":1,"head":"{_HASH}","sig":"…","till":"{_TILL}","v":1}}\n'
        f'{{"actor":"…","kind":"sale_delivered","seq":1,"till":"{_TILL}","v":1}}\n'
    ),
    ("post", "/v1/supply-groups/{sgc}/next-key", "202"): None,
}
"""Examples of bodies that have no schema of their own, by method, address, and status or `request`."""
