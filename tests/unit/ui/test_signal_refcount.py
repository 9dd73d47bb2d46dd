import subprocess
import sys

EMIT = """
import sys
from PySide6.QtCore import QObject, Signal

class Switch(QObject):
    switched = Signal(bool)

switch = Switch()
before = sys.getrefcount(True)
for _ in range(5_000):
    switch.switched.emit(True)
print(sys.getrefcount(True) - before)
"""


def test_emit_when_repeated_keeps_the_references_to_true() -> None:
    """PySide6 6.12.0 on Python 3.11 drops one at each emit, and the process dies when none is left."""
    answer = subprocess.run([sys.executable, "-c", EMIT], capture_output=True, text=True)

    assert answer.returncode == 0, answer.stderr
    assert abs(int(answer.stdout)) < 100
