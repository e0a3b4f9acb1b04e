"""provision: Rocket.Chat's side of a connection, shown, made and taken back through its API."""

import getpass
import sys
from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Annotated
from urllib.parse import urlsplit

import typer

from channel.cli import settings_page
from channel.cli.auditing import audited
from channel.cli.connecting import peers
from channel.cli.saying import Wrong, run, say, token, uuid
from channel.core.errors import ChannelError, Waiting
from channel.core.option_file import from_json
from channel.core.people import Bot
from channel.core.provisioning import Change, differences, remembered, undoing
from channel.core.values import dataclass
from channel.rocketchat import provisioning
from channel.rocketchat.admin import RocketChatAdmin
from channel.rocketchat.provisioning import Standing
from channel.rocketchat.wire.admin import MAY_NOT, NO_LOGIN, SecondFactorWanted
from channel.settings import Settings
from channel.state import Database, open_database
from channel.store import provisions
from channel.store.admin import Admin, administering
from models.workspace import Workspace


@dataclass(frozen=True, slots=True)
class _Given:
    """What came on standard input."""

    user: str  #: whose token it is, where that stands before it
    token: str = field(repr=False)
    second: str = field(repr=False)  #: a second factor, or nothing


@dataclass(frozen=True, slots=True)
class _Work:
    """What is worked on, and with what."""

    settings: Settings
    database: Database
    admin: Admin
    workspace: Workspace
    office: RocketChatAdmin
    given: _Given

    async def standing(self) -> Standing:
        """How it is in Rocket.Chat now."""
        return await provisioning.look(self.office, self.workspace.bot_user_id, await self.fields())

    async def fields(self) -> list[str]:
        """The custom fields that the workspace's channels fill."""
        channels = [each for each in await self.admin.channels() if each.workspace.id == self.workspace.id]
        return sorted({name for each in channels for name in from_json(each.options).custom_fields})


def provision(
    workspace: Annotated[str | None, typer.Argument(help="the workspace's UUID; not needed if it is alone")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="show what would be changed")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="change it")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="have back what was there before")] = False,
    user_id: Annotated[
        str | None, typer.Option(help="id of the account whose token it is, if it does not stand before the token")
    ] = None,
) -> None:
    """Set Rocket.Chat's webhook, custom fields and the bot user's role through its API.

    On standard input come, in one line, the id and the token of a bot user (roles bot and livechat-manager) or of an
    administrator; the token alone is the workspace's bot user's. In a second line comes the account's password, or a
    code, should Rocket.Chat want a second factor. Neither two-factor nor routing is touched.
    """
    if [plan, apply, undo].count(True) != 1:
        raise typer.BadParameter("give one of them", param_hint="--plan, --apply, --undo")
    given = _given()
    run(_provision(Settings.from_env(), workspace, user_id, given, "apply" if apply else "undo" if undo else "plan"))


async def _provision(settings: Settings, named: str | None, user_id: str | None, given: _Given, what: str) -> None:
    async with open_database(settings) as database, administering(database.url, database.vault) as admin:
        workspace = await _the_workspace(admin, named)
        login = Bot(user_id or given.user or workspace.bot_user_id, given.token)
        if not login.id:
            raise Wrong("whose token is it? Write the account's id before the token, in one line")
        async with peers(settings) as transport:
            office = RocketChatAdmin(transport, workspace.base_url, login)
            work = _Work(settings, database, admin, workspace, office, given)
            try:
                await (_undo(work) if what == "undo" else _plan(work, apply=what == "apply"))
            except ChannelError as error:
                raise Wrong(_why(error, workspace.base_url)) from None


async def _plan(work: _Work, *, apply: bool) -> None:
    standing, workspace = await work.standing(), work.workspace
    ours = f"{work.settings.base_url}/workspaces/{workspace.id}/webhook"
    wanted = provisioning.wanted(ours, await work.admin.webhook_secret(workspace.id), await work.fields(), standing)
    changes = differences(standing.values, wanted)
    if apply:
        _check_may_write(standing, changes)
    _show(workspace, standing, changes)
    if replaced := await _replaced(work.admin, workspace, str(standing.values["url"]), ours):
        say(f"\n{replaced}")
    for line in standing.by_hand:
        say(f"\nBy hand: {line}.")
    if not changes:
        say("\nNothing has to be changed.")
    elif apply:
        await _apply(work, changes)
        _check_done(differences((await work.standing()).values, wanted))
        say(f"\nIt is done; `--undo` takes it back. {await _tested(work.office)}")
    else:
        say("\nNothing was changed. `--apply` changes it, and `--undo` takes that back.")


