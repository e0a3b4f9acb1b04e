"""By what two paths are one contact."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel.core.urns import identity


@pytest.mark.parametrize(
    ("scheme", "one", "other"),
    [
        ("tel", "+250788123123", "250788123123"),
        ("whatsapp", "+250788123123", "250788123123"),
        ("mailto", "Ana@Example.org", "ana@example.org"),
        ("twitter", "AnaMaria", "anamaria"),
        ("ext", " ana ", "ana"),
    ],
)
def test_one_contact(scheme: str, one: str, other: str) -> None:
    assert identity(scheme, one) == identity(scheme, other)


@pytest.mark.parametrize(
    ("scheme", "one", "other"),
    [
        ("ext", "Ana", "ana"),
        ("ext", "+1", "1"),
        ("telegram", "+1", "1"),
        ("tel", "+250788123123", "+250788123124"),
        ("tel", "++1", "1"),
    ],
)
def test_two_contacts(scheme: str, one: str, other: str) -> None:
    assert identity(scheme, one) != identity(scheme, other)


@given(st.sampled_from(["ext", "mailto", "twitter", "telegram"]), st.text())
def test_an_identity_is_its_own_identity(scheme: str, path: str) -> None:
    assert identity(scheme, identity(scheme, path)) == identity(scheme, path)
