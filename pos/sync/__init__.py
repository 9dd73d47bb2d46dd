"""Carries the journal to the server and master data back."""
