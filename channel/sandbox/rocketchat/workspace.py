"""One Rocket.Chat server: its settings and everything it remembers. It decides nothing."""

import asyncio
import secrets
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from .faults import Faults
from .limiter import Limiter
from .profile import Profile
from .records import (
    Credentials,
    CustomField,
    Department,
    Inquiry,
    Message,
    RestRequest,
    Room,
    User,
    Visitor,
)
from .settings import DEFAULTS
from .webhooks import Webhooks

T = TypeVar("T")


class Workspace:
    """What the routes and the agents work on."""

    def __init__(self, profile: Profile, *, retry_delay: float | None, limiter_window: float) -> None:
        self.profile = profile
        self.settings: dict[str, Any] = dict(DEFAULTS)
        self.visitors: dict[str, Visitor] = {}
        self.rooms: dict[str, Room] = {}
        #: In the order in which they were written.
        self.messages: dict[str, Message] = {}
        self.inquiries: dict[str, Inquiry] = {}
        self.users: dict[str, User] = {}
        self.departments: dict[str, Department] = {}
        self.custom_fields: dict[str, CustomField] = {}
        #: As the widget is told of them: name, aliases, extension.
        self.custom_emoji: list[dict[str, Any]] = []
        #: Logins by their token.
        self.sessions: dict[str, Credentials] = {}
        self.offline_messages: list[dict[str, Any]] = []
        self.requests: list[RestRequest] = []
        self.faults = Faults()
        self.limiter = Limiter(limiter_window)
        self.webhooks = Webhooks(profile.webhook, self.settings, self.faults, self.changed, retry_delay)
        self.guests = 0
        self._change = asyncio.Event()

    def changed(self) -> None:
        """Let whoever waits in `until` look again."""
        self._change.set()
        self._change = asyncio.Event()

    async def until(self, found: Callable[[], T | None], timeout: float) -> T:  # noqa: ASYNC109 - part of what it promises
        """Return what `found` finds as soon as it is true; TimeoutError after so many seconds."""
        async with asyncio.timeout(timeout):
            while not (result := found()):
                await self._change.wait()
        return result

    async def between_check_and_act(self) -> None:
        """Give another request the chance to pass the same check."""
        await asyncio.sleep(self.faults.gap)

    def visitor_by_token(self, token: str) -> Visitor | None:
        """Find a visitor by their current token."""
        return _first(visitor for visitor in self.visitors.values() if visitor.token == token)

    def open_room(self, token: str) -> Room | None:
        """Find the open room that was made with this token."""
        return _first(room for room in self.rooms.values() if room.open and room.token == token)

    def messages_of(self, rid: str) -> list[Message]:
        """Return a room's messages, system messages included, oldest first."""
        return [message for message in self.messages.values() if message.rid == rid]

    def inquiry_of(self, rid: str) -> Inquiry | None:
        """Find an open room's place in the queue."""
        return _first(inquiry for inquiry in self.inquiries.values() if inquiry.rid == rid)

    def user_named(self, username: str) -> User | None:
        """Find a user by username."""
        return _first(user for user in self.users.values() if user.username == username)

    def agent_of(self, room: Room) -> User | None:
        """Find the agent who serves a room."""
        return self.users.get(room.served_by.user_id) if room.served_by else None

    def department_like(self, id_or_name: str) -> Department | None:
        """Find a department by id or by its exact name."""
        by_name = _first(department for department in self.departments.values() if department.name == id_or_name)
        return self.departments.get(id_or_name) or by_name

    def online_agents(self, department: str | None) -> list[User]:
        """Return who could be given a room now, in a department or anywhere."""
        known = self.departments.get(department or "")
        members = known.agents if known else set() if department else self.users.keys()
        return [user for user in self.users.values() if user.id in members and user.is_online]

    def fallen_back(self, department: Department) -> Department:
        """Return the department, or while nobody is online there the one it falls back to, and so on."""
        tried: set[str] = set()
        while department.fallback and not self.online_agents(department.id):
            tried.add(department.id)
            if department.fallback in tried:
                break
            department = self.departments[department.fallback]
        return department

    def open_session(self, user: User, *, bypasses_two_factor: bool = False) -> Credentials:
        """Log a user in."""
        credentials = Credentials(user.id, secrets.token_urlsafe(32), bypasses_two_factor)
        self.sessions[credentials.token] = credentials
        return credentials


def _first(found: Iterable[T]) -> T | None:
    return next(iter(found), None)
