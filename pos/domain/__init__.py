"""The rules of the shop as plain values and functions, using the standard library only."""
