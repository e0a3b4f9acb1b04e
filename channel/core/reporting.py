"""What RapidPro is told of a contact's message, and when."""

from dataclasses import replace
from datetime import datetime, timedelta

from channel.core import limits
from channel.core.conversation import Message
from channel.core.decision import Due
from channel.core.held import Held
from channel.core.owed import ReportStatus, Status
from channel.core.parts import may_go_on


def status_due(held: Held, message: Message) -> datetime:
    """When RapidPro may be told: after courier has written *wired*, and apart from an earlier status.

    While the last part is a full one, and no empty one behind it, another may still come. If it failed, courier has
    the message down as *errored* and sends all of it again, minutes later; but not once a status of ours is over it.
    """
    max_length = held.conversation.max_length if held.conversation else limits.COURIER_LENGTH
    more = may_go_on(message.texts, message.position, max_length)
    delay = limits.FULL_PART_DELAY if more else limits.STATUS_DELAY
    settled = message.answered_at + timedelta(seconds=delay)
    apart = held.now + timedelta(seconds=limits.STATUS_GAP) if message.status else held.now
    return max(settled, apart)


def reported(held: Held, message: Message, status: Status) -> tuple[Message, tuple[Due, ...]]:
    """The message with its new status, and the report that is owed for it: none where a flow passed it on."""
    changed = replace(message, status=status)
    if message.by_flow:
        return changed, ()
    return changed, (Due(ReportStatus(message.external_id, status), message.key, status_due(held, message)),)


def report_again(held: Held, message: Message) -> tuple[Due, ...]:
    """The status there is, due anew: courier writes *wired* after each of our answers."""
    if message.pending or message.status is None or message.by_flow:
        return ()
    return (Due(ReportStatus(message.external_id, message.status), message.key, status_due(held, message)),)
