"""connect without anything given: four questions, each answer tested at once. Nothing is made before the last."""

import getpass
import json
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import typer

from channel.cli import connecting
from channel.cli.connecting import Kept
from channel.cli.finding import check_department, find_rapidpro, find_rocketchat, opened_by
from channel.cli.saying import Wrong, base_url, run, token
from channel.core.connecting import REPLY_VIA
from channel.rapidpro.wire.api_workspace import RapidProWorkspace
from channel.rapidpro.wire.finding import FoundRapidPro
from channel.rocketchat.wire.finding import FoundRocketChat
from channel.settings import Settings
from channel.state import open_database
from channel.store.admin import Wanted
from channel.transport import Transport
from models.channel import Channel

T = TypeVar("T")

_BEGIN: Final = """Four questions; each answer is tested at once. Nothing is made before the last one.
Ctrl-C ends it, and the next `live-agents connect` goes on from there.
"""


def interview(settings: Settings) -> Kept:
    """Ask, and make the channel. Wrong where the answers end before it can be made; the good ones are kept."""
    run(_ready(settings))
    typer.echo(_BEGIN, err=True)
    answers = Answers(settings.data_dir / "connect.json")
    rocketchat_url, rocketchat = answers.to(
        "1 of 4  Rocket.Chat's URL", "rocketchat_url", lambda given: _rocketchat(settings, given)
    )
    rapidpro_url, rapidpro = answers.to(
        "2 of 4  RapidPro's URL", "rapidpro_url", lambda given: _rapidpro(settings, given)
    )
    api_token = answers.to(
        "3 of 4  RapidPro's API token, of an editor or administrator (none: set-up b, which does without)",
        "",
        lambda given: _token(settings, rapidpro_url, rapidpro, given),
    )
    department = answers.to(
        f"4 of 4  Rocket.Chat department that answers (none: any){_listed(rocketchat)}",
        "department",
        lambda given: _department(rocketchat_url, rocketchat, given),
    )
    set_up = "a" if api_token else "b"
    wanted = Wanted(
        name=department or rapidpro_url.partition("://")[2],
        rocketchat_url=rocketchat_url,
        rapidpro_url=rapidpro_url,
        rapidpro_channel=None,
        scheme="ext",
        set_up=set_up,
        department=department,
        reply_via=REPLY_VIA[set_up],
        rapidpro_token=api_token,
    )

    def same(channel: Channel) -> bool:
        known = (channel.rapidpro_url, channel.set_up, channel.department)
        return known == (wanted.rapidpro_url, wanted.set_up, wanted.department)

    # what was not asked stays as somebody has made it since
    kept = run(connecting.keep(settings, wanted, same, said=()))
    answers.forget()
    return kept


class Answers:
    """What was answered, in this run and in one that was ended before: never a secret."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _read(path)

    def to(self, question: str, key: str, tested: Callable[[str], T]) -> T:
        """Ask until what is answered passes its test; an answer without a key is a secret, and kept nowhere."""
        known = self._known.get(key, "") if key else ""
        while True:
            given = _line(f"{question} [{known}]: " if known else f"{question}: ", hidden=not key)
            if given is None:
                typer.echo(err=True)
                raise Wrong("the answers ended before the last question; nothing was made")
            try:
                found = tested(given.strip() or known)
            except Wrong as wrong:
                if sys.stdin.isatty():
                    typer.echo(f"        {wrong}", err=True)
                    continue
                raise
            if key:
                self._keep(key, given.strip() or known)
            return found

    def forget(self) -> None:
        with suppress(OSError):
            self._path.unlink()

    def _keep(self, key: str, answer: str) -> None:
        """Where nothing can be written, the next run asks again."""
        self._known[key] = answer
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with open(self._path, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as kept:
                json.dump(self._known, kept)


def _read(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _line(question: str, *, hidden: bool) -> str | None:
    """What is answered; None at the end of what there is. A secret is not shown where somebody types it."""
    if hidden and sys.stdin.isatty():
        try:
            return getpass.getpass(question)
        except EOFError:
            return None
    typer.echo(question, err=True, nl=False)
    try:
        return sys.stdin.readline() or None
    except UnicodeDecodeError:
        raise Wrong("the answer is no text in UTF-8; nothing was made") from None


async def _ready(settings: Settings) -> None:
    """Whoever has answered four questions is not to learn then that there is no database."""
    async with open_database(settings):
        pass


def _rocketchat(settings: Settings, given: str) -> tuple[str, FoundRocketChat]:
    url = base_url("the URL of Rocket.Chat", given)

    async def ask(transport: Transport) -> FoundRocketChat:
        return await find_rocketchat(transport, url)

    found = run(_asked(settings, ask))
    there = "somebody is there" if found.config.online else "nobody is there now"
    _told(f"Rocket.Chat {found.version}, Omnichannel is on, {there}.")
    return url, found


def _rapidpro(settings: Settings, given: str) -> tuple[str, FoundRapidPro]:
    url = base_url("the URL of RapidPro", given)

    async def ask(transport: Transport) -> FoundRapidPro:
        return await find_rapidpro(transport, url)

    found = run(_asked(settings, ask))
    _told("RapidPro is there." if found.api else "RapidPro's courier is there, but not its API: set-up b only.")
    return url, found


def _token(settings: Settings, url: str, rapidpro: FoundRapidPro, given: str) -> str | None:
    if not given:
        if not rapidpro.courier:
            raise Wrong(connecting.no_courier(url))
        _told("Set-up b: the External channel both ways.")
        return None
    api_token = token("RapidPro's API token", given, "the answer")

    async def ask(transport: Transport) -> RapidProWorkspace:
        return await opened_by(transport, url, api_token)

    _told(f"It opens the workspace {run(_asked(settings, ask)).name}. Set-up a: flows and API.")
    return api_token


def _department(url: str, rocketchat: FoundRocketChat, given: str) -> str:
    check_department(rocketchat, url, given)
    return given


def _listed(rocketchat: FoundRocketChat) -> str:
    names = ", ".join(each.name for each in rocketchat.config.departments)
    return f". There is {names}" if names else ""


async def _asked(settings: Settings, ask: Callable[[Transport], Awaitable[T]]) -> T:
    async with connecting.peers(settings) as transport:
        return await ask(transport)


def _told(text: str) -> None:
    typer.echo(f"        {text}", err=True)
