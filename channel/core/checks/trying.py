"""A message each way, followed to its receipt."""

from typing import Final

from channel.core.checks.finding import Check, Finding, doubtful, fine, not_checked, wrong
from channel.core.values import dataclass

_TRACE: Final = "`live-agents trace {id}` shows each attempt"


@dataclass(frozen=True, slots=True)
class Followed:
    """How far a message came. `id`: our own, "" if it was not taken at all."""

    id: str = ""
    arrived: bool = False
    receipt: str = ""  #: what RapidPro took for one, "" if there is none
    reason: str = ""  #: why it is not there
    waits_for_agents: bool = False
    seconds: float = 0.0


def not_asked(check: Check) -> Finding:
    return not_checked(check, "nobody asked for it", "`live-agents doctor --send-test` sends a message each way")


def to_agent(followed: Followed) -> Finding:
    check = Check.TEST_TO_AGENT
    if followed.waits_for_agents:
        return doubtful(
            check,
            "the test message was taken, and waits: no agent is online, and no room can be opened",
            "have an agent come online, and send the test again",
        )
    if followed.arrived and followed.receipt:
        return fine(check, f"a message reached Rocket.Chat in {followed.seconds:.1f} s; {followed.receipt}")
    if followed.arrived:
        said = f"a message reached Rocket.Chat, and RapidPro was not told: {followed.reason}"
        return wrong(check, said, _look(followed))
    return wrong(check, f"the test message did not reach Rocket.Chat: {followed.reason}", _look(followed))


def to_contact(followed: Followed, by: str) -> Finding:
    """`by`: who spoke for the agent."""
    check = Check.TEST_TO_CONTACT
    if followed.arrived:
        took = f"{followed.seconds:.1f} s; {followed.receipt}"
        return fine(check, f"an agent's message, {by}, reached RapidPro in {took}")
    return wrong(check, f"an agent's message, {by}, did not reach RapidPro: {followed.reason}", _look(followed))


def cleaned(left: str, *, on_purpose: bool = False) -> Finding:
    """`left`: what could not be taken away, "" if nothing; `on_purpose`: it was written to somebody who is there."""
    if left and on_purpose:
        return fine(Check.TEST_CLEANED, f"the contact is a real one, so this stays: {left}")
    if left:
        return doubtful(Check.TEST_CLEANED, f"left behind: {left}", "take it away by hand")
    return fine(Check.TEST_CLEANED, "nothing of the test is left in Rocket.Chat, in RapidPro or here")


def _look(followed: Followed) -> str:
    if followed.id:
        return f"{_TRACE.format(id=followed.id)}; the other checks may say why"
    return "the other checks may say why; the service's log does"
