"""The Livechat client: visitors and their rooms, as exchanges. Knowing the visitor token is the whole credential."""

from collections.abc import Mapping

from channel.core.errors import Rejected
from channel.core.exchange import Exchange
from channel.core.people import Agent
from channel.core.reading import text_or_none
from channel.rocketchat.wire import results
from channel.rocketchat.wire.asking import get, livechat, send
from channel.rocketchat.wire.history import agent_at


def server_info() -> Exchange[results.ServerInfo]:
    """Which version this is. Needs no login."""
    return results.server_info((yield from get("/api/info")))


def config(token: str | None = None, department: str | None = None) -> Exchange[results.Config]:
    """Is Livechat on, is somebody there, which departments are there, and what is this visitor's room?"""
    return results.config((yield from get(livechat("config"), token=token, department=department)))


def agent_info(token: str, rid: str) -> Exchange[results.AgentInfo]:
    """Who serves the room; nobody is an answer too."""
    try:
        return results.agent_info((yield from get(livechat("agent.info", rid, token))))
    except Rejected as error:
        if error.code == "invalid-agent":
            return results.AgentInfo()
        raise


def next_agent(token: str, department: str | None = None) -> Exchange[Agent | None]:
    """Who would be given the visitor's chat; None if a room is open already. Waiting where nobody would."""
    return agent_at((yield from get(livechat("agent.next", token), department=department)), "agent")


def register_visitor(
    token: str, name: str = "", department: str = "", custom_fields: Mapping[str, str] | None = None
) -> Exchange[results.Visitor]:
    """Make or update a visitor. `department`: its id or exact name. Custom fields must be defined in Rocket.Chat.

    Neither phone nor e-mail is ever sent: by either, Rocket.Chat takes another visitor for this one, and answers with
    that one's token, or takes that one's open room out of reach.
    """
    visitor: dict[str, object] = {"token": token}
    if name:
        visitor["name"] = name
    if department:
        visitor["department"] = department
    if custom_fields:
        visitor["customFields"] = [_custom_field(key, value) for key, value in custom_fields.items()]
    return results.visitor((yield from send("POST", livechat("visitor"), {"visitor": visitor})))


def get_visitor(token: str) -> Exchange[results.Visitor]:
    """The visitor of this token; VisitorGone where there is none."""
    return results.visitor((yield from get(livechat("visitor", token))))


def delete_visitor(token: str) -> Exchange[None]:
    """Erase the visitor with every room, message and file of theirs; refused while a room is open."""
    yield from send("DELETE", livechat("visitor", token))


def open_room(token: str, rid: str | None = None, agent: str | None = None) -> Exchange[results.Room]:
    """The visitor's open room; without `rid`, a new one where none is open. `agent`: the id of who is to serve it.

    A GET that creates: two at once open two rooms up to 8.1. Any key but these three is an error in every version.
    """
    return results.room((yield from get(livechat("room"), token=token, rid=rid, agentId=agent)))


def close_room(token: str, rid: str) -> Exchange[None]:
    """Close the room as its visitor, for good. A comment cannot be given."""
    yield from send("POST", livechat("room.close"), {"token": token, "rid": rid})


def survey(token: str, rid: str, answers: Mapping[str, str]) -> Exchange[None]:
    """Rate the room, by `satisfaction`, `agentKnowledge`, `agentResposiveness` (so spelled), `agentFriendliness`,
    each "1" to "5", and `additionalFeedback`. Rejected `invalid-data` where no name is one of these."""
    given = [{"name": name, "value": value} for name, value in answers.items()]
    yield from send("POST", livechat("room.survey"), {"token": token, "rid": rid, "data": given})


def transfer_department(token: str, rid: str, department: str, *, before_8: bool) -> Exchange[None]:
    """Move the room to a department, by id. The route changed its path with Rocket.Chat 8.0."""
    path = livechat("room.transfer") if before_8 else livechat("visitor", "department.transfer")
    yield from send("POST", path, {"token": token, "rid": rid, "department": department})


def offline_message(name: str, email: str, message: str, department: str | None = None) -> Exchange[str]:
    """Leave words where nobody is there; answers with Rocket.Chat's confirmation. No room comes of it."""
    body: dict[str, object] = {"name": name, "email": email, "message": message}
    if department:
        body["department"] = department
    answer = yield from send("POST", livechat("offline.message"), body)
    return text_or_none(answer, "message") or ""


def _custom_field(key: str, value: str) -> dict[str, object]:
    return {"key": key, "value": value, "overwrite": True}
