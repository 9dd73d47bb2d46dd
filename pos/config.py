"""Every setting of the till, declared once."""
