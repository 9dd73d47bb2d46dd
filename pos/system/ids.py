"""Time-ordered ids, where the till has always taken them from; the server takes the same."""

from pos.domain.ids import new_id

__all__ = ["new_id"]
