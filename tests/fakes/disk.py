"""A disk whose free room a test decides."""

from pathlib import Path


class FakeDisk:
    def __init__(self, free: int = 10**12) -> None:
        self.free = free

    def __call__(self, _folder: Path) -> int:
        return self.free
