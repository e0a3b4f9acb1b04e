"""Words of a dead letter, written anew by an operator: under the limits and the policy of those that they replace."""

from dataclasses import replace
from typing import Final

from channel.core import limits
from channel.core.clean import clean
from channel.core.cutting import is_blank, length
from channel.core.options import Options
from channel.core.owed import LeaveOffline, Owed, PostToRoom, ReplyToContact
from channel.core.text import Reason, shape
from channel.core.text_policy import TooLong, policy_for

#: what has words that can be written anew
WORDED: Final = (PostToRoom, LeaveOffline, ReplyToContact)

_WHY: Final = {
    Reason.EMOJI: "It has an emoji, or nothing else.",
    Reason.EMPTY: "There is nothing in it to be seen.",
}


class NotSo(Exception):
    """The words cannot go; one sentence says why."""


def corrected(owed: Owed, text: str, options: Options) -> Owed:
    """What is owed, with these words instead of its own. NotSo if they may not go, or it has none."""
    match owed:
        case ReplyToContact():
            return replace(owed, text=_for_contact(text, options))
        case PostToRoom() | LeaveOffline():
            return replace(owed, text=_for_agent(text))
    raise NotSo("This has no words that could be written anew.")


def _for_contact(text: str, options: Options) -> str:
    """As if an agent had written it, but never in parts: the dead letter is one message."""
    policy = replace(policy_for(options), too_long=TooLong.REFUSE)
    shaped = shape(text.strip(), policy)
    if not shaped.parts:
        refusal = shaped.refused[0]
        raise NotSo(_WHY.get(refusal.reason) or _too_long(refusal.length, refusal.limit))
    return shaped.parts[0]


def _for_agent(text: str) -> str:
    words = clean(text).strip()
    if is_blank(words):
        raise NotSo(_WHY[Reason.EMPTY])
    if length(words) > limits.TEXT_LENGTH:
        raise NotSo(_too_long(length(words), limits.TEXT_LENGTH))
    return words


def _too_long(characters: int, limit: int) -> str:
    return f"It has {characters} characters; {limit} may go."
