"""One id, several parts.

RapidPro cuts a long message and sends the pieces back to back under one id, with no number on them; a retry, minutes
later, starts again with the first. So what a text is follows from the texts before it and from the time.
"""

from dataclasses import field, replace
from datetime import datetime
from enum import StrEnum

from channel.core import limits
from channel.core.values import dataclass


class Verdict(StrEnum):
    NEW = "new"  #: a part not seen before
    REPEAT = "repeat"  #: the same part again
    CONFLICT = "conflict"  #: the same id with other words; the first ones stay
    EMPTY = "empty"  #: courier sends empty parts; there is nothing to post


@dataclass(frozen=True, slots=True)
class Parts:
    """What is known of one id."""

    texts: tuple[str, ...] = field(repr=False)
    position: int  #: the index at which the next request is expected; past the end after an empty part there
    answered_at: datetime  #: our last answer for this id


@dataclass(frozen=True, slots=True)
class Placed:
    verdict: Verdict
    index: int  #: of the part this text is, or would have been
    parts: Parts


def place(known: Parts | None, text: str, *, now: datetime, max_length: int) -> Placed:
    """Say which part `text` is, and what is known of the id after answering for it.

    `max_length` is courier's part size in bytes. A conflict does not move the position, so that a changed text
    sent twice is two conflicts and never a further part.
    """
    if known is None:
        known = Parts((), 0, now)
    since = (now - known.answered_at).total_seconds()
    known = replace(known, position=0 if since >= limits.PART_SILENCE else known.position, answered_at=now)
    if not text:
        return Placed(Verdict.EMPTY, known.position, _past_the_end(known))
    if known.position < len(known.texts):
        return _where_stored(known, text)
    if not known.texts:
        return _further(known, text)
    if since <= limits.PART_GAP and _may_be_cut(known.texts[-1]):
        return _right_after(known, text, max_length)
    return _later(known, text)


def _past_the_end(known: Parts) -> Parts:
    """What is left of a text after its last cut can be nothing: an empty part behind the others is the end."""
    if not known.texts or known.position < len(known.texts):
        return known
    return replace(known, position=len(known.texts) + 1)


def may_go_on(texts: tuple[str, ...], position: int, max_length: int) -> bool:
    """May a further part still come? Only a part as long as courier makes them has another behind it."""
    return bool(texts) and position <= len(texts) and is_full(texts[-1], max_length)


def _where_stored(known: Parts, text: str) -> Placed:
    if known.texts[known.position] == text:
        return _repeat(known, known.position)
    return Placed(Verdict.CONFLICT, known.position, known)


def _right_after(known: Parts, text: str, max_length: int) -> Placed:
    """Only a full part can be followed by an equal one: a text of 13,000 times the same letter is two such parts."""
    last = known.texts[-1]
    if text == last and not is_full(last, max_length):
        return _repeat(known, len(known.texts) - 1)
    return _further(known, text)


def _later(known: Parts, text: str) -> Placed:
    last = known.texts[-1]
    if text == known.texts[0]:
        return _repeat(known, 0)
    if text == last:
        return _repeat(known, len(known.texts) - 1)
    if _may_be_cut(last):
        return _further(known, text)
    return Placed(Verdict.CONFLICT, known.position, known)


def _further(known: Parts, text: str) -> Placed:
    texts = (*known.texts, text)
    return Placed(Verdict.NEW, len(known.texts), replace(known, texts=texts, position=len(texts)))


def _repeat(known: Parts, index: int) -> Placed:
    return Placed(Verdict.REPEAT, index, replace(known, position=index + 1))


def is_full(text: str, max_length: int) -> bool:
    """Is it as long as courier makes a part of a longer text? Then another may follow."""
    return _bytes(text) >= max_length - limits.PART_FULL_SLACK


def _may_be_cut(text: str) -> bool:
    return _bytes(text) >= limits.PART_BYTES


def _bytes(text: str) -> int:
    return len(text.encode())
