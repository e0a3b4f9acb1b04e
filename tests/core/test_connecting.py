"""What may be said of a channel, and what is refused in one sentence that names it as whoever said it does."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel.core.connecting import WrongValue, base_url, channel_changes, token, uuid

NUMBER = "6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"
NAMES = {
    field: f"the {field}"
    for field in (
        "name", "rapidpro_url", "rapidpro_channel", "scheme", "set_up", "department", "reply_via", "when_ambiguous",
        "rapidpro_token",
    )
}  # fmt: skip


def test_values_are_taken_as_they_are_kept() -> None:
    given = {
        "rapidpro_url": " https://Flows.test/x/ ",
        "rapidpro_channel": NUMBER.upper(),
        "name": "Ana",
        "scheme": "tel",
    }
    assert channel_changes(given, NAMES) == {
        "rapidpro_url": "https://flows.test/x",
        "rapidpro_channel": NUMBER,
        "name": "Ana",
        "scheme": "tel",
    }


def test_a_name_may_be_in_any_script_and_no_department_is_one() -> None:
    given = {"name": "خط\u200cکمک 👩‍⚕️", "department": ""}
    assert channel_changes(given, NAMES) == given


def test_how_it_replies_follows_from_the_set_up_unless_it_is_said() -> None:
    assert channel_changes({"set_up": "a"}, NAMES) == {"set_up": "a", "reply_via": "api"}
    assert channel_changes({"set_up": "a", "reply_via": "receive"}, NAMES)["reply_via"] == "receive"


@pytest.mark.parametrize(
    ("field", "text", "why"),
    [
        ("rapidpro_url", "ftp://x", "the rapidpro_url is no http:// or https:// URL of a server"),
        ("rapidpro_url", "https://ana:secret@x", "the rapidpro_url is no http:// or https:// URL of a server"),
        ("rapidpro_url", "https://[x", "the rapidpro_url is no http:// or https:// URL of a server"),
        ("rapidpro_channel", "7", "the rapidpro_channel is no UUID"),
        ("set_up", "c", "the set_up is none of a, b"),
        ("reply_via", "post", "the reply_via is none of api, receive"),
        ("when_ambiguous", "", "the when_ambiguous is none of resend, hold"),
        ("rapidpro_token", " ", "the rapidpro_token is empty"),
        ("rapidpro_token", "Token abc", "the rapidpro_token holds more than a token"),
        ("rapidpro_url", f"https://x/{'y' * 2000}", "the rapidpro_url is longer than 2000 characters"),
        ("name", " ", "the name is empty"),
        ("name", "x" * 201, "the name is longer than 200 characters"),
        ("name", "Help\nline", "the name has a character that cannot be kept"),
        ("department", "Care\u202e", "the department has a character that cannot be kept"),
        ("department", "Care\0", "the department has a character that cannot be kept"),
    ],
)
def test_what_cannot_be_is_refused_by_the_name_it_was_given(field: str, text: str, why: str) -> None:
    with pytest.raises(WrongValue) as refused:
        channel_changes({field: text}, NAMES)
    assert str(refused.value) == why


@given(st.text())
def test_whatever_is_written_is_taken_or_refused(text: str) -> None:
    for check in (base_url, uuid, token):
        with suppress(WrongValue):
            assert str(check("it", text))
