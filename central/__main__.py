"""`python -m central`: the server, and the commands of those who run it."""

import sys

from central.cli.root import run
from central.logs import prepare_loggers, start_logs

if __name__ == "__main__":
    # Standard output is what a command answers; `serve` sends its own log there.
    prepare_loggers()
    start_logs("warning", sys.stderr)
    sys.exit(run())
