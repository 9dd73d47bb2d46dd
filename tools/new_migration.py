"""Writes the next migration from the tables as declared: `python -m tools.new_migration "add shifts"`.

With `--again` the newest step is first thrown away, and written anew under its old number: only while no till
has it. With `--server` it is a step of the server's database.
"""

import subprocess
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

import central.history
import central.migrations.versions
import pos.models.history
import pos.models.migrations.versions
from tools.check_migrations import newest_database, newest_server_database


def main(arguments: list[str]) -> int:
    options = {word for word in arguments if word.startswith("--")}
    message = " ".join(word for word in arguments if word not in options)
    is_server = "--server" in options
    place = central.migrations.versions if is_server else pos.models.migrations.versions
    versions = Path(place.__path__[0])
    if "--again" in options:
        _throw_newest_away((central.history if is_server else pos.models.history).history_config())
    number = len(list(versions.glob("[0-9]*.py"))) + 1
    with newest_server_database() if is_server else newest_database() as config:
        config.attributes["is_first"] = number == 1
        command.revision(config, message=message, autogenerate=True, rev_id=f"{number:04d}")
    (written,) = versions.glob(f"{number:04d}_*.py")
    lines = written.read_text(encoding="utf-8").splitlines(keepends=True)
    written.write_text("".join(line for line in lines if "# ###" not in line), encoding="utf-8")
    for action in (["format", "--quiet"], ["check", "--fix", "--quiet"], ["format", "--quiet"]):
        # S603 asks whether the command can be trusted: it is this very interpreter.
        subprocess.run([sys.executable, "-m", "ruff", *action, str(written)], check=True)  # noqa: S603
    return 0


def _throw_newest_away(config: Config) -> None:
    newest = ScriptDirectory.from_config(config).get_revision("head")
    if newest is not None:
        Path(newest.path).unlink()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
