"""The sub-commands that do a till's work without a window."""
