"""The float with each supplier: top-ups, credit limits, commission, what is left, statements (formats §5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from sqlalchemy import Connection, func, insert, select, update

from pos.domain.canonical import INTEGER_MAX, JsonObject
from pos.domain.ledger import supplier_account
from pos.domain.money import PPM
from pos.domain.permissions import Actor, Permission
from pos.domain.tariff import instant_text
from pos.errors import UserError
from pos.models.ledger_book import read_head
from pos.models.queries.money import SupplierRow, commission_ppm, list_suppliers
from pos.models.tariffs import commission_rule, supplier
from pos.models.uow import Units, WriteUnit
from pos.services.approval import require, require_any
from pos.services.facts import RecordFact, privileged_act
from pos.services.float_statement import FloatStatement, read_statement
from pos.system.clock import Clock

CODE_LENGTH_MAX = 40
TEXT_LENGTH_MAX = 200
_TICK = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class FloatState:
    """Where the float with a supplier stands, and whether the shop should top it up soon."""

    supplier: SupplierRow
    commission_ppm: int
    is_low: bool


class SupplierFloats:
    """The suppliers whose products the shop sells, and the money it has with them."""

    def __init__(
        self,
        units: Units,
        book: RecordFact,
        *,
        clock: Clock,
        time_zone: tzinfo,
        low_minor: Callable[[], int],
    ) -> None:
        """Wire the parts; below `low_minor()` a float counts as low. Days are those of `time_zone`."""
        self._units = units
        self._book = book
        self._clock = clock
        self._time_zone = time_zone
        self._low_minor = low_minor

    def list_floats(self, actor: Actor) -> tuple[FloatState, ...]:
        """Return where every float stands. Raises UserError `permission.denied`."""
        require(actor, Permission.FLOAT_VIEW)
        low_minor = self._low_minor()
        with self._units.read() as connection:
            at = self._now(connection)
            return tuple(
                FloatState(row, commission_ppm(connection, row.code, at), row.left_minor < low_minor)
                for row in list_suppliers(connection)
            )

    def list_low(self, actor: Actor) -> tuple[str, ...]:
        """Return the names of suppliers whose float is low, for the warning that everybody who sells sees.

        Raises:
            UserError: `permission.denied`.
        """
        require_any(actor, Permission.SALE_CREATE, Permission.FLOAT_VIEW)
        low_minor = self._low_minor()
        with self._units.read() as connection:
            return tuple(row.name for row in list_suppliers(connection) if row.left_minor < low_minor)

    def create_supplier(
        self, actor: Actor, code: str, *, name: str, credit_limit_minor: int = 0, reason: str = ""
    ) -> None:
        """Add a supplier. `code` is for good, 1 to 40 printable characters without blanks.

        Raises:
            UserError: `permission.denied`, `supplier.code`, `supplier.name`, `supplier.exists`,
                `float.amount` (the limit).
        """
        require(actor, Permission.SETTING_EDIT)
        _check_code(code)
        name = _checked_name(name)
        _check_limit(credit_limit_minor)
        values: JsonObject = {"code": code, "credit_limit_minor": credit_limit_minor}
        with self._units.write() as unit:
            if _find(unit.connection, code) is not None:
                raise UserError("supplier.exists", f"There is a supplier {code} already.")
            unit.connection.execute(insert(supplier).values(**values, name=name))
            self._state(unit, actor, code, reason=reason, after=values)

    def set_credit_limit(self, actor: Actor, code: str, *, limit_minor: int, reason: str = "") -> None:
        """Change how far the account may go below zero.

        Raises:
            UserError: `permission.denied`, `supplier.unknown`, `float.amount`.
        """
        require(actor, Permission.SETTING_EDIT)
        _check_limit(limit_minor)
        with self._units.write() as unit:
            row = _needed(unit.connection, code)
            statement = update(supplier).where(supplier.c.code == code)
            unit.connection.execute(statement.values(credit_limit_minor=limit_minor))
            self._state(
                unit,
                actor,
                code,
                reason=reason,
                before={"credit_limit_minor": row.credit_limit_minor},
                after={"credit_limit_minor": limit_minor},
            )

    def set_commission(
        self, actor: Actor, code: str, *, ppm: int, valid_from: datetime | None = None, reason: str = ""
    ) -> int:
        """Announce a commission share in parts per million; returns the number of the rule.

        The new rule begins at `valid_from` (aware), at once if none is given, and never in the past: what was
        sold keeps its commission.

        Raises:
            UserError: `permission.denied`, `supplier.unknown`, `float.commission`, `float.commission_past`.
        """
        require(actor, Permission.SETTING_EDIT)
        if not 0 <= ppm <= PPM:
            raise UserError("float.commission", "A commission is from 0 to 100 percent.")
        with self._units.write() as unit:
            connection = unit.connection
            _needed(connection, code)
            start = self._start_of_rule(connection, valid_from)
            version = (
                1
                + connection.execute(
                    select(func.coalesce(func.max(commission_rule.c.version), 0)).where(
                        commission_rule.c.supplier == code
                    )
                ).scalar_one()
            )
            connection.execute(
                insert(commission_rule).values(supplier=code, version=version, valid_from=start, ppm=ppm)
            )
            after: JsonObject = {"version": version, "ppm": ppm, "valid_from": instant_text(start)}
            self._state(unit, actor, code, reason=reason, after=after)
        return int(version)

    def top_up(self, actor: Actor, code: str, *, amount_minor: int, reference: str, reason: str = "") -> None:
        """State that money went from the bank to the supplier, under the reference of the transfer.

        Raises:
            UserError: `permission.denied`, `supplier.unknown`, `float.amount`, `float.reference`.
        """
        _check_positive(amount_minor)
        self._move(actor, code, "top_up", amount_minor=amount_minor, reference=reference, reason=reason)

    def add_commission(
        self, actor: Actor, code: str, *, amount_minor: int, reference: str, reason: str = ""
    ) -> None:
        """State commission that the supplier paid beside the share of each sale. Errors as `top_up`."""
        _check_positive(amount_minor)
        self._move(actor, code, "commission", amount_minor=amount_minor, reference=reference, reason=reason)

    def correct(self, actor: Actor, code: str, *, amount_minor: int, reference: str, reason: str) -> None:
        """Bring the account to what the supplier's own books say; `amount_minor` is above or below zero.

        Raises:
            UserError: `float.reason` (a correction needs one), and as `top_up`.
        """
        if amount_minor == 0 or abs(amount_minor) > INTEGER_MAX:
            raise UserError("float.amount", "Enter by how much the account is corrected.")
        if not reason.strip():
            raise UserError("float.reason", "Say why the account is corrected.")
        self._move(actor, code, "correction", amount_minor=amount_minor, reference=reference, reason=reason)

    def statement(self, actor: Actor, code: str, *, first_day: date, last_day: date) -> FloatStatement:
        """Return a supplier's account over whole days, from its postings.

        Raises:
            UserError: `permission.denied`, `supplier.unknown`, `float.period`.
        """
        require(actor, Permission.FLOAT_VIEW)
        if first_day > last_day:
            raise UserError("float.period", "The first day of the statement is after the last.")
        with self._units.read() as connection:
            row = _needed(connection, code)
            return read_statement(
                connection, row, first_day=first_day, last_day=last_day, time_zone=self._time_zone
            )

    def _move(
        self, actor: Actor, code: str, kind: str, *, amount_minor: int, reference: str, reason: str
    ) -> None:
        require(actor, Permission.FLOAT_TOP_UP)
        body: JsonObject = {
            "account": supplier_account(code),
            "amount_minor": amount_minor,
            "kind": kind,
            "reference": _checked_reference(reference),
            "reason": _checked_text(reason),
        }
        with self._units.write() as unit:
            _needed(unit.connection, code)
            self._book.record(unit, "float_moved", body, actor=actor.id)

    def _state(
        self,
        unit: WriteUnit,
        actor: Actor,
        code: str,
        *,
        reason: str,
        after: JsonObject,
        before: JsonObject | None = None,
    ) -> None:
        body = privileged_act(
            Permission.SETTING_EDIT,
            "supplier",
            code,
            reason=_checked_text(reason),
            before=before,
            after=after,
        )
        self._book.record(unit, "privileged_act", body, actor=actor.id)

    def _start_of_rule(self, connection: Connection, valid_from: datetime | None) -> datetime:
        # Postings are made again from the journal by the rule in force at each line's instant: a rule that
        # began before the newest line would change what is already booked.
        earliest = self._now(connection) + _TICK
        if valid_from is not None and valid_from < earliest:
            raise UserError("float.commission_past", "A commission rule begins in the future, or at once.")
        return valid_from or earliest

    def _now(self, connection: Connection) -> datetime:
        return max(self._clock.now(), read_head(connection).trusted_at)


def _find(connection: Connection, code: str) -> SupplierRow | None:
    return next((row for row in list_suppliers(connection) if row.code == code), None)


def _needed(connection: Connection, code: str) -> SupplierRow:
    row = _find(connection, code)
    if row is None:
        raise UserError("supplier.unknown", f"There is no supplier {code[:CODE_LENGTH_MAX]!r}.")
    return row


def _check_code(code: str) -> None:
    if not 1 <= len(code) <= CODE_LENGTH_MAX or not code.isprintable() or " " in code or ":" in code:
        raise UserError(
            "supplier.code",
            f"A supplier's code has 1 to {CODE_LENGTH_MAX} characters, no blank and no colon.",
        )


def _checked_name(name: str) -> str:
    text = " ".join(name.split())
    if not 1 <= len(text) <= CODE_LENGTH_MAX or not text.isprintable():
        raise UserError("supplier.name", f"A supplier's name has 1 to {CODE_LENGTH_MAX} characters.")
    return text


def _check_limit(limit_minor: int) -> None:
    if not 0 <= limit_minor <= INTEGER_MAX:
        raise UserError("float.amount", "A credit limit is zero or more.")


def _check_positive(amount_minor: int) -> None:
    if not 0 < amount_minor <= INTEGER_MAX:
        raise UserError("float.amount", "Enter an amount above zero.")


def _checked_reference(reference: str) -> str:
    text = reference.strip()
    if not 1 <= len(text) <= CODE_LENGTH_MAX or not text.isprintable():
        raise UserError("float.reference", "Type the reference of the transfer as the bank gave it.")
    return text


def _checked_text(reason: str) -> str:
    text = " ".join(reason.split())
    if len(text) > TEXT_LENGTH_MAX or (text and not text.isprintable()):
        raise UserError("float.reason", f"A reason has at most {TEXT_LENGTH_MAX} characters, on one line.")
    return text


__all__ = ["FloatState", "FloatStatement", "SupplierFloats", "SupplierRow"]
