"""One mapping for each pulled resource: from the server's row to the till's tables."""
