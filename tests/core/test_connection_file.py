"""A connection in a file: what it may say, and that no secret stands there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel.core.connection_file import Connection, Reference, read_connection
from channel.core.toml import WrongFile

LEAST = """name = "Helpline"
rocketchat_url = "https://chat.example.org"
rapidpro_url = "https://rapidpro.example.org"
"""


def test_the_least_that_a_file_says() -> None:
    assert read_connection(LEAST) == Connection("Helpline", "https://chat.example.org", "https://rapidpro.example.org")


@pytest.mark.parametrize(
    ("line", "reference"),
    [
        ('rapidpro_token = {file = "token.txt"}', Reference(file="token.txt")),
        ('rapidpro_token = {env = "TOKEN"}', Reference(env="TOKEN")),
        ('[rapidpro_token]\nenv = "TOKEN"', Reference(env="TOKEN")),
    ],
)
def test_a_secret_is_referred_to(line: str, reference: Reference) -> None:
    assert read_connection(LEAST + line).rapidpro_token == reference


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('rapidpro_token = "hunter2"', "line 4: rapidpro_token: write where the secret is, and not the secret"),
        ('rapidpro_token = {file = "a", env = "B"}', "line 4: rapidpro_token: write where"),
        ("rapidpro_token = {}", "line 4: rapidpro_token: write where"),
        ('rapidpro_token = {env = ""}', "line 4: rapidpro_token.env: it is empty"),
        ("department = 7", "line 4: department: this is no text"),
        ('set_up = "a\\u0000"', "line 4: set_up: there is a character in it that cannot be kept"),
        ('colour = "red"', "line 4: colour: unknown; a connection has name, "),
        ('name = "Twice"', "line 4: this is no TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_without_the_secret(line: str, sentence: str) -> None:
    with pytest.raises(WrongFile) as wrong:
        read_connection(LEAST + line)
    assert str(wrong.value).startswith(sentence)
    assert "hunter2" not in str(wrong.value)


@pytest.mark.parametrize("missing", ["name", "rocketchat_url", "rapidpro_url"])
def test_what_a_connection_needs_is_named(missing: str) -> None:
    lines = [line for line in LEAST.splitlines() if not line.startswith(missing)]
    with pytest.raises(WrongFile, match=f"{missing} is missing"):
        read_connection("\n".join(lines))


@given(st.text())
def test_any_text_is_a_connection_or_refused(text: str) -> None:
    try:
        read_connection(text)
    except WrongFile:
        return
