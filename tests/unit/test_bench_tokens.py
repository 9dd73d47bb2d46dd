"""The token benchmark and the page that shows its figures speak of the same rows."""

import re
from pathlib import Path

import pytest

from benchmarks import bench_tokens

PAGE = (Path(__file__).parents[2] / "docs/performance.md").read_text(encoding="utf-8")


def test_rows_of_the_token_benchmark_are_those_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_tokens, "_rate", lambda action, rounds: 1.0)
    section = PAGE.split("## Token engine\n")[1].split("\n## ")[0]
    documented = re.findall(r"^\| (\w+ .+?) \| [\d,]+ \| ([\d.]*)", section, flags=re.MULTILINE)

    rows = bench_tokens.run()

    assert [(row.name, row.plain_figure is not None) for row in rows] == [
        (name, bool(ratio)) for name, ratio in documented
    ]
