"""Keys by which a second one of anything is known to be a repeat."""

from hashlib import sha256
from typing import Final

LONGEST: Final = 200


def key_of(kind: str, *parts: str) -> str:
    """One short text for these parts. Long ones are hashed, so that no peer's id can be too long to keep."""
    key = ":".join((kind, *parts))
    return key if len(key) <= LONGEST else f"{kind}#{sha256(key.encode(errors='surrogatepass')).hexdigest()}"
