"""`python -m channel.sandbox`: both simulated peers as a process of their own, connected to a running Live Agents.

For rehearsals, as `compose.yaml` has one. It says what to try by hand, and ends on SIGTERM or Ctrl-C.
"""

import argparse
import asyncio
import json
import signal
from pathlib import Path
from typing import Any

from .pasting import paste
from .rapidpro import RapidPro
from .rocketchat import RocketChat
from .serving import serving

AGENT = "joao.agent"

TRY = """Simulated RapidPro on port {rapidpro}, simulated Rocket.Chat on port {rocketchat}. Try it by hand:

  as Ana, write       curl localhost:{rapidpro}/_sandbox/contacts/{person}/write -d '{{"text": "Hello"}}'
  as the agent, look  curl localhost:{rocketchat}/_sandbox/rooms
  take a chat         curl localhost:{rocketchat}/_sandbox/rooms/ROOM/take -d '{{"agent": "{agent}"}}'
  answer              curl localhost:{rocketchat}/_sandbox/rooms/ROOM/write -d '{{"agent": "{agent}", "text": "Hi"}}'
  Ana's telephone     curl localhost:{rapidpro}/_sandbox/contacts/{person}/phone
"""


async def rehearse(connected: dict[str, dict[str, Any]], host: str, rapidpro_port: int, rocketchat_port: int) -> None:
    """Serve both until the process is told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    rapidpro, rocketchat = RapidPro(), RocketChat()
    paste(connected, rapidpro, rocketchat)
    rocketchat.user(AGENT)
    person = rapidpro.add_contact("Ana Souza", ["whatsapp:5511988887777"])
    try:
        async with serving(rapidpro.app, rapidpro_port, host), serving(rocketchat.app, rocketchat_port, host):
            said = {"rapidpro": rapidpro_port, "rocketchat": rocketchat_port, "person": person.uuid, "agent": AGENT}
            print(TRY.format(**said), flush=True)
            await stop.wait()
    finally:
        await rapidpro.aclose()
        await rocketchat.aclose()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m channel.sandbox", description="both simulated peers, for rehearsals"
    )
    parser.add_argument("--connected", type=Path, required=True, help="what `live-agents connect --json` printed")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--rapidpro-port", type=int, default=8100)
    parser.add_argument("--rocketchat-port", type=int, default=8200)
    given = parser.parse_args()
    connected = json.loads(given.connected.read_text())
    asyncio.run(rehearse(connected, given.host, given.rapidpro_port, given.rocketchat_port))


if __name__ == "__main__":
    main()
