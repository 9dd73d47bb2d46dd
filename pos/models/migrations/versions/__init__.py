"""The steps of the till's database, oldest first by their links."""
