"""What the till keeps in its SQLite database."""
