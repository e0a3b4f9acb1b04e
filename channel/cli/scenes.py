"""The demo's conversations, one for each set-up: every line is printed when that side has seen it."""

import json
from typing import Any, Final

from channel.cli.saying import Wrong, say
from channel.cli.stage import AGENT, AGENT_NAME, KEYWORD, Stage
from channel.core.notices import Kind, Notice, Said, render
from channel.core.options import Options
from channel.sandbox.rapidpro import LIVE_CHAT
from channel.sandbox.rapidpro.records import Message

QUESTION: Final = "Hello, my card is blocked 🙁 Can you help?"
ANSWER: Final = "Hello Ana, I am João. Which card is it: debit or credit?"
REPLY: Final = "The debit card"
SOLUTION: Final = "I have unblocked it. It works again in five minutes."


async def flows_and_api(stage: Stage) -> None:
    """Set-up a: a keyword, the hand-off, words both ways, the end."""
    line("WhatsApp", f"Ana writes: {KEYWORD}")
    await stage.rapidpro.person_writes(stage.person, KEYWORD)
    await stage.rapidpro.until(lambda rp: LIVE_CHAT in stage.person.groups)
    line("RapidPro", f"the flow calls registerClient: queued; Ana is in the group {LIVE_CHAT}")
    await _reads(stage, _notice(Said.CONNECTING))
    room = await _agents_see(stage, "[About this chat]")
    await stage.rocketchat.take(room, AGENT)
    line("Rocket.Chat", "João takes the chat")
    await _reads(stage, _notice(Notice.TAKEN, agent=AGENT_NAME))
    await _passed_on(stage, QUESTION)
    await _answered_by_api(stage, room, ANSWER)
    await _passed_on(stage, REPLY)
    await _answered_by_api(stage, room, SOLUTION)
    await _closed(stage, room)
    await stage.rapidpro.until(lambda rp: LIVE_CHAT not in stage.person.groups)
    line("RapidPro", f"Ana is no longer in the group {LIVE_CHAT}")
    came_in = [message.text for message in stage.rapidpro.incoming()]
    if came_in != [KEYWORD, QUESTION, REPLY] or _said(stage)[1:] != [QUESTION, REPLY]:
        raise Wrong("an agent's words came back")
    say("\nThe answers arrived on Ana's own WhatsApp, and none came back to RapidPro or to the agent.")


async def external_both_ways(stage: Stage) -> None:
    """Set-up b: words both ways through the External channel, the end."""
    room = await _sent_through_channel(stage, QUESTION)
    await stage.rocketchat.take(room, AGENT)
    line("Rocket.Chat", "João takes the chat")
    await stage.rapidpro.until(lambda rp: [m for m in rp.outgoing(stage.external) if m.status == "delivered"])
    line("RapidPro", "the message's status is delivered: an agent has the room")
    await _reads(stage, _notice(Notice.TAKEN, agent=AGENT_NAME))
    await _answered_by_channel(stage, room, ANSWER)
    await _sent_through_channel(stage, REPLY)
    await _answered_by_channel(stage, room, SOLUTION)
    await _closed(stage, room)
    went_out = {message.text for message in stage.rapidpro.outgoing(stage.external)}
    if went_out != {QUESTION, REPLY} or _said(stage) != [QUESTION, REPLY]:
        raise Wrong("an agent's words came back to the External channel")
    say("\nThe answers arrived on Ana's own WhatsApp, and none came back to the External channel.")


def line(who: str, what: str) -> None:
    first, *more = what.splitlines()
    say("\n".join((f"{who:<12}  {first}", *(f"{'':<14}{each}" for each in more))))


def visitors_words(stage: Stage) -> list[Any]:
    """What the agents read as the contact's, what they are shown first included."""
    return [m for m in stage.rocketchat.messages.values() if m.token is not None and m.kind is None]


def _said(stage: Stage) -> list[str]:
    return [message.text for message in visitors_words(stage)]


