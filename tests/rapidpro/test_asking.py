"""What may have arrived by courier is asked about through the API, against the simulated RapidPro over HTTP."""

from typing import Any

import pytest

from channel.core import limits
from channel.core.errors import Ambiguous, Refused, Waiting
from channel.core.learned import Received
from channel.core.owed import ReplyToContact
from channel.sandbox.rapidpro import External, faults
from tests.rapidpro.conftest import Opener, Site

SAID = ReplyToContact("Hello", "2026-08-20T10:00:00.123Z")


@pytest.fixture
async def site(open_site: Opener) -> Site:
    """One whose channel is an External one with contact `ana` on it."""
    site = await open_site()
    site.rapidpro.add_external_channel(External())
    return site


def by_courier(site: Site, **changes: Any) -> dict[str, Any]:
    channel = site.rapidpro.channels[-1].uuid
    return {
        "reply_via": "receive",
        "path": "ana",
        "scheme": "ext",
        "contact_uuid": None,
        "rapidpro_channel": channel,
        **changes,
    }


@pytest.mark.parametrize("said", [SAID, ReplyToContact("Hello")])
async def test_words_whose_receipt_is_lost_are_found(site: Site, said: ReplyToContact) -> None:
    site.rapidpro.faults.add("receive", faults.drop_after())
    assert isinstance(await site.failed(said, **by_courier(site)), Ambiguous)
    (message,) = site.rapidpro.incoming()
    assert await site.send(said, **by_courier(site, **site.later(5))) == Received(message.uuid)
    assert site.posts("receive") == 1


@pytest.mark.parametrize("earlier", [SAID, ReplyToContact("Hello", "2026-08-20T09:59:00Z")])
async def test_equal_words_received_before_are_others(site: Site, earlier: ReplyToContact) -> None:
    first = await site.send(earlier, **by_courier(site))
    assert isinstance(first, Received)
    site.rapidpro.faults.add("receive", faults.drop_before())
    known = first.uuid if earlier == SAID else ""
    await site.failed(SAID, **by_courier(site))
    waiting = await site.failed(SAID, **by_courier(site, **site.later(5, received_uuid=known)))
    assert waiting.code == "not_listed_yet"


async def test_words_that_did_not_arrive_are_posted_again_when_they_would_be_listed(site: Site) -> None:
    site.rapidpro.faults.add("receive", faults.drop_before())
    await site.failed(SAID, **by_courier(site))
    assert isinstance(await site.failed(SAID, **by_courier(site, **site.later(5))), Waiting)
    assert isinstance(await site.send(SAID, **by_courier(site, **site.later(limits.ASKED_FOR))), Received)
    assert site.posts("receive") == 2


@pytest.mark.parametrize("token", ["wrong", None])
async def test_where_it_cannot_be_asked_there_is_one_repeat(site: Site, token: str | None) -> None:
    site.rapidpro.faults.add("receive", faults.drop_before(), times=2)
    await site.failed(SAID, **by_courier(site))
    repeat = await site.failed(SAID, **by_courier(site, **site.later(5, rapidpro_token=token)))
    assert isinstance(repeat, Ambiguous)
    third = await site.failed(SAID, **by_courier(site, **site.later(5, rapidpro_token=token) | {"ambiguous": 2}))
    assert (type(third), third.code) == (Refused, "ambiguous")
