"""Routes of ours, beneath `/_sandbox/`, by which curl can play an agent."""

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .desk import Desk
from .documents import of_message
from .errors import Refused
from .records import Room

#: What an agent does, given the room and the request's JSON object.
Part = Callable[[Desk, str, dict[str, str]], Awaitable[dict[str, str]]]


async def _take(desk: Desk, rid: str, given: dict[str, str]) -> dict[str, str]:
    await desk.take(rid, given["agent"])
    return {}


async def _write(desk: Desk, rid: str, given: dict[str, str]) -> dict[str, str]:
    return {"id": await desk.write(rid, given["agent"], given["text"])}


async def _edit(desk: Desk, rid: str, given: dict[str, str]) -> dict[str, str]:
    await desk.edit(given["id"], given["agent"], given["text"])
    return {}


async def _close(desk: Desk, rid: str, given: dict[str, str]) -> dict[str, str]:
    await desk.close(rid, given["agent"], given.get("text", ""))
    return {}


async def _forward(desk: Desk, rid: str, given: dict[str, str]) -> dict[str, str]:
    """Forward to an agent (`to`) or to a department (`department`)."""
    if "department" in given:
        await desk.forward_to_department(rid, given["agent"], given["department"])
    else:
        await desk.forward_to_agent(rid, given["agent"], given["to"])
    return {}


async def _join(desk: Desk, rid: str, given: dict[str, str]) -> dict[str, str]:
    await desk.join(rid, given["agent"])
    return {}


async def _hold(desk: Desk, rid: str, given: dict[str, str]) -> dict[str, str]:
    await desk.put_on_hold(rid, given["agent"])
    return {}


async def _resume(desk: Desk, rid: str, given: dict[str, str]) -> dict[str, str]:
    await desk.resume(rid)
    return {}


async def _return(desk: Desk, rid: str, given: dict[str, str]) -> dict[str, str]:
    await desk.return_to_queue(rid, given["agent"])
    return {}


async def _call(desk: Desk, rid: str, given: dict[str, str]) -> dict[str, str]:
    return {"id": await desk.offer_call(rid, given["agent"])}


_PARTS: dict[str, Part] = {
    "take": _take,
    "write": _write,
    "edit": _edit,
    "close": _close,
    "forward": _forward,
    "join": _join,
    "hold": _hold,
    "resume": _resume,
    "return": _return,
    "call": _call,
}


def control_routes(desk: Desk) -> list[Route]:
    """Return the routes; a body is a small JSON object such as `{"agent": "joao.agent", "text": "Hello"}`."""

    async def list_rooms(request: Request) -> Response:
        return JSONResponse({"rooms": [_shown(desk, room) for room in desk.workspace.rooms.values() if room.open]})

    async def play(request: Request) -> Response:
        part = _PARTS.get(request.path_params["part"])
        if part is None:
            return JSONResponse({"error": f"one of {', '.join(_PARTS)}"}, HTTPStatus.NOT_FOUND)
        return await _played(desk, part, request)

    return [Route("/_sandbox/rooms", list_rooms), Route("/_sandbox/rooms/{rid}/{part}", play, methods=["POST"])]


async def _played(desk: Desk, part: Part, request: Request) -> Response:
    try:
        given = json.loads(await request.body() or b"{}")
        return JSONResponse(await part(desk, request.path_params["rid"], given))
    except KeyError as missing:
        return JSONResponse({"error": f"unknown or missing: {missing}"}, HTTPStatus.BAD_REQUEST)
    except ValueError as error:
        return JSONResponse({"error": f"not JSON: {error}"}, HTTPStatus.BAD_REQUEST)
    except Refused as refused:
        return JSONResponse(refused.body(desk.workspace.profile), refused.status)


def _shown(desk: Desk, room: Room) -> dict[str, Any]:
    messages = [of_message(message) for message in desk.workspace.messages_of(room.id)]
    return {
        "rid": room.id,
        "visitor": room.name,
        "agent": room.served_by.username if room.served_by else None,
        "messages": [
            {key: message[key] for key in ("_id", "ts", "u", "t", "msg") if key in message} for message in messages
        ],
    }
