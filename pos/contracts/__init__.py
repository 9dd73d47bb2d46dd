"""What travels between till and server (docs/formats.md §10): shapes only, no behaviour.

Amounts are minor units. Fields are added, never moved or retyped; unknown ones are ignored.
"""
