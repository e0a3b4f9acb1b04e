"""A message each way through the running service, followed to its receipt, and taken away again."""

import secrets
from typing import Final
from uuid import UUID

from channel.core.checks import rapidpro as judge
from channel.core.checks import trying
from channel.core.checks.finding import Check, Finding, not_checked
from channel.core.checks.trying import Followed
from channel.doctor import cleaning, sending, speaking
from channel.doctor.premises import Premises
from channel.store import examining
from channel.store.examining import Examined

CHECKS: Final = (Check.TEST_TO_AGENT, Check.TEST_TO_CONTACT, Check.TEST_CLEANED)
#: URN types whose addresses may be anything: others would be somebody's
_FREE: Final = {"ext", "rocketchat"}


async def trial(premises: Premises, channel: Examined) -> list[Finding]:
    """Send one each way, if it was asked for and can be done without bothering anybody who was not named."""
    if not premises.asked.send_test:
        return [trying.not_asked(check) for check in CHECKS]
    if not premises.is_there:
        return [not_checked(check, "Live Agents does not answer at the public URL") for check in CHECKS]
    named = premises.asked.contact
    if not named and not channel.via_api and channel.scheme not in _FREE:
        why = f"every address of the type {channel.scheme} may be somebody's"
        return [not_checked(check, why, "name somebody with --contact") for check in CHECKS]
    if not channel.via_api and channel.rapidpro_channel is None:
        why = "RapidPro has not named its External channel yet: there is nowhere to answer"
        return [not_checked(check, why, judge.FORM) for check in CHECKS]
    hours = channel.office.hours
    if hours and not hours.is_open(await premises.now(), channel.office.department):
        return [not_checked(check, "the channel is closed at this hour") for check in CHECKS]
    try:
        return await _tried(premises, channel, named or _somebody(channel), is_real=bool(named))
    except sending.InUse:
        why = "two tokens of the channel are valid: one is being changed"
        advice = f"`live-agents channels rotate {channel.id} --finish`, when RapidPro has the new one"
        return [not_checked(check, why, advice) for check in CHECKS]


def _somebody(channel: Examined) -> str:
    """Somebody who is not there: by UUID where flows call, by a path that nobody has at the send URL."""
    if channel.set_up == "a":
        return str(UUID(bytes=secrets.token_bytes(16), version=4))
    return f"{sending.NOBODY}-{secrets.token_hex(6)}"


async def _tried(premises: Premises, channel: Examined, contact: str, *, is_real: bool) -> list[Finding]:
    before = await cleaning.open_rooms(premises, channel, contact) if is_real else ()
    async with sending.lent_token(premises, channel) as token:
        name, followed = await sending.send(premises, channel, contact, token)
        answered = await _answered(premises, channel, name, followed, is_real=is_real)
    if not is_real:
        left = await cleaning.clean(premises, channel, contact)
    else:
        left = "the words of the test" if before else await cleaning.close(premises, channel, contact)
    return [trying.to_agent(followed), answered, trying.cleaned(left, on_purpose=is_real)]


async def _answered(premises: Premises, channel: Examined, name: str, followed: Followed, *, is_real: bool) -> Finding:
    check = Check.TEST_TO_CONTACT
    if not followed.arrived:
        return not_checked(check, "no room was opened in which an agent could answer")
    if channel.via_api and not is_real:
        advice = "name a contact whose telephone you have with --contact UUID"
        return not_checked(check, "RapidPro's API writes to those only who are there", advice)
    steps = await examining.steps(premises.pool, channel.id, name)
    room = next((step.room or step.open_room for step in steps if step.room or step.open_room), None)
    if room is None:
        return not_checked(check, "the room of the test is closed already")
    answer, by = await speaking.speak(premises, channel, room)
    return trying.to_contact(answer, by)
