"""What travels between a till and the server."""
