"""Runs every benchmark and prints one table."""

import importlib
import pkgutil
from collections.abc import Iterator

import benchmarks
from benchmarks.table import Row, table


def _rows() -> Iterator[Row]:
    for module in pkgutil.iter_modules(benchmarks.__path__, "benchmarks."):
        if module.name.startswith("benchmarks.bench_"):
            yield from importlib.import_module(module.name).run()


print(table(list(_rows())))
