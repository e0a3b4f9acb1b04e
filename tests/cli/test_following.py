"""What the record of a message reads like on the demo's page."""

from datetime import UTC, datetime
from typing import Any

import pytest

from channel.cli.following import told
from channel.sandbox.page.rehearsal import Standing, Told

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
STORED = f"Stored at {AT.astimezone():%H:%M:%S}."


def delivery(state: str, *answers: str, kind: str = "PostToRoom", reason: str | None = None) -> dict[str, Any]:
    attempts = [
        {"asked": "POST /receive" if answer else "", "answered": answer, "outcome": "done" if answer else "api_gap"}
        for answer in answers
    ]
    return {"kind": kind, "state": state, "reason": reason, "attempts": attempts}


def message(*deliveries: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
    return {"created_at": AT, "reason": reason, "deliveries": list(deliveries)}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (message(delivery("waiting")), Told(
            Standing.ON_ITS_WAY, (STORED, "It waits: its turn has not come."), ("Not asked yet.",))),
        (message(delivery("waiting", "503", "503", reason="http_503")), Told(
            Standing.WAITS, (STORED, "It waits: the last answer was 503."), ("Answered 503 (2 times).",))),
        (message(delivery("waiting", "429", reason="limited")), Told(
            Standing.WAITS, (STORED, "It waits: no more calls are taken for now."), ("Answered 429.",))),
        (message(delivery("done", "", "201", kind="ReplyToContact")), Told(
            Standing.ARRIVED, (STORED,), ("Answered 201.",))),
        (message(delivery("done", "503", "503", "200")), Told(
            Standing.ARRIVED, (STORED,), ("Answered 503 (2 times), then 200.",))),
        (message(delivery("done", "200"), delivery("done", "200")), Told(
            Standing.ARRIVED, (STORED, "It goes in 2 parts."), ("Answered 200.", "Answered 200."))),
        (message(delivery("dead", "400", reason="http_400")), Told(
            Standing.GIVEN_UP, (STORED, "Given up: http_400. An operator can replay it."), ("Answered 400.",))),
        (message(delivery("done", "200", kind="TellAuthor"), reason="too_long"), Told(
            Standing.REFUSED,
            (STORED, "It does not go: it is longer than 640 characters.", "The agent was told in the chat."))),
        (message(delivery("done", "200"), reason="emoji_stripped"), Told(
            Standing.ARRIVED, (STORED, "It goes without its emoji."), ("Answered 200.",))),
        (message(reason="kept"), Told(
            Standing.KEPT, (STORED, "The chat has just ended: it is kept, and shown to the next agent."))),
        (message(reason="expired"), Told(Standing.REFUSED, (STORED, "Its reason: expired."))),
    ],
)  # fmt: skip
def test_a_record_in_lines(found: dict[str, Any], expected: Told) -> None:
    assert told([message(delivery("done", "200")), found]) == expected
