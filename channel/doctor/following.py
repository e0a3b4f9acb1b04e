"""A message followed from where it was taken to where it arrived."""

import asyncio
from collections.abc import Sequence
from time import monotonic
from uuid import UUID

from channel.core import limits
from channel.core.checks.trying import Followed
from channel.doctor.premises import Premises
from channel.store import examining
from channel.store.examining import Step

#: the reason of a room that cannot be opened while nobody is there
NOBODY = "no_agents"


async def follow(premises: Premises, channel: UUID, name: str, kinds: Sequence[str]) -> Followed:
    """Wait until what is owed for the message of this id has been made, in the order of its kinds, or will not be."""
    began = monotonic()
    found = Followed(reason="the service has not stored it")
    while monotonic() - began < limits.TEST_SECONDS:
        steps = await examining.steps(premises.pool, channel, name)
        found = read(steps, kinds, found, monotonic() - began)
        if found.receipt or found.waits_for_agents or any(each.state in {"dead", "discarded"} for each in steps):
            break
        await asyncio.sleep(limits.TEST_LOOKED_AT)
    return found


def read(steps: Sequence[Step], kinds: Sequence[str], before: Followed, seconds: float) -> Followed:
    """Where it is now. `before`: where it was, with the time it took to get there."""
    if not steps:
        return before
    first, last = kinds[0], kinds[-1]
    arrived = any(step.kind == first and step.state == "done" for step in steps)
    receipt = next((step for step in steps if step.kind == last and _is_receipt(step)), None)
    stuck = next((step for step in steps if step.state in {"dead", "discarded"}), None)
    waiting = next((step for step in steps if step.state == "waiting"), None)
    return Followed(
        id=str(steps[0].message),
        arrived=arrived,
        receipt=_receipt(receipt) if receipt else "",
        reason=_why(steps[0], stuck or waiting),
        waits_for_agents=not arrived and steps[0].opening == NOBODY,
        seconds=before.seconds if before.arrived else seconds,
    )


def _is_receipt(step: Step) -> bool:
    """Taken; or refused by a RapidPro of before 10.3.21, to which nothing is an id that is no number of its own."""
    return step.state == "done" or (step.state == "dead" and step.reason == "bad_id")


def _receipt(step: Step) -> str:
    if step.state == "dead":
        return "RapidPro's callback for statuses answered"
    return f"RapidPro took the status {step.status}" if step.status else "RapidPro took it"


def _why(first: Step, step: Step | None) -> str:
    if step is not None:
        return f"{step.kind} is {step.state}" + (f" ({step.reason})" if step.reason else "")
    return first.why_not or "nothing more came of it in time"
