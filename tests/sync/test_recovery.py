"""The drills of docs/recovery.md, each run as a person would, against the real server."""

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text, update

from central.models.journal import customer_credit
from central.models.master import meter
from central.models.tills import till as till_table
from central.services.feed import jump_after_restore
from central.services.verify import verify_till
from pos.bootstrap import restore_till
from pos.domain.permissions import Role
from pos.domain.shift import cash_count
from pos.errors import MachineFault, Unavailable, UserError
from pos.models.ledger_book import read_head
from pos.models.queries.uploads import flagged_entries
from pos.services.enrol_values import Enrolled
from pos.services.restore import RestoreRequest
from pos.services.sale_values import SaleKind, SaleRequest
from pos.services.verify import verify
from pos.sync.books import Books
from pos.sync.client import ServerRefusal
from pos.sync.engine import SyncReport
from pos.sync.stops import ForkedError
from pos.system.mirror_file import mirror_name
from pos.system.paths import DataFolder
from pos.tokens.demo import demo_keys
from pos.tokens.numbers import make_drn
from tests.fakes.clock import FakeClock
from tests.server.rig import Server
from tests.server.till_rig import DRNS, SGC, TARIFF, Shop, Till
from tests.sync.conftest import PINS, OpenTill, RealTill, give_group, revoke
from tests.sync.test_local_edits import decide

ADMINISTRATOR = PINS[Role.ADMINISTRATOR][0]


