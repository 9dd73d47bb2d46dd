"""`python -m central`: the server, and the commands of those who run it."""

import sys

try:
    from central.cli.root import run
    from central.logs import prepare_loggers, start_logs
except ModuleNotFoundError as missing:
    # A till is installed without them, and somebody follows the pages for the server there.
    sys.exit(f"The server is not installed here ({missing.name} is missing): run `make serve` once.")

if __name__ == "__main__":
    # Standard output is what a command answers; `serve` sends its own log there.
    prepare_loggers()
    start_logs("warning", sys.stderr)
    sys.exit(run())
