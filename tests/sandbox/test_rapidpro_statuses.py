"""Status callbacks, and `stopped`."""

from collections.abc import AsyncIterator

import pytest

from channel.sandbox.rapidpro import V9_0, V10_3_20, V26_3_31, Version

from .test_rapidpro_receiving import CHANNEL, EXTERNAL, NOBODY, Desk, errors

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    await desk.aclose()


@pytest.fixture(params=[V9_0, V10_3_20, V26_3_31], ids=lambda version: version.name)
async def any_desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    desk = Desk(request.param)
    yield desk
    await desk.aclose()


@pytest.mark.parametrize(
    ("action", "letter", "status"),
    [("sent", "S", "sent"), ("delivered", "D", "delivered"), ("failed", "F", "failed")],
)
async def test_a_status_is_taken(any_desk: Desk, action: str, letter: str, status: str) -> None:
    message = await any_desk.sent()
    name = any_desk.rapidpro.memory.name_of(message)
    response = await any_desk.client.post(action, data={"id": name})
    expected = {"type": "status", "channel_uuid": CHANNEL, "status": letter}
    if not any_desk.rapidpro.version.uuid_ids:
        expected["msg_id"] = int(name)  # type: ignore[assignment]
    assert response.json() == {"message": "Status Update Accepted", "data": [expected]}
    await any_desk.rapidpro.until(lambda _: message.status == status)
    assert (message.sent_on is None) == (status == "failed")


async def test_any_status_overwrites_any_other(desk: Desk) -> None:
    message = await desk.sent()
    for status in ("delivered", "sent", "failed", "delivered"):
        await desk.client.get(status, params={"uuid": message.uuid})
        await desk.rapidpro.until(lambda _, status=status: message.status == status)  # type: ignore[misc]


async def test_of_two_updates_in_one_batch_one_is_lost(desk: Desk) -> None:
    desk.rapidpro.status_updates.interval = 0.2
    message = await desk.sent()
    for action in ("sent", "delivered"):
        await desk.client.post(action, data={"id": message.uuid})
    await desk.rapidpro.until(lambda _: message.status == "delivered")
    assert message.statuses == ["queued", "wired", "delivered"]


async def test_a_callback_before_our_answer_is_overwritten(desk: Desk) -> None:
    desk.hasty = True
    message = await desk.sent()
    assert [request.action for request in desk.rapidpro.requests] == ["delivered"]
    assert message.statuses == ["queued", "wired"]


@pytest.mark.parametrize("which", ["unknown", "incoming", "of another channel"])
async def test_an_update_that_fits_nothing_is_accepted_and_dropped(desk: Desk, which: str) -> None:
    message = await desk.sent()
    other = desk.rapidpro.add_external_channel(EXTERNAL)
    ids = {
        "unknown": NOBODY,
        "incoming": await desk.receive("hi"),
        "of another channel": (await desk.rapidpro.send_on(other, "w", "a")).uuid,
    }
    response = await desk.client.post("delivered", data={"id": ids[which]})
    assert response.status_code == 200
    await desk.client.post("delivered", data={"id": message.uuid})
    await desk.rapidpro.until(lambda _: message.status == "delivered")
    assert [m.status for m in desk.rapidpro.messages].count("delivered") == 1


REQUIRED = "Key: 'statusForm.ID' Error:Field validation for 'ID' failed on the 'required' tag"


@pytest.mark.parametrize(
    ("version", "form", "expected"),
    [
        (V26_3_31, {}, ["parameters id or uuid should not be empty"]),
        (V26_3_31, {"id": "90211"}, ["parsing failed: id '90211' and uuid '' are not valid UUIDs"]),
        (
            V26_3_31,
            {"uuid": NOBODY.upper()},
            [f"parsing failed: id '' and uuid '{NOBODY.upper()}' are not valid UUIDs"],
        ),
        (V9_0, {}, [REQUIRED, "field 'id' required"]),
        (V9_0, {"uuid": NOBODY}, [REQUIRED, "field 'id' required"]),
    ],
)
async def test_ids_that_are_refused(version: Version, form: dict[str, str], expected: list[str]) -> None:
    desk = Desk(version)
    response = await desk.client.post("delivered", data=form)
    assert (response.status_code, errors(response)) == (400, expected)
    await desk.aclose()


async def test_uuid_is_used_even_if_only_id_is_valid(desk: Desk) -> None:
    message = await desk.sent()
    response = await desk.client.post("delivered", data={"id": message.uuid, "uuid": "{{uuid}}"})
    assert response.status_code == 200
    await desk.client.post("sent", data={"id": message.uuid})
    await desk.rapidpro.until(lambda _: message.status == "sent")
    assert message.statuses == ["queued", "wired", "sent"]


async def test_stopped_stops_the_person_until_they_write(desk: Desk) -> None:
    response = await desk.client.post("stopped", data={"from": "visitor-42"})
    event = response.json()["data"][0]
    assert (event["event_type"], event["urn"]) == ("stop_contact", "ext:visitor-42")
    (contact,) = desk.rapidpro.contacts
    assert (await desk.rapidpro.send(contact, "still there?")).status == "failed"
    await desk.receive("hi")
    await desk.rapidpro.until(lambda _: contact.status == "active")


async def test_stopped_takes_from_and_nothing_else(desk: Desk) -> None:
    response = await desk.client.post("stopped", data={"sender": "visitor-42"})
    assert (response.status_code, errors(response)) == (400, ["field 'from' required"])
