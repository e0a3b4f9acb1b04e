"""What stands on Rocket.Chat's page of Omnichannel webhooks. It has one URL for the whole server."""

from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from channel.core.checks.finding import Check, Finding, doubtful, fine, not_checked, wrong

#: events that have to be on, as Rocket.Chat's page calls them
WANTED: Final = {
    "on_start": "Chat Start",
    "on_close": "Chat Close",
    "on_taken": "Chat Taken",
    "on_queued": "Chat Queued",
    "on_forward": "Forwarding",
    "on_agent_message": "Agent Messages",
}
#: and those that only cost
NEEDLESS: Final = {"on_visitor_message": "Visitor Messages", "on_offline_message": "Offline Messages"}

LEAST_TIMEOUT: Final = 5000  #: milliseconds
MOST_TIMEOUT: Final = 10_000

_PAGE: Final = "Rocket.Chat, Administration, Omnichannel, Webhooks"
_LOGIN: Final = (
    "give a login that may read it with --login-file, or name a bot user (`live-agents workspaces edit WORKSPACE "
    "--bot-user-id ID --bot-token-file FILE`)"
)


def unseen(check: Check, because: str) -> Finding:
    """What only a login is shown, and there is none, or it may not."""
    return not_checked(check, because, _LOGIN)


def login(username: str, *, refused: str = "", is_agent: bool = False) -> Finding:
    """`refused`: why Rocket.Chat does not take the login."""
    if refused:
        advice = "make a new personal access token for the account, and give it with `live-agents workspaces edit`"
        return wrong(Check.LOGIN, f"Rocket.Chat does not take the login: {refused}", advice)
    if is_agent:
        advice = "take the role livechat-agent from the account: as a bot it counts as online, and is given chats"
        return doubtful(Check.LOGIN, f"{username} is an agent, too", advice)
    return fine(Check.LOGIN, f"Rocket.Chat takes the login of {username}")


def url(found: str, ours: str) -> Finding:
    check = Check.WEBHOOK_URL
    if not found:
        return wrong(check, "Rocket.Chat has no webhook URL: it tells us nothing", f"{_PAGE}: enter {ours}")
    if found != ours:
        advice = f"{_PAGE}: enter {ours}; but see first whose URL it is that stands there: there can be only one"
        return wrong(check, f"Rocket.Chat sends its events to another address: {_shown(found)}", advice)
    return fine(check, "Rocket.Chat sends its events to us")


def _shown(url: str) -> str:
    """Somebody's URL without what may be a secret of theirs in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def secret(*, is_there: bool, is_ours: bool, is_newest: bool, workspace: str) -> Finding:
    check = Check.WEBHOOK_SECRET
    shown = f"`live-agents workspaces show {workspace} --secret` shows it"
    if not is_ours:
        what = "has another secret than we do" if is_there else "has no secret"
        return wrong(check, f"Rocket.Chat {what}: its events are refused", f"{_PAGE}, Secret Token: {shown}")
    if not is_newest:
        advice = f"{_PAGE}, Secret Token: {shown}; then `live-agents workspaces rotate {workspace} --finish`"
        return doubtful(check, "Rocket.Chat shows the secret before the newest one", advice)
    return fine(check, "Rocket.Chat has the right secret")


def events(on: Collection[str]) -> Finding:
    """`on`: which of WANTED and NEEDLESS are on."""
    check = Check.WEBHOOK_EVENTS
    missing = [name for key, name in WANTED.items() if key not in on]
    needless = [name for key, name in NEEDLESS.items() if key in on]
    if missing:
        what = "agents' words do not come" if "on_agent_message" not in on else "some of what happens is not told"
        advice = f"{_PAGE}: switch on {', '.join(missing)}"
        return wrong(check, f"Rocket.Chat does not send {', '.join(missing)}: {what}", advice)
    if needless:
        advice = f"{_PAGE}: switch off {', '.join(needless)}"
        return doubtful(check, f"Rocket.Chat sends {', '.join(needless)}, which nobody here needs", advice)
    return fine(check, "Rocket.Chat sends every event that is needed")


def timeout(milliseconds: int | None) -> Finding:
    check = Check.WEBHOOK_TIMEOUT
    if milliseconds is None:
        return not_checked(check, "this release has no such setting")
    advice = f"{_PAGE}, HTTP Timeout: {LEAST_TIMEOUT}"
    if milliseconds < LEAST_TIMEOUT:
        return wrong(check, f"Rocket.Chat waits only {milliseconds} ms for our answer", advice)
    if milliseconds > MOST_TIMEOUT:
        return doubtful(check, f"Rocket.Chat waits {milliseconds} ms for us, and four times that to try again", advice)
    return fine(check, f"Rocket.Chat waits {milliseconds} ms for our answer")


def test(*, passed: bool) -> Finding:
    """Rocket.Chat's own test button, pressed."""
    if not passed:
        advice = (
            "see that Rocket.Chat's server can reach the public URL (name, firewall, certificate), and that URL and "
            "secret on its webhook page are ours"
        )
        return wrong(Check.WEBHOOK_TEST, "Rocket.Chat's own test of its webhook fails", advice)
    return fine(Check.WEBHOOK_TEST, "Rocket.Chat's own test of its webhook reaches us")
