"""Conversations: found, and read as both people saw them, each message with its whole journey."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from channel.console.access import Access, ConsoleRoute, Visit, see
from channel.console.asked import moment_asked, number_asked, uuid_asked
from channel.console.wrong import Wrong
from channel.core import limits
from channel.core.clean import clean
from channel.core.conversation import State
from channel.core.following_up import FAILED_LATER
from channel.store import histories, searching
from channel.store.histories import Cursor, History

#: deliveries that carry a message's words
_WORDS: Final = {"PostToRoom", "LeaveOffline", "ReplyToContact"}
_LONGEST: Final = 255


def routes(access: Access) -> list[ConsoleRoute]:
    return [
        access.page("/conversations", listed),
        access.page("/conversations/search", searched),
        access.page("/conversations/{number}", one),
        access.page("/messages/{message}", message),
    ]


async def listed(visit: Visit) -> Response:
    state = visit.asked("state")
    if state and state not in set(State):
        raise Wrong(400, f"There is no such state; a conversation is {', '.join(State)}.")
    found = await searching.latest(
        visit.premises.pool, uuid_asked(visit, "channel"), state or None, moment_asked(visit, "before")
    )
    return visit.page(
        "conversations.html", rows=found.rows, older=found.older, state=state, sought="", sentence="", most=0
    )


async def searched(visit: Visit) -> Response:
    """A page of what was found; the conversation, or the message, itself if it is the only one."""
    sought = visit.asked("q")[:_LONGEST]
    shown: dict[str, Any] = {"older": None, "state": "", "sought": sought, "most": limits.FOUND_CONVERSATIONS}
    if not sought:
        return visit.page("conversations.html", 400, rows=[], sentence="Say what is to be looked for.", **shown)
    rows = await searching.search(visit.premises.pool, sought)
    if not rows:
        return visit.page("conversations.html", 404, rows=[], sentence="Nothing here is called so.", **shown)
    if len(rows) == 1:
        (only,) = rows
        return see(f"/messages/{only['message']}" if only["message"] else f"/conversations/{only['id']}")
    return visit.page("conversations.html", rows=rows, sentence="", **shown)


async def one(visit: Visit) -> Response:
    number = number_asked(visit.request.path_params["number"], "conversation")
    history = await histories.history(visit.premises.pool, number, _cursor(visit.asked("before")), words=visit.words)
    older = f"{history.older[0].isoformat()}_{history.older[1]}" if history.older else ""
    return visit.page("conversation.html", history=history, items=list(items(history)), older=older)


async def message(visit: Visit) -> Response:
    found = await histories.journeys(
        visit.premises.pool, clean(visit.request.path_params["message"]), words=visit.words
    )
    return visit.page("message.html", told=[(about, with_standing(message)) for about, message in found])


def items(history: History) -> Iterator[Mapping[str, Any]]:
    """Messages, and what went no further, in the order in which they came."""
    told = [*map(with_standing, history.messages), *history.events]
    yield from sorted(told, key=lambda each: each["created_at"])


def with_standing(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message with what the other side was shown of it, where that is something else, and how it stands."""
    carried = [delivery for delivery in message["deliveries"] if delivery["kind"] in _WORDS]
    shown = [delivery["text"] or "" for delivery in carried]
    how, sentence = _standing(message, [delivery["state"] for delivery in carried])
    other = shown if shown != [message["text"]] else []
    return {**message, "shown": other, "how": how, "standing": sentence, "told": _told(message)}


def _told(message: Mapping[str, Any]) -> str:
    """What RapidPro knows of it, by how its reports ended."""
    status = message["status"]
    reports = [each for each in message["deliveries"] if each["kind"] == "ReportStatus" and each["status"] == status]
    ended = reports[-1]["state"] if reports else ""
    how = {"done": "was told", "waiting": "is about to be told", "": "is to be told"}.get(
        ended, "did not take the report"
    )
    return f"RapidPro {how} that it was {status}."


def _standing(message: Mapping[str, Any], states: list[str]) -> tuple[str, str]:
    if "dead" in states:
        return "bad", "Is a dead letter: nobody tries it again until an operator decides."
    if "waiting" in states:
        return "warn", "Waits to go."
    if message["reason"] == FAILED_LATER:
        return "bad", "Went to RapidPro, which could not bring it."
    if states and set(states) == {"done"}:
        return "good", "Went."
    if "done" in states:
        return "warn", "Went in part."
    if states:
        return "bad", "Was discarded."
    return ("bad", "Did not go.") if message["reason"] else ("soft", "Nothing had to go.")


def _cursor(text: str) -> Cursor | None:
    """Where the page before begins, as `one` wrote it."""
    if not text:
        return None
    at, _, number = text.partition("_")
    try:
        return datetime.fromisoformat(at), UUID(number)
    except ValueError:
        raise Wrong(400, "There is no such place in a conversation.") from None
