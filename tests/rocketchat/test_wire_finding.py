"""Is this a Rocket.Chat that we can talk to? Had with a pencil."""

import json

import pytest

from channel.core.errors import ProtocolError
from channel.core.exchange import Reply
from channel.rocketchat.wire import finding as rocketchat
from tests import reading_samples as samples

CONFIG = Reply(200, b'{"config":{"enabled":true,"online":true,"departments":[{"_id":"d","name":"Support"}]}}')


def info(version: str) -> Reply:
    return Reply(200, json.dumps({"version": version, "success": True}).encode())


@pytest.mark.parametrize(
    "reply", [info("8.8"), samples.answer("rocketchat/answer_info"), samples.answer("rocketchat/answer_info_3")]
)
def test_a_rocketchat_says_its_version_and_its_departments(reply: Reply) -> None:
    found = samples.have(rocketchat.find(), reply, CONFIG).learned
    assert found.version[0].isdigit()
    assert [each.name for each in found.config.departments] == ["Support"]


@pytest.mark.parametrize(
    ("reply", "code", "sentence"),
    [
        (info("3.2.2"), "too_old", "this is Rocket.Chat 3.2.2: Live Agents needs 3.3 or newer"),
        (info("2.10"), "too_old", "this is Rocket.Chat 2.10"),
        (info("latest"), "no_such_peer", "it answers 200, but not as a Rocket.Chat does"),
        (Reply(200, b"<html>"), "no_such_peer", "it answers 200"),
        (Reply(200, b"[]"), "no_such_peer", "it answers 200"),
        (Reply(404, b""), "no_such_peer", "it answers 404"),
        (Reply(502, b"<html>"), "away", "it answers 502, as one that is away"),
        (Reply(429, b"{}"), "away", "it answers 429"),
        (Reply(301, b"", {"location": "https://new.example.org/api/info?a"}), "redirects", "it leads to https://new"),
        (Reply(302, b"", {"location": "/login"}), "redirects", "it redirects (302)"),
    ],
)
def test_what_is_no_rocketchat_is_said(reply: Reply, code: str, sentence: str) -> None:
    with pytest.raises(ProtocolError) as error:
        samples.have(rocketchat.find(), reply)
    assert error.value.code == code
    assert error.value.message.startswith(sentence)
