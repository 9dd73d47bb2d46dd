"""The history of the till's database, one file per step."""
