"""The sentences of a restore: people's acts stay in sight beside a register that was proposed whole."""

from datetime import UTC, datetime, timedelta

import pytest

from pos.services.restore_report import PROPOSED, RestoreReport, ToRepeat

AT = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)


def report(*acts: ToRepeat) -> RestoreReport:
    return RestoreReport(
        former_code="T03",
        new_code="T03B",
        backup_at=AT,
        backup_seq=10,
        restored_seq=10,
        mirror_seq=None,
        last_receipt=None,
        next_receipt="T03B-000001",
        missing=None,
        is_end_known=True,
        not_booked=(),
        made_up=(),
        to_repeat=acts,
        unfinished=(),
        papers_lost=0,
        has_vault=True,
    )


@pytest.mark.parametrize(("proposals", "shown", "more"), [(0, 0, []), (5, 5, []), (240, 5, [235])])
def test_report_when_a_register_was_proposed_names_a_few_and_counts_the_others(
    proposals: int, shown: int, more: list[int]
) -> None:
    acts = [ToRepeat(AT + timedelta(minutes=n), PROPOSED, f"meter {n}") for n in range(proposals)]
    settings = [ToRepeat(AT, "setting.edit", f"setting {n}") for n in range(9)]

    said = report(*acts, *settings).sentences()

    assert sum("look whether it holds: setting.edit" in text for text in said) == 9
    assert sum("look whether it holds: record_proposed" in text for text in said) == shown
    assert [text for text in said if text.startswith("And ")] == [
        f"And {n} more record_proposed until 2026-11-30 07:59 UTC." for n in more
    ]
