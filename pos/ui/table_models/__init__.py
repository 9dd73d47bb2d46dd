"""Table models: pages of frozen rows, fetched by key beside the window."""
