"""Every page of the console, in the order of its menu."""

from channel.console import (
    audit,
    channels,
    conversations,
    doctor,
    editing,
    letters,
    numbers,
    overview,
    queue,
    rotating,
    static,
    wording,
)
from channel.console.access import Access
from channel.console.premises import Premises
from channel.console.signing import Signing
from channel.web.auth import RuledRoute


def routes(premises: Premises) -> list[RuledRoute]:
    access = Access(premises)
    return [
        *static.routes(),
        *Signing(premises).routes(),
        *overview.routes(access),
        *conversations.routes(access),
        *letters.routes(access),
        *numbers.routes(access),
        *channels.routes(access),
        *editing.routes(access),
        *rotating.routes(access),
        *wording.routes(access),
        *queue.routes(access),
        *doctor.routes(access),
        *audit.routes(access),
    ]
