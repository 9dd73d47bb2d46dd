"""The texts of the help: a topic for each screen, in short sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pos.ui.keymap import Act

Say = Callable[[str], str]

KEYBOARD = "keyboard"
REFUSALS = "refusals"
PAYMENTS = "payments"


@dataclass(frozen=True, slots=True)
class Topic:
    """One page of the help. `keys` has acts, whose caps follow the shop's own keys, or fixed caps."""

    key: str
    icon: str
    word: str
    about: str
    sentences: tuple[str, ...] = ()
    keys: tuple[tuple[Act | str, str], ...] = ()
    kinds: tuple[tuple[str, str, str], ...] = ()
    """For the kinds of refusal: tone, name, sentence."""

    def texts(self) -> Iterator[str]:
        """Give every text of the topic, to search in."""
        yield from (self.word, self.about, *self.sentences)
        yield from (text for _, text in self.keys)
        yield from (text for _, name, sentence in self.kinds for text in (name, sentence))


def all_topics(say: Say) -> tuple[Topic, ...]:
    """Return all topics, screens first."""
    return (
        _sell(say),
        _payments(say),
        _sales(say),
        _meters(say),
        _shift(say),
        _uploads(say),
        _dashboard(say),
        _float(say),
        _tariffs(say),
        _books(say),
        _office(say),
        _settings(say),
        _keyboard(say),
        _refusals(say),
    )


def matches(topic: Topic, wanted: str) -> bool:
    """Say whether a topic has every word somebody looks for."""
    texts = " ".join(topic.texts()).casefold()
    return all(word in texts for word in wanted.casefold().split())


def _sell(say: Say) -> Topic:
    return Topic(
        "sell",
        "bolt",
        say("Sell"),
        say("Sells a token for a meter: find, confirm, amount, pay. Four Enters, two numbers."),
        (
            say(
                "Type the meter number, a name or a phone number, or scan. Typing always goes to the search."
            ),
            say("Read the owner's name to the customer before you take money."),
            say("Type the amount. The eight lines say where the money goes."),
            say(
                "Enter again pays exactly. For more money, type what you received: the till says the change."
            ),
            say("The token is saved before it is shown. If it is not printed, it is below and safe."),
            say("The same meter again within a short time shows the earlier token first."),
            say("A sale on hold waits for the customer. The number on the rail counts them."),
        ),
        (
            (Act.FIND, say("Back to the search")),
            (Act.TRIAL, say("All lines of the price")),
            (Act.MAIN, say("Pay")),
            (Act.REPRINT, say("Print the last token again")),
            (Act.HOLD, say("Hold this sale, or see those on hold")),
            (Act.CASH, say("Cash into or out of the drawer")),
            (Act.CHECK_TOKEN, say("What does this token say?")),
            (Act.COPY, say("Copy the token")),
            ("Tab", say("From money to units and back")),
        ),
    )


def _payments(say: Say) -> Topic:
    return Topic(
        PAYMENTS,
        "phone",
        say("Paying by phone"),
        say("A provider asks the customer for the money. The token comes when the provider says paid."),
        (
            say(
                "Waiting: the request is with the provider. Nobody knows yet whether the customer pays. "
                "Do not send it again."
            ),
            say(
                "Serve the next customer at any time. The sale goes on by itself: a sound tells you, "
                "and the token stands under Ready."
            ),
            say(
                "Stop waiting takes nothing back: what was sent can still be paid, and then the token comes. "
                "There is no cancelling."
            ),
            say("A sale you left is in the list beside the search with its age, also after a restart."),
            say("Several ways to pay: the parts that are paid stay, only the rest is asked for again."),
            say(
                "Not known yet: the till asks on, always about the same payment. The customer gets a token "
                "or keeps the money."
            ),
            say(
                "A payment that is open when the shift closes stands in the Z report with your name and its "
                "age. The next shift goes on with it."
            ),
            say(
                "Money that is due back stands under Sales: a supervisor gives it back there, the way it "
                "came. The till asks until the provider says it is done."
            ),
            say("What a provider asks for in between goes to the provider only. It is kept nowhere."),
        ),
        (
            (Act.TENDER_2, say("The first provider; the next keys are the others")),
            (Act.TENDER_4, say("Pay in several parts")),
            (Act.ADD_PART, say("Add another part")),
            (Act.REFRESH, say("Ask now, or take up what waits longest")),
            (Act.STOP_WAITING, say("Stop waiting")),
            (Act.READY, say("Hand over the token that is ready")),
        ),
    )


