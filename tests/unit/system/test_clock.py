import sys
import time

import pytest

from pos.system.clock import SystemClock


@pytest.mark.skipif(sys.platform != "linux", reason="each system has a clock of its own that counts sleep")
def test_running_time_when_the_machine_slept_counts_the_sleep() -> None:
    before = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    running_ms = SystemClock().running_ms()

    assert before <= running_ms <= time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
