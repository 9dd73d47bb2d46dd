"""Translations, and how money, numbers and dates are written."""
