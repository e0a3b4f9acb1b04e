"""The RapidPro releases worth telling apart, as data."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Version:
    """What one release of courier, with the mailroom and temba of its time, does differently from another."""

    name: str
    courier_agent: str
    mailroom_agent: str
    #: `{{id}}` is the message's UUID, `{{uuid}}` exists, and status callbacks take nothing but UUIDs.
    uuid_ids: bool
    #: Status callbacks answer with the message's integer id too.
    shows_msg_id: bool
    #: A 4xx, a redirect to nowhere or a failed response check fails a message for good; a failed part fails the whole.
    final_refusals: bool
    #: A 429 is retried although other refusals are final.
    retries_429: bool
    #: Schemes whose URNs `set_contact_channel` takes away from the channel they are bound to.
    repointed_schemes: frozenset[str]
    #: Equal messages to one contact within five minutes after which the next one is a loop.
    loop_limit: int
    #: API objects carry UUIDs and quick replies.
    api_uuids: bool
    api_text_limit: int
    #: The API sends one message to one contact; without it there are broadcasts only.
    posts_messages: bool
    #: Mailroom calls a flow webhook again that did not answer, where the method or a header says that it may.
    retries_webhooks: bool
    bad_phone_number: str
    #: Bytes in the escaped path of a URN.
    longest_path: int


V9_0 = Version(
    name="9.0",
    courier_agent="Courier/9.0.1",
    mailroom_agent="Mailroom/9.0.1",
    uuid_ids=False,
    shows_msg_id=True,
    final_refusals=False,
    retries_429=True,
    repointed_schemes=frozenset({"tel"}),
    loop_limit=19,
    api_uuids=False,
    api_text_limit=640,
    posts_messages=True,
    retries_webhooks=True,
    bad_phone_number="phone number supplied is not a number",
    longest_path=255,
)

V8_0 = replace(V9_0, name="8.0", courier_agent="Courier/8.0.1", mailroom_agent="Mailroom/8.0.1", posts_messages=False)

V10_3_20 = Version(
    name="10.3.20",
    courier_agent="Courier/10.3.20",
    mailroom_agent="Mailroom/10.3.20",
    uuid_ids=False,
    shows_msg_id=True,
    final_refusals=True,
    retries_429=False,
    repointed_schemes=frozenset({"tel", "whatsapp"}),
    loop_limit=20,
    api_uuids=True,
    api_text_limit=4096,
    posts_messages=True,
    retries_webhooks=False,
    bad_phone_number="not a possible number",
    longest_path=200,
)

V26_3_30 = Version(
    name="26.3.30",
    courier_agent="Courier/26.3",
    mailroom_agent="Mailroom/26.3",
    uuid_ids=True,
    shows_msg_id=False,
    final_refusals=True,
    retries_429=False,
    repointed_schemes=frozenset({"tel", "whatsapp"}),
    loop_limit=20,
    api_uuids=True,
    api_text_limit=4096,
    posts_messages=True,
    retries_webhooks=False,
    bad_phone_number="not a possible number",
    longest_path=200,
)

V26_3_31 = Version(
    name="26.3.31",
    courier_agent="Courier/26.3",
    mailroom_agent="Mailroom/26.3",
    uuid_ids=True,
    shows_msg_id=False,
    final_refusals=True,
    retries_429=True,
    repointed_schemes=frozenset({"tel", "whatsapp"}),
    loop_limit=20,
    api_uuids=True,
    api_text_limit=4096,
    posts_messages=True,
    retries_webhooks=False,
    bad_phone_number="not a possible number",
    longest_path=200,
)

VERSIONS = {version.name: version for version in (V8_0, V9_0, V10_3_20, V26_3_30, V26_3_31)}
