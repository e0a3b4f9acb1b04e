"""Where a message to a contact goes, and what moves it elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .records import Channel, Contact
from .urns import Urn
from .versions import Version

_MOST_URNS = 50


@dataclass(frozen=True)
class Route:
    """The URN and the channel a message takes."""

    urn: Urn
    channel: Channel


def resolve_route(contact: Contact, channels: Iterable[Channel]) -> Route | None:
    """The first of the contact's URNs that any channel with the Send role can reach, or None: no destination."""
    senders = [channel for channel in channels if channel.can_send]
    for urn in contact.urns:
        if channel := _sender_for(urn, senders):
            return Route(urn, channel)
    return None


def _sender_for(urn: Urn, senders: Iterable[Channel]) -> Channel | None:
    """The channel the URN is bound to; else the oldest that knows its scheme."""
    fitting = [channel for channel in senders if channel.scheme == urn.scheme]
    bound = (channel for channel in fitting if channel.uuid == urn.channel)
    return next(bound, fitting[0] if fitting else None)


def bind(contact: Contact, urn: Urn, channel: Channel) -> None:
    """Give this URN of the contact an affinity to the channel, and leave the order alone."""
    contact.urns = [replace(own, channel=channel.uuid) if own.identity == urn.identity else own for own in contact.urns]


def prefer(contact: Contact, urn: Urn, channel: Channel) -> None:
    """An incoming message makes its URN the contact's first, on that channel, whatever the channel's roles.

    All the phone numbers of a contact follow a message that came by one of them.
    """
    bind(contact, urn, channel)
    if urn.scheme == "tel":
        contact.urns = [replace(own, channel=channel.uuid) if own.scheme == "tel" else own for own in contact.urns]
    contact.urns.sort(key=lambda own: own.identity != urn.identity)


def set_contact_channel(contact: Contact, channel: Channel | None, version: Version) -> bool:
    """The flow action "Update Contact, Channel"; False is the error event of a channel that cannot send.

    URNs without affinity go to the channel if it knows their scheme; those bound to another only for the schemes this
    version re-points. What is then on the channel moves to the front. None clears every affinity.
    """
    if channel is None:
        contact.urns = [replace(urn, channel="") for urn in contact.urns]
        return True
    if not channel.can_send:
        return False
    contact.urns = [_repointed(urn, channel, version) for urn in contact.urns]
    contact.urns.sort(key=lambda urn: urn.channel != channel.uuid)
    return True


def _repointed(urn: Urn, channel: Channel, version: Version) -> Urn:
    movable = not urn.channel or urn.scheme in version.repointed_schemes
    return replace(urn, channel=channel.uuid) if movable and urn.scheme == channel.scheme else urn


def append_urn(contact: Contact, urn: Urn) -> bool:
    """Add a URN behind the others, without affinity; False if the contact has as many as they may."""
    if any(own.identity == urn.identity for own in contact.urns):
        return True
    if len(contact.urns) >= _MOST_URNS:
        return False
    contact.urns.append(urn)
    return True
