"""`live-agents flow check`: a line each, and an exit code to go by."""

import json
from pathlib import Path

import pytest

from tests.processes import run

KIT = Path(__file__).parent.parent.parent / "docs" / "rapidpro"


@pytest.mark.parametrize("name", ["set-up-a.json", "set-up-b.json"])
async def test_a_flow_that_is_right_says_so(name: str) -> None:
    ended = await run({}, "flow", "check", str(KIT / name))
    assert (ended.code, ended.out, ended.err) == (0, "Nothing is wrong.\n", "")


async def test_a_flow_that_is_wrong_is_named_a_line_each(tmp_path: Path) -> None:
    export = json.loads((KIT / "set-up-a.json").read_text())
    export["flows"][0]["nodes"][0]["actions"][0]["method"] = "GET"
    export["triggers"][0]["groups"] = []
    (tmp_path / "flow.json").write_text(json.dumps(export))
    ended = await run({}, "flow", "check", str(tmp_path / "flow.json"))
    assert ended.code == 1
    assert ended.err == ""
    assert ended.out.splitlines() == [
        "Live agents: hand-off, node 1 (registerClient): registerClient takes POST, not GET [wrong_method]",
        "Live agents: relay to agent: its catch-all trigger has no group, so what anybody writes goes to the agents"
        " [no_group]",
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read"),
        (b"Hi", "no JSON object"),
        (b"\xff\xfe\x00", "no JSON object"),
        (b'{"flows": []}', "holds no flow"),
    ],
)
async def test_a_file_that_is_no_flow_is_said(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    file = tmp_path / "flow.json"
    if content is not None:
        file.write_bytes(content)
    ended = await run({}, "flow", "check", str(file))
    assert (ended.code, ended.out) == (1, "")
    assert sentence in ended.err
    assert ended.err.count("\n") == 1
