"""What the simulated peers wrote down, as the verifier reads it. Nothing here is asked of the bridge.

Every text in a campaign begins with the name of the contact it is of or for, and a blank: so words in a stranger's
room are noticed.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from channel.core.authors import SIGN
from channel.sandbox.rapidpro import RapidPro
from channel.sandbox.rapidpro.records import Channel, Message
from channel.sandbox.rocketchat import RocketChat
from channel.sandbox.rocketchat.records import Attempt
from tests.faults.verifier import Arrived, Sent


def whose(words: str) -> str:
    """The contact that a text names."""
    return words.partition(" ")[0]


def sent_by_contacts(rapidpro: RapidPro, channel: Channel) -> list[Sent]:
    """What contacts wrote, part by part, and when we answered 2xx for it."""
    return sorted(
        (sent for message in rapidpro.outgoing(channel) for sent in _parts(message)), key=lambda sent: sent.began
    )


def _parts(message: Message) -> Iterator[Sent]:
    for number, words in enumerate(message.parts):
        tries = [attempt for attempt in message.attempts if attempt.part == number]
        if tries and message.urn:
            taken = [t.at.timestamp() + t.elapsed for t in tries if t.status is not None and _is_taken(t.status)]
            yield Sent(message.urn.path, words, tries[0].at.timestamp(), min(taken, default=None))


def read_by_agents(rocketchat: RocketChat) -> list[Arrived]:
    """What visitors' messages are in rooms, each in the conversation of the contact whose visitor this is.

    But for what the bridge tells agents in a visitor's name, where there is no bot: nobody wrote that.
    """
    homes = homes_of(rocketchat)
    return [
        Arrived(homes[message.token], message.text, message.ts.timestamp())
        for message in rocketchat.messages.values()
        if message.token and not message.kind and not message.text.startswith(SIGN)
    ]


def homes_of(rocketchat: RocketChat) -> dict[str, str]:
    """Whose each visitor is, by token: of the contact whose words came first."""
    homes: dict[str, str] = {}
    for message in rocketchat.messages.values():
        if message.token and not message.kind:
            homes.setdefault(message.token, whose(message.text))
    return homes


def sent_by_agents(rocketchat: RocketChat) -> list[Sent]:
    """What agents wrote, and when we answered 200 to an event that told of it."""
    homes = homes_of(rocketchat)
    told = _told(rocketchat)
    agents = {user.id for user in rocketchat.users.values() if user.is_agent}
    written = [m for m in rocketchat.messages.values() if m.author.id in agents and not m.token and not m.kind]
    return [
        Sent(
            homes.get(rocketchat.rooms[message.rid].token, "nobody"),
            message.text,
            message.ts.timestamp(),
            min((a.ended_at.timestamp() for a in told[message.id] if a.ended_at), default=None),
        )
        for message in written
    ]


def _told(rocketchat: RocketChat) -> defaultdict[str, list[Attempt]]:
    """By message, the attempts we answered 200 to. A session's events carry a transcript, and tell of nothing new."""
    told: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in rocketchat.webhooks:
        if attempt.status == HTTPStatus.OK and attempt.type == "Message":
            for item in attempt.body["messages"]:
                told[item["_id"]].append(attempt)
    return told


def heard_by_contacts(rapidpro: RapidPro, channel: Channel) -> list[Arrived]:
    """What came in at RapidPro, each in the conversation of the URN it came from."""
    return [
        Arrived(message.urn.path if message.urn else "nobody", message.text, message.created_on.timestamp())
        for message in rapidpro.incoming(channel)
    ]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one request to us."""

    at: float  #: when it was sent, in seconds
    status: int | None  #: None: no answer
    seconds: float


def answers(rapidpro: RapidPro, rocketchat: RocketChat) -> list[Answer]:
    """Of every request to us, from both peers."""
    sends = [Answer(a.at.timestamp(), a.status, a.elapsed) for a in rapidpro.channel_log]
    ended = [(a, a.ended_at) for a in rocketchat.webhooks if a.ended_at]
    return sends + [Answer(a.at.timestamp(), a.status, (end - a.at).total_seconds()) for a, end in ended]


def _is_taken(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
