"""A template is filled in as RapidPro would, or what it could not read is named."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channel.rapidpro.wire.expression_values import ANYTHING, DEFAULT
from channel.rapidpro.wire.expressions import DEPTH, WrongExpression, render

CONTEXT = {
    "contact": {"uuid": "u-1", "name": 'Ana "A"', DEFAULT: "Ana", "fields": {"*": ANYTHING}},
    "results": {"topic": {"value": "card", "category": "Cards", DEFAULT: "card"}},
    "input": {"text": "Hi", "attachments": ["image/jpeg:https://files.test/1.jpg"], DEFAULT: "Hi"},
}

RENDERED = {
    "no expression": ("Hi", "Hi"),
    "a name": ("Hi @contact.name!", 'Hi Ana "A"!'),
    "a name in a sentence": ("@input.", "Hi."),
    "an object as text": ("@contact", "Ana"),
    "two signs": ("@@contact", "@contact"),
    "an address": ("ana@example.org", "ana@example.org"),
    "a name that is none": ("@contact.nme", ""),
    "an error within an object": ('@(json(object("a", results.nope.value)))', ""),
    "an error that is caught": ('@(default(results.nope.value, "none"))', "none"),
    "an empty value that is not": ('@(default("", "none"))', "none"),
    "an array": ('@(json(array(1, "a")))', '[1, "a"]'),
    "a condition": ('@(if(input, "yes", "no"))', "yes"),
    "a condition on nothing": ('@(if("", "yes", "no"))', "no"),
    "texts put together": ('@("a" & "b")', "ab"),
    "a comparison": ("@(1 = 1)", "true"),
    "a function without a name": ("@(json(foreach(input.attachments, (x) => upper(x))))", '["x"]'),
    "each value": (
        '@(json(foreach_value(results, extract_object, "value", "category")))',
        '{"topic": {"value": "card", "category": "Cards"}}',
    ),
    "a place in a list": ("@(input.attachments[0])", "image/jpeg:https://files.test/1.jpg"),
    "what nobody knows": ("@contact.fields.age.more", "x"),
    "what this module does not know": ("@(url_encode(input))", "x"),
    "a part of a function's value": ('@(urn_parts("tel:1").path)', "x"),
}


@pytest.mark.parametrize("name", RENDERED)
def test_a_template_is_filled_in(name: str) -> None:
    template, expected = RENDERED[name]
    assert render(template, CONTEXT) == expected


def test_json_is_json() -> None:
    rendered = render('@(json(object("n", contact.name, "b", true, "c", null, "d", 1.5)))', CONTEXT)
    assert rendered == '{"n": "Ana \\"A\\"", "b": true, "c": null, "d": 1.5}'
    parts = render("@(json(foreach(input.attachments, attachment_parts)))", CONTEXT)
    assert parts == '[{"content_type": "image/jpeg", "url": "https://files.test/1.jpg"}]'


@pytest.mark.parametrize(
    ("template", "named"),
    [
        ("@(json(object(", "is missing"),
        ("@()", "a value is missing"),
        ("@(foo(1))", "no function foo"),
        ("@(1, 2)", "is missing"),
        ("@((1, 2))", "comma"),
        ("@(json('a'))", "is missing"),
        ("@(contact.name", "is missing"),
        ("@(" + "(" * 5000, f"more than {DEPTH} brackets"),
    ],
)
def test_what_rapidpro_could_not_read_is_named(template: str, named: str) -> None:
    with pytest.raises(WrongExpression, match=r"brackets|missing|function|comma") as wrong:
        render(template, CONTEXT)
    assert named in str(wrong.value)


PIECES = st.sampled_from(
    ["@", "(", ")", '"', ",", ".", "contact", "json", "object", "=>", "[", "]", "1", "-", "&", " "]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES | st.text(max_size=3), max_size=20).map("".join))
def test_any_template_is_filled_in_or_named(template: str) -> None:
    with suppress(WrongExpression):
        assert isinstance(render(template, CONTEXT), str)
