"""Secrets at rest: sealed with the operator's keys, each bound to the place it belongs to, and the keyed hash."""

import hmac
import zlib
from asyncio import to_thread
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final, TypeAlias

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from channel.core.packing import Packed, packed

#: between the place and the value, which is in it as it is, packed, or a piece of what is packed
_PLAIN: Final = b"\0"
_PACKED: Final = b"\1"
_PIECE: Final = b"\2"
#: bytes of a piece: sealing takes eight times the memory of what is sealed, and lets nobody else run meanwhile
PIECE: Final = 256 * 1024
_JOINT: Final = b"."  #: in no token of Fernet's
#: what is large was put together piece by piece, and not copied: nobody else runs while that is done
Sealed: TypeAlias = bytes | bytearray
#: of a key that has 256 random bits
FINGERPRINT: Final = 16


class UnreadableSecret(Exception):
    """A sealed value that none of the keys opens, or that was moved here from another place."""


class Vault:
    """Seals with the newest key, opens with any. `place` says what a value is and whose, as `channel:<id>:token`."""

    def __init__(self, keys: Sequence[str], *, remembered: int = 10_000) -> None:
        self._newest = Fernet(keys[0])
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        #: by which the key it seals with is told from others, and nothing else can be known of it
        self.fingerprint = sha256(b"live-agents key " + keys[0].encode()).hexdigest()[:FINGERPRINT]
        self._open = lru_cache(maxsize=remembered)(self._opened)

    def seal(self, place: str, value: bytes) -> Sealed:
        """A large value is packed first; what is large even so is sealed in pieces, each of which knows its number."""
        value = packed(value)
        if not isinstance(value, Packed):
            return self._fernet.encrypt(place.encode() + _PLAIN + value)
        if len(value) <= PIECE:
            return self._fernet.encrypt(place.encode() + _PACKED + value)
        starts = range(0, len(value), PIECE)
        sealed = bytearray()
        for number, start in enumerate(starts):
            piece = self._fernet.encrypt(_mark(place, number, len(starts)) + value[start : start + PIECE])
            sealed += (_JOINT if number else b"") + piece
        return sealed

    def open(self, place: str, sealed: Sealed) -> bytes:
        """The value; UnreadableSecret names the place if it cannot be had."""
        return self._open(place, bytes(sealed))

    def is_newest(self, sealed: Sealed) -> bool:
        """Is it sealed with the newest key?"""
        try:
            for token in bytes(sealed).split(_JOINT):
                self._newest.decrypt(token)
        except InvalidToken:
            return False
        return True

    def reseal(self, sealed: Sealed) -> bytes:
        """The same value under the newest key; UnreadableSecret if none of ours opens it."""
        try:
            return _JOINT.join(self._fernet.rotate(token) for token in bytes(sealed).split(_JOINT))
        except InvalidToken:
            raise UnreadableSecret("none of the secret keys opens it") from None

    def _opened(self, place: str, sealed: bytes) -> bytes:
        try:
            found = [self._fernet.decrypt(token) for token in sealed.split(_JOINT)]
        except InvalidToken:
            raise UnreadableSecret(f"none of the secret keys opens {place.partition(':')[0]} secrets") from None
        marks = _marks(place, found)
        if not all(each.startswith(mark) for each, mark in zip(found, marks, strict=True)):
            raise UnreadableSecret(f"a sealed value is not in its place: {place.partition(':')[0]}")
        value = b"".join(each[len(mark) :] for each, mark in zip(found, marks, strict=True))
        return value if marks == [place.encode() + _PLAIN] else zlib.decompress(value)


def _marks(place: str, found: Sequence[bytes]) -> list[bytes]:
    """What each piece of a value of this place begins with."""
    if len(found) > 1:
        return [_mark(place, number, len(found)) for number, _ in enumerate(found)]
    packed_mark = place.encode() + _PACKED
    return [packed_mark if found[0].startswith(packed_mark) else place.encode() + _PLAIN]


def _mark(place: str, number: int, of: int) -> bytes:
    """No other value's piece begins with it, and none in another's place."""
    return place.encode() + _PIECE + f"{number}/{of}".encode() + _PLAIN


async def seal_beside(vault: Vault, place: str, raw: bytes) -> Sealed:
    """What is large is sealed beside others: it may take a tenth of a second."""
    return vault.seal(place, raw) if len(raw) < PIECE else await to_thread(vault.seal, place, raw)


def forgotten_hash(key: bytes, uuid: str) -> str:
    """By what somebody who was forgotten is known again, and only by who has their UUID and the key."""
    return keyed_hash(key, f"forgotten:{uuid}")


def keyed_hash(key: bytes, token: str) -> str:
    """By what a visitor token is found: a hash that tells nothing to who has only the table."""
    return hmac.new(key, token.encode(errors="surrogateescape"), sha256).hexdigest()
