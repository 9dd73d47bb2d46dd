"""Writes the next migration from the tables as declared: `python -m tools.new_migration "add shifts"`.

With `--again` the newest step is first thrown away, and written anew under its old number: only while no till
has it.
"""

import subprocess
import sys
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

import pos.models.migrations.versions
from pos.models.history import history_config
from tools.check_migrations import newest_database

VERSIONS = Path(pos.models.migrations.versions.__file__).parent


def main(arguments: list[str]) -> int:
    if "--again" in arguments:
        arguments.remove("--again")
        _throw_newest_away()
    number = len(list(VERSIONS.glob("[0-9]*.py"))) + 1
    with newest_database() as config:
        config.attributes["is_first"] = number == 1
        command.revision(config, message=" ".join(arguments), autogenerate=True, rev_id=f"{number:04d}")
    (written,) = VERSIONS.glob(f"{number:04d}_*.py")
    lines = written.read_text(encoding="utf-8").splitlines(keepends=True)
    written.write_text("".join(line for line in lines if "# ###" not in line), encoding="utf-8")
    for action in (["format", "--quiet"], ["check", "--fix", "--quiet"], ["format", "--quiet"]):
        # S603 asks whether the command can be trusted: it is this very interpreter.
        subprocess.run([sys.executable, "-m", "ruff", *action, str(written)], check=True)  # noqa: S603
    return 0


def _throw_newest_away() -> None:
    history = ScriptDirectory.from_config(history_config())
    newest = history.get_revision("head")
    if newest is not None:
        Path(newest.path).unlink()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
