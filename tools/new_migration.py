"""Writes the next migration from the tables as declared: `python -m tools.new_migration "add shifts"`."""

import sys

from alembic import command

from tools.check_migrations import newest_database

with newest_database() as config:
    command.revision(config, message=sys.argv[1], autogenerate=True)
