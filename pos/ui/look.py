"""How everything looks now: colours, sizes, fonts, icons and language in one object for all widgets."""

from __future__ import annotations

from enum import Enum

from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetrics

from pos.i18n.resources import resource_path
from pos.i18n.wording import Wording
from pos.ui.icons import Icons
from pos.ui.keymap import KeyMap
from pos.ui.metrics import Metrics
from pos.ui.theme import THEMES

SANS = "Inter"
MONO = "JetBrains Mono"
_SANS_FALLBACK = "DejaVu Sans"
_MONO_FALLBACK = "DejaVu Sans Mono"
_FILES = (
    "Inter-Regular.otf",
    "Inter-Medium.otf",
    "Inter-SemiBold.otf",
    "JetBrainsMono-Medium.ttf",
    "JetBrainsMono-Bold.ttf",
)


class Type(Enum):
    """A kind of text: pixels normal and compact, weight, whether figures are tabular, letter spacing in %."""

    CHANGE = (112, 88, 600, False, 98)
    TOKEN = (74, 58, 600, True, 98)
    TOKEN_3 = (58, 48, 600, True, 98)
    TOKEN_MID = (52, 48, 600, True, 98)
    TOKEN_LIST = (24, 22, 600, True, 100)
    TOKEN_SMALL = (18, 18, 600, True, 100)
    COUNTDOWN = (56, 40, 600, False, 98)
    CLOCK = (74, 58, 600, False, 98)
    TOTAL = (40, 30, 600, False, 98)
    FIELD = (34, 26, 600, True, 100)
    RECEIVED = (30, 24, 600, True, 100)
    CONFIRM = (40, 32, 600, False, 99)
    CONFIRM_METER = (28, 24, 400, True, 100)
    OWNER = (32, 24, 600, False, 99)
    TITLE = (24, 20, 600, False, 100)
    SEARCH = (22, 18, 400, True, 100)
    HEADING = (20, 18, 600, True, 100)
    NUMBER = (20, 17, 600, True, 100)
    STRONG = (16, 15, 600, True, 100)
    LARGE = (18, 16, 500, True, 100)
    BODY = (14, 13, 400, True, 100)
    VALUE = (14, 13, 500, True, 100)
    NAME = (14, 13, 600, True, 100)
    SUPPORT = (13, 12, 400, True, 100)
    CAPTION = (12, 12, 600, True, 100)
    SMALL = (12, 12, 400, True, 100)
    MONO = (13, 12, 500, True, 100)
    CAP = (12, 12, 500, True, 100)


_DISPLAY = {
    Type.CHANGE,
    Type.TOKEN,
    Type.TOKEN_3,
    Type.TOKEN_MID,
    Type.COUNTDOWN,
    Type.CLOCK,
    Type.TOTAL,
    Type.FIELD,
    Type.RECEIVED,
    Type.CONFIRM,
    Type.CONFIRM_METER,
    Type.OWNER,
}
_MONO = {Type.MONO, Type.CAP}
_MOST = {Type.FIELD: 170, Type.RECEIVED: 145, Type.OWNER: 140}
"""Display figures whose line allows more than 125 %."""


def load_fonts() -> None:
    """Make the bundled fonts known to Qt; needs a QGuiApplication. The same file twice does no harm."""
    for name in _FILES:
        QFontDatabase.addApplicationFont(str(resource_path("fonts", name)))


class Look:
    """Colours, sizes, fonts, icons, keys and words. Frozen: a change of any makes a new one and new views."""

    def __init__(
        self,
        wording: Wording,
        *,
        theme: str = "light",
        metrics: Metrics | None = None,
        keys: KeyMap | None = None,
    ) -> None:
        """`theme` is `light` or `dark`."""
        self.theme = theme
        self.colours = THEMES[theme]
        self.metrics = metrics or Metrics()
        self.wording = wording
        self.keys = keys or KeyMap()
        self.icons = Icons()
        self._fonts: dict[Type, QFont] = {}

    def say(self, source: str, /, **values: object) -> str:
        """Translate a text of the screen."""
        return self.wording.say(source, **values)

    def hex(self, role: str) -> str:
        """Return a colour as `#RRGGBB`."""
        return self.colours[role]

    def colour(self, role: str) -> QColor:
        """Return a colour for a painter."""
        return QColor(self.colours[role])

    def font(self, kind: Type) -> QFont:
        """Return the font of a kind of text at the present size."""
        if kind not in self._fonts:
            self._fonts[kind] = self._make_font(kind)
        return self._fonts[kind]

    def text_width(self, kind: Type, text: str) -> int:
        """Return how wide a text is, in pixels."""
        return QFontMetrics(self.font(kind)).horizontalAdvance(text)

    def _make_font(self, kind: Type) -> QFont:
        normal, compact, weight, is_tabular, spacing = kind.value
        pixels = self.metrics.px(normal, compact)
        if kind in _DISPLAY:
            pixels = self.metrics.display(normal, compact, most=_MOST.get(kind, 125))
        families = [MONO, _MONO_FALLBACK] if kind in _MONO else [SANS, _SANS_FALLBACK]
        font = QFont()
        font.setFamilies(families)
        font.setPixelSize(pixels)
        font.setWeight(QFont.Weight(weight))
        if kind not in _MONO:
            # Also where it is off: what a font leaves open it takes from the application's, which is tabular.
            font.setFeature(QFont.Tag("tnum"), int(is_tabular))
        if spacing != 100:
            font.setLetterSpacing(QFont.SpacingType.PercentageSpacing, spacing)
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        return font
