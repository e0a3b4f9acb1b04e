"""Every exchange with RapidPro, to be had with any answers."""

from datetime import UTC, datetime
from typing import Final

from channel.core.owed import Status
from channel.rapidpro.wire import (
    api,
    api_contacts,
    api_failed,
    api_gave_up,
    api_messages,
    api_workspace,
    asking,
    courier,
    finding,
)
from tests.fuzz.answers import Exchanges

CONTACT: Final = "6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"
URN: Final = "tel:+5511988887777"
CHANNEL: Final = "7c1f2b9e-0d4a-4f6b-8a57-1e2d3c4b5a69"
AT: Final = "2026-08-20T10:00:00Z"
SINCE: Final = datetime(2026, 8, 20, 9, tzinfo=UTC)

EXCHANGES: Final[Exchanges] = {
    "api.get": lambda: api.get("workspace"),
    "api.listed": lambda: api.listed("messages", {}),
    "api.page": lambda: api.page("messages", {}),
    "api.post": lambda: api.post("flow_starts", {}),
    "api_contacts.read_contact": lambda: api_contacts.read_contact(CONTACT),
    "api_contacts.uuid_of": lambda: api_contacts.uuid_of(URN),
    "api_contacts.is_in_flow": lambda: api_contacts.is_in_flow(URN, CONTACT),
    "api_contacts.leave_group": lambda: api_contacts.leave_group(URN, "Talking"),
    "api_contacts.start_flow": lambda: api_contacts.start_flow(URN, CONTACT, (("Why", "closed"),)),
    "api_contacts.first_channel": lambda: api_contacts.first_channel(CONTACT),
    "api_contacts.delete": lambda: api_contacts.delete(CONTACT),
    "api_failed.failed": lambda: api_failed.failed(api_failed.first(SINCE)),
    "api_failed.went": lambda: api_failed.went(CONTACT),
    "api_gave_up.not_brought": lambda: api_gave_up.not_brought(CHANNEL, "failed", api_gave_up.first("failed", AT)),
    "api_messages.send_message": lambda: api_messages.send_message(URN, "Hello"),
    "api_messages.send_broadcast": lambda: api_messages.send_broadcast(URN, "Hello"),
    "api_messages.last_messages": lambda: api_messages.last_messages(URN, 10, besides=CHANNEL),
    "api_workspace.workspace": api_workspace.workspace,
    "api_workspace.find_channel": lambda: api_workspace.find_channel(CHANNEL),
    "asking.arrived": lambda: asking.arrived(None, URN, "Hello", said_at=AT, since=SINCE, known=""),
    "asking.was_sent": lambda: asking.was_sent(URN, "Hello", since=SINCE, known="7"),
    "courier.receive": lambda: courier.receive(CHANNEL, "ana", "Hello", AT),
    "courier.report": lambda: courier.report(CHANNEL, "1001", Status.SENT),
    "finding.find": finding.find,
}
