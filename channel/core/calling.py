"""The contact that a flow's call is about: who they are by now, how they stand, in which voice the flow is answered."""

from dataclasses import replace

from channel.core.addresses import ByContact
from channel.core.answers import Voice
from channel.core.closing import is_ending
from channel.core.conversation import Conversation, State
from channel.core.events import Introduced
from channel.core.held import Held
from channel.core.urns import identity


def known(held: Held) -> Conversation:
    """The conversation that is held. ValueError where there is none."""
    if held.conversation is None:
        raise ValueError("a flow's call about nobody")
    return held.conversation


def introduced(held: Held, told: Introduced, address: ByContact) -> Conversation:
    """The contact, as this call introduces them; what it does not say stays."""
    conversation = known(held)
    urn = identity(conversation.scheme, address.path) if address.path else None
    shown = conversation.options.context_fields
    fields = tuple((key, value) for key, value in told.fields if key in shown)
    return replace(
        conversation,
        uuid=conversation.uuid or address.uuid,
        urn=conversation.urn or urn,
        path=conversation.path or address.path or "",
        name=told.name or conversation.name,
        language=told.language or conversation.language,
        shown_fields=fields or conversation.shown_fields,
    )


def heard_of_close(conversation: Conversation) -> Conversation:
    """Whatever the flow is answered now, it is told how the conversation stands."""
    if conversation.handoff.close_heard:
        return conversation
    return replace(conversation, handoff=replace(conversation.handoff, close_heard=True))


def is_open(conversation: Conversation) -> bool:
    """Is the contact with agents, or in their queue, and nobody is ending that?"""
    return conversation.state is not State.CLOSED and not is_ending(conversation.handoff)


def has_not_heard(conversation: Conversation) -> bool:
    """Is the contact's hand-off over, and the flow that speaks for them does not know?"""
    return not is_open(conversation) and not conversation.handoff.close_heard


def voice(conversation: Conversation) -> Voice:
    return Voice(conversation.language, conversation.options)
