"""The dashboard: a month in figures, a chart and tables."""
