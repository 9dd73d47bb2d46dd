"""Uploads: what head office has of this till, and what it has not."""
