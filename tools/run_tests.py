"""Runs all tests: `python -m tools.run_tests [pytest arguments]`.

Where Qt's system libraries are missing it names the packages and leaves out the tests that need a window, so
that a fresh machine can still prove the rest. On a CI machine that is an error: nothing is left out there.
"""

import os
import subprocess
import sys

from pos.system.qt_libraries import missing_qt_packages

WITHOUT_QT = (
    *("-p", "no:pytest-qt"),
    *("-o", "required_plugins=pytest-randomly pytest-xdist"),
    # The settings of pytest-qt are unknown without it.
    *("-o", "strict_config=false", "-W", "ignore::pytest.PytestConfigWarning"),
    "--ignore-glob=*/tests/ui/*",
    "--ignore-glob=*/tests/unit/ui/*",
)


def main(arguments: list[str]) -> int:
    missing = missing_qt_packages()
    if missing:
        print(f"Qt lacks system libraries. On Debian: apt-get install {' '.join(missing)}", file=sys.stderr)
        if "CI" in os.environ:
            return 1
        print("The tests that need a window are LEFT OUT.", file=sys.stderr)
    command = [sys.executable, "-m", "pytest", "--numprocesses", "auto", *(WITHOUT_QT if missing else ())]
    # S603 asks whether the command can be trusted: it is this very interpreter.
    return subprocess.run([*command, *arguments], check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
