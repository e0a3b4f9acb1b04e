"""How a channel treats its conversations: what an operator may choose, with what holds when nothing is chosen."""

from collections.abc import Mapping
from dataclasses import field

from channel.core import limits
from channel.core.values import dataclass

#: what of the contact a custom field in Rocket.Chat is filled with, unless an operator says otherwise
_CUSTOM_FIELDS = {"rapidpro_uuid": "contact.uuid", "rapidpro_language": "contact.language"}


@dataclass(frozen=True, slots=True)
class Options:
    """Kept as JSON with its channel. Minutes of 0 switch a thing off, and so does an empty text."""

    language: str = "eng"  #: ISO 639-3: of notices to a contact whose own language is not known
    agent_name: str = "full"  #: full, first or none: what a contact reads of an agent's name
    notices: Mapping[str, bool] = field(default_factory=dict)  #: those that are switched on or off otherwise
    templates: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  #: by notice, then by language
    still_waiting_minutes: int = 5
    max_wait_minutes: int = 30
    idle_warn_minutes: int = 0
    idle_close_minutes: int = 0  #: after the warning, if there is one
    leave_word: str = ""  #: with which a contact leaves the queue
    closing_comment: bool = False  #: may an agent's closing comment be read by the contact?
    context_messages: int = 10  #: how many of the last messages between contact and bot an agent is shown
    context_fields: tuple[str, ...] = ()  #: keys of the contact's fields that an agent is shown
    custom_fields: Mapping[str, str] = field(default_factory=lambda: dict(_CUSTOM_FIELDS))
    leave_group: str = ""  #: RapidPro's group that a contact leaves when the room is closed, by name or UUID
    start_flow: str = ""  #: UUID of RapidPro's flow that is started then
    offline_email: str = ""  #: whose offline messages a contact's words become where nobody is there
    too_long: str = "split"  #: split or refuse: a contact's text of more than 640 characters, through the flows' API
    contact_media: str = "refuse"  #: refuse or link: a contact's file, through the flows' API
    text_length: int = limits.TEXT_LENGTH  #: the most characters of one message to the contact
    agent_too_long: str = "refuse"  #: refuse or split: an agent's text that is longer
    numbered: bool = False  #: do its parts begin with (1/3)?
    emoji: str = "strip"  #: strip, refuse or allow
    media: str = "refuse"  #: refuse or link: an agent's file
    markup: str = "plain"  #: plain or keep: bold, links, code
    quotes: str = "remove"  #: remove or render: the message that an agent answers to
    edit_prefix: str = "Correction: {text}"  #: how a message begins that was edited
    ticks: bool = True  #: does the bot user show the state of an agent's message as a reaction?
    agents_language: str = ""  #: ISO 639-3: of what agents are told; "": as the workspace is set
    keep_days: int = limits.KEEP_DAYS  #: so long words are kept; 0: for ever
