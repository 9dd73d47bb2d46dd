"""Run by Alembic: brings the connection named in the configuration to the wanted step.

The whole upgrade is one transaction of the caller's (`central.history`), on both databases.
"""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy.types import TypeDecorator

from central.models.base import METADATA


def migrate() -> None:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=METADATA,
        render_as_batch=True,
        transactional_ddl=True,
        render_item=_render,
    )
    with context.begin_transaction():
        context.run_migrations()


def _render(kind: str, item: object, autogenerate: AutogenContext) -> str | Literal[False]:
    """Write our own column types by name: what they store on each database stands in `types`."""
    if kind == "type" and isinstance(item, TypeDecorator):
        autogenerate.imports.add("from central.models import types")
        return f"types.{type(item).__name__}()"
    return False


migrate()
