"""The answers of the first start, and the checks of shop.json on them: one set of rules for both ways."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pos.domain.tariff_csv import parse_tariffs
from pos.errors import KilotillError
from pos.services.shop_file import ShopPlan, read_shop_plan
from pos.services.shop_object import ShopValueError
from pos.system.vault_file import PHRASE_LENGTH_MIN
from pos.ui.refusal_words import WORDS

Entry = Mapping[str, str]
FieldPath = tuple[int, str]
"""A field: the place of its supply group, or -1, and its name."""

Say = Callable[..., str]

GROUP_FIELDS = ("sgc", "ti", "krn", "check_value", "key_method", "algorithm", "base_date")
BLANK_GROUP: Entry = {
    "sgc": "",
    "ti": "01",
    "krn": "1",
    "check_value": "",
    "key_method": "04",
    "algorithm": "07",
    "base_date": "14",
}
OWN, UTILITY = "own", "utility"
_SUPPLIER = {"supplier_code", "supplier_name", "credit_limit"}

_WAYS = {
    "organisation": "organisation.name",
    "tin": "organisation.tin",
    "sales_point": "sales_point.name",
    "address": "sales_point.address",
    "phone": "sales_point.phone",
    "till_code": "till_code",
    "currency": "currency",
    "time_zone": "time_zone",
    "language": "language",
    "name": "users[0].name",
    "pin": "users[0].pin",
    "money": "envelope.money",
    "units": "envelope.units",
    "supplier_code": "supplier.code",
    "supplier_name": "supplier.name",
    "credit_limit": "supplier.credit_limit",
    "tariffs": "tariffs_csv",
    "printer": "printer",
    "backup_folder": "backup_folder",
}
"""Each field's way in shop.json."""

_SOUND: Entry = {
    **{"organisation": "A", "sales_point": "A", "till_code": "T1", "currency": "RWF"},
    **{"time_zone": "Africa/Kigali", "language": "en", "name": "A", "pin": "123456"},
    **{"money": "1", "units": "1", "supplier_code": "a", "supplier_name": "A", "credit_limit": "0"},
}
"""What stands in for a field that is not asked about, or is already known to be wrong."""

_SENTENCES = {
    "till_code": "2 to 4 capital letters or digits, such as T01.",
    "pin": "6 to 8 digits.",
    "money": "Write a number above zero, with a dot: 12.5",
    "units": "Write a number above zero, with a dot: 12.5",
    "credit_limit": "Write a number, with a dot: 12.5",
    "supplier_code": "A short word of small letters, such as reg.",
    "sgc": "The supply group code has 6 digits.",
    "ti": "The tariff index has 2 digits.",
    "krn": "The revision is a number from 1 to 9.",
    "check_value": "The check value has 6 letters and digits, 0-9 and A-F.",
    "time_zone": "Choose a time zone.",
    "printer": "Write it like network:192.168.0.50, usb:04b8:0202 or windows:NAME.",
}

_PRINTER = re.compile(r"(network|usb|serial|windows|file):.+|dummy:")
_PLACE = re.compile(r"supply_groups\[([0-9]+)\](?:\.(\w+))?")


SECRETS = frozenset({"pin", "pin_again", "phrase", "phrase_again", "passphrase", "passphrase_again"})


@dataclass(frozen=True, slots=True)
class Answers:
    """What was typed; secrets stay in memory and go when the till is made."""

    texts: Entry = field(default_factory=dict, repr=False)
    groups: tuple[Entry, ...] = ()

    def text(self, name: str) -> str:
        """Return an answer without blanks around it."""
        return self.texts.get(name, "").strip()

    def with_text(self, path: FieldPath, text: str) -> Answers:
        """Return the answers with another text."""
        place, name = path
        if place < 0:
            return replace(self, texts={**self.texts, name: text})
        groups = list(self.groups)
        groups[place] = {**groups[place], name: text}
        return replace(self, groups=tuple(groups))

    def entry(self, path: FieldPath) -> str:
        """Return what was typed in a field."""
        place, name = path
        return self.texts.get(name, "") if place < 0 else self.groups[place].get(name, "")

    def without_secrets(self) -> Answers:
        """Return the answers without PIN and phrases."""
        return replace(self, texts={name: text for name, text in self.texts.items() if name not in SECRETS})


def read_plan(answers: Answers) -> ShopPlan:
    """Return the plan of all answers. Raises UserError as `read_shop_plan`."""
    return read_shop_plan(_document(answers, frozenset(), is_whole=True), Path())


def wrong_of(answers: Answers, names: tuple[str, ...], say: Say) -> dict[FieldPath, str]:
    """Return what is wrong with some fields, by field; `supply_groups` stands for all groups."""
    wrong: dict[FieldPath, str] = {}
    asked = set(names)
    for name in names:
        check = _OWN_CHECKS.get(name)
        sentence = "" if check is None else check(answers, say)
        if sentence:
            wrong[-1, name] = sentence
            asked.discard(name)
    known_wrong: set[str] = set()
    while True:
        shown = _only(answers, asked - known_wrong)
        try:
            read_shop_plan(_document(shown, asked - known_wrong, is_whole=False), Path())
        except ShopValueError as error:
            path = _path_of(error.where)
            if path in wrong or path[1] in known_wrong:
                return wrong
            wrong[path] = _sentence(path, answers, say)
            known_wrong.add("supply_groups" if path[0] >= 0 else path[1])
        except KilotillError as error:
            wrong[-1, names[0]] = say(WORDS.get(error.code, error.text))
            return wrong
        else:
            return wrong


