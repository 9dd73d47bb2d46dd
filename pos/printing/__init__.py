"""Turns documents into paper: receipts, PDF pages and the spool."""
