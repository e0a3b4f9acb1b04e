"""demo: a conversation of a contact and an agent, both ways, printed as it happens."""

import asyncio
from typing import Annotated, Any

import typer

from channel import logs
from channel.cli.saying import Wrong, one_of, run, say
from channel.cli.stage import AGENT, Stage, set_stage
from channel.serving import stop_on_signals
from channel.settings import Settings

#: in seconds; whoever leaves the demo running longer than that with nothing happening has gone
DAY = 86_400
QUESTION = "Hello, my card is blocked 🙁 Can you help?"
ANSWER = "Hello Ana, I am João. Which card is it: debit or credit?"
REPLY = "The debit card"
SOLUTION = "I have unblocked it. It works again in five minutes."


def demo(
    set_up: Annotated[str, typer.Option(help="a (flows and API) or b (External channel both ways)")] = "b",
    once: Annotated[bool, typer.Option("--once", help="end after the conversation")] = False,
) -> None:
    """Run everything on this machine, with both peers simulated, and have a conversation."""
    if one_of("--set-up", set_up, ("a", "b")) == "a":
        raise Wrong("set-up a needs the live-agents API, which is not there yet: use --set-up b")
    settings = Settings.from_env()
    # Rows of a demonstration have no business in anybody's database.
    own = settings.model_copy(update={"database_url": None, "secret_keys": (), "data_dir": settings.data_dir / "demo"})
    logs.configure("WARNING", as_json=False)
    run(_demo(own, once=once))


async def _demo(settings: Settings, *, once: bool) -> None:
    stop = asyncio.Event()
    with stop_on_signals(stop):
        async with set_stage(settings) as stage:
            _introduce(stage)
            await _converse(stage)
            if not once:
                await _let_try(stage, stop)


def _introduce(stage: Stage) -> None:
    say("A contact on WhatsApp, an agent in Rocket.Chat, and the bridge between them (set-up b).\n")
    say(f"  RapidPro, simulated     {stage.rapidpro_url}")
    say(f"  Live Agents             {stage.bridge_url}")
    say(f"  Rocket.Chat, simulated  {stage.rocketchat_url}\n")


async def _converse(stage: Stage) -> None:
    """One message each way, and one more: each line is printed when that side has seen it."""
    room = await _contact_writes(stage, QUESTION)
    await stage.rocketchat.take(room, AGENT)
    _line("Rocket.Chat", "João takes the chat")
    await _status(stage, "delivered")
    await _agent_writes(stage, room, ANSWER)
    await _contact_writes(stage, REPLY)
    await _agent_writes(stage, room, SOLUTION)
    await stage.rocketchat.close(room, AGENT, "Solved, thank you")
    _line("Rocket.Chat", "João closes the chat")
    strayed = [m for m in stage.rapidpro.outgoing(stage.channels.external) if m.text in {ANSWER, SOLUTION}]
    if strayed:
        raise Wrong("an agent's words came back to the External channel")
    say("\nThe answers arrived on Ana's own WhatsApp, and none came back to the External channel.")


async def _contact_writes(stage: Stage, text: str) -> str:
    """From the telephone to the agent's desk. Returns the room."""
    _line("WhatsApp", f"Ana writes: {text}")
    await stage.rapidpro.person_writes(stage.person, text)
    sent = await stage.rapidpro.until(lambda rp: _sent(stage, text))
    attempt = sent.attempts[-1]
    _line("RapidPro", f"the flow sends it through the External channel: {attempt.method} → {attempt.status}")
    _line("Live Agents", f"has stored it: {attempt.answer.strip()}")
    seen = await stage.rocketchat.until(lambda rc: _of_visitor(stage, text))
    _line("Rocket.Chat", f"the agents see, in room {seen.rid}: {seen.text}")
    return str(seen.rid)


async def _agent_writes(stage: Stage, room: str, text: str) -> None:
    """From the agent's desk to the telephone."""
    await stage.rocketchat.write(room, AGENT, text)
    _line("Rocket.Chat", f"João writes: {text}")
    hook = await stage.rocketchat.until(lambda rc: _hook(stage, text))
    _line("Live Agents", f"has stored the webhook's {hook.type}: {hook.status}, no body")
    heard = await stage.rapidpro.until(lambda rp: _heard(stage, text))
    _line("RapidPro", f"receives it from {heard.urn.identity}; the relay flow passes it on")
    await stage.rapidpro.until(lambda rp: text in rp.phone(stage.person))
    _line("WhatsApp", f"Ana reads: {text}")


async def _status(stage: Stage, status: str) -> None:
    await stage.rapidpro.until(lambda rp: [m for m in rp.outgoing(stage.channels.external) if m.status == status])
    _line("RapidPro", f"the message's status is {status}: an agent has the room")


async def _let_try(stage: Stage, stop: asyncio.Event) -> None:
    """Until Ctrl-C: say what to try, and what happens when somebody does."""
    person = f"{stage.rapidpro_url}/_sandbox/contacts/{stage.person.uuid}"
    desk = f"{stage.rocketchat_url}/_sandbox/rooms"
    as_agent = f"""'{{"agent": "{AGENT}", "text": "How can I help?"}}'"""
    say(f"""
Try it by hand; Ctrl-C ends it.

  as Ana, write       curl {person}/write -d '{{"text": "Hello again"}}'
  as the agent, look  curl {desk}
  take a chat         curl {desk}/ROOM/take -d '{{"agent": "{AGENT}"}}'
  answer              curl {desk}/ROOM/write -d {as_agent}
  close it            curl {desk}/ROOM/close -d '{{"agent": "{AGENT}", "text": "Solved"}}'
  Ana's telephone     curl {person}/phone
""")
    watching = [asyncio.create_task(_watch_agents(stage)), asyncio.create_task(_watch_phone(stage))]
    await stop.wait()
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)


async def _watch_agents(stage: Stage) -> None:
    seen = _visitors_words(stage)
    while True:
        new = await stage.rocketchat.until(lambda rc: _visitors_words(stage)[len(seen) :], timeout=DAY)
        for message in new:
            _line("Rocket.Chat", f"the agents see, in room {message.rid}: {message.text}")
        seen.extend(new)


async def _watch_phone(stage: Stage) -> None:
    seen = list(stage.rapidpro.phone(stage.person))
    while True:
        new = await stage.rapidpro.until(lambda rp: rp.phone(stage.person)[len(seen) :], timeout=DAY)
        for text in new:
            _line("WhatsApp", f"Ana reads: {text}")
        seen.extend(new)


def _sent(stage: Stage, text: str) -> Any:
    """The outgoing message of these words, once RapidPro counts it as wired or further."""
    done = {"wired", "sent", "delivered"}
    return next(
        (m for m in stage.rapidpro.outgoing(stage.channels.external) if m.text == text and m.status in done), None
    )


def _visitors_words(stage: Stage) -> list[Any]:
    return [m for m in stage.rocketchat.messages.values() if m.token is not None and m.kind is None]


def _of_visitor(stage: Stage, text: str) -> Any:
    return next((m for m in _visitors_words(stage) if m.text == text), None)


def _hook(stage: Stage, text: str) -> Any:
    return next(
        (a for a in stage.rocketchat.webhooks if a.status and any(m.get("msg") == text for m in a.body["messages"])),
        None,
    )


def _heard(stage: Stage, text: str) -> Any:
    return next((m for m in stage.rapidpro.incoming(stage.channels.external) if m.text == text), None)


def _line(who: str, what: str) -> None:
    say(f"{who:<12}  {what}")
