"""The life of a room: opened, queued, taken, forwarded, closed."""

from . import events, writing
from .errors import Failure, MeteorError
from .ids import now
from .payloads import CLOSING
from .records import Author, Department, Inquiry, Room, Served, User, Visitor
from .workspace import Workspace

#: Who acts when nobody does.
SYSTEM = Author("rocket.cat", "rocket.cat", "Rocket.Cat")


async def find_or_open(workspace: Workspace, visitor: Visitor, agent_id: str | None = None) -> tuple[Room, bool]:
    """Return the visitor's open room, and whether it had to be made."""
    if not workspace.settings["Livechat_enabled"]:
        raise MeteorError("error-omnichannel-is-disabled")
    if room := workspace.open_room(visitor.token):
        return room, False
    if visitor.blocked and workspace.profile.contacts:
        raise Failure("error-contact-channel-blocked")
    await workspace.between_check_and_act()
    if workspace.profile.single_room and workspace.open_room(visitor.token):
        raise Failure("E11000 duplicate key error collection: meteor.rocketchat_room index: v.token_1 dup key")
    return await _opened(workspace, visitor, agent_id), True


async def _opened(workspace: Workspace, visitor: Visitor, agent_id: str | None) -> Room:
    department = _department(workspace, visitor)
    agent = _agent_for(workspace, department, agent_id)
    moment = now()
    room = Room(
        visitor_id=visitor.id,
        token=visitor.token,
        name=visitor.name or visitor.username,
        ts=moment,
        department=department.id if department else None,
        last_message_at=moment,
        newest=moment,
    )
    workspace.rooms[room.id] = room
    writing.store(workspace, room, visitor.author, "", kind="livechat-started", token=visitor.token)
    inquiry = Inquiry(rid=room.id, name=room.name, ts=moment, status="ready", department=room.department)
    workspace.inquiries[inquiry.id] = inquiry
    await events.started(workspace, room)
    await _route(workspace, room, agent, asked_for=agent_id is not None)
    return room


def _department(workspace: Workspace, visitor: Visitor) -> Department | None:
    """Choose the room's department: the visitor's, or one with somebody online, or where it falls back to."""
    department = workspace.departments.get(visitor.department or "") or _department_on_duty(workspace)
    return workspace.fallen_back(department) if department else None


def _department_on_duty(workspace: Workspace) -> Department | None:
    for department in workspace.departments.values():
        if department.enabled and department.on_registration and workspace.online_agents(department.id):
            return department
    return None


def _agent_for(workspace: Workspace, department: Department | None, agent_id: str | None) -> User | None:
    """Find who could serve; nobody, and the room is refused unless the workspace takes rooms without agents."""
    online = workspace.online_agents(department.id if department else None)
    if agent_id is not None:
        online = [agent for agent in workspace.online_agents(None) if agent.id == agent_id]
    if not online and not (agent_id is None and workspace.settings["Livechat_accept_chats_with_no_agents"]):
        raise MeteorError("no-agent-online", "Sorry, no online agents")
    return online[0] if online else None


async def _route(workspace: Workspace, room: Room, agent: User | None, *, asked_for: bool) -> None:
    """Queue the room, or give it to an agent; with nobody there, automatic selection leaves it `ready` (B.6)."""
    automatic = workspace.settings["Livechat_Routing_Method"] != "Manual_Selection"
    if agent and (automatic or asked_for):
        await take(workspace, room, agent)
    elif not automatic:
        await _queue(workspace, room)


async def take(workspace: Workspace, room: Room, agent: User) -> None:
    """Give a room to an agent."""
    _must_be_open(room)
    _serve(workspace, room, agent)
    writing.store(workspace, room, agent.author, "connected", kind="command")
    await events.taken(workspace, room)


async def _queue(workspace: Workspace, room: Room) -> None:
    inquiry = workspace.inquiry_of(room.id) or Inquiry(rid=room.id, name=room.name, ts=now(), status="queued")
    inquiry.status, inquiry.department = "queued", room.department
    workspace.inquiries[inquiry.id] = inquiry
    workspace.changed()
    await events.queued(workspace, room)


def _serve(workspace: Workspace, room: Room, agent: User) -> None:
    room.served_by = Served(agent.id, agent.username, now())
    room.members.add(agent.id)
    if inquiry := workspace.inquiry_of(room.id):
        inquiry.status = "taken"
    workspace.changed()


def _leave(room: Room) -> Served | None:
    """Take the room from the agent who serves it, and return who that was."""
    served, room.served_by = room.served_by, None
    if served:
        room.members.discard(served.user_id)
    return served


