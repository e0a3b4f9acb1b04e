"""How courier fills in templates and cuts texts (A6, A7)."""

import json
from random import Random

import pytest

from channel.sandbox.rapidpro.splitting import split_text, text_with_attachments
from channel.sandbox.rapidpro.templates import escape_for, fill, header_for, quick_replies_for

EVERYTHING = 'Ça va? 50% + "ok" <b>&\'\t\n😀~*'
REPLIES = ["Yes", "Not now"]


def dice(seed: int = 0) -> Random:
    return Random(seed)  # noqa: S311 - chance, not secrecy


@pytest.mark.parametrize(
    ("content_type", "escaped"),
    [
        ("urlencoded", "%C3%87a+va%3F+50%25+%2B+%22ok%22+%3Cb%3E%26%27%09%0A%F0%9F%98%80~%2A"),
        ("json", '"Ça va? 50% + \\"ok\\" \\u003cb\\u003e\\u0026\'\\t\\n😀~*"'),
        ("xml", "Ça va? 50% + &#34;ok&#34; &lt;b&gt;&amp;&#39;&#x9;&#xA;😀~*"),
        ("text/plain", EVERYTHING),
    ],
)
def test_a_value_is_escaped_for_the_content_type(content_type: str, escaped: str) -> None:
    assert escape_for(content_type)(EVERYTHING) == escaped


def test_json_escapes_the_two_separators_that_javascript_trips_over() -> None:
    assert escape_for("json")("\u2028\u2029é") == '"\\u2028\\u2029é"'


@pytest.mark.parametrize(
    ("content_type", "header"),
    [
        ("urlencoded", "application/x-www-form-urlencoded"),
        ("json", "application/json"),
        ("xml", "text/xml; charset=utf-8"),
        ("application/vnd.example+json", "application/vnd.example+json"),
    ],
)
def test_the_content_type_header(content_type: str, header: str) -> None:
    assert header_for(content_type) == header


@pytest.mark.parametrize(
    ("content_type", "replies", "spelling"),
    [
        ("json", REPLIES, '["Yes","Not now"]'),
        ("json", [], "[]"),
        ("json", ['"<'], '["\\"\\u003c"]'),
        ("xml", REPLIES, "<item>Yes</item><item>Not now</item>"),
        ("xml", ["A&B"], "<item>A&amp;B</item>"),
        ("xml", [], ""),
        ("urlencoded", REPLIES, "&quick_reply=Yes&quick_reply=Not+now"),
        ("urlencoded", [], ""),
        ("text/plain", REPLIES, "&quick_reply=Yes&quick_reply=Not+now"),
    ],
)
def test_quick_replies_have_three_spellings(content_type: str, replies: list[str], spelling: str) -> None:
    assert quick_replies_for(content_type, replies) == spelling


def test_what_is_no_variable_stays() -> None:
    filled = fill("{{text}} {{uuid}} {{ text }} {{Text}}", {"text": "a"}, [], "text/plain", dice())
    assert filled == "a {{uuid}} {{ text }} {{Text}}"


def test_a_text_that_names_a_variable_corrupts_json_in_most_orders() -> None:
    names = ["text", "id", "to", "to_no_plus", "from", "from_no_plus", "channel", "session_status"]
    values = dict.fromkeys(names, "") | {"text": "my {{id}}", "id": "90211"}
    random = dice()
    bodies = [fill('{"text":{{text}},"id":{{id}}}', values, [], "json", random) for _ in range(2000)]
    assert sum(map(_is_json, bodies)) / len(bodies) == pytest.approx(0.12, abs=0.03)


def test_a_text_that_names_a_variable_is_harmless_when_urlencoded() -> None:
    values = {"id": "90211", "text": "my {{id}}"}
    bodies = {fill("id={{id}}&text={{text}}", values, [], "urlencoded", dice(seed)) for seed in range(20)}
    assert bodies == {"id=90211&text=my+%7B%7Bid%7D%7D"}


def _is_json(body: str) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        pytest.param(" short ", 160, [" short "], id="what fits is not trimmed"),
        pytest.param("a" * 160, 160, ["a" * 160], id="exactly the limit"),
        pytest.param("a" * 161, 160, ["a" * 160, "a"], id="inside a word"),
        pytest.param("a" * 155 + " " + "b" * 20, 160, ["a" * 155, "b" * 20], id="at a space near the limit"),
        pytest.param(
            "a" * 153 + " " + "b" * 20, 160, ["a" * 153 + " " + "b" * 6, "b" * 14], id="not at a space before that"
        ),
        pytest.param("a" * 150 + "\n" + "b" * 20, 160, ["a" * 150 + "\n" + "b" * 9, "b" * 11], id="not at a newline"),
        pytest.param("中" * 100, 160, ["中" * 100], id="300 bytes of Chinese in one part"),
        pytest.param("é" * 100, 161, ["é" * 100], id="200 bytes of é in one part"),
        pytest.param("é" * 100, 160, ["é" * 80, "é" * 20], id="an even limit fits é"),
        pytest.param("a" * 158 + "😀" + "b" * 10, 160, ["a" * 158 + "😀" + "b" * 10], id="an emoji over the limit"),
        pytest.param("中" * 60 + " " + "中" * 5, 160, ["中" * 60, "中" * 5], id="until the next space"),
        pytest.param("x" * 160 + " ", 160, ["x" * 160, ""], id="an empty part"),
    ],
)
def test_a_text_is_cut_by_bytes(text: str, limit: int, parts: list[str]) -> None:
    assert split_text(text, limit) == parts


@pytest.mark.parametrize(
    ("text", "attachments", "sent"),
    [
        (
            "Here is the form",
            ["application/pdf:https://files.example.org/a/1.pdf", "image/jpeg:https://files.example.org/a/2.jpg"],
            "Here is the form\nhttps://files.example.org/a/1.pdf\nhttps://files.example.org/a/2.jpg",
        ),
        ("", ["image/jpeg:https://files.example.org/a/2.jpg"], "\nhttps://files.example.org/a/2.jpg"),
        ("", ["geo:1.5,2.5"], "\n1.5,2.5"),
    ],
)
def test_attachments_become_lines(text: str, attachments: list[str], sent: str) -> None:
    assert text_with_attachments(text, attachments) == sent
