"""Setting up a new till from its shop.json: everything or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Protocol
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, select

from pos.config import BACKUP_FOLDER, LANGUAGE, LANGUAGES, PRINTER, RECEIPT_LANGUAGES
from pos.domain.canonical import JsonObject
from pos.domain.permissions import Actor, Role
from pos.errors import MachineFault, UserError
from pos.models.book import book as book_table
from pos.models.uow import Units, WriteUnit
from pos.services.facts import RecordFact
from pos.services.pins import PinSeal, RecoveryCodes
from pos.services.settings import store_shop_text
from pos.services.shop_file import ShopPlan
from pos.services.shop_rows import (
    BookKind,
    Prepared,
    insert_book,
    insert_groups,
    insert_person,
    insert_places,
)
from pos.services.sign_in import store_code_hash
from pos.system.clock import Clock
from pos.system.ids import new_id
from pos.system.machine_file import write_machine_file
from pos.system.secret_names import PII_KEY, TILL_KEY
from pos.system.secrets import SecretStore, get_or_make
from pos.system.vault_file import VaultFile, check_phrase
from pos.tokens.demo import demo_keys
from pos.tokens.secret import Secret


class TakeEnvelope(Protocol):
    """Gives the till its first envelope: `LocalEnvelopes.take`."""

    def __call__(
        self, unit: WriteUnit, book: RecordFact, *, money_minor: int, units_milli: int, actor: UUID
    ) -> None:
        """Store and record the envelope inside the write unit at hand."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupPorts:
    """What set-up needs from elsewhere.

    `make_book` opens the book in the shop's time zone; `import_tariffs` stores a tariff CSV inside the write
    unit at hand and raises UserError for a bad one, on behalf of an operator.
    """

    make_book: Callable[[tzinfo], RecordFact]
    import_tariffs: Callable[[WriteUnit, str, Actor], object]
    take_envelope: TakeEnvelope


@dataclass(frozen=True, slots=True)
class ShopMade:
    """A till that was set up. `recovery_code` is shown once and stored nowhere in clear."""

    till_id: UUID
    till_code: str
    operators: tuple[Actor, ...]
    recovery_code: str = field(repr=False)


