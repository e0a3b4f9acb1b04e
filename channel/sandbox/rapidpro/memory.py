"""The memory of one simulated RapidPro workspace: who is in it, what was said, and what came in by HTTP."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from random import Random
from uuid import UUID

from .background import Changes
from .records import RECEIVE, SEND, Attempt, Channel, Contact, External, Message, Received
from .switches import Switches
from .urns import Urn
from .versions import Version

_FIRST_MESSAGE_ID = 90211
_UUID7_BITS = 7 << 76 | 0b10 << 62
_UUID4_BITS = 4 << 76 | 0b10 << 62
_UUID4_MASK = ~(0xF << 76 | 0b11 << 62)


class Memory:
    """Everything remembered. Whoever changes a record says `changed()`."""

    def __init__(self, version: Version, clock: Callable[[], float], random: Random) -> None:
        self.version = version
        self.clock = clock
        self.random = random
        self.changes = Changes()
        self.switches = Switches()
        self.workspace_uuid = self.new_uuid()
        self.channels: list[Channel] = []
        self.contacts: list[Contact] = []
        self.messages: list[Message] = []
        #: What arrived on phones, in the order of its arrival.
        self.on_phones: list[Message] = []
        self.requests: list[Received] = []
        self.attempts: list[Attempt] = []
        self._messages_by_name: dict[str, Message] = {}
        self._owners: dict[str, Contact] = {}
        self._groups: dict[str, str] = {}
        self._last_stamp = 0

    def changed(self) -> None:
        """Say that a record is not what it was."""
        self.changes.happened()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def new_uuid(self) -> str:
        """A random UUID (version 4)."""
        return str(UUID(int=self.random.getrandbits(128) & _UUID4_MASK | _UUID4_BITS))

    def channel(self, uuid: str) -> Channel | None:
        return next((channel for channel in self.channels if channel.uuid == uuid), None)

    def contact(self, uuid: str) -> Contact | None:
        return next((contact for contact in self.contacts if contact.uuid == uuid), None)

    def owner(self, urn: Urn) -> Contact | None:
        """The one contact that has this URN."""
        known = self._owners.get(urn.identity)
        if known is None or not find_urn(known, urn):
            known = next((contact for contact in self.contacts if find_urn(contact, urn)), None)
        if known:
            self._owners[urn.identity] = known
        return known

    def message(self, uuid_or_id: str) -> Message | None:
        """The message courier calls by this name: its UUID, or its integer id before courier 10.3.21."""
        return self._messages_by_name.get(uuid_or_id)

    def group_uuid(self, name: str) -> str:
        """A group is there as soon as anybody speaks of it."""
        return self._groups.setdefault(name, self.new_uuid())

    def group_name(self, name_or_uuid: str) -> str:
        """The API takes a group by either."""
        return next((name for name, uuid in self._groups.items() if uuid == name_or_uuid), name_or_uuid)

    def shown(self, urn: Urn) -> str:
        """The URN as anybody may see it."""
        return f"{urn.scheme}:********" if self.switches.anonymous else urn.identity

    def name_of(self, message: Message) -> str:
        """What `{{id}}` is filled with."""
        return message.uuid if self.version.uuid_ids else str(message.id)

    def add_channel(
        self,
        name: str,
        address: str,
        scheme: str,
        *,
        uuid: str = "",
        external: External | None = None,
        roles: frozenset[str] = frozenset({SEND, RECEIVE}),
    ) -> Channel:
        """A new channel, younger than all others: of those that fit a URN, the oldest is taken."""
        channel = Channel(uuid or self.new_uuid(), name, address, scheme, self.now(), external, roles)
        self.channels.append(channel)
        self.changed()
        return channel

    def add_contact(
        self,
        name: str,
        urns: Iterable[Urn],
        *,
        uuid: str = "",
        language: str | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> Contact:
        """A new contact; a URN that somebody else has is a `ValueError`."""
        urns = list(urns)
        for urn in urns:
            if self.owner(urn):
                raise ValueError(f"{urn.identity} belongs to another contact")
        contact = Contact(uuid or self.new_uuid(), name, self.now(), urns, language, fields=dict(fields or {}))
        self.contacts.append(contact)
        self.changed()
        return contact

    def contact_with(self, urn: Urn) -> Contact:
        """The contact who has this URN; a stranger gets a new contact without a name."""
        return self.owner(urn) or self.add_contact("", [urn])

    def add_message(
        self,
        direction: str,
        contact: Contact,
        channel: Channel | None,
        urn: Urn | None,
        text: str,
        *,
        status: str,
        attachments: Iterable[str] = (),
        quick_replies: Iterable[str] = (),
    ) -> Message:
        """A new message, younger than all others."""
        message = Message(
            id=_FIRST_MESSAGE_ID + len(self.messages),
            uuid=self._message_uuid(),
            direction=direction,
            contact=contact,
            channel=channel,
            urn=urn,
            text=text,
            created_on=self.now(),
            status=status,
            attachments=tuple(attachments),
            quick_replies=tuple(quick_replies),
            statuses=[status],
        )
        self.messages.append(message)
        self._messages_by_name[self.name_of(message)] = message
        self.changed()
        return message

    def set_status(self, message: Message, status: str, reason: str = "") -> None:
        """Write a status over whatever was there: RapidPro keeps no state machine."""
        message.status = status
        message.failed_reason = reason
        message.statuses.append(status)
        if status == "failed":
            message.sent_on = None
        elif status in {"wired", "sent", "delivered"}:
            message.sent_on = message.sent_on or self.now()
        self.changed()

    def _message_uuid(self) -> str:
        """A UUIDv7, greater than every one before it; before courier 10.3.21 a random one."""
        if not self.version.uuid_ids:
            return self.new_uuid()
        self._last_stamp = max(int(self.clock() * 1000) << 12, self._last_stamp + 1)
        milliseconds, sequence = self._last_stamp >> 12, self._last_stamp & 0xFFF
        return str(UUID(int=milliseconds << 80 | sequence << 64 | _UUID7_BITS | self.random.getrandbits(62)))


def find_urn(contact: Contact, urn: Urn) -> Urn | None:
    """The contact's own record of this URN, with its affinity."""
    return next((own for own in contact.urns if own.identity == urn.identity), None)
