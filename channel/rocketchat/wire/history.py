"""One message as Rocket.Chat tells of it: in a room's history, in a transcript, or in a webhook."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from channel.core.clean import clean
from channel.core.events import Attachment
from channel.core.people import Agent
from channel.core.reading import text_or_none
from channel.core.values import dataclass
from channel.rocketchat.wire.times import moment

CALL: Final = Attachment("", "", "call")  #: what an agent's video call comes to: something that is no text
AUTOMATON: Final = "rocket.cat"  #: who closes when nobody does: after silence, on hold or in the queue for too long
ID_LENGTH: Final = 255  #: Rocket.Chat's own ids have 17 or 24 characters; a longer one is nobody's


@dataclass(frozen=True, slots=True)
class Entry:
    """A message, whoever wrote it."""

    id: str | None  #: None in the bare live-agents form
    text: str = field(repr=False)
    ts: str | None = None
    edited_at: str | None = None
    author: Agent | None = None
    attachments: tuple[Attachment, ...] = ()
    is_system: bool = False  #: joined, forwarded, a page visited: nobody's words
    kind: str = ""  #: what happened, by the server's name for it; "" for words
    is_visitor: bool = False
    closing: bool = False  #: the comment with which a room was closed
    has_blocks: bool = False  #: buttons and menus: what stands beside them is for their own screen, and no text


def read(value: Mapping[str, Any], *, visitor_username: str = "", visitor_id: str = "") -> Entry:
    """A message of any of the three sources.

    History marks the visitor's messages by `token` and the server's by `t`; webhooks and transcripts carry neither, and
    tell the visitor by the missing `agentId` and the visitor's own username.
    """
    author = author_of(value)
    blocks = value.get("blocks")
    is_call = _is_call(blocks)
    has_blocks = bool(blocks) and not is_call
    return Entry(
        id=id_at(value, "_id"),
        text="" if blocks else _text(value),
        ts=moment(value.get("ts")),
        edited_at=moment(value.get("editedAt")),
        author=author,
        attachments=(CALL,) if is_call else _attachments(value),
        is_system=bool(text_or_none(value, "t")) or value.get("navigation") is not None,
        kind=clean(text_or_none(value, "t") or ""),
        is_visitor=_by_visitor(value, visitor_username) or _is(author, visitor_id),
        closing=value.get("closingMessage") is True or value.get("t") == "livechat-close",
        has_blocks=has_blocks,
    )


def _is_call(blocks: object) -> bool:
    """Is it the offer of a video call, and nothing else?"""
    return isinstance(blocks, list) and bool(blocks) and all(text_or_none(b, "type") == "video_conf" for b in blocks)


def spoken_by_agent(entry: Entry, *, bot: str | None = None) -> bool:
    """Are these a person's words for the contact? `bot`: our own account's user id, which speaks for nobody."""
    if entry.id is None or entry.is_system or entry.is_visitor or entry.closing or entry.has_blocks:
        return False
    return entry.author is not None and not (bot and entry.author.id == bot)


def id_at(value: object, *path: str) -> str | None:
    """The id at `path`, or None where there is none that Rocket.Chat could have given."""
    found = clean(text_or_none(value, *path) or "")
    return found if 0 < len(found) <= ID_LENGTH else None


def agent_at(value: object, *path: str) -> Agent | None:
    """The person at `path`, by id, or where that is missing by username or name."""
    username = clean(text_or_none(value, *path, "username") or "")
    name = clean(text_or_none(value, *path, "name") or "")
    known_by = id_at(value, *path, "_id") or username or name
    return Agent(known_by[:ID_LENGTH], username, name) if known_by else None


def author_of(value: Mapping[str, Any]) -> Agent | None:
    """Who wrote the message: `u`, else `agentId` and `username`."""
    username = clean(text_or_none(value, "username") or "")
    known_by = id_at(value, "agentId") or username
    return agent_at(value, "u") or (Agent(known_by[:ID_LENGTH], username) if known_by else None)


def _by_visitor(value: Mapping[str, Any], username: str) -> bool:
    if text_or_none(value, "token"):
        return True
    return bool(username) and not value.get("agentId") and text_or_none(value, "username") == username


def _is(author: Agent | None, visitor_id: str) -> bool:
    return author is not None and bool(visitor_id) and author.id == visitor_id


def _text(value: Mapping[str, Any]) -> str:
    caption = text_or_none(_first(value.get("attachments")), "description")
    return clean(text_or_none(value, "msg") or caption or "")


def _attachments(value: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """The files of a message. Attachments without a file are quotes and previews, and none of them."""
    upload, file = value.get("fileUpload"), value.get("file")
    if not isinstance(upload, Mapping) and not isinstance(file, Mapping):
        return ()
    listed = value.get("attachments")
    described = listed if isinstance(listed, list) else []
    return (_uploaded(upload, file, _first(described)), *map(_further, filter(_has_link, described[1:])))


def _uploaded(upload: object, file: object, description: object) -> Attachment:
    # `publicFilePath` is absolute; `title_link` is relative, and `image_url` may lead to a thumbnail
    url = text_or_none(upload, "publicFilePath") or text_or_none(description, "title_link") or ""
    media_type = text_or_none(upload, "type") or text_or_none(file, "type") or ""
    name = text_or_none(file, "name") or text_or_none(description, "title") or ""
    return Attachment(clean(media_type), clean(url), clean(name))


def _further(description: object) -> Attachment:
    kinds = (text_or_none(description, f"{kind}_type") for kind in ("image", "audio", "video"))
    media_type = next(filter(None, kinds), "")
    return Attachment(
        clean(media_type),
        clean(text_or_none(description, "title_link") or ""),
        clean(text_or_none(description, "title") or ""),
    )


def _has_link(description: object) -> bool:
    return text_or_none(description, "title_link") is not None


def _first(value: object) -> object:
    return value[0] if isinstance(value, list) and value else None
