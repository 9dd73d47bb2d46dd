"""The desktop window; the only package that may import PySide6."""
