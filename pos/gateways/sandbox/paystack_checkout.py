"""The page behind an authorization URL, where a person pays or does not."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from pos.gateways.sandbox.payments import Payment
from pos.gateways.sandbox.scenarios import DECLINED, Outcome
from pos.gateways.sandbox.wire import HTML, Answer, Request, Route

if TYPE_CHECKING:
    from pos.gateways.sandbox.paystack import Paystack

_PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sandbox checkout</title>
<body style="font-family:sans-serif;max-width:24rem;margin:3rem auto;text-align:center">
<p>Sandbox: no money moves here.</p><h1>{amount} {currency}</h1><p>{reference}</p>{rest}"""
_FORM = """<form method="post"><button name="act" value="pay">Pay</button>
<button name="act" value="decline">Decline</button></form>"""


class Checkout:
    """`/checkout/{access_code}`: what the payer sees."""

    def __init__(self, paystack: Paystack) -> None:
        self._paystack = paystack

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("GET", "checkout/{code}", self._show),
            Route("POST", "checkout/{code}", self._act),
        )

    def _find(self, code: str) -> Payment | None:
        payments = self._paystack.core.book.newest_first("paystack", "transaction")
        return next((one for one in payments if one.facts["access_code"] == code), None)

    def _show(self, request: Request) -> Answer:
        payment = self._find(request.named["code"])
        if payment is None:
            return Answer(404, b"<p>No such payment.</p>", HTML)
        rest = _FORM if payment.outcome is None else f"<p>{escape(payment.outcome)}</p>"
        whole, rest_minor = divmod(int(payment.amount), 100)
        page = _PAGE.format(
            amount=f"{whole:,}.{rest_minor:02d}",
            currency=escape(payment.currency),
            reference=escape(payment.reference),
            rest=rest,
        )
        return Answer(200, page.encode(), HTML)

    def _act(self, request: Request) -> Answer:
        payment = self._find(request.named["code"])
        if payment is None:
            return Answer(404, b"<p>No such payment.</p>", HTML)
        if request.fields().get("act") == "pay":
            self._paystack.core.book.finish(payment, Outcome.PAID)
        else:
            self._paystack.core.book.finish(payment, Outcome.FAILED, DECLINED)
        return Answer(303, headers=(("Location", _way_back(payment)),))


def _way_back(payment: Payment) -> str:
    """Return the merchant's page if it is one on the web, else this page again."""
    url = payment.facts["callback_url"]
    if urlsplit(url).scheme not in ("http", "https"):
        return str(payment.facts["page"])
    query = urlencode({"trxref": payment.reference, "reference": payment.reference})
    return f"{url}{'&' if '?' in url else '?'}{query}"
