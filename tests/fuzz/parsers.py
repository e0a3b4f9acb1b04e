"""All that reads what somebody else has written, by the name it is fuzzed under: bytes, and a value or one error."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from channel.core.errors import ProtocolError
from channel.core.hours_file import read_hours, write_hours
from channel.core.option_file import read_options
from channel.core.option_text import write_options
from channel.core.toml import WrongFile
from channel.rapidpro.wire import flow_file, flows, send
from channel.rocketchat.wire import webhook
from tests.fuzz import answers, rapidpro, rocketchat

CHANNEL: Final = UUID("6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5")
Parse = Callable[[bytes], object]


def sent(content_type: str) -> Parse:
    return lambda body: send.parse(CHANNEL, query=b"", content_type=content_type, body=body)


def hours(body: bytes) -> None:
    """What was read is read again from what is written of it."""
    read = read_hours(body.decode())
    assert read_hours(write_hours(read)) == read


def options(body: bytes) -> None:
    read = read_options(body.decode())
    assert read_options(write_options(read)) == read


PARSERS: Final[dict[str, Parse]] = {
    "send-form": sent("application/x-www-form-urlencoded"),
    "send-query": lambda body: send.parse(CHANNEL, query=body, content_type="", body=b""),
    "send-json": sent("application/json"),
    "send-xml": sent("text/xml"),
    "send-any": sent("multipart/form-data; boundary=x"),
    "register-client": lambda body: flows.register(CHANNEL, "ext", body, own_id="own"),
    "message-to-agent": lambda body: flows.message(CHANNEL, "ext", body, own_id="own"),
    "survey": lambda body: flows.rating(CHANNEL, str(CHANNEL), body),
    "webhook": lambda body: webhook.parse(CHANNEL, body),
    "message-to-client": lambda body: webhook.parse(CHANNEL, body, live_agents=True),
    "rapidpro-answers": lambda body: answers.learn(rapidpro.EXCHANGES, body),
    "rocketchat-answers": lambda body: answers.learn(rocketchat.EXCHANGES, body),
    "hours": hours,
    "options": options,
    "flow": flow_file.check,
}

#: the one error of each: of a file, that it is no text, or not what an operator writes
REFUSED: Final = (ProtocolError, UnicodeDecodeError, WrongFile, flow_file.NotAFlow)
