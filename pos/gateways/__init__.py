"""One module per payment or electricity provider."""
