"""What the contact wrote, as the webhook of a flow tells it: words, and files that came with them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import field
from typing import Final

from channel.core import limits
from channel.core.clean import clean
from channel.core.cutting import is_blank
from channel.core.events import Attachment
from channel.core.values import dataclass
from channel.rapidpro.wire.flow_bodies import Fields, plain

ATTACHMENTS: Final = 50  #: of one message; RapidPro's have ten at most

#: a media type and an address, as flows have an attachment: image/jpeg:https://…
_TYPED = re.compile(r"([\w.+-]+/[\w.+-]+|image|audio|video|document):(https?://\S+)", re.ASCII)
_PLACE = re.compile(r"(geo):(-?\d{1,3}(?:\.\d+)?,-?\d{1,3}(?:\.\d+)?)", re.ASCII)
_URL = re.compile(r"https?://\S+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Words:
    """Both may be empty."""

    text: str = field(default="", repr=False)
    attachments: tuple[Attachment, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.text or self.attachments)


def words(fields: Fields) -> Words:
    """The first of these that says something: `message`, `results.clientmessage`, and `input` of older flows.

    What `input` says of files belongs to a `clientmessage` with the same words: a result knows only the text.
    """
    legacy = _of_message(fields.get("input"))
    said = _of_message(fields.get("message")) or client_message(fields)
    if not said:
        return legacy
    if not said.attachments and legacy.text.strip() == said.text.strip():
        return Words(said.text, legacy.attachments)
    return said


def client_message(fields: Fields) -> Words:
    """What `results.clientmessage` says: a result of RapidPro's, or its value alone.

    `value` is cut to 640 characters, and of a matched rule it is the matched part alone; `input` is the whole of what
    was tested. So where they differ, the contact's words are the input. It ends in a line for each file's address when
    the flow tested `@input`. Those lines are files where the value, uncut, is all that comes before them. Elsewhere
    nobody can tell them from a link that the contact wrote, and they stay words.
    """
    results = fields.get("results")
    result = results.get("clientmessage") if isinstance(results, dict) else None
    if not isinstance(result, dict):
        return _of_value(result)
    value, given = _of_value(result.get("value")), result.get("input")
    if isinstance(given, dict):
        return _with_files(value, _of_message(given))
    tested = _of_value(given)
    if value.attachments or not tested:
        return value
    return tested if tested.attachments else _untangled(value.text, tested.text)


def _with_files(value: Words, message: Words) -> Words:
    if value.attachments:
        return value
    return Words(message.text or value.text, message.attachments)


def _untangled(value: str, tested: str) -> Words:
    """The words and the files in an operand that may be `@input`."""
    rest = tested.removeprefix(value)
    lines = rest.strip().splitlines()
    apart = not value or rest.startswith(("\n", "\r\n"))
    if tested.startswith(value) and apart and len(value) < limits.TEXT_LENGTH and lines and _all_urls(lines):
        return Words(value, tuple(Attachment("", line.strip()) for line in lines)[:ATTACHMENTS])
    return Words(tested)


def _all_urls(lines: Sequence[str]) -> bool:
    return all(_URL.fullmatch(line.strip()) for line in lines)


def _of_message(message: object) -> Words:
    """What an object with `text` and `attachments` says."""
    if not isinstance(message, dict):
        return Words()
    said = _of_value(message.get("text"))
    files = tuple(_files(message.get("attachments")))[:ATTACHMENTS]
    return Words(said.text, files or said.attachments)


def _of_value(value: object) -> Words:
    """Words, unless the whole value is files: one, a line each, or an array's."""
    if isinstance(value, list):
        return Words(attachments=tuple(_files(value))[:ATTACHMENTS])
    text = clean(value) if isinstance(value, str) else plain(value)
    found = [_file(piece) for piece in _pieces(text)]
    files = [file for file in found if file is not None]
    if files and len(files) == len(found):
        return Words(attachments=tuple(files)[:ATTACHMENTS])
    return Words("" if is_blank(text) else text)


def _pieces(text: str) -> list[str]:
    """RapidPro renders an array as [a, b]."""
    stripped = text.strip()
    if stripped.startswith("[") and stripped.endswith("]"):
        return [piece.strip().strip('"') for piece in stripped[1:-1].split(",")]
    return [line.strip() for line in stripped.splitlines() if line.strip()]


def _files(given: object) -> Iterable[Attachment]:
    """Attachments as objects or as texts; what is neither is none."""
    for each in given if isinstance(given, list) else [given]:
        if isinstance(each, dict):
            kind, url = plain(each.get("content_type") or each.get("type")), plain(each.get("url"))
            if kind or url:
                yield Attachment(kind, url)
        elif text := plain(each):
            yield _file(text) or Attachment("", text)


def _file(text: str) -> Attachment | None:
    found = _TYPED.fullmatch(text) or _PLACE.fullmatch(text)
    return Attachment(found[1], found[2]) if found else None
