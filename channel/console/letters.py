"""Dead letters: why there are any, which, and what an operator decides of them: replay, write anew, discard."""

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import Response

from channel.console.access import Access, ConsoleRoute, Visit, see
from channel.console.asked import moment_asked, number_asked, uuid_asked
from channel.console.forms import Takes
from channel.console.reasons import of_dead
from channel.console.wrong import Wrong
from channel.core import limits
from channel.core.correcting import NotSo
from channel.core.operators import Role
from channel.store import letters
from channel.store.histories import named
from channel.store.letters import Cursor
from channel.store.listings import Which

_WHICH: Final = ("channel", "reason", "since", "until")
#: one form, of which either button may be pressed
_SEVERAL: Final = Takes(once=("reason",), often=("delivery",))
_EDITED: Final = Takes(once=("text",))


def routes(access: Access) -> list[ConsoleRoute]:
    def decision(path: str, view: Any, verb: str, takes: Takes, about: Any) -> ConsoleRoute:
        return access.change(path, view, role=Role.OPERATE, verb=verb, takes=takes, about=about)

    return [
        access.page("/dead-letters", listed),
        access.page("/dead-letters/after", after),
        decision("/dead-letters/replay", replayed, "replay", _SEVERAL, _chosen),
        decision("/dead-letters/replay-all", all_replayed, "replay", Takes(once=(*_WHICH, "sure")), _meant),
        decision("/dead-letters/discard", discarded, "discard", _SEVERAL, _chosen),
        access.page("/dead-letters/{number}", one),
        decision("/dead-letters/{number}/edit", edited, "edit", _EDITED, _this),
    ]


async def listed(visit: Visit) -> Response:
    which, pool = _which(visit), visit.premises.pool
    shown = await letters.latest(pool, which, _cursor(visit.asked("before")), words=visit.words)
    asked = {name: visit.asked(name) for name in _WHICH}
    older = f"{shown.older[0].isoformat()}_{shown.older[1]}" if shown.older else ""
    return visit.page(
        "letters.html",
        reasons=await letters.reasons(pool),
        rows=shown.rows,
        asked=asked,
        chosen=urlencode({name: value for name, value in asked.items() if value}),
        older=older,
        gone=_count(visit.asked("gone")),
    )


async def one(visit: Visit) -> Response:
    number = number_asked(visit.request.path_params["number"], "dead letter")
    letter = await letters.one(visit.premises.pool, number, words=visit.words)
    means, to_do = of_dead(letter["reason"] or "", letter["lane"])
    return visit.page("letter.html", letter=letter, means=means, to_do=to_do)


async def after(visit: Visit) -> Response:
    """How it stands with what was decided of."""
    chosen = visit.request.query_params.getlist("delivery")[: limits.SHOWN_LETTERS]
    numbers = [number_asked(each, "delivery") for each in chosen]
    rows = await letters.standing(visit.premises.pool, numbers)
    if not rows:
        raise Wrong(404, "There are no such deliveries.")
    return visit.page("after.html", rows=rows)


async def replayed(visit: Visit) -> Response:
    numbers = _numbers(visit)
    if not await letters.replay(visit.premises.pool, numbers):
        raise Wrong(409, "None of these goes again: they are no dead letters any more, or of no message.")
    return _after(numbers)


async def all_replayed(visit: Visit) -> Response:
    if visit.form["sure"] != "yes":
        raise Wrong(400, "Say that you mean all of them. Nothing was changed.")
    count = await letters.replay_all(visit.premises.pool, _which(visit))
    return see(f"/dead-letters?gone={count}")


async def edited(visit: Visit) -> Response:
    number = number_asked(visit.request.path_params["number"], "dead letter")
    text = visit.form["text"].replace("\r\n", "\n")
    try:
        await letters.replay_as(visit.premises.pool, number, text)
    except NotSo as error:
        raise Wrong(400, f"These words may not go. {error}") from None
    return _after([number])


async def discarded(visit: Visit) -> Response:
    numbers, reason = _numbers(visit), visit.form["reason"].strip()
    if not reason or len(reason) > limits.DISCARD_REASON or not reason.isprintable():
        raise Wrong(
            400, f"Say why, in one line of at most {limits.DISCARD_REASON} characters: it is kept with the message."
        )
    if not await letters.discard_letters(visit.premises.pool, numbers, reason):
        raise Wrong(409, "None of these is a dead letter any more.")
    return _after(numbers)


def _after(numbers: list[int]) -> Response:
    shown = numbers[: limits.SHOWN_LETTERS]
    return see("/dead-letters/after?" + urlencode([("delivery", number) for number in shown]))


def _numbers(visit: Visit) -> list[int]:
    numbers = sorted({number_asked(each, "dead letter") for each in visit.form.all("delivery")})
    if not numbers:
        raise Wrong(400, "No dead letter was chosen.")
    return numbers


def _which(visit: Visit) -> Which:
    """Which are meant, as the address or the form says."""
    since, until = moment_asked(visit, "since"), moment_asked(visit, "until")
    if since and until and until <= since:
        raise Wrong(400, "The time ends before it begins.")
    return Which(since, until, uuid_asked(visit, "channel"), visit.asked("reason") or None)


def _chosen(visit: Visit) -> str:
    return ", ".join(named(number) for number in _numbers(visit))


def _meant(visit: Visit) -> str:
    """In the audit's words: only what cannot be anybody's."""
    which = _which(visit)
    told = {"since": which.since, "until": which.until, "channel": which.channel, "reason": which.reason}
    return ", ".join(f"{name} {value}" for name, value in told.items() if value) or "all"


def _this(visit: Visit) -> str:
    return named(number_asked(visit.request.path_params["number"], "dead letter"))


def _cursor(text: str) -> Cursor | None:
    if not text:
        return None
    at, _, number = text.partition("_")
    try:
        return datetime.fromisoformat(at), int(number)
    except ValueError:
        raise Wrong(400, "There is no such page of dead letters.") from None


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(2**63)) else None
