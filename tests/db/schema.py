"""A fresh till database for tests: every table, no rows."""

import importlib
import pkgutil
from pathlib import Path

import pos.models
from pos.models.base import Base
from pos.models.db import open_engine
from pos.models.search import create_search
from pos.models.uow import Units


def make_database(folder: Path) -> Units:
    """Make `till.sqlite` in the folder with the newest schema and open it."""
    for module in pkgutil.iter_modules(pos.models.__path__, "pos.models."):
        importlib.import_module(module.name)
    engine = open_engine(folder / "till.sqlite")
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        create_search(connection)
    return Units(engine)
