"""demo: a conversation of a contact and an agent, both ways, printed as it happens."""

import asyncio
import sys
import threading
import webbrowser
from contextlib import AsyncExitStack
from typing import Annotated, Final

import typer

from channel import logs
from channel.cli.saying import Wrong, one_of, run, say
from channel.cli.scenes import external_both_ways, flows_and_api, line, visitors_words
from channel.cli.stage import AGENT, KEYWORD, Stage, set_stage
from channel.core import limits
from channel.core.connecting import REPLY_VIA
from channel.sandbox.page.app import page
from channel.serving import stop_on_signals
from channel.settings import Settings, has_display

#: in seconds; whoever leaves the demo running longer than that with nothing happening has gone
DAY: Final = 86_400
SCENES: Final = {"a": flows_and_api, "b": external_both_ways}


def demo(
    set_up: Annotated[str, typer.Option(help="a (flows and API) or b (External channel both ways)")] = "b",
    once: Annotated[bool, typer.Option("--once", help="end after the conversation")] = False,
) -> None:
    """Run everything on this machine, with both peers simulated, and have a conversation."""
    set_up = one_of("--set-up", set_up, REPLY_VIA)
    settings = Settings.from_env()
    # Rows of a demonstration have no business in anybody's database.
    apart = {"database_url": None, "secret_keys": (), "private_peers": (), "data_dir": settings.data_dir / "demo"}
    own = settings.model_copy(update=apart)
    logs.configure("WARNING", as_json=False)
    run(_demo(own, set_up, once=once))


async def _demo(settings: Settings, set_up: str, *, once: bool) -> None:
    stop = asyncio.Event()
    with stop_on_signals(stop):
        async with AsyncExitStack() as stack:
            stage = await stack.enter_async_context(set_stage(settings, set_up))
            _introduce(stage, set_up)
            if not once:
                _show(await stack.enter_async_context(page(stage.rehearsal())))
            try:
                await SCENES[set_up](stage)
            except TimeoutError:
                raise Wrong("what should have come next did not come in time") from None
            if not once:
                await _let_try(stage, stop)


def _introduce(stage: Stage, set_up: str) -> None:
    say(f"A contact on WhatsApp, an agent in Rocket.Chat, and the bridge between them (set-up {set_up}).\n")
    say(f"  RapidPro, simulated     {stage.rapidpro_url}")
    say(f"  Live Agents             {stage.bridge_url}")
    say(f"  Rocket.Chat, simulated  {stage.rocketchat_url}\n")


def _show(address: str) -> None:
    """Name the page, and open it where somebody sits at a screen."""
    say(f"  A page to try it on     {address}\n")
    if sys.stdout.isatty() and has_display():
        # some browsers hold up whoever opens them until they are closed
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


async def _let_try(stage: Stage, stop: asyncio.Event) -> None:
    """Until Ctrl-C: say what to try, and what happens when somebody does."""
    person = f"{stage.rapidpro_url}/_sandbox/contacts/{stage.person.uuid}"
    desk = f"{stage.rocketchat_url}/_sandbox/rooms"
    as_agent = f"""'{{"agent": "{AGENT}", "text": "How can I help?"}}'"""
    if stage.external is not None:
        await stage.skip(limits.GRACE + 1)
        say("\nTwo minutes pass. What Ana writes so soon after a chat is kept for the next one, and opens none.")
    asking = (
        f"""  ask for an agent    curl {person}/write -d '{{"text": "{KEYWORD}"}}'\n"""
        if stage.external is None
        else ""
    )
    say(f"""
Try it on the page, or by hand; Ctrl-C ends it.

{asking}  as Ana, write       curl {person}/write -d '{{"text": "Hello again"}}'
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
    seen = visitors_words(stage)
    while True:
        new = await stage.rocketchat.until(lambda rc: visitors_words(stage)[len(seen) :], timeout=DAY)
        for message in new:
            line("Rocket.Chat", f"the agents see, in room {message.rid}: {message.text}")
        seen.extend(new)


async def _watch_phone(stage: Stage) -> None:
    seen = list(stage.rapidpro.phone(stage.person))
    while True:
        new = await stage.rapidpro.until(lambda rp: rp.phone(stage.person)[len(seen) :], timeout=DAY)
        for text in new:
            line("WhatsApp", f"Ana reads: {text}")
        seen.extend(new)
