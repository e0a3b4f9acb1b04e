"""Whoever changes something on the command line stands in the audit, as the user of the machine that they are."""

import os
import pwd
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from channel.store import auditing
from channel.store.auditing import Line


@asynccontextmanager
async def audited(url: str, what: str, about: str = "") -> AsyncIterator[Line]:
    """What is done in the block stands in the audit; `what` is the verb, "" where nothing is changed."""
    if not what:
        yield Line(about)
        return
    async with auditing.audited(url, who(), what, about) as line:
        yield line


def who() -> str:
    """The user that the system knows; variables of the environment could say anything."""
    number = os.getuid()
    try:
        return f"os:{pwd.getpwuid(number).pw_name}"
    except KeyError:
        return f"os:{number}"
