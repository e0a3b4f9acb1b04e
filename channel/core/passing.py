"""What a contact said, passed on by a flow: once, in order, and answered so that the flow can branch on it."""

from dataclasses import replace
from typing import Final

from channel.core import limits
from channel.core.answers import Answer, Call, Outcome, Refusal
from channel.core.beginning import begun
from channel.core.calling import has_not_heard, heard_of_close, introduced, voice
from channel.core.closing import ended_with, is_ending, left
from channel.core.contact_words import LEFT, conflicting, first_of, leaves, posted, repeat_of_erased, repeated
from channel.core.conversation import EXPIRED, KEPT, Conversation, Message, State
from channel.core.cutting import is_blank, length
from channel.core.decision import Decision
from channel.core.events import ContactSaid
from channel.core.handoff import Ending
from channel.core.held import Held
from channel.core.keys import key_of
from channel.core.notices import Notice
from channel.core.telling import standing, telling

#: why words have gone to nobody yet: the same ones may come again, for somebody
_UNSERVED: Final = {Outcome.NO_AGENTS, Outcome.CLOSED_HOURS, Outcome.UNKNOWN_DEPARTMENT, Refusal.BLOCKED}


def contact_said(held: Held, event: ContactSaid, *, begins: bool = False) -> Decision:
    """sendMessageToAgent: the words go to the agent's room; without one, the contact is handed to agents first.

    `begins`: they are what the contact is handed over with, and no leave word.
    """
    conversation = introduced(held, event.introduced, event.address)
    event = with_links(conversation, event)
    key = passed_key(event)
    known = held.messages.get(key)
    if known and (known.erased or known.reason not in _UNSERVED):
        return _again(held, conversation, known, event)
    known = known or first_of(key, event.message_id, event.raw, held.now)
    message = replace(known, texts=(event.text,), position=1)
    if reason := _refusal(conversation, event):
        stored = replace(message, reason=reason)
        refused = voice(conversation).refuses(Call.MESSAGE, reason)
        return Decision(conversation=conversation, messages=(stored,), reason=reason, answer=refused)
    closed = voice(conversation).answers(Call.MESSAGE, Outcome.CLOSED)
    if not begins and leaves(conversation, event.text):
        own = Decision(conversation=conversation, messages=(replace(message, reason=LEFT),))
        ended = ended_with(own, held, left(held, conversation, Ending.CONTACT))
        return replace(ended, conversation=heard_of_close(standing(ended, held)), answer=closed, reason=LEFT)
    if has_not_heard(conversation):
        kept = replace(message, reason=KEPT)
        heard = heard_of_close(conversation)
        return Decision(conversation=heard, messages=(kept,), reason=KEPT, answer=closed)
    if conversation.state is State.CLOSED or is_ending(conversation.handoff):
        handed_off = begun(held, conversation, introduced=event.introduced, words=(event.text,))
        decision = posted(handed_off, held, message, 0)
    else:
        by_flow = replace(conversation, handoff=replace(conversation.handoff, by_flow=True))
        decision = posted(Decision(conversation=by_flow), held, message, 0)
    decision = replace(decision, answer=voice(conversation).answers(Call.MESSAGE, Outcome.ACCEPTED))
    return telling(decision, held, Notice.NOT_CARRIED, key) if event.attachments else decision


def with_links(conversation: Conversation, event: ContactSaid) -> ContactSaid:
    """Files as their addresses, where the channel shows agents those."""
    if conversation.options.contact_media != "link" or not event.attachments:
        return event
    lines = (event.text, *(attachment.url for attachment in event.attachments))
    return replace(event, text="\n".join(line for line in lines if line), attachments=())


def passed_key(event: ContactSaid) -> str:
    """By which a repeat of the words is known."""
    return key_of("passed", event.message_id)


def _refusal(conversation: Conversation, event: ContactSaid) -> Refusal | None:
    if is_blank(event.text):
        return Refusal.MEDIA if event.attachments else Refusal.EMPTY
    if length(event.text) > limits.TEXT_LENGTH and conversation.options.too_long == "refuse":
        return Refusal.TOO_LONG
    return None


def _again(held: Held, conversation: Conversation, message: Message, event: ContactSaid) -> Decision:
    """The same id: the same answer, and no second effect. Other words under it change nothing."""
    if message.erased:
        decision = repeat_of_erased(held, conversation, message)
    elif message.texts != (event.text,):
        decision = conflicting(held, conversation, message, event.message_id, event.raw)
    else:
        decision = repeated(held, conversation, message, 0)
    return replace(decision, answer=_answered_before(conversation, message))


def _answered_before(conversation: Conversation, message: Message) -> Answer:
    if message.reason in {Refusal.MEDIA, Refusal.EMPTY, Refusal.TOO_LONG}:
        return voice(conversation).refuses(Call.MESSAGE, Refusal(message.reason))
    if message.reason in {KEPT, EXPIRED, LEFT, *_UNSERVED}:
        return voice(conversation).answers(Call.MESSAGE, Outcome.CLOSED)
    return voice(conversation).answers(Call.MESSAGE, Outcome.ACCEPTED)
