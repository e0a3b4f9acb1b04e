"""Secrets at rest: bound to their place, opened with any of the keys, sealed with the newest."""

from random import Random

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from channel.store.vault import PIECE, UnreadableSecret, Vault, keyed_hash

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
VAULT = Vault([NEW])


@given(st.text().filter(lambda place: "\0" not in place), st.binary(max_size=100))
def test_what_is_sealed_is_opened_in_its_place(place: str, value: bytes) -> None:
    assert VAULT.open(place, VAULT.seal(place, value)) == value


@pytest.mark.parametrize("size", [16 * 1024 - 1, 16 * 1024, 1_000_000])
def test_a_large_value_is_opened_as_it_was_and_takes_less(size: int) -> None:
    value = (b'{"msg": "Hello", "username": "joao.agent"}, ' * size)[:size]
    sealed = VAULT.seal("event:1", value)
    assert VAULT.open("event:1", sealed) == value
    assert VAULT.open("event:1", VAULT.reseal(sealed)) == value
    assert size < 16 * 1024 or len(sealed) < size / 10
    with pytest.raises(UnreadableSecret, match="not in its place"):
        VAULT.open("event:2", sealed)


def _in_pieces(place: str, *, size: int = 2 * PIECE + 1) -> tuple[bytes, list[bytes]]:
    """A value that packing makes no smaller, and the tokens in which it is sealed."""
    value = Random(size).randbytes(size)  # noqa: S311 - nothing secret is made
    tokens = bytes(VAULT.seal(place, value)).split(b".")
    assert len(tokens) == 3
    return value, tokens


def test_what_is_large_even_when_packed_is_sealed_in_pieces_and_opened_as_it_was() -> None:
    value, tokens = _in_pieces("event:1")
    assert max(len(token) for token in tokens) < 1.5 * PIECE
    sealed = b".".join(tokens)
    assert VAULT.open("event:1", sealed) == value
    assert VAULT.is_newest(sealed)
    newer = Vault([OLD, NEW])
    assert not newer.is_newest(sealed)
    assert newer.is_newest(anew := newer.reseal(sealed))
    assert Vault([OLD]).open("event:1", anew) == value


@pytest.mark.parametrize("order", [(0, 1), (1, 2), (0, 2, 1), (0, 1, 2, 2), (1,), (0,)])
def test_a_piece_that_is_missing_moved_or_there_twice_is_noticed(order: tuple[int, ...]) -> None:
    _, tokens = _in_pieces("event:1")
    with pytest.raises(UnreadableSecret, match="not in its place"):
        VAULT.open("event:1", b".".join(tokens[number] for number in order))


def test_a_value_of_which_one_piece_is_on_an_older_key_is_not_on_the_newest() -> None:
    _, tokens = _in_pieces("event:1")
    both = Vault([OLD, NEW])
    assert not both.is_newest(b".".join([*map(both.reseal, tokens[:2]), tokens[2]]))


def test_a_sealed_value_does_not_show_what_it_is() -> None:
    sealed = VAULT.seal("visitor:1", b"token")
    assert b"token" not in sealed
    assert VAULT.seal("visitor:1", b"token") != sealed


@pytest.mark.parametrize("place", ["visitor:2", "visitor:1\0token", "webhook_secret:1", ""])
def test_a_value_that_was_moved_is_not_opened_and_not_told(place: str) -> None:
    sealed = VAULT.seal("visitor:1", b"secret-value")
    with pytest.raises(UnreadableSecret, match="not in its place") as error:
        VAULT.open(place, sealed)
    assert "secret-value" not in str(error.value)


@pytest.mark.parametrize(
    "sealed", [b"", b"nonsense", Vault([OLD]).seal("visitor:1", b"token")], ids=["nothing", "nonsense", "another key's"]
)
def test_what_none_of_the_keys_opens_is_unreadable_and_says_of_what_kind_it_is(sealed: bytes) -> None:
    with pytest.raises(UnreadableSecret, match="none of the secret keys opens visitor secrets"):
        VAULT.open("visitor:1", sealed)


def test_a_new_key_opens_what_the_old_one_sealed_and_seals_what_the_old_one_does_not_open() -> None:
    both = Vault([NEW, OLD])
    assert both.open("p", Vault([OLD]).seal("p", b"value")) == b"value"
    with pytest.raises(UnreadableSecret):
        Vault([OLD]).open("p", both.seal("p", b"value"))


def test_a_value_sealed_anew_needs_the_old_key_no_more() -> None:
    anew = Vault([NEW, OLD]).reseal(Vault([OLD]).seal("p", b"value"))
    assert VAULT.open("p", anew) == b"value"


def test_a_keyed_hash_is_of_this_key_and_this_token() -> None:
    hashes = {keyed_hash(key, token) for key in (b"k1", b"k2") for token in ("t1", "t2", "\udc80")}
    assert len(hashes) == 6
    assert keyed_hash(b"k1", "t1") == keyed_hash(b"k1", "t1")
