"""Accounts on the command line, and the audit: every verb that changes something stands in it."""

import asyncio
import io
import json
import os
import pwd
import sys
from contextlib import suppress
from functools import partial
from typing import Any, Final

import pytest
import typer

from channel.cli import administering
from channel.cli.main import app
from channel.cli.saying import Wrong
from channel.core.errors import Unknown
from channel.store import operators
from channel.store.database import open_pool
from tests.cli.test_bad_input import PEERS, said
from tests.processes import run

PASSWORD: Final = "correct horse battery"
HOURS: Final = 'zone = "UTC"\nmonday = "08:00-17:00"\n'
#: verbs that change nothing, or nothing but themselves: they leave no line
LEAVE_NOTHING: Final = {
    "serve", "demo", "backlog", "trace", "audit", "flow check", "keys generate", "operators list", "channels list",
    "channels show", "channels options show", "channels hours show", "workspaces list", "workspaces show",
}  # fmt: skip


def verbs(command: Any, above: str = "") -> list[str]:
    below = getattr(command, "commands", None)
    if below is None:
        return [above]
    return [each for name, one in below.items() for each in verbs(one, f"{above} {name}".strip())]


async def test_an_account_is_made_listed_changed_and_removed(env: dict[str, str], database_url: str) -> None:
    assert (await run(env, "operators", "list")).out.startswith("There is no operator")
    made = await run(env, "operators", "add", "Ana", "--role", "operate", given=PASSWORD + "\n")
    assert (made.code, made.out, made.err) == (0, "Operator ana may operate.\n", "")
    said(await run(env, "operators", "add", "ana", given=PASSWORD), "there is an operator ana already")
    (listed,) = json.loads((await run(env, "operators", "list", "--json")).out)
    assert (listed["name"], listed["role"], listed["closed"]) == ("ana", "operate", "no")
    assert (await run(env, "operators", "password", "ana", given="another password")).code == 0
    pool = await open_pool(database_url, size=1, name="test")
    try:
        assert await operators.sign_in(pool, "ana", PASSWORD) is None
        assert await operators.sign_in(pool, "ana", "another password") == "operate"
    finally:
        await pool.close()
    assert (await run(env, "operators", "remove", "ana")).code == 0
    said(await run(env, "operators", "remove", "ana"), "there is no operator ana")
    written = (await run(env, "audit")).out
    assert PASSWORD not in written
    assert [line.split()[3:] for line in written.splitlines()[1:]] == [
        ["operators", verb, "ana", outcome]
        for verb, outcome in (
            ("add", "done"), ("add", "failed"), ("password", "done"), ("remove", "done"), ("remove", "failed"),
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "given", "sentence"),
    [
        (("add", "ana"), "short", "the password has less than 12 characters"),
        (("add", "ana"), "", "the password has less than 12 characters"),
        (("add", "ana", "--role", "root"), PASSWORD, "--role is none of look, operate, administer"),
        (("add", "a na"), PASSWORD, "the name is none"),
        (("password", "bob"), PASSWORD, "there is no operator bob"),
    ],
)
async def test_a_wrong_request_is_refused_in_a_sentence(
    arguments: tuple[str, ...], given: str, sentence: str, env: dict[str, str]
) -> None:
    said(await run(env, "operators", *arguments, given=given), sentence)


async def test_every_verb_that_changes_something_stands_in_the_audit(
    env: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is run in this process, because there are many."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(administering, "REMEMBERED_SECONDS", 0.0)

    async def said_by(verb: str, *arguments: str, given: str = PASSWORD) -> Any:
        """What the verb printed; how it ended is in the audit."""
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
        capsys.readouterr()
        with suppress(Wrong, Unknown):
            await asyncio.to_thread(partial(app(), [*verb.split(), *arguments], standalone_mode=False))
        return capsys.readouterr().out

    made = json.loads(await said_by("connect", "--json", *PEERS))
    channel, workspace = made["channel"]["uuid"], made["workspace"]["uuid"]
    changing = {
        "channels edit": (channel, "--name", "Desk"),
        "channels rotate": (channel,),
        "channels rotate --finish": (channel,),
        "channels options set": ("-", "--channel", channel),
        "channels hours set": ("-", "--channel", channel),
        "channels hours clear": ("--channel", channel),
        "workspaces edit": (workspace, "--name", "Chat"),
        "workspaces rotate": (workspace,),
        "workspaces rotate --finish": (workspace,),
        "workspaces show --secret": (workspace,),
        "replay": ("1001",),
        "discard": ("1001", "--reason", "why"),
        "repair": (),
        "keys rotate": (),
        "migrate": (),
        "operators add": ("ana",),
        "operators password": ("ana",),
        "operators remove": ("ana",),
        "channels remove": (channel,),
        "workspaces remove": (workspace,),
    }
    given = {"channels options set": "keep_days = 7", "channels hours set": HOURS}
    for verb, arguments in changing.items():
        await said_by(verb, *arguments, given=given.get(verb, PASSWORD))
    await said_by("forget", "nobody")
    written = json.loads(await said_by("audit", "--json"))
    assert [each["what"] for each in written] == ["connect", *changing]
    assert {each["who"] for each in written} == {f"os:{pwd.getpwuid(os.getuid()).pw_name}"}
    assert {each["what"] for each in written if each["outcome"] != "done"} == {"replay", "discard", "workspaces remove"}
    by_verb = {each["what"]: each["about"] for each in written}
    assert [by_verb[verb] for verb in ("connect", "channels edit", "discard")] == [channel, channel, "1001"]
    only = json.loads(await said_by("audit", "--json", "--about", workspace, "--last", "1"))
    assert [each["what"] for each in only] == ["workspaces remove"]
    # of the rest, `forget` found nobody, and the others need their peers: they have lines of their own elsewhere
    named = {" ".join(word for word in verb.split() if not word.startswith("--")) for verb in by_verb}
    assert set(verbs(typer.main.get_command(app()))) - LEAVE_NOTHING - named == {"doctor", "forget", "provision"}
