"""Which contact: by UUID, by URN, by both; the same one on every replica."""

import asyncio

import pytest

from channel.bridge import handle
from channel.core.addresses import ByContact
from channel.core.answers import Outcome
from channel.core.events import AgentAsked, CloseAsked, ContactSaid, Event, Introduced, Presence
from channel.core.learned import ContactRead
from channel.core.owed import ReadContact
from channel.store.database import open_pool
from tests.store.premises import Premises, arrived

ANA = "6f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"
BEA = "7f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"


def asked(premises: Premises, uuid: str = ANA, path: str | None = None, *, name: str = "Ana") -> AgentAsked:
    return AgentAsked(ByContact(premises.channel, uuid, path), Introduced(name, "spa"), Presence(certain=True))


def said(premises: Premises, text: str, id: str, uuid: str = ANA, path: str | None = None) -> ContactSaid:
    return ContactSaid(ByContact(premises.channel, uuid, path), Introduced(), text, b"raw", id)


async def contacts(premises: Premises) -> list[tuple[str | None, str | None, str, str, str]]:
    return [
        tuple(row) for row in await premises.rows("SELECT uuid, urn, path, name, language FROM contact ORDER BY id")
    ]


async def test_a_contact_named_by_uuid_is_begun_once_and_remembered_as_introduced(premises: Premises) -> None:
    first, second = await premises.handle(asked(premises), asked(premises))
    assert first.decision is not None
    assert second.decision is not None
    assert first.decision.answer is not None
    assert second.decision.answer is not None
    assert first.decision.answer.outcome is Outcome.QUEUED
    assert second.decision.answer.outcome is Outcome.ALREADY_OPEN
    assert await contacts(premises) == [(ANA, None, "", "Ana", "spa")]


@pytest.mark.parametrize("flow_first", [True, False])
async def test_a_send_path_that_is_the_uuid_is_the_same_contact(premises: Premises, flow_first: bool) -> None:
    events: list[Event] = [asked(premises), premises.wrote("words", "1", ANA)]
    for event in events if flow_first else reversed(events):
        await premises.handle(event)
    ((uuid, _, path, name, _),) = await contacts(premises)
    assert (uuid, path, name) == (ANA, ANA, "Ana")


@pytest.mark.parametrize("flow_first", [True, False])
async def test_a_body_with_the_contacts_urn_is_the_contact_of_that_path(premises: Premises, flow_first: bool) -> None:
    events: list[Event] = [asked(premises, path="ana"), premises.wrote("words", "1", "ana")]
    for event in events if flow_first else reversed(events):
        await premises.handle(event)
    assert await contacts(premises) == [(ANA, "ana", "ana", "Ana", "spa")]


async def test_a_urn_that_is_learned_later_is_found_by_the_send_url(premises: Premises) -> None:
    await premises.handle(asked(premises))
    await premises.handle(said(premises, "Hello", "m1", path="ana"))
    await premises.handle(premises.wrote("words", "1", "ana"))
    assert await contacts(premises) == [(ANA, "ana", "ana", "Ana", "spa")]


async def test_a_uuid_that_another_contact_has_stays_theirs(premises: Premises) -> None:
    await premises.handle(asked(premises))
    sealed = premises.vault.seal(f"rapidpro_token:{premises.channel}", b"token")
    await premises.pool.execute("UPDATE channel SET rapidpro_token = $1", sealed)
    await premises.handle(premises.wrote("words", "1", "other"))
    (reading,) = [each for each in await premises.claim() if isinstance(each.owed, ReadContact)]
    await premises.handle(arrived(reading, ContactRead(ANA, "Ana Souza")))
    assert [(uuid, urn, name) for uuid, urn, _, name, _ in await contacts(premises)] == [
        (ANA, None, "Ana"),
        (None, "other", "Ana Souza"),
    ]


async def test_nobody_is_begun_by_a_close_of_somebody_unknown(premises: Premises) -> None:
    unknown = CloseAsked(ByContact(premises.channel, BEA, begins=False), Presence())
    (handled,) = await premises.handle(unknown)
    assert handled.decision is not None
    assert handled.decision.answer is not None
    assert handled.decision.answer.outcome is Outcome.NOT_OPEN
    assert await contacts(premises) == []


async def test_twenty_calls_at_once_on_two_replicas_are_one_contact_and_one_room_to_open(premises: Premises) -> None:
    other = await open_pool(premises.url, size=5, name="other replica")
    calls = [
        event
        for n in range(10)
        for event in (asked(premises, path="ana"), said(premises, f"words {n}", f"m{n}", path="ana"))
    ]
    stores = [premises.store(), premises.store(other)]
    try:
        await asyncio.gather(*(handle(stores[n % 2], [event]) for n, event in enumerate(calls)))
    finally:
        await other.close()
    assert len(await contacts(premises)) == 1
    assert await premises.column("SELECT count(*) FROM delivery WHERE kind = 'OpenRoom'") == [1]
    assert await premises.column("SELECT count(*) FROM delivery WHERE kind = 'PostToRoom'") == [10]
