"""The simulated Rocket.Chat: an application to serve, and everything that happens behind it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from starlette.types import ASGIApp

from .application import application
from .desk import Desk
from .profile import PROFILES, Profile
from .records import Attempt, Credentials
from .settings import BRIDGE_FLAGS
from .workspace import Workspace

T = TypeVar("T")

_MILLISECONDS = 1000
_RECENT = 5


class RocketChat(Desk):
    """One Rocket.Chat server that remembers. Serve `app`; be its agents; look at what it knows.

    From the start there are two agents, online, in the department `Support`, and the users `admin` and `bridge.bot`.
    """

    def __init__(
        self,
        profile: Profile = PROFILES["7.11"],
        *,
        webhook_url: str = "",
        webhook_token: str = "",
        webhook_timeout: float = 5.0,
        retry_delay: float | None = None,
        limiter: bool = False,
        limiter_window: float = 60.0,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Times are in seconds; `retry_delay` None means the release's own, four timeouts in most."""
        workspace = Workspace(profile, retry_delay=retry_delay, limiter_window=limiter_window)
        super().__init__(workspace)
        self.profile = profile
        self.settings = workspace.settings
        self.visitors = workspace.visitors
        self.rooms = workspace.rooms
        self.messages = workspace.messages
        self.inquiries = workspace.inquiries
        self.users = workspace.users
        self.departments = workspace.departments
        self.custom_fields = workspace.custom_fields
        self.offline_messages = workspace.offline_messages
        self.requests = workspace.requests
        self.webhooks: list[Attempt] = workspace.webhooks.attempts
        self.faults = workspace.faults
        self.app: ASGIApp = application(self)
        self._move_in()
        self.settings |= {
            "Livechat_http_timeout": int(webhook_timeout * _MILLISECONDS),
            "API_Enable_Rate_Limiter": limiter,
            "API_Enable_Rate_Limiter_Limit_Time_Default": int(limiter_window * _MILLISECONDS),
        }
        if webhook_url:
            self.connect(webhook_url, webhook_token)
        self.settings |= settings or {}

    def connect(self, webhook_url: str, webhook_token: str = "") -> None:
        """Set the webhook's URL and secret, and switch on the events a bridge needs (visitor echoes stay off)."""
        self.settings |= {"Livechat_webhookUrl": webhook_url, "Livechat_secret_token": webhook_token}
        self.settings |= dict.fromkeys(BRIDGE_FLAGS, True)

    def personal_access_token(self, username: str, *, bypasses_two_factor: bool = True) -> Credentials:
        """Make a personal access token for a user."""
        return self.workspace.open_session(self.user(username), bypasses_two_factor=bypasses_two_factor)

    async def until(self, found: Callable[["RocketChat"], T | None], timeout: float = 10.0) -> T:  # noqa: ASYNC109 - part of what it promises
        """Return what `found` makes of this server as soon as it is true; it is asked again at every change."""
        try:
            return await self.workspace.until(lambda: found(self), timeout)
        except TimeoutError:
            raise TimeoutError(f"not within {timeout:g} s; {self._lately()}") from None

    @property
    def webhooks_in_flight(self) -> int:
        """How many events are on their way, delayed, or waiting to be tried again."""
        return self.workspace.webhooks.in_flight

    @property
    def held_webhooks(self) -> list[dict[str, Any]]:
        """The bodies of the events a `Holds` keeps back."""
        return self.workspace.webhooks.held

    def release(self, *, backwards: bool = False) -> None:
        """Send what is held, one after the other; the newest first if it is to arrive out of order."""
        self.workspace.webhooks.release(backwards=backwards)

    async def aclose(self) -> None:
        """Stop what goes on in the background, and forget what was still to be sent, as a restart does."""
        await self.workspace.webhooks.aclose()

    def _lately(self) -> str:
        asked = [f"{each.method} {each.path} {each.status}" for each in self.requests[-_RECENT:]]
        told = [f"{each.type} #{each.number} {each.status or each.error}" for each in self.webhooks[-_RECENT:]]
        return f"last requests: {asked}; last webhooks: {told}"

    def _move_in(self) -> None:
        self.add_user("admin", roles="admin", password="admin")  # noqa: S106 - a sandbox's
        self.add_user("bridge.bot", name="Bridge", roles="bot livechat-manager", password="bridge")  # noqa: S106
        self.add_agent("joao.agent", "Joao Lima", "joao@example.org")
        self.add_agent("maria.agent", "Maria Reis", "maria@example.org")
        self.add_department("Support", "joao.agent", "maria.agent")
