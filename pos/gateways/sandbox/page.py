"""The page at `/`: all payments, and buttons to approve, refuse or delay each."""

from __future__ import annotations

from html import escape

from pos.gateways.sandbox.core import Core
from pos.gateways.sandbox.money import plain
from pos.gateways.sandbox.payments import Payment

SHOWN = 200
REFRESH_S = 3
_HEAD = f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="refresh" content="{REFRESH_S}"><title>Kilotill payment sandbox</title><style>
body{{font:15px sans-serif;margin:1.5rem}}table{{border-collapse:collapse;width:100%}}
td,th{{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}}
td.n{{text-align:right;white-space:nowrap}}form{{display:inline}}button{{margin-right:.25rem}}
.paid{{color:#0a6b2d}}.failed,.expired{{color:#a11}}.wait{{color:#8a5a00}}small{{color:#666}}
</style></head><body><h1>Payment sandbox</h1><p>No money moves here. Time of the sandbox: """
_COLUMNS = "<tr><th>Made<th>Provider<th>Reference<th>Payer<th>Amount<th>State<th>What happened<th></tr>"


def payments_page(core: Core) -> str:
    """Return the whole page; phone numbers are shown by their last four digits."""
    rows = "".join(_row(one) for one in core.book.newest_first()[:SHOWN])
    table = f"<table>{_COLUMNS}{rows}</table>" if rows else "<p>No payment yet.</p>"
    return f"{_HEAD}{core.timeline.now():%Y-%m-%d %H:%M:%S} UTC</p>{table}</body></html>"


def _row(payment: Payment) -> str:
    state = payment.outcome or "wait"
    trail = "<br>".join(f"{at:%H:%M:%S} {escape(text)}" for at, text in payment.trail[-6:])
    return (
        f"<tr><td>{payment.made_at:%H:%M:%S}"
        f"<td>{escape(payment.provider)} <small>{escape(payment.kind)}</small>"
        f"<td>{escape(payment.reference)}<td>{escape(_masked(payment.payer))}"
        f'<td class="n">{_amount(payment)}<td class="{state}">{state}'
        f"<td><small>{trail}</small><td>{_buttons(payment)}</tr>"
    )


def _amount(payment: Payment) -> str:
    amount = payment.amount / 100 if payment.provider == "paystack" else payment.amount
    return f"{plain(amount)} {escape(payment.currency)}"


def _masked(payer: str) -> str:
    return f"…{payer[-4:]}" if payer.lstrip("+").isdecimal() else payer


def _buttons(payment: Payment) -> str:
    if payment.outcome is not None:
        return ""
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value, quote=True)}">'
        for name, value in (
            ("reference", payment.reference),
            ("provider", payment.provider),
            ("seconds", "60"),
        )
    )
    buttons = "".join(
        f'<button name="action" value="{action}">{text}</button>'
        for action, text in (("approve", "Approve"), ("refuse", "Refuse"), ("delay", "Delay 60 s"))
    )
    return f'<form method="post" action="/_control">{hidden}{buttons}</form>'
