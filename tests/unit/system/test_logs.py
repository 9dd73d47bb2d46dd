import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.system.logs import FILE_BYTES_MAX, OLD_FILES, RedactingFormatter, redact, start_logs

DIGITS = st.text("0123456789", min_size=20, max_size=20)
FRAMES = st.sampled_from(["{}", "token {}", "'{}'", "a={},", "({})", "x\n{}\ny"])


@pytest.fixture
def own_level() -> Iterator[None]:
    root = logging.getLogger()
    before = root.level
    yield
    root.setLevel(before)


@given(DIGITS, st.sampled_from(["", " ", "-"]), st.sampled_from([1, 2, 4, 5, 10]), FRAMES)
def test_redact_when_a_token_stands_in_any_groups_then_nothing_of_it_stays(
    digits: str, blank: str, size: int, frame: str
) -> None:
    token = blank.join(digits[start : start + size] for start in range(0, 20, size))
    shown = redact(frame.format(token))
    assert shown == frame.format("[hidden]")


@given(st.binary(min_size=8, max_size=40), st.sampled_from(["lower", "upper"]))
def test_redact_when_a_key_stands_in_hexadecimal_then_nothing_of_it_stays(
    key: bytes, as_letters: str
) -> None:
    text = getattr(key.hex(), as_letters)()
    assert redact(f"key {text}.") == "key [hidden]."


@pytest.mark.parametrize(
    "secret",
    [
        "+250788123456",
        "+250 788 123 456",
        "+44 (0)20 7946 0958",
        "0788123456",
        "250788123456",
        "788123456",
        "08031234567",
        "ABAB ABAB ABAB ABAB",
        "abab-abab-abab-abab-9494-9494-9494-9494-0123-4567",
        "ABCDE-FGHJK-LMNPQ-RSTUV-WXYZ2",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "1234-5678-9012-3456",
    ],
)
def test_redact_when_a_phone_a_key_or_a_code_stands_there_then_is_hidden(secret: str) -> None:
    shown = redact(f"got {secret}, done")
    assert shown.startswith("got [hidden]") and shown.endswith(", done")
    assert not any(part in shown for part in re.findall(r"\w{4,}", secret))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pin 12345", "pin [hidden]"),
        ("PIN: 123456 typed", "PIN: [hidden] typed"),
        ("{'pin': '87654321'}", "{'pin': '[hidden]'}"),
        ("new_pin=123456", "new_pin=[hidden]"),
        ("the PIN is 24680", "the PIN is [hidden]"),
    ],
)
def test_redact_when_a_pin_is_called_one_then_is_hidden(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize("end", ["0a4791461430", "479146143012", "abc123456789", "000000000000"])
def test_redact_when_an_id_of_ours_looks_like_a_phone_then_it_stays_and_a_phone_beside_it_does_not(
    end: str,
) -> None:
    own = f"01a1f7f8-3000-74b4-9e1c-{end}"

    assert redact(f"sale {own}, called 0788123456") == f"sale {own}, called [hidden]"
    assert redact(own) == own


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T10:15:30.123Z seq 17",
        "receipt T03-000123 of sale 0193a1b2-7c3d-7e4f-8a5b-6c7d8e9fa0b1",
        "meter 01234567895 and 6000000000019",
        "amount 5000 RWF, 30387 milli",
        "/home/anne/.local/share/Kilotill/logs/kilotill.log:200",
        "spinning 12345 times",
    ],
)
def test_redact_when_nothing_is_secret_then_the_text_stays(text: str) -> None:
    assert redact(text) == text


def test_formatter_when_an_exception_is_logged_then_its_traceback_is_clean_and_the_time_is_utc() -> None:
    try:
        raise ValueError("token 12345678901234567890")
    except ValueError as error:
        record = logging.LogRecord(
            "pos.x", logging.ERROR, "f", 1, "for %s", ("+250788123456",), (type(error), error, None)
        )
    record.created, record.msecs = 1_700_000_000.25, 250.0
    text = RedactingFormatter().format(record)
    assert text.startswith("2023-11-14T22:13:20.250Z ERROR MainThread pos.x: for [hidden]\n")
    assert "ValueError: token [hidden]" in text


@pytest.mark.logs_secrets
def test_start_logs_when_much_is_logged_then_the_files_stay_bounded_and_clean(
    tmp_path: Path, own_level: None
) -> None:
    logs = start_logs(tmp_path / "logs")
    logger = logging.getLogger("pos.test_logs")
    filler = "x" * 100_000
    for number in range(150):
        logger.info("%s token 1234 5678 9012 3456 %04d %s", number, number, filler)
    logger.debug("not at this level")
    logs.stop()
    files = sorted((tmp_path / "logs").iterdir())
    assert 1 < len(files) <= OLD_FILES + 1
    assert all(file.stat().st_size <= FILE_BYTES_MAX for file in files)
    newest = (tmp_path / "logs" / "kilotill.log").read_text()
    assert "149 token [hidden]" in newest
    assert not any("5678" in file.read_text() or "not at" in file.read_text() for file in files)


def test_logs_when_stopped_then_take_nothing_more(tmp_path: Path, own_level: None) -> None:
    logs = start_logs(tmp_path)
    logs.stop()
    logging.getLogger("pos.test_logs").info("late")
    assert "late" not in (tmp_path / "kilotill.log").read_text()
