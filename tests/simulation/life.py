"""Day by day: weather on the lines, work at the tills, the office's own acts, and the great misfortunes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

from central.jobs import JOBS
from central.jobs.runner import JobContext, run_job
from pos.domain.permissions import Role
from pos.errors import KilotillError, Unavailable
from pos.models.ledger_book import read_head
from pos.sync.engine import SyncReport
from tests.simulation.acts import Acts, WrongError
from tests.simulation.faults import PowerCut, Weather
from tests.simulation.office import CHANGING_GROUP
from tests.simulation.tills import SimTill
from tests.simulation.world import World

ACTS: tuple[tuple[float, str], ...] = (
    (0.86, "sell"),
    (0.03, "repeat"),
    (0.02, "reprint"),
    (0.02, "hand_over"),
    (0.012, "move_cash"),
    (0.02, "ask_again"),
    (0.005, "misuse_id"),
    (0.005, "void"),
    (0.005, "refund"),
    (0.006, "give_free"),
    (0.004, "engineer"),
    (0.004, "propose_meter"),
    (0.004, "block"),
    (0.002, "restart"),
    (0.003, "move_clock"),
)
NEEDS_SHIFT = frozenset({"sell", "repeat", "move_cash", "ask_again", "misuse_id", "refund"})
CYCLES_A_DAY = 6
"""Of each till; a till at a counter does one a minute. After each it is online for a while, and sells."""
RUSH_MAX = 4
TWICE_UNLUCKY = frozenset({"till.nonce", "till.login_required"})
"""Refusals of a till whose log-in, or bearer, was spoilt and then spoilt again: the next cycle logs in."""
QUIET_AROUND_KEY_CHANGE = timedelta(hours=3)


class Life:
    """Runs a world until it has sold what the plan says."""

    def __init__(self, world: World, *, watch: Callable[[World], None] = lambda _: None) -> None:
        self._world = world
        self._acts = Acts(world)
        self._chance = world.chance
        self._watch = watch
        self._day = 0
        self._dead = 0

    def live(self) -> None:
        world = self._world
        while world.sales < world.plan.sales or self._day < world.plan.days:
            self._morning()
            self._work()
            self._evening()
            self._watch(world)
            self._day += 1
            if self._day > 3 * world.plan.days:
                raise WrongError(f"only {world.sales} sales in {self._day} days")

    def heal(self) -> None:
        """Let everything arrive, set every clock right, sync until nothing is left to do."""
        world = self._world
        world.set_weather(0)
        if world.tills:
            world.tills[0].line.deliver_late(everything=True)
        for one in world.tills:
            one.clock.offset = timedelta(0)
        self._office_work()
        for _ in range(12):
            is_quiet = True
            for one in world.tills:
                is_quiet &= self._finish(one)
            world.office.decide_proposals()
            # More than the ten minutes after which head office's word on a sale is final.
            world.pass_minutes(11)
            if is_quiet:
                return
        raise WrongError("the tills do not come to rest")

    def _finish(self, one: SimTill) -> bool:
        """Deliver what waits, sync; say whether nothing was left to do."""
        if not one.has_shift and not one.is_revoked and (one.waiting or one.refunds):
            self._acts.open_shift(one)
        if not one.is_revoked:
            for _ in range(len(one.waiting)):
                self._acts.ask_again(one)
            while one.refunds and one.has_shift:
                self._acts.refund(one)
        report = self.sync(one)
        if report is None:
            return False
        if report.troubles or report.red_days:
            raise WrongError(f"{one.code} synced with trouble: {report.troubles}, red: {report.red_days}")
        # A revoked till gets no token any more: who paid there is served by head office's people.
        is_waiting = not one.is_revoked and bool(one.waiting or one.refunds)
        return not (is_waiting or report.pushed or any(report.pulled.values()))

    def sync(self, one: SimTill) -> SyncReport | None:
        """One cycle; None where it was broken off."""
        tally = self._world.tally
        try:
            report = one.engine.run_once()
        except PowerCut:
            self._acts.restart(one)
        except Unavailable:
            tally["cycles broken off"] += 1
        except KilotillError as refused:
            if refused.code not in TWICE_UNLUCKY:
                raise WrongError(f"{one.code} was refused with {refused.code}: {refused.text}") from refused
            tally["cycles broken off"] += 1
        else:
            tally["cycles"] += 1
            tally["lines pushed"] += report.pushed
            tally["lines pushed twice"] += report.repeated
            tally["red days seen"] += len(report.red_days)
            return report
        return None

    def _morning(self) -> None:
        for one in self._world.tills:
            self._forecast(one)
            if one.clock.offset and self._chance.random() < 0.5:
                one.clock.offset = timedelta(0)
            self._confirm_clock(one)
            self._acts.open_shift(one)

    def _forecast(self, one: SimTill) -> None:
        """Some days a line is good, some days bad; sometimes it is gone for days."""
        if one.days_offline:
            one.days_offline -= 1
        elif self._chance.random() < 0.12:
            one.days_offline = self._chance.randint(1, 3)
        trouble = self._chance.choice((0.01, 0.01, 0.05, 0.25))
        one.line.weather = Weather(trouble, is_cut=one.days_offline > 0)

    def _confirm_clock(self, one: SimTill) -> None:
        """After a long stop, or with a clock that ran ahead, a supervisor types today's date or resets it."""
        acts, now = one.till.clock_acts, one.till.clock.now()
        today = (now + timedelta(hours=2)).date()
        with one.till.units.read() as connection:
            trusted = read_head(connection).trusted_at
        try:
            if now > trusted + timedelta(days=7):
                acts.confirm(one.people[Role.SUPERVISOR], today)
            elif trusted > now + timedelta(minutes=5) and not one.clock.offset:
                acts.reset(one.people[Role.ADMINISTRATOR], today, server_time=self._world.time.now())
                self._world.tally["trusted instants reset"] += 1
        except KilotillError as refused:
            raise WrongError(f"{one.code}, clock: {refused.code} {refused.text}") from refused

    def _work(self) -> None:
        world = self._world
        steps = world.plan.tills * world.plan.sales_a_day * 11 // 10
        minutes = 11 * 60 / steps
        misfortunes = self._misfortunes(steps)
        for step in range(steps):
            world.pass_minutes(minutes * self._chance.uniform(0.4, 1.6))
            if step in misfortunes:
                misfortunes[step]()
            one = self._chance.choice(world.tills)
            self._step(one)
            if self._chance.random() < CYCLES_A_DAY * world.plan.tills / steps:
                self._talk_and_sell(one)
            if step % 100 == 50:
                self._office_work()

    def _talk_and_sell(self, one: SimTill) -> None:
        """A cycle and what is sold right after it: head office makes some of those tokens."""
        self.sync(one)
        one.is_rushing = True
        for _ in range(self._chance.randint(0, RUSH_MAX)):
            self._world.pass_minutes(self._chance.uniform(0.2, 1.5))
            self._step(one)
        one.is_rushing = False

    def _step(self, one: SimTill) -> None:
        dice, name = self._chance.random(), "sell"
        for share, known in ACTS:
            if dice < share:
                name = known
                break
            dice -= share
        if name in NEEDS_SHIFT and not one.has_shift:
            self._acts.open_shift(one)
        if name == "move_clock" and self._is_key_about_to_change():
            return
        getattr(self._acts, name)(one)

    def _evening(self) -> None:
        world = self._world
        for one in world.tills:
            if self._chance.random() < 0.85:
                self._acts.close_shift(one)
        self._clock_before_key_change()
        world.pass_minutes(13 * 60 - 60)
        self._office_work()
        world.pass_minutes(60)

    def _office_work(self) -> None:
        """What head office does by itself and by its people."""
        world, office = self._world, self._world.office
        context = JobContext(office.server.database, office.settings, world.time)
        for job in JOBS:
            run_job(job, context)
        world.tally["proposals decided"] += office.decide_proposals()
        if office.announced and not office.completed and self._is_every_meter_changed():
            office.complete_key_change()
            world.tally["key changes completed"] += 1

    def _misfortunes(self, steps: int) -> dict[int, Callable[[], None]]:
        """What befalls the world on this day, by step."""
        days = self._world.plan.days
        calendar: dict[int, list[Callable[[], None]]] = {
            1: [self._announce],
            days * 4 // 10: [self._back_up_all, self._new_signing_key],
            days * 5 // 10: [self._disk_dies],
            days * 6 // 10: [self._revoke],
            days * 7 // 10: [self._back_up_all],
            days * 8 // 10: [self._disk_dies, self._new_signing_key],
        }
        due = list(calendar.get(self._day, []))
        if self._chance.random() < 0.5:
            due.append(self._restart_office)
        places = sorted(self._chance.sample(range(steps), len(due)))
        return dict(zip(places, due, strict=True))

    def _announce(self) -> None:
        for one in self._world.tills:
            one.load_next_keys()
        self._world.office.announce_key_change()
        self._world.tally["key changes announced"] += 1

    def _restart_office(self) -> None:
        self._world.office.restart()
        self._world.tally["head office restarted"] += 1

    def _new_signing_key(self) -> None:
        seed = sha256(f"signing key of day {self._day}".encode()).digest()
        self._world.office.restart(signing_key=seed)
        self._world.tally["signing keys changed"] += 1

    def _back_up_all(self) -> None:
        for one in self._world.tills:
            one.make_backup(self._world.folder)

    def _revoke(self) -> None:
        """Head office ends the last till; it goes on selling until it hears of it."""
        world = self._world
        one = world.tills[-1]
        world.office.revoke(one.head().till_id)
        one.is_revoked = True
        world.tally["tills revoked"] += 1

    def _disk_dies(self) -> None:
        """The first or second till is replaced out of its back-up, its mirror and head office."""
        from tests.simulation.replacement import replace_till

        self._dead += 1
        one = self._world.tills[self._dead % 2]
        replace_till(self._world, self._acts, one, folder=self._world.folder / f"new-{self._dead}")

    def _is_key_about_to_change(self) -> bool:
        """Near the start of a new key a wrong clock makes a token of the old one: no program can help it."""
        text = self._world.office.next_key_from()
        if text is None or text.startswith("9999"):
            return False
        start = datetime.fromisoformat(text)
        return abs(start - self._world.time.now()) < QUIET_AROUND_KEY_CHANGE

    def _clock_before_key_change(self) -> None:
        if self._world.office.announced and not self._world.office.completed:
            for one in self._world.tills:
                one.clock.offset = timedelta(0)

    def _is_every_meter_changed(self) -> bool:
        """Whether every meter of the group was given the key change set, which head office sees in sales."""
        world = self._world
        meant = {drn for drn, sgc in world.drns.items() if sgc == CHANGING_GROUP}
        changed = {issue.drn for issue in world.issues if len(issue.tokens) > 1}
        return meant <= changed