def _sales(say: Say) -> Topic:
    return Topic(
        "sales",
        "receipt",
        say("Sales"),
        say("Every sale of this till, with its lines, its payments and its papers."),
        (
            say("A cashier sees the own sales, a supervisor all."),
            say("A second print says COPY. The first one is never printed twice by itself."),
            say("A token cannot be cancelled. For a wrong meter, open a case."),
            say("Before anything is paid a sale can be voided."),
        ),
        (
            (Act.FIND, say("Find a sale: receipt, meter, name or token")),
            (Act.REPRINT, say("Print the chosen one again")),
            (Act.EXPORT, say("Write the list into a file")),
            ("↑ ↓", say("The sale before or after")),
            (say("Enter"), say("Open the chosen one")),
        ),
    )


def _meters(say: Say) -> Topic:
    return Topic(
        "meters",
        "gauge",
        say("Meters"),
        say("The meters, their owners, what they bought and what they owe."),
        (
            say("The number's last digit proves it: most mistyped numbers are refused at once."),
            say("A blocked meter gets no token. Blocking needs a reason."),
            say("A file of meters is looked at first and taken in after; wrong lines are named."),
            say("A meter whose key changes gets a set of two tokens before the next one."),
        ),
        (
            (Act.FIND, say("Find a meter: number, name, phone or place")),
            (Act.MAIN, say("Sell to the chosen meter")),
            (Act.EDIT, say("Change the record")),
            (Act.EXPORT, say("Write the list into a file")),
            (Act.CHART_TABLE, say("The chart as a table")),
        ),
    )


def _shift(say: Say) -> Topic:
    return Topic(
        "shift",
        "drawer",
        say("Shift"),
        say("Opens and closes the day at the drawer, and moves cash in between."),
        (
            say("Count the drawer and open the shift. Sales need an open shift."),
            say("Every movement has a reason: into the drawer, out of it, to the safe, to the bank."),
            say("At the close you count first; the till says the difference after. Nobody sees it before."),
            say("A difference over the limit needs a supervisor."),
            say("The Z report ends the shift. Payments that are not final go to the next one by name."),
        ),
        (
            (Act.MAIN, say("Open, close, next step")),
            (Act.CASH, say("Cash into or out of the drawer")),
            (Act.REPRINT, say("Print the report")),
            ("+ -", say("One more, one less in the count")),
            (say("Enter"), say("The next note or coin")),
        ),
    )


def _dashboard(say: Say) -> Topic:
    return Topic(
        "dashboard",
        "chart",
        say("Dashboard"),
        say("How the shop does: money, units and sales by day, and what waits for somebody."),
        (
            say("Every number can be opened: it leads to the sales behind it."),
            say("The dashed bars are the days before, to compare."),
        ),
        ((Act.CHART_TABLE, say("The chart as a table")), (Act.EXPORT, say("Write a file"))),
    )


def _float(say: Say) -> Topic:
    return Topic(
        "float",
        "wallet",
        say("Float"),
        say("The money the shop has with each supplier. An empty float stops sales."),
        (
            say("A top-up is booked with the reference of the bank transfer."),
            say("Commission comes back to the float as the rule of its day says."),
            say("The statement lists what changed the account, day by day."),
        ),
        ((Act.MAIN, say("Do it")), (Act.REPRINT, say("Print the statement"))),
    )


def _tariffs(say: Say) -> Topic:
    return Topic(
        "tariffs",
        "sliders",
        say("Tariffs"),
        say("What a unit costs: blocks, charges, taxes. A tariff is never changed, a new version begins."),
        (
            say("A sale keeps the version it was priced with."),
            say("Try a tariff before it begins: type money or units and look at the lines."),
            say("Import and export use one kind of file. Make a back-up after an import."),
        ),
        ((Act.MAIN, say("New version, store")), (Act.EXPORT, say("Write a file"))),
    )


