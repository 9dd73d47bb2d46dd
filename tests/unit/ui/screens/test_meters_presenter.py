"""What the meter screens decide without a window."""

import pytest

from pos.ui.screens.meters.bulk_run import BulkRun, Throttle
from pos.ui.screens.meters.forms import Form, FormField
from pos.ui.screens.meters.words import plain_digits, spaced, unit_of_service

FIELDS = (FormField("name", "Name"), FormField("phone", "Phone"))


def test_throttle_when_asked_often_lets_ten_a_second_through() -> None:
    now = 0.0
    throttle = Throttle(lambda: now)
    passed = 0
    for n in range(1_000):
        now = n / 1_000
        passed += throttle.is_due()

    assert passed == 10


def test_run_when_it_fails_keeps_the_error_for_whoever_listens_later() -> None:
    run: BulkRun[int, str] = BulkRun(0)
    heard: list[bool] = []

    def fail() -> str:
        run.watch(7)
        raise ValueError("broken")

    run.work(fail)
    run.listen(lambda: heard.append(run.is_over))

    assert run.is_over and isinstance(run.error, ValueError) and run.result is None
    assert run.progress == 7 and heard == []


def test_form_when_typed_into_takes_the_error_of_that_field_away() -> None:
    form = Form("x", "X", "", "Go", fields=FIELDS).refused({"name": "bad", "phone": "bad", "": "all of it"})

    assert (form.first_wrong(), form.message) == ("name", "all of it")
    typed = form.typed("name", " Keza ")
    assert (dict(typed.wrong), typed.message, typed.value("name")) == ({"phone": "bad"}, "", "Keza")


def test_form_when_its_view_was_lost_in_an_act_can_be_used_again() -> None:
    form = Form("x", "X", "", "Go", fields=FIELDS)

    assert form.kept("look") is form
    assert (form.busy().kept("look").is_busy, form.busy().kept("look").message) == (False, "look")


@pytest.mark.parametrize(
    ("drn", "shown"),
    [("01420998716", "0142 0998 716"), ("0142099871612", "0142 0998 71612"), ("12", "12")],
)
def test_number_when_shown_stands_in_groups(drn: str, shown: str) -> None:
    assert spaced(drn) == shown
    assert plain_digits(shown) == drn


def test_unit_when_of_a_service_is_what_it_measures() -> None:
    assert [unit_of_service(service) for service in range(4)] == ["kWh", "m\u00b3", "m\u00b3", "h"]
