"""Which events go out, and what they carry."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from . import payloads
from .documents import of_served, without_unset
from .ids import iso
from .records import Message, Room, Served
from .settings import AGENT_MESSAGES, EVENT_FLAGS, VISITOR_MESSAGES
from .workspace import Workspace


async def started(workspace: Workspace, room: Room) -> None:
    """Tell that a room was made; it has no messages yet."""
    named = workspace.profile.start_names_department and room.department
    extras = {"departmentId": room.department} if named else {}
    await _session(workspace, room, "LivechatSessionStart", messages=[], extras=extras)


async def queued(workspace: Workspace, room: Room) -> None:
    """Tell that a room waits for an agent."""
    extras = {"departmentId": room.department} if room.department else {}
    await _session(workspace, room, "LivechatSessionQueued", messages=said(workspace, room), extras=extras)


async def taken(workspace: Workspace, room: Room) -> None:
    """Tell that a room has an agent, with everything said so far."""
    extras = payloads.of_session(room)
    await _session(workspace, room, "LivechatSessionTaken", messages=said(workspace, room), extras=extras)


async def forwarded(
    workspace: Workspace, room: Room, *, from_agent: Served | None = None, from_department: str | None = None
) -> None:
    """Tell that a room changed hands, with everything said so far."""
    before = without_unset({"oldServedBy": of_served(from_agent), "oldDepartmentId": from_department})
    extras = payloads.of_session(room) | before
    await _session(workspace, room, "LivechatSessionForwarded", messages=said(workspace, room), extras=extras)


async def closed(workspace: Workspace, room: Room) -> None:
    """Tell that a room was closed. Closing waits for nobody, in any release."""
    extras = payloads.of_session(room) | payloads.of_closing(room)
    await _session(workspace, room, "LivechatSession", messages=said(workspace, room), extras=extras, waits=False)


async def info_saved(workspace: Workspace, room: Room) -> None:
    """Tell that a closed room's details were changed; no setting switches this off."""
    await _session(workspace, room, "LivechatEdit", messages=said(workspace, room), extras={})


async def lead_captured(workspace: Workspace, room: Room) -> None:
    """Tell that a visitor may have mentioned an address."""
    await _session(workspace, room, "LeadCapture", messages=[], extras={})


async def written(workspace: Workspace, room: Room, message: Message, before: datetime | None = None) -> None:
    """Tell that a message was saved or edited; `before` is when the one before it was written."""
    if _wants_message(workspace, message):
        body = _body(workspace, room, "Message", [message])
        if body and before:
            body["lastMessageAt"] = iso(before)
        await _fire(workspace, room, body)


async def left_offline_message(workspace: Workspace, name: str, email: str, text: str) -> None:
    """Tell of a message left while nobody was there; the answer is not kept."""
    if workspace.settings[EVENT_FLAGS["LivechatOfflineMessage"]]:
        body = payloads.of_offline_message(name, email, text)
        await workspace.webhooks.fire(body, keep=_forget, waits=True)


def said(workspace: Workspace, room: Room) -> list[Message]:
    """Return what an event may show of a room: no system messages but closing comments and page visits."""
    shown = {None, payloads.CLOSING}
    if workspace.settings["Send_visitor_navigation_history_livechat_webhook_request"]:
        shown.add(payloads.NAVIGATION)
    return [message for message in workspace.messages_of(room.id) if message.kind in shown]


async def _session(
    workspace: Workspace,
    room: Room,
    type: str,
    *,
    messages: Iterable[Message],
    extras: dict[str, Any],
    waits: bool = True,
) -> None:
    flag = EVENT_FLAGS.get(type)
    if flag is None or workspace.settings[flag]:
        body = _body(workspace, room, type, messages)
        await _fire(workspace, room, body and body | extras, waits=waits)


def _body(workspace: Workspace, room: Room, type: str, messages: Iterable[Message]) -> dict[str, Any] | None:
    """Return the payload; None when the visitor was deleted, and then nothing is sent."""
    visitor = workspace.visitors.get(room.visitor_id)
    if visitor is None:
        return None
    agent, profile = workspace.agent_of(room), workspace.profile
    return payloads.of_event(type, room, visitor=visitor, agent=agent, messages=messages, profile=profile)


async def _fire(workspace: Workspace, room: Room, body: dict[str, Any] | None, *, waits: bool = True) -> None:
    def keep(answer: str) -> None:
        room.crm_data = _data_of(answer) if workspace.profile.keeps_only_data else answer

    if body is not None:
        await workspace.webhooks.fire(body, keep=keep, waits=waits)


def _data_of(answer: str) -> str:
    """Return what releases up to 6.1 keep of an answer."""
    try:
        answered = json.loads(answer)
    except ValueError:
        return ""
    return str(answered.get("data", "")) if isinstance(answered, dict) else ""


def _wants_message(workspace: Workspace, message: Message) -> bool:
    settings = workspace.settings
    if message.kind == payloads.NAVIGATION:
        return bool(settings["Send_visitor_navigation_history_livechat_webhook_request"])
    if message.token is None:
        return bool(settings[AGENT_MESSAGES])
    needs_both = workspace.profile.visitor_events_need_agent_flag
    return bool(settings[VISITOR_MESSAGES] and (settings[AGENT_MESSAGES] or not needs_both))


def _forget(answer: str) -> None:
    """An offline message has no room to keep the answer in."""
