"""A RapidPro of ours that behaves as the real one does, unpleasant parts included."""

from . import faults
from .flows import Flow, Run, WebhookAnswer
from .rapidpro import API_TOKEN, RapidPro
from .records import RECEIVE, SEND, Answer, Attempt, Channel, Contact, External, Message, Received
from .set_ups import LIVE_CHAT, SetUpA, SetUpB, set_up_a, set_up_b
from .simulator import Simulator
from .switches import Switches
from .versions import V8_0, V9_0, V10_3_20, V26_3_30, V26_3_31, VERSIONS, Version

__all__ = [
    "API_TOKEN",
    "LIVE_CHAT",
    "RECEIVE",
    "SEND",
    "V8_0",
    "V9_0",
    "V10_3_20",
    "V26_3_30",
    "V26_3_31",
    "VERSIONS",
    "Answer",
    "Attempt",
    "Channel",
    "Contact",
    "External",
    "Flow",
    "Message",
    "RapidPro",
    "Received",
    "Run",
    "SetUpA",
    "SetUpB",
    "Simulator",
    "Switches",
    "Version",
    "WebhookAnswer",
    "faults",
    "set_up_a",
    "set_up_b",
]
