"""What came, packed: a room's whole transcript may be many megabytes, and is kept as it came."""

import zlib
from typing import Final

PACKED_FROM: Final = 16 * 1024
_FAST: Final = 1


class Packed(bytes):
    """Bytes of which zlib has made fewer."""

    __slots__ = ()


def packed(value: bytes | bytearray) -> bytes:
    """Packed, if it is large and not packed yet; else as it is."""
    if isinstance(value, Packed):
        return value
    if len(value) < PACKED_FROM:
        return bytes(value)
    return Packed(zlib.compress(value, _FAST))
