"""Is it really them? One answer for whoever is not, whatever is wrong."""

from collections.abc import Sequence

import pytest
from starlette.requests import Request

from channel.core.secrets import token_hash
from channel.rapidpro.routes import unauthorized as send_refused
from channel.rocketchat.routes import unauthorized as webhook_refused
from channel.web.auth import NOBODY, Guard, shown_token
from channel.web.errors import Refusal
from tests.bridge import Bridge

NO = Refusal(401, "unauthorized", "no")
TOKEN, BEFORE = "right-token", "token-before"
HASHES = (token_hash(TOKEN), token_hash(BEFORE))

Header = tuple[bytes, bytes]


def request(*values: bytes) -> Request:
    return Request({"type": "http", "headers": [(b"authorization", value) for value in values]})


@pytest.mark.parametrize(
    ("values", "token"),
    [
        ([b"Token abc"], "abc"),
        ([b"token abc"], "abc"),
        ([b"Token  abc "], "abc"),
        ([b"Token abc def"], "abc def"),
        ([], ""),
        ([b""], ""),
        ([b"abc"], ""),
        ([b"Bearer abc"], ""),
        ([b"Token"], ""),
        ([b"Token abc", b"Token abc"], ""),
        ([b"Token abc", b"Token def"], ""),
        ([b"Token \xff\xfe"], "\xff\xfe"),
    ],
)
def test_the_token_that_is_shown(values: list[bytes], token: str) -> None:
    assert shown_token(request(*values)) == token


@pytest.mark.parametrize("shown", [TOKEN, BEFORE])
async def test_the_token_and_the_one_before_are_let_in(shown: str) -> None:
    await Guard().require(request(), shown, HASHES, refusal=NO)


@pytest.mark.parametrize("shown", ["", "wrong", "Right-token", "right-token ", "\xff", "ሰላም", "\udcff", "x" * 100_000])
@pytest.mark.parametrize("hashes", [HASHES, (HASHES[0], None), (None, None), (), None, NOBODY])
async def test_anybody_else_is_refused_in_the_same_words(shown: str, hashes: Sequence[str | None] | None) -> None:
    with pytest.raises(Refusal) as refused:
        await Guard().require(request(), shown, hashes, refusal=NO)
    assert refused.value is NO


@pytest.mark.parametrize("hashes", [None, NOBODY])
@pytest.mark.parametrize("shown", [TOKEN, "", "0" * 64])
async def test_nobody_has_no_token(shown: str, hashes: Sequence[str | None] | None) -> None:
    with pytest.raises(Refusal):
        await Guard().require(request(), shown, hashes, refusal=NO)


# The same through the edge


async def answers(bridge: Bridge, urls: Sequence[str], headers: Sequence[Sequence[Header]]) -> set[tuple[int, str]]:
    """Every answer to every one of these headers at every one of these URLs."""
    found = set()
    for url in urls:
        for each in headers:
            answer = await bridge.http.post(url, headers=list(each), content=b"id=1&text=x&to=ana")
            found.add((answer.status_code, answer.text))
    return found


def error(refusal: Refusal) -> tuple[int, str]:
    return refusal.status, f'{{"error":{{"code":"{refusal.code}","message":"{refusal.message}"}}}}'


UNKNOWN = ("00000000-0000-4000-8000-000000000000", "no-uuid", "%00", "%FF")


async def test_the_send_url_answers_the_same_to_whoever_is_not_rapidpro(bridge: Bridge) -> None:
    url = bridge.connected["channel"]["send_url"]
    right = bridge.connected["channel"]["send_authorization"].encode()
    other = bridge.connected["live_agents"]["authorization"].encode()
    wrong = [b"", b"Token", b"Token wrong", b"Token \xff\xfe", b"Bearer " + right[6:], right[:-1], other]
    headers: list[list[Header]] = [[], [(b"authorization", right)] * 2, *([(b"authorization", w)] for w in wrong)]
    assert await answers(bridge, [url], headers) == {error(send_refused())}

    strangers = [url.replace(bridge.connected["channel"]["uuid"], name) for name in UNKNOWN]
    assert await answers(bridge, strangers, [*headers, [(b"authorization", right)]]) == {error(send_refused())}


async def test_the_webhook_answers_the_same_to_whoever_is_not_rocketchat(bridge: Bridge) -> None:
    name = b"x-rocketchat-livechat-token"
    url = bridge.connected["workspace"]["webhook_url"]
    right = bridge.connected["workspace"]["webhook_secret"].encode()
    wrong = [b"", b"wrong", b"\xff\xfe", right[:-1], b"Token " + right]
    headers: list[list[Header]] = [[], [(name, right)] * 2, [(b"authorization", right)], *([(name, w)] for w in wrong)]
    assert await answers(bridge, [url], headers) == {error(webhook_refused())}

    strangers = [url.replace(bridge.connected["workspace"]["uuid"], name) for name in UNKNOWN]
    assert await answers(bridge, strangers, [*headers, [(name, right)]]) == {error(webhook_refused())}


async def test_a_stranger_leaves_nothing_behind(bridge: Bridge) -> None:
    assert (await bridge.send("Hello", token="Token wrong")).status_code == 401
    assert await bridge.query("SELECT 1 FROM contact UNION ALL SELECT 1 FROM event") == []
