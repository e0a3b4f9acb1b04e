"""What a flow asks for, and what it is answered: a hand-off, a close, a rating; its words are in `passing`."""

from dataclasses import replace
from typing import Final

from channel.core import limits
from channel.core.answers import Answer, Call, Outcome, Refusal, Voice
from channel.core.availability import Office, unavailable
from channel.core.beginning import begun
from channel.core.calling import heard_of_close, introduced, is_open, known, voice
from channel.core.closing import ended_with, is_ending, left
from channel.core.contact_words import first_of
from channel.core.conversation import Conversation, State
from channel.core.cutting import is_blank
from channel.core.decision import Decision, Due
from channel.core.events import AgentAsked, CloseAsked, ContactSaid, FlowEvent, Introduced, Presence, Rated
from channel.core.handoff import Ending
from channel.core.held import Held
from channel.core.notices import Notice
from channel.core.owed import LeaveOffline, RateRoom
from channel.core.passing import contact_said, passed_key, with_links
from channel.core.telling import owing, telling

UNKNOWN_CONTACT: Final = "unknown_contact"


def called(held: Held, event: FlowEvent) -> Decision:
    """What becomes of a flow's call. The decision always holds an answer."""
    match event:
        case AgentAsked():
            return agent_asked(held, event)
        case ContactSaid():
            return contact_said(held, event)
        case CloseAsked():
            return close_asked(held, event)
        case Rated():
            return rated(held, event)


def agent_asked(held: Held, event: AgentAsked) -> Decision:
    """registerClient: the contact is handed to agents, unless they are already, or nobody is there."""
    unheard = introduced(held, event.introduced, event.address)
    if event.first is not None:
        event = replace(event, first=with_links(unheard, event.first))
    conversation = heard_of_close(unheard)
    begins = not is_open(conversation)
    if event.key and conversation.handoff.was_asked(event.key):
        begins = False
        conversation = unheard  # a repeat is answered as the call was, and not told how the conversation stands
        queued = _queued(conversation, event.introduced, certain=event.presence.certain)
        decision = Decision(conversation=conversation, answer=queued, reason="repeat", counted=("duplicates",))
    elif not begins:
        decision = _already(conversation)
    elif unable := not_now(held, conversation, event.presence, event.introduced.department):
        return _unserved(held, conversation, event, unable)
    else:
        first = (event.first.text,) if event.first else ()
        decision = begun(held, conversation, introduced=event.introduced, key=event.key or "", words=first)
        decision = replace(decision, answer=_queued(conversation, event.introduced, certain=event.presence.certain))
    if event.first is None:
        return decision
    return _with_words(decision, held, event.first, begins=begins)


def close_asked(held: Held, event: CloseAsked) -> Decision:
    """The flow closes the contact's room, or takes the contact out of the queue."""
    conversation = heard_of_close(known(held))
    if is_ending(conversation.handoff) and conversation.state is not State.CLOSED:
        return Decision(conversation=conversation, answer=voice(conversation).answers(Call.CLOSE, Outcome.CLOSING))
    if not is_open(conversation):
        return Decision(conversation=conversation, answer=voice(conversation).answers(Call.CLOSE, Outcome.NOT_OPEN))
    if conversation.room and not event.presence.visitors_may_close and not conversation.bot:
        refused = voice(conversation).refuses(Call.CLOSE, Refusal.NOT_ALLOWED)
        return Decision(conversation=conversation, answer=refused)
    decision = left(held, conversation, Ending.FLOW)
    return replace(decision, answer=voice(conversation).answers(Call.CLOSE, Outcome.CLOSING))


def rated(held: Held, event: Rated) -> Decision:
    """The rating goes to Rocket.Chat's survey, for the chat that ended last; before any has, for the one there is."""
    conversation = known(held)
    handoff = conversation.handoff
    latest = conversation.room or handoff.room
    room = latest if conversation.state is State.CLOSED else handoff.room_before or latest
    if not room:
        return Decision(conversation=conversation, answer=voice(conversation).answers(Call.SURVEY, Outcome.NOT_OPEN))
    decision = owing(Decision(conversation=conversation), held, RateRoom(room, event.answers), "rating")
    return replace(decision, answer=voice(conversation).answers(Call.SURVEY, Outcome.ACCEPTED))


def not_now(held: Held, conversation: Conversation, presence: Presence, department: str) -> Answer | None:
    """Why nobody would take this contact's chat now; None where somebody would, or nobody knows."""
    blocked_at = conversation.handoff.blocked_at
    if blocked_at and (held.now - blocked_at).total_seconds() < limits.BLOCKED_FOR:
        return voice(conversation).refuses(Call.REGISTER, Refusal.BLOCKED)
    office = Office(conversation.department, conversation.hours, conversation.options)
    return unavailable(Call.REGISTER, office, held.now, presence, department, conversation.language)


def nobody(event: FlowEvent) -> Decision:
    """A call about somebody we do not know: nothing of theirs is open."""
    return Decision(answer=answer_of_nobody(event, Voice()), reason=UNKNOWN_CONTACT)


def answer_of_nobody(event: FlowEvent, told: Voice) -> Answer:
    """What is said of somebody we do not know, in the channel's own voice: no conversation has it."""
    return told.answers(Call.SURVEY if isinstance(event, Rated) else Call.CLOSE, Outcome.NOT_OPEN)


def _queued(conversation: Conversation, told: Introduced, *, certain: bool) -> Answer:
    queued = voice(conversation).answers(Call.REGISTER, Outcome.QUEUED)
    minutes = conversation.options.max_wait_minutes
    return replace(
        queued,
        certain=certain,
        department=told.department or conversation.department,
        max_wait=minutes * 60 if minutes else None,
    )


def _already(conversation: Conversation) -> Decision:
    """A flow learns that a room is open; a repeat of the very call that opened it is answered as that was."""
    already = voice(conversation).answers(Call.REGISTER, Outcome.ALREADY_OPEN)
    return Decision(conversation=conversation, answer=replace(already, department=conversation.wanted_department))


def _unserved(held: Held, conversation: Conversation, event: AgentAsked, unable: Answer) -> Decision:
    """Nobody takes the contact; their words become an offline message where the channel has an address for those."""
    decision = Decision(conversation=conversation, answer=unable, reason=unable.outcome.value)
    if event.first is None or is_blank(event.first.text):
        return decision
    message = replace(
        first_of(passed_key(event.first), event.first.message_id, event.first.raw, held.now),
        texts=(event.first.text,),
        position=1,
        reason=(unable.reason or unable.outcome).value,
    )
    if message.key in held.messages:
        return decision
    email = conversation.options.offline_email
    if not email or unable.outcome not in {Outcome.NO_AGENTS, Outcome.CLOSED_HOURS}:
        return replace(decision, messages=(message,))
    words = LeaveOffline(event.first.text, email, event.introduced.department or conversation.department)
    message = replace(message, pending=1)
    return replace(decision, messages=(message,), owed=(Due(words, message.key, held.now),))


def _with_words(decision: Decision, held: Held, words: ContactSaid, *, begins: bool) -> Decision:
    """The first message that came with the call. The hand-off's answer stays; of a file the contact is told apart."""
    after = held.after(decision)
    said = contact_said(after, words, begins=begins)
    joined = replace(ended_with(decision, held, said), answer=decision.answer, reason=decision.reason)
    if said.answer is not None and said.answer.reason is Refusal.MEDIA:
        return telling(joined, held, Notice.NOT_CARRIED, words.message_id)
    return joined
