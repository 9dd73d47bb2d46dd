"""Fusion in the colours of the theme: proxy style, palette and style sheet, all made from the role table."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen
from PySide6.QtWidgets import QApplication, QProxyStyle, QStyle, QStyleFactory, QStyleOption, QWidget

from pos.i18n.resources import resource_path
from pos.ui.look import Look, Type

_FOCUS_MARGIN = 4
_FOCUS_RADIUS = 9.0


class KilotillStyle(QProxyStyle):
    """Fusion with a 2 px focus ring outside and a 2 px caret. Keep a reference: Qt does not."""

    def __init__(self) -> None:
        super().__init__(QStyleFactory.create("Fusion"))
        self.ring = QColor()

    def pixelMetric(
        self, metric: QStyle.PixelMetric, option: QStyleOption | None = None, widget: QWidget | None = None
    ) -> int:
        """Make room for the ring around a focused control."""
        if metric in (QStyle.PixelMetric.PM_FocusFrameHMargin, QStyle.PixelMetric.PM_FocusFrameVMargin):
            return _FOCUS_MARGIN
        if metric == QStyle.PixelMetric.PM_TextCursorWidth:
            return 2
        return super().pixelMetric(metric, option, widget)

    def styleHint(
        self,
        hint: QStyle.StyleHint,
        option: QStyleOption | None = None,
        widget: QWidget | None = None,
        returnData: Any = None,
    ) -> int:
        """Draw the ring above its widget, as a whole rectangle."""
        if hint == QStyle.StyleHint.SH_FocusFrame_AboveWidget:
            return 1
        if hint == QStyle.StyleHint.SH_FocusFrame_Mask:
            return 0
        return super().styleHint(hint, option, widget, returnData)

    def drawControl(
        self,
        element: QStyle.ControlElement,
        option: QStyleOption,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        """Draw the ring itself."""
        if element != QStyle.ControlElement.CE_FocusFrame:
            super().drawControl(element, option, painter, widget)
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.ring, 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(option.rect).adjusted(1, 1, -1, -1), _FOCUS_RADIUS, _FOCUS_RADIUS)
        painter.restore()


def apply_look(application: QApplication, style: KilotillStyle, look: Look) -> None:
    """Give the whole application the colours and sizes of a look."""
    style.ring = look.colour("focus")
    scheme = Qt.ColorScheme.Dark if look.theme == "dark" else Qt.ColorScheme.Light
    application.styleHints().setColorScheme(scheme)
    application.setPalette(_palette(look))
    application.setFont(look.font(Type.BODY))
    application.setStyleSheet(style_sheet(look))


def _palette(look: Look) -> QPalette:
    palette = QPalette()
    roles = QPalette.ColorRole
    table = {
        roles.Window: "bg",
        roles.Base: "surface",
        roles.AlternateBase: "sunken",
        roles.Button: "surface",
        roles.Text: "text",
        roles.WindowText: "text",
        roles.ButtonText: "text",
        roles.PlaceholderText: "text3",
        roles.Highlight: "accent",
        roles.Accent: "accent",
        roles.HighlightedText: "onaccent",
        roles.Link: "accenttext",
        roles.Mid: "line",
        roles.Dark: "strong",
        roles.ToolTipBase: "text",
        roles.ToolTipText: "surface",
    }
    for role, name in table.items():
        palette.setColor(role, look.colour(name))
    for role in (roles.Text, roles.WindowText, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, look.colour("distext"))
    return palette


_TONES = (
    "text",
    "text2",
    "text3",
    "accenttext",
    "oktext",
    "warntext",
    "badtext",
    "suptext",
    "frametext",
    "frametext2",
    "onbad",
    "ink",
)

# Heights count without border and padding: 38 gives 40, and a focused field trades a pixel of padding for
# one of border, so that nothing moves.
_SHEET = """
QWidget#desk, QStackedWidget#desk {{ background: {bg}; }}
QWidget[klGround="bg"] {{ background: {bg}; }}
QWidget[klGround="surface"] {{ background: {surface}; }}
QWidget[klGround="sunken"] {{ background: {sunken}; }}
QWidget[klGround="frame"] {{ background: {frame}; }}
QLabel {{ background: transparent; color: {text}; }}
{tones}
QFrame[card="true"] {{ background: {surface}; border: 1px solid {line}; border-radius: 8px; }}
QFrame[card="ok"] {{ background: {surface}; border: 1px solid {okline}; border-radius: 8px; }}
QFrame[card="okfill"] {{ background: {oksoft}; border: 1px solid {okline}; border-radius: 8px; }}
QFrame[card="guard"] {{ background: {surface}; border: 2px solid {warn}; border-radius: 8px; }}
QFrame[card="focus"] {{ background: {surface}; border: 2px solid {focus}; border-radius: 8px; }}
QFrame[card="warnline"] {{ background: {surface}; border: 1px solid {warnline}; border-radius: 8px; }}
QFrame[card="wait"] {{ background: {surface}; border: 1px solid {accentline}; border-radius: 8px; }}
QFrame[card="bad"] {{ background: {surface}; border: 1px solid {badline}; border-radius: 8px; }}
QFrame[card="dashed"] {{ background: {bg}; border: 1px dashed {strong}; border-radius: 8px; }}
QFrame[card="note"] {{ background: {surface}; border: 1px solid {ok}; border-radius: 4px; }}
QFrame[card="chip"] {{ background: {surface}; border: 1px solid {line}; border-radius: 4px; }}
QFrame[klBand="warn"] {{ background: {warnsoft}; border: none; border-bottom: 1px solid {warnline};
    border-top-left-radius: 6px; border-top-right-radius: 6px; }}
