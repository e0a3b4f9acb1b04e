"""What an agent reads of what a contact wrote, with files named as files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel.core import limits
from channel.core.cutting import is_blank
from channel.core.for_agent import posts_of
from channel.core.options import Options
from tests.core.building import message

JPG = "https://files.example/a/1.jpg"
PDF = "https://files.example/a/2.pdf?sig=a=b&c"


def read(text: str, options: Options | None = None) -> list[str]:
    return [post.text for post in posts_of(message(text), 0, options or Options())]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Look\n{JPG}", f"Look\nAttachment: {JPG}"),
        (f"\n{JPG}", f"Attachment: {JPG}"),
        (f"Two\n{JPG}\n{PDF}", f"Two\nAttachment: {JPG}\nAttachment: {PDF}"),
        (f"Mine\n{JPG}\nand words", f"Mine\n{JPG}\nand words"),
        (f"see {JPG}", f"see {JPG}"),
        (JPG, JPG),
        ("A page\nhttps://news.example/today", "A page\nhttps://news.example/today"),
        ("A page\nhttps://news.example/index.html", "A page\nhttps://news.example/index.html"),
        ("A site\nhttps://example.com", "A site\nhttps://example.com"),
        ("odd\nhttps://[::1/a.jpg", "odd\nhttps://[::1/a.jpg"),
    ],
)
def test_addresses_at_the_end_that_lead_to_files_are_named(text: str, shown: str) -> None:
    assert read(text) == [shown]


def test_they_are_named_in_the_agents_language_or_the_channels() -> None:
    assert read(f"\n{JPG}", Options(language="spa")) == [f"Archivo adjunto: {JPG}"]
    assert read(f"\n{JPG}", Options(language="spa", agents_language="por")) == [f"Anexo: {JPG}"]


def test_a_text_of_the_channels_own_cannot_lose_the_address() -> None:
    assert read(f"\n{JPG}", Options(templates={"author_attachment": {"eng": "A file"}})) == [JPG]


def test_an_address_that_is_longer_than_a_message_is_whole() -> None:
    address = f"https://files.example/{'a' * 700}.jpg"
    assert address in "".join(read(f"Look\n{address}"))


@given(st.text(max_size=1500))
def test_whatever_it_is_all_of_it_is_shown_in_parts_that_fit(text: str) -> None:
    shown = read(text)
    assert all(0 < len(part) <= limits.TEXT_LENGTH for part in shown)
    assert bool(shown) or is_blank(text)
