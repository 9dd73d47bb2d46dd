"""The customer's window: the amount, the change, the token; nothing of the shop's."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from pos.ui.look import Look, Type
from pos.ui.widgets.qr_view import QrView
from pos.ui.widgets.text import label
from pos.ui.widgets.token_label import TokenLabel


class CustomerWindow(QWidget):
    """Stands on the second screen where there is one, else as a window of its own."""

    def __init__(self, look: Look, shop: str) -> None:
        super().__init__(None, Qt.WindowType.Window | Qt.WindowType.WindowDoesNotAcceptFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setWindowTitle(shop)
        self.setProperty("klGround", "bg")
        self.resize(800, 480)
        self._look = look
        self.said = ("", "", "", "")
        self.qr: QrView | None = None
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(48, 32, 48, 32)
        self._shop = label(look, shop, Type.TITLE, tone="text2")
        self._detail = label(look, "", Type.OWNER, tone="text2", wraps=True)
        self._amount = label(look, "", Type.CHANGE)
        self._token = TokenLabel(look, "", Type.TOKEN_MID)
        column.addWidget(self._shop)
        column.addStretch(1)
        column.addWidget(self._detail)
        column.addWidget(self._amount)
        column.addStretch(1)
        column.addWidget(self._token)

    def show_beside(self, till: QWidget) -> None:
        """Fill another screen than the till's, if there is one."""
        others = [screen for screen in QGuiApplication.screens() if screen is not till.screen()]
        if others:
            self.setGeometry(others[0].geometry())
            self.showFullScreen()
        else:
            self.show()

    def say(self, amount: str, detail: str, token: str, qr: str = "") -> None:
        """Show an amount with what it is, a token, and a link as QR code."""
        if qr != self.said[3]:
            self._show_qr(qr)
        self.said = (amount, detail, token, qr)
        self._amount.setText(amount)
        self._detail.setText(detail)
        self._token.show_token(token)
        self._token.setVisible(bool(token))

    def _show_qr(self, text: str) -> None:
        if self.qr is not None:
            self.qr.hide()
            self.qr.deleteLater()
            self.qr = None
        if text:
            self.qr = QrView(self._look, text, side=240, name=self._look.say("QR code of the payment"))
            self._column.insertWidget(self._column.count() - 1, self.qr)
