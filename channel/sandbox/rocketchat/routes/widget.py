"""What else a visitor's side may ask."""

from typing import Any

from .. import events, messages, rooms, visitors, writing
from ..documents import of_department, of_room, of_user, of_visitor
from ..errors import Failure, MeteorError, Refused
from ..parameters import TEXT, Flag, Keys, Many, Shape
from ..payloads import NAVIGATION
from ..records import User
from ..rest import Call, Operation

_FIELD: dict[str, Shape] = {"key": TEXT, "value": TEXT, "overwrite": Flag()}
_PAGE = Keys({"title": TEXT, "change": TEXT, "location": Keys({"href": TEXT}, open=True)}, open=True)


async def info(call: Call) -> dict[str, Any]:
    """Tell the version; to those who are not logged in, newer releases shorten it."""
    version = call.workspace.profile.version
    return {"version": version if call.user else ".".join(version.split(".")[:2])}


async def config(call: Call) -> dict[str, Any]:
    """Tell what a widget needs to know; `online` is whether a room would be opened now."""
    workspace = call.workspace
    if not workspace.settings["Livechat_enabled"]:
        return {"config": {"enabled": False}}
    limited = workspace.settings["Livechat_enable_message_character_limit"]
    staffed = [each for each in workspace.departments.values() if each.enabled and each.agents]
    online = workspace.settings["Livechat_accept_chats_with_no_agents"] or bool(_on_duty(call))
    settings = {
        "limitTextLength": limited and workspace.settings["Livechat_message_character_limit"],
        "visitorsCanCloseChat": workspace.settings["Omnichannel_allow_visitors_to_close_conversation"],
        "registrationForm": True,
        "displayOfflineForm": True,
        "language": workspace.settings["Language"],
    }
    known = ("_id", "name", "showOnRegistration", "showOnOfflineForm")
    return {
        "config": {
            "enabled": True,
            "settings": settings,
            "theme": {},
            "messages": {},
            "triggers": [],
            "departments": [{key: of_department(each)[key] for key in known} for each in staffed],
            "resources": {"emojis": workspace.custom_emoji},
            "online": online,
            **_of_guest(call),
        }
    }


def _on_duty(call: Call) -> list[User]:
    """Find who would be given a room of the department that is asked for, or of any."""
    asked = call.given.get("department")
    department = call.workspace.departments.get(asked or "")
    return call.workspace.online_agents(call.workspace.fallen_back(department).id if department else asked)


def _of_guest(call: Call) -> dict[str, Any]:
    workspace = call.workspace
    visitor = workspace.visitor_by_token(call.given.get("token", ""))
    if visitor is None:
        return {}
    room = workspace.open_room(visitor.token)
    if room is None:
        return {"guest": of_visitor(visitor)}
    agent = workspace.agent_of(room)
    shown = of_room(room, visitor, len(workspace.messages_of(room.id)), workspace.profile)
    return {"guest": of_visitor(visitor), "room": shown} | ({"agent": of_user(agent)} if agent else {})


async def agent_info(call: Call) -> dict[str, Any]:
    """Show who serves a room; `invalid-agent` while nobody does."""
    workspace = call.workspace
    visitor = visitors.known(workspace, call.path["token"])
    room = messages.room_of(workspace, visitor, call.path["rid"])
    agent = workspace.agent_of(room)
    if agent is None:
        raise Failure("invalid-agent")
    if not workspace.settings["Livechat_show_agent_info"]:
        return {"agent": {"hiddenInfo": True}}
    shown = of_user(agent)
    hidden = {"statusLivechat"} | (set() if workspace.settings["Livechat_show_agent_email"] else {"emails"})
    return {"agent": {key: value for key, value in shown.items() if key not in hidden}}


async def next_agent(call: Call) -> dict[str, Any]:
    """Tell who would be given a room; nobody, without an error, if the visitor has one."""
    workspace = call.workspace
    if workspace.open_room(call.path["token"]):
        return {}
    online = _on_duty(call)
    if not online:
        raise Failure("agent-not-found")
    return {"agent": of_user(online[0])}


