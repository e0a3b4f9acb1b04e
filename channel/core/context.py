"""What the agent sees first in a room, as text: who is writing, what the flow learned, what was said before."""

from collections.abc import Iterator, Sequence
from typing import Final

from channel.core.order import moment
from channel.core.owed import PostContext
from channel.core.past import PastMessage

#: what an agent reads before the contact's messages, and before everybody else's
CONTACT: Final = "←"
BOT: Final = "→"
#: the last line, where words follow that were kept for this room
KEPT_WORDS: Final = "Written since the last chat was closed:"


def context_text(
    owed: PostContext, *, language: str, fields: Sequence[tuple[str, str]], past: Sequence[PastMessage]
) -> str:
    """In lines, what is known; "" where nothing is. It is marked as ours, so that nobody takes it for the contact's."""
    told = [line for line in owed.lines if line != KEPT_WORDS]
    kept = owed.lines[len(told) :]
    lines = [*_known(language, fields), *told, *_past(past), *kept]
    return "\n".join(("[About this chat]", *lines)) if lines else ""


def said_before(past: Sequence[PastMessage], owed: PostContext) -> list[PastMessage]:
    """Of what RapidPro lists, oldest first, what was said before the hand-off and is not posted by itself."""
    left = [text.strip() for text in owed.words]
    before = []
    for message in reversed(past):
        words = message.text.strip()
        if owed.before and moment(message.created_on) > moment(owed.before):
            continue
        if message.by_contact and words in left:
            left.remove(words)
            continue
        before.append(message)
    return before[::-1][-owed.messages :] if owed.messages else []


def _known(language: str, fields: Sequence[tuple[str, str]]) -> Iterator[str]:
    if language:
        yield f"Language: {language}"
    for key, value in fields:
        yield f"{key}: {value}"


def _past(past: Sequence[PastMessage]) -> Iterator[str]:
    """Oldest first, a message a line; a file by its address."""
    if past:
        yield "Before this chat:"
    for message in past:
        words = " ".join((message.text.replace("\n", " "), *message.attachments)).strip()
        yield f"{CONTACT if message.by_contact else BOT} {words}"
