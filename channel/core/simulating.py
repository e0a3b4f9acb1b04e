"""What a flow in RapidPro's simulator is answered: whatever its builder wants to see, and nothing comes of it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from channel.core.answers import OUTCOMES, REFUSALS, Answer, Call, Outcome, Refusal, outcomes
from channel.core.availability import Office, out_of_hours

#: when a channel without hours would open, for a flow builder to see how it reads
_LATER: Final = timedelta(hours=12)


def names(call: Call) -> list[str]:
    """What can be asked for, the usual outcome first: outcomes, and reasons of a refusal."""
    return [*(outcome.value for outcome in outcomes(call)), *(reason.value for reason in REFUSALS[call])]


def simulated(call: Call, wanted: str, office: Office, now: datetime, department: str, language: str) -> Answer | None:
    """The answer with the outcome `wanted` ("": the usual one), in its real shape; None if there is none such."""
    wanted = wanted or names(call)[0]
    reasons = list(REFUSALS[call])
    voice = office.voice(language)
    if wanted in reasons:
        return voice.refuses(call, Refusal(wanted))
    if wanted == Outcome.REFUSED and reasons:
        return voice.refuses(call, reasons[0])
    if wanted not in OUTCOMES[call]:
        return None
    outcome = Outcome(wanted)
    if outcome is Outcome.CLOSED_HOURS:
        opens = office.hours.next_open(now, department or office.department) if office.hours else None
        return out_of_hours(call, office, opens if opens and opens > now else now + _LATER, now, language)
    return _as_shaped(voice.answers(call, outcome), call, office, department)


def _as_shaped(answer: Answer, call: Call, office: Office, department: str) -> Answer:
    certain = True if answer.outcome in {Outcome.QUEUED, Outcome.NO_AGENTS, Outcome.AVAILABLE} else None
    if call is not Call.REGISTER or answer.outcome not in {Outcome.QUEUED, Outcome.ALREADY_OPEN}:
        return replace(answer, certain=certain)
    waits = 60 * office.options.max_wait_minutes if answer.outcome is Outcome.QUEUED else 0
    return replace(answer, certain=certain, department=department or office.department, max_wait=waits or None)
