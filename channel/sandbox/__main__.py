"""`python -m channel.sandbox`: both simulated peers as a process of their own, connected to a running Live Agents,
or to be connected by hand.

For rehearsals, as `compose.yaml` has one. It serves the page, says what to try by hand, and ends on SIGTERM or Ctrl-C.
"""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from .page.app import page
from .page.rehearsal import Rehearsal
from .page.switches import Switches
from .pasting import paste, paste_calls
from .rapidpro import RapidPro
from .rocketchat import RocketChat
from .serving import serving
from .wiring import wirable

AGENT = "joao.agent"
#: with which the contact asks for an agent, in set-up a
KEYWORD = "agent"

TRY = """Simulated RapidPro on port {rapidpro}, simulated Rocket.Chat on port {rocketchat}.
A page to try it on: http://localhost:{page}

Or by hand:

  as Ana, write       curl localhost:{rapidpro}/_sandbox/contacts/{person}/write -d '{{"text": "Hello"}}'
  as the agent, look  curl localhost:{rocketchat}/_sandbox/rooms
  take a chat         curl localhost:{rocketchat}/_sandbox/rooms/ROOM/take -d '{{"agent": "{agent}"}}'
  answer              curl localhost:{rocketchat}/_sandbox/rooms/ROOM/write -d '{{"agent": "{agent}", "text": "Hi"}}'
  Ana's telephone     curl localhost:{rapidpro}/_sandbox/contacts/{person}/phone
"""

WIRE = """They are not connected. What `live-agents connect` and `live-agents provision` ask for:

  Rocket.Chat's URL      http://localhost:{rocketchat}
  RapidPro's URL         http://localhost:{rapidpro}
  RapidPro's API token   {api_token}
  bot user's id          {bot_id}
  bot user's token       {bot_token}

  make the two globals and import the kit's flows (Ana then writes "agent" to reach one):
  curl localhost:{rapidpro}/_sandbox/set-up-a -d '{{"url": "LIVE AGENTS URL", "token": "LIVE AGENTS TOKEN"}}'
"""


#: what `live-agents connect --json` prints,
Connected = Mapping[str, Mapping[str, Any]]
#: and what of it is pasted here
PASTED = {
    "channel": ("send_url", "method", "body", "content_type", "max_length", "send_authorization", "mt_response_check"),
    "workspace": ("webhook_url", "webhook_secret"),
    "live_agents": ("url", "authorization"),
}


@dataclass(frozen=True)
class Ports:
    """Where each of the three listens."""

    host: str
    rapidpro: int
    rocketchat: int
    page: int


async def rehearse(connected: Connected | None, set_up: str, ports: Ports) -> None:
    """Serve all until the process is told to stop. Not `connected`, they can be, in set-up a."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    rapidpro, rocketchat = RapidPro(), RocketChat()
    rocketchat.user(AGENT)
    person = rapidpro.add_contact("Ana Souza", ["whatsapp:5511988887777"])
    external = paste(connected, rapidpro, rocketchat) if connected and set_up == "b" else None
    if connected and external is None:
        paste_calls(connected, rapidpro, rocketchat, keyword=KEYWORD)
    switches = Switches(rapidpro, rocketchat, api=external is None)
    rehearsal = Rehearsal(rapidpro, rocketchat, person, external, KEYWORD, switches)
    try:
        async with (
            serving(wirable(rapidpro), ports.rapidpro, ports.host),
            serving(rocketchat.app, ports.rocketchat, ports.host),
            page(rehearsal, ports.page, ports.host),
        ):
            said = {"rapidpro": ports.rapidpro, "rocketchat": ports.rocketchat, "page": ports.page}
            if connected is None:
                bot = rocketchat.personal_access_token("bridge.bot")
                secrets = {"api_token": rapidpro.api_token, "bot_id": bot.user_id, "bot_token": bot.token}
                print(WIRE.format(**said, **secrets))
            print(TRY.format(**said, person=person.uuid, agent=AGENT), flush=True)
            await stop.wait()
    finally:
        await rapidpro.aclose()
        await rocketchat.aclose()


def arguments() -> argparse.ArgumentParser:
    """What it is told on the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m channel.sandbox", description="both simulated peers, for rehearsals"
    )
    parser.add_argument(
        "--connected", type=Path, help="what `live-agents connect --json` printed; without it, connect them by hand"
    )
    parser.add_argument("--set-up", choices=("a", "b"), default="b", help="the one that the channel was made for")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--rapidpro-port", type=int, default=8100)
    parser.add_argument("--rocketchat-port", type=int, default=8200)
    parser.add_argument("--page-port", type=int, default=8300)
    return parser


def connected_from(path: Path) -> Connected:
    """What `connect --json` printed. Ends the process with a sentence if it is not in this file."""
    try:
        connected = json.loads(path.read_text())
        whole = all(connected[part][key] for part, keys in PASTED.items() for key in keys)
    except OSError as error:
        sys.exit(f"{path} cannot be read: {error.strerror}")
    except (ValueError, LookupError, TypeError):
        whole = False
    if not whole:
        sys.exit(
            f"{path} is not what `live-agents connect --json` prints: send its output to this file, and nothing else"
        )
    return cast("Connected", connected)


def main() -> None:
    """Ends with a sentence if something that was given is wrong, or a port is taken."""
    given = arguments().parse_args()
    connected = connected_from(given.connected) if given.connected else None
    ports = Ports(given.host, given.rapidpro_port, given.rocketchat_port, given.page_port)
    try:
        asyncio.run(rehearse(connected, given.set_up, ports))
    except (OSError, OverflowError) as error:
        wanted = f"{ports.rapidpro}, {ports.rocketchat} and {ports.page} of {ports.host}"
        sys.exit(f"cannot listen on the ports {wanted}: {error}. --help names the options that choose others")


if __name__ == "__main__":
    main()