def _notice(kind: Kind, **values: str) -> str:
    return render(kind, "", Options(), **values)


async def _passed_on(stage: Stage, text: str) -> None:
    """From the telephone to the agent's desk, by a flow's call."""
    line("WhatsApp", f"Ana writes: {text}")
    await stage.rapidpro.person_writes(stage.person, text)
    line("RapidPro", "the flow calls sendMessageToAgent")
    await _agents_see(stage, text)


async def _sent_through_channel(stage: Stage, text: str) -> str:
    """From the telephone to the agent's desk, by the send URL. Returns the room."""
    line("WhatsApp", f"Ana writes: {text}")
    await stage.rapidpro.person_writes(stage.person, text)
    sent = await stage.rapidpro.until(lambda rp: _wired(stage, text))
    attempt = sent.attempts[-1]
    line("RapidPro", f"the flow sends it through the External channel: {attempt.method} → {attempt.status}")
    line("Live Agents", f"has stored it: {attempt.answer.strip()}")
    return await _agents_see(stage, text)


async def _agents_see(stage: Stage, text: str) -> str:
    """Until they do. Returns the room."""
    seen = await stage.rocketchat.until(
        lambda rc: next((m for m in visitors_words(stage) if m.text.startswith(text)), None)
    )
    line("Rocket.Chat", f"the agents see, in room {seen.rid}: {seen.text}")
    return str(seen.rid)


async def _answered_by_api(stage: Stage, room: str, text: str) -> None:
    """From the agent's desk to the telephone, by RapidPro's API."""
    await _agent_writes(stage, room, text)
    status = await stage.rapidpro.until(lambda rp: _answered(stage, text))
    line("RapidPro", f"is asked to send it: POST messages.json → {status}")
    await _reads(stage, text)


async def _answered_by_channel(stage: Stage, room: str, text: str) -> None:
    """From the agent's desk to the telephone, by the External channel and the flow behind it."""
    await _agent_writes(stage, room, text)
    urn = await stage.rapidpro.until(lambda rp: _heard_from(stage, text))
    line("RapidPro", f"receives it from {urn}; the relay flow passes it on")
    await _reads(stage, text)


async def _agent_writes(stage: Stage, room: str, text: str) -> None:
    await stage.rocketchat.write(room, AGENT, text)
    line("Rocket.Chat", f"João writes: {text}")
    hook = await stage.rocketchat.until(lambda rc: _hook(stage, text))
    line("Live Agents", f"has stored the webhook's {hook.type}: {hook.status}, no body")


async def _closed(stage: Stage, room: str) -> None:
    await stage.rocketchat.close(room, AGENT, "Solved, thank you")
    line("Rocket.Chat", "João closes the chat")
    await _reads(stage, _notice(Notice.CLOSED))


async def _reads(stage: Stage, text: str) -> None:
    await stage.rapidpro.until(lambda rp: text in rp.phone(stage.person))
    line("WhatsApp", f"Ana reads: {text}")


def _wired(stage: Stage, text: str) -> Message | None:
    """The outgoing message of these words, once RapidPro counts it as wired or further."""
    done = {"wired", "sent", "delivered"}
    return next((m for m in stage.rapidpro.outgoing(stage.external) if m.text == text and m.status in done), None)


def _answered(stage: Stage, text: str) -> int | None:
    """The status with which RapidPro's API took these words."""
    asked = (r for r in stage.rapidpro.requests if r.method == "POST" and r.action == "messages")
    return next((r.answer.status for r in asked if r.answer and json.loads(r.body).get("text") == text), None)


def _heard_from(stage: Stage, text: str) -> str | None:
    """Whose words they are to RapidPro."""
    heard = (m for m in stage.rapidpro.incoming(stage.external) if m.text == text)
    return next((m.urn.identity for m in heard if m.urn), None)


def _hook(stage: Stage, text: str) -> Any:
    return next(
        (a for a in stage.rocketchat.webhooks if a.status and any(m.get("msg") == text for m in a.body["messages"])),
        None,
    )
