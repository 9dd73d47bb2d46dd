import logging
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guards import LeakGuard, NetworkForbidden

ROOT = Path(__file__).parents[2]

GUARDED_TESTS = """
import logging
import pytest

def test_logs_a_warning():
    logging.getLogger("till").warning("drawer open")

@pytest.mark.expect_log("drawer open")
def test_logs_a_warning_as_expected():
    logging.getLogger("till").warning("drawer open")

@pytest.mark.expect_log("drawer open")
def test_logs_nothing_though_expected():
    pass

def test_logs_a_note():
    logging.getLogger("till").info("drawer shut")
"""


def test_log_guard_when_a_warning_is_not_expected_fails_the_test(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copy(ROOT / "tests/conftest.py", tmp_path / "tests")
    shutil.copy(ROOT / "tests/guards.py", tmp_path / "tests")
    (tmp_path / "tests/test_guarded.py").write_text(GUARDED_TESTS, encoding="utf-8")

    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "--quiet", "-rE"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )

    assert "4 passed, 2 errors" in answer.stdout
    assert "Unexpected log: WARNING till: drawer open" in answer.stdout
    assert "Expected in the log, and not there: drawer open" in answer.stdout


def test_network_guard_when_an_address_is_elsewhere_refuses() -> None:
    with socket.socket() as line, pytest.raises(NetworkForbidden):
        line.connect(("192.0.2.1", 443))
    with pytest.raises(NetworkForbidden):
        socket.create_connection(("example.org", 443))


def test_network_guard_when_an_address_is_here_lets_it_pass() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()


@pytest.mark.parametrize(
    "message",
    [
        "token 1234 5678 9012 3456 7890 given",
        "asked +250788123456",
        "key sk_live_abc123",
        "PIN: 24680",
        "key 5a4db0c5000000000000000000000001",
    ],
)
def test_leak_guard_when_a_secret_is_logged_even_for_debugging_complains(message: str) -> None:
    # Straight to the guard: the one around this test must not hear it.
    guard = LeakGuard()
    guard.emit(logging.makeLogRecord({"name": "pos.anything", "msg": "said: %s", "args": (message,)}))
    assert "A secret in a log: pos.anything" in guard.complaint()


def test_leak_guard_when_ordinary_things_are_logged_says_nothing() -> None:
    guard = LeakGuard()
    for text in (
        "sale 01a22929-2616-76d1-84d6-99478af8e028 of 5000 at 12:30",
        "request 01a22929-2616-7391-9086-123456789012",
        "took 1234.5678 ms",
    ):
        guard.emit(logging.makeLogRecord({"name": "pos.anything", "msg": text}))
    assert guard.complaint() == ""
