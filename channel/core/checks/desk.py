"""Would a chat be taken: Livechat, the department, its agents, and how long words may be?"""

from collections.abc import Sequence
from typing import Final

from channel.core import limits
from channel.core.checks.finding import Check, Finding, Heard, doubtful, fine, not_checked, wrong
from channel.core.values import dataclass

_OMNICHANNEL: Final = "Rocket.Chat, Administration, Settings, Omnichannel"


@dataclass(frozen=True, slots=True)
class Dept:
    """A department as managers see it. `agents`: how many it has; None where nobody counts them."""

    id: str
    name: str
    enabled: bool = True
    agents: int | None = None


def rocketchat(url: str, *, trouble: str = "", pause: float = 0.0, enabled: bool = True) -> Finding:
    """`trouble`: why it is no Rocket.Chat that answers; `pause`: its limiter wants one, of so many seconds."""
    check = Check.ROCKETCHAT
    if pause:
        return doubtful(
            check,
            f"Rocket.Chat's limiter wants a pause of {pause:.0f} s: nothing more was asked",
            "look again later; if it goes on, raise the limit (see limiter) or ask less often",
        )
    if trouble:
        advice = (
            "see that Rocket.Chat runs there, and that this machine reaches it (`live-agents workspaces edit --url`; "
            "LIVE_AGENTS_PRIVATE_PEERS for a private address)"
        )
        return wrong(check, f"no Rocket.Chat answers at {url}: {trouble}", advice)
    if not enabled:
        return wrong(check, "Livechat is switched off", f"{_OMNICHANNEL}: switch on Omnichannel and Livechat")
    return fine(check, f"Rocket.Chat answers at {url}, and Livechat is on")


def department(wanted: str, staffed: Sequence[Dept], known: Sequence[Dept] | None = None) -> Finding:
    """`staffed`: the enabled ones that have agents; `known`: all of them, where a login may see them."""
    check = Check.DEPARTMENT
    if not wanted:
        return fine(check, "chats of this channel are for any department")
    if any(_is(wanted, each) for each in staffed):
        return fine(check, f"the department {wanted} is there, enabled, and has agents")
    if known is None:
        named = ", ".join(sorted(each.name for each in staffed)) or "none"
        advice = (
            "make it, enable it or give it agents in Rocket.Chat, or name another with `live-agents channels edit "
            "CHANNEL --department NAME`"
        )
        return wrong(check, f"no department {wanted} with agents is enabled; there are: {named}", advice)
    found = next((each for each in known if _is(wanted, each)), None)
    if found is None:
        advice = (
            "name one of Rocket.Chat's departments, exactly as it is written there: `live-agents channels edit CHANNEL "
            "--department NAME`"
        )
        return wrong(check, f"Rocket.Chat has no department {wanted}: no room can be opened", advice)
    if not found.enabled:
        return wrong(check, f"the department {wanted} is not enabled", f"enable {wanted} in Rocket.Chat, Omnichannel")
    return wrong(check, f"the department {wanted} has no agents", f"give {wanted} agents in Rocket.Chat, Omnichannel")


def agents(*, online: bool, is_open: bool, named: Sequence[str] | None = None) -> Finding:
    """`online`: Rocket.Chat would take a chat now; `named`: who is online, where a login may see them."""
    check = Check.AGENTS
    if online and named:
        return fine(check, f"{len(named)} online: {', '.join(sorted(named))}")
    if online and named is None:
        return fine(check, "somebody is online, or chats are taken without")
    if not is_open:
        return fine(check, "nobody is online, and the channel is closed at this hour")
    advice = "have an agent come online; until then words wait, and after max_wait the contact is told"
    if online:
        return doubtful(check, "nobody is online, and Rocket.Chat takes chats all the same", advice)
    return doubtful(check, "nobody is online: no chat is taken now", advice)


def no_agents(*, accepts: bool | None, because: str = "no login may read it") -> Finding:
    """`accepts`: chats are taken while nobody is online; None where nobody may read it."""
    check = Check.NO_AGENTS
    if accepts is None:
        return not_checked(check, because, "give an administrator's login with --login-file")
    if accepts:
        advice = (
            f"{_OMNICHANNEL}, Livechat_accept_chats_with_no_agents: switch it off, and contacts are told that nobody "
            "is there; with it on, somebody has to look after the queue"
        )
        return doubtful(check, "chats are opened while nobody is online, and may wait unseen", advice)
    return fine(check, "while nobody is online no chat is opened: words wait here")


def visitor_length(limit: int | None) -> Finding:
    """`limit`: characters of a visitor's message, as Livechat's configuration says; None: any number."""
    check = Check.VISITOR_LENGTH
    advice = (
        f"{_OMNICHANNEL}: switch off Livechat_enable_message_character_limit, or set Livechat_message_character_limit "
        f"to {limits.TEXT_LENGTH} or more"
    )
    if limit is None:
        return fine(check, "contacts' words may be of any length in Rocket.Chat")
    if limit <= 0:
        return wrong(check, "Rocket.Chat's limit of a visitor's message is on, and 0: it refuses every word", advice)
    if limit < limits.TEXT_LENGTH:
        return doubtful(check, f"Rocket.Chat takes {limit} characters of a visitor: words are cut smaller", advice)
    return fine(check, f"Rocket.Chat takes {limit} characters of a visitor")


def agent_length(limit: int | None) -> Finding:
    """`limit`: characters of an agent's message; None where nobody may read it."""
    check = Check.AGENT_LENGTH
    if limit is None:
        return not_checked(check, "no login may read it", "give an administrator's login with --login-file")
    if 0 < limit < limits.TEXT_LENGTH:
        advice = f"Rocket.Chat, Administration, Settings, Message: Message_MaxAllowedSize, {limits.TEXT_LENGTH} or more"
        return doubtful(check, f"agents can write only {limit} characters at once", advice)
    return fine(check, f"agents can write {limit} characters at once; {limits.TEXT_LENGTH} go to a contact")


def silent(check: Check, heard: Heard) -> Finding:
    """What Rocket.Chat would have to say, and it does not answer."""
    return not_checked(check, f"Rocket.Chat does not answer ({heard.trouble or heard.status})")


def _is(wanted: str, department: Dept) -> bool:
    """By id or by exact name, as Rocket.Chat takes them."""
    return wanted in {department.id, department.name}