QFrame[klBand="info"] {{ background: {accentsoft}; border: none; border-bottom: 1px solid {accentline};
    border-top-left-radius: 7px; border-top-right-radius: 7px; }}
QFrame[klBand="sup"] {{ background: {supsoft}; border: none; border-bottom: 1px solid {supline};
    border-top-left-radius: 7px; border-top-right-radius: 7px; }}
QFrame[klBand="bad"] {{ background: {bad}; border: none;
    border-top-left-radius: 7px; border-top-right-radius: 7px; }}
QFrame[klBand="badsoft"] {{ background: {badsoft}; border: none; border-bottom: 1px solid {badline};
  border-top-left-radius: 7px; border-top-right-radius: 7px; }}
QFrame[klBand="plain"] {{ background: transparent; border: none; border-bottom: 1px solid {line}; }}
QFrame[klBand="sunken"] {{ background: {sunken}; border: none; border-top: 1px solid {line};
    border-bottom-left-radius: 7px; border-bottom-right-radius: 7px; }}
QFrame[klNote="info"] {{ background: {accentsoft}; border: 1px solid {accentline};
    border-left: 4px solid {accent}; border-radius: 6px; }}
QFrame[klNote="warn"] {{ background: {warnsoft}; border: 1px solid {warnline};
    border-left: 4px solid {warn}; border-radius: 6px; }}
QFrame[klNote="bad"] {{ background: {badsoft}; border: 1px solid {badline};
    border-left: 4px solid {bad}; border-radius: 6px; }}
QFrame[klNote="ok"] {{ background: {oksoft}; border: 1px solid {okline};
    border-left: 4px solid {ok}; border-radius: 6px; }}
QFrame[klLine="h"] {{ background: {line}; border: none; max-height: 1px; min-height: 1px; }}
QFrame[klLine="strong"] {{ background: {strong}; border: none; max-height: 2px; min-height: 2px; }}
QFrame[klLine="v"] {{ background: {line}; border: none; max-width: 1px; min-width: 1px; }}
QFrame[klLine="ok"] {{ background: {okline}; border: none; max-height: 1px; min-height: 1px; }}
QFrame[klLine="focus"] {{ background: {focus}; border: none; max-height: 2px; min-height: 2px; }}

QLineEdit, QTextEdit, QPlainTextEdit, QDateEdit, QSpinBox {{ background: {surface}; color: {text};
    placeholder-text-color: {text3}; border: 1px solid {strong}; border-radius: 6px; padding: 0 11px;
    min-height: {h38}px; selection-background-color: {accent}; selection-color: {onaccent}; }}
QLineEdit:focus, QTextEdit:focus, QPlainTextEdit:focus, QDateEdit:focus, QSpinBox:focus {{
    border: 2px solid {focus}; padding: 0 10px; min-height: {h36}px; }}
