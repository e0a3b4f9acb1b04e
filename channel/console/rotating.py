"""Secrets made anew: each is shown once, and the one before stays valid until an operator ends it."""

import asyncio

from starlette.responses import Response

from channel.console.access import Access, ConsoleRoute, View, Visit, see
from channel.console.finding import named
from channel.console.forms import Takes
from channel.console.wrong import Wrong
from channel.core.operators import Role
from channel.store.directory import REMEMBERED_SECONDS

#: of a channel, what a token is called
TOKENS = {"send_token": "send token", "live_agents_token": "live-agents token"}


def routes(access: Access) -> list[ConsoleRoute]:
    async def token(visit: Visit) -> Response:
        which, number = visit.form["which"], named(visit, "channel")
        if which not in TOKENS:
            raise Wrong(400, "A channel has a send token and a live-agents token, and no other.")
        async with visit.premises.administering() as admin:
            made, name = await admin.rotate_channel(number, which), (await admin.channel(number)).name
        await _known_everywhere()
        return visit.page(
            "secret.html", what=TOKENS[which], of=name, secret=f"Token {made}", back=f"/channels/{number}"
        )

    async def tokens_ended(visit: Visit) -> Response:
        number = named(visit, "channel")
        async with visit.premises.administering() as admin:
            await admin.finish_rotation(number)
        return see(f"/channels/{number}")

    async def secret(visit: Visit) -> Response:
        number = named(visit, "workspace")
        async with visit.premises.administering() as admin:
            made, name = await admin.rotate_workspace(number), (await admin.workspace(number)).name
        await _known_everywhere()
        return visit.page("secret.html", what="webhook secret", of=name, secret=made, back=f"/workspaces/{number}")

    async def secret_ended(visit: Visit) -> Response:
        number = named(visit, "workspace")
        async with visit.premises.administering() as admin:
            await admin.finish_workspace_rotation(number)
        return see(f"/workspaces/{number}")

    def change(path: str, view: View, verb: str, *once: str) -> ConsoleRoute:
        what = path.split("/")[2].strip("{}")
        return access.change(
            path, view, role=Role.ADMINISTER, verb=verb, takes=Takes(once=once), about=lambda v: _about(v, what)
        )

    return [
        change("/channels/{channel}/rotate", token, "channels rotate", "which"),
        change("/channels/{channel}/rotate/finish", tokens_ended, "channels rotate --finish"),
        change("/workspaces/{workspace}/rotate", secret, "workspaces rotate"),
        change("/workspaces/{workspace}/rotate/finish", secret_ended, "workspaces rotate --finish"),
    ]


def _about(visit: Visit, what: str) -> str:
    return str(named(visit, what))


async def _known_everywhere() -> None:
    """Return when every process knows it: a secret that is shown is valid already."""
    await asyncio.sleep(1.25 * REMEMBERED_SECONDS)
