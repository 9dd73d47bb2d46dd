"""Keys that a shop may change."""

import pytest

from pos.ui.keymap import BAR_ACTS, USUAL_KEYS, Act, KeyMap, KeyMapError, read_keymap


def test_keys_when_usual_then_each_act_has_its_own_and_the_bar_is_f1_to_f12() -> None:
    assert set(USUAL_KEYS) == set(Act)
    assert [KeyMap().key_of(act) for act in BAR_ACTS] == [f"F{n}" for n in range(1, 13)]


def test_keys_when_one_is_changed_then_cap_and_act_follow_and_it_is_stored() -> None:
    keys = KeyMap({Act.EXPORT: "Ctrl+Shift+E"})

    assert keys.cap_of(Act.EXPORT) == "Ctrl Shift E"
    assert keys.act_of("Ctrl+Shift+E") is Act.EXPORT and keys.act_of("Ctrl+E") is None
    assert read_keymap(keys.to_text()).key_of(Act.EXPORT) == "Ctrl+Shift+E"
    assert KeyMap().to_text() == ""


def test_keys_when_two_acts_want_one_then_refused() -> None:
    with pytest.raises(KeyMapError):
        KeyMap({Act.EXPORT: "F8"})


@pytest.mark.parametrize("text", ["{", "[]", '{"nothing": "F1"}', '{"export": "F8"}'])
def test_keys_when_the_stored_text_is_damaged_then_refused(text: str) -> None:
    with pytest.raises(KeyMapError):
        read_keymap(text)
