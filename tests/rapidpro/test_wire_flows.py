"""What a flow's webhook sends becomes one value, or one error that shows a right body."""

import json
from typing import Any
from uuid import UUID

import pytest

from channel.core.addresses import ByContact
from channel.core.errors import ProtocolError
from channel.core.events import Attachment, ContactSaid, Introduced
from channel.rapidpro.wire import flow_bodies, flows

CHANNEL = UUID("0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d")
OWN = "own-1"
ANA = "6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"
URL = "https://files.test/a/1.jpg"
PHOTO = Attachment("image/jpeg", URL)
LONG = "word " * 130 + "end"  # 653 characters


def body(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def said(given: dict[str, Any], *, scheme: str = "ext", key: str | None = None) -> ContactSaid:
    return flows.message(CHANNEL, scheme, body({"contact": {"uuid": ANA}} | given), own_id=OWN, idempotency_key=key)


def asked(given: dict[str, Any], *, scheme: str = "ext", key: str | None = None) -> flows.Asking:
    return flows.register(CHANNEL, scheme, body({"contact": {"uuid": ANA}} | given), own_id=OWN, idempotency_key=key)


def clientmessage(**result: object) -> dict[str, Any]:
    return {"results": {"clientmessage": result}}


DEFAULT_BODY = """{"contact":{"name":"Ana","urn":"whatsapp:5511988887777",
"uuid":"6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"},
"flow":{"name":"Hand-off","uuid":"11112222-3333-4444-8555-666677778888"},
"results":{"clientmessage":{"category":"All Responses","value":"My card is blocked"},
           "topic":{"category":"Cards","value":"card"}}}"""

LEGACY_BODY = {
    "contact": {"uuid": ANA, "name": "Ana", "urn": "tel:+250788123123", "language": "fra"},
    "flow": {"uuid": "11112222-3333-4444-8555-666677778888", "name": "Old", "revision": 3},
    "path": [{"node_uuid": "n", "arrived_on": "2026-08-20T10:00:00.000000Z"}],
    "results": {
        "clientmessage": {
            "category": "All Responses",
            "category_localized": "All Responses",
            "created_on": "2026-08-20T10:00:00.000000Z",
            "input": "Look",
            "name": "clientmessage",
            "node_uuid": "n",
            "value": "Look",
        }
    },
    "run": {"uuid": "r", "created_on": "2026-08-20T10:00:00.000000Z"},
    "input": {
        "attachments": [{"content_type": "image/jpeg", "url": URL}],
        "channel": {"uuid": "c", "name": "WhatsApp"},
        "text": "Look",
        "type": "msg",
        "urn": {"display": "", "path": "+250788123123", "scheme": "tel"},
        "uuid": "m",
    },
    "channel": {"uuid": "c", "name": "WhatsApp"},
}


def test_register_client_as_its_callers_know_it() -> None:
    given = {"contact": {"name": "Ana", "uuid": ANA}, "department": "Support", "results": {}}
    assert flows.register(CHANNEL, "ext", body(given), own_id=OWN) == flows.Asking(
        ByContact(CHANNEL, ANA), Introduced("Ana", department="Support")
    )


def test_send_message_to_agent_as_its_callers_know_it() -> None:
    given = {
        "contact": {"name": "Ana", "uuid": ANA},
        "department": "Support",
        "results": {"clientmessage": {"value": "My card is blocked"}},
    }
    assert flows.message(CHANNEL, "ext", body(given), own_id=OWN) == ContactSaid(
        ByContact(CHANNEL, ANA), Introduced("Ana", department="Support"), "My card is blocked", body(given), OWN
    )


def test_the_recommended_bodies_are_understood() -> None:
    asking = asked(
        {
            "contact": {"uuid": ANA, "name": "Ana", "urn": "ext:v-42", "language": "por"},
            "department": "support-pt",
            "run": {"uuid": "r"},
            "flow": {"uuid": "f", "name": "Hand-off"},
            "results": {"age": {"value": "34", "category": "Adult"}, "topic": {"value": "card", "category": "Other"}},
        }
    )
    assert asking.address == ByContact(CHANNEL, ANA, "v-42")
    results = (("age", "34 (Adult)"), ("topic", "card"))
    assert asking.introduced == Introduced("Ana", "por", "support-pt", results, flow="Hand-off")
    event = said(
        {
            "message": {
                "uuid": "m-1",
                "text": LONG,
                "created_on": "2026-08-20T10:00:00.000000Z",
                "attachments": [{"content_type": "image/jpeg", "url": URL}],
            },
            "results": {"clientmessage": {"value": LONG[:640]}},
        }
    )
    assert (event.text, event.attachments, event.message_id) == (LONG, (PHOTO,), "m-1")


def test_the_body_that_rapidpro_proposes_is_understood() -> None:
    event = flows.message(CHANNEL, "ext", DEFAULT_BODY.encode(), own_id=OWN)
    assert (event.address, event.text) == (ByContact(CHANNEL, ANA), "My card is blocked")
    assert event.introduced == Introduced("Ana", results=(("topic", "card (Cards)"),), flow="Hand-off")


def test_the_body_of_older_flows_is_understood() -> None:
    event = flows.message(CHANNEL, "tel", body(LEGACY_BODY), own_id=OWN)
    assert (event.text, event.attachments) == ("Look", (PHOTO,))
    assert event.address.path == "+250788123123"
    assert (event.introduced.language, event.introduced.flow, event.introduced.results) == ("fra", "Old", ())


URNS = {
    "of the channel's scheme": ("ext", "ext:abc", "abc"),
    "of another": ("ext", "whatsapp:5511988887777", None),
    "hidden": ("ext", "ext:********", None),
    "absent": ("ext", None, None),
    "without a path": ("ext", "ext:", None),
    "without a scheme": ("ext", "abc", None),
    "with a display": ("telegram", "telegram:1234#bob", "1234"),
    "with a query": ("facebook", "facebook:1234?id=1&auth=x", "1234"),
    "with what is escaped in RapidPro": ("ext", "ext:a%23b%3Fc%25d%2523", "a#b?c%d%23"),
    "with a colon": ("ext", "ext:livechat:abc", "livechat:abc"),
    "too long": ("ext", "ext:" + "a" * 256, None),
    "no text": ("ext", {"path": "abc"}, None),
}


@pytest.mark.parametrize("name", URNS)
def test_a_urn_is_an_address_only_in_the_channels_scheme(name: str) -> None:
    scheme, urn, path = URNS[name]
    assert asked({"contact": {"uuid": ANA, "urn": urn}}, scheme=scheme).address == ByContact(CHANNEL, ANA, path)


def test_a_uuid_is_taken_in_any_case() -> None:
    assert asked({"contact": {"uuid": f" {ANA.upper()} "}}).address.uuid == ANA
    assert flows.contact_uuid(ANA.upper()) == ANA


@pytest.mark.parametrize(
    ("text", "code"), [("", "missing_contact_uuid"), (" ", "missing_contact_uuid"), ("42", "bad_contact_uuid")]
)
def test_a_path_that_names_nobody_is_refused(text: str, code: str) -> None:
    with pytest.raises(ProtocolError, match=r"@contact\.uuid") as refused:
        flows.contact_uuid(text)
    assert refused.value.code == code


def test_a_first_message_is_no_context() -> None:
    given = {"results": {"topic": {"value": "card"}, "clientmessage": {"value": "Hi"}}}
    asking = asked(given, key="k-1")
    first = asking.first
    assert first
    assert (first.address, first.text, first.message_id) == (asking.address, "Hi", "k-1")
    assert asking.introduced.results == (("topic", "card"),)


@pytest.mark.parametrize("given", [{}, clientmessage(value=""), {"message": {"text": "Agent please"}}])
def test_without_a_client_message_there_is_no_first(given: dict[str, Any]) -> None:
    assert asked(given).first is None


RESULTS: dict[str, tuple[object, tuple[tuple[str, str], ...]]] = {
    "a result": ({"value": "card", "category": "Cards"}, (("topic", "card (Cards)"),)),
    "with its name": ({"name": "Your Topic", "value": "card", "category": "Other"}, (("Your Topic", "card"),)),
    "of any response": ({"value": "card", "category": "All Responses"}, (("topic", "card"),)),
    "whose category is its value": ({"value": "yes", "category": "Yes"}, (("topic", "yes"),)),
    "a value": ("card", (("topic", "card"),)),
    "a number": (34, (("topic", "34"),)),
    "a webhook's": ({"value": "200", "category": "Success"}, ()),
    "empty": ({"value": "", "category": "Other"}, ()),
    "null": (None, ()),
    "a list": ([1, 2], ()),
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_becomes_a_line_of_context(name: str) -> None:
    result, expected = RESULTS[name]
    assert asked({"results": {"topic": result}}).introduced.results == expected


def test_at_most_fifty_results_are_context_in_their_order() -> None:
    given = {f"r{n}": {"value": str(n)} for n in range(60)}
    assert asked({"results": given}).introduced.results == tuple((f"r{n}", str(n)) for n in range(50))


def test_fields_of_the_contact_are_kept_with_their_values() -> None:
    fields = {"age": 34, "district": {"text": "Gasabo"}, "joined": None, "ward": ""}
    expected = (("age", "34"), ("district", "Gasabo"))
    assert asked({"contact": {"uuid": ANA, "fields": fields}}).introduced.fields == expected
    assert asked({"fields": fields}).introduced.fields == expected


@pytest.mark.parametrize(
    ("department", "expected"), [("Support", "Support"), (None, ""), ("", ""), ({"value": "Support"}, "Support")]
)
def test_a_department_is_named_or_not(department: object, expected: str) -> None:
    assert asked({"department": department}).introduced.department == expected


@pytest.mark.parametrize(("language", "expected"), [("por", "por"), ("POR", "por"), ("pt-BR", ""), (None, ""), (7, "")])
def test_a_language_counts_only_as_rapidpro_has_it(language: object, expected: str) -> None:
    assert asked({"contact": {"uuid": ANA, "language": language}}).introduced.language == expected


def test_the_flow_is_named_by_itself_or_by_its_run() -> None:
    assert asked({"run": {"uuid": "r", "flow": {"name": "Hand-off"}}}).introduced.flow == "Hand-off"
    assert asked({"flow": "Hand-off"}).introduced.flow == "Hand-off"


KEYS: dict[str, tuple[object, str | None, str | None]] = {
    "none": (None, None, None),
    "the message's": ("m-1", None, "m-1"),
    "the message's before the header's": ("m-1", "k-1", "m-1"),
    "the header's": (None, "k-1", "k-1"),
    "the header's when the message's is empty": ("", "k-1", "k-1"),
    "an empty header": (None, " ", None),
    "a number": (90211, None, "90211"),
}


@pytest.mark.parametrize("name", KEYS)
def test_a_repeat_is_known_by(name: str) -> None:
    uuid, header, expected = KEYS[name]
    assert said({"message": {"uuid": uuid}}, key=header).message_id == (expected or OWN)
    assert asked({"message": {"uuid": uuid}}, key=header).key == expected


WRONG: dict[str, tuple[bytes, str, str]] = {
    "an empty body": (b"", "empty_body", "expression"),
    "a body of white space": (b" \n", "empty_body", "expression"),
    "no JSON": (b"Hi", "no_json", "json(object("),
    "a JSON body cut short": (b'{"contact": {', "no_json", "json(object("),
    "a form": (b"contact=1", "no_json", "json(object("),
    "an expression that was not evaluated": (b"@(json(object()))", "no_json", "json(object("),
    "JSON nested too deeply": (b"[" * 100_000, "no_json", "json(object("),
    "no object": (b'["Hi"]', "no_object", "no object"),
    "null": (b"null", "no_object", "no object"),
    "no contact": (b"{}", "missing_contact_uuid", "contact.uuid"),
    "an empty contact": (b'{"contact": ""}', "missing_contact_uuid", "contact.uuid"),
    "a contact that is no object": (b'{"contact": "Ana"}', "bad_contact", "contact is no object"),
    "an empty UUID": (b'{"contact": {"uuid": ""}}', "missing_contact_uuid", "contact.uuid"),
    "a UUID of white space": (b'{"contact": {"uuid": " "}}', "missing_contact_uuid", "contact.uuid"),
    "a UUID that is none": (b'{"contact": {"uuid": "s3cret"}}', "bad_contact_uuid", "contact.uuid is no UUID"),
    "a number for a UUID": (b'{"contact": {"uuid": 7}}', "bad_contact_uuid", "contact.uuid is no UUID"),
    "results that are no object": (body({"contact": {"uuid": ANA}, "results": ["Hi"]}), "bad_results", "results"),
    "a message id that is a list": (
        body({"contact": {"uuid": ANA}, "message": {"uuid": ["s3cret"]}}),
        "bad_message_uuid",
        "message.uuid",
    ),
    "a message id that is too long": (
        body({"contact": {"uuid": ANA}, "message": {"uuid": "m" * 256}}),
        "bad_message_uuid",
        "message.uuid",
    ),
    "a message id with control characters": (
        body({"contact": {"uuid": ANA}, "message": {"uuid": "a\x07b"}}),
        "bad_message_uuid",
        "message.uuid",
    ),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("call", [flows.register, flows.message])
def test_what_is_wrong_is_named_and_a_right_body_shown(name: str, call: Any) -> None:
    sent, code, named = WRONG[name]
    with pytest.raises(ProtocolError) as refused:
        call(CHANNEL, "ext", sent, own_id=OWN)
    assert refused.value.code == code
    assert named in refused.value.message
    assert '"contact": {"name": "Ana", "uuid": ' in refused.value.message
    assert "s3cret" not in refused.value.message


@pytest.mark.parametrize("key", ["k" * 256, "a\x07b"])
def test_a_key_in_the_header_that_cannot_be_kept_is_refused(key: str) -> None:
    with pytest.raises(ProtocolError, match="Idempotency-Key") as refused:
        said({}, key=key)
    assert refused.value.code == "bad_idempotency_key"


def test_the_bodies_that_are_shown_are_right() -> None:
    assert flows.register(CHANNEL, "ext", flow_bodies.REGISTER_CLIENT.encode(), own_id=OWN).introduced.name == "Ana"
    assert flows.message(CHANNEL, "ext", flow_bodies.SEND_MESSAGE.encode(), own_id=OWN).text == "My card is blocked"
    assert len(flows.rating(CHANNEL, ANA, flow_bodies.SURVEY.encode()).answers) == 2


RATED: dict[str, tuple[object, tuple[tuple[str, str], ...]]] = {
    "plain": ({"satisfaction": "5"}, (("satisfaction", "5"),)),
    "numbers": ({"satisfaction": 5, "agentKnowledge": 4.0}, (("satisfaction", "5"), ("agentKnowledge", "4"))),
    "results": ({"results": {"satisfaction": {"value": "5"}}}, (("satisfaction", "5"),)),
    "as RapidPro writes its keys": (
        {"results": {"agentknowledge": {"value": "3"}, "agent_friendliness": {"value": "2"}}},
        (("agentKnowledge", "3"), ("agentFriendliness", "2")),
    ),
    "spelt as Rocket.Chat does": ({"agentResposiveness": "1"}, (("agentResposiveness", "1"),)),
    "spelt right": ({"agentResponsiveness": "1"}, (("agentResposiveness", "1"),)),
    "one left out": ({"satisfaction": "5", "agentKnowledge": ""}, (("satisfaction", "5"),)),
    "with words": (
        {"results": {"additionalFeedback": {"value": LONG[:640], "input": LONG}}},
        (("additionalFeedback", LONG),),
    ),
    "beside other things": ({"contact": {"uuid": ANA}, "satisfaction": "5", "x": [1]}, (("satisfaction", "5"),)),
}


@pytest.mark.parametrize("name", RATED)
def test_answers_get_the_names_that_rocketchat_knows(name: str) -> None:
    sent, expected = RATED[name]
    rated = flows.rating(CHANNEL, ANA.upper(), body(sent))
    assert (rated.address, rated.answers) == (ByContact(CHANNEL, ANA), expected)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"", "empty_body"),
        (b"5", "no_object"),
        (b"{}", "no_rating"),
        (b'{"satisfaction": ""}', "no_rating"),
        (b'{"satisfaction": "6"}', "bad_rating"),
        (b'{"satisfaction": 0}', "bad_rating"),
        (b'{"satisfaction": "great"}', "bad_rating"),
        (b'{"results": 5}', "bad_results"),
    ],
)
def test_a_rating_that_is_none_is_refused(sent: bytes, code: str) -> None:
    with pytest.raises(ProtocolError, match="satisfaction") as refused:
        flows.rating(CHANNEL, ANA, sent)
    assert refused.value.code == code
