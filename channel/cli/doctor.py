"""doctor: is everything as it must be, and if not, what is to be done?"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated, Final

import typer

from channel.cli.auditing import audited
from channel.cli.saying import Wrong, run, say, say_json, secret_words, uuid
from channel.core.checks.finding import Finding, Verdict, is_all_right
from channel.core.people import Bot
from channel.doctor.examining import NoChannel, examine
from channel.doctor.premises import Asked
from channel.settings import Settings
from channel.state import open_database

MISUSED: Final = 2
SHOWN: Final = {
    Verdict.FINE: "fine",
    Verdict.WRONG: "WRONG",
    Verdict.DOUBTFUL: "doubtful",
    Verdict.NOT_CHECKED: "-",
}


def doctor(
    channel: Annotated[str | None, typer.Argument(help="only this channel, by UUID; else every one")] = None,
    login_file: Annotated[
        Path | None, typer.Option(help="file with id and token of a Rocket.Chat account that may see more, or -")
    ] = None,
    per_minute: Annotated[
        int | None, typer.Option(help="messages a minute that contacts are expected to write")
    ] = None,
    chats_per_minute: Annotated[int | None, typer.Option(help="new chats a minute that are expected")] = None,
    send_test: Annotated[bool, typer.Option("--send-test", help="send a message each way and follow it")] = False,
    contact: Annotated[
        str, typer.Option(help="whom the test is written to: RapidPro's UUID; else somebody made up for it")
    ] = "",
    strict: Annotated[bool, typer.Option("--strict", help="end with 1 for what is doubtful, too")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Say what is wrong before a contact finds out: a line a check, each with what to do.

    It ends with 0 if nothing is wrong, with 1 if something is, and with 2 if it was misused. What is doubtful, or was
    not checked, is not wrong.
    """
    try:
        asked = Asked(
            channels=(uuid("the channel", channel),) if channel is not None else (),
            login=_login(login_file),
            per_minute=_number("--per-minute", per_minute),
            chats_per_minute=_number("--chats-per-minute", chats_per_minute),
            send_test=send_test,
            contact=_contact(contact, send_test=send_test),
        )
        found = run(_examined(Settings.from_env(), asked))
    except (Wrong, NoChannel) as error:
        typer.echo(f"live-agents: {error}", err=True)
        raise typer.Exit(MISUSED) from None
    all_right = is_all_right(found, strict=strict)
    if as_json:
        say_json({"ok": all_right, "findings": [_described(finding) for finding in found]})
    else:
        say("\n".join(_lines(found)))
    raise typer.Exit(0 if all_right else 1)


async def _examined(settings: Settings, asked: Asked) -> list[Finding]:
    verb = "doctor --send-test" if asked.send_test else ""
    async with open_database(settings) as database, audited(database.url, verb, ", ".join(map(str, asked.channels))):
        return await examine(settings, database, asked)


def _login(path: Path | None) -> Bot | None:
    words = secret_words("--login-file", path, ("id", "token"))
    return Bot(*words) if words else None


def _number(what: str, number: int | None) -> int | None:
    if number is not None and number < 0:
        raise Wrong(f"{what} is less than nothing")
    return number


def _contact(named: str, *, send_test: bool) -> str:
    if named and not send_test:
        raise Wrong("--contact goes with --send-test only")
    return named.strip()


def _described(finding: Finding) -> dict[str, str]:
    return {
        "about": finding.about,
        "channel": finding.channel,
        "check": finding.check.value,
        "verdict": finding.verdict.value,
        "said": finding.said,
        "advice": finding.advice,
    }


def _plain(text: str) -> str:
    """In one line, and without what a terminal would obey: names are the peers'."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _lines(found: Sequence[Finding]) -> Iterator[str]:
    """A line a check, and a sum of it all."""
    for about, findings in groupby(found, key=lambda finding: finding.about):
        if about:
            yield f"\n{about}"
        for each in findings:
            advice = f". To do: {each.advice}" if each.advice else ""
            yield f"{SHOWN[each.verdict]:<9} {each.check.value:<17} {_plain(each.said + advice)}"
    counts = {verdict: sum(each.verdict is verdict for each in found) for verdict in Verdict}
    told = (Verdict.WRONG, Verdict.DOUBTFUL, Verdict.NOT_CHECKED, Verdict.FINE)
    yield "\n" + ", ".join(f"{counts[verdict]} {verdict.value.replace('_', ' ')}" for verdict in told) + "."
