"""Messages to customers: put in once, sent until they are out, addresses never invented."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from pos.domain.payment_reports import Outcome
from pos.errors import KilotillError, MachineFault, Rejected, Unavailable
from pos.gateways.messages import FileMessages, Message, MessageWay, SmtpMessages
from pos.services.outbox import Outbox
from pos.services.token_messages import NoteSent, TokenMessages, TokenText
from tests.factories.payments import PHONE, Counter, asked, cash, make_counter, momo
from tests.factories.shop import ZONE


class Way:
    """A way that follows a script: None sends, an error is raised."""

    def __init__(self, *script: Exception | None) -> None:
        self.script = list(script)
        self.sent: list[Message] = []

    def send(self, message: Message) -> None:
        error = self.script.pop(0) if self.script else None
        if error is not None:
            raise error
        self.sent.append(message)


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    return make_counter(tmp_path)


def make_outbox(counter: Counter, **ways: MessageWay) -> Outbox:
    shop = counter.shop
    return Outbox(shop.units, shop.clock, ways=lambda: ways, sent=NoteSent(shop.book))


def put(counter: Counter, outbox: Outbox, about: str = "x") -> None:
    with counter.shop.units.write() as unit:
        outbox.put(unit.connection, "sms", PHONE, body="hello", about=about)


def test_outbox_when_a_text_is_put_in_twice_sends_it_once(counter: Counter) -> None:
    way = Way()
    outbox = make_outbox(counter, sms=way)
    put(counter, outbox)
    put(counter, outbox)

    assert outbox.run_due() == 1
    assert outbox.run_due() == 0
    assert [one.body for one in way.sent] == ["hello"]
    assert outbox.next_due_at() is None


def test_outbox_when_the_way_is_in_trouble_tries_again_later_and_later(counter: Counter) -> None:
    down = Unavailable("message.no_server", "down")
    way = Way(down, down, None)
    outbox = make_outbox(counter, sms=way)
    put(counter, outbox)
    waits = []
    while not way.sent:
        outbox.run_due()
        at = outbox.next_due_at()
        if at is not None:
            waits.append(at - counter.shop.clock.now())
            counter.shop.clock.pass_time(seconds=waits[-1].total_seconds())

    assert waits == [timedelta(seconds=30), timedelta(seconds=60)]
    assert [(one.state, one.tries) for one in outbox.latest()] == [("sent", 2)]


@pytest.mark.expect_log("A message could not be sent")
def test_outbox_when_a_message_trips_the_program_sends_the_others_and_tries_it_later(
    counter: Counter,
) -> None:
    way = Way(ValueError("no header"))
    outbox = make_outbox(counter, sms=way)
    put(counter, outbox, "first")
    put(counter, outbox, "second")

    assert outbox.run_due() == 1

    states = {one.about: (one.state, one.tries, one.trouble) for one in outbox.latest()}
    assert states == {"first": ("waiting", 1, "program.fault"), "second": ("sent", 0, "")}
    counter.shop.clock.pass_time(seconds=30)
    assert outbox.run_due() == 1


def test_outbox_when_the_machine_is_at_fault_tells_it(counter: Counter) -> None:
    def disk_is_full(*_: object) -> None:
        raise MachineFault("disk.full", "The disk is full.")

    shop, ways = counter.shop, {"sms": Way()}
    outbox = Outbox(shop.units, shop.clock, ways=lambda: ways, sent=disk_is_full)
    put(counter, outbox)

    with pytest.raises(MachineFault, match="The disk is full"):
        outbox.run_due()

    assert [one.state for one in outbox.latest()] == ["waiting"]


def test_outbox_when_the_address_is_refused_does_not_try_again(counter: Counter) -> None:
    outbox = make_outbox(counter, sms=Way(Rejected("message.refused", "no")))
    put(counter, outbox)
    outbox.run_due()

    assert [(one.state, one.trouble) for one in outbox.latest()] == [("failed", "message.refused")]


def test_outbox_when_there_is_no_way_keeps_it_for_a_day(counter: Counter) -> None:
    outbox = make_outbox(counter)
    put(counter, outbox)
    outbox.run_due()
    assert [(one.state, one.trouble) for one in outbox.latest()] == [("waiting", "message.no_way")]
    counter.shop.clock.pass_time(days=1)
    outbox.run_due()

    assert [one.state for one in outbox.latest()] == ["failed"]


def test_file_way_when_sent_again_writes_the_same_file(tmp_path: Path) -> None:
    way = FileMessages(tmp_path / "messages")
    for _ in range(2):
        way.send(Message("7", "sms", PHONE, body="hello"))

    (file,) = (tmp_path / "messages").iterdir()
    assert (file.name, file.read_text(encoding="utf-8")) == ("sms-7.txt", f"{PHONE}\n\n\nhello\n")


def test_file_way_when_the_folder_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable) as caught:
        FileMessages(tmp_path / "file" / "messages").send(Message("7", "sms", PHONE))
    assert caught.value.code == "message.folder"


@pytest.mark.parametrize(
    ("server", "sender"),
    [
        ("", "a@b.org"),
        ("mail.b.org", "nobody"),
        *((f"mail:{port}", "a@b.org") for port in ("x", "²", "0", "65536", "5" * 30)),
    ],
)
def test_mail_way_when_not_set_up_whole_is_refused(server: str, sender: str) -> None:
    with pytest.raises(KilotillError) as caught:
        SmtpMessages(server, sender)
    assert caught.value.code == "message.server"


def test_token_text_when_the_sale_was_paid_by_phone_goes_to_the_payer(counter: Counter) -> None:
    way = Way()
    outbox = make_outbox(counter, sms=way)
    texts = TokenMessages(counter.shop.units, outbox, shop="Shop", time_zone=ZONE)
    view = counter.begin(counter.shop.add_meter(1))
    assert texts.text(view.sale_id) == ""
    counter.run()
    with counter.shop.units.write() as unit:
        texts.queue(unit, view.sale_id)
    outbox.run_due()

    (message,) = way.sent
    result = counter.desk.look(view.sale_id).result
    assert result is not None and result.credit_token is not None
    digits = result.credit_token["digits"]
    assert message.address == PHONE
    assert digits in message.body.replace(" ", "")
    assert message.body.startswith("Shop: token ")
    assert len(message.body) <= 160
    with counter.shop.units.read() as connection:
        handed = connection.exec_driver_sql("SELECT is_handed_over FROM sale").scalar_one()
    assert handed == 1
    counter.check_books()


def test_token_text_when_a_first_phone_did_not_pay_goes_to_the_one_that_did(counter: Counter) -> None:
    way = Way()
    outbox = make_outbox(counter, sms=way)
    texts = TokenMessages(counter.shop.units, outbox, shop="Shop", time_zone=ZONE)
    cashier, drn = counter.shop.cashier, counter.shop.add_meter(1)
    counter.momo.fate = Outcome.FAILED
    view = counter.begin(drn, cash(1000), momo(phone="+250788000111"))
    counter.run()
    counter.momo.fate = Outcome.SUCCEEDED
    counter.desk.pay_rest(view.sale_id, [momo()], cashier)
    counter.run()
    texts.send_to_payer(view.sale_id, cashier)
    outbox.run_due()
    assert [one.address for one in way.sent] == [PHONE]

    counter.momo.fate = Outcome.FAILED
    by_cash = counter.begin(counter.shop.add_meter(2), cash(1000), momo(phone="+250788000111"))
    counter.run()
    counter.desk.pay_rest(by_cash.sale_id, [cash()], cashier)
    assert texts.state(by_cash.sale_id, cashier) == TokenText("no_phone")


def test_token_text_when_sent_by_hand_goes_once_to_the_payer_and_again_only_after_it_failed(
    counter: Counter,
) -> None:
    way = Way(Rejected("message.refused", "no"), None)
    outbox = make_outbox(counter, sms=way)
    texts = TokenMessages(counter.shop.units, outbox, shop="Shop", time_zone=ZONE)
    view = counter.begin(counter.shop.add_meter(1))
    counter.run()
    cashier = counter.shop.cashier
    assert texts.state(view.sale_id, cashier) == TokenText("ready", PHONE[-3:])

    assert texts.send_to_payer(view.sale_id, cashier).state == "waiting"
    outbox.run_due()
    assert texts.state(view.sale_id, cashier).state == "failed"
    for _ in range(2):
        assert texts.send_to_payer(view.sale_id, cashier).state == "waiting"
    outbox.run_due()

    text = texts.send_to_payer(view.sale_id, cashier)
    assert (text.state, text.sent_at) == ("sent", counter.shop.clock.now())
    assert outbox.run_due() == 0
    assert [one.address for one in way.sent] == [PHONE]


def test_token_text_when_no_way_or_no_phone_says_which(counter: Counter) -> None:
    cashier = counter.shop.cashier
    sold = counter.shop.checkout.sell(asked(counter.shop.add_meter(1)), cashier)
    for ways, state in (({}, "no_way"), ({"sms": Way()}, "no_phone")):
        outbox = make_outbox(counter, **ways)
        texts = TokenMessages(counter.shop.units, outbox, shop="Shop", time_zone=ZONE)
        assert texts.send_to_payer(sold.sale_uuid, cashier) == TokenText(state)
        assert outbox.latest() == []


def test_token_text_when_nobody_can_be_reached_stays_unsent(counter: Counter) -> None:
    texts = TokenMessages(counter.shop.units, make_outbox(counter), shop="Shop", time_zone=ZONE)
    view = counter.begin(counter.shop.add_meter(1))
    counter.run()

    assert texts.text(view.sale_id) != ""
    assert not texts.send(view.sale_id, phone=PHONE)
    assert not texts.send(uuid4(), email="a@b.org")


def test_token_text_when_the_customer_gives_an_address_is_sent_there(counter: Counter) -> None:
    way = Way()
    outbox = make_outbox(counter, email=way)
    texts = TokenMessages(counter.shop.units, outbox, shop="Shop", time_zone=ZONE)
    view = counter.begin(counter.shop.add_meter(1))
    counter.run()

    assert texts.send(view.sale_id, email="uwase@example.com")
    outbox.run_due()
    assert [(one.address, one.subject) for one in way.sent] == [("uwase@example.com", "Shop")]