async def forward_to_agent(workspace: Workspace, room: Room, by: Author, agent: User) -> None:
    """Hand a room to another agent: two events, both with everything said so far."""
    _must_be_open(room)
    if room.on_hold:
        raise MeteorError("error-room-onHold")
    if room.served_by and room.served_by.user_id == agent.id:
        raise MeteorError("error-selected-agent-room-agent-are-same")
    if not agent.is_online:
        raise MeteorError("error-user-is-offline")
    old = _leave(room)
    _serve(workspace, room, agent)
    writing.store(workspace, room, by, "", kind="livechat_transfer_history")
    await events.taken(workspace, room)
    await events.forwarded(workspace, room, from_agent=old)


async def forward_to_department(workspace: Workspace, room: Room, by: Author, department: Department) -> None:
    """Hand a room to a department, where it waits or is taken at once, as the routing has it."""
    _must_be_open(room)
    if room.on_hold:
        raise MeteorError("error-room-onHold")
    if room.department == department.id:
        raise MeteorError("error-forwarding-chat-same-department")
    online = workspace.online_agents(department.id)
    if not online:
        raise MeteorError("error-no-agents-online-in-department")
    old = room.department
    _leave(room)
    room.department = department.id
    writing.store(workspace, room, by, "", kind="livechat_transfer_history")
    await _route(workspace, room, online[0], asked_for=False)
    await events.forwarded(workspace, room, from_department=old)


async def return_to_queue(workspace: Workspace, room: Room, by: Author) -> None:
    """Put a room back where anybody can take it."""
    _must_be_open(room)
    _leave(room)
    writing.store(workspace, room, by, "", kind="livechat_transfer_history")
    await _queue(workspace, room)


def join(workspace: Workspace, room: Room, agent: User) -> None:
    """Let a second agent into a room; no webhook tells of it."""
    _must_be_open(room)
    room.members.add(agent.id)
    writing.store(workspace, room, agent.author, agent.username, kind="uj")


def put_on_hold(workspace: Workspace, room: Room, by: Author) -> None:
    """Let a room rest; no webhook tells of it."""
    _must_be_open(room)
    room.on_hold = True
    writing.store(workspace, room, by, "", kind="omnichannel_placed_chat_on_hold")


async def resume(workspace: Workspace, room: Room) -> None:
    """Wake a room that rests; what tells of it is the agent taking it anew, or its place in the queue (D.5)."""
    if not room.on_hold:
        return
    room.on_hold = False
    writing.store(workspace, room, SYSTEM, "", kind="omnichannel_on_hold_chat_resumed")
    agent = workspace.agent_of(room)
    if agent and agent.is_online:
        await take(workspace, room, agent)
    else:
        _leave(room)
        await _queue(workspace, room)


async def close_by_agent(workspace: Workspace, room: Room, agent: User, comment: str) -> None:
    """Close a room on an agent's behalf."""
    await _close(workspace, room, Author(agent.id, agent.username), "user", comment)


async def close_by_visitor(workspace: Workspace, room: Room, visitor: Visitor, comment: str) -> None:
    """Close a room on the visitor's behalf; the closing comment then carries their token."""
    await _close(workspace, room, Author(visitor.id, visitor.username), "visitor", comment, token=visitor.token)


async def close_by_system(workspace: Workspace, room: Room, comment: str) -> None:
    """Close a room as the automatons do."""
    await _close(workspace, room, Author(SYSTEM.id, SYSTEM.username), "user", comment)


def mark_closed(
    workspace: Workspace, room: Room, by: Author, closer: str, *, comment: str, token: str | None = None
) -> None:
    """Close a room and tell nobody; a closed one is final, and keeps no place in the queue."""
    _must_be_open(room)
    room.open = room.on_hold = False
    room.closed_at, room.closed_by, room.closer = now(), by, closer
    if inquiry := workspace.inquiry_of(room.id):
        del workspace.inquiries[inquiry.id]
    writing.store(workspace, room, by, comment, kind=CLOSING, token=token)


async def _close(
    workspace: Workspace, room: Room, by: Author, closer: str, comment: str, *, token: str | None = None
) -> None:
    _check_tags(workspace, room)
    mark_closed(workspace, room, by, closer, comment=comment, token=token)
    if workspace.profile.closing_comment_as_message:
        await events.written(workspace, room, workspace.messages_of(room.id)[-1])
    await events.closed(workspace, room)


def _check_tags(workspace: Workspace, room: Room) -> None:
    department = workspace.departments.get(room.department or "")
    if department and department.wants_tags and not room.tags:
        raise Failure("error-tags-must-be-assigned-before-closing-chat")


def _must_be_open(room: Room) -> None:
    if not room.open:
        raise MeteorError("This_conversation_is_already_closed")
