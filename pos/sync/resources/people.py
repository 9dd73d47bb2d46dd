"""Users: the people head office lets sign in here (docs/formats.md §10, §15)."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from pos.contracts.resources import UserRow
from pos.models.shop import operator
from pos.sync.resources.base import Taking
from pos.sync.resources.records import Records


class UsersMapping(Records[UserRow]):
    """People; wrong PINs and locks stay the till's own, and so does a PIN that was set here since."""

    def __init__(self) -> None:
        super().__init__("users", UserRow)

    def take(self, taking: Taking, rows: Sequence[UserRow]) -> None:
        # The hash of a PIN is kept sealed in the person's row and nowhere else.
        super().take(taking, [row.model_copy(update={"pin_hash": None}) for row in rows])
        for row in rows:
            self._make_room(taking, row)
            self._store(taking, row)

    def delete(self, taking: Taking, ids: Sequence[str]) -> None:
        """What people did stays; they sign in no more."""
        super().delete(taking, ids)
        for one in ids:
            taking.connection.execute(
                operator.update().where(operator.c.id == UUID(one)).values(is_active=False)
            )

    def _store(self, taking: Taking, row: UserRow) -> None:
        connection = taking.connection
        values: dict[str, Any] = {
            "name": row.name,
            "role": row.role,
            "institution": row.institution,
            "is_active": row.is_active,
        }
        found: Any = connection.execute(
            operator.select().where(operator.c.id == row.id).with_only_columns(operator.c.office_pin)
        ).one_or_none()
        if row.pin_hash is not None:
            mark = sha256(row.pin_hash.encode()).digest()
            if found is None or found.office_pin != mark:
                values |= {"pin_sealed": taking.seal_pin(row.id, row.pin_hash), "office_pin": mark}
        if found is not None:
            connection.execute(operator.update().where(operator.c.id == row.id).values(values))
            return
        # Without a PIN nobody gets in: an empty seal opens for none.
        connection.execute(operator.insert().values({"id": row.id, "pin_sealed": b"", **values}))

    def _make_room(self, taking: Taking, row: UserRow) -> None:
        """Names are unique here: somebody of the till who is called the same gets a mark behind."""
        taken = operator.select().where(operator.c.name == row.name, operator.c.id != row.id)
        other: Any = taking.connection.execute(taken).one_or_none()
        if other is None:
            return
        name = f"{other.name} ({other.id.hex[-4:]})"
        taking.connection.execute(operator.update().where(operator.c.id == other.id).values(name=name))
        taking.troubles.append(f"Two people are called {row.name}: the one of this till is now {name}.")
