"""A shop with tariffs, supply groups and one operator: what meters refer to."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection

from pos.models.meters import supply_group
from pos.models.shop import operator
from pos.models.tariffs import tariff

ADMINISTRATOR_ID = UUID(int=1)


def fill_shop(connection: Connection) -> None:
    """Tariffs RES and BUS, the three demo groups, and the administrator Ada with key 1."""
    connection.execute(
        operator.insert().values(
            key=1, id=ADMINISTRATOR_ID, name="Ada", role="A", pin_sealed=b"", wrong_pins=0, is_locked=False
        )
    )
    for number, code in enumerate(("RES", "BUS"), 1):
        connection.execute(
            tariff.insert().values(
                key=number,
                id=UUID(int=100 + number),
                code=code,
                version=1,
                valid_from=datetime(2026, 1, 1, tzinfo=UTC),
                body="{}",
                sha256=bytes(32),
            )
        )
    for sgc, method, algorithm in (("123456", "02", "07"), ("201457", "04", "07"), ("201458", "04", "11")):
        connection.execute(
            supply_group.insert().values(
                sgc=sgc,
                key_method=method,
                algorithm=algorithm,
                base_date="14",
                ti="01",
                krn=1,
                kt=2,
                ken=255,
                tid_zone="UTC",
                lanes=1,
                lane=0,
                holders='["vault"]',
                supplier="utility",
            )
        )
