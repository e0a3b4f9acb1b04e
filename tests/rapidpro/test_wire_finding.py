"""Is this a RapidPro? Had with a pencil."""

import pytest

from channel.core.errors import ProtocolError
from channel.core.exchange import Reply
from channel.rapidpro.wire import finding as rapidpro
from tests import reading_samples as samples

NO_TOKEN = Reply(403, b'{"detail":"Authentication credentials were not provided."}')
NO_CHANNEL = Reply(400, b'{"message":"Error","data":[{"type":"error","error":"channel not found"}]}')
NOTHING = Reply(404, b"<html>")


@pytest.mark.parametrize(
    ("replies", "api", "courier"),
    [
        ((NO_TOKEN, NO_CHANNEL), True, True),
        ((NOTHING, NO_CHANNEL), False, True),
        ((NO_TOKEN, NOTHING), True, False),
    ],
)
def test_a_rapidpro_is_known_by_its_api_or_by_its_courier(
    replies: tuple[Reply, Reply], api: bool, courier: bool
) -> None:
    assert samples.have(rapidpro.find(), *replies).learned == rapidpro.FoundRapidPro(api, courier)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (NOTHING, "no_such_peer"),
        (Reply(200, b"{}"), "no_such_peer"),
        (Reply(503, b""), "away"),
        (Reply(301, b""), "redirects"),
    ],
)
def test_what_is_no_rapidpro_is_said(reply: Reply, code: str) -> None:
    with pytest.raises(ProtocolError) as error:
        samples.have(rapidpro.find(), reply, NOTHING)
    assert error.value.code == code
