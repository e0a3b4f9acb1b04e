"""How the releases of Rocket.Chat differ, as data."""

from dataclasses import dataclass
from enum import Enum

_ANY_STATUS = range(100, 600)
_BELOW_400 = range(100, 400)
_ONLY_200 = range(200, 201)
_TOO_MANY = range(429, 430)
_SERVER_ERRORS = range(500, 600)


class ErrorStyle(Enum):
    """Which of the six shapes an error body takes."""

    #: Shape 1: the route caught its own error and wrote the Meteor error object out.
    CAUGHT = "up to 5.x"
    #: Shapes 2 to 5, parameters by shape 4.
    THROWN = "6.x and 7.x"
    #: Shapes 2, 3 and 5, parameters by shape 4b, and judged before the limiter counts.
    ROUTER = "8.x"


class Duplicate(Enum):
    """What a second `POST livechat/message` with the same `_id` is answered."""

    BARE = '400 {"success": false}'
    TYPE_ERROR = "400 with the text of a TypeError"
    EXISTING = "200 with the message that is there"


@dataclass(frozen=True, kw_only=True)
class WebhookRule:
    """What counts as delivered, what is tried again, and who waits for it."""

    succeeds: tuple[range, ...]
    retried: tuple[range, ...]
    tries: int
    #: The action that fired the event waits for its first attempt.
    blocks: bool
    #: Seconds between attempts; None: four times the timeout.
    delay: float | None = None
    #: Before 6.2 an attempt could last for ever.
    times_out: bool = True

    def tries_again(self, status: int | None) -> bool:
        """Whether an attempt that ended with this status (None: no answer) is followed by another."""
        if status is None:
            return True
        return not _within(status, self.succeeds) and _within(status, self.retried)


def _within(status: int, ranges: tuple[range, ...]) -> bool:
    return any(status in statuses for statuses in ranges)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One release of Rocket.Chat, as far as a peer can tell."""

    version: str
    errors: ErrorStyle
    duplicate: Duplicate
    webhook: WebhookRule
    #: 5 calls per 60 s on `POST livechat/visitor` and `GET livechat/room`, whatever the settings say.
    fixed_limits: bool
    #: The closing comment also goes out as a `Message` event.
    closing_comment_as_message: bool
    #: `visitor.email`, `visitor.phone` and `agent.email` are null when empty; later they are missing.
    nulls_for_empty: bool
    #: The release checks the syntax of a visitor's e-mail address.
    checks_email: bool
    #: `LivechatSessionStart` carries `departmentId`.
    start_names_department: bool
    #: Items of `messages` carry `rid` and `_updatedAt`.
    items_name_room: bool = True
    #: Of a message that has blocks and no text, the blocks stand in `msg` as JSON.
    blocks_as_text: bool = True
    #: The visitor's own messages go out only if the agents' do as well.
    visitor_events_need_agent_flag: bool = False
    #: Of a webhook's answer only the `data` of a JSON object is kept, not the text.
    keeps_only_data: bool = False
    #: `POST omnichannel/integrations` exists.
    integrations_route: bool = True
    #: Custom fields can be defined by REST.
    custom_fields_route: bool = False
    #: Rooms name their contact and whether it is verified.
    contacts: bool = False
    #: The route by which a visitor changes department.
    transfer_route: str = "livechat/room.transfer"
    #: Login headers lift the limiter on routes that need no login.
    login_lifts_limits: bool = False
    #: A body is parsed only if its content type says JSON.
    needs_json_type: bool = False
    #: A unique index keeps a token from having two open rooms.
    single_room: bool = False
    #: `LeadCapture` waits for an address; before 8.x every visitor message fired it.
    lead_needs_match: bool = False


_BELOW_400_TEN_TRIES = WebhookRule(
    succeeds=(_BELOW_400,), retried=(_ANY_STATUS,), tries=10, blocks=True, delay=10.0, times_out=False
)
_ANY_ANSWER_WILL_DO = WebhookRule(succeeds=(_ANY_STATUS,), retried=(), tries=10, blocks=True)
_EVERYTHING_AGAIN = WebhookRule(succeeds=(_ONLY_200,), retried=(_ANY_STATUS,), tries=10, blocks=True)
_FIRE_AND_FORGET = WebhookRule(succeeds=(_ONLY_200,), retried=(_TOO_MANY, _SERVER_ERRORS), tries=5, blocks=False)

_4_8 = Profile(
    version="4.8.0",
    errors=ErrorStyle.CAUGHT,
    duplicate=Duplicate.BARE,
    webhook=_BELOW_400_TEN_TRIES,
    fixed_limits=False,
    closing_comment_as_message=True,
    nulls_for_empty=True,
    checks_email=False,
    start_names_department=False,
    items_name_room=False,
    blocks_as_text=False,
    keeps_only_data=True,
    integrations_route=False,
)
_6_4 = Profile(
    version="6.4.0",
    errors=ErrorStyle.THROWN,
    duplicate=Duplicate.TYPE_ERROR,
    webhook=_ANY_ANSWER_WILL_DO,
    fixed_limits=False,
    closing_comment_as_message=True,
    nulls_for_empty=True,
    checks_email=True,
    start_names_department=False,
    visitor_events_need_agent_flag=True,
)
_6_13 = Profile(
    version="6.13.0",
    errors=ErrorStyle.THROWN,
    duplicate=Duplicate.TYPE_ERROR,
    webhook=_EVERYTHING_AGAIN,
    fixed_limits=True,
    closing_comment_as_message=False,
    nulls_for_empty=False,
    checks_email=True,
    start_names_department=True,
)
_7_10_3 = Profile(
    version="7.10.3",
    errors=ErrorStyle.THROWN,
    duplicate=Duplicate.TYPE_ERROR,
    webhook=_EVERYTHING_AGAIN,
    fixed_limits=True,
    closing_comment_as_message=False,
    nulls_for_empty=False,
    checks_email=False,
    start_names_department=True,
    contacts=True,
)
_7_11 = Profile(
    version="7.11.0",
    errors=ErrorStyle.THROWN,
    duplicate=Duplicate.TYPE_ERROR,
    webhook=_FIRE_AND_FORGET,
    fixed_limits=True,
    closing_comment_as_message=False,
    nulls_for_empty=False,
    checks_email=False,
    start_names_department=True,
    custom_fields_route=True,
    contacts=True,
)
_8_8 = Profile(
    version="8.8.1",
    errors=ErrorStyle.ROUTER,
    duplicate=Duplicate.EXISTING,
    webhook=_FIRE_AND_FORGET,
    fixed_limits=True,
    closing_comment_as_message=False,
    nulls_for_empty=False,
    checks_email=False,
    start_names_department=True,
    custom_fields_route=True,
    contacts=True,
    transfer_route="livechat/visitor/department.transfer",
    login_lifts_limits=True,
    needs_json_type=True,
    single_room=True,
    lead_needs_match=True,
)

#: The releases that differ in something a peer can see.
PROFILES = {"4.8": _4_8, "6.4": _6_4, "6.13": _6_13, "7.10.3": _7_10_3, "7.11": _7_11, "8.8": _8_8}
