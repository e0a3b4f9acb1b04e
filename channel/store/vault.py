"""Secrets at rest: sealed with the operator's keys, each bound to the place it belongs to, and the keyed hash."""

import hmac
import zlib
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

#: between the place and the value, which is in it as it is, or packed
_PLAIN: Final = b"\0"
_PACKED: Final = b"\1"
_PACKED_FROM: Final = 16 * 1024
_FAST: Final = 1
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

    def seal(self, place: str, value: bytes) -> bytes:
        """A large value is packed first, because sealing takes eight times the memory of what is sealed."""
        if len(value) >= _PACKED_FROM:
            return self._fernet.encrypt(place.encode() + _PACKED + zlib.compress(value, _FAST))
        return self._fernet.encrypt(place.encode() + _PLAIN + value)

    def open(self, place: str, sealed: bytes) -> bytes:
        """The value; UnreadableSecret names the place if it cannot be had."""
        return self._open(place, bytes(sealed))

    def is_newest(self, sealed: bytes) -> bool:
        """Is it sealed with the newest key?"""
        try:
            self._newest.decrypt(bytes(sealed))
        except InvalidToken:
            return False
        return True

    def reseal(self, sealed: bytes) -> bytes:
        """The same value under the newest key; UnreadableSecret if none of ours opens it."""
        try:
            return self._fernet.rotate(bytes(sealed))
        except InvalidToken:
            raise UnreadableSecret("none of the secret keys opens it") from None

    def _opened(self, place: str, sealed: bytes) -> bytes:
        try:
            found = self._fernet.decrypt(sealed)
        except InvalidToken:
            raise UnreadableSecret(f"none of the secret keys opens {place.partition(':')[0]} secrets") from None
        for mark in (_PLAIN, _PACKED):
            if found.startswith(bound := place.encode() + mark):
                value = found[len(bound) :]
                return zlib.decompress(value) if mark == _PACKED else value
        raise UnreadableSecret(f"a sealed value is not in its place: {place.partition(':')[0]}")


def forgotten_hash(key: bytes, uuid: str) -> str:
    """By what somebody who was forgotten is known again, and only by who has their UUID and the key."""
    return keyed_hash(key, f"forgotten:{uuid}")


def keyed_hash(key: bytes, token: str) -> str:
    """By what a visitor token is found: a hash that tells nothing to who has only the table."""
    return hmac.new(key, token.encode(errors="surrogateescape"), sha256).hexdigest()
