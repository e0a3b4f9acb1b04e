"""What we tell a contact in our own words, owed like anybody's: a message of ours in the `to_contact` lane."""

from dataclasses import replace

from channel.core.conversation import Author, Conversation, Message
from channel.core.decision import Decision, Due
from channel.core.held import Held
from channel.core.keys import key_of
from channel.core.notices import Notice, Value, is_on, render
from channel.core.owed import Owed, ReplyToContact


def telling(decision: Decision, held: Held, notice: Notice, about: str = "", /, **values: Value) -> Decision:
    """The decision, with the notice owed behind it; unchanged where the channel has it off, or nobody can be reached.

    `about` tells two notices of one kind and moment apart.
    """
    conversation = standing(decision, held)
    if not is_on(notice, conversation.options) or not conversation.reachable:
        return decision
    text = said(conversation, notice, **values)
    return owing(decision, held, ReplyToContact(text), notice.value, about, text)


def telling_once(decision: Decision, held: Held, notice: Notice, **values: Value) -> Decision:
    """The same, once in a hand-off."""
    conversation = standing(decision, held)
    if notice.value in conversation.handoff.told:
        return decision
    told = replace(conversation.handoff, told=(*conversation.handoff.told, notice.value))
    return telling(replace(decision, conversation=replace(conversation, handoff=told)), held, notice, **values)


def owing(decision: Decision, held: Held, owed: Owed, kind: str, about: str = "", text: str = "") -> Decision:
    """The decision, with something of ours owed behind it, as part of a message by which an operator can follow it."""
    conversation = standing(decision, held)
    message = Message(
        id=None,
        key=key_of("ours", kind, held.now.isoformat(), about),
        author=Author.BRIDGE,
        external_id=kind,
        texts=(text,) if text else (),
        answered_at=held.now,
        created_at=held.now,
        room=conversation.room,
        pending=1,
    )
    return replace(
        decision,
        messages=(*decision.messages, message),
        owed=(*decision.owed, Due(owed, message.key, held.now)),
    )


def said(conversation: Conversation, notice: Notice, **values: Value) -> str:
    """The notice, in the contact's language."""
    return render(notice, conversation.language, conversation.options, **values)


def standing(decision: Decision, held: Held) -> Conversation:
    """The conversation as the decision leaves it."""
    conversation = decision.conversation or held.conversation
    if conversation is None:
        raise ValueError("a decision about no conversation")
    return conversation
