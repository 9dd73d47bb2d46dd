"""The program's entry: `kilotill`, `python -m pos` and main.py all come here."""

from __future__ import annotations

from pos.cli.root import run


def main() -> int:
    """Run the command line; return 0 done, 1 refused or found wrong, 2 bad usage."""
    return run()


if __name__ == "__main__":
    raise SystemExit(main())
