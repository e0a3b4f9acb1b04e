"""Routes for a person with curl, below `/_sandbox/`: be the contact, and look at what RapidPro knows."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .memory import Memory
from .records import Contact, Message
from .shapes import contact_json, message_json

Write = Callable[[Contact, str], Awaitable[Message]]


def control_routes(memory: Memory, write: Write) -> list[Route]:
    """`write` is how a contact's own words come in."""

    async def contacts(_: Request) -> Response:
        return JSONResponse([contact_json(contact, memory, expand_urns=True) for contact in memory.contacts])

    async def messages(_: Request) -> Response:
        return JSONResponse([message_json(message, memory) for message in memory.messages])

    async def phone(request: Request) -> Response:
        arrived = [m for m in memory.on_phones if m.contact.uuid == request.path_params["uuid"]]
        return JSONResponse([message.text for message in arrived])

    async def person_writes(request: Request) -> Response:
        contact = memory.contact(request.path_params["uuid"])
        if contact is None:
            return JSONResponse({"error": "there is no such contact"}, 404)
        try:
            text = (await request.json())["text"]
            message = await write(contact, str(text))
        except (ValueError, KeyError, TypeError) as exc:
            return JSONResponse({"error": f"{exc!r}; the body is like {{'text': 'Hello'}}"}, 400)
        return JSONResponse(message_json(message, memory), 201)

    return [
        Route("/_sandbox/contacts", contacts),
        Route("/_sandbox/messages", messages),
        Route("/_sandbox/contacts/{uuid}/phone", phone),
        Route("/_sandbox/contacts/{uuid}/write", person_writes, methods=["POST"]),
    ]
