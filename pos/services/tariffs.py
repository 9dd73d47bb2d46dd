"""Tariffs: imported from CSV as new versions, exported, listed, tried out (docs/formats.md §7, §12).

A stored version never changes: sales name it by its hash.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path

from sqlalchemy import Connection, insert

from pos.domain.canonical import JsonObject, canonical_bytes
from pos.domain.csv_table import RowError, write_errors
from pos.domain.permissions import Actor, Permission
from pos.domain.price_terms import Basis, Terms
from pos.domain.priced_item import PricedItem
from pos.domain.pricing import price_by_money, price_by_units
from pos.domain.tariff import Tariff, instant_text, tariff_sha256
from pos.domain.tariff_csv import NamedTariff, TariffSheet, parse_tariffs
from pos.domain.tariff_csv_write import tariffs_csv
from pos.errors import MachineFault, UserError
from pos.models.ledger_book import read_head
from pos.models.queries.office import is_from_office
from pos.models.queries.selling import find_tariff
from pos.models.queries.tariffs import TariffVersion, find_version, list_versions, shop_currency
from pos.models.tariffs import tariff as tariff_table
from pos.models.uow import Units, WriteUnit
from pos.services.approval import require
from pos.services.facts import RecordFact, privileged_act
from pos.system.clock import Clock
from pos.system.files import read_whole, write_atomically
from pos.system.ids import new_id
from pos.tokens.amount import largest_amount_not_above


class TariffFileError(UserError):
    """A tariff file with mistakes (`tariff.file`): nothing was stored."""

    def __init__(self, code: str, text: str, sheet: TariffSheet) -> None:
        """Keep the mistakes of `sheet`."""
        super().__init__(code, text)
        self.errors: tuple[RowError, ...] = sheet.errors
        self.errors_csv = write_errors(sheet.table, sheet.errors)


@dataclass(frozen=True, slots=True)
class TariffImport:
    """What an import did: versions that are new, and how many were here already with the same content."""

    added: tuple[TariffVersion, ...]
    unchanged: int
    unknown_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffTrial:
    """What to try out without a meter: money or units, and what the month would have brought before."""

    code: str
    money_minor: int | None = None
    units_milli: int | None = None
    basis: Basis = field(default_factory=Basis)
    carry_milli: int = 0
    smallest_coin_minor: int = 1
    version: int | None = None
    """None: the version in force."""


class Tariffs:
    """The tariffs of the shop. A trial for one meter is `Checkout.trial_vend`."""

    def __init__(self, units: Units, book: RecordFact, *, clock: Clock, time_zone: tzinfo) -> None:
        """Wire the parts; a plain date in a file begins in `time_zone`."""
        self._units = units
        self._book = book
        self._clock = clock
        self._time_zone = time_zone

    def import_csv(self, actor: Actor, text: str, *, reason: str = "") -> TariffImport:
        """Store the tariffs of a CSV text as new versions, all or none.

        Raises:
            UserError: `permission.denied`; as `import_tariffs`.
        """
        with self._units.write() as unit:
            return import_tariffs(
                unit,
                text,
                actor,
                book=self._book,
                at=self._clock.now(),
                time_zone=self._time_zone,
                reason=reason,
            )

    def import_file(self, actor: Actor, path: Path) -> TariffImport:
        """Store the tariffs of a CSV file; the journal names the file as the reason.

        Raises:
            UserError: `csv.encoding`, and as `import_csv`.
            MachineFault: `disk.read`.
        """
        require(actor, Permission.TARIFF_EDIT)
        try:
            text = read_whole(path).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise UserError("csv.encoding", f"The file {path.name} is not UTF-8: save it as UTF-8.") from None
        except FileNotFoundError:
            raise MachineFault("disk.read", f"The file {path.name} cannot be read.") from None
        return self.import_csv(actor, text, reason=path.name)

    def export_file(self, actor: Actor, path: Path, *, code: str | None = None) -> None:
        """Write every version, or those of one code, to a CSV file that an import reads back.

        Raises:
            UserError: `permission.denied`.
            MachineFault: `disk.*`.
        """
        write_atomically(path, self.export_csv(actor, code).encode())

    def export_csv(self, actor: Actor, code: str | None = None) -> str:
        """Return every version, or those of one code, as CSV text that an import reads back.

        Raises:
            UserError: `permission.denied`.
        """
        return tariffs_csv(version.named() for version in self.list_versions(actor, code))

    def list_versions(self, actor: Actor, code: str | None = None) -> tuple[TariffVersion, ...]:
        """Return every version, or those of one code. Raises UserError `permission.denied`."""
        require(actor, Permission.TARIFF_VIEW)
        with self._units.read() as connection:
            return list_versions(connection, code)

    def get_in_force(self, actor: Actor, code: str, *, at: datetime | None = None) -> TariffVersion:
        """Return the version of a tariff in force at an instant, now if none is given.

        Raises:
            UserError: `permission.denied`, `tariff.unknown`.
        """
        require(actor, Permission.TARIFF_VIEW)
        with self._units.read() as connection:
            return self._in_force(connection, code, at)

    def trial(self, actor: Actor, wanted: TariffTrial) -> PricedItem:
        """Price money or units under a tariff: the lines a sale would have, without a meter and unsold.

        Raises:
            UserError: `permission.denied`, `tariff.unknown`, `sale.amount`; PricingError `sale.*`.
        """
        require(actor, Permission.TARIFF_VIEW)
        with self._units.read() as connection:
            if wanted.version is None:
                version = self._in_force(connection, wanted.code, None)
            else:
                version = _known(find_version(connection, wanted.code, wanted.version), wanted.code)
        return _price(Terms(version.tariff(), wanted.basis, wanted.carry_milli), wanted)

    def _in_force(self, connection: Connection, code: str, at: datetime | None) -> TariffVersion:
        instant = at or max(self._clock.now(), read_head(connection).trusted_at)
        row = find_tariff(connection, code, instant)
        return _known(None if row is None else find_version(connection, code, row.version), code)


def price_draft(tariff: Tariff, wanted: TariffTrial) -> PricedItem:
    """Price money or units under a tariff that is not stored yet: the worked example of the editor.

    Raises:
        UserError: `sale.amount`; PricingError `sale.*`.
    """
    return _price(Terms(tariff, wanted.basis, wanted.carry_milli), wanted)


def import_tariffs(
    unit: WriteUnit,
    text: str,
    actor: Actor,
    *,
    book: RecordFact,
    at: datetime,
    time_zone: tzinfo,
    reason: str = "",
) -> TariffImport:
    """Store the tariffs of a CSV text as new versions inside the write unit at hand, all or none.

    Raises:
        UserError: `permission.denied`, `tariff.from_office`, `tariff.other_currency`,
            `tariff.version_exists` (it is stored with other content); TariffFileError `tariff.file`.
    """
    require(actor, Permission.TARIFF_EDIT)
    if is_from_office(unit.connection, "tariffs"):
        raise UserError("tariff.from_office", "Head office keeps the tariffs: change them there.")
    sheet = parse_tariffs(text, time_zone=time_zone)
    if sheet.errors:
        first = sheet.errors[0]
        raise TariffFileError(
            "tariff.file",
            f"The tariff file has {len(sheet.errors)} mistakes; nothing was stored. Line {first.line}, "
            f"{first.column or 'the row'}: {first.error_text}",
            sheet,
        )
    currency = shop_currency(unit.connection)
    new = [named for named in sheet.tariffs if _is_new(unit.connection, named, currency)]
    added = tuple(_insert(unit.connection, named, at) for named in new)
    for version in added:
        body = privileged_act(
            Permission.TARIFF_EDIT,
            "tariff",
            str(version.id),
            reason=reason,
            after=_described(version),
        )
        book.record(unit, "privileged_act", body, actor=actor.id)
    return TariffImport(added, len(sheet.tariffs) - len(added), sheet.table.unknown_columns)


def _is_new(connection: Connection, named: NamedTariff, currency: str) -> bool:
    tariff = named.tariff
    if tariff.currency != currency:
        raise UserError(
            "tariff.other_currency", f"{tariff.code} is in {tariff.currency}; this shop sells in {currency}."
        )
    stored = find_version(connection, tariff.code, tariff.version)
    if stored is None:
        return True
    if stored.sha256.hex() != tariff_sha256(tariff):
        raise UserError(
            "tariff.version_exists",
            f"Version {tariff.version} of {tariff.code} is stored with other content: give the next version.",
        )
    return False


def _insert(connection: Connection, named: NamedTariff, at: datetime) -> TariffVersion:
    tariff = named.tariff
    values = {
        "id": new_id(at),
        "code": tariff.code,
        "version": tariff.version,
        "valid_from": tariff.valid_from,
        "name": named.name or None,
        "body": canonical_bytes(tariff.to_json()).decode(),
        "sha256": bytes.fromhex(tariff_sha256(tariff)),
    }
    connection.execute(insert(tariff_table).values(values))
    return _known(find_version(connection, tariff.code, tariff.version), tariff.code)


def _described(version: TariffVersion) -> JsonObject:
    return {
        "code": version.code,
        "version": version.version,
        "valid_from": instant_text(version.valid_from),
        "sha256": version.sha256.hex(),
    }


def _known(version: TariffVersion | None, code: str) -> TariffVersion:
    if version is None:
        raise UserError("tariff.unknown", f"There is no tariff {code!r}, or none in force then.")
    return version


def _price(terms: Terms, wanted: TariffTrial) -> PricedItem:
    if wanted.money_minor is not None and wanted.units_milli is None:
        return price_by_money(terms, wanted.money_minor, representable_tenths=largest_amount_not_above)
    if wanted.units_milli is not None and wanted.money_minor is None:
        return price_by_units(
            terms,
            wanted.units_milli,
            representable_tenths=largest_amount_not_above,
            smallest_coin_minor=wanted.smallest_coin_minor,
        )
    raise UserError("sale.amount", "Give either an amount of money or a number of units.")


__all__ = [
    "TariffFileError",
    "TariffImport",
    "TariffTrial",
    "TariffVersion",
    "Tariffs",
    "import_tariffs",
    "price_draft",
]
