"""Papers: neutral documents, their builders, and how they become text, printer bytes and PDF."""
