"""Does RapidPro take agents' words, and is it set up as the channel is?"""

from typing import Final

from channel.core.checks.finding import Check, Finding, doubtful, fine, not_checked, wrong
from channel.core.values import dataclass

#: calls of RapidPro's API in an hour: what 9.0 has for a whole RapidPro workspace, the least there is
HOURLY: Final = 2500
_MAKE_ONE: Final = (
    "make a token in RapidPro as an editor or administrator, and give it with `live-agents channels edit CHANNEL "
    "--rapidpro-token-file FILE`"
)
FORM: Final = (
    "see the External channel's UUID in the address of its page in RapidPro: `live-agents channels edit CHANNEL "
    "--rapidpro-channel UUID`"
)


def receive(*, via_api: bool, channel: str | None, code: str, said: str) -> Finding:
    """`code`, `said`: how courier answers a call without a sender, from which no message comes."""
    check = Check.RECEIVE
    if via_api:
        return fine(check, "replies go by RapidPro's API: no callback is needed")
    if channel is None and code == "channel_not_found":
        advice = f"send one message through the External channel: with it RapidPro names it. Or {FORM}"
        return not_checked(check, "RapidPro answers, and has not named its External channel yet", advice)
    if code == "no_sender":
        return fine(check, "RapidPro's callback (receive) answers, and knows the External channel")
    if code == "channel_not_found":
        return wrong(check, "RapidPro's callback (receive) knows no External channel of this UUID", FORM)
    if code == "wrong_channel_type":
        return wrong(check, "the channel of this UUID is no External API channel", FORM)
    advice = (
        "see that RapidPro runs there, and that `live-agents channels edit CHANNEL --rapidpro-url URL` names the "
        "domain of its callback URLs"
    )
    return wrong(check, f"RapidPro's callback (receive) does not answer as it should: {said}", advice)


@dataclass(frozen=True, slots=True)
class Token:
    """What RapidPro's API says to the channel's token. `trouble`: why it says nothing."""

    workspace: str = ""
    anonymous: bool = False
    refused: bool = False
    throttled: float = 0.0  #: seconds until it may be asked again
    trouble: str = ""


def api_token(token: Token | None, *, needed: bool) -> Finding:
    """`token`: None where the channel has none; `needed`: replies go by the API."""
    check = Check.API_TOKEN
    if token is None and needed:
        return wrong(check, "replies go by RapidPro's API, and the channel has no token for it: they wait", _MAKE_ONE)
    if token is None:
        return not_checked(check, "the channel has no token for RapidPro's API, and needs none", _MAKE_ONE)
    if token.refused:
        return wrong(check, "RapidPro does not take the channel's API token", _MAKE_ONE)
    if token.throttled:
        return not_checked(check, "RapidPro's API wants a pause")
    if token.trouble:
        advice = "see that RapidPro's API answers at the channel's URL, below /api/v2/"
        return wrong(check, f"RapidPro's API does not answer as it should: {token.trouble}", advice)
    hidden = ", which shows nobody's addresses" if token.anonymous else ""
    return fine(check, f"the token opens the RapidPro workspace {token.workspace}{hidden}")


def api_channel(uuid: str | None, type: str | None) -> Finding:
    """`type`: of the channel of this UUID in the workspace that the token opens; None if it has none."""
    check = Check.API_CHANNEL
    if uuid is None:
        return not_checked(check, "RapidPro has not named its External channel yet")
    if type is None:
        advice = f"give a token of the RapidPro workspace that has the External channel, or {FORM}"
        return wrong(check, "the RapidPro workspace that the token opens has no channel of this UUID", advice)
    if type != "external":
        return wrong(check, f"the channel of this UUID is no External API channel, but of the type {type}", FORM)
    return fine(check, "the External channel is in the RapidPro workspace that the token opens")


def api_throttle(token: Token | None, busiest: int) -> Finding:
    """`busiest`: replies by the API in the busiest hour lately."""
    check = Check.API_THROTTLE
    advice = "have who hosts RapidPro raise the workspace's API rates, or set up LIVE_AGENTS_RAPIDPRO_RATE below them"
    if token is None:
        return not_checked(check, "the channel has no token for RapidPro's API")
    if token.throttled:
        return wrong(check, f"RapidPro's API is over its rate, and wants a pause of {token.throttled:.0f} s", advice)
    if token.trouble or token.refused:
        return not_checked(check, "RapidPro's API does not answer")
    said = f"RapidPro's API takes {HOURLY} calls an hour or more; the busiest hour had {busiest} replies"
    return doubtful(check, said, advice) if busiest * 2 > HOURLY else fine(check, said)


@dataclass(frozen=True, slots=True)
class Routes:
    """Of contacts whose chats are over: how many were looked at, and how many have our channel first."""

    looked_at: int
    diverted: int
    can_send: bool  #: RapidPro is known to send through the External channel


def roles(*, set_up: str, via_api: bool, routes: Routes | None, because: str = "") -> Finding:
    """`routes`: None where they could not be looked at, `because` of what."""
    check = Check.ROLES
    if set_up == "a" and via_api:
        return fine(check, "replies go by RapidPro's API: they divert nothing")
    if routes is None:
        return not_checked(check, because, "docs/rapidpro/set-ups.md says which roles the External channel needs")
    if routes.diverted and not routes.can_send:
        because = "RapidPro's API does not tell roles, and has sent nothing through the External channel lately"
        return not_checked(check, because, "see that the External channel has no Send role in RapidPro")
    if routes.diverted:
        advice = (
            "have the flow that the External channel triggers set the contact's channel back before it sends; where no "
            "flow sends through the External channel, take its Send role away"
        )
        diverted = f"RapidPro would answer {routes.diverted} through Live Agents, not on their own channel"
        return wrong(check, f"of {_contacts(routes.looked_at)} whose chat is over, {diverted}", advice)
    return fine(check, f"of {_contacts(routes.looked_at)} whose chat is over, none is answered through Live Agents")


def _contacts(count: int) -> str:
    return "1 contact" if count == 1 else f"{count} contacts"
