"""The two ways a RapidPro workspace is wired to a bridge, as flow builders make them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .flows import Flow, Run
from .rapidpro import RapidPro
from .records import Channel, External

LIVE_CHAT = "Live chat"


@dataclass(frozen=True)
class SetUpA:
    """Flows and API: no second URN, nothing diverted."""

    phones: Channel
    #: Starts a chat with an agent.
    hand_off: Flow
    #: Passes on what a contact in the group `Live chat` writes.
    relay: Flow


@dataclass(frozen=True)
class SetUpB:
    """External channel both ways: what people write goes out by it, and agents' words come in by it."""

    phones: Channel
    external: Channel


def set_up_a(
    rapidpro: RapidPro,
    live_agents_url: str,
    authorization: str,
    *,
    keyword: str = "agent",
    department: str = "",
    registration: Mapping[str, Any] | None = None,
    phones: Channel | None = None,
) -> SetUpA:
    """A keyword hands the contact over; while they are in the group `Live chat`, all they write goes to the agent.

    `registration` is added to the body of `registerClient`. The bridge takes the contact out of the group when the
    chat ends.
    """
    headers = {"Authorization": authorization}

    def about(run: Run) -> dict[str, Any]:
        contact = run.contact
        named = {"uuid": contact.uuid, "name": contact.name, "urn": run.urn, "language": contact.language}
        return {"contact": named} | ({"department": department} if department else {})

    async def hand_off(run: Run) -> None:
        body = about(run) | dict(registration or {})
        answer = await run.call_webhook(f"{live_agents_url}/registerClient", body, headers=headers)
        outcome = answer.json if answer.ok and isinstance(answer.json, dict) else {}
        if outcome.get("outcome") in {"queued", "already_open"}:
            run.add_to_group(LIVE_CHAT)
        run.send_msg(outcome.get("message") or "No agent can be reached now.")

    async def relay(run: Run) -> None:
        answer = await run.call_webhook(
            f"{live_agents_url}/sendMessageToAgent", about(run) | _words(run), headers=headers
        )
        if not answer.ok or not isinstance(answer.json, dict):
            run.send_msg("Your message could not be passed on.")
            return
        if answer.json.get("outcome") == "closed":
            run.remove_from_group(LIVE_CHAT)
        if answer.json.get("outcome") != "accepted" and (message := answer.json.get("message")):
            run.send_msg(message)

    phones = phones or rapidpro.add_phone_channel()
    rapidpro.on_message(hand_off, keyword=keyword, exclude_group=LIVE_CHAT)
    rapidpro.on_message(relay, group=LIVE_CHAT)
    return SetUpA(phones, hand_off, relay)


def set_up_b(
    rapidpro: RapidPro,
    external: External,
    *,
    scheme: str = "ext",
    uuid: str = "",
    address: str = "livechat",
    returns_to_phone: bool = True,
    phones: Channel | None = None,
) -> SetUpB:
    """All that people write on their phone goes out by the External channel, and what comes in by it to their phone.

    The External channel keeps its Send role, so an agent's message draws the contact's replies to it. The relay flow
    therefore sets the contact's channel back before it sends; without `returns_to_phone` it does not, and the agent's
    words go back to where they came from.
    """
    phone_channel = phones or rapidpro.add_phone_channel()
    channel = rapidpro.add_external_channel(external, scheme=scheme, uuid=uuid, address=address)

    async def to_agent(run: Run) -> None:
        run.add_contact_urn(scheme, run.contact.uuid)
        run.set_contact_channel(channel)
        run.send_msg(run.input)
        run.set_contact_channel(phone_channel)

    async def agent_says(run: Run) -> None:
        if returns_to_phone:
            run.set_contact_channel(phone_channel)
        run.send_msg(run.text)

    rapidpro.on_message(to_agent, channel=phone_channel)
    rapidpro.on_message(agent_says, channel=channel)
    return SetUpB(phone_channel, channel)


def _words(run: Run) -> dict[str, Any]:
    """The body flow builders are advised to send: the contact's own words, uncut, with what is attached."""
    words: dict[str, Any] = {"results": {"clientmessage": {"value": run.text}}}
    if run.message is None:
        return words
    attachments = [attachment.partition(":")[::2] for attachment in run.message.attachments]
    return words | {
        "message": {
            "uuid": run.message.uuid,
            "text": run.text,
            "created_on": run.message.created_on.isoformat(),
            "attachments": [{"content_type": content_type, "url": url} for content_type, url in attachments],
        }
    }