async def _apply(work: _Work, changes: Sequence[Change]) -> None:
    """What was there is remembered before anything is changed: whatever breaks off can be taken back."""
    vault, workspace = work.database.vault, work.workspace
    async with audited(work.database.url, "provision --apply", str(workspace.id)):
        before = await provisions.remembered(vault, workspace.id)
        await provisions.remember(vault, workspace.id, remembered(before, changes))
        try:
            await provisioning.change(work.office, changes, work.given.second)
        except ChannelError as error:
            why = _why(error, workspace.base_url)
            raise Wrong(f"{why}; `--apply` goes on with what is not done yet, `--undo` takes back what is") from None


async def _undo(work: _Work) -> None:
    vault, workspace = work.database.vault, work.workspace
    made = await provisions.remembered(vault, workspace.id)
    if not made:
        say("There is nothing to take back: nothing was changed by `provision --apply`, or it was taken back before.")
        return
    standing = await work.standing()
    back = undoing(made, standing.values)
    _check_may_write(standing, back.changes)
    _show(workspace, standing, back.changes)
    for name in back.left:
        say(f"\n{settings_page.called(name)} was changed by somebody else since, and stays as it is.")
    async with audited(work.database.url, "provision --undo", str(workspace.id)):
        await provisioning.change(work.office, back.changes, work.given.second)
        await provisions.remember(vault, workspace.id, ())
    say("\nIt is as it was before." if not back.left else "\nThe rest is as it was before.")


def _show(workspace: Workspace, standing: Standing, changes: Sequence[Change]) -> None:
    say(f"Rocket.Chat {standing.version} at {workspace.base_url}, as {standing.account.username}")
    if changes:
        say(f"\n{settings_page.compared(changes)}")


async def _replaced(admin: Admin, workspace: Workspace, there: str, ours: str) -> str:
    """Whose webhook URL it would replace; "" if nobody's."""
    if not there or there == ours:
        return ""
    told = settings_page.without_secrets(there)
    for each in await admin.workspaces():
        if urlsplit(there).path.endswith(f"/workspaces/{each.id}/webhook"):
            whose = "this workspace's, at another address" if each.id == workspace.id else f"workspace {each.name}'s"
            return f"The webhook URL that is replaced is {whose}: {told}"
    return (
        f"The webhook URL that is replaced is somebody else's: {told}\n"
        "Rocket.Chat has one for the whole server: whoever is there will hear of no chat any more."
    )


def _check_may_write(standing: Standing, changes: Sequence[Change]) -> None:
    if not standing.may_write and any(each.name in settings_page.NAMES for each in changes):
        raise Wrong(
            f"in Rocket.Chat {standing.version} only an administrator changes the webhook: give an administrator's "
            "token; nothing was changed"
        )


def _check_done(left: Sequence[Change]) -> None:
    if left:
        names = ", ".join(settings_page.called(each.name) for each in left)
        raise Wrong(f"Rocket.Chat took the changes, and has not made these: {names}. Is there a variable in its way?")


async def _tested(office: RocketChatAdmin) -> str:
    try:
        answered = await office.test_webhook()
    except ChannelError as error:
        return f"Rocket.Chat did not test it ({error})."
    if answered:
        return "Rocket.Chat has tested it, and was answered."
    return "Rocket.Chat has tested it, and was not answered: does `serve` run, and is its URL reached from there?"


async def _the_workspace(admin: Admin, named: str | None) -> Workspace:
    if named is not None:
        return await admin.workspace(uuid("the workspace", named))
    found = await admin.workspaces()
    if not found:
        raise Wrong("there is no workspace: `live-agents connect` makes one")
    if len(found) > 1:
        raise Wrong(
            f"there are several workspaces: name one: {', '.join(f'{each.id} ({each.name})' for each in found)}"
        )
    return found[0]


def _why(error: ChannelError, url: str) -> str:
    if error.code == NO_LOGIN:
        return f"Rocket.Chat at {url} does not take the token, or it is another account's than the one that is named"
    if error.code in MAY_NOT:
        return (
            f"the account may not do this in Rocket.Chat at {url}: give it the role livechat-manager, or give an "
            "administrator's token"
        )
    if isinstance(error, SecondFactorWanted):
        return (
            f"Rocket.Chat wants a second factor ({error.method}) for this: give it in a line of its own behind the "
            "token, or a token that was made to do without"
        )
    if isinstance(error, Waiting):
        return f"Rocket.Chat at {url} wants a pause of {error.seconds:.0f} s (its rate limiter): try again after that"
    return f"Rocket.Chat at {url} did not do it: {error}"


def _given() -> _Given:
    lines = list(_lines())
    user, _, secret = (lines[0] if lines else "").rpartition(" ")
    return _Given(user.strip(), token("the token", secret, "standard input"), lines[1] if len(lines) > 1 else "")


def _lines() -> Iterator[str]:
    if sys.stdin.isatty():
        yield getpass.getpass("Id and token of the account: ").strip()
        return
    try:
        yield from (line.strip() for line in sys.stdin.read().splitlines())
    except UnicodeDecodeError:
        raise Wrong("the token is no text in UTF-8") from None
