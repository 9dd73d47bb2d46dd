"""One package per screen, each a view and a presenter."""
