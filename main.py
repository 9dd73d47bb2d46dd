"""Starts Kilotill from a checkout."""

import sys

from pos.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
