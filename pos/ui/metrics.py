"""Every size of the program: normal, compact on small screens, and grown with the text."""

from __future__ import annotations

from dataclasses import dataclass

COMPACT_BELOW_WIDTH = 1200
COMPACT_BELOW_HEIGHT = 720
SINGLE_COLUMN_FROM_PERCENT = 150
SCALES = (100, 125, 150, 175, 200)


@dataclass(frozen=True, slots=True)
class Metrics:
    """Sizes in pixels; `percent` is the size of the text, from 100 to 200."""

    is_compact: bool = False
    percent: int = 100

    @property
    def is_single_column(self) -> bool:
        """Whether zones stand under each other because the text is large."""
        return self.percent >= SINGLE_COLUMN_FROM_PERCENT

    def px(self, normal: int, compact: int | None = None) -> int:
        """Return a size that grows with the text."""
        return round(self.fixed(normal, compact) * self.percent / 100)

    def fixed(self, normal: int, compact: int | None = None) -> int:
        """Return a size that does not grow: gaps, margins, borders."""
        return compact if self.is_compact and compact is not None else normal

    def display(self, normal: int, compact: int | None = None, *, most: int = 125) -> int:
        """Return the size of a display figure, which grows only as far as its line allows: `most` percent."""
        return round(self.fixed(normal, compact) * min(self.percent, most) / 100)

    def line(self, normal: int, single: int) -> int:
        """Return the height of a line of the frame, which is drawn closer where the text is large."""
        return self.px(single) if self.is_single_column else self.px(normal)

    @property
    def margin(self) -> int:
        """Between the frame and the desk, and between zones."""
        return self.fixed(16, 10)

    @property
    def gap(self) -> int:
        """Between cards."""
        return self.fixed(12, 8)

    @property
    def padding(self) -> int:
        """Inside a card."""
        return self.fixed(16, 12)

    @property
    def rail(self) -> int:
        """The rail's width; where the text is large it has icons only."""
        return self.px(38) if self.is_single_column else self.fixed(84, 56)

    @property
    def strip(self) -> int:
        """The status strip's height; two lines where the text is large."""
        return self.line(self.fixed(52, 44), self.fixed(42, 38))

    @property
    def bar(self) -> int:
        """The F-key bar's height; caps stand beside their captions where the text is large."""
        return self.line(self.fixed(52, 44), self.fixed(32, 28))

    @property
    def field(self) -> int:
        """A normal field's or button's height."""
        return self.px(40, 38)

    @property
    def search(self) -> int:
        """The height of the search line."""
        return self.line(self.fixed(56, 46), self.fixed(36, 31))

    @property
    def pay(self) -> int:
        """The height of the one main button."""
        return self.line(self.fixed(56, 48), self.fixed(42, 36))

    @property
    def number(self) -> int:
        """The height of a field with a large number."""
        return self.line(self.fixed(60, 46), self.fixed(46, 40))

    @property
    def row(self) -> int:
        """A table row's height."""
        return self.px(40, 32)

    @property
    def side(self) -> int:
        """The width of the money zone."""
        return self.fixed(392, 324)


def metrics_for(width: int, height: int, percent: int) -> Metrics:
    """Return the sizes for a window of so many pixels."""
    is_compact = width < COMPACT_BELOW_WIDTH or height < COMPACT_BELOW_HEIGHT
    return Metrics(is_compact=is_compact, percent=percent)
