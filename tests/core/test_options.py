"""Options as a file: every wrong one is refused with its line, and every right one is the same after being written."""

import json
import re
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channel.core import toml
from channel.core.notices import KINDS, PLACEHOLDERS, Kind, Notice, Said, check_template
from channel.core.option_file import CHECKS, from_json, read_options, to_json
from channel.core.option_text import write_options
from channel.core.options import Options
from channel.core.template import WrongTemplate
from channel.core.text_policy import TextPolicy
from channel.core.toml import WrongFile

PAGE = Path(__file__).parents[2] / "docs" / "notices.md"
FLOW = "5b1c1f0e-3f5c-4b0a-9d6e-2f6a1c9f7a11"
ALL = f"""
language = "PT-br"
agent_name = "first"
still_waiting_minutes = 0
max_wait_minutes = 60
leave_word = " sair "
idle_warn_minutes = 10
idle_close_minutes = 5
closing_comment = true
too_long = "refuse"
contact_media = "link"
text_length = 160
agent_too_long = "split"
numbered = true
emoji = "allow"
media = "link"
markup = "keep"
edit_prefix = "Corrected: {{text}} "
context_messages = 0
context_fields = ["age", "district"]
leave_group = "Waiting for an agent"
start_flow = "{FLOW.upper()}"
offline_email = "desk@example.org"

[notices]
queued = false
resumed = true

[custom_fields]
"age-group" = "fields.age"
need = "results.what_for"

[templates.taken]
en = "Hello, [{{agent}}|we]"
swa = "Habari"

[templates.answer_too_long]
por = "No máximo {{limit}}"

[templates.closed]
"""


def test_every_option_is_read() -> None:
    assert read_options(ALL) == Options(
        language="por",
        agent_name="first",
        still_waiting_minutes=0,
        max_wait_minutes=60,
        leave_word="sair",
        idle_warn_minutes=10,
        idle_close_minutes=5,
        closing_comment=True,
        too_long="refuse",
        contact_media="link",
        text_length=160,
        agent_too_long="split",
        numbered=True,
        emoji="allow",
        media="link",
        markup="keep",
        edit_prefix="Corrected: {text} ",
        context_messages=0,
        context_fields=("age", "district"),
        leave_group="Waiting for an agent",
        start_flow=FLOW,
        offline_email="desk@example.org",
        notices={"queued": False, "resumed": True},
        custom_fields={"age-group": "fields.age", "need": "results.what_for"},
        templates={
            "taken": {"eng": "Hello, [{agent}|we]", "swa": "Habari"},
            "answer_too_long": {"por": "No máximo {limit}"},
        },
    )


def test_a_file_may_choose_nothing() -> None:
    assert read_options("") == Options()
    assert to_json(Options()) == {}
    assert read_options(write_options(Options())) == Options()


def test_there_is_a_check_and_a_line_for_every_option() -> None:
    names = {field.name for field in fields(Options)}
    assert set(CHECKS) == names
    written = write_options(Options())
    assert all(re.search(rf"^(# )?{name} = |^\[{name}[\].]", written, re.MULTILINE) for name in names)


def test_what_is_shown_of_a_text_can_be_uncommented_and_is_what_holds() -> None:
    for shown in (Options(), Options(language="ara"), Options(language="swa")):
        kept = [re.sub(r"^# ([a-z_]+ = )", r"\1", line) for line in write_options(shown).splitlines()]
        read = read_options("\n".join(kept))
        assert set(read.templates) == set(KINDS)
        assert set(read.notices) == set(Notice)
        assert replace(read, templates={}, notices={}) == shown


def _template(kind: Kind) -> st.SearchStrategy[str]:
    names = [f"{{{name}}}" for name in PLACEHOLDERS.get(kind, ())]
    return st.lists(
        st.sampled_from([*names, "[a|b]", " ", "words", '"', "\\", "\n", "ñ", "\x7f", "\t"]), min_size=1
    ).map("".join)


def _fits(kind: Kind, template: str) -> bool:
    try:
        check_template(kind, template)
    except WrongTemplate:
        return False
    return True


