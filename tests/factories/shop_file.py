"""A shop.json that is right in every key, to change one thing at a time."""

import json
from typing import Any

OPENING_PHRASE = "a phrase for opening the shop"


def shop_json(**changes: Any) -> bytes:
    """The file with top keys replaced; None leaves a key out."""
    shop = {
        "organisation": {"name": "Amashanyarazi Ltd", "tin": "102345678"},
        "sales_point": {"name": "Kimironko", "address": "KG 11 Ave", "phone": "+250788000111"},
        "till_code": "T03",
        "currency": "RWF",
        "time_zone": "Africa/Kigali",
        "language": "rw",
        "users": [
            {"name": "Chantal", "role": "C", "pin": "11111"},
            {"name": "Samuel", "role": "S", "pin": "222222"},
            {"name": "Fatou", "role": "F", "pin": "33333", "institution": "school"},
            {"name": "Alice", "role": "A", "pin": "444444"},
        ],
        "tariffs_csv": "tariffs.csv",
        "supply_groups": [a_group(), a_group(sgc="201457", key_method="04", check_value="13c395")],
        "envelope": {"money": 500000, "units": 2000000},
        "printer": "dummy",
    }
    return json.dumps({key: value for key, value in (shop | changes).items() if value is not None}).encode()


def a_group(**changes: Any) -> dict[str, Any]:
    group = {
        "sgc": "123456",
        "key_method": "02",
        "algorithm": "07",
        "base_date": "14",
        "ti": "01",
        "krn": 1,
        "ken": 255,
        "holders": ["vault"],
        "check_value": "544E54",
    }
    return {key: value for key, value in (group | changes).items() if value is not None}
