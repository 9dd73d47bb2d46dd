"""The page at `/` and `/_control`: all payments, and buttons to approve, refuse or delay each."""

from __future__ import annotations

from html import escape

from pos.gateways.sandbox.core import Core
from pos.gateways.sandbox.money import plain
from pos.gateways.sandbox.payments import Payment
from pos.gateways.sandbox.scenarios import SCENARIOS, VARIANTS, Order, Outcome

SHOWN = 200
REFRESH_S = 3
TRAIL_SHOWN = 6
WAITING = "waiting"
_STATES = {
    Outcome.PAID: "paid",
    Outcome.FAILED: "failed",
    Outcome.EXPIRED: "expired",
    Outcome.AMBIGUOUS: "ambiguous",
    Outcome.REVERSED: "paid back",
}
_HEAD = f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<noscript><meta http-equiv="refresh" content="{REFRESH_S}; url=/"></noscript>
<title>Kilotill payment sandbox</title><style>
body{{font:15px sans-serif;margin:1.5rem}}table{{border-collapse:collapse;width:100%}}
td,th{{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}}
td.n,th.n{{text-align:right;white-space:nowrap}}form{{display:inline}}button{{margin:0 .25rem .25rem 0}}
select{{margin-right:.5rem}}input[type=number]{{width:4rem}}td.act{{white-space:nowrap}}td.ref{{overflow-wrap:anywhere;min-width:9rem}}
.paid{{color:#0a6b2d}}.failed,.expired,.trouble{{color:#a11}}.waiting{{color:#8a5a00}}small{{color:#555}}
</style><script>
setInterval(() => {{
  const typing = document.activeElement && /SELECT|INPUT/.test(document.activeElement.tagName)
  if (!typing) location.replace("/")
}}, {REFRESH_S * 1000})
</script></head><body><h1>Payment sandbox</h1>"""
_COLUMNS = (
    '<tr><th>Made<th>Provider<th>Reference<th>Payer<th class="n">Amount<th>State<th>What happened'
    "<th>Decide</tr>"
)


def payments_page(core: Core, *, trouble: str = "") -> str:
    """Return the whole page; phone numbers are shown by their last four digits."""
    rows = "".join(_row(one) for one in core.book.newest_first()[:SHOWN])
    table = f"<table>{_COLUMNS}{rows}</table>" if rows else "<p>No payment yet.</p>"
    said = f'<p class="trouble">{escape(trouble)}</p>' if trouble else ""
    now = f"{core.timeline.now():%Y-%m-%d %H:%M:%S} UTC"
    intro = f"<p>No money moves here. Time of the sandbox: {now}. The page renews itself.</p>"
    return f"{_HEAD}{intro}{said}{_next_form(core)}{_wishes(core)}{table}</body></html>"


def _next_form(core: Core) -> str:
    """Return the form that chooses what the next payment plays."""
    providers = "".join(f'<option value="{name}">{name}</option>' for name in core.providers)
    plays = [(str(number), f"{number}. {one.title}") for number, one in SCENARIOS.items()]
    plays += [(name, one.title) for name, one in VARIANTS.items()]
    options = "".join(f'<option value="{value}">{escape(text)}</option>' for value, text in plays)
    return (
        '<form method="post" action="/_control"><label>The next payment of '
        f'<select name="provider"><option value="">any provider</option>{providers}</select></label>'
        f'<label>plays <select name="scenario">{options}</select></label>'
        '<button name="action" value="play">Set</button></form>'
    )


def _wishes(core: Core) -> str:
    """Return what was chosen and is still to be played."""
    texts = (
        f"<li>next {escape(one.provider or 'payment')}{escape(_marks(one))}: {escape(one.scenario.title)}"
        f"{f', {one.times_left} times' if one.times_left > 1 else ''}</li>"
        for one in core.orders.waiting()
    )
    wishes = "".join(texts)
    return f"<ul>{wishes}</ul>" if wishes else ""


def _marks(order: Order) -> str:
    """Return which payment a wish waits for, if not just the next."""
    number = f" from {_masked(order.number)}" if order.number else ""
    return f"{number} {order.reference}".rstrip()


def _row(payment: Payment) -> str:
    state = WAITING if payment.outcome is None else _STATES[payment.outcome]
    colour = payment.outcome or WAITING
    trail = "<br>".join(f"{at:%H:%M:%S} {escape(text)}" for at, text in payment.trail[-TRAIL_SHOWN:])
    return (
        f"<tr><td>{payment.made_at:%H:%M:%S}"
        f"<td>{escape(payment.provider)} <small>{escape(payment.kind)}</small>"
        f'<td class="ref">{escape(payment.reference)}<td>{escape(_masked(payment.payer))}'
        f'<td class="n">{_amount(payment)}<td class="{colour}">{state}'
        f'<td><small>{trail}</small><td class="act">{_buttons(payment)}</tr>'
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
        for name, value in (("reference", payment.reference), ("provider", payment.provider))
    )
    return (
        f'<form method="post" action="/_control">{hidden}'
        '<button name="action" value="approve">Approve</button>'
        '<button name="action" value="refuse">Refuse</button>'
        '<button name="action" value="delay">Delay</button>'
        '<label><input type="number" name="seconds" value="60" min="0" max="86400"> s</label></form>'
    )