class ShopSetup:
    """Makes a new till in an empty database and data folder."""

    def __init__(
        self,
        units: Units,
        clock: Clock,
        *,
        data_folder: Path,
        secrets: SecretStore,
        vault: VaultFile,
        pins: PinSeal,
        codes: RecoveryCodes,
        ports: SetupPorts,
    ) -> None:
        """Work on `units`, `data_folder`, `secrets` and `vault`, which belong together."""
        self._units = units
        self._clock = clock
        self._data_folder = data_folder
        self._secrets = secrets
        self._vault = vault
        self._pins = pins
        self._codes = codes
        self._ports = ports

    def init(self, plan: ShopPlan, kind: BookKind, *, opening_phrase: str | None = None) -> ShopMade:
        """Set up the till. `opening_phrase` (12 characters or more) is for LIVE only: the others have none.

        Secrets and vault come first, the database last and in one write unit. What an interrupted set-up left
        is taken over by the next one: its vault is renamed, never deleted.

        Raises:
            UserError: `shop.exists`, `shop.phrase_missing`; VaultError `vault.phrase_short`; those of the
                tariff file.
            MachineFault: those of disk and key store.
        """
        phrase = _checked_phrase(kind, opening_phrase)
        with self._units.read() as connection:
            _refuse_existing(connection)
        recovery_code, code_hash = self._codes.make()
        prepared = self._prepare(plan, code_hash)
        self._make_vault(kind, phrase)
        of_machine = {PRINTER.key: plan.printer, BACKUP_FOLDER.key: plan.backup_folder}
        write_machine_file(self._data_folder, {key: text for key, text in of_machine.items() if text})
        with self._units.write() as unit:
            _refuse_existing(unit.connection)
            operators = self._write(unit, plan, kind=kind, prepared=prepared)
        return ShopMade(prepared.till_id, plan.till_code, operators, recovery_code)

    def _prepare(self, plan: ShopPlan, code_hash: str) -> Prepared:
        at = self._clock.now()
        self._pins.make_key_if_gone()
        get_or_make(self._secrets, PII_KEY)
        ids = [(new, new_id(at)) for new in plan.users]
        return Prepared(
            at=at,
            till_id=new_id(at),
            sales_point_id=new_id(at),
            public_key=self._make_till_key(),
            people=tuple((new, person_id, self._pins.seal(person_id, new.pin)) for new, person_id in ids),
            code_hash=code_hash,
        )

    def _make_till_key(self) -> bytes:
        key = Ed25519PrivateKey.generate()
        self._secrets.set(TILL_KEY, Secret(key.private_bytes_raw()))
        return key.public_key().public_bytes_raw()

    def _make_vault(self, kind: BookKind, phrase: str) -> None:
        if self._vault.exists():
            self._vault.set_aside()
        if kind is BookKind.LIVE:
            self._vault.create(phrase)
        else:
            self._vault.create_demo(demo_keys())

    def _write(
        self, unit: WriteUnit, plan: ShopPlan, *, kind: BookKind, prepared: Prepared
    ) -> tuple[Actor, ...]:
        connection = unit.connection
        insert_places(connection, plan, prepared)
        operators = tuple(insert_person(connection, *person) for person in prepared.people)
        insert_groups(connection, plan)
        insert_book(connection, kind, prepared)
        store_code_hash(unit, prepared.code_hash, self._clock)
        self._store_languages(unit, plan.language)
        self._state_facts(unit, plan, prepared, operators)
        return operators

    def _store_languages(self, unit: WriteUnit, first: str) -> None:
        receipt = RECEIPT_LANGUAGES.write((first, *(word for word in LANGUAGES if word != first)))
        store_shop_text(unit, LANGUAGE, text=LANGUAGE.write(first), clock=self._clock)
        store_shop_text(unit, RECEIPT_LANGUAGES, text=receipt, clock=self._clock)

    def _state_facts(
        self, unit: WriteUnit, plan: ShopPlan, prepared: Prepared, operators: tuple[Actor, ...]
    ) -> None:
        first = next(person for person in operators if person.role is Role.ADMINISTRATOR)
        book = self._ports.make_book(plan.time_zone)
        enrolled: JsonObject = {
            "till_code": plan.till_code,
            "public_key": prepared.public_key.hex(),
            "sales_point_id": str(prepared.sales_point_id),
        }
        book.record(unit, "till_enrolled", enrolled, actor=first.id)
        if plan.tariffs_csv is not None:
            self._ports.import_tariffs(unit, plan.tariffs_csv, first)
        self._ports.take_envelope(
            unit,
            book,
            money_minor=plan.envelope_money_minor,
            units_milli=plan.envelope_units_milli,
            actor=first.id,
        )


def refuse_mixed(*, is_live_book: bool, is_demo_vault: bool) -> None:
    """Refuse a live vault beside a demo or training database, and the other way round, at program start.

    Raises:
        MachineFault: `shop.demo_mixed`.
    """
    if is_live_book == is_demo_vault:
        raise MachineFault(
            "shop.demo_mixed",
            "A demo and a live till are mixed up here: the vault and the database do not belong together. "
            "Restore both from the same back-up.",
        )


def _checked_phrase(kind: BookKind, phrase: str | None) -> str:
    if kind is not BookKind.LIVE:
        return ""
    if phrase is None:
        raise UserError("shop.phrase_missing", "A live till needs an opening phrase for its vault.")
    check_phrase(phrase)
    return phrase


def _refuse_existing(connection: Connection) -> None:
    if connection.execute(select(book_table.c.one)).first() is not None:
        raise UserError("shop.exists", "This data folder already holds a till: choose another with --data.")
