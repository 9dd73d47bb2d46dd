"""Tariff versions from head office: a stored version never changes, sales name it by its hash."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from pos.contracts.resources import TariffRow
from pos.domain.journal import parse_instant
from pos.domain.tariff_json import tariff_from_json
from pos.errors import UserError
from pos.models.tariffs import tariff
from pos.sync.resources.base import Taking
from pos.sync.resources.records import Records


class TariffsMapping(Records[TariffRow]):
    """Tariffs; one that a shop imported before with the same content is the same."""

    def __init__(self) -> None:
        super().__init__("tariffs", TariffRow)

    def take(self, taking: Taking, rows: Sequence[TariffRow]) -> None:
        super().take(taking, rows)
        for row in rows:
            if not self._is_sound(row):
                taking.troubles.append(f"Tariff {row.code} version {row.version} came damaged.")
                continue
            self._step_aside(taking, row)
            found: Any = taking.connection.execute(
                tariff.select().where(tariff.c.code == row.code, tariff.c.version == row.version)
            ).one_or_none()
            if found is None:
                self._insert(taking, row)
            elif found.sha256.hex() == row.sha256:
                taking.connection.execute(
                    tariff.update().where(tariff.c.key == found.key).values(name=row.name)
                )
            else:
                taking.troubles.append(
                    f"Tariff {row.code} version {row.version} is stored here with other content."
                )

    def _step_aside(self, taking: Taking, row: TariffRow) -> None:
        """Head office owns tariffs: the shop's own of the same code keep only the sales made with them."""
        taking.connection.exec_driver_sql(
            "UPDATE tariff SET code = code || '@' || "
            "(SELECT till.code FROM book JOIN till ON till.id = book.till_id) "
            "WHERE code = ? AND lower(hex(sha256)) NOT IN (SELECT json_extract(body, '$.sha256') "
            "FROM office_record WHERE resource = 'tariffs' AND json_extract(body, '$.code') = ?)",
            (row.code, row.code),
        )

    def delete(self, taking: Taking, ids: Sequence[str]) -> None:
        """A version that prices were made with stays; it was in force then."""
        super().delete(taking, ids)
        for one in ids:
            taking.connection.exec_driver_sql(
                "DELETE FROM tariff WHERE id = ? AND NOT EXISTS "
                "(SELECT 1 FROM sale_item WHERE tariff_key = tariff.key) AND NOT EXISTS "
                "(SELECT 1 FROM total_line WHERE tariff_key = tariff.key)",
                (UUID(one).bytes,),
            )

    def _is_sound(self, row: TariffRow) -> bool:
        """Whether the text has its hash and reads as the version it is said to be."""
        if sha256(row.body.encode()).hexdigest() != row.sha256:
            return False
        try:
            read = tariff_from_json(json.loads(row.body))
        except (UserError, ValueError, KeyError, TypeError):
            return False
        return (read.code, read.version, read.valid_from) == (
            row.code,
            row.version,
            parse_instant(row.valid_from),
        )

    def _insert(self, taking: Taking, row: TariffRow) -> None:
        taking.connection.execute(
            tariff.insert().values(
                id=row.id,
                code=row.code,
                version=row.version,
                valid_from=parse_instant(row.valid_from),
                name=row.name,
                body=row.body,
                sha256=bytes.fromhex(row.sha256),
            )
        )
