"""The tariffs: every version, and the editor of a new one with a worked example."""
