"""workspaces: list, show, edit, rotate the webhook's secret, remove."""

import re
from pathlib import Path
from typing import Annotated, Final

import typer

from channel.cli.administering import administer, known_everywhere
from channel.cli.saying import Wrong, base_url, say, say_json, secret, table, uuid
from channel.settings import Settings
from channel.store.admin import Admin
from models.workspace import Workspace

app = typer.Typer(help="The Rocket.Chat servers.", no_args_is_help=True)
WorkspaceId = Annotated[str, typer.Argument(help="the workspace's UUID")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
#: Rocket.Chat makes them of letters and digits; some accounts of its own have a name with dots
_USER_ID: Final = re.compile(r"[\w.-]{1,100}", re.ASCII)


@app.command("list")
def list_workspaces(as_json: AsJson = False) -> None:
    """Every workspace."""
    found = administer(lambda admin: admin.workspaces())
    if as_json:
        say_json([_described(workspace) for workspace in found])
    else:
        say(table(("uuid", "name", "url", "channels"), [(w.id, w.name, w.base_url, len(w.channels)) for w in found]))


@app.command("show")
def show(
    workspace: WorkspaceId,
    as_json: AsJson = False,
    with_secret: Annotated[bool, typer.Option("--secret", help="print the webhook's secret too")] = False,
) -> None:
    """One workspace, and its webhook URL."""
    number = uuid("the workspace", workspace)
    described = _described(administer(lambda admin: admin.workspace(number)))
    if with_secret:
        described["webhook_secret"] = administer(
            lambda admin: admin.webhook_secret(number), "workspaces show --secret", number
        )
    if as_json:
        say_json(described)
    else:
        say("\n".join(f"{name:<16}{value}" for name, value in described.items()))


@app.command("edit")
def edit(
    workspace: WorkspaceId,
    name: Annotated[str | None, typer.Option(help="what to call it")] = None,
    url: Annotated[str | None, typer.Option(help="base URL of the Rocket.Chat server")] = None,
    bot_user_id: Annotated[
        str | None, typer.Option(help="id of the Rocket.Chat account that closes chats where visitors may not")
    ] = None,
    bot_token_file: Annotated[
        Path | None, typer.Option(help="file with that account's personal access token, or - for standard input")
    ] = None,
) -> None:
    """Change a workspace. What is not named stays."""
    number = uuid("the workspace", workspace)
    given = {"name": name, "base_url": base_url("--url", url) if url is not None else None}
    changes = {field: value for field, value in given.items() if value is not None}
    bot = _bot(bot_user_id, bot_token_file)
    if not changes and bot is None:
        raise Wrong("nothing to change was named")

    async def work(admin: Admin) -> Workspace:
        changed = await admin.edit_workspace(number, changes) if changes else await admin.workspace(number)
        if bot is not None:
            await admin.set_bot(number, *bot)
        return changed

    say(f"Workspace {administer(work, 'workspaces edit', number).name} is changed.")


@app.command("rotate")
def rotate(
    workspace: WorkspaceId,
    finish: Annotated[bool, typer.Option("--finish", help="end the time in which the old secret is valid")] = False,
) -> None:
    """Make a new webhook secret; the one before stays valid until `--finish`. Printed when every process knows it."""
    number = uuid("the workspace", workspace)
    if finish:
        administer(lambda admin: admin.finish_workspace_rotation(number), "workspaces rotate --finish", number)
        say("The secret before is valid no more.")
        return
    made = administer(lambda admin: admin.rotate_workspace(number), "workspaces rotate", number)
    known_everywhere()
    say(made)


@app.command("remove")
def remove(workspace: WorkspaceId) -> None:
    """Remove a workspace to which no channel leads or ever led."""
    number = uuid("the workspace", workspace)
    try:
        administer(lambda admin: admin.remove_workspace(number), "workspaces remove", number)
    except ValueError as error:
        raise Wrong(str(error)) from None
    say("The workspace is removed.")


def _bot(user: str | None, token_file: Path | None) -> tuple[str, str] | None:
    """The account's id and token; Wrong if only one of them is there."""
    token = secret("--bot-token-file", token_file)
    if user is None and token is None:
        return None
    if user is None or token is None:
        raise Wrong("--bot-user-id and --bot-token-file go together")
    if not _USER_ID.fullmatch(user):
        raise Wrong("--bot-user-id is no id of a Rocket.Chat account")
    return user, token


def _described(workspace: Workspace) -> dict[str, object]:
    return {
        "uuid": str(workspace.id),
        "name": workspace.name,
        "url": workspace.base_url,
        "webhook_url": f"{Settings.from_env().base_url}/workspaces/{workspace.id}/webhook",
        "channels": len(workspace.channels),
        "bot_user": workspace.bot_user_id or "none",
        "rotating": "webhook secret" if workspace.previous_secret_hash else "none",
    }
