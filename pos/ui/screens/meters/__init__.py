"""The register of meters and the people behind them: list, detail, forms, import."""
