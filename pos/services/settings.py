"""Reading settings, and changing them with a trace (`setting.edit`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from pos.config import SETTINGS, Level, Setting
from pos.domain.permissions import Actor, Permission
from pos.errors import MachineFault, UserError
from pos.models.queries.office import is_from_office
from pos.models.shop import setting as setting_table
from pos.models.uow import Units, WriteUnit
from pos.services.approval import require
from pos.services.facts import RecordFact, privileged_act
from pos.system.clock import Clock
from pos.system.machine_file import read_machine_file, write_machine_file

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SettingValues:
    """All settings as they stood at one moment; `texts` holds those that were ever set."""

    texts: Mapping[str, str]

    def __getitem__(self, setting: Setting[T]) -> T:
        """Return a setting's value, its default where it was never set.

        Raises:
            MachineFault: `setting.damaged`, the stored text means nothing.
        """
        assert SETTINGS.get(setting.key) is setting, "a setting is declared in pos.config"
        text = self.texts.get(setting.key)
        if text is None:
            return setting.default
        try:
            return setting.read(text)
        except UserError as error:
            raise MachineFault("setting.damaged", f"A stored setting is damaged. {error.text}") from error


class Settings:
    """The settings of the shop (in the database) and of the machine (in `machine.json`)."""

    def __init__(self, units: Units, clock: Clock, *, data_folder: Path, book: RecordFact) -> None:
        """Keep them in `units` and `data_folder`."""
        self._units = units
        self._clock = clock
        self._data_folder = data_folder
        self._book = book

    def values(self) -> SettingValues:
        """Return all settings.

        Raises:
            MachineFault: `setting.damaged` (the machine's file), `disk.*`.
        """
        with self._units.read() as connection:
            shop = shop_texts(connection)
        return SettingValues(shop | _of_level(read_machine_file(self._data_folder), Level.MACHINE))

    def change(self, actor: Actor, setting: Setting[T], *, value: T, reason: str) -> None:
        """Set a value; old and new text go into the journal.

        Raises:
            UserError: `permission.denied`, `setting.value`, `setting.from_office`.
            MachineFault: `setting.damaged` (the machine's file), `disk.*`.
        """
        require(actor, Permission.SETTING_EDIT)
        text = setting.write(value)
        before = self.values().texts.get(setting.key)
        body = privileged_act(
            Permission.SETTING_EDIT,
            "setting",
            setting.key,
            reason=reason,
            before=None if before is None else {"value": before},
            after={"value": text},
        )
        with self._units.write() as unit:
            if is_from_office(unit.connection, "settings", setting.key):
                raise UserError("setting.from_office", "Head office decides this setting.")
            self._book.record(unit, "privileged_act", body, actor=actor.id)
            self._store(unit, setting, text)

    def _store(self, unit: WriteUnit, setting: Setting[T], text: str) -> None:
        if setting.level is Level.SHOP:
            store_shop_text(unit, setting, text=text, clock=self._clock)
            return
        # Last in the write unit: if the file cannot be written, the journal says nothing either.
        texts = read_machine_file(self._data_folder)
        write_machine_file(self._data_folder, texts | {setting.key: text})


def shop_texts(connection: Connection) -> dict[str, str]:
    """Return the texts of the shop's settings that were ever set; those of a later program are left out."""
    rows = connection.execute(select(setting_table.c.name, setting_table.c.value))
    return _of_level({row.name: row.value for row in rows}, Level.SHOP)


def store_shop_text(unit: WriteUnit, setting: Setting[T], *, text: str, clock: Clock) -> None:
    """Write one setting's row; the caller states the fact."""
    values = {"value": text, "changed_at": clock.now()}
    unit.connection.execute(
        insert(setting_table)
        .values(name=setting.key, **values)
        .on_conflict_do_update(index_elements=["name"], set_=values)
    )


def _of_level(texts: Mapping[str, str], level: Level) -> dict[str, str]:
    return {key: text for key, text in texts.items() if key in SETTINGS and SETTINGS[key].level is level}
