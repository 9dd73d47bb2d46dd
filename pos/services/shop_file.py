"""`shop.json`: what a new till is set up from (docs/formats.md §16), checked before anything is made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pos.config import BACKUP_FOLDER, LANGUAGES, PRINTER
from pos.domain.canonical import INTEGER_MAX, JsonError, parse
from pos.domain.money import minor_digits, parse_major, parse_scaled
from pos.domain.permissions import Role
from pos.errors import UserError
from pos.services.operators import NewOperator, checked_operator
from pos.services.shop_object import ShopObject, refused
from pos.system.files import read_whole
from pos.tokens.errors import TokenError
from pos.tokens.names import BaseDate, EncryptionAlgorithm, KeyMethod
from pos.tokens.vending_key import GroupKey

T = TypeVar("T")
Code = TypeVar("Code", bound=StrEnum)

_TILL_CODE = re.compile(r"[A-Z0-9]{2,4}")
_HOLDER = re.compile(r"[a-z][a-z0-9_:]{0,39}")
_CHECK_VALUE = re.compile(r"[0-9A-Fa-f]{6}")
_SUPPLIER = re.compile(r"[a-z][a-z0-9_]{0,19}")
_TEXT_LENGTH_MAX = 200
_MILLI_DIGITS = 3

_KEYS = frozenset(
    {"organisation", "sales_point", "till_code", "currency", "time_zone", "language", "users", "envelope"}
    | {"tariffs_csv", "supply_groups", "supplier", "printer", "backup_folder"}
)


@dataclass(frozen=True, slots=True)
class SupplyGroupPlan:
    """A supply group to begin with; the vending key must agree with `key` and `check_value` (6 hex)."""

    key: GroupKey
    ti: str
    holders: tuple[str, ...]
    check_value: str | None


@dataclass(frozen=True, slots=True)
class SupplierPlan:
    """Who stands behind the tokens, and how far below zero the float with them may go (minor units)."""

    code: str
    name: str
    credit_limit_minor: int


@dataclass(frozen=True, slots=True)
class Place:
    """A named place with what its receipts show; None where not given."""

    name: str
    address: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopPlan:
    """A checked shop.json; money in minor units, units in 0.001. `ignored` are keys that mean nothing."""

    organisation: str
    tin: str | None
    sales_point: Place
    till_code: str
    currency: str
    time_zone: ZoneInfo
    language: str
    users: tuple[NewOperator, ...]
    tariffs_csv: str | None
    supply_groups: tuple[SupplyGroupPlan, ...]
    supplier: SupplierPlan
    envelope_money_minor: int
    envelope_units_milli: int
    printer: str
    backup_folder: str = ""
    ignored: tuple[str, ...]


def read_shop_file(path: Path) -> ShopPlan:
    """Read shop.json and the tariff file it names, which stands beside it.

    Raises:
        UserError: `shop_file.missing` (it or the tariff file), and as `read_shop_plan`.
        MachineFault: `disk.read`.
    """
    try:
        data = read_whole(path)
    except FileNotFoundError:
        raise UserError("shop_file.missing", f"There is no file {path}.") from None
    return read_shop_plan(data, path.parent)


def read_shop_plan(data: bytes, folder: Path) -> ShopPlan:
    """Read the content of a shop.json; `folder` is where `tariffs_csv` is looked for.

    Raises:
        UserError: `shop_file.json` (no JSON of ours), `shop_file.value` (names the key), `shop_file.missing`
            (the tariff file).
        MachineFault: `disk.read`.
    """
    try:
        shop = ShopObject(parse(data.removeprefix(b"\xef\xbb\xbf")), "")
    except JsonError as error:
        raise UserError("shop_file.json", f"shop.json cannot be read. {error.text}") from error
    currency = shop.checked("currency", _currency)
    envelope = shop.child("envelope")
    groups = tuple(_group(one) for one in shop.children("supply_groups"))
    _refuse_twice(groups)
    organisation = _place(shop, "organisation")
    return ShopPlan(
        organisation=organisation.name,
        tin=shop.child("organisation").optional_text("tin") if shop.is_object("organisation") else None,
        sales_point=_place(shop, "sales_point"),
        till_code=shop.matching("till_code", _TILL_CODE, "2 to 4 of A-Z and 0-9"),
        currency=currency,
        time_zone=shop.checked("time_zone", _time_zone),
        language=shop.one_of("language", LANGUAGES),
        users=_users(shop),
        tariffs_csv=_tariffs(shop, folder),
        supply_groups=groups,
        supplier=_supplier(shop, organisation.name, currency),
        envelope_money_minor=envelope.amount("money", lambda text: parse_major(text, currency)),
        envelope_units_milli=envelope.amount("units", lambda text: parse_scaled(text, _MILLI_DIGITS)),
        printer=shop.checked("printer", PRINTER.read) if shop.has("printer") else PRINTER.default,
        backup_folder=_backup_folder(shop),
        ignored=shop.others(_KEYS),
    )


def _currency(text: str) -> str:
    minor_digits(text)
    return text


def _time_zone(text: str) -> ZoneInfo:
    if text not in available_timezones():
        raise UserError("shop_file.value", f"{text!r} is no IANA time zone such as Africa/Kigali")
    return ZoneInfo(text)


def _place(shop: ShopObject, key: str) -> Place:
    if not shop.is_object(key):
        return Place(shop.text(key))
    place = shop.child(key)
    return Place(place.text("name"), place.optional_text("address"), place.optional_text("phone"))


def _users(shop: ShopObject) -> tuple[NewOperator, ...]:
    users = tuple(_user(one) for one in shop.children("users"))
    names = [user.name.casefold() for user in users]
    if len(set(names)) < len(names):
        raise shop.refused("users", "two people have the same name")
    if not any(user.role is Role.ADMINISTRATOR for user in users):
        raise shop.refused("users", "at least one administrator (role A) is wanted")
    return users


def _user(one: ShopObject) -> NewOperator:
    role = one.one_of("role", tuple(Role))
    new = NewOperator(one.text("name"), Role(role), one.text("pin"), one.optional_text("institution"))
    try:
        return checked_operator(new)
    except UserError as error:
        key = {"pin.form": "pin", "operator.institution": "institution"}.get(error.code, "name")
        raise one.refused(key, error.text.rstrip(".")) from error


def _group(one: ShopObject) -> SupplyGroupPlan:
    key = _group_key(one)
    holders = one.get("holders") if one.has("holders") else ["vault"]
    if not isinstance(holders, list) or not holders or len(set(map(str, holders))) < len(holders):
        raise one.refused("holders", 'a list such as ["vault"], each holder once, is wanted')
    if not all(isinstance(holder, str) and _HOLDER.fullmatch(holder) for holder in holders):
        raise one.refused("holders", "names of key holders such as vault or central are wanted")
    check_value = None
    if one.has("check_value"):
        check_value = one.matching("check_value", _CHECK_VALUE, "six digits 0-9 and A-F").upper()
    return SupplyGroupPlan(key, one.digits("ti", 2), tuple(holders), check_value)


def _group_key(one: ShopObject) -> GroupKey:
    method, algorithm = one.code("key_method", KeyMethod), one.code("algorithm", EncryptionAlgorithm)
    try:
        return GroupKey(
            sgc=one.digits("sgc", 6),
            krn=one.whole("krn", default=1),
            method=method,
            ea=algorithm,
            base_date=one.code("base_date", BaseDate),
            kt=one.key_type("kt"),
            ken=one.whole("ken", default=255),
        )
    except TokenError as error:
        raise one.refused_whole(error.text.rstrip(".")) from error


def _refuse_twice(groups: tuple[SupplyGroupPlan, ...]) -> None:
    codes = [group.key.sgc for group in groups]
    if len(set(codes)) < len(codes):
        raise refused("supply_groups", "a supply group stands twice")


def _supplier(shop: ShopObject, organisation: str, currency: str) -> SupplierPlan:
    if not shop.has("supplier"):
        # A shop without a utility behind it sells its own supply: it owes nobody, so no float can run out.
        return SupplierPlan("own", organisation, INTEGER_MAX)
    one = shop.child("supplier")
    limit_minor = 0
    if one.has("credit_limit"):
        limit_minor = one.amount("credit_limit", lambda text: parse_major(text, currency))
    return SupplierPlan(one.matching("code", _SUPPLIER, "a short word of a-z"), one.text("name"), limit_minor)


def _backup_folder(shop: ShopObject) -> str:
    return shop.checked("backup_folder", BACKUP_FOLDER.read) if shop.has("backup_folder") else ""


def _tariffs(shop: ShopObject, folder: Path) -> str | None:
    if not shop.has("tariffs_csv"):
        return None
    path = folder / shop.text("tariffs_csv")
    try:
        return read_whole(path).decode("utf-8-sig")
    except FileNotFoundError:
        raise UserError("shop_file.missing", f"shop.json, tariffs_csv: there is no file {path}.") from None
    except UnicodeDecodeError:
        raise shop.refused("tariffs_csv", f"{path.name} is not UTF-8") from None