QLineEdit[klSize="tall"] {{ min-height: {h62}px; }}
QLineEdit[klSize="tall"]:focus, QLineEdit[klSize="tall"][klWrong="true"] {{ min-height: {h60}px; }}
QLineEdit[klKind="sup"]:focus {{ border: 2px solid {sup}; }}
QLineEdit[klWrong="true"], QLineEdit[klWrong="true"]:focus {{ border: 2px solid {bad}; padding: 0 10px;
    min-height: {h36}px; }}
QLineEdit:disabled, QLineEdit:read-only {{ background: {dis}; color: {text2}; border: 1px solid {line}; }}
QTextEdit, QPlainTextEdit {{ padding: 6px 8px; }}
QTextEdit:focus, QPlainTextEdit:focus {{ padding: 5px 7px; }}
QLineEdit[klKind="bare"], QLineEdit[klKind="bare"]:focus {{ border: none; background: transparent; padding: 0;
    min-height: 0; }}
QFrame[klField="plain"] {{ background: {surface}; border: 1px solid {strong}; border-radius: 6px;
    padding: 1px; }}
QFrame[klField="focus"] {{ background: {surface}; border: 2px solid {focus}; border-radius: 6px; }}
QFrame[klField="wrong"] {{ background: {surface}; border: 2px solid {bad}; border-radius: 6px; }}
QFrame[klField="computed"] {{ background: {sunken}; border: 1px solid {line}; border-radius: 6px;
    padding: 1px; }}
QFrame[klField="search"] {{ background: {surface}; border: 1px solid {strong}; border-radius: 8px;
    padding: 1px; }}
QFrame[klField="searchfocus"] {{ background: {surface}; border: 2px solid {focus}; border-radius: 8px; }}
QFrame[klField="searchwrong"] {{ background: {surface}; border: 2px solid {bad}; border-radius: 8px; }}

QPushButton {{ background: {surface}; color: {text}; border: 1px solid {strong}; border-radius: 6px;
    padding: 0 15px; min-height: {h38}px; outline: none; }}
QPushButton:hover {{ background: {hover}; }}
QPushButton:pressed {{ background: {selected}; }}
QPushButton:disabled {{ background: {dis}; color: {distext}; border: 1px solid {dis}; }}
QPushButton[klKind="accent"] {{ background: {accent}; color: {onaccent}; border: 1px solid {accent}; }}
QPushButton[klKind="accent"]:hover {{ background: {accenthover}; border: 1px solid {accenthover}; }}
QPushButton[klKind="accent"]:pressed {{ background: {accentpress}; border: 1px solid {accentpress}; }}
QPushButton[klKind="sup"] {{ background: {sup}; color: {onsup}; border: 1px solid {sup}; }}
QPushButton[klKind="bad"] {{ color: {badtext}; border: 1px solid {bad}; }}
QPushButton[klKind="quiet"] {{ background: transparent; color: {accenttext}; border: 1px solid transparent; }}
QPushButton[klKind="quiet"]:hover {{ background: {hover}; }}
QPushButton[klKind="accent"]:disabled, QPushButton[klKind="sup"]:disabled, QPushButton[klKind="bad"]:disabled
    {{ background: {dis}; color: {distext}; border: 1px solid {dis}; }}
QPushButton[klKind="quiet"]:disabled {{ background: transparent; color: {distext};
    border: 1px solid transparent; }}
QPushButton[klChosen="true"] {{ background: {selected}; border: 1px solid {accent}; }}
QPushButton[klSize="small"] {{ min-height: {h32}px; padding: 0 11px; }}
QPushButton[klSize="large"] {{ min-height: {h46}px; padding: 0 17px; }}
QPushButton[klSize="pay"] {{ min-height: {hpay}px; }}
QPushButton[klSize="pad"] {{ min-height: {h62}px; padding: 0; }}

QComboBox {{ background: {surface}; color: {text}; border: 1px solid {strong}; border-radius: 6px;
    padding: 0 11px; min-height: {h38}px; }}
