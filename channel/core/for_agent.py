"""What an agent reads of what a contact wrote: all of it, in parts, each file's address named as one."""

import re
from typing import Final
from urllib.parse import urlsplit

from channel.core.conversation import Message
from channel.core.notices import Tell, render
from channel.core.options import Options
from channel.core.owed import PostToRoom
from channel.core.text import split

_ADDRESS: Final = re.compile(r"https?://[^\s/]+/\S+", re.IGNORECASE)
#: what people send each other: pictures, sounds, films, papers. Not a table of the machine's, which differ
_FILE: Final = re.compile(
    r".*\.(jpe?g|png|gif|webp|hei[cf]|bmp|tiff?|svg|mp3|og[ga]|opus|m4a|aac|amr|wav|mp4|m4v|3gpp?|mov|avi|webm|mkv"
    r"|pdf|docx?|xlsx?|pptx?|od[tsp]|rtf|txt|csv|vcf|zip)",
    re.IGNORECASE,
)


def posts_of(message: Message, part: int, options: Options) -> tuple[PostToRoom, ...]:
    """The posts for one part of a contact's message; none where it is empty."""
    return tuple(PostToRoom(piece, part) for piece in split(_named(message.texts[part], options)))


def _named(text: str, options: Options) -> str:
    """RapidPro has no place for a contact's files: it puts the address of each on a line of its own behind the text.

    A line is taken for one if a line break is before it, only such lines are behind it, and it ends as a file does.
    """
    lines = text.rstrip("\n").split("\n")
    first = len(lines)
    while first > 1 and _is_file(lines[first - 1]):
        first -= 1
    if first == len(lines):
        return text
    named = [_line(address.strip(), options) for address in lines[first:]]
    return "\n".join([*lines[:first], *named]).lstrip("\n")


def _line(address: str, options: Options) -> str:
    line = render(Tell.ATTACHMENT, options.agents_language or options.language, options, address=address)
    return line if address in line else address


def _is_file(line: str) -> bool:
    address = line.strip()
    if not _ADDRESS.fullmatch(address):
        return False
    try:
        path = urlsplit(address).path
    except ValueError:
        return False
    return _FILE.fullmatch(path) is not None