@pytest.fixture(autouse=True)
def _one_time_for_all(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restore takes the machine's own clock: it is the test's here."""
    monkeypatch.setattr("pos.bootstrap.SystemClock", lambda: server.clock)


def working(till: RealTill) -> RealTill:
    till.enrol()
    till.engine.run_once()
    till.open_shift()
    return till


def back_up(till: RealTill) -> Path:
    made = till.till.backups.begin().run()
    assert made is not None
    return made.path


def restored(open_real_till: OpenTill, folder: Path, backup: Path, *, mirror: Path | None = None) -> RealTill:
    """Restore on another machine."""
    request = RestoreRequest(backup=backup, administrator=ADMINISTRATOR, reason="disk died", mirror=mirror)
    restore_till(DataFolder(folder), request)
    return open_real_till(folder)


def mirror_of(till: RealTill) -> Path:
    till.till.mirror.catch_up()
    with till.till.units.read() as connection:
        head = read_head(connection)
    return till.till.backup_folder() / mirror_name(head.till_code, head.till_id)


def test_dead_disk_when_the_server_had_everything_loses_nothing(
    real_till: RealTill, open_real_till: OpenTill, tmp_path: Path
) -> None:
    working(real_till).sell(DRNS[0], 2_000)
    backup = back_up(real_till)
    after = [real_till.sell(DRNS[1], 1_000 + n).sale["receipt_number"] for n in range(5)]
    real_till.engine.run_once()
    drawer = real_till.one("SELECT balance_minor FROM account WHERE name LIKE 'drawer:%'")

    new = restored(open_real_till, tmp_path / "new", backup)
    report = replaced(new)

    assert report.replaced is not None and report.replaced.missing == ()
    assert report.replaced.fetched == len(after) and report.replaced.to_send == 0
    receipts = new.all("SELECT receipt_number FROM sale WHERE receipt_book = 0 ORDER BY receipt_number")
    assert len(receipts) == 1 + len(after)
    own = new.one("SELECT 'drawer:' || ?", str(new.engine.client._till_id))
    assert new.one("SELECT balance_minor FROM account WHERE name = ?", own) == drawer
    new.engine.run_once()
    assert new.sell(DRNS[2], 3_000).sale["receipt_number"].startswith("T03B-")
    assert new.engine.run_once().red_days == ()
    assert verify(new.till.units).findings == ()


def test_dead_disk_when_shifts_were_closed_and_opened_since_the_back_up_both_sides_count_one_drawer(
    real_till: RealTill, open_real_till: OpenTill, tmp_path: Path, server: Server
) -> None:
    working(real_till)
    backup = back_up(real_till)
    real_till.sell(DRNS[0], 2_000)
    counted = cash_count(((1000, 52),))
    real_till.till.shifts.close_shift(real_till.people[Role.SUPERVISOR], counted)
    real_till.open_shift()
    real_till.sell(DRNS[1], 1_000)
    real_till.engine.run_once()

    new = restored(open_real_till, tmp_path / "new", backup)
    replaced(new)
    new.engine.run_once()

    assert verify(new.till.units).findings == ()
    drawers = "FROM account WHERE name LIKE 'drawer:%' AND balance_minor <> 0"
    assert new.all(f"SELECT name, balance_minor {drawers}") == drawers_at(server)


def test_dead_disk_when_envelopes_came_since_the_back_up_the_new_ones_are_counted_on(
    real_till: RealTill, open_real_till: OpenTill, tmp_path: Path
) -> None:
    working(real_till)
    backup = back_up(real_till)
    for _ in range(2):
        real_till.sell(DRNS[0], 200_000)
        real_till.engine.run_once()
    taken = real_till.one("SELECT max(sequence) FROM envelope")
    real_till.engine.run_once()

    new = restored(open_real_till, tmp_path / "new", backup)
    replaced(new)
    new.engine.run_once()

    assert new.one("SELECT max(sequence) FROM envelope") > taken
    assert verify(new.till.units).findings == ()


def drawers_at(server: Server) -> list[tuple[str, int]]:
    query = (
        "SELECT account, sum(balance_minor) FROM account_balance WHERE account LIKE 'drawer:%' "
        "GROUP BY account HAVING sum(balance_minor) <> 0"
    )
    with server.database.read() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_dead_disk_when_a_day_was_half_counted_at_the_back_up_both_books_of_it_agree_again(
    real_till: RealTill, open_real_till: OpenTill, tmp_path: Path
) -> None:
    working(real_till).sell(DRNS[0], 2_000)
    real_till.engine.run_once()
    real_till.sell(DRNS[0], 2_500)
    real_till.engine._push_all(SyncReport(), lambda _: None, lambda: False)
    Books(real_till.till.units, real_till.engine.client, real_till.till.clock).count()
    backup = back_up(real_till)
    real_till.sell(DRNS[1], 3_000)
    real_till.engine.run_once()

    new = restored(open_real_till, tmp_path / "new", backup)
    replaced(new)
    report = new.engine.run_once()

    assert report.red_days == () and report.days_compared >= 1
    assert new.one("SELECT count(*) FROM day_book WHERE colour <> 'green'") == 0


def replaced(till: RealTill) -> Enrolled:
    return till.enrol(replaces=True)


def test_dead_disk_when_the_mirror_has_more_than_the_server_sends_it_on(
    real_till: RealTill, open_real_till: OpenTill, tmp_path: Path
) -> None:
    working(real_till)
    backup = back_up(real_till)
    real_till.sell(DRNS[0], 2_000)
    real_till.line.is_cut = True
    real_till.sell(DRNS[1], 1_500)
    mirror = shutil.copy(mirror_of(real_till), tmp_path / "stick.mirror")

    new = restored(open_real_till, tmp_path / "new", backup, mirror=Path(mirror))
    report = replaced(new)
    new.engine.run_once()

    assert report.replaced is not None and report.replaced.to_send > 0 and report.replaced.missing == ()
    level, end = new.all("SELECT level_seq, restored_seq FROM replaced_book")[0]
    assert level == end
    assert verify(new.till.units).findings == ()


def test_dead_disk_when_selling_went_on_before_the_replacement_names_the_receipts_it_cannot_have(
    real_till: RealTill, open_real_till: OpenTill, tmp_path: Path
) -> None:
    working(real_till)
    backup = back_up(real_till)
    number = real_till.sell(DRNS[0], 2_000).sale["receipt_number"]
    real_till.engine.run_once()

    new = restored(open_real_till, tmp_path / "new", backup)
    new.till.cash.take_out(new.people[Role.SUPERVISOR], 500, reason="soap")
    report = replaced(new)

    assert report.replaced is not None and report.replaced.missing == (number,)


def test_dead_disk_when_the_restored_till_is_enrolled_as_a_new_one_is_asked_to_replace(
    real_till: RealTill, open_real_till: OpenTill, tmp_path: Path
) -> None:
    working(real_till)
    backup = back_up(real_till)

    new = restored(open_real_till, tmp_path / "new", backup)

    assert new.till.sync is None
    with pytest.raises(UserError) as refusal:
        new.enrol()
    assert refusal.value.code == "enrol.replace_wanted"


def test_dead_disk_when_the_line_breaks_while_lines_are_fetched_the_next_cycle_goes_on(
    real_till: RealTill, open_real_till: OpenTill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    working(real_till)
    backup = back_up(real_till)
    for n in range(4):
        real_till.sell(DRNS[0], 2_000 + n)
    real_till.engine.run_once()
    new = restored(open_real_till, tmp_path / "new", backup)
    monkeypatch.setattr("pos.sync.former_lines.LINES_MAX", 3)
    send, left = new.line.send, [4]

    def breaking(method: str, path: str, headers: object = None, body: bytes = b"") -> object:
        left[0] -= path.startswith("/v1/sync/lines")
        new.line.is_cut = left[0] <= 2
        return send(method, path, headers, body)  # type: ignore[arg-type]

    monkeypatch.setattr(new.line, "send", breaking)
    with pytest.raises(Exception, match="cut"):
        replaced(new)
    monkeypatch.undo()
    new.line.is_cut = False

    new.engine.run_once()

    seqs = new.all("SELECT restored_seq, server_seq FROM replaced_book")
    assert seqs[0][0] == seqs[0][1]
    assert verify(new.till.units).findings == ()


def test_dead_disk_when_a_paid_sale_waited_for_its_token_the_new_till_gets_the_same_one(
    real_till: RealTill, open_real_till: OpenTill, tmp_path: Path, server: Server, office: Shop
) -> None:
    give_group(office, holders=["central", "vault"])
    with server.database.write() as connection:
        server.app.state.head_office.vault.put(
            connection, office.organisation, demo_keys()[0], by="A and B", now=server.clock.now()
        )
    working(real_till)
    backup = back_up(real_till)
    request = SaleRequest(sale_id=uuid4(), drn=DRNS[0], money_minor=5_000)
    send = real_till.line.send

    def losing(method: str, path: str, headers: Any = None, body: bytes = b"") -> Any:
        answer = send(method, path, headers, body)
        if path == "/v1/vend":
            raise Unavailable("sync.time_out", "The answer was lost.")
        return answer

    real_till.line.send = losing  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        real_till.till.checkout.sell(request, real_till.people[Role.CASHIER])
    former_id = real_till.engine.client._till_id
    real_till.engine.run_once()
    server.clock.pass_time(minutes=2)

    new = restored(open_real_till, tmp_path / "new", backup)
    replaced(new)
    new.engine.run_once()
    delivered = new.till.checkout.deliver(request.sale_id, new.people[Role.CASHIER])
    report = new.engine.run_once()

    assert delivered.sale["holder"] == "central" and delivered.sale["payments"][0]["amount_minor"] == 5_000
    assert (report.flagged, report.red_days) == (0, ())
    assert verify(new.till.units).findings == ()
    with server.database.read() as connection:
        vended = connection.execute(text("SELECT count(*), sum(state = 'vended') FROM vend_request")).one()
        sale = connection.execute(text("SELECT state, receipt_number FROM transactions")).one()
        paid = connection.execute(text("SELECT count(*), sum(amount_minor) FROM payment")).one()
    assert (tuple(vended), tuple(paid)) == ((1, 1), (1, 5_000))
    assert tuple(sale) == ("delivered", delivered.sale["receipt_number"])
    for till_id in (former_id, new.engine.client._till_id):
        assert verify_till(server.database, server.clock, till_id) is None


@pytest.mark.parametrize("is_posted", [False, True], ids=["not pulled", "posted after the back-up"])
def test_dead_disk_when_a_credit_was_given_to_the_till_the_new_one_gives_it_once(
    real_till: RealTill, open_real_till: OpenTill, tmp_path: Path, server: Server, *, is_posted: bool
) -> None:
    other = working(open_real_till(code="T04"))
    working(real_till)
    backup = back_up(real_till)
    other.sell(DRNS[0], 2_000)
    other.engine.run_once()
    real_till.sell(DRNS[0], 2_000)
    # The push alone: the credit it gives rise to comes with the pull of the next cycle.
    real_till.engine._push_all(SyncReport(), lambda _: None, lambda: False)
    if is_posted:
        real_till.engine.run_once()
        real_till.engine.run_once()
    real_till.till.units.close()

    new = restored(open_real_till, tmp_path / "new", backup)
    replaced(new)
    new.engine.run_once()
    first, second = new.sell(DRNS[0], 2_000), new.sell(DRNS[0], 2_000)
    report = new.engine.run_once()

    credit = [line["amount_minor"] for line in first.item["lines"] if line["kind"] == "credit"]
    assert credit == [-590]
    assert [line for line in second.item["lines"] if line["kind"] == "credit"] == []
    assert (report.flagged, report.red_days) == (0, ())
    assert new.one("SELECT sum(balance_minor) FROM account WHERE name = 'customer_credit'") == 0
    assert verify(new.till.units).findings == ()


def test_copied_till_when_both_sell_the_second_to_sync_is_caught_and_stops(
    real_till: RealTill, open_real_till: OpenTill, tmp_path: Path
) -> None:
    working(real_till)
    copy = tmp_path / "copy"
    real_till.till.units.checkpoint()
    shutil.copytree(real_till.till.folder.root, copy, ignore=shutil.ignore_patterns("*.lock", "backups"))
    twin = open_real_till(copy)
    real_till.sell(DRNS[0], 2_000)
    twin.sell(DRNS[1], 2_500)
    real_till.engine.run_once()

    with pytest.raises(ForkedError):
        twin.engine.run_once()

    with pytest.raises(MachineFault) as stop:
        twin.sell(DRNS[1], 1_000)
    assert stop.value.code == "sync.fork"


@pytest.mark.parametrize(("theirs", "ours"), [(3, 1), (1, 2)])
def test_copied_till_when_the_stopped_one_is_replaced_it_sells_on_and_names_what_stays_here(
    real_till: RealTill, open_real_till: OpenTill, tmp_path: Path, *, theirs: int, ours: int
) -> None:
    """Whether the back-up ends behind the line at which the books part or reaches beyond head office's."""
    working(real_till)
    copy = tmp_path / "copy"
    real_till.till.units.checkpoint()
    shutil.copytree(real_till.till.folder.root, copy, ignore=shutil.ignore_patterns("*.lock", "backups"))
    twin = open_real_till(copy)
    for n in range(theirs):
        real_till.sell(DRNS[0], 2_000 + n)
    real_till.engine.run_once()
    sold = [twin.sell(DRNS[1], 2_500 + n).sale_uuid for n in range(ours)]
    with pytest.raises(ForkedError):
        twin.engine.run_once()
    backup = back_up(twin)
    twin.till.units.close()

    new = restored(open_real_till, tmp_path / "new", backup)
    report = replaced(new).replaced
    assert report is not None
    assert report.missing == ()
    first = new.engine.run_once()
    new.sell(DRNS[2], 3_000)
    second = new.engine.run_once()

    assert "stay here" in first.troubles["push"][0]
    assert second.troubles == {}
    with new.till.units.read() as connection:
        flagged = flagged_entries(connection, limit=10)
    assert [(one.entry.sale_id, one.reasons) for one in reversed(flagged)] == [
        (sale_id, ("fork",)) for sale_id in sold
    ]
    # The day before the books parted is looked at by people; what the new till sells is right on both sides.
    colours = dict(new.all("SELECT till_id, colour FROM day_book"))
    assert colours[new.link.till_id.bytes] == "green"
    assert new.one("SELECT restored_seq = level_seq AND level_seq = server_seq FROM replaced_book") == 1
    assert verify(new.till.units).findings == ()


def test_stolen_laptop_when_it_is_revoked_what_it_sold_comes_in_and_no_more_is_sold(
    real_till: RealTill, server: Server, office: Shop
) -> None:
    working(real_till)
    real_till.line.is_cut = True
    real_till.sell(DRNS[0], 2_000)
    revoke(server, office, real_till.engine.client._till_id)
    real_till.line.is_cut = False

    report = real_till.engine.run_once()

    assert report.scope == "drain" and report.flagged == report.pushed > 0
    assert {reasons for (reasons,) in real_till.all("SELECT reasons FROM line_flag")} == {"revoked_till"}
    with pytest.raises(MachineFault) as stop:
        real_till.sell(DRNS[0], 1_000)
    assert stop.value.code == "till.not_authorised"


def test_wrong_clock_when_head_office_says_another_time_an_administrator_lets_the_till_keep_it(
    open_real_till: OpenTill, server: Server
) -> None:
    machine = FakeClock(server.clock.now())
    till = working(open_real_till(clock=machine))
    right = server.clock.now()
    machine.set_wall(right + timedelta(hours=2))

    with pytest.raises(MachineFault) as stop:
        till.sell(DRNS[0], 1_000)

    assert stop.value.code == "clock.off"
    till.till.office.keep_server_clock(till.people[Role.ADMINISTRATOR], reason="battery is dead")
    assert till.till.clock.now() == right
    assert till.sell(DRNS[0], 1_000).sale["receipt_number"].startswith("T03-")
    machine.set_wall(right)
    till.till.office.go_by_own_clock(till.people[Role.ADMINISTRATOR], reason="clock set")
    assert till.till.clock.now() == right


def copy_database(source: str, target: str) -> None:
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def restore_office(server: Server, saved: Path) -> None:
    """Restore head office as docs/operations.md says."""
    server.database.engine.dispose()
    copy_database(str(saved), str(server.database.engine.url.database))
    with server.database.write() as connection:
        jump_after_restore(connection, server.clock.now())


def save_office(server: Server, folder: Path) -> Path:
    saved = folder / "office.sqlite"
    copy_database(str(server.database.engine.url.database), str(saved))
    return saved


def test_office_when_restored_from_before_the_till_came_the_till_enrols_anew_and_sends_all(
    real_till: RealTill, server: Server, tmp_path: Path
) -> None:
    saved = save_office(server, tmp_path)
    working(real_till)
    for n, drn in enumerate(DRNS):
        real_till.sell(drn, 140_000 + n)
        assert real_till.engine.run_once().red_days == ()
    in_force = real_till.one("SELECT max(sequence) FROM envelope")
    restore_office(server, saved)

    with pytest.raises(ServerRefusal) as refusal:
        real_till.engine.run_once()
    assert refusal.value.code == "till.not_authorised"
    real_till.sell(DRNS[0], 2_100)
    administrator = real_till.people[Role.ADMINISTRATOR]
    real_till.till.office.keep_server_clock(administrator, reason="battery")
    real_till.enrol()
    assert real_till.link.keeps_server_clock
    # The limit in force stays: head office has none of this book yet, and would count all of it as used.
    assert real_till.one("SELECT max(sequence) FROM envelope") == in_force
    real_till.sell(DRNS[0], 2_200)
    report = real_till.engine.run_once()

    assert report.pushed == real_till.one("SELECT head_seq FROM book") - 1
    assert (report.flagged, report.red_days) == (0, ())
    # The one granted at enrolment counted nothing of the book: it was never taken.
    assert report.envelope_sequence == in_force + 2
    assert real_till.one("SELECT as_of_seq FROM envelope ORDER BY sequence DESC LIMIT 1") == report.pushed
    assert real_till.one("SELECT count(*) FROM day_book WHERE colour <> 'green'") == 0
    assert verify(real_till.till.units).findings == ()
    assert verify_till(server.database, server.clock, real_till.link.till_id) is None
    quiet = real_till.engine.run_once()
    assert not any(quiet.pulled.values())
    with pytest.raises(UserError) as twice:
        real_till.enrol()
    assert twice.value.code == "enrol.already_here"


def test_office_when_restored_from_before_two_tills_came_each_goes_on_in_its_lane(
    real_till: RealTill, open_real_till: OpenTill, server: Server, office: Shop, tmp_path: Path
) -> None:
    saved = save_office(server, tmp_path)
    other = open_real_till(code="T04")
    for till in (real_till, other):
        working(till)
    held = "SELECT lane FROM supply_group WHERE sgc = ?"
    before = [till.one(held, SGC) for till in (real_till, other)]
    restore_office(server, saved)

    for till in (other, real_till):
        with pytest.raises(ServerRefusal):
            till.engine.run_once()
        till.enrol()
        assert till.engine.run_once().red_days == ()

    assert [till.one(held, SGC) for till in (real_till, other)] == before == [1, 2]
    # A lane that somebody else has by now is not given twice.
    late = Till(office, "T05")
    assert (
        late.enrol(lanes=[{"sgc": SGC, "lane": 2}]).json()["envelope"]["envelope"]["groups"][0]["lane"] == 3
    )


def test_office_when_restored_from_before_a_meter_was_accepted_it_is_asked_again_and_sold_to_meanwhile(
    real_till: RealTill, server: Server, tmp_path: Path
) -> None:
    working(real_till)
    saved = save_office(server, tmp_path)
    drn = make_drn("04", "00000777").digits
    administrator = real_till.people[Role.ADMINISTRATOR]
    real_till.till.meters.add(
        administrator,
        {"meter_number": drn, "tariff_code": TARIFF.code, "supply_group": SGC, "name": "Chantal"},
    )
    real_till.engine.run_once()
    assert decide(real_till, server) == ["meter"]
    real_till.engine.run_once()
    of_meter = "SELECT {} FROM meter WHERE drn = ?"
    assert real_till.one(of_meter.format("pull_round"), drn) == 1
    restore_office(server, saved)

    for _ in range(2):
        real_till.engine.run_once()
    # Pulled anew, it did not come; it is no meter of another shop for that.
    assert real_till.one("SELECT round FROM pull_cursor WHERE resource = 'meters'") == 2
    assert real_till.one(of_meter.format("status"), drn) == "active"
    owner = "SELECT name FROM customer JOIN meter ON customer_key = customer.key WHERE drn = ?"
    assert real_till.one(owner, drn) == "Chantal"
    real_till.sell(drn, 2_000)
    assert real_till.all("SELECT state FROM proposal") == [("waiting",)]
    assert decide(real_till, server) == ["meter"]
    for _ in range(2):
        real_till.engine.run_once()

    assert real_till.all("SELECT state FROM proposal") == [("accepted",)]
    assert real_till.one(of_meter.format("pull_round"), drn) == 2
    assert real_till.one(owner, drn) == "Chantal"
    assert verify(real_till.till.units).findings == ()


def test_office_when_restored_a_till_with_nothing_new_to_send_sends_what_was_lost_all_the_same(
    real_till: RealTill, server: Server, tmp_path: Path
) -> None:
    working(real_till)
    saved = save_office(server, tmp_path)
    real_till.sell()
    real_till.engine.run_once()
    restore_office(server, saved)
    server.clock.pass_time(minutes=31)
    with server.database.read() as connection:
        lost = connection.execute(select(till_table.c.head_seq)).scalar_one()

    for _ in range(2):
        real_till.engine.run_once()

    head = real_till.one("SELECT head_seq FROM book")
    assert lost < head
    assert real_till.one("SELECT acked_seq FROM book") == head
    with server.database.read() as connection:
        assert connection.execute(select(till_table.c.head_seq)).scalar_one() == head
    assert real_till.engine.run_once().pushed == 0


def test_office_when_restored_and_another_charge_turns_out_to_be_taken_twice_then_that_one_is_given_too(
    real_till: RealTill, open_real_till: OpenTill, server: Server, tmp_path: Path
) -> None:
    other = open_real_till(code="T04")
    owes(server, real_till.office, DRNS[0], 900)
    for till in (real_till, other):
        working(till)
    saved = save_office(server, tmp_path)
    real_till.sell(DRNS[0], 900, kind=SaleKind.ARREARS)
    real_till.engine.run_once()
    # It takes the debt that is paid already, and the monthly charge, which is not taken yet.
    other.sell(DRNS[0], 5_000)
    for _ in range(2):
        other.engine.run_once()
    given = "SELECT cause, amount_minor FROM customer_credit ORDER BY cause"
    assert other.all(given) == [("arrears", 900)]
    # Offline it takes the charge too; the restored head office hears of that first.
    real_till.sell(DRNS[0], 3_000)
    restore_office(server, saved)
    server.clock.pass_time(minutes=31)

    for till in (real_till, other, other):
        till.engine.run_once()

    assert other.all(given) == [("arrears", 900), ("charge", 590)]
    assert verify(other.till.units).findings == ()


def owes(server: Server, shop: Shop, drn: str, arrears_minor: int) -> None:
    with server.database.write() as connection:
        connection.execute(update(meter).where(meter.c.drn == drn).values(arrears_minor=arrears_minor))
        server.app.state.head_office.master.publish_meters(connection, shop.organisation, [shop.meters[drn]])


def test_office_when_restored_from_before_a_credit_the_customer_gets_it_once(
    real_till: RealTill, open_real_till: OpenTill, server: Server, tmp_path: Path
) -> None:
    other = open_real_till(code="T04")
    for till in (real_till, other):
        working(till)
    saved = save_office(server, tmp_path)

    def sync() -> None:
        for till in (real_till, other, other):
            till.engine.run_once()

    # Both take the monthly charge of the meter, not knowing of each other.
    for till in (real_till, other):
        till.sell(DRNS[0], 3_000)
    sync()
    given = other.all("SELECT id, amount_minor FROM customer_credit")
    restore_office(server, saved)
    server.clock.pass_time(minutes=31)
    sync()
    with server.database.read() as connection:
        assert connection.execute(select(customer_credit.c.amount_minor)).scalars().all() == [590]

    assert other.all("SELECT id, amount_minor FROM customer_credit") == given
    assert [amount_minor for _, amount_minor in given] == [590]
    assert other.one("SELECT balance_minor FROM account WHERE name = 'customer_credit'") == -590
    assert verify(other.till.units).findings == ()
