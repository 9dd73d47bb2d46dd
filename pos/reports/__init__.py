"""The figures and documents of the shop's reports."""
