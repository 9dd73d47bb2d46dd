"""What head office decides, as a service asks before somebody changes it here."""

from __future__ import annotations

from sqlalchemy import Connection


def is_from_office(connection: Connection, resource: str, record_id: str | None = None) -> bool:
    """Return whether head office gave this record, or any of the resource where no id is given."""
    query = "SELECT 1 FROM office_record WHERE resource = ?1 AND (?2 IS NULL OR id = ?2) LIMIT 1"
    return connection.exec_driver_sql(query, (resource, record_id)).first() is not None


def is_meter_of_office(connection: Connection, meter_key: int) -> bool:
    """Return whether a meter's record is head office's; a change here is then a proposal too."""
    found: int = connection.exec_driver_sql(
        "SELECT pull_round FROM meter WHERE key = ?", (meter_key,)
    ).scalar_one()
    return found > 0
