"""What agents are told of what they wrote: words for reasons, a mark for the state. Owed like anything else."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from channel.core import limits
from channel.core.conversation import Author, Conversation, Message
from channel.core.decision import Decision, Due
from channel.core.held import Held
from channel.core.markup import without_quotes
from channel.core.notices import Tell, render
from channel.core.options import Options
from channel.core.owed import Mark, MarkMessage, TellAuthor, Told
from channel.core.telling import standing
from channel.core.template import cut
from channel.core.text import Reason, Refusal

#: how a line begins that is not the bot user's, but stands as the visitor's
SIGN: Final = "[Live Agents] "

#: behind an @ it keeps a name from being mentioned, and is not seen
_JOINER: Final = "\u2060"

_TOLD: Final[Mapping[Reason, Tell]] = {
    Reason.TOO_LONG: Tell.TOO_LONG,
    Reason.EMOJI: Tell.EMOJI,
    Reason.EMOJI_STRIPPED: Tell.EMOJI_STRIPPED,
    Reason.MEDIA: Tell.MEDIA,
    Reason.EMPTY: Tell.EMPTY,
}


def refusals_told(decision: Decision, held: Held, message: Message, refused: Iterable[Refusal]) -> Decision:
    """The decision, with what did not go of a message told to its author: that emoji are taken out, once in a room."""
    for refusal in refused:
        what = _TOLD[refusal.reason]
        if what is Tell.EMOJI_STRIPPED:
            decision = _once(decision, held, message, what)
        else:
            decision = told(decision, held, message, what, length=refusal.length)
    return decision


def told(decision: Decision, held: Held, message: Message, what: Tell, *, length: int = 0) -> Decision:
    """The decision, with one thing told to whoever wrote the message; unchanged in a room that is closed."""
    conversation = standing(decision, held)
    if message.author is not Author.AGENT or not message.room or message.room in held.closed_rooms:
        return decision
    at = _next_time(conversation, held.now)
    owed = TellAuthor(message.room, (Told(what.value, _beginning("".join(message.texts)), length),))
    return replace(
        decision,
        conversation=replace(conversation, handoff=replace(conversation.handoff, author_told_at=at)),
        owed=(*decision.owed, Due(owed, message.key, at)),
    )


def marked(decision: Decision, held: Held, message: Message, mark: Mark) -> Decision:
    """The decision, with the state of an agent's message shown at it, where there is a bot user that can."""
    conversation = standing(decision, held)
    if message.author is not Author.AGENT or not message.room or not _has_ticks(conversation, message):
        return decision
    owed = MarkMessage(message.room, message.external_id, mark)
    return replace(decision, owed=(*decision.owed, Due(owed, message.key, held.now)))


def author_text(owed: TellAuthor, language: str, options: Options) -> str:
    """What the agent reads: a line for each kind of thing there is to tell, things of one kind counted together."""
    kinds = dict.fromkeys(each.what for each in owed.told)
    return "\n".join(_line([each for each in owed.told if each.what == what], language, options) for what in kinds)


def refusals_read(text: str, refused: Iterable[Refusal], language: str, options: Options) -> str:
    """What whoever wrote this text reads of what did not go of it; "" where all of it went."""
    told = tuple(Told(_TOLD[each.reason].value, _beginning(text), each.length) for each in refused)
    return author_text(TellAuthor("", told), language, options)


def _line(told: list[Told], language: str, options: Options) -> str:
    (first, *others), limit = told, str(options.text_length)
    options = replace(options, text_length=limits.TEXT_LENGTH)  # an agent may read more than a contact gets
    if others:
        return render(Tell(first.what), language, options, count=str(len(told)), limit=limit)
    length = str(first.length) if first.length else None
    return render(Tell(first.what), language, options, text=first.text, length=length, limit=limit)


def _once(decision: Decision, held: Held, message: Message, what: Tell) -> Decision:
    conversation = standing(decision, held)
    if what.value in conversation.handoff.told:
        return decision
    handoff = replace(conversation.handoff, told=(*conversation.handoff.told, what.value))
    return told(replace(decision, conversation=replace(conversation, handoff=handoff)), held, message, what)


def _next_time(conversation: Conversation, now: datetime) -> datetime:
    """When an agent may be told something: with what waits to be told, or apart from what was told last."""
    before = conversation.handoff.author_told_at
    if before is None or before >= now:
        return before or now
    apart = limits.TOLD_APART_BY_BOT if conversation.bot else limits.TOLD_APART
    return max(now, before + timedelta(seconds=apart))


def _beginning(text: str) -> str:
    """By which the agent knows the message again."""
    beginning = cut(" ".join(without_quotes(text).split()), limits.QUOTED_LENGTH)
    return beginning.replace("@", f"@{_JOINER}")


def _has_ticks(conversation: Conversation, message: Message) -> bool:
    """A message of a bare live-agents body has no `_id` to react to."""
    return bool(conversation.bot) and conversation.options.ticks and not message.external_id.startswith("body:")