QComboBox:focus {{ border: 2px solid {focus}; padding: 0 10px; min-height: {h36}px; }}
QComboBox:disabled {{ background: {dis}; color: {distext}; }}
QComboBox::drop-down {{ border: none; width: {h28}px; }}
QComboBox[klKind="chip"] {{ border: 1px solid {line}; }}
QComboBox[klKind="chip"][klChosen="true"] {{ background: {selected}; color: {accenttext};
    border: 1px solid {accentline}; }}
QComboBox[klKind="chip"]:focus {{ border: 2px solid {focus}; }}
QComboBox::down-arrow {{ image: url("{arrow}"); width: {h16}px; height: {h16}px; }}
QComboBox QAbstractItemView {{ background: {surface}; color: {text}; border: 1px solid {strong};
    selection-background-color: {selected}; selection-color: {text}; outline: 0; }}
QDateEdit::drop-down, QSpinBox::up-button, QSpinBox::down-button {{ border: none; width: 0; }}

QTableView, QListView, QTreeView {{ background: {surface}; color: {text}; border: none; outline: 0;
    selection-background-color: {selected}; selection-color: {text}; gridline-color: {line}; }}
QTableView::item {{ border: none; }}
QTreeView::item {{ height: {row}px; border: none; }}
QTreeView::item:selected, QListView::item:selected {{ background: {selected}; color: {text}; }}
QListView::item {{ height: {h42}px; padding-left: 10px; border: none; }}
QListView::item:hover {{ background: {hover}; }}
QListView[klKind="menu"] {{ background: {surface}; }}
QHeaderView {{ background: {sunken}; border: none; }}
QHeaderView::section {{ background: {sunken}; color: {text2}; border: none;
    border-bottom: 1px solid {line}; padding: 0 12px; }}
QTableCornerButton::section {{ background: {sunken}; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar::handle:vertical {{ background: {strong}; border-radius: 3px; min-height: 32px; margin: 2px; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle:horizontal {{ background: {strong}; border-radius: 3px; min-width: 32px; margin: 2px; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page
    {{ background: none; border: none; width: 0; height: 0; }}
QScrollArea {{ background: transparent; border: none; }}
QProgressBar {{ background: {sunken}; border: none; border-radius: 2px; max-height: 8px; min-height: 8px; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 2px; }}
QToolTip {{ background: {text}; color: {surface}; border: none; padding: 4px 8px; }}
QToolButton[klKind="segment"] {{ background: {surface}; color: {text2}; border: 1px solid {strong};
    border-left: none; padding: 0 11px; min-height: {h32}px; }}
QToolButton[klKind="segment"]:checked {{ background: {selected}; color: {accenttext}; }}
QToolButton[klKind="segment"][klEdge="first"] {{ border-left: 1px solid {strong};
    border-top-left-radius: 6px; border-bottom-left-radius: 6px; }}
QToolButton[klKind="segment"][klEdge="last"] {{ border-top-right-radius: 6px;
    border-bottom-right-radius: 6px; }}
QToolButton[klKind="segment"][klEdge="only"] {{ border: 1px solid {strong}; border-radius: 6px; }}
QCheckBox, QRadioButton {{ color: {text}; background: transparent; spacing: 8px; }}
QMenu {{ background: {surface}; color: {text}; border: 1px solid {strong}; padding: 4px; }}
QMenu::item {{ padding: 8px 24px 8px 12px; }}
QMenu::item:selected {{ background: {selected}; }}
QSplitter::handle {{ background: {bg}; }}
"""


def style_sheet(look: Look) -> str:
    """Return the style sheet of a look. Fonts are set in code: a style sheet knows no figures and spacing."""
    metrics = look.metrics
    heights = {f"h{height}": metrics.px(height) for height in (16, 28, 32, 36, 38, 42, 46)}
    tall = metrics.line(metrics.fixed(62, 50), metrics.fixed(42, 38))
    heights |= {"h62": tall, "h60": tall - 2}
    tones = "\n".join(f'QLabel[klTone="{tone}"] {{ color: {look.hex(tone)}; }}' for tone in _TONES)
    return _SHEET.format(
        **look.colours,
        **heights,
        hpay=metrics.pay - 2,
        row=metrics.px(36),
        arrow=_arrow(look),
        tones=tones,
    )


def _arrow(look: Look) -> str:
    return resource_path("icons", f"down-{look.theme}.svg").as_posix()
