"""No secret and nobody's words are where they have no business: a value of its own in each is looked for everywhere."""

import asyncio
import json
import re
from html import unescape
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from pydantic import SecretStr

from channel.core.operators import Role
from channel.sandbox.rapidpro import faults
from channel.sandbox.rocketchat import Answers
from channel.settings import Settings
from tests import processes
from tests.canaries import (
    ADDRESS,
    ANSWERED,
    COMMENT,
    LEARNED,
    NAME,
    UUID,
    WORDS,
    WRITTEN,
    Site,
    dump,
    leaks_in,
    processes_running,
    shown_to_peers,
    site,
)  # fmt: skip
from tests.console.desk import Browser

pytestmark = pytest.mark.anyio

CONTACT: Final = {"name": NAME, "uuid": UUID}
#: what peers show us that is wrong: it is nobody's secret, and echoed to nobody
WRONG: Final = "canary-wrong-token"
AGENT: Final = "joao.agent"
#: of the console, by its links; more would be an endless chain of them
LEAST_PAGES, MOST_PAGES = 15, 300


async def test_no_secret_and_nobodys_words_are_where_they_have_no_business(database_url: str, tmp_path: Path) -> None:
    async with site(database_url, tmp_path) as here:
        async with processes.serving(here.env) as service, httpx.AsyncClient() as http:
            await conversation(here, http)
            await troubles(here, http)
            await wrong_calls(here, http)
            await an_error_of_our_own(here, http)
            for path in ("/metrics", "/openapi.json", "/healthz", "/nowhere"):
                await here.asks(http, "GET", here.internal + path)
            await verbs(here)
            here.said |= await console(here, Role.LOOK)
            told = await console(here, Role.ADMINISTER)
            here.said["the process list"] = processes_running()
            here.said["repr"] = repr(Settings(database_url=SecretStr(here.env["DATABASE_URL"])))
        tokens = {visitor.token for visitor in here.rocketchat.visitors.values()}
        here.secrets |= {f"visitor token {n}": token for n, token in enumerate(tokens)}
        here.said["the log"] = log = "".join(service.seen)
        assert '"level": "error"' in log
        assert "Traceback" in log
        assert len(tokens) == 2
        canaries, tables = here.secrets | WORDS | {"what was wrong": WRONG}, await dump(here.env["DATABASE_URL"])
        print(f"{len(canaries)} values were looked for in {len(here.said)} places and {len(tables)} tables")
        assert here.leaks(canaries) == []
        assert WRITTEN in "".join(told.values())  # who may read words does
        assert ADDRESS not in "".join(told.values())
        here.said = told
        assert here.leaks(here.secrets) == []
        assert leaks_in(tables, here.secrets) == []
        assert all(each in "".join(tables.values()) for each in WORDS.values())  # or nothing was looked for
        assert shown_to_peers(here) == {
            ("RapidPro", "RapidPro's API token"),
            ("RapidPro", "the contact's address"),
            ("Rocket.Chat", "the bot user's token"),
            *(("Rocket.Chat", f"visitor token {n}") for n in range(len(tokens))),
        }
        assert {room.crm_data for room in here.rocketchat.rooms.values()} == {""}


def test_a_leak_would_be_noticed() -> None:
    assert leaks_in({"attempt": f"... {COMMENT} ...", "message": COMMENT}, {}) == [
        "the agent's closing comment in: attempt"
    ]
    assert leaks_in({"message": "a-token"}, {"token": "a-token"}) == ["token in: message"]