def _texts(kind: Kind) -> st.SearchStrategy[dict[str, str]]:
    return st.dictionaries(
        st.sampled_from(["eng", "ara", "swa"]), _template(kind).filter(lambda t: _fits(kind, t)), min_size=1
    )


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20).map(str.strip)
keys = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)
templates = st.fixed_dictionaries({}, optional={kind.value: _texts(kind) for kind in (Notice.QUEUED, Said.TOO_LONG)})
options = st.builds(
    Options,
    language=st.sampled_from(["eng", "swa"]),
    agent_name=st.sampled_from(["full", "first", "none"]),
    notices=st.dictionaries(st.sampled_from([notice.value for notice in Notice]), st.booleans()),
    templates=templates,
    still_waiting_minutes=st.integers(0, 10080),
    max_wait_minutes=st.integers(0, 10080),
    idle_warn_minutes=st.integers(0, 10080),
    idle_close_minutes=st.integers(1, 10080),
    leave_word=texts,
    closing_comment=st.booleans(),
    context_messages=st.integers(0, 100),
    context_fields=st.lists(keys).map(tuple),
    custom_fields=st.dictionaries(keys, st.sampled_from(["contact.uuid", "fields.age", "results.a"])),
    leave_group=texts,
    start_flow=st.just("") | st.uuids().map(str),
    offline_email=st.sampled_from(["", "a@b.org"]),
    too_long=st.sampled_from(["split", "refuse"]),
    contact_media=st.sampled_from(["refuse", "link"]),
    text_length=st.integers(60, 6400),
    agent_too_long=st.sampled_from(["split", "refuse"]),
    numbered=st.booleans(),
    emoji=st.sampled_from(["strip", "refuse", "allow"]),
    media=st.sampled_from(["refuse", "link"]),
    markup=st.sampled_from(["plain", "keep"]),
    edit_prefix=st.sampled_from(["", "{text}", "Correction:\n{text}"]),
)


@settings(deadline=None)
@given(options)
def test_options_are_the_same_after_being_written_or_stored(chosen: Options) -> None:
    assert read_options(write_options(chosen)) == chosen
    assert from_json(json.loads(json.dumps(to_json(chosen)))) == chosen


def test_only_what_is_chosen_is_stored() -> None:
    assert to_json(Options(leave_word="stop", context_fields=("age",), max_wait_minutes=30)) == {
        "leave_word": "stop",
        "context_fields": ["age"],
    }


@pytest.mark.parametrize(
    "stored",
    [
        {"of_a_later_version": 1, "leave_word": "stop"},
        {"agent_name": "initials", "leave_word": "stop"},
        {"notices": {"of_a_later_version": True}, "leave_word": "stop"},
        {"templates": {"taken": {"eng": "{of_a_later_version}"}}, "leave_word": "stop"},
        {"still_waiting_minutes": None, "leave_word": "stop"},
        {"text_length": 30, "emoji": "animate", "edit_prefix": "{of_a_later_version}", "leave_word": "stop"},
    ],
)
def test_what_this_version_cannot_take_is_not_chosen(stored: dict[str, Any]) -> None:
    assert from_json(stored) == Options(leave_word="stop")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ('\nlanguge = "eng"', "line 2: languge: unknown; the options are language, agent_name, "),
        ('language = "english"', "line 1: language: english is no code of a language"),
        ('language = ""', "line 1: language:  is no code"),
        ("language = 1", "line 1: language: 1 is no text"),
        ('agent_name = "initials"', 'line 1: agent_name: "initials" is none of full, first, none'),
        ('too_long = "cut"', 'line 1: too_long: "cut" is none of split, refuse'),
        ('contact_media = "send"', 'line 1: contact_media: "send" is none of refuse, link'),
        ("text_length = 59", "line 1: text_length: 59 is not between 60 and 6400"),
        ("text_length = 6401", "line 1: text_length: 6401 is not between 60 and 6400"),
        ('text_length = "640"', 'line 1: text_length: "640" is no whole number'),
        ('agent_too_long = "cut"', 'line 1: agent_too_long: "cut" is none of refuse, split'),
        ("numbered = 1", "line 1: numbered: 1 is neither true nor false"),
        ('emoji = "keep"', 'line 1: emoji: "keep" is none of strip, refuse, allow'),
        ('media = "send"', 'line 1: media: "send" is none of refuse, link'),
        ('markup = "html"', 'line 1: markup: "html" is none of plain, keep'),
        ('edit_prefix = "Correction"', "line 1: edit_prefix: the new text goes where {text} stands"),
        ('edit_prefix = "{agent}: {text}"', "line 1: edit_prefix: {agent} is no placeholder of edit_prefix"),
        ("edit_prefix = 1", "line 1: edit_prefix: 1 is no text"),
        ("max_wait_minutes = -1", "line 1: max_wait_minutes: -1 is not between 0 and 10080"),
        ("max_wait_minutes = 10081", "line 1: max_wait_minutes: 10081 is not between"),
        ("max_wait_minutes = 1.5", "line 1: max_wait_minutes: 1.5 is no whole number"),
        ("max_wait_minutes = true", "line 1: max_wait_minutes: true is no whole number"),
        ('max_wait_minutes = "30"', 'line 1: max_wait_minutes: "30" is no whole number'),
        ("context_messages = 101", "line 1: context_messages: 101 is not between 0 and 100"),
        ("idle_warn_minutes = 5", "line 1: idle_warn_minutes: a warning needs the close that it warns of"),
        ('closing_comment = "yes"', 'line 1: closing_comment: "yes" is neither true nor false'),
        ('leave_word = "a\\u0000"', "line 1: leave_word: there is a character in it that cannot be kept"),
        ('leave_group = ["a"]', "line 1: leave_group: ['a'] is no text"),
        ('context_fields = "age"', "line 1: context_fields: it is a list"),
        ('context_fields = [\n"age",\n"Home Town"]', 'line 3: context_fields: "Home Town" is no key'),
        ("context_fields = [1]", "line 1: context_fields: 1 is no key"),
        ('start_flow = "Survey"', "line 1: start_flow: Survey is no UUID of a flow"),
        ('offline_email = "desk"', "line 1: offline_email: desk is no e-mail address"),
        ('offline_email = "a b@c"', "line 1: offline_email: a b@c is no e-mail address"),
        ("notices = true", "line 1: notices: it is a table: write [notices]"),
        ("[notices]\n\nqueud = true", "line 3: notices.queud: there is no such notice; there are queued, "),
        ("[notices]\nanswer_closed = true", "line 2: notices.answer_closed: there is no such notice"),
        ('[notices]\nqueued = "off"', 'line 2: notices.queued: "off" is neither true nor false'),
        ('[custom_fields]\n"a b" = "contact.uuid"', "line 2: custom_fields.a b: Rocket.Chat has no such custom field"),
        ('[custom_fields]\na = "contact.phone"', 'line 2: custom_fields.a: "contact.phone" is none of contact.uuid'),
        ("[custom_fields]\na = 1", "line 2: custom_fields.a: 1 is no text"),
        ('[templates.thanks]\neng = "x"', "line 1: templates.thanks: there is no such text; there are queued, "),
        ('[templates]\ntaken = "x"', "line 2: templates.taken: it is a table: write [templates.taken]"),
        ('[templates.taken]\nenglish = "x"', "line 2: templates.taken.english: english is no code"),
        ('[templates.taken]\neng = "x"\nen = "y"', "line 3: templates.taken.en: the language eng has a text already"),
        ("[templates.taken]\neng = 3", "line 2: templates.taken.eng: 3 is no text"),
        ('[templates.taken]\neng = ""', "line 2: templates.taken.eng: the text is empty"),
        ('[templates.taken]\neng = "{name}"', "line 2: templates.taken.eng: {name} is no placeholder of taken: it has"),
        ('[templates.taken]\neng = """\n{agent"""', "line 2: templates.taken.eng: a brace { has no partner"),
        (f'templates.taken.eng = "{"x" * 641}"', "line 1: templates.taken.eng: the text has 641 characters"),
        ('leave_word = "a\nb"', "line 1: this is no TOML: "),
        ('leave_word = "a"\nleave_word = "b"', "line 2: this is no TOML: "),
    ],
)
def test_a_wrong_file_is_refused_with_the_line(file: str, said: str) -> None:
    with pytest.raises(WrongFile) as refused:
        read_options(file)
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


