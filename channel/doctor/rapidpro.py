"""One channel's RapidPro: courier's callback, and the API where there is a token for it."""

from typing import Final, TypeVar

from channel.core.checks import clocks
from channel.core.checks import rapidpro as judge
from channel.core.checks.finding import Check, Finding, Heard, not_checked
from channel.core.checks.rapidpro import Routes, Token
from channel.core.clean import clean
from channel.core.errors import ChannelError, DeliveryError, Waiting
from channel.core.exchange import Exchange, Request
from channel.doctor.asking import reply
from channel.doctor.premises import Premises
from channel.rapidpro.wire import api, api_contacts, api_workspace, courier
from channel.store import examining
from channel.store.examining import Busiest, Examined, Over

T = TypeVar("T")

#: nobody's channel: courier says that there is none, and so that it is courier
_NOBODYS: Final = "00000000-0000-4000-8000-000000000000"


async def rapidpro(premises: Premises, channel: Examined, busiest: Busiest) -> list[Finding]:
    """All that is to be looked at in the channel's RapidPro."""
    heard = await _callback(premises, channel)
    code, said = _answer(heard)
    called = await _workspace(premises, channel)
    token = _token(called) if called else None
    now = await premises.now()
    date = heard.headers.get("date") or (called.headers.get("date") if called else None)
    return [
        judge.receive(via_api=channel.via_api, channel=channel.rapidpro_channel, code=code, said=said),
        judge.api_token(token, needed=channel.via_api),
        await _channel(premises, channel, token),
        judge.api_throttle(token, busiest.replies if channel.via_api else 0),
        await _roles(premises, channel, token, busiest),
        clocks.clock(Check.CLOCK_RAPIDPRO, "RapidPro", date, now),
    ]


async def _callback(premises: Premises, channel: Examined) -> Heard:
    """Call `receive` without a sender: courier looks for the channel, says what is missing, and makes no message."""
    if channel.via_api:
        return Heard(trouble="replies go by the API")
    path = f"/c/ex/{(channel.rapidpro_channel or _NOBODYS).lower()}/receive"
    return await premises.asking.hear(channel.rapidpro_url, Request("POST", path, form={"text": ""}))


def _answer(heard: Heard) -> tuple[str, str]:
    """What courier's answer means, as a code and in words."""
    if heard.trouble:
        return "no_answer", heard.trouble
    if api.succeeded(reply(heard)):
        return "no_courier", f"it answers {heard.status} to what courier would refuse"
    error = courier.failure(reply(heard))
    return error.code, error.message


async def _workspace(premises: Premises, channel: Examined) -> Heard | None:
    if channel.rapidpro_token is None:
        return None
    headers = _headers(channel)
    return await premises.asking.hear(
        channel.rapidpro_url, Request("GET", f"{api.API}/workspace.json", headers=headers)
    )


def _token(heard: Heard) -> Token:
    if heard.trouble:
        return Token(trouble=heard.trouble)
    try:
        found = api_workspace.told(reply(heard))
    except Waiting as waiting:
        return Token(throttled=waiting.seconds)
    except DeliveryError as error:
        return Token(refused=error.code == api.TOKEN_REFUSED, trouble=error.message)
    return Token(found.name, found.anonymous)


async def _channel(premises: Premises, channel: Examined, token: Token | None) -> Finding:
    """Is the External channel in the RapidPro workspace that the token opens?"""
    check = Check.API_CHANNEL
    if channel.via_api and channel.rapidpro_channel is None:
        return not_checked(check, "replies go by RapidPro's API, and there need not be an External channel")
    if why := _unasked(token):
        return not_checked(check, why)
    if channel.rapidpro_channel is None:
        return judge.api_channel(None, None)
    try:
        found = await _ask(premises, channel, api_workspace.find_channel(channel.rapidpro_channel))
    except ChannelError as error:
        return not_checked(check, error.message)
    return judge.api_channel(channel.rapidpro_channel, found.type if found else None)


async def _roles(premises: Premises, channel: Examined, token: Token | None, busiest: Busiest) -> Finding:
    """By what RapidPro would do with a reply to those whose chats are over: the API does not tell roles."""
    routes, because = None, _unasked(token)
    if not because and not channel.via_api:
        routes, because = await _routes(premises, channel, busiest)
    return judge.roles(set_up=channel.set_up, via_api=channel.via_api, routes=routes, because=because)


async def _routes(premises: Premises, channel: Examined, busiest: Busiest) -> tuple[Routes | None, str]:
    over = await examining.lately_over(premises.pool, channel.id)
    if not over:
        return None, "no chat with an answer has ended lately"
    diverted = 0
    for contact in over:
        try:
            first = await _ask(premises, channel, api_contacts.first_channel(named(channel, contact)))
        except ChannelError as error:
            return None, error.message
        diverted += (first or "").lower() == (channel.rapidpro_channel or "").lower()
    return Routes(len(over), diverted, busiest.is_sent_through), ""


def named(channel: Examined, contact: Over) -> str:
    """The contact as the API knows them."""
    return contact.uuid or f"{channel.scheme}:{clean(contact.path)}"


def _unasked(token: Token | None) -> str:
    """Why RapidPro's API cannot be asked; "" where it can."""
    if token is None:
        return "the channel has no token for RapidPro's API"
    if token.throttled:
        return "RapidPro's API wants a pause"
    return "RapidPro's API does not take the token, or does not answer" if token.trouble or token.refused else ""


async def _ask(premises: Premises, channel: Examined, exchange: Exchange[T]) -> T:
    return await premises.asking.learn(channel.rapidpro_url, exchange, _headers(channel))


def _headers(channel: Examined) -> dict[str, str]:
    return {"Authorization": f"Token {channel.rapidpro_token}"}
