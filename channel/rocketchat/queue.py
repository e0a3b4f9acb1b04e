"""The queue and the agents of a workspace, asked of Rocket.Chat with the bot user's login, and remembered for a moment.

Nothing is taken, given or changed here: who takes a chat is Rocket.Chat's matter, and an agent's.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, Final

from channel.core import limits
from channel.core.errors import ChannelError
from channel.core.people import Bot
from channel.core.queue import OnDuty, Queue, Waiting
from channel.rocketchat.admin import RocketChatAdmin
from channel.rocketchat.wire.admin import MAY_NOT, NO_LOGIN, NO_ROUTE
from channel.rocketchat.wire.admin_results import Inquiry, ListedAgent, ListedDepartment, ListedRoom
from channel.transport import Transport

AWAY: Final = "Rocket.Chat does not answer: the queue and the agents are not known now."
#: what is asked, as people say it, and the role that brings what it wants
LISTS: Final = {
    "inquiries": "the queue",
    "agents": "the agents",
    "open_rooms": "the open chats",
    "departments": "the departments",
}


@dataclass(slots=True)
class _Known:
    """What was last listed of one workspace, for one login."""

    at: float = float("-inf")
    queue: Queue = field(default_factory=Queue)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Queues:
    """Looks at queues; `away`: of whom nothing is to be asked now."""

    def __init__(
        self,
        transport: Transport,
        *,
        away: Callable[[str], bool] = lambda base_url: False,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._transport = transport
        self._away = away
        self._clock = clock
        self._known: dict[tuple[str, Bot], _Known] = {}

    async def look(self, base_url: str, bot: Bot) -> Queue:
        """What Rocket.Chat lists, at most `limits.QUEUE_FRESH` old. Within `limits.QUEUE_SECONDS`, whatever it does."""
        known = self._known.setdefault((base_url, bot), _Known())
        async with known.turn:
            if self._clock() - known.at >= limits.QUEUE_FRESH:
                known.queue = Queue(missing=(AWAY,)) if self._away(base_url) else await self._ask(base_url, bot)
                known.at = self._clock()
        self._forget()
        return known.queue

    def _forget(self) -> None:
        """What nobody has looked at for long: a login that was replaced, a workspace that is gone."""
        late = self._clock() - 10 * limits.QUEUE_FRESH
        self._known = {of: known for of, known in self._known.items() if known.at > late or known.turn.locked()}

    async def _ask(self, base_url: str, bot: Bot) -> Queue:
        admin = RocketChatAdmin(self._transport, base_url, bot)
        asking: dict[str, asyncio.Task[Any]] = {
            name: asyncio.create_task(_listed(getattr(admin, name))) for name in LISTS
        }
        try:
            await asyncio.wait(asking.values(), timeout=limits.QUEUE_SECONDS)
        finally:
            for task in asking.values():
                task.cancel()
            await asyncio.gather(*asking.values(), return_exceptions=True)
        found: dict[str, Any] = {}
        missing: dict[str, str] = {}
        for name, task in asking.items():
            said = "silent" if task.cancelled() else task.result()
            (missing if isinstance(said, str) else found)[name] = said
        return Queue(
            _waiting(found["inquiries"], found.get("departments", ())) if "inquiries" in found else None,
            _on_duty(found["agents"], found.get("open_rooms")) if "agents" in found else None,
            tuple(_sentences(missing)),
        )


async def _listed(asked: Callable[[], Awaitable[Sequence[object]]]) -> Sequence[object] | str:
    """The list, or the code of why not."""
    try:
        return await asked()
    except ChannelError as error:
        return error.code


def _sentences(missing: dict[str, str]) -> list[str]:
    """Why lists could not be had; said once where it is the same for all of them."""
    codes = set(missing.values())
    if codes and len(missing) == len(LISTS) and codes <= {"silent", "timeout", "unreachable", "no_answer", "away"}:
        return [AWAY]
    if codes == {NO_LOGIN}:
        return ["Rocket.Chat does not know the bot user's token: `live-agents workspaces edit` sets another."]
    return [f"{_why(code)}: {LISTS[name]} cannot be shown." for name, code in missing.items()]


def _why(code: str) -> str:
    if code == NO_LOGIN:
        return "Rocket.Chat does not know the bot user's token"
    if code in MAY_NOT:
        return "The bot user may not ask for this, which the role livechat-manager would allow"
    if code in NO_ROUTE:
        return "This release of Rocket.Chat has no such list"
    if code == "silent":
        return f"Rocket.Chat did not answer within {limits.QUEUE_SECONDS:g} s"
    return f"Rocket.Chat would not say ({code})"


def _waiting(inquiries: Sequence[Inquiry], departments: Sequence[ListedDepartment]) -> tuple[Waiting, ...]:
    """Those that wait longest first."""
    names = {department.id: department.name for department in departments}
    waiting = [
        Waiting(names.get(each.department or "", each.department or ""), _moment(each.since), each.name)
        for each in inquiries
    ]
    return tuple(sorted(waiting, key=lambda each: (each.since is None, each.since.timestamp() if each.since else 0.0)))


def _on_duty(agents: Sequence[ListedAgent], rooms: Sequence[ListedRoom] | None) -> tuple[OnDuty, ...]:
    """Those who would be given a chat first."""
    served = None if rooms is None else Counter(room.served_by.id for room in rooms if room.served_by)
    found = [
        OnDuty(
            each.agent.username,
            each.agent.name,
            each.status,
            each.is_online,
            None if served is None else served[each.agent.id],
        )
        for each in agents
    ]
    return tuple(sorted(found, key=lambda each: (not each.is_online, each.name.casefold(), each.username)))


def _moment(text: str | None) -> datetime | None:
    with suppress(ValueError):
        found = datetime.fromisoformat(text) if text else None
        return found if found and found.tzinfo else None
    return None
