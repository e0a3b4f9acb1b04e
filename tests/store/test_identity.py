"""An address that was given to somebody else: whose conversation it is, and whose the answers are. Real Postgres."""

import pytest

from channel.core.addresses import ByRoom
from channel.core.events import AgentWrote
from channel.core.owed import ReplyToContact
from tests.store.driving import ANA, JOAO, Driver
from tests.store.premises import Premises

BEA = "0a1b2c3d-4e5f-4a6b-8c7d-8e9fa0b1c2d3"


async def contacts(premises: Premises) -> list[tuple[str | None, str | None]]:
    return [(uuid, urn) for uuid, urn in await premises.rows("SELECT uuid, urn FROM contact ORDER BY id")]


@pytest.mark.parametrize("together", [False, True], ids=["each by itself", "in one commit"])
async def test_a_uuid_with_the_urn_of_somebody_else_is_a_new_contact(premises: Premises, *, together: bool) -> None:
    driver = Driver(premises)
    events = [driver.asks(words=words, uuid=uuid, path="ana") for words, uuid in (("I am Ana", ANA), ("I am Bea", BEA))]
    for batch in [events] if together else [[event] for event in events]:
        await premises.handle(*batch)
    await driver.run()
    known = dict(await contacts(premises))
    assert (set(known), set(known.values())) == ({ANA, BEA}, {"ana", None})
    assert sorted(driver.words().values()) == [["I am Ana"], ["I am Bea"]]


async def test_answers_to_the_new_owner_of_an_address_go_to_their_uuid(premises: Premises) -> None:
    driver = Driver(premises)
    await premises.pool.execute("UPDATE channel SET reply_via = 'api'")
    await driver.answer(driver.asks(words="Ana", path="ana"))
    await driver.run()
    await premises.handle(driver.shuts("r1"))
    await driver.run()
    await premises.later(86400)
    await driver.answer(driver.asks(words="Bea", path="ana", uuid=BEA))
    await driver.run()
    here = ByRoom(premises.workspace, "r2", None)
    await premises.handle(AgentWrote(here, "m1", "Your result is there", b"raw", JOAO))
    reply = await driver.until(ReplyToContact)
    assert (reply.contact_uuid, reply.path) == (BEA, "")
    assert await contacts(premises) == [(ANA, "ana"), (BEA, None)]


async def test_what_the_send_url_brings_is_of_whom_the_address_was_first(premises: Premises) -> None:
    driver = Driver(premises)
    for words, uuid in (("Ana", ANA), ("Bea", BEA)):
        await driver.answer(driver.asks(words=words, path="ana", uuid=uuid))
    await premises.handle(premises.wrote("By address", to="ana"))
    await driver.run()
    assert driver.words() == {"r1": ["Ana", "By address"], "r2": ["Bea"]}


async def test_a_uuid_that_comes_with_a_urn_known_without_one_is_that_contact(premises: Premises) -> None:
    driver = Driver(premises)
    await premises.handle(premises.wrote("By address", to="ana"))
    await driver.answer(driver.says("By UUID", path="ana"))
    await driver.answer(driver.says("By UUID alone"))
    await driver.run()
    assert await contacts(premises) == [(ANA, "ana")]
    assert driver.words() == {"r1": ["By address", "By UUID", "By UUID alone"]}


async def test_two_contacts_that_turn_out_to_be_one_stay_two_and_lose_nothing(premises: Premises) -> None:
    """The address stays with whom it was known of first; the UUID says whose the conversation is."""
    driver = Driver(premises)
    await premises.handle(premises.wrote("By address", to="ana"))
    await driver.answer(driver.says("By UUID"))
    await driver.answer(driver.says("By both", path="ana"))
    await driver.run()
    assert await contacts(premises) == [(None, "ana"), (ANA, None)]
    assert driver.words() == {"r1": ["By address"], "r2": ["By UUID", "By both"]}
