"""Is it really them? Compared in constant time; the same answer whether the name or the secret is wrong."""

from collections.abc import Sequence
from typing import Final

from starlette.requests import Request

from channel.core.secrets import is_one_of
from channel.web.errors import Refusal

#: compared with when there is nobody of that name, so that the answer takes as long
NOBODY: Final = ("0" * 64, None)


def shown_token(request: Request) -> str:
    """The token of `Authorization: Token …`, or "" where there is none."""
    values = request.headers.getlist("authorization")
    if len(values) != 1:
        return ""
    scheme, _, token = values[0].partition(" ")
    return token.strip() if scheme.lower() == "token" else ""


def require(shown: str, hashes: Sequence[str | None] | None, *, refusal: Refusal) -> None:
    """Raise `refusal` unless `shown` hashes to one of `hashes`; None: there is nobody of that name."""
    known = is_one_of(shown, hashes if hashes is not None else NOBODY)
    if not known or hashes is None:
        raise refusal