def _uploads(say: Say) -> Topic:
    return Topic(
        "uploads",
        "upload",
        say("Uploads"),
        say("What this till wrote in its journal, and what head office has of it."),
        (
            say("Waiting: it goes out by itself, again and again. Selling does not wait for it."),
            say("Taken, with a question: it is booked. Head office only asks who bears a difference."),
            say("Not taken: kept here. Send it again; if it stays, write a report for your administrator."),
        ),
        ((Act.MAIN, say("Send now")), (Act.PLACE_5, say("Refresh")), ("Esc", say("Stop what is going out"))),
    )


def _books(say: Say) -> Topic:
    return Topic(
        "books",
        "book",
        say("Books"),
        say("Each day is counted twice: by this till and by head office. Both must say the same."),
        (
            say("Green: both are equal. Grey: entries are still to be sent. Red: something differs."),
            say("The card at the right says what differs, and which sales head office has a question about."),
            say("Check the chain: this till then proves its own journal from the first entry to the last."),
        ),
        (
            (Act.TRIAL, say("Check chain")),
            (Act.PLACE_5, say("Compare again")),
            (Act.MAIN, say("Open in Uploads")),
            (Act.REPRINT, say("Print")),
        ),
    )


def _office(say: Say) -> Topic:
    return Topic(
        "office",
        "building",
        say("Head office"),
        say("Tills, people, questions, proposals and sessions of head office, in your own name there."),
        (
            say("Sign in with your own name and password of head office. This till keeps neither."),
            say("A code for a new till is shown once and works for 15 minutes."),
            say("A till that is taken out of use stops selling; what it sold may still be sent."),
        ),
        (
            (Act.FIND, say("To the fields")),
            (Act.PLACE_5, say("Refresh")),
            (Act.PLACE_6, say("Next list")),
            (Act.MAIN, say("Do it")),
        ),
    )


def _settings(say: Say) -> Topic:
    return Topic(
        "settings",
        "sliders",
        say("Settings"),
        say("The shop, the printer, keys, people, limits, the look, back-ups."),
        (
            say("A change counts at once and stands in the journal with who made it."),
            say("A wrong value is shown at its field. Esc brings the stored one back."),
            say("Vending keys are loaded by two people with one paper each."),
            say("Put the back-up folder on another disk. Practise a restore into an empty folder."),
            say("The support bundle tells a helper what is wrong, without secrets."),
        ),
        (
            (Act.FIND, say("Find a setting")),
            (Act.MAIN, say("The main act of the page")),
            (Act.REPRINT, say("Print a test page")),
            ("↑ ↓", say("The page before or after, in the list")),
        ),
    )


def _keyboard(say: Say) -> Topic:
    return Topic(
        KEYBOARD,
        "keyboard",
        say("Keyboard"),
        say("Every key and what it does. A shop may give acts other keys: Settings, Look and language."),
        (
            say("Digits go to the number that is being typed, letters to the search."),
            say("The places of the F-key bar never move. A dim one cannot act now."),
            say("A scanner is recognised by its speed. It never types into a field of money."),
            say("What the till said in passing is kept under the bell."),
        ),
    )


def _refusals(say: Say) -> Topic:
    return Topic(
        REFUSALS,
        "stop",
        say("When the till says no"),
        say("There are four kinds. Each says what happened, what was charged, and what comes next."),
        (
            say("What was paid before stays paid. A token that was made stays good."),
            say("The code at the end is for whoever helps you."),
        ),
        (),
        (
            (
                "warn",
                say("Fix it"),
                say("Something typed is not right. It is marked, the caret is there. Nothing was charged."),
            ),
            (
                "info",
                say("Wait"),
                say("The answer is not known yet. Do not press again. Serve the next customer meanwhile."),
            ),
            (
                "sup",
                say("Supervisor"),
                say("Somebody else may allow this, with a PIN at this till. It counts for this one act."),
            ),
            (
                "bad",
                say("Stop"),
                say("The till must be put right first: clock, limit, disk or key. It says what still works."),
            ),
        ),
    )
