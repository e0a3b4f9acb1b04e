"""How a message stands, as a page says it."""

import pytest

from channel.console.conversations import with_standing


@pytest.mark.parametrize(
    ("states", "reason", "how", "sentence"),
    [
        (["done"], None, "good", "Went."),
        (["done", "done"], "failed_later", "bad", "Went to RapidPro, which could not bring it."),
        (["done", "dead"], "failed_later", "bad", "Is a dead letter: nobody tries it again until an operator decides."),
        (["done", "waiting"], "failed_later", "warn", "Waits to go."),
        (["done", "discarded"], "replaced", "warn", "Went in part."),
        (["discarded"], "replaced", "bad", "Was discarded."),
        ([], "note", "bad", "Did not go."),
    ],
)
def test_how_a_message_stands(states: list[str], reason: str | None, how: str, sentence: str) -> None:
    deliveries = [{"kind": "ReplyToContact", "state": state, "text": "Hello"} for state in states]
    said = with_standing({"deliveries": deliveries, "reason": reason, "text": "Hello", "status": None})
    assert (said["how"], said["standing"]) == (how, sentence)
