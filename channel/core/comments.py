"""An agent's comment at a close: an agent's words like others, which may go with the closing notice."""

from collections.abc import Collection
from dataclasses import replace

from channel.core.conversation import Author, Conversation, Message
from channel.core.decision import Decision
from channel.core.held import Held
from channel.core.keys import key_of
from channel.core.notices import Notice, is_on
from channel.core.owed import ReplyToContact
from channel.core.telling import owing, said, standing, telling
from channel.core.text import Shaped, is_note, shape
from channel.core.text_policy import policy_for


def end_told(
    decision: Decision,
    held: Held,
    room: str,
    comment: str,
    custom_emoji: Collection[str] = (),
    about: str = "",
) -> Decision:
    """The decision, with the closing notice owed behind it, and in it the comment where the channel wants that.

    A comment for which the notice has no room goes before it. One that may not go at all, as the channel's policy for
    texts says, is kept with the reason: nobody is left in the room who could be told. `custom_emoji`: names of the
    workspace's own, without colons. `about`: as for `telling`.
    """
    conversation = standing(decision, held)
    if not may_be_read(conversation, comment):
        return telling(decision, held, Notice.CLOSED, about)
    shaped = shape(comment.strip(), policy_for(conversation.options, custom_emoji))
    if not shaped.parts:
        return telling(_with_reason(decision, held, room, comment, shaped), held, Notice.CLOSED, about)
    if len(shaped.parts) == 1 and shaped.parts[0] in said(conversation, Notice.CLOSED, comment=shaped.parts[0]):
        return telling(decision, held, Notice.CLOSED, about, comment=shaped.parts[0])
    if conversation.reachable:
        for place, part in enumerate(shaped.parts):
            decision = owing(decision, held, ReplyToContact(part), "closing_comment", f"{room}:{place}", part)
    return telling(decision, held, Notice.CLOSED, about)


def may_be_read(conversation: Conversation, comment: str) -> bool:
    """Is it there, for contacts, and does the channel's closing notice have a place for it?"""
    options = conversation.options
    if not comment.strip() or is_note(comment) or not options.closing_comment or not is_on(Notice.CLOSED, options):
        return False
    return said(conversation, Notice.CLOSED, comment="…") != said(conversation, Notice.CLOSED)


def _with_reason(decision: Decision, held: Held, room: str, comment: str, shaped: Shaped) -> Decision:
    kept = Message(
        id=None,
        key=key_of("closing_comment", room, held.now.isoformat()),
        author=Author.AGENT,
        external_id=f"closing_comment:{room}",
        texts=(comment,),
        answered_at=held.now,
        created_at=held.now,
        reason=shaped.refused[0].reason.value,
        room=room,
    )
    return replace(decision, messages=(*decision.messages, kept))
