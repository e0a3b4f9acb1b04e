"""How a hand-off begins: what opens a room, what the agent sees first in it, and what the contact hears meanwhile."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from channel.core import life, limits
from channel.core.context import KEPT_WORDS
from channel.core.conversation import Conversation, Message, State
from channel.core.decision import Decision, Due, SetTimer
from channel.core.events import Introduced, Timer
from channel.core.for_agent import posts_of
from channel.core.handoff import Handoff
from channel.core.held import Held
from channel.core.languages import moment_text
from channel.core.life import Turn
from channel.core.notices import Notice, Value, is_on
from channel.core.options import Options
from channel.core.owed import OpenRoom, Owed, PostContext, ReadContact, RegisterVisitor
from channel.core.telling import standing, telling


def begun(
    held: Held,
    conversation: Conversation,
    *,
    introduced: Introduced | None = None,
    key: str = "",
    words: tuple[str, ...] = (),
) -> Decision:
    """A closed conversation is queued. `introduced`: by a flow, which is to hear of the close; `key`: of its call.

    `words`: what the contact is handed over with, and will be posted by itself.
    """
    told = introduced or Introduced()
    asked_before, asked_earlier = conversation.handoff.asked_until_now()
    handoff = Handoff(
        department=told.department,
        by_flow=introduced is not None,
        asked_key=key,
        asked_before=asked_before,
        asked_earlier=asked_earlier,
        began_at=held.now,
        room_before=conversation.handoff.room or conversation.handoff.room_before,
    )
    queued = life.turned(replace(conversation, handoff=handoff), Turn.HANDED_OFF)
    opens = opens_at(held, queued)
    kept = tuple(held.kept.values())
    decision = Decision(
        conversation=queued,
        messages=tuple(_reopened(message, queued.options) for message in kept),
        owed=(
            *opening(queued, told, held.now, opens),
            *_context(queued, told, held.now, kept, words),
            *_posts(kept, held.now, queued.options),
        ),
        timers=waiting_timers(queued, opens),
    )
    return _out_of_hours(decision, held, opens)


def with_kept(decision: Decision, held: Held) -> Decision:
    """The decision, with words that were kept after a close owed behind it: there is a room for them again."""
    kept, options = tuple(held.kept.values()), standing(decision, held).options
    return replace(
        decision,
        messages=(*decision.messages, *(_reopened(message, options) for message in kept)),
        owed=(*decision.owed, *_posts(kept, held.now, options)),
    )


def opening(conversation: Conversation, told: Introduced, now: datetime, opens: datetime) -> tuple[Due, ...]:
    """What words in a closed conversation need before them, and what is asked about the contact meanwhile.

    A visitor who is known so already need not be registered: that is seen when it would be done (`core.claimed`), for
    another registration may be on its way now.
    """
    steps: list[tuple[Owed, datetime]] = [(registration(conversation, told), now), (OpenRoom(), opens)]
    if conversation.can_ask and (conversation.path or conversation.uuid):
        steps.insert(0, (ReadContact(), now))
    return tuple(Due(step, None, at) for step, at in steps)


def registration(conversation: Conversation, told: Introduced | None = None) -> RegisterVisitor:
    """The contact as Rocket.Chat is to know them: without phone or address, by which it would take another for them."""
    known = {
        "contact.uuid": conversation.uuid or "",
        "contact.language": conversation.language,
        "contact.name": conversation.name,
        **{f"fields.{key}": value for key, value in conversation.shown_fields},
        **{f"results.{name}": value for name, value in (told.results if told else ())},
    }
    custom = {name: known.get(source, "") for name, source in conversation.options.custom_fields.items()}
    filled = tuple((name, value) for name, value in sorted(custom.items()) if value)
    return RegisterVisitor(conversation.name, conversation.wanted_department, filled)


def opens_at(held: Held, conversation: Conversation) -> datetime:
    """When somebody is there: now, or at the next opening; now where there is none, for waiting would have no end."""
    hours, department = conversation.hours, conversation.wanted_department
    if hours is None or hours.is_open(held.now, department):
        return held.now
    return hours.next_open(held.now, department) or held.now


def waiting_timers(conversation: Conversation, since: datetime) -> tuple[SetTimer, ...]:
    """What is to happen if nobody takes the room."""
    options = conversation.options
    timers = []
    if options.max_wait_minutes:
        timers.append(SetTimer(Timer.MAX_WAIT, since + timedelta(minutes=options.max_wait_minutes)))
    if options.still_waiting_minutes and is_on(Notice.STILL_WAITING, options):
        timers.append(SetTimer(Timer.STILL_WAITING, since + timedelta(minutes=options.still_waiting_minutes)))
    return tuple(timers)


def queued_timer(held: Held, conversation: Conversation) -> tuple[SetTimer, ...]:
    """A contact who is not served within a moment is told that they wait, once."""
    handoff = conversation.handoff
    # whoever was served before waits for another agent, and hears of that one
    known = Notice.QUEUED.value in handoff.told or handoff.taken_at is not None
    if known or conversation.state is not State.QUEUED or not is_on(Notice.QUEUED, conversation.options):
        return ()
    return (SetTimer(Timer.QUEUED, held.now + timedelta(seconds=limits.QUEUED_NOTICE_WAIT)),)


def _context(
    conversation: Conversation, told: Introduced, now: datetime, kept: Sequence[Message], words: tuple[str, ...]
) -> tuple[Due, ...]:
    """The flow's results, and what else the agent should know. Nothing to show, and nothing is posted."""
    lines = [f"{name}: {value}" for name, value in told.results]
    if told.flow:
        lines.insert(0, f"Flow: {told.flow}")
    asked = conversation.options.context_messages if conversation.can_ask else 0
    if kept:
        lines.append(KEPT_WORDS)
    if not lines and not asked and not conversation.language and not conversation.shown_fields:
        return ()
    shown = PostContext(tuple(lines))
    if asked:
        posted = (*(text for message in kept for text in message.texts), *words)
        shown = PostContext(tuple(lines), asked, now.isoformat(), posted)
    return (Due(shown, None, now),)


def _reopened(message: Message, options: Options) -> Message:
    posts = sum(len(posts_of(message, part, options)) for part in range(len(message.texts)))
    return replace(message, reason=None, pending=message.pending + posts)


def _posts(kept: Iterable[Message], now: datetime, options: Options) -> tuple[Due, ...]:
    return tuple(
        Due(post, message.key, now)
        for message in kept
        for part in range(len(message.texts))
        for post in posts_of(message, part, options)
    )


def _out_of_hours(decision: Decision, held: Held, opens: datetime) -> Decision:
    conversation = decision.conversation
    if conversation is None or opens <= held.now or conversation.hours is None:
        return decision
    return telling(decision, held, Notice.OUTSIDE_HOURS, next_open=opening_text(opens, held.now))


def opening_text(opens: datetime, now: datetime) -> Value:
    """When somebody will be there, as the contact reads it."""
    return partial(moment_text, opens, now)
