"""The six steps of docs/start-here.md, walked as they stand there against both simulated peers; and every other command
that the pages of a set-up name. `pytest -s` says how long each takes."""

import json
import re
from pathlib import Path

from channel.sandbox.rapidpro import External, set_up_b
from tests.cli.peers import open_peers
from tests.processes import Ended
from tests.walking import Walk, commands, spans, talk, walker, whole, wired


async def test_the_six_steps_lead_to_a_connection_by_which_words_go_both_ways(tmp_path: Path) -> None:
    async with open_peers() as peers:
        walk = walker(tmp_path, peers)
        serve, *then = commands("start-here.md")
        async with walk.running(serve):
            for command in then:
                if command.startswith("live-agents doctor"):
                    ana = wired(walk, peers)
                if command == "live-agents backlog":
                    await talk(walk, peers, ana)
                await walk.do(command)
            assert "was answered" in _ended(walk, "live-agents provision --apply").out
            proof = _ended(walk, "live-agents doctor --send-test").out
            print(proof)
            assert re.search(r"^0 wrong, ", proof, re.MULTILINE)
            for way in ("test_to_agent", "test_to_contact"):
                assert re.search(rf"^fine +{way} ", proof, re.MULTILINE)
            assert "live-agents trace MESSAGE" in walk.done
            assert json.loads(_ended(walk, "live-agents connect helpline.toml --json").out)["channel"]["uuid"]
            await _whatever_else_is_named(walk)


async def _whatever_else_is_named(walk: Walk) -> None:
    """In the order of the pages; each command once, and with what is there by now."""
    await walk.what_was_made()
    for page in ("start-here.md", "rocketchat.md", "rapidpro/set-ups.md"):
        for command in [*commands(page), *spans(page)]:
            if command not in walk.done and "serve" not in command:
                await walk.do(whole(command))
                walk.done[command] = walk.done[whole(command)]


async def test_without_a_token_it_is_set_up_b_and_its_form_filled_in_as_printed_leads_as_far(tmp_path: Path) -> None:
    async with open_peers() as peers:
        walk = walker(tmp_path, peers)
        walk.answers["live-agents connect"] = f"{peers.rocketchat_url}\n{peers.rapidpro_url}\n\nSupport\n"
        serve, connect, *then = commands("start-here.md")
        async with walk.running(serve):
            told = (await walk.do(connect)).out
            wired = set_up_b(peers.rapidpro, _form(told))
            for command in then:
                if command.startswith("live-agents provision"):
                    await walk.do(command)
            ana = peers.rapidpro.add_contact("Ana", ["whatsapp:5511988887777"])
            await talk(walk, peers, ana)
            walk.names["CONTACT"] = ana.uuid
            proof = await walk.do(next(command for command in then if "doctor --send-test" in command))
            assert re.search(r"^0 wrong, ", proof.out, re.MULTILINE), proof.out
            assert wired.external.external is not None


def _form(told: str) -> External:
    """RapidPro's form, filled in by who reads what `connect` has printed and nothing else."""
    fields = dict(re.findall(r"^  (\w[\w ]+?) {2,}(.+)$", told, re.MULTILINE))
    assert (fields["URN Type"], fields["Content Type"], fields["Encoding"]) == (
        "ext",
        "URL Encoded",
        "Default Encoding",
    )
    return External(
        send_url=fields["Send URL"],
        method=fields["Method"],
        body=fields["Request Body"],
        max_length=int(fields["Max Length"].split()[0]),
        send_authorization=fields["Authorization Header Value"],
        mt_response_check=fields["MT Response Check"],
    )


def _ended(walk: Walk, begins: str) -> Ended:
    return next(ended for command, ended in walk.done.items() if command.startswith(begins))
