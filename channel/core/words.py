"""What becomes of what an agent wrote."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from channel.core import limits, order
from channel.core.authors import marked, refusals_told
from channel.core.conversation import Author, Conversation, Message
from channel.core.decision import Decision, Due, Note
from channel.core.events import AgentWrote
from channel.core.following_up import has_failed
from channel.core.held import Held
from channel.core.keys import key_of
from channel.core.markup import quoted_in
from channel.core.owed import Mark, ReplyToContact
from channel.core.text import Reason, Shaped, is_blank, is_note, reads_alike, shape
from channel.core.text_policy import TextPolicy, policy_for

#: of a message between agents: it never goes
NOTE: Final = "note"
#: of an edit in which a contact would see nothing new
UNCHANGED: Final = "unchanged"
#: of words that were written anew before any of them went
REPLACED: Final = "replaced"
#: of these nothing went
_REFUSED: Final = {Reason.TOO_LONG, Reason.EMOJI, Reason.EMPTY}
_DID_NOT_GO: Final = {NOTE, UNCHANGED, REPLACED, *_REFUSED}


def agent_wrote(held: Held, event: AgentWrote) -> Decision:
    """An agent's message, or new words for one: owed to the contact once, or refused with a reason."""
    conversation = _conversation(held)
    if _is_ours(held, conversation, event):
        note = Note("echo", "echo", key_of("echo", external_id(event)), event.address.room)
        heard = heard_at(event.address.room, event.said_at)
        return Decision(conversation=conversation, note=note, heard=heard, reason="echo", room_seen=event.address.room)
    if is_repeat(held, event):
        return Decision(conversation=conversation, reason="repeat", counted=("duplicates",))
    versions = _versions(held, event)
    waiting = next((each for each in versions[-1:] if event.edited_at and event.item and _waits_whole(each)), None)
    others = [each for each in versions if each is not waiting]
    shaped, reason = _shaped(held, conversation, event, others)
    message = _agents_message(event, held.now, reason, len(shaped.parts))
    decision = Decision(
        conversation=_still_late(conversation, waiting, message),
        messages=(*(_replaced(waiting) if waiting else ()), message),
        owed=tuple(_reply(held, event, part, message.key, waiting) for part in shaped.parts),
        replaced=(waiting.key,) if waiting else (),
        heard=heard_at(event.address.room, event.said_at),
        reason=None if shaped.parts else reason,
        room_seen=event.address.room,
    )
    decision = refusals_told(decision, held, message, shaped.refused)
    if reason == UNCHANGED and _is_there_again(others, policy_for(conversation.options, event.custom_emoji)):
        return marked(decision, held, message, Mark.ARRIVED)
    return marked(decision, held, message, Mark.FAILED) if shaped.refused and not shaped.parts else decision


def _is_ours(held: Held, conversation: Conversation, event: AgentWrote) -> bool:
    """Did we post it, as the visitor or as the workspace's bot?"""
    if event.item is not None and event.item in held.posted:
        return True
    return bool(conversation.bot) and event.author is not None and event.author.id == conversation.bot


def _conversation(held: Held) -> Conversation:
    if held.conversation is None:
        raise ValueError("words without a conversation")
    return held.conversation


def heard_at(room: str, at: str | None) -> tuple[tuple[str, str], ...]:
    """What is known of a room once a message of this time is."""
    known = order.moment(at)
    return ((room, known),) if known else ()


def _waits_whole(version: Message) -> bool:
    """Is nothing of it under way, there, or given up? Then new words can take its place."""
    return version.pending > 0 and not version.begun and not version.dead


def _replaced(version: Message) -> tuple[Message]:
    return (replace(version, reason=REPLACED, pending=0),)


def _still_late(conversation: Conversation, before: Message | None, message: Message) -> Conversation:
    """An agent who was told that the words wait is to hear when the new ones have gone."""
    late = conversation.handoff.late
    if before is None or before.key not in late:
        return conversation
    kept = tuple(message.key if key == before.key else key for key in late)
    return replace(conversation, handoff=replace(conversation.handoff, late=kept))


