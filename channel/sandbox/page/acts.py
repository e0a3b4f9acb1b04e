"""What can be done on the page: by the contact, by an agent, and by whoever breaks things."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from channel.sandbox.rocketchat import Attachment, Refused

from .rehearsal import Rehearsal

#: where a contact's pretended files are
FILES: Final = "https://files.example.org"
#: in seconds; more than a person who tries things has any use for
LONGEST_SKIP: Final = 86_400


class Impossible(Exception):
    """What was asked for cannot be done; the sentence is for whoever asked."""


class Given:
    """The small JSON object that came with an act."""

    def __init__(self, values: object) -> None:
        if not isinstance(values, dict):
            raise Impossible("a JSON object is wanted")
        self._values: dict[str, Any] = values

    def text(self, name: str) -> str:
        """A text; Impossible if it is missing or something else."""
        value = self._values.get(name)
        if not isinstance(value, str):
            raise Impossible(f"{name} is missing, or is no text")
        return value

    def words(self) -> str:
        """What somebody wrote: something must be there."""
        text = self.text("text")
        if not text.strip():
            raise Impossible("There is nothing in it yet: write something first.")
        return text

    def number(self, name: str, most: int) -> int:
        """A whole number from 0 to `most`."""
        value = self._values.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise Impossible(f"{name} is no number from 0 to {most}")
        return value


Act = Callable[[Rehearsal, Given], Awaitable[None]]


async def perform(rehearsal: Rehearsal, act: Act, values: object) -> None:
    """Do this with these values. Impossible, if it cannot be done."""
    try:
        await act(rehearsal, Given(values))
    except Refused as refused:
        body = refused.body(rehearsal.rocketchat.profile)
        raise Impossible(f"Rocket.Chat says no: {body.get('error') or body.get('message') or body}") from None
    except KeyError as missing:
        raise Impossible(f"there is no {missing}") from None


async def _contact_writes(rehearsal: Rehearsal, given: Given) -> None:
    await rehearsal.rapidpro.person_writes(rehearsal.person, given.words())


async def _contact_attaches(rehearsal: Rehearsal, given: Given) -> None:
    name, type = _file(given)
    file = f"{type}:{FILES}/{name}"
    await rehearsal.rapidpro.person_writes(rehearsal.person, given.text("text"), [file])


async def _take(rehearsal: Rehearsal, given: Given) -> None:
    await rehearsal.rocketchat.take(given.text("room"), given.text("agent"))


async def _answer(rehearsal: Rehearsal, given: Given) -> None:
    await rehearsal.rocketchat.write(given.text("room"), given.text("agent"), given.words())


async def _agent_attaches(rehearsal: Rehearsal, given: Given) -> None:
    name, type = _file(given)
    attachment = Attachment(name, type, given.number("size", 1 << 40), given.text("text"))
    await rehearsal.rocketchat.write(given.text("room"), given.text("agent"), attachment=attachment)


async def _edit(rehearsal: Rehearsal, given: Given) -> None:
    await rehearsal.rocketchat.edit(given.text("message"), given.text("agent"), given.words())


async def _transfer(rehearsal: Rehearsal, given: Given) -> None:
    await rehearsal.rocketchat.forward_to_agent(given.text("room"), given.text("agent"), given.text("to"))


async def _put_back(rehearsal: Rehearsal, given: Given) -> None:
    await rehearsal.rocketchat.return_to_queue(given.text("room"), given.text("agent"))


async def _close(rehearsal: Rehearsal, given: Given) -> None:
    await rehearsal.rocketchat.close(given.text("room"), given.text("agent"), given.text("text"))


async def _turn(rehearsal: Rehearsal, given: Given) -> None:
    rehearsal.switches.turn(given.text("switch"), given.text("to"))


async def _skip(rehearsal: Rehearsal, given: Given) -> None:
    if rehearsal.skip is None:
        raise Impossible("The clock of a Live Agents in another process cannot be set from here.")
    await rehearsal.skip(given.number("seconds", LONGEST_SKIP))


def _file(given: Given) -> tuple[str, str]:
    """A file's name, fit for an address, and its type. What is in it is nobody's business here."""
    name = "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in given.text("name"))[:100]
    return name or "file", given.text("type") or "application/octet-stream"


ACTS: Final[Mapping[str, Act]] = {
    "contact-writes": _contact_writes,
    "contact-attaches": _contact_attaches,
    "take": _take,
    "answer": _answer,
    "agent-attaches": _agent_attaches,
    "edit": _edit,
    "transfer": _transfer,
    "put-back": _put_back,
    "close": _close,
    "turn": _turn,
    "skip": _skip,
}
