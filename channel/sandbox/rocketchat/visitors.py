"""Who a visitor is: registering, and the order in which Rocket.Chat recognises somebody."""

import re
from typing import Any

from .errors import Failure, MeteorError, Refused
from .ids import new_id, now
from .profile import Profile
from .records import Visitor
from .workspace import Workspace

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PLAIN_DEPARTMENT_ERROR_SINCE = (7, 10)


async def register(workspace: Workspace, given: dict[str, Any]) -> Visitor:
    """Create or update a visitor.

    Who is found by phone keeps their own token, whatever was sent; who is found by e-mail gets the one that was sent,
    and their open rooms do not.
    """
    token = given["token"]
    if not token.strip():
        raise MeteorError("error-invalid-token", "Token cannot be empty")
    department = _department(workspace, given.get("department"))
    email = _email(workspace.profile, given.get("email"))
    visitor = _recognised(workspace, token, given.get("phone"), email)
    if visitor is None:
        await workspace.between_check_and_act()
        visitor = _created(workspace, token, given.get("id"))
    _update(visitor, given, department, email)
    _write_custom_fields(workspace, token, given.get("customFields") or [])
    _rename_rooms(workspace, visitor)
    workspace.changed()
    return visitor


def known(workspace: Workspace, token: str) -> Visitor:
    """Find a visitor by token, or refuse as most routes do."""
    visitor = workspace.visitor_by_token(token)
    if visitor is None:
        raise Failure("invalid-token")
    return visitor


def remove(workspace: Workspace, visitor: Visitor) -> None:
    """Delete a visitor with all their rooms and messages."""
    rooms = {room.id for room in workspace.rooms.values() if room.visitor_id == visitor.id}
    if workspace.open_room(visitor.token) and not _keeps_headers(workspace):
        raise MeteorError("visitor-has-open-rooms", "Cannot remove visitors with opened rooms")
    for rid in rooms:
        del workspace.rooms[rid]
    for message in [message for message in workspace.messages.values() if message.rid in rooms]:
        del workspace.messages[message.id]
    del workspace.visitors[visitor.id]
    workspace.changed()


def set_custom_field(workspace: Workspace, token: str, key: str, value: str, *, overwrite: bool) -> None:
    """Write one custom field of a visitor, or of their open room if that is its scope."""
    visitor = known(workspace, token)
    custom_field = workspace.custom_fields.get(key)
    if custom_field is None:
        raise Failure("invalid-custom-field")
    room = workspace.open_room(token)
    if custom_field.scope == "room":
        if room is None:
            raise Refused
        values = room.custom_fields
    else:
        values = visitor.custom_fields
    if not overwrite and key in values:
        raise Refused
    values[key] = value
    workspace.changed()


def _keeps_headers(workspace: Workspace) -> bool:
    return bool(workspace.settings["Livechat_Allow_collect_and_store_HTTP_header_informations"])


def _department(workspace: Workspace, id_or_name: str | None) -> str | None:
    """Return the department's id. One that does not exist is an error, not a fallback."""
    if not id_or_name:
        return None
    department = workspace.department_like(id_or_name)
    if department is not None:
        return department.id
    major, minor = workspace.profile.version.split(".")[:2]
    if (int(major), int(minor)) >= _PLAIN_DEPARTMENT_ERROR_SINCE:
        raise Failure("error-invalid-department")
    raise MeteorError("error-invalid-department", "The provided department is invalid")


def _email(profile: Profile, given: str | None) -> str | None:
    email = (given or "").strip().lower()
    if email and profile.checks_email and not _ADDRESS.fullmatch(email):
        raise MeteorError("error-invalid-email", f"Invalid email: {email}")
    return email or None


def _recognised(workspace: Workspace, token: str, phone: str | None, email: str | None) -> Visitor | None:
    """Find the visitor by token, then by phone, then by e-mail; only the e-mail replaces their token."""
    if visitor := workspace.visitor_by_token(token):
        return visitor
    for visitor in workspace.visitors.values():
        if phone and phone in visitor.phones:
            return visitor
    for visitor in workspace.visitors.values():
        if email and email in visitor.emails:
            visitor.token = token
            return visitor
    return None


def _created(workspace: Workspace, token: str, id: str | None) -> Visitor:
    workspace.guests += 1
    moment = now()
    visitor = Visitor(
        id=id or new_id(), token=token, username=f"guest-{workspace.guests}", ts=moment, updated_at=moment
    )
    workspace.visitors[visitor.id] = visitor
    return visitor


def _update(visitor: Visitor, given: dict[str, Any], department: str | None, email: str | None) -> None:
    visitor.name = given.get("name") or visitor.name
    visitor.username = given.get("username") or visitor.username
    visitor.department = department or visitor.department
    visitor.status = "online"
    if given.get("phone"):
        visitor.phones = [given["phone"]]
    if email:
        visitor.emails = [email]
    visitor.updated_at = now()


def _write_custom_fields(workspace: Workspace, token: str, given: list[dict[str, Any]]) -> None:
    """Write what exists to whoever has the request's token: who was found by phone has another one."""
    visitor = workspace.visitor_by_token(token)
    for each in given:
        custom_field = workspace.custom_fields.get(each["key"])
        writable = custom_field is not None and custom_field.scope == "visitor"
        if visitor and writable and (each["overwrite"] or each["key"] not in visitor.custom_fields):
            visitor.custom_fields[each["key"]] = each["value"]


def _rename_rooms(workspace: Workspace, visitor: Visitor) -> None:
    """Give every open room of the visitor's token their name and their custom fields."""
    for room in workspace.rooms.values():
        if room.open and room.token == visitor.token:
            room.name = visitor.name or visitor.username
            room.custom_fields |= visitor.custom_fields
