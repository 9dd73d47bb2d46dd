"""The Shift place: open, move cash, count blind, compare, X and Z reports."""
