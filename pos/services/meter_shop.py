"""What a meter's cells are checked against in this shop, for files and forms alike."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, select

from pos.domain.meter_rows import GroupKeys, Shop
from pos.domain.permissions import Actor, Role
from pos.models.meters import supply_group
from pos.models.tariffs import tariff
from pos.tokens.numbers import ISSUER_OF_DRN_LENGTH, parse_meter_number


class MeterChecks:
    """Knows the shop's currency and how to read phones, and looks up the rest."""

    def __init__(self, *, currency: str, read_phone: Callable[[str], str]) -> None:
        self._currency = currency
        self._read_phone = read_phone

    def shop(self, connection: Connection, actor: Actor) -> Shop:
        """Give what the cells of `actor`'s meters are checked against, as it stands now."""
        codes = connection.execute(select(tariff.c.code).distinct()).scalars()
        groups = connection.execute(
            select(supply_group.c.sgc, supply_group.c.key_method, supply_group.c.algorithm)
        )
        return Shop(
            tariffs=frozenset(codes),
            groups={row.sgc: GroupKeys(row.key_method, row.algorithm) for row in groups},
            currency=self._currency,
            read_number=read_number,
            read_phone=self._read_phone,
            institution=scope_of(actor),
        )

    def may_undo(self, actor: Actor, operator_key: int) -> bool:
        """Say whether an import is in a person's view: a facility manager's own, an administrator's all."""
        return actor.role is not Role.FACILITY_MANAGER or actor.key == operator_key


def read_number(text: str) -> tuple[str, int]:
    """Return the number on the meter and its PAN as a number, of 11, 13 or 18 digits.

    Raises:
        UserError: `meter.*`, `pan.*` as `parse_meter_number`.
    """
    issuer = ISSUER_OF_DRN_LENGTH.get(len(text))
    if issuer is not None and text.isascii() and text.isdigit() and _luhn_sum(text) % 10 == 0:
        # What nearly all rows of a file are, at a fifth of the time. A PAN's last digit makes its sum round.
        whole = f"{issuer}{text}0"
        return text, int(whole) + -_luhn_sum(whole) % 10
    pan = parse_meter_number(text)
    return pan.drn.digits, int(pan.digits)


_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")


def _luhn_sum(digits: str) -> int:
    """Add digits up, every second one from the right doubled, less nines; as Luhn's check wants."""
    code = digits.encode()
    # The code of "0" is 48: all digits together bring 48 each, taken off again.
    return sum(code[::-2]) + sum(code[-2::-2].translate(_DOUBLED)) - 48 * len(code)


def scope_of(actor: Actor) -> str | None:
    """Return the institution whose meters a person is narrowed to; None for the whole shop.

    A facility manager without one sees nothing: no institution has the empty name.
    """
    if actor.role is Role.FACILITY_MANAGER:
        return actor.institution or ""
    return actor.institution if actor.role is Role.AUDITOR else None
