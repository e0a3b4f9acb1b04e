"""backlog, trace, replay, discard: what waits, one message's life, and an operator's decisions about it."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer

from channel.cli.saying import Wrong, run, say, say_json, table
from channel.runtime import open_database
from channel.settings import Settings
from channel.store import listings

T = TypeVar("T")
MessageId = Annotated[str, typer.Argument(help="our message id, RapidPro's, or Rocket.Chat's")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


def backlog(as_json: AsJson = False) -> None:
    """What waits to be delivered, and the dead letters, by channel."""
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


def replay(message: MessageId) -> None:
    """Try the dead letters of a message again."""
    count = _with_database(lambda url: listings.replay(url, message))
    say(f"{count} {'delivery goes' if count == 1 else 'deliveries go'} again.")


def discard(
    message: MessageId, reason: Annotated[str, typer.Option(help="why; it is kept with the message")] = ""
) -> None:
    """Decide that what waits or is dead of a message is not to be delivered."""
    if not reason.strip():
        raise Wrong("--reason is missing: it is kept with the message")
    count = _with_database(lambda url: listings.discard(url, message, reason.strip()))
    say(f"{count} {'delivery' if count == 1 else 'deliveries'} discarded.")


def _with_database(work: Callable[[str], Awaitable[T]]) -> T:
    async def working(settings: Settings) -> T:
        async with open_database(settings) as database:
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