@given(st.text(max_size=60))
def test_no_text_does_more_than_be_refused(file: str) -> None:
    with suppress(WrongFile):
        read_options(file)


def test_the_line_is_found_whatever_stands_before_it() -> None:
    text, keys = "leave_word = '''\n[notices]\nqueued = 1'''\n", 'context_fields = [ # "x"\n\n"a",\n]\n'
    before = f"# [notices]\n{text}{keys}[notices] # x\n"
    with pytest.raises(WrongFile, match=r"^line 10: notices.queued: 3 is neither"):
        read_options(before + "queued = 3")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_quoted_text_is_read_as_it_was(words: str) -> None:
    assert toml.read(f"{toml.key(words)} = {toml.quoted(words)}", dict) == {words: words}


def test_the_documents_example_can_be_chosen() -> None:
    example = PAGE.read_text().partition("\n## Switching and translating\n")[2]
    example = example.partition("```toml\n")[2].partition("```")[0]
    assert read_options(example).templates["taken"]["swa"]


def test_the_page_about_text_has_the_options_and_what_holds_anyway() -> None:
    table = (PAGE.parent / "text.md").read_text().partition("| option | default |")[2].partition("\n\n")[0]
    said = re.findall(r"^\| `(\w+)` \| `(.+?)` \|", table, re.MULTILINE)
    assert said
    assert all(getattr(read_options(f"{name} = {value}"), name) == getattr(Options(), name) for name, value in said)
    of_text = {"too_long", "contact_media", "agent_too_long", "edit_prefix", "text_length", "ticks", "agents_language"}
    assert {name for name, _ in said} == of_text | {field.name for field in fields(TextPolicy)} - {
        "length",
        "custom",
    }


def test_the_flow_that_is_started_is_a_uuid_in_lower_case() -> None:
    assert UUID(read_options(ALL).start_flow) == UUID(FLOW)


@pytest.mark.parametrize(
    "key",
    [".".join(["a"] * 60_000), " . ".join(['"a b"'] * 20), "a" * 260_000 + ".b" * 16],
    ids=["plain", "quoted", "long"],
)
def test_a_key_of_very_many_names_is_refused_before_it_is_read(key: str) -> None:
    """Its beginnings together would fill the memory."""
    with pytest.raises(WrongFile, match="line 2: more names are joined by dots"):
        read_options(f"# options\n{key} = 1")