async def conversation(here: Site, http: httpx.AsyncClient) -> None:
    """A flow hands somebody over, who writes, is answered in every way there is, and rates the chat."""
    about = {**CONTACT, "urn": f"ext:{ADDRESS}"}
    results = {"topic": {"value": LEARNED}}
    for call, said in (
        ("registerClient", results),
        ("sendMessageToAgent", {"clientmessage": {"value": wrote("by flow")}}),
    ):
        assert await flow(here, http, "POST", call, json={"contact": about, "results": said}) == 200
    assert await send(here, http, "1001") == 200
    room = await here.rocketchat.until(lambda rc: next(iter(rc.rooms.values()), None), timeout=20)
    await here.rocketchat.until(lambda rc: sum(bool(m.token) for m in rc.messages.values()) >= 3 or None, timeout=20)
    await here.rocketchat.take(room.id, AGENT)
    item = await here.rocketchat.write(room.id, AGENT, ANSWERED)
    await heard(here, ANSWERED)
    await here.rocketchat.edit(item, AGENT, f"{ANSWERED}, anew")
    await here.rocketchat.write(room.id, AGENT, f"{ANSWERED} {'x' * 700}")
    await heard(here, f"{ANSWERED}, anew")
    await here.rocketchat.close(room.id, AGENT, COMMENT)
    await here.rocketchat.until(lambda rc: not rc.webhooks_in_flight or None, timeout=20)
    user = f"session/user/{CONTACT['uuid']}"
    assert await flow(here, http, "POST", f"{user}/survey", json={"results": {"satisfaction": "5"}}) == 200
    assert await flow(here, http, "DELETE", user) == 200
    assert await flow(here, http, "GET", "availability") == 200


async def troubles(here: Site, http: httpx.AsyncClient) -> None:
    """Peers refuse, and quote what they were asked; the same id comes with other words."""
    assert await send(here, http, "2001", to="canary-address-2") == 200
    visitor = await here.rocketchat.until(lambda rc: list(rc.visitors.values())[1:], timeout=20)
    said = f'E11000 duplicate key error dup key: {{ token: "{visitor[0].token}" }}'
    quoting = json.dumps({"success": False, "error": said})
    here.rocketchat.faults.rest(Answers(400, quoting), at="POST livechat/message", times=1)
    here.rocketchat.faults.rest(Answers(500, quoting), at="POST livechat/message", times=1)
    assert await send(here, http, "2002", to="canary-address-2") == 200
    assert await send(here, http, "2002", to="canary-address-2", text=wrote("other")) == 200
    room = await here.rocketchat.until(lambda rc: next((r for r in rc.rooms.values() if r.open), None), timeout=20)
    quoted = f"Error: {ADDRESS} wrote {ANSWERED} with {here.rapidpro.api_token}"
    for status in (400, 500):
        here.rapidpro.faults.add("receive", faults.answer(status, quoted, "text/plain"), times=1)
    await here.rocketchat.take(room.id, AGENT)
    await here.rocketchat.write(room.id, AGENT, f"{ANSWERED} again")
    await heard(here, f"{ANSWERED} again")
    refused = json.dumps({"success": False, "error": f"{WRITTEN} [message-length-exceeds-character-limit]"})
    here.rocketchat.faults.rest(Answers(400, refused), at="POST livechat/message", times=1)
    assert await send(here, http, "2003", to="canary-address-2") == 200
    await here.until("SELECT 1 FROM delivery WHERE state = 'dead'")


async def wrong_calls(here: Site, http: httpx.AsyncClient) -> None:
    """Of strangers, with wrong secrets, in every place; and bodies that nobody can read."""
    workspace, send_url = here.connected["workspace"], here.connected["channel"]["send_url"]
    for url, header in (
        (send_url, {"Authorization": f"Token {WRONG}"}),
        (here.connected["live_agents"]["url"] + "/registerClient", {"Authorization": f"Token {WRONG}"}),
        (workspace["webhook_url"], {"X-RocketChat-Livechat-Token": WRONG}),
    ):
        assert await here.asks(http, "POST", url, content=wrote("x"), headers=header) == 401
    right = {"X-RocketChat-Livechat-Token": workspace["webhook_secret"]}
    for content in (b"{", json.dumps({"type": "Message", "text": ANSWERED}).encode()):
        assert await here.asks(http, "POST", workspace["webhook_url"], content=content, headers=right) == 200
    token = {"Authorization": here.connected["channel"]["send_authorization"]}
    await here.asks(http, "POST", send_url, content=f"<m>{wrote('x')}", headers={**token, "Content-Type": "text/xml"})
    await here.asks(http, "GET", f"{send_url}?text={wrote('x')}", headers=token)
    await flow(here, http, "POST", "registerClient", content=f'{{"contact": "{wrote("x")}"}}')
    await here.asks(http, "GET", send_url.replace("/send", f"/{ADDRESS}"))


