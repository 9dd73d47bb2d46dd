"""Tables of the server (SQLAlchemy Core), for SQLite and PostgreSQL alike."""
