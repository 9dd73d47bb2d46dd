"""The first start: the questions that make a shop."""