async def an_error_of_our_own(here: Site, http: httpx.AsyncClient) -> None:
    """What is in a row is broken: a request meets it, and a delivery."""
    before = await here.query("SELECT id, handoff FROM conversation")
    await here.query("""UPDATE conversation SET handoff = '{"department": ["canary-result"]}'""")
    assert await send(here, http, "3001") == 503
    for number, handoff in before:
        await here.query("UPDATE conversation SET handoff = $2 WHERE id = $1", number, handoff)
    assert await send(here, http, "3002") == 200
    await here.query("UPDATE delivery SET body = '{\"text\": [\"canary-contact-words\"]}' WHERE state = 'waiting'")
    assert await send(here, http, "3003") == 200


async def verbs(here: Site) -> None:
    """Every verb that shows something, three at a time."""
    channel_id, workspace = here.connected["channel"]["uuid"], here.connected["workspace"]["uuid"]
    shown = (
        "backlog", "backlog --json", "backlog --dead", "backlog --dead --json", "trace 1001", "trace 2002 --json",
        "channels list --json", f"channels show {channel_id}", "channels options show", "channels hours show",
        "workspaces list", f"workspaces show {workspace} --json", "repair --dry-run", "repair --rapidpro",
        "replay --since 2020-01-01 --dry-run", "replay nobody", "discard 1001 --reason why", "forget id:1 --dry-run",
        "keys rotate",
    )  # fmt: skip
    at_once = asyncio.Semaphore(3)

    async def run(verb: str) -> None:
        async with at_once:
            await here.verb(*verb.split())

    await asyncio.gather(*(run(verb) for verb in shown))
    assert json.loads(here.said["live-agents trace 2002 --json"])
    assert len(json.loads(here.said["live-agents backlog --dead --json"])) > 0


async def console(here: Site, role: Role) -> dict[str, str]:
    """Every page that somebody of this role comes to by following links."""
    name = f"a.{role}"
    here.secrets[f"the password of {name}"] = password = f"canary-password of {name}"
    await here.verb("operators", "add", name, "--role", role, given=f"{password}\n")
    async with httpx.AsyncClient(base_url=here.internal, timeout=20) as http:
        browser = Browser(http)
        assert (await browser.sign_in(name, password)).status_code == 303
        here.secrets[f"the session of {name}"] = http.cookies["live_agents"]
        pages, found = dict[str, str](), {"/", "/conversations/search?q=1001", "/messages/2002"}
        while rest := sorted(found - set(pages)):
            answer = await http.get(rest[0], follow_redirects=True)
            pages[rest[0]] = f"{answer.headers} {answer.text}"
            found |= {unescape(each) for each in re.findall(r'href="(/[^"]*)"', answer.text)}
            assert len(pages) < MOST_PAGES
    assert len(pages) > LEAST_PAGES
    return {f"{path} as who may {role}": said for path, said in pages.items()}


async def heard(here: Site, words: str) -> None:
    """Return when the contact has got these."""
    await here.rapidpro.until(lambda rp: any(words in m.text for m in rp.incoming(here.channel)) or None, timeout=40)


def wrote(more: str) -> str:
    return f"{WRITTEN} {more}"


async def send(here: Site, http: httpx.AsyncClient, id: str, *, to: str = "", text: str = "") -> int:
    """What courier does when somebody writes."""
    form = {
        "id": id,
        "text": text or wrote(id),
        "to": to or ADDRESS,
        "channel": here.channel.uuid,
    }
    given = {"Authorization": here.connected["channel"]["send_authorization"]}
    return await here.asks(http, "POST", here.connected["channel"]["send_url"], data=form, headers=given)


async def flow(here: Site, http: httpx.AsyncClient, method: str, path: str, **body: Any) -> int:
    given = {"Authorization": here.connected["live_agents"]["authorization"]}
    return await here.asks(http, method, f"{here.connected['live_agents']['url']}/{path}", headers=given, **body)
