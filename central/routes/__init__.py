"""The server's addresses; each module has a `router`."""
