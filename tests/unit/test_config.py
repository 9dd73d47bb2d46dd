from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pos.config as config
from pos.config import SETTINGS, Setting
from pos.errors import UserError

ALL = list(SETTINGS.values())


@pytest.mark.parametrize("setting", ALL, ids=lambda setting: setting.key)
def test_setting_when_declared_then_is_complete_and_its_default_survives_writing(
    setting: Setting[Any],
) -> None:
    assert setting.read(setting.write(setting.default)) == setting.default
    assert setting.label and setting.help.endswith(".")
    assert not any(word in setting.key for word in ("pin", "secret", "password", "phrase", "token"))
    if isinstance(setting.default, int) and not isinstance(setting.default, bool):
        assert setting.key.rsplit("_", 1)[-1] in ("minor", "minutes", "hours", "days", "percent")


def test_settings_when_declared_in_the_module_then_all_are_in_the_table() -> None:
    declared = {value.key: value for value in vars(config).values() if isinstance(value, Setting)}
    assert declared == dict(SETTINGS)


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        (config.DUPLICATE_GUARD_MINUTES, ""),
        (config.DUPLICATE_GUARD_MINUTES, "1.5"),
        (config.DUPLICATE_GUARD_MINUTES, "-1"),
        (config.DUPLICATE_GUARD_MINUTES, "1441"),
        (config.SMALLEST_COIN_MINOR, "0"),
        (config.VEND_MAX_MINOR, "none"),
        (config.LANGUAGE, "de"),
        (config.LANGUAGE, ""),
        (config.RECEIPT_LANGUAGES, ""),
        (config.RECEIPT_LANGUAGES, "en en"),
        (config.RECEIPT_LANGUAGES, "en de"),
        (config.TRAINING, "true"),
        (config.PRINTER, "a\nb"),
        (config.PRINTER, "x" * 301),
    ],
)
def test_setting_when_the_text_means_nothing_then_is_refused_by_name(
    setting: Setting[Any], text: str
) -> None:
    with pytest.raises(UserError) as caught:
        setting.read(text)
    assert caught.value.code == "setting.value"
    assert setting.key in caught.value.text


def test_setting_when_the_value_is_not_allowed_then_is_not_written() -> None:
    with pytest.raises(UserError) as caught:
        config.DUPLICATE_GUARD_MINUTES.write(1441)
    assert caught.value.code == "setting.value"


@pytest.mark.parametrize("port", ["²", "0", "65536", "", "smtp"])
def test_server_when_its_port_is_none_then_is_not_written_but_an_old_one_is_read(port: str) -> None:
    text = f"mail.example.org:{port}"

    with pytest.raises(UserError) as caught:
        config.SMTP_SERVER.write(text)

    assert caught.value.code == "setting.value"
    assert config.SMTP_SERVER.read(text) == text


@pytest.mark.parametrize("text", ["", "mail.example.org", "mail.example.org:587"])
def test_server_when_it_is_one_is_written_as_it_is(text: str) -> None:
    assert config.SMTP_SERVER.write(text) == text


@given(st.none() | st.integers(0, 2**53 - 1))
def test_optional_amount_when_written_then_reads_back(value: int | None) -> None:
    assert config.VEND_MIN_MINOR.read(config.VEND_MIN_MINOR.write(value)) == value


@given(st.permutations(config.LANGUAGES), st.integers(1, 4))
def test_languages_when_written_then_read_back_in_order(languages: list[str], count: int) -> None:
    chosen = tuple(languages[:count])
    assert config.RECEIPT_LANGUAGES.read(config.RECEIPT_LANGUAGES.write(chosen)) == chosen
