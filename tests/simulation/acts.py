"""What people do at a till: sell, ask again, reprint, take cash out; and every refusal that is right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from pos.domain.permissions import Role
from pos.errors import KilotillError, Rejected, Unavailable, UserError
from pos.services.engineering import EngineeringKind, EngineeringRequest
from pos.services.reprint import HandedOver
from pos.services.sale_values import SaleKind, SaleRequest, SaleResult
from pos.system.ids import new_id
from tests.simulation.faults import PowerCut
from tests.simulation.office import CHANGING_GROUP
from tests.simulation.tills import SimTill, counted
from tests.simulation.world import World

AMOUNTS = (300, 500, 1000, 1000, 2000, 2000, 3000, 5000, 5000, 10_000, 20_000)
RIGHT_REFUSALS = frozenset(
    {
        *("sale.below_charges", "sale.below_minimum", "sale.amount", "arrears.refused", "meter.blocked"),
        *("envelope.money", "envelope.units", "clock.back", "clock.off", "clock.confirm", "tid.lead"),
        *(
            "key_change.unheard",
            "till.not_authorised",
            "meter.unknown",
            "free.not_due",
            "holder.no_answer",
            "holder.refused",
        ),
        "vault.locked",
    }
)
"""What a till may say to a customer in this world; any other refusal is a fault of the program."""


class WrongError(AssertionError):
    """Something happened that must not."""


class Acts:
    """People at work. Every method is one thing somebody does at one till."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._chance = world.chance

    def sell(self, till: SimTill) -> None:
        request = self._request(till)
        if request is not None:
            self.attempt(till, request)

    def attempt(self, till: SimTill, request: SaleRequest) -> None:
        """Sell, and note what came of it; a sale whose token did not come stays with the till."""
        try:
            result = till.till.checkout.sell(request, till.people[Role.CASHIER])
        except Rejected as refused:
            self._refused(refused)
            self._is_refused_for_good(till, request.sale_id)
        except Unavailable as trouble:
            self._refused(trouble)
            self._world.tally["sales that waited for their token"] += request.sale_id not in till.waiting
            till.waiting[request.sale_id] = request
        except PowerCut:
            till.waiting[request.sale_id] = request
            self.restart(till)
        except KilotillError as refused:
            self._refused(refused)
        else:
            self._delivered(till, request, result)

    def ask_again(self, till: SimTill) -> None:
        """Ask for the token of a sale that waits, as the resume screen does."""
        if not till.waiting:
            return
        sale_id = self._chance.choice(sorted(till.waiting))
        request = till.waiting[sale_id]
        try:
            result = till.till.checkout.deliver(sale_id, till.people[Role.CASHIER])
        except Rejected as refused:
            self._refused(refused)
            self._is_refused_for_good(till, sale_id)
        except PowerCut:
            self.restart(till)
        except KilotillError as trouble:
            self._refused(trouble)
        else:
            self._delivered(till, request, result)

    def repeat(self, till: SimTill) -> None:
        """The same sale once more: the cashier pressed twice, or the window came back."""
        if not till.sold:
            return
        request, digits = self._chance.choice(till.sold[-300:])
        try:
            result = till.till.checkout.sell(request, till.people[Role.CASHIER])
        except KilotillError as refused:
            self._refused(refused)
            return
        if not result.is_repeat or digits_of(result.item.get("tokens", [])) != digits:
            raise WrongError(f"{till.code} gave another token for sale {request.sale_id}")
        self._world.tally["sales repeated"] += 1

    def misuse_id(self, till: SimTill) -> None:
        """The same sale id for another amount is refused."""
        if not till.sold:
            return
        request, _ = till.sold[-1]
        other = SaleRequest(sale_id=request.sale_id, drn=request.drn, money_minor=777, is_another_wanted=True)
        try:
            till.till.checkout.sell(other, till.people[Role.CASHIER])
        except KilotillError as refused:
            if refused.code != "sale.id_conflict":
                self._refused(refused)
            self._world.tally["sale ids misused"] += 1
        else:
            raise WrongError(f"{till.code} sold twice under {request.sale_id}")

    def reprint(self, till: SimTill) -> None:
        if till.sold:
            request, _ = self._chance.choice(till.sold[-50:])
            try:
                till.till.reprints.reprint(request.sale_id, till.people[Role.CASHIER])
            except UserError as refused:
                # The lines of a sale come back from mirror and head office, its paper does not.
                if refused.code != "sale.nothing_to_reprint" or not till.was_restored:
                    raise
                self._world.tally["papers gone with a disk"] += 1
            self._world.tally["reprints"] += 1

    def hand_over(self, till: SimTill) -> None:
        if till.sold:
            request, _ = till.sold[-1]
            till.till.reprints.hand_over(request.sale_id, till.people[Role.CASHIER], how=HandedOver.SHOWN)

    def move_cash(self, till: SimTill) -> None:
        cash, supervisor = till.till.cash, till.people[Role.SUPERVISOR]
        drawer_minor = till.drawer_minor()
        if drawer_minor > 60_000:
            cash.drop_to_safe(supervisor, drawer_minor // 2, reason="bag")
        elif self._chance.random() < 0.5:
            cash.put_in(supervisor, 2_000, reason="coins")
        else:
            cash.take_out(supervisor, 100, reason="soap")
        self._world.tally["cash moved"] += 1

    def void(self, till: SimTill) -> None:
        """A customer goes away before paying; a sale that is issued cannot be voided."""
        cashier = till.people[Role.CASHIER]
        sale_id = new_id(till.clock.now())
        till.till.drafts.hold(sale_id, cashier, body={"drn": self._drn(till), "money_minor": 1_000})
        till.till.voids.void(sale_id, cashier, reason="went away")
        self._world.tally["voids"] += 1
        if till.sold:
            try:
                till.till.voids.void(till.sold[-1][0].sale_id, cashier, reason="no")
            except UserError as refused:
                if refused.code != "sale.not_cancellable":
                    raise
            else:
                raise WrongError(f"{till.code} voided a sale that was delivered")

    def refund(self, till: SimTill) -> None:
        """Give back the money of a sale that nobody can deliver."""
        if till.refunds and till.has_shift:
            sale_id = till.refunds.pop()
            till.till.refunds.make(sale_id, till.people[Role.SUPERVISOR], reason="no token")
            self._world.tally["refunds"] += 1

    def give_free(self, till: SimTill) -> None:
        drn = self._drn(till)
        try:
            issued = till.till.free_issue.issue(drn, till.people[Role.SUPERVISOR])
        except KilotillError as refused:
            self._refused(refused)
            return
        self._issued(till, drn, issued)

    def engineer(self, till: SimTill) -> None:
        drn = self._drn(till)
        asked = EngineeringRequest(drn=drn, kind=EngineeringKind.CLEAR_TAMPER, reason="cover was opened")
        try:
            issued = till.till.engineering.issue(asked, till.people[Role.ADMINISTRATOR])
        except KilotillError as refused:
            self._refused(refused)
            return
        self._issued(till, drn, issued)

    def propose_meter(self, till: SimTill) -> None:
        """Add a meter that head office may not know: some are added at two tills at once."""
        drn = self._chance.choice(self._world.unknown_drns)
        cells = {"meter_number": drn, "tariff_code": "RES", "supply_group": self._world.drns[drn]}
        try:
            till.till.meters.add(till.people[Role.ADMINISTRATOR], cells)
        except UserError as refused:
            if refused.code != "meter.exists":
                raise
            return
        self._world.tally["meters proposed"] += 1

    def block(self, till: SimTill) -> None:
        """Block a meter for an hour or so, or let it go again: here, which head office hears as a wish."""
        meters, administrator = till.till.meters, till.people[Role.ADMINISTRATOR]
        blocked = till.all("SELECT drn FROM meter WHERE status = 'blocked'")
        drn = blocked[0][0] if blocked else self._drn(till)
        if not till.one("SELECT count(*) FROM meter WHERE drn = ?", drn):
            return
        found = meters.get_by_number(administrator, drn)
        if found.row.status == "blocked":
            meters.set_status(administrator, found.row.id, "active")
        elif found.row.status == "active":
            meters.set_status(administrator, found.row.id, "blocked", reason="tampered")
        self._world.tally["meters blocked or let go"] += 1

    def open_shift(self, till: SimTill) -> None:
        if not till.has_shift:
            till.open_shift()
            self._world.tally["shifts"] += 1

    def close_shift(self, till: SimTill) -> None:
        """Close with a right count, or with one a supervisor must look at."""
        if till.has_shift:
            off = self._chance.choice((0, 0, 0, 5, -5))
            count = counted(max(0, till.drawer_minor() + off))
            till.till.shifts.close_shift(till.people[Role.SUPERVISOR], count)

    def restart(self, till: SimTill) -> None:
        till.restart()
        self._world.tally["tills restarted"] += 1

    def move_clock(self, till: SimTill) -> None:
        """Somebody, or a dead battery, sets a clock: a little, a lot, back or forward."""
        minutes = self._chance.choice((-600, -40, -4, -2, 2, 5, 25, 25, 90, 3 * 1440))
        till.clock.offset = timedelta(minutes=minutes)
        self._world.tally["clocks moved"] += 1
        till.till.clock_acts.note_back(till.people[Role.SUPERVISOR])

    def _request(self, till: SimTill) -> SaleRequest | None:
        drn = self._drn(till)
        kind = SaleKind.ENERGY
        money_minor: int | None = self._chance.choice(AMOUNTS)
        units_milli, tendered_minor = None, None
        dice = self._chance.random()
        if dice < 0.1:
            money_minor, units_milli = None, self._chance.choice((500, 2_000, 12_345, 30_000))
        elif dice < 0.3:
            assert money_minor is not None
            tendered_minor = -(-money_minor // 5_000) * 5_000
        elif dice < 0.32 and self._world.arrears[drn]:
            kind, money_minor = SaleKind.ARREARS, 500
        return SaleRequest(
            sale_id=new_id(till.clock.now()),
            drn=drn,
            money_minor=money_minor,
            units_milli=units_milli,
            tendered_minor=tendered_minor,
            kind=kind,
            is_another_wanted=True,
        )

    def _drn(self, till: SimTill) -> str:
        """Mostly any meter; some are hot. Online, many of those that head office serves."""
        drns = list(self._world.drns)
        if till.is_rushing and self._chance.random() < 0.6:
            return self._chance.choice([drn for drn in drns if self._world.drns[drn] == CHANGING_GROUP])
        if self._chance.random() < 0.15:
            return self._chance.choice(drns[:6])
        return self._chance.choice(drns)

    def _delivered(self, till: SimTill, request: SaleRequest, result: SaleResult) -> None:
        world = self._world
        tokens = result.item.get("tokens", [])
        till.waiting.pop(request.sale_id, None)
        if any(known.sale_id == request.sale_id for known, _ in till.sold[-5:]):
            raise WrongError(f"{till.code} sold {request.sale_id} twice")
        till.sold.append((request, digits_of(tokens)))
        world.note_issue(till, request.drn, tokens, sale_id=str(request.sale_id), seq=result.seq)
        world.tally["sales"] += 1
        world.tally[f"sales by {result.sale['holder']}"] += 1
        world.tally["sales with credit"] += any(line["kind"] == "credit" for line in result.item["lines"])
        world.tally["sales with a key change"] += len(tokens) > 1

    def _issued(self, till: SimTill, drn: str, issued: Any) -> None:
        seq = till.head().head_seq
        self._world.note_issue(till, drn, issued.item["tokens"], sale_id=None, seq=seq)
        self._world.tally["tokens without a sale"] += 1

    def _is_refused_for_good(self, till: SimTill, sale_id: UUID) -> None:
        till.waiting.pop(sale_id, None)
        till.refunds.append(sale_id)

    def _refused(self, refused: KilotillError) -> None:
        if refused.code not in RIGHT_REFUSALS:
            raise WrongError(f"refused with {refused.code}: {refused.text}") from refused
        self._world.tally[f"refused: {refused.code}"] += 1


def digits_of(tokens: list[dict[str, Any]]) -> list[str]:
    return [str(one["digits"]) for one in tokens]
