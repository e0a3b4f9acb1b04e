"""What is kept of secrets that are only compared, and how they are compared."""

import hmac
from collections.abc import Sequence
from hashlib import sha256


def token_hash(token: str) -> str:
    """What is kept of a token of 256 random bits that we only compare."""
    return sha256(token.encode(errors="surrogateescape")).hexdigest()


def is_one_of(shown: str, hashes: Sequence[str | None]) -> bool:
    """Does `shown` hash to one of these? In constant time, for any text."""
    digest = token_hash(shown).encode()
    matches = [hmac.compare_digest(digest, (known or "").encode()) for known in hashes]
    return any(matches)
