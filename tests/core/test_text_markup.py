"""Rocket.Chat's markup becomes text that reads well, and nothing else does."""

import pytest
from hypothesis import given

from channel.core.markup import plain, without_quotes
from tests.core.texts import PLAIN, texts

LINK = "[ ](https://chat.example.org/live/rid?msg=mid)"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("*bold* _italic_ ~strike~", "bold italic strike"),
        ("**bold** __italic__ ~~strike~~", "bold italic strike"),
        ("*two words* and _two more_", "two words and two more"),
        ("*_both_* _*both*_ ***both*** *_~all~_*", "both both both all"),
        ("*bold* with _italic and *bold* inside_", "bold with italic and bold inside"),
        ("(*bold*), *bold*. *bold*! “*bold*” *bold*: *bold*-ish", "(bold), bold. bold! “bold” bold: bold-ish"),
        ("*Note:* take _one_.", "Note: take one."),
        ("*ሰላም* *مرحبا* *नमस्ते* _ñu_", "ሰላም مرحبا नमस्ते ñu"),
        ("这是*重要*的。今天_不_开", "这是重要的。今天不开"),
        ("*one\ntwo*", "*one\ntwo*"),
        ("* one\n* two *bold*\n- three\n1. four", "* one\n* two bold\n- three\n1. four"),
        ("> quoted *bold*\nanswer", "> quoted bold\nanswer"),
        ("`code` and `more code`", "code and more code"),
        ("`snake_case` `a*b`", "snake_case a*b"),
        ("`*args*`", "`*args*`"),  # its marks are its own
        ("```one line```", "one line"),
        ("```\nfirst\n  second\n```", "first\n  second"),
        ("before\n```python\nx = a_b * 2\n```\nafter", "before\nx = a_b * 2\nafter"),
        ("```\n*x*\n```", "```\n*x*\n```"),
        ("` `` ```", "` `` ```"),
        ("[leaflet](https://x.org/a_b_c)", "leaflet (https://x.org/a_b_c)"),
        ("[a_b](https://en.wikipedia.org/wiki/A_(b))", "a_b (https://en.wikipedia.org/wiki/A_(b))"),
        ("[https://x.org](https://x.org)", "https://x.org"),
        ("[](https://x.org) ![](https://x.org/a.png)", "https://x.org https://x.org/a.png"),
        ("![a photo](https://x.org/a.png)", "a photo (https://x.org/a.png)"),
        ("<https://x.org|the page>", "the page (https://x.org)"),
        ("[*bold*](https://x.org)", "bold (https://x.org)"),
        ("*[leaflet](https://x.org)*", "leaflet (https://x.org)"),
        ("[call](tel:+251900) [write](mailto:a@b.org)", "call (tel:+251900) write (mailto:a@b.org)"),
        ("_https://x.org/a_b_", "https://x.org/a_b"),
        ("*see https://x.org/*a*/b.*", "see https://x.org/*a*/b."),
        ("@maria_lopez_ and *@jo*", "@maria_lopez_ and @jo"),
    ],
)
def test_markup_becomes_text_that_reads_well(text: str, read: str) -> None:
    assert plain(plain(text)) == read


@pytest.mark.parametrize(
    "text",
    [
        "snake_case and other_snake_case_name",
        "_leading and trailing_ones__",
        "2*3*4 = 24, 2**3**4, a*b*c, 5 * 4 * 3",
        "(2*3)*(4*5)",
        "*",
        "a * b",
        "** * **",
        "5* and 6* rooms",
        "rooms *5 and *6",
        "Terms apply*",
        "*Terms apply",
        "https://x.org/_a_/*b*/~c~?q=_d_&e=*f*",
        "www.x.org/_a_ and http://x.org/a_b_c",
        "_maria_@x.org",
        "_draft_.docx",
        "~5 km to ~6 km, 5~6",
        "Name: ____ Date: ___ *****",
        "- _ - * - ~",
        "-_- ^_^ *_* T_T O_O >_< :* *) (*_*)",
        "\\*not bold\\*",
        "[1] (see below) [2](see below) [x](y) f[0](1)",
        "[not](a link",
        "a | b <c|d>",
        "it's 5 o`clock or 6 o`clock"[:20],
        "C:\\_a_\\_b_",
        "@maria_lopez #general @_x_",
        *PLAIN,
    ],
)
def test_what_is_no_markup_stays(text: str) -> None:
    assert plain(text) == text
    assert without_quotes(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"{LINK} yes", "yes"),
        (f"{LINK} {LINK} yes", "yes"),
        (f"{LINK}\nyes", "yes"),
        (f"{LINK}yes", "yes"),
        ("[](https://chat.example.org/live/rid?msg=mid) yes", "yes"),
        ("[ ](https://chat.example.org/group/x?a=b&msg=mid) yes", "yes"),
        ("[ ](https://chat.example.org/live/rid) yes", "[ ](https://chat.example.org/live/rid) yes"),
        ("[this](https://chat.example.org/live/rid?msg=mid)", "[this](https://chat.example.org/live/rid?msg=mid)"),
        (f"first {LINK} second", "first second"),
        ("msg= [ ](", "msg= [ ]("),
    ],
)
def test_the_link_of_a_quote_is_removed(text: str, left: str) -> None:
    assert without_quotes(text) == left


@given(texts)
def test_only_markup_is_lost(text: str) -> None:
    kept = [character for character in plain(text) if character.isalnum()]
    assert set(kept) <= set(text)
    if not set(text) & set("*_~`[<"):
        assert plain(text) == text