def _reply(held: Held, event: AgentWrote, text: str, key: str, instead_of: Message | None = None) -> Due:
    """The words for the contact. Those that overtook others wait a moment for them; overtaken ones go before them."""
    if instead_of is not None:
        said_at = event.edited_at or event.said_at
        reply = ReplyToContact(text, said_at or "", order.moment(event.said_at))
        return Due(reply, key, held.now, instead_of=instead_of.key)
    is_edit = event.edited_at is not None and bool(_versions(held, event))
    said_at = event.edited_at if is_edit else event.said_at or event.edited_at
    place = order.moment(said_at)
    if is_edit:
        return Due(ReplyToContact(text, said_at or "", place), key, held.now)
    heard = held.heard.get(event.address.room, frozenset())
    last_at, began_at = order.moment(event.address.last_at), order.moment(event.address.began_at)
    awaits = order.awaited(place, last_at, began_at, heard)
    wait = timedelta(seconds=limits.OVERTAKEN_WAIT if awaits else 0)
    reply = ReplyToContact(text, said_at or "", place, awaits)
    return Due(reply, key, held.now + wait, by_place=order.overtaken(place, heard))


def is_repeat(held: Held, event: AgentWrote) -> bool:
    """Is there a record of these words already, at this or a later edit?"""
    return _seen_before(_versions(held, event), event, held.now)


def external_id(event: AgentWrote) -> str:
    """By what a message of Rocket.Chat's is known; one without `_id`, by its whole body."""
    return event.item if event.item is not None else f"body:{event.digest}:{event.place}"


def _versions(held: Held, event: AgentWrote) -> list[Message]:
    own = external_id(event)
    return sorted(
        (m for m in held.messages.values() if m.author is Author.AGENT and m.external_id == own),
        key=lambda m: (m.edited_at or "", m.created_at),
    )


def _seen_before(versions: list[Message], event: AgentWrote, now: datetime) -> bool:
    """Is there a record of it at this or a later edit? Without an `_id`, only the last seconds count."""
    if event.item is None:
        return any((now - m.created_at).total_seconds() < limits.BARE_REPEAT for m in versions)
    return any((m.edited_at or "") >= (event.edited_at or "") for m in versions)


def _shaped(
    held: Held, conversation: Conversation, event: AgentWrote, versions: list[Message]
) -> tuple[Shaped, str | None]:
    """What of it goes, by the channel's policy, and why not all of it does.

    An edit of what has not gone is a first sending. One of what has goes with its prefix, if it shows anything new.
    """
    nothing, policy = Shaped((), ()), policy_for(conversation.options, event.custom_emoji)
    if is_note(event.text):
        return nothing, NOTE
    went = [version for version in versions if _went(version, policy)]
    if event.edited_at and went and reads_alike(event.text, "".join(went[-1].texts), policy):
        return nothing, UNCHANGED
    prefix = conversation.options.edit_prefix if event.edited_at and went else ""
    files = [attachment.url for attachment in event.attachments]
    quoted = held.quoted.get(quoted_in(event.text) or "", "")
    shaped = shape(event.text, policy, files=files, quoted=quoted, prefix=prefix)
    return shaped, shaped.refused[0].reason.value if shaped.refused else None


def _went(version: Message, policy: TextPolicy) -> bool:
    """Has the contact anything of it, or will they have? Of a file only what was written with it goes."""
    if version.reason in _DID_NOT_GO:
        return False
    if version.dead:
        return version.dead < len(shape("".join(version.texts), policy).parts)
    if has_failed(version):
        return len(shape("".join(version.texts), policy).parts) > 1  # it may be one of them that is not there
    return version.reason != Reason.MEDIA or not is_blank("".join(version.texts))


def _is_there_again(versions: list[Message], policy: TextPolicy) -> bool:
    """Has the contact these words already, and were others for the same message refused since?"""
    last = max(place for place, version in enumerate(versions) if _went(version, policy))
    is_there = not versions[last].pending and not versions[last].dead
    return is_there and any(version.reason in _REFUSED for version in versions[last + 1 :])


def _agents_message(event: AgentWrote, now: datetime, reason: str | None, parts: int) -> Message:
    own = external_id(event)
    distinct = event.edited_at if event.item is not None else now.isoformat()
    return Message(
        id=None,
        key=key_of("said", own, distinct or ""),
        author=Author.AGENT,
        external_id=own,
        texts=(event.text,),
        answered_at=now,
        created_at=now,
        edited_at=event.edited_at,
        reason=reason,
        room=event.address.room,
        raw=event.raw,
        pending=parts,
    )