def _only(answers: Answers, asked: set[str]) -> Answers:
    groups = answers.groups if "supply_groups" in asked else ()
    texts = {name: answers.texts.get(name, "") if name in asked else text for name, text in _SOUND.items()}
    optional = {name: answers.texts.get(name, "") for name in asked if name not in texts}
    supplier = answers.texts.get("supplier", OWN) if asked & _SUPPLIER else OWN
    # A currency decides how amounts are read.
    currency = answers.text("currency") if asked & {"money", "credit_limit"} else texts["currency"]
    return Answers({**texts, **optional, "supplier": supplier, "currency": currency or "RWF"}, groups)


def _document(answers: Answers, asked: set[str] | frozenset[str], *, is_whole: bool) -> bytes:
    def some(*names: str) -> dict[str, str]:
        """Keep what is filled; a needed field that is empty stays, to be refused."""
        return {
            _WAYS[name].rpartition(".")[2]: answers.text(name)
            for name in names
            if answers.text(name) or name in _SOUND
        }

    shop: dict[str, Any] = {
        "organisation": some("organisation", "tin"),
        "sales_point": some("sales_point", "address", "phone"),
        **some("till_code", "currency", "time_zone", "language", "printer", "backup_folder"),
        "users": [{**some("name", "pin"), "role": "A"}],
        "envelope": some("money", "units"),
        "supply_groups": [_group(one) for one in answers.groups],
    }
    if answers.text("supplier") == UTILITY:
        supplier = some("supplier_code", "supplier_name", "credit_limit")
        supplier["credit_limit"] = supplier["credit_limit"] or "0"
        shop["supplier"] = supplier
    if answers.text("tariffs") and (is_whole or "tariffs" in asked):
        shop["tariffs_csv"] = answers.text("tariffs")
    return json.dumps(shop, ensure_ascii=False).encode()


def _group(entry: Entry) -> dict[str, Any]:
    krn = entry["krn"].strip()
    group: dict[str, Any] = {name: entry[name].strip() for name in GROUP_FIELDS if name != "check_value"}
    group["krn"] = int(krn) if krn.isascii() and krn.isdecimal() else krn
    if entry["check_value"].strip():
        group["check_value"] = entry["check_value"].strip()
    return group


def _path_of(where: str) -> FieldPath:
    place = _PLACE.match(where)
    if place is not None:
        return int(place[1]), place[2] if place[2] in GROUP_FIELDS else "sgc"
    names = {way: name for name, way in _WAYS.items()}
    return -1, names.get(where, where)


def _sentence(path: FieldPath, answers: Answers, say: Say) -> str:
    name = path[1]
    is_empty = not answers.entry(path).strip()
    return say("Fill this in.") if is_empty or name not in _SENTENCES else say(_SENTENCES[name])


def _pin_again(answers: Answers, say: Say) -> str:
    return "" if answers.text("pin_again") == answers.text("pin") else say("This is not the same PIN.")


def _long_enough(name: str) -> Callable[[Answers, Say], str]:
    def check(answers: Answers, say: Say) -> str:
        if len(answers.text(name)) >= PHRASE_LENGTH_MIN:
            return ""
        return say("At least {n} characters; several words are best.", n=PHRASE_LENGTH_MIN)

    return check


def _same_as(name: str) -> Callable[[Answers, Say], str]:
    def check(answers: Answers, say: Say) -> str:
        is_same = answers.text(f"{name}_again") == answers.text(name)
        return "" if is_same else say("This is not the same phrase.")

    return check


def _positive(name: str) -> Callable[[Answers, Say], str]:
    def check(answers: Answers, say: Say) -> str:
        text = answers.text(name)
        return say("This must be above zero.") if text and not text.strip("0.") else ""

    return check


def _tariffs(answers: Answers, say: Say) -> str:
    if not answers.text("tariffs"):
        return ""
    try:
        text = Path(answers.text("tariffs")).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return say("The file is not UTF-8: save it as UTF-8.")
    except OSError:
        return say("There is no such file.")
    currency = answers.text("currency")
    sheet = parse_tariffs(text, time_zone=ZoneInfo(answers.text("time_zone") or "UTC"))
    if sheet.errors:
        first = sheet.errors[0]
        return say(
            "Line {line}, {column}: {text}",
            line=first.line,
            column=first.column or say("the row"),
            text=say(WORDS.get(first.error_code, first.error_text)),
        )
    other = next((one.tariff for one in sheet.tariffs if one.tariff.currency != currency), None)
    if other is not None:
        return say(
            "{tariff} is in {other}; the shop sells in {currency}.",
            tariff=other.code,
            other=other.currency,
            currency=currency,
        )
    return "" if sheet.tariffs else say("There is no tariff in the file.")


def _printer(answers: Answers, say: Say) -> str:
    text = answers.text("printer")
    return say(_SENTENCES["printer"]) if text and not _PRINTER.fullmatch(text) else ""


def _backup_folder(answers: Answers, say: Say) -> str:
    text = answers.text("backup_folder")
    if not text:
        return ""
    folder = Path(text)
    if not folder.is_dir():
        return say("There is no such folder.")
    return "" if os.access(folder, os.W_OK) else say("The till may not write into this folder.")


_OWN_CHECKS: Mapping[str, Callable[[Answers, Say], str]] = {
    "pin_again": _pin_again,
    "phrase": _long_enough("phrase"),
    "phrase_again": _same_as("phrase"),
    "passphrase": _long_enough("passphrase"),
    "passphrase_again": _same_as("passphrase"),
    "money": _positive("money"),
    "units": _positive("units"),
    "tariffs": _tariffs,
    "printer": _printer,
    "backup_folder": _backup_folder,
}
"""What shop.json has no rule for, because a file is not typed twice and a folder may come later."""
