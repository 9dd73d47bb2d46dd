"""A scanner told from a person by time."""

from pos.ui.scanner import BurstReader, Verdict


def feed(reader: BurstReader, text: str, *, at: float, gap: float) -> list[Verdict]:
    return [reader.key(letter, at + n * gap) for n, letter in enumerate(text)]


def test_keys_when_typed_slowly_then_all_pass() -> None:
    reader = BurstReader()

    assert feed(reader, "5000", at=0, gap=120) == [Verdict.PASS] * 4
    assert reader.end(1000) == ("", "")


def test_keys_when_they_come_in_a_burst_then_held_and_given_as_a_code() -> None:
    reader = BurstReader()

    verdicts = feed(reader, "04100000373", at=1000, gap=5)

    assert verdicts == [Verdict.PASS, Verdict.TAKE_BACK, *[Verdict.HOLD] * 9]
    assert reader.end(1060) == ("04100000373", "")


def test_burst_when_too_short_for_a_code_then_given_back_as_typing() -> None:
    reader = BurstReader()
    feed(reader, "500", at=0, gap=10)

    assert reader.end(30) == ("", "500")


def test_burst_when_the_scanner_sends_no_enter_then_silence_ends_it() -> None:
    reader = BurstReader()
    feed(reader, "04100000373", at=0, gap=5)

    assert reader.silence(60) == ("", "")
    assert reader.silence(120) == ("04100000373", "")
    assert not reader.is_holding


def test_code_when_scanned_twice_at_once_then_taken_once() -> None:
    reader = BurstReader()
    feed(reader, "04100000373", at=0, gap=2)
    first = reader.end(25)
    feed(reader, "04100000373", at=100, gap=2)

    assert (first, reader.end(125)) == (("04100000373", ""), ("", ""))


def test_code_when_scanned_again_later_then_taken_again() -> None:
    reader = BurstReader()
    feed(reader, "04100000373", at=0, gap=2)
    reader.end(25)
    feed(reader, "04100000373", at=900, gap=2)

    assert reader.end(925) == ("04100000373", "")


def test_burst_when_it_holds_control_letters_then_they_are_dropped() -> None:
    reader = BurstReader()
    feed(reader, "0410\x1d0000373", at=0, gap=2)

    assert reader.end(30) == ("04100000373", "")
