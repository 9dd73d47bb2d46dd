"""The history of the server's database, one file per step (Alembic)."""
