from benchmarks.table import Row, median_seconds, table


def test_table_when_a_row_has_a_plain_figure_shows_the_ratio() -> None:
    lines = table([Row("one sale", 3.0, "ms", plain_figure=2.0), Row("a scan", 0.25, "ms")]).splitlines()

    assert [line.split() for line in lines[1:]] == [
        ["one", "sale", "3.000", "ms", "1.50"],
        ["a", "scan", "0.250", "ms"],
    ]


def test_median_seconds_when_asked_for_repeats_runs_that_often() -> None:
    runs: list[None] = []

    assert median_seconds(lambda: runs.append(None), repeats=3) >= 0
    assert len(runs) == 3
