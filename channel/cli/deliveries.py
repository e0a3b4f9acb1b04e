"""backlog, trace, replay, discard: what waits, one message's life, and an operator's decisions about it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, TypeVar

import typer

from channel.cli.auditing import audited
from channel.cli.saying import Wrong, moment, run, say, say_json, table, uuid
from channel.core import limits
from channel.settings import Settings
from channel.state import open_database
from channel.store import listings
from channel.store.listings import Which
from channel.store.replaying import DeadLetter, again, goes_again

T = TypeVar("T")
MessageId = Annotated[str, typer.Argument(help="our message id, RapidPro's, or Rocket.Chat's")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


def backlog(
    dead: Annotated[bool, typer.Option("--dead", help="list the dead letters themselves")] = False,
    as_json: AsJson = False,
) -> None:
    """What waits to be delivered, and the dead letters, by channel; or each dead letter."""
    if dead:
        letters = _with_database(lambda url: listings.dead_letters(url, Which()))
        if as_json:
            say_json([{**_shown(each), "channel_id": each["channel_id"]} for each in letters])
        else:
            _list(letters)
        return
    rows = _with_database(listings.backlog)
    if as_json:
        say_json(rows)
    elif not rows:
        say("Nothing waits, and there is no dead letter.")
    else:
        head = ("channel", "lane", "waiting", "dead", "oldest", "peer away")
        cells = [
            (r["name"], r["lane"], r["waiting"], r["dead"], _age(r["oldest_seconds"]), _age(r["away_seconds"]))
            for r in rows
        ]
        # seldom is anybody away
        count = len(head) if any(r["away_seconds"] is not None for r in rows) else len(head) - 1
        say(table(head[:count], [row[:count] for row in cells]))


def trace(message: MessageId, as_json: AsJson = False) -> None:
    """The life of one message: received, stored, each attempt with what was asked and answered."""
    messages = _with_database(lambda url: listings.trace(url, message))
    if as_json:
        say_json(messages)
        return
    for found in messages:
        _say_message(found)


def replay(
    messages: Annotated[list[str] | None, typer.Argument(help="message ids, ours or a peer's")] = None,
    since: Annotated[str | None, typer.Option(help="instead of ids: what died from this time on")] = None,
    until: Annotated[str | None, typer.Option(help="and before this one")] = None,
    channel: Annotated[str | None, typer.Option(help="of this channel (UUID) only")] = None,
    reason: Annotated[str | None, typer.Option(help="for this reason only")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="list what would go, and change nothing")] = False,
) -> None:
    """Try dead letters again, in their old places: those of messages, or those that died in a time."""
    if messages and (since or until or channel or reason):
        raise Wrong("name messages, or a time with --since, but not both")
    if not messages and not since:
        raise Wrong("name messages, or say with --since from when on the dead letters are to go again")
    which = _which(since, until, channel, reason)

    async def found(url: str) -> list[dict[str, Any]]:
        return await (listings.dead_letters_of(url, messages) if messages else listings.dead_letters(url, which))

    async def work(url: str) -> tuple[list[dict[str, Any]], int]:
        dead = await found(url)
        return dead, 0 if dry_run else await again(url, dead, lambda count: _progress(count, len(dead)))

    about = ", ".join(messages) if messages else f"since {since}"
    dead, count = _with_database(work, "" if dry_run else "replay", about)
    stays = len(dead) - len(goes_again(dead))
    if dry_run:
        _list(goes_again(dead))
    else:
        say(f"{count} {'delivery goes' if count == 1 else 'deliveries go'} again.")
    if stays:
        say(f"{stays} of no message {'stays' if stays == 1 else 'stay'} dead: see `live-agents backlog --dead`.")


def discard(
    messages: Annotated[list[str], typer.Argument(help="message ids, ours or a peer's")],
    reason: Annotated[str, typer.Option(help="why; it is kept with the message")] = "",
) -> None:
    """Decide that what waits or is dead of messages is not to be delivered."""
    if not reason.strip():
        raise Wrong("--reason is missing: it is kept with the message")
    count = _with_database(
        lambda url: listings.discard(url, *messages, reason=reason.strip()), "discard", ", ".join(messages)
    )
    say(f"{count} {'delivery' if count == 1 else 'deliveries'} discarded.")


def _which(since: str | None, until: str | None, channel: str | None, reason: str | None) -> Which:
    begins = moment("--since", since) if since else None
    ends = moment("--until", until) if until else None
    if begins and ends and ends <= begins:
        raise Wrong(f"the time ends before it begins: --until {until} is not after --since {since}")
    return Which(begins, ends, uuid("--channel", channel) if channel else None, reason)


def _progress(count: int, of: int) -> None:
    if of > limits.REPLAYED_AT_ONCE:
        say(f"{count} of {of}")


def _list(dead: Sequence[DeadLetter]) -> None:
    """Nobody's words: ids, kinds, reasons and times."""
    if not dead:
        say("There is no such dead letter.")
        return
    shown = [_shown(each) for each in dead]
    say(table(list(shown[0]), [[value if value is not None else "" for value in each.values()] for each in shown]))


def _shown(dead: DeadLetter) -> dict[str, Any]:
    names = ("message", "external_id", "channel", "kind", "reason")
    return {**{name: dead[name] for name in names}, "died_at": f"{dead['ended_at']:%Y-%m-%dT%H:%M:%SZ}"}


def _with_database(work: Callable[[str], Awaitable[T]], changing: str = "", about: str = "") -> T:
    """`changing`: the verb by which something is changed, and `about` what, for the audit."""

    async def working(settings: Settings) -> T:
        async with open_database(settings) as database, audited(database.url, changing, about):
            return await work(database.url)

    try:
        return run(working(Settings.from_env()))
    except listings.Nothing as nothing:
        raise Wrong(str(nothing)) from None


def _say_message(message: dict[str, Any]) -> None:
    about = [f"written by the {message['author']}", f"channel {message['channel']}"]
    about += [f"{name} {message[name]}" for name in ("status", "reason", "room") if message[name]]
    say(f"message {message['id']} ({message['external_id']})")
    say(f"  {message['created_at']:%Y-%m-%d %H:%M:%S} stored: {', '.join(about)}")
    for delivery in message["deliveries"]:
        why = f", {delivery['reason']}" if delivery["reason"] else ""
        say(f"  {delivery['created_at']:%Y-%m-%d %H:%M:%S} owed: {delivery['kind']} ({delivery['state']}{why})")
        for attempt in delivery["attempts"]:
            answer = f": {attempt['asked']} → {attempt['answered']}" if attempt["asked"] else ""
            say(f"    {attempt['ended_at']:%H:%M:%S} attempt {attempt['number']} {attempt['outcome']}{answer}")


def _age(seconds: float | None) -> str:
    return f"{seconds:.0f} s" if seconds is not None else ""
