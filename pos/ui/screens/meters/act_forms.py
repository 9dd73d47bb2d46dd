"""The forms of the acts on one meter: block, arrears, case, free units, engineering, move, erase."""

from __future__ import annotations

from pos.domain.permissions import Permission
from pos.services.engineering import EngineeringKind
from pos.services.free_issue import FreeUnits
from pos.services.meters import MeterDetail
from pos.ui.context import Context
from pos.ui.screens.meters.forms import Form, FormField
from pos.ui.screens.meters.words import owner_name, spaced

KEY_CHANGE = "key_change"
CONFIRM_DIGITS = 4
POWER_LIMIT = EngineeringKind.POWER_LIMIT.value


def block_form(context: Context, meter: MeterDetail) -> Form:
    """Return the form that blocks a meter, or lets a blocked one go."""
    say = context.say
    if meter.row.status == "blocked":
        reason = meter.row.block_reason or "–"
        return Form(
            "unblock",
            say("Let this meter go"),
            say("It was blocked: {reason}. Sales to it go on.", reason=reason.rstrip(".")),
            say("Unblock"),
            icon="lock",
        )
    return Form(
        "block",
        say("Block this meter"),
        say("No till of this shop sells to it until it is let go."),
        say("Block"),
        fields=(FormField("reason", say("Why"), hint=say("The cashier reads this")),),
        kind="bad",
        icon="lock",
    )


def case_form(context: Context) -> Form:
    """Return the form that reports a fault."""
    say = context.say
    return Form(
        "case",
        say("Open a case: a fault at the meter"),
        say("The customer gets a paper with the number of the case."),
        say("Open the case"),
        fields=(
            FormField(
                "reason",
                say("What is wrong"),
                hint=say("The display stays dark"),
                help=say("About the meter only: no names, no phone numbers."),
            ),
        ),
        icon="flag",
    )


def arrears_form(context: Context, meter: MeterDetail) -> Form:
    """Return the form that adjusts what is owed."""
    say, wording = context.say, context.wording
    return Form(
        "arrears",
        say("Adjust arrears"),
        say("{money} is owed now.", money=wording.money(meter.row.arrears_minor)),
        say("Adjust"),
        fields=(
            FormField("way", say("Change"), choices=(("less", say("Take off")), ("more", say("Add to it")))),
            FormField("amount", say("Amount in {currency}", currency=wording.currency), hint="5000"),
            FormField("reason", say("Why")),
        ),
        values={"way": "less"},
        icon="wallet",
    )


def free_form(context: Context, free: FreeUnits, unit: str) -> Form:
    """Return the form that gives free basic units."""
    say = context.say
    units = f"{context.wording.units(free.token_tenths * 100)} {unit}"
    return Form(
        "free",
        say("Free units"),
        say("{units} are left for this month. The token is made now and costs nothing.", units=units),
        say("Make the token"),
        icon="bolt",
    )


def engineering_form(context: Context, kind: str = EngineeringKind.CLEAR_CREDIT.value) -> Form:
    """Return the form of engineering tokens, with the fields that the kind needs."""
    say = context.say
    kinds = []
    if context.may_ask(Permission.TOKEN_ENGINEERING):
        kinds += [
            (EngineeringKind.CLEAR_CREDIT.value, say("Clear the credit")),
            (EngineeringKind.CLEAR_TAMPER.value, say("Clear the tamper state")),
            (POWER_LIMIT, say("Set the power limit")),
        ]
    if context.may(Permission.TOKEN_KEY_CHANGE):
        kinds.append((KEY_CHANGE, say("Change the key")))
    kind = kind if kind in {key for key, _ in kinds} else kinds[0][0]
    texts = {
        EngineeringKind.CLEAR_CREDIT.value: say("The meter loses all units that are left on it."),
        EngineeringKind.CLEAR_TAMPER.value: say("The meter supplies again after its cover was opened."),
        POWER_LIMIT: say("The meter cuts off above this power."),
        KEY_CHANGE: say("Two tokens or more, typed one after the other. They are the same each time."),
    }
    fields = [FormField("kind", say("Token"), choices=tuple(kinds))]
    if kind == POWER_LIMIT:
        fields.append(FormField("value", say("Power in W"), hint="3000"))
    if kind != KEY_CHANGE:
        fields.append(FormField("reason", say("Why"), hint=say("Technician on site")))
    return Form(
        "engineering",
        say("Engineering"),
        texts[kind],
        say("Make the token"),
        fields=tuple(fields),
        values={"kind": kind},
        icon="sliders",
    )


def move_form(context: Context) -> Form:
    """Return the form that gives a meter to another customer."""
    say = context.say
    return Form(
        "move",
        say("Move to another owner"),
        say("Past sales stay as they are. The new owner is found by a meter that is theirs already."),
        say("Move"),
        fields=(FormField("other", say("A meter of the new owner"), hint="0142 0998 716"),),
        icon="swap",
    )


def erase_form(context: Context, meter: MeterDetail) -> Form:
    """Return the form that erases the person behind a meter."""
    say = context.say
    name = owner_name(meter.row, context.wording)
    return Form(
        "erase",
        say("Erase {name}", name=name),
        say("Name, phone and address go for good, on papers too. Meters, sales and the journal stay."),
        say("Erase for good"),
        fields=(
            FormField("reason", say("Why"), hint=say("The customer asked for it in writing")),
            FormField(
                "confirm",
                say(
                    "To confirm, type the last {count} digits of {number}",
                    count=CONFIRM_DIGITS,
                    number=spaced(meter.row.drn),
                ),
            ),
        ),
        kind="bad",
        icon="trash",
    )
