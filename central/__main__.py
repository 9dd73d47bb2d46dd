"""`python -m central`: the server, and the commands of those who run it."""

import sys

from central.cli.root import run

if __name__ == "__main__":
    sys.exit(run())
