"""Measurements of what must stay fast; each `bench_*.py` has `run() -> list[Row]`."""
