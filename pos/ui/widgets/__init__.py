"""Small painted widgets and styled ones of Qt; each is given the `Look` and knows no service."""
