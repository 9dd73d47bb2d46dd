"""Resources that are kept as they come, and those with a small effect beside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Connection, update
from sqlalchemy.dialects.sqlite import insert

from pos.config import SETTINGS, Level
from pos.contracts.resources import SalesPointRow, SettingRow
from pos.contracts.wire import Message
from pos.errors import UserError
from pos.models.shop import sales_point, setting
from pos.sync.resources.base import Mapping, Taking, drop_records, keep_records, record_ids

R = TypeVar("R", bound=Message)


class Records(Mapping[R]):
    """Keeps rows as JSON in `office_record`."""

    def __init__(self, resource: str, model: type[R]) -> None:
        super().__init__(model)
        self.resource = resource  # type: ignore[misc] # one class serves many resources

    def is_id(self, text: str) -> bool:
        """Ids of kept rows are whatever the server names them, but those of a UUID."""
        return self.model.model_fields["id"].annotation is not UUID or super().is_id(text)

    def take(self, taking: Taking, rows: Sequence[R]) -> None:
        keep_records(
            taking,
            self.resource,
            [(str(row.id), row.model_dump_json(by_alias=True)) for row in rows],  # type: ignore[attr-defined]
        )

    def delete(self, taking: Taking, ids: Sequence[str]) -> None:
        drop_records(taking.connection, self.resource, ids)

    def gone_since(self, connection: Connection, round_: int, *, limit: int) -> list[str]:
        return record_ids(connection, self.resource, round_, limit=limit)


class SettingsMapping(Records[SettingRow]):
    """Settings head office decides: they win over what was set here."""

    def __init__(self) -> None:
        super().__init__("settings", SettingRow)

    def take(self, taking: Taking, rows: Sequence[SettingRow]) -> None:
        super().take(taking, rows)
        for row in rows:
            if self._is_ours(taking, row):
                values = {"value": row.value, "changed_at": taking.at}
                taking.connection.execute(
                    insert(setting)
                    .values(name=row.id, **values)
                    .on_conflict_do_update(index_elements=["name"], set_=values)
                )

    def delete(self, taking: Taking, ids: Sequence[str]) -> None:
        super().delete(taking, ids)
        for one in ids:
            taking.connection.execute(setting.delete().where(setting.c.name == one))

    def _is_ours(self, taking: Taking, row: SettingRow) -> bool:
        """Whether this program knows the setting, and the text means something to it."""
        known = SETTINGS.get(row.id)
        if known is None or known.level is not Level.SHOP:
            return False
        try:
            known.read(row.value)
        except UserError as error:
            taking.troubles.append(f"Setting {row.id} is not taken: {error.text}")
            return False
        return True


class SalesPointsMapping(Records[SalesPointRow]):
    """Sales points; this till's own is what papers name."""

    def __init__(self) -> None:
        super().__init__("sales_points", SalesPointRow)

    def take(self, taking: Taking, rows: Sequence[SalesPointRow]) -> None:
        super().take(taking, rows)
        for row in rows:
            # The currency of a sales point never changes here: its books are in it.
            taking.connection.execute(
                update(sales_point)
                .where(sales_point.c.id == row.id)
                .values(name=row.name, address=row.address, phone=row.phone, language=row.language)
            )