async def leave_message(call: Call) -> dict[str, Any]:
    """Take a message for when somebody is back; no room is made."""
    given = call.given
    call.workspace.offline_messages.append(given)
    call.workspace.changed()
    await events.left_offline_message(call.workspace, given["name"], given["email"], given["message"])
    return {"message": call.workspace.settings["Livechat_offline_success_message"]}


async def set_field(call: Call) -> dict[str, Any]:
    """Write one custom field."""
    given = call.given
    visitors.set_custom_field(
        call.workspace, given["token"], given["key"], given["value"], overwrite=given["overwrite"]
    )
    return {"field": {key: given[key] for key in _FIELD}}


async def set_fields(call: Call) -> dict[str, Any]:
    """Write several custom fields; the ones before the first that fails are written. `Key` is spelled like that."""
    token, fields = call.given["token"], call.given["customFields"]
    for each in fields:
        try:
            visitors.set_custom_field(call.workspace, token, each["key"], each["value"], overwrite=each["overwrite"])
        except Refused:
            raise Failure("error-setting-custom-field") from None
    return {"fields": [{"Key": each["key"], "value": each["value"], "overwrite": each["overwrite"]} for each in fields]}


async def visit_page(call: Call) -> dict[str, Any]:
    """Note a page visit, if it is of the kind that is monitored."""
    workspace, page = call.workspace, call.given["pageInfo"]
    if page["change"] != workspace.settings["Livechat_history_monitor_type"]:
        return {}
    text = f"{page['title']} - {page['location']['href']}"
    navigation = {"page": page, "token": call.given["token"]}
    room = workspace.rooms.get(call.given.get("rid", ""))
    visitor = workspace.visitor_by_token(call.given["token"])
    if room and visitor and workspace.settings["Livechat_Visitor_navigation_as_a_message"]:
        before = room.last_message_at
        message = writing.store(workspace, room, rooms.SYSTEM, text, kind=NAVIGATION, extras={"navigation": navigation})
        await events.written(workspace, room, message, before)
    return {"page": {"msg": text, "navigation": navigation}}


async def send_transcript(call: Call) -> dict[str, Any]:
    """Pretend to send an e-mail."""
    room = call.workspace.rooms.get(call.given["rid"])
    if room is None:
        raise MeteorError("error-invalid-room")
    if room.token != call.given["token"]:
        raise MeteorError("error-invalid-visitor")
    return {"message": "Your chat transcript was sent."}


OPERATIONS = (
    Operation(method="GET", path="/api/info", act=info),
    Operation(
        method="GET",
        path="/api/v1/livechat/config",
        act=config,
        accepts=Keys({}, {"token": TEXT, "department": TEXT, "businessUnit": TEXT}),
    ),
    Operation(method="GET", path="/api/v1/livechat/agent.info/{rid}/{token}", act=agent_info),
    Operation(method="GET", path="/api/v1/livechat/agent.next/{token}", act=next_agent),
    Operation(
        method="POST",
        path="/api/v1/livechat/offline.message",
        act=leave_message,
        accepts=Keys({"name": TEXT, "email": TEXT, "message": TEXT}, {"department": TEXT, "host": TEXT}),
    ),
    Operation(
        method="POST",
        path="/api/v1/livechat/custom.field",
        act=set_field,
        accepts=Keys({"token": TEXT, **_FIELD}),
    ),
    Operation(
        method="POST",
        path="/api/v1/livechat/custom.fields",
        act=set_fields,
        accepts=Keys({"token": TEXT, "customFields": Many(Keys(_FIELD))}),
    ),
    Operation(
        method="POST",
        path="/api/v1/livechat/page.visited",
        act=visit_page,
        accepts=Keys({"token": TEXT, "pageInfo": _PAGE}, {"rid": TEXT}),
    ),
    Operation(
        method="POST",
        path="/api/v1/livechat/transcript",
        act=send_transcript,
        accepts=Keys({"token": TEXT, "rid": TEXT, "email": TEXT}, {"subject": TEXT}),
    ),
)
