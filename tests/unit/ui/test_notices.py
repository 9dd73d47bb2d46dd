"""What was said in passing: who may read it, and what asks for a look."""

from datetime import UTC, datetime

from pos.ui.notices import KEPT, Notices

AT = datetime(2026, 11, 17, 12, 33, tzinfo=UTC)
ALINE, ODETTE = 1, 2


def said(notices: Notices, text: str, light: str = "ok", person: int | None = ALINE) -> None:
    notices.add(text, light, at=AT, person=person)


def test_notices_when_more_than_are_kept_then_the_oldest_go() -> None:
    notices = Notices()
    for n in range(KEPT + 3):
        said(notices, str(n))

    assert notices.texts() == [str(n) for n in range(KEPT + 2, 2, -1)]
    assert [one.text for one in notices.of(ALINE)] == notices.texts()


def test_notices_when_somebody_else_reads_then_only_what_was_said_to_nobody() -> None:
    notices = Notices()
    said(notices, "to the first")
    said(notices, "while locked", person=None)

    assert [one.text for one in notices.of(ODETTE)] == ["while locked"]
    assert [one.text for one in notices.of(ALINE)] == ["while locked", "to the first"]


def test_waiting_when_trouble_came_then_counted_until_the_list_was_open() -> None:
    notices = Notices()
    said(notices, "Saved")
    said(notices, "The disk is full", "warn")
    said(notices, "A payment failed", "bad")
    said(notices, "No back-up", "warn", None)

    assert (notices.waiting(ALINE), notices.waiting(ODETTE)) == (3, 1)
    notices.saw(ALINE)
    assert (notices.waiting(ALINE), notices.waiting(ODETTE)) == (0, 1)
    said(notices, "The disk is full", "warn")
    assert notices.waiting(ALINE) == 1
