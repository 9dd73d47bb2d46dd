"""Waiting and lock-out after wrong PINs, counted in the machine's running time (docs/formats.md §15)."""

from __future__ import annotations

from dataclasses import dataclass, replace

WRONG_PINS_MAX = 5
LOCKED_FOR_MS = 15 * 60_000


@dataclass(frozen=True, slots=True)
class LockOut:
    """What wrong PINs have brought a person: `wait_left_ms` to wait as of the running time `wait_from_ms`.

    Running time starts anew with the machine. A running time before `wait_from_ms` therefore means a restart,
    and the wait goes on from there: neither a restart nor a changed clock shortens it.
    """

    wrong_pins: int = 0
    wait_left_ms: int = 0
    wait_from_ms: int = 0
    is_locked: bool = False

    def at(self, running_ms: int) -> LockOut:
        """Give the state with the time up to `running_ms` counted; a lock ends with its wait.

        The wrong PINs stay counted: after a lock has run out, one more wrong PIN locks again.
        """
        elapsed_ms = max(0, running_ms - self.wait_from_ms)
        left_ms = max(0, self.wait_left_ms - elapsed_ms)
        return LockOut(self.wrong_pins, left_ms, running_ms, self.is_locked and left_ms > 0)

    def after_wrong_pin(self, running_ms: int) -> LockOut:
        """Give the state after one more wrong PIN: 2^n seconds, from the fifth on locked for 15 minutes."""
        wrong_pins = self.wrong_pins + 1
        is_locked = wrong_pins >= WRONG_PINS_MAX
        wait_ms = LOCKED_FOR_MS if is_locked else 1000 * 2**wrong_pins
        return replace(
            self, wrong_pins=wrong_pins, wait_left_ms=wait_ms, wait_from_ms=running_ms, is_locked=is_locked
        )


FREE = LockOut()
"""Nothing to wait for."""
