"""A simulated Rocket.Chat with Omnichannel Livechat, which behaves as the real one does."""

from .errors import Refused
from .faults import Answers, Delays, Drops, Faults, Garbles, Hangs, Holds, Loses, Repeats, Trickles
from .profile import PROFILES, Profile
from .records import Attachment, Attempt, Credentials, Message, RestRequest, Room, Visitor
from .server import RocketChat

__all__ = [
    "PROFILES",
    "Answers",
    "Attachment",
    "Attempt",
    "Credentials",
    "Delays",
    "Drops",
    "Faults",
    "Garbles",
    "Hangs",
    "Holds",
    "Loses",
    "Message",
    "Profile",
    "Refused",
    "Repeats",
    "RestRequest",
    "RocketChat",
    "Room",
    "Trickles",
    "Visitor",
]
