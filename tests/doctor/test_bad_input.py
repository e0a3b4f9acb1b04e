"""A doctor who cannot look says so in one sentence."""

from collections.abc import Mapping

import pytest
from typer.testing import CliRunner

from channel.cli.main import app
from tests import processes
from tests.cli.conftest import env as env  # noqa: PLC0414 - the fixture
from tests.cli.test_bad_input import NOBODY, said
from tests.processes import run

MISUSED = {
    "a channel that is no UUID": (("helpline",), "the channel is no UUID"),
    "a login file that is not there": (("--login-file", "/nowhere"), "--login-file cannot be read from /nowhere"),
    "a login of one word": (("--login-file", "-"), "--login-file does not hold id and token"),
    "fewer messages than none": (("--per-minute", "-1"), "--per-minute is less than nothing"),
    "fewer chats than none": (("--chats-per-minute", "-1"), "--chats-per-minute is less than nothing"),
    "a contact and no test": (("--contact", NOBODY), "--contact goes with --send-test only"),
}


@pytest.mark.parametrize("name", MISUSED)
def test_misuse_is_named(name: str) -> None:
    arguments, sentence = MISUSED[name]
    asked = ["doctor", *arguments]
    ended = CliRunner().invoke(app(asked), asked, input="token")
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert sentence in ended.stderr
    assert ended.stderr.count("\n") == 1


async def test_where_there_is_nothing_to_look_at_that_is_misuse(env: Mapping[str, str]) -> None:
    for arguments, sentence in (((), "`live-agents connect` makes one"), ((NOBODY,), f"there is no channel {NOBODY}")):
        ended = await run(env, "doctor", "--json", *arguments)
        said(ended, sentence)
        assert ended.code == 2


async def test_a_database_that_is_away_or_not_migrated_is_wrong(env: dict[str, str], empty_database_url: str) -> None:
    away = env | {"DATABASE_URL": f"postgresql://nobody@127.0.0.1:{processes.free_port()}/none"}
    for given, sentence in (
        (away, "ConnectionRefusedError"),
        (env | {"DATABASE_URL": empty_database_url}, "run `live-agents migrate`"),
    ):
        ended = await run(given, "doctor")
        said(ended, sentence)
        assert ended.code == 1
