"""Bodies that callers send, each as an example to start from."""

import json
from collections.abc import Mapping
from typing import Any, Final

from channel.rapidpro.wire import flow_bodies

Json = dict[str, Any]

CONTACT: Final = "6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"
CHANNEL: Final = "3eb3ba99-882a-4ed1-957b-6d39e674e06d"
WORKSPACE: Final = "450ea3e4-16f7-4c78-9a97-1693015126fb"
_ANA: Final[Json] = {"uuid": CONTACT, "name": "Ana", "urn": "whatsapp:5511988887777", "language": "por"}
_FLOW: Final[Json] = {"uuid": "11112222-3333-4444-8555-666677778888", "name": "Hand-off"}
_RUN: Final[Json] = {"uuid": "22223333-4444-4555-8666-777788889999"}
_PHOTO: Final[Json] = {"content_type": "image/jpeg", "url": "https://files.example.org/a/1.jpg"}
_BLOCKED: Final[Json] = {"category": "All Responses", "value": "My card is blocked"}

#: by the name under which a flow builder finds them
REGISTER_CLIENT: Final[Mapping[str, Json]] = {
    "Short": json.loads(flow_bodies.REGISTER_CLIENT),
    "As the kit sends it": {
        "contact": _ANA,
        "department": "Support",
        "run": _RUN,
        "flow": _FLOW,
        "results": {"topic": {"value": "card", "category": "Cards"}},
    },
    "With a first message": {
        "contact": {"name": "Ana", "uuid": CONTACT},
        "department": "Support",
        "results": {"clientmessage": {"value": "My card is blocked"}},
    },
}
SEND_MESSAGE: Final[Mapping[str, Json]] = {
    "Short": json.loads(flow_bodies.SEND_MESSAGE),
    "As the kit sends it": {
        "contact": _ANA,
        "department": "Support",
        "message": {
            "uuid": "01a2b3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
            "text": "My card is blocked",
            "created_on": "2026-08-20T10:00:00.000000Z",
            "attachments": [],
        },
        "results": {"clientmessage": {"value": "My card is blocked"}},
    },
    "As RapidPro proposes it": {"contact": _ANA, "flow": _FLOW, "results": {"clientmessage": _BLOCKED}},
    "A photo": {
        "contact": _ANA,
        "message": {"uuid": "01a2b3c4-5d6e-7f80-9a1b-2c3d4e5f6072", "text": "", "attachments": [_PHOTO]},
        "results": {"clientmessage": {"value": ""}},
    },
}
SURVEY: Final[Mapping[str, Json]] = {"Results": json.loads(flow_bodies.SURVEY), "Plain": {"satisfaction": "5"}}
_VISITOR: Final[Json] = {"token": CONTACT, "name": "Ana", "email": "", "phone": ""}


def _told(kind: str, **more: object) -> Json:
    return {"_id": "Hj3kPq8sT2vWxYz9a", "visitor": _VISITOR, "agent": {"name": "Bea"}, "type": kind} | more


SEND_TO_CLIENT: Final[Mapping[str, Json]] = {
    "An agent writes": _told("Message", messages=[{"msg": "Good morning, Ana"}]),
    "An agent takes the chat": _told("LivechatSessionTaken", messages=[]),
    "The chat waits": {
        "_id": "Hj3kPq8sT2vWxYz9a",
        "visitor": _VISITOR,
        "type": "LivechatSessionQueued",
        "messages": [],
    },
}
SENT: Final[Json] = {
    "id": "01a2b3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
    "text": "Are you there?",
    "to": CONTACT,
    "from": "livechat",
    "channel": "7c1f2b9e-0d4a-4f6b-8a57-1e2d3c4b5a69",
    "session_status": "W",
}
SENT_AS_JSON: Final[Json] = SENT | {"quick_replies": ["Yes", "No"]}
