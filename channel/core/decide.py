"""Which part of the core decides about which event."""

from channel.core import (
    arriving,
    contact_words,
    failing,
    flows,
    following_up,
    forgotten,
    missing,
    repairing,
    rooms,
    waking,
    words,
)
from channel.core.decision import Decision, Note
from channel.core.events import (
    AgentAsked,
    AgentWrote,
    CloseAsked,
    ContactSaid,
    ContactWrote,
    DeliveryDone,
    DeliveryFailed,
    Echoed,
    Event,
    Noted,
    OfConversation,
    Rated,
    ReplyFailed,
    ReplyResent,
    RoomSought,
    RoomTaken,
    Woke,
    WorkspaceNoted,
)
from channel.core.held import Held


def decide(held: Held, event: Event) -> Decision:
    """What `event` makes of the conversation held, what is owed, and the reason if nothing is. Pure."""
    if isinstance(event, WorkspaceNoted):
        counted = ("ignored:unreadable",) if event.reason == "unreadable" else ()
        note = Note(event.kind, event.reason, event.key, raw=event.raw)
        return Decision(note=note, reason=event.reason, counted=counted)
    if held.conversation is not None and held.conversation.forgotten:
        return forgotten.told(event)
    return missing.with_read(_decided(held, event), held, event)


def _decided(held: Held, event: OfConversation) -> Decision:
    if held.conversation is None:
        if isinstance(event, DeliveryDone | DeliveryFailed):
            raise ValueError("an outcome without a conversation")
        return _nobodys(event)
    match event:
        case ContactWrote():
            return contact_words.contact_wrote(held, event)
        case AgentAsked() | ContactSaid() | CloseAsked() | Rated():
            return flows.called(held, event)
        case Woke():
            return waking.woke(held, event)
        case RoomSought():
            return missing.sought(held, event)
        case ReplyFailed() | ReplyResent():
            return following_up.followed(held, event)
        case AgentWrote():
            return words.agent_wrote(held, event) if event.found_by is None else repairing.found(held, event)
        case DeliveryDone():
            return arriving.done(held, event)
        case DeliveryFailed():
            return failing.failed(held, event)
        case Noted() | Echoed():
            return rooms.noted(held, event)
        case _:
            return rooms.happened(held, event)


def _nobodys(event: OfConversation) -> Decision:
    """A room of others comes through the same webhook: counted, its words not kept. A bare body of nobody's is kept."""
    if isinstance(event, AgentAsked | ContactSaid | CloseAsked | Rated):
        return flows.nobody(event)
    if isinstance(event, Woke | RoomSought | ReplyFailed | ReplyResent):
        return Decision(reason="needless")
    if isinstance(event, AgentWrote) and event.found_by is not None:
        return Decision(reason="foreign_room")  # the close that brought it is counted
    if isinstance(event, AgentWrote) and not event.address.from_rocketchat:
        note = Note("Message", "unknown_visitor", f"unknown:{event.digest}", event.address.room, event.raw)
        return Decision(note=note, reason="unknown_visitor", counted=("ignored:unknown_visitor",))
    if isinstance(event, RoomTaken) and event.key is None:
        return Decision(reason="foreign_room")  # the event that mentions the agent is counted
    return Decision(reason="foreign_room", counted=("ignored:foreign_room",))
