"""What an operator may do, and what their password must be."""

import re
from enum import StrEnum
from typing import Final

from channel.core import limits


class Role(StrEnum):
    """Each may what the one before may, and more."""

    LOOK = "look"  #: states and times, and nobody's words
    OPERATE = "operate"  #: words too; replay, discard, repair
    ADMINISTER = "administer"  #: channels, secrets, operators; forget


_ORDER: Final = tuple(Role)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,99}", re.ASCII)


def is_name(name: str) -> bool:
    """Can an account be called so?"""
    return _NAME.fullmatch(name) is not None


def may(role: Role, wanted: Role) -> bool:
    """May somebody of this role do what is for `wanted`?"""
    return _ORDER.index(role) >= _ORDER.index(wanted)


def is_locked(failures: int) -> bool:
    """Have so many sign-ins failed, this one included, that the password is not even looked at?"""
    return failures > limits.SIGN_IN_FAILURES


def why_not(name: str, password: str) -> str | None:
    """Why this cannot be the password of this account; None where it can."""
    if len(password) < limits.PASSWORD_SHORTEST:
        return f"the password has less than {limits.PASSWORD_SHORTEST} characters"
    if len(password) > limits.PASSWORD_LONGEST:
        return f"the password has more than {limits.PASSWORD_LONGEST} characters"
    if not password.isprintable():
        return "the password has characters that nobody can type"
    if name.lower() in password.lower() and len(password) < limits.PASSWORD_SHORTEST + len(name):
        return "the password is hardly more than the account's name"
    if len(set(password)) < limits.PASSWORD_SHORTEST // 2:
        return "the password repeats a few characters"
    return None
