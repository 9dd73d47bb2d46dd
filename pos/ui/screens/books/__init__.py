"""Books: both books of each day side by side."""
