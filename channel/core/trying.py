"""What a channel's text policies make of a sample. Nothing is sent, and nothing of it is kept."""

from dataclasses import field

from channel.core.authors import refusals_read
from channel.core.options import Options
from channel.core.text import Reason, is_note, shape
from channel.core.text_policy import policy_for
from channel.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Tried:
    """What would become of what an agent wrote."""

    parts: tuple[str, ...] = field(repr=False)  #: the messages that the contact would get
    refused: tuple[Reason, ...] = ()  #: what would not go
    told: str = field(default="", repr=False)  #: what the agent would be told; "" for nothing
    is_note: bool = False  #: between agents: none of it would go, and nobody would be told


def tried(text: str, options: Options, *, file: str | None = None, is_edit: bool = False) -> Tried:
    """As if an agent had written it. `file`: the public address of one that came with it, "" if it has none.

    Of what a room or a workspace adds nothing is known here: a quoted message, and a workspace's own emoji.
    """
    if is_note(text):
        return Tried((), is_note=True)
    prefix = options.edit_prefix if is_edit else ""
    files = [] if file is None else [file]
    shaped = shape(text, policy_for(options), files=files, prefix=prefix)
    told = refusals_read(text, shaped.refused, options.agents_language or options.language, options)
    return Tried(shaped.parts, tuple(each.reason for each in shaped.refused), told)
