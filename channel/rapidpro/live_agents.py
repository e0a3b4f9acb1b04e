"""What RapidPro's flows call: the live-agents API. A flow waits for the answer, so it is given at once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channel.core import limits
from channel.core.addresses import ByContact
from channel.core.answers import Answer, Call
from channel.core.events import AgentAsked, CloseAsked, FlowEvent, Presence
from channel.core.simulating import names
from channel.core.values import dataclass
from channel.rapidpro.wire import flows
from channel.web import auth, bodies
from channel.web.answering import within
from channel.web.errors import Refusal

#: a flow gives up after 15 s, and from 10 s on RapidPro complains to its owners
ANSWER_SECONDS: Final = 8.0


@dataclass(frozen=True, slots=True)
class FlowChannel:
    """What the API has to know of the channel whose token a flow shows."""

    id: UUID
    token_hashes: tuple[str | None, ...]
    scheme: str


@dataclass(frozen=True, slots=True)
class Verbs:
    """What the API does, as it is given it."""

    channel_of: Callable[[str], Awaitable[FlowChannel | None]]  #: by the token that is shown
    presence: Callable[[UUID, str], Awaitable[Presence]]  #: of a department of the channel
    ask: Callable[[FlowEvent], Awaitable[Answer]]  #: committed on return
    availability: Callable[[UUID, str, Presence, str], Awaitable[Answer]]  #: department, and language of the answer
    simulate: Callable[[UUID, Call, str, str, str], Awaitable[Answer | None]]  #: outcome, department and language


def unauthorized() -> Refusal:
    """A new one each time: an error that is raised again keeps what it was raised from before."""
    return Refusal(
        401,
        "unauthorized",
        "The Authorization header is not the live-agents token that `live-agents connect` printed for a channel.",
    )


def routes(guard: auth.Guard, verbs: Verbs) -> list[auth.RuledRoute]:
    calls = _Calls(guard, verbs)
    table = (
        ("POST", "registerClient", calls.register),
        ("POST", "sendMessageToAgent", calls.message),
        ("GET", "availability", calls.availability),
        ("DELETE", "session/user/{contact_uuid}", calls.close),
        ("POST", "session/user/{contact_uuid}/survey", calls.survey),
    )
    return [
        auth.RuledRoute(f"/live-agents/{path}", _timely(call), caller=auth.Caller.FLOW, methods=[method])
        for method, path, call in table
    ]


class _Calls:
    """Each call: who asks, what they say, what is answered. Nothing is stored before it is known who asks."""

    def __init__(self, guard: auth.Guard, verbs: Verbs) -> None:
        self._guard = guard
        self._verbs = verbs

    async def register(self, request: Request) -> Response:
        """A contact is handed to agents."""
        channel = await self._authenticated(request)
        body, key = await _body(request), _key(request)
        asking = flows.register(channel.id, channel.scheme, body, own_id=_own_id(), idempotency_key=key)
        told = asking.introduced
        if simulated := await self._simulated(request, channel, Call.REGISTER, told.department, told.language):
            return simulated
        presence = await self._verbs.presence(channel.id, told.department)
        return _said(await self._verbs.ask(AgentAsked(asking.address, told, presence, asking.key, asking.first)))

    async def message(self, request: Request) -> Response:
        """What the contact wrote is passed on."""
        channel = await self._authenticated(request)
        body, key = await _body(request), _key(request)
        said = flows.message(channel.id, channel.scheme, body, own_id=_own_id(), idempotency_key=key)
        told = said.introduced
        if simulated := await self._simulated(request, channel, Call.MESSAGE, told.department, told.language):
            return simulated
        return _said(await self._verbs.ask(said))

    async def availability(self, request: Request) -> Response:
        """Is anybody there?"""
        channel = await self._authenticated(request)
        department = request.query_params.get("department", "").strip()
        language = request.query_params.get("language", "").strip()
        if simulated := await self._simulated(request, channel, Call.AVAILABILITY, department, language):
            return simulated
        presence = await self._verbs.presence(channel.id, department)
        return _said(await self._verbs.availability(channel.id, department, presence, language))

    async def close(self, request: Request) -> Response:
        """The contact's room is closed."""
        channel = await self._authenticated(request)
        contact = ByContact(channel.id, flows.contact_uuid(request.path_params["contact_uuid"]), begins=False)
        if simulated := await self._simulated(request, channel, Call.CLOSE):
            return simulated
        presence = await self._verbs.presence(channel.id, "")
        return _said(await self._verbs.ask(CloseAsked(contact, presence)))

    async def survey(self, request: Request) -> Response:
        """What the contact thinks of the chat."""
        channel = await self._authenticated(request)
        rated = flows.rating(channel.id, request.path_params["contact_uuid"], await _body(request))
        if simulated := await self._simulated(request, channel, Call.SURVEY):
            return simulated
        return _said(await self._verbs.ask(replace(rated, address=replace(rated.address, begins=False))))

    async def _authenticated(self, request: Request) -> FlowChannel:
        shown = auth.shown_token(request)
        channel = await self._verbs.channel_of(shown)
        refused = unauthorized()
        await self._guard.require(request, shown, channel.token_hashes if channel else None, refusal=refused)
        if channel is None:
            raise refused
        return channel

    async def _simulated(
        self, request: Request, channel: FlowChannel, call: Call, department: str = "", language: str = ""
    ) -> Response | None:
        """RapidPro's simulator really calls: it gets the outcome its flow builder asks for, and nothing comes of it."""
        if request.headers.get("x-mailroom-mode", "").strip().lower() != "simulation":
            return None
        wanted = request.headers.get("x-simulate", "").strip()
        answer = await self._verbs.simulate(channel.id, call, wanted, department, language)
        if answer is None:
            raise Refusal(400, "unknown_outcome", f"X-Simulate is none of {', '.join(names(call))}.")
        return _said(answer)


def _timely(call: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def answering(request: Request) -> Response:
        async with within(request, ANSWER_SECONDS):
            return await call(request)

    return answering


def _said(answer: Answer) -> Response:
    fields: Mapping[str, object] = {
        "outcome": answer.outcome.value,
        "message": answer.message,
        "reason": answer.reason.value if answer.reason else None,
        "certain": answer.certain,
        "department": answer.department or None,
        "next_open": answer.next_open.isoformat() if answer.next_open else None,
        "max_wait": answer.max_wait,
    }
    return JSONResponse({name: value for name, value in fields.items() if value is not None})


def _key(request: Request) -> str | None:
    return request.headers.get("idempotency-key") or request.headers.get("x-idempotency-key")


def _own_id() -> str:
    """For words that come without an id: equal ones are words again."""
    return f"unnamed-{uuid4().hex}"


async def _body(request: Request) -> bytes:
    return await bodies.small(request, limits.SEND_BYTES)
