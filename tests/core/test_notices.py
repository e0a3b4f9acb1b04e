"""What contacts are told: every text in every language, the channel's own before ours, and no holes in any."""

import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel.core.cutting import fits, is_blank
from channel.core.languages import language_of, moment_text, wait_text
from channel.core.limits import TEXT_LENGTH
from channel.core.notices import (
    KINDS,
    OFF,
    PLACEHOLDERS,
    TEXTS,
    Kind,
    Notice,
    Said,
    Tell,
    check_template,
    is_on,
    render,
    shown_name,
)
from channel.core.options import Options
from channel.core.people import Agent
from channel.core.template import WrongTemplate
from tests.core.texts import texts

PAGE = (Path(__file__).parents[2] / "docs" / "notices.md").read_text()
LANGUAGES = ("eng", "spa", "fra", "por", "ara")
PLAIN = Options()
FULL = replace(PLAIN, leave_word="stop")
VALUES = {"position": "3", "wait": "x", "agent": "Ana", "comment": "Bye", "next_open": "y", "minutes": "5"}


def speaking(language: str, own: str, kind: Kind = Notice.CLOSED) -> Options:
    """Options with one text of the channel's own."""
    return replace(PLAIN, templates={kind.value: {language: own}})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_text_is_there_in_every_language_with_its_values_and_without(kind: Kind, language: str) -> None:
    check_template(kind, TEXTS[language][kind.value])
    for options, values in ((PLAIN, {}), (FULL, VALUES)):
        said = render(kind, language, options, **values)
        assert 0 < len(said) <= TEXT_LENGTH / 2
        assert not re.search(r"[{}\[\]|]|  | $|^ ", said)
        assert (kind, language) == (kind, "eng") or said != render(kind, "eng", options, **values)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in PLACEHOLDERS.items() for name in names])
def test_every_value_is_shown_where_it_is_known(kind: Kind, name: str, language: str) -> None:
    assert "S3EN" in render(kind, language, FULL, **{name: "S3EN"})


def test_no_language_has_a_text_of_nothing() -> None:
    assert {language: set(texts) for language, texts in TEXTS.items()} == {key: set(KINDS) for key in LANGUAGES}
    assert len(KINDS) == len(Notice) + len(Said) + len(Tell)


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        (Notice.TAKEN, {"agent": "Ana Silva"}, "You are now being attended by: Ana Silva"),
        (Notice.TAKEN, {"agent": ""}, "An agent is attending you now."),
        (Notice.TAKEN, {"agent": None}, "An agent is attending you now."),
        (Notice.TAKEN, {"agent": "{x}[y]|{agent}"}, "You are now being attended by: {x}[y]|{agent}"),
        (Notice.TAKEN, {"agent": "A\0na\ud800"}, "You are now being attended by: Ana\ufffd"),
        (Notice.TAKEN, {"agent": " \n "}, "An agent is attending you now."),
        (Notice.TAKEN, {"agent": "\u200b"}, "An agent is attending you now."),
        (Notice.TAKEN, {"agent": "Jose\u0301"}, "You are now being attended by: Jose\u0301"),
        (Notice.TAKEN, {"agent": "Ana", "nonsense": "{"}, "You are now being attended by: Ana"),
        (Notice.QUEUED, {}, "You are in the queue. An agent will answer you here."),
        (
            Notice.QUEUED,
            {"position": "2", "wait": partial(wait_text, 290), "leave_word": "stop"},
            "You are in the queue. Your position: 2. Usual wait: about 5 minutes. An agent will answer you here. "
            "To stop waiting, write: stop",
        ),
        (Notice.OUTSIDE_HOURS, {"next_open": "Monday 08:00"}, "We are closed right now. We open again: Monday 08:00."),
        (Notice.CLOSED, {"comment": "Get well!"}, "Get well!\n\nThe chat has ended. Thank you for writing."),
        (Said.TOO_LONG, {}, "Your message is too long to be passed on. Please write at most 640 characters."),
    ],
)
def test_a_value_is_shown_as_it_is_or_its_sentence_is_left_out(
    kind: Kind, values: dict[str, str | None], said: str
) -> None:
    assert render(kind, "eng", PLAIN, **values) == said


@pytest.mark.parametrize(
    ("language", "options", "said"),
    [
        ("spa", speaking("spa", "Adiós"), "Adiós"),
        ("es-MX", speaking("spa", "Adiós"), "Adiós"),
        ("spa", speaking("eng", "Bye"), "El chat ha terminado. Gracias por escribirnos."),
        ("swa", speaking("swa", "Kwaheri"), "Kwaheri"),
        ("swa", replace(PLAIN, language="fra"), "La discussion est terminée. Merci de nous avoir écrit."),
        ("swa", replace(speaking("fra", "Au revoir"), language="fra"), "Au revoir"),
        ("swa", replace(PLAIN, language="som"), "The chat has ended. Thank you for writing."),
        ("swa", replace(speaking("eng", "Bye"), language="som"), "Bye"),
        ("", replace(PLAIN, language="por"), "A conversa terminou. Agradecemos o seu contato."),
        ("?!", PLAIN, "The chat has ended. Thank you for writing."),
        ("eng", speaking("eng", "Words of {comment}"), "The chat has ended. Thank you for writing."),
        ("eng", speaking("eng", "[{comment}]"), "The chat has ended. Thank you for writing."),
        ("eng", speaking("eng", "broken {"), "The chat has ended. Thank you for writing."),
        ("eng", speaking("eng", "\u200b"), "The chat has ended. Thank you for writing."),
    ],
)
def test_the_channels_own_text_goes_before_ours_and_the_contacts_language_before_the_channels(
    language: str, options: Options, said: str
) -> None:
    assert render(Notice.CLOSED, language, options) == said


def test_a_value_is_said_in_the_language_of_the_text_that_is_used() -> None:
    french = replace(PLAIN, language="fra")
    said = render(Notice.QUEUED, "swa", french, wait=partial(wait_text, 120))
    assert "Attente habituelle : environ 2 minutes." in said


@given(st.text(max_size=2000), st.sampled_from(LANGUAGES))
def test_no_value_makes_a_text_too_long_or_empty(value: str, language: str) -> None:
    for kind, names in PLACEHOLDERS.items():
        said = render(kind, language, FULL, **dict.fromkeys(names, value))
        assert 0 < len(said) <= TEXT_LENGTH
        assert said.encode()


def test_of_a_long_value_as_much_is_shown_as_fits() -> None:
    said = render(Notice.CLOSED, "eng", PLAIN, comment="word " * 200)
    assert len(said) in range(TEXT_LENGTH - 5, TEXT_LENGTH + 1)
    assert said.endswith("word…\n\nThe chat has ended. Thank you for writing.") or "…\n\n" in said


@pytest.mark.parametrize(
    ("comment", "shown"),
    [
        ("\u0958" * 60, "\u0915\u093c" * 7 + "…"),  # two characters each, once it is composed
        ("e\u0301" * 60, "é" * 15 + "…"),
        ("क्षि" * 60, "क्षि" * 3 + "…"),
        ("👩🏽‍⚕️" * 60, "👩🏽‍⚕️" * 3 + "…"),
        ("a" * 60, "a" * 15 + "…"),
    ],
)
def test_a_value_is_cut_between_characters_as_they_are_counted(comment: str, shown: str) -> None:
    assert render(Notice.CLOSED, "eng", replace(PLAIN, text_length=60), comment=comment) == (
        f"{shown}\n\nThe chat has ended. Thank you for writing."
    )


@given(texts, st.sampled_from(LANGUAGES), st.sampled_from([60, 61, 100, TEXT_LENGTH]))
def test_every_notice_is_within_the_limit_of_the_channel(value: str, language: str, limit: int) -> None:
    for kind, names in PLACEHOLDERS.items():
        said = render(kind, language, replace(FULL, text_length=limit), **dict.fromkeys(names, value))
        assert fits(said, limit)
        assert not is_blank(said)


@given(st.text(max_size=80), st.text(max_size=20), st.text(max_size=8))
def test_no_stored_template_and_no_language_stops_a_notice(template: str, language: str, value: str) -> None:
    options = replace(speaking("eng", template, Notice.TAKEN), language=language)
    assert render(Notice.TAKEN, language, options, agent=value)


@given(st.text(alphabet="ab{}[]| agent", max_size=40))
def test_a_template_that_is_accepted_shows_no_mark_of_its_own(template: str) -> None:
    try:
        check_template(Notice.TAKEN, template)
    except WrongTemplate:
        return
    said = render(Notice.TAKEN, "eng", speaking("eng", template, Notice.TAKEN), agent="Ana")
    assert not set("{}[]") & set(said)


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("\u200b\u2060", "is empty"),
        ("x" * (TEXT_LENGTH + 1), "641 characters"),
        ("a\0b", "cannot be sent"),
        ("{name} is here", "{name} is no placeholder of taken: it has {agent}"),
        ("[{agent}|{name}]", "{name} is no placeholder"),
        ("{agent", "brace { has no partner"),
        ("agent}", "brace } has no partner"),
        ("{{agent}}", "brace { has no partner"),
        ("{}", "{} is no placeholder"),
        ("{agent.name}", "{agent.name} is no placeholder"),
        ("[{agent}", "never closed"),
        ("{agent}]", "never opened"),
        ("[[{agent}]]", "stands inside another"),
    ],
)
def test_a_wrong_template_is_refused_in_words(template: str, why: str) -> None:
    with pytest.raises(WrongTemplate, match=re.escape(why)):
        check_template(Notice.TAKEN, template)


def test_a_text_without_placeholders_says_so() -> None:
    with pytest.raises(WrongTemplate, match=r"{agent} is no placeholder of gave_up: it has none"):
        check_template(Notice.GAVE_UP, "{agent}")


def test_of_several_choices_the_first_is_taken_whose_values_are_known() -> None:
    options = speaking("eng", "In line[: {position} of many|, {wait}|] | [maybe]", Notice.QUEUED)
    assert render(Notice.QUEUED, "eng", options, position="4", wait="long") == "In line: 4 of many | maybe"
    assert render(Notice.QUEUED, "eng", options, wait="long") == "In line, long | maybe"
    assert render(Notice.QUEUED, "eng", options) == "In line | maybe"


def test_a_notice_is_on_unless_it_is_switched_off_and_three_the_other_way_round() -> None:
    assert {notice for notice in Notice if not is_on(notice, PLAIN)} == OFF
    switched = replace(PLAIN, notices={"queued": False, "resumed": True})
    assert (is_on(Notice.QUEUED, switched), is_on(Notice.RESUMED, switched)) == (False, True)
    assert is_on(Notice.TAKEN, switched)


@pytest.mark.parametrize(
    ("agent", "how", "shown"),
    [
        (Agent("1", "ana.s", "Ana  Maria Silva"), "full", "Ana Maria Silva"),
        (Agent("1", "ana.s", "Ana Maria Silva"), "first", "Ana"),
        (Agent("1", "ana.s", "Ana Maria Silva"), "none", ""),
        (Agent("1", "ana.s", " "), "full", "ana.s"),
        (Agent("1", "ana.s", "\0"), "first", "ana.s"),
        (Agent("1"), "full", ""),
        (Agent("1"), "first", ""),
    ],
)
def test_a_contact_reads_of_an_agents_name_what_the_channel_shows(agent: Agent, how: str, shown: str) -> None:
    assert shown_name(agent, replace(PLAIN, agent_name=how)) == shown


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("eng", "eng"), ("ENG", "eng"), (" Spa ", "spa"), ("pt-BR", "por"), ("pt_PT", "por"), ("fr", "fra"),
        ("ar-EG", "ara"), ("arb", "ara"), ("fre", "fra"), ("en", "eng"), ("swa", "swa"), ("spa-419", "spa"),
        ("sw", ""), ("", ""), ("english", ""), ("e1g", ""), ("-", ""), ("ëng", ""),
    ],
)  # fmt: skip
def test_a_language_is_known_by_any_of_its_codes(written: str, code: str) -> None:
    assert language_of(written) == code


@pytest.mark.parametrize(
    ("seconds", "language", "said"),
    [
        (0, "eng", "about 1 minute"),
        (60, "eng", "about 1 minute"),
        (61, "eng", "about 2 minutes"),
        (59 * 60, "eng", "about 59 minutes"),
        (59 * 60 + 1, "eng", "about 1 hour"),
        (7200, "eng", "about 2 hours"),
        (300, "es", "alrededor de 5 minutos"),
        (3600, "fra", "environ 1 heure"),
        (7200, "pt-BR", "cerca de 2 horas"),
        (30, "ara", "حوالي دقيقة واحدة"),
        (120, "ara", "حوالي دقيقتين"),
        (600, "ara", "حوالي 10 دقائق"),
        (660, "ara", "حوالي 11 دقيقة"),
        (3 * 3600, "ara", "حوالي 3 ساعات"),
        (300, "swa", "~5 min"),
        (7200, "swa", "~2 h"),
        (9_999_999, "eng", ""),
        (-1, "eng", ""),
        (float("nan"), "eng", ""),
        (float("inf"), "eng", ""),
    ],
)
def test_a_wait_is_said_as_people_say_it(seconds: float, language: str, said: str) -> None:
    assert wait_text(seconds, language) == said


NAIROBI = ZoneInfo("Africa/Nairobi")
WEDNESDAY = datetime(2026, 11, 25, 20, tzinfo=UTC)  #: 23:00 in Nairobi


@pytest.mark.parametrize(
    ("at", "language", "said"),
    [
        (datetime(2026, 11, 26, 8, tzinfo=NAIROBI), "eng", "Thursday 08:00"),
        (datetime(2026, 11, 25, 23, 30, tzinfo=NAIROBI), "spa", "miércoles 23:30"),
        (datetime(2026, 12, 1, 8, 5, tzinfo=NAIROBI), "fra", "mardi 08:05"),
        (datetime(2026, 12, 2, 8, tzinfo=NAIROBI), "eng", "2026-12-02 08:00"),
        (datetime(2026, 11, 27, 0, tzinfo=NAIROBI), "ara", "الجمعة 00:00"),
        (datetime(2026, 11, 30, 8, tzinfo=NAIROBI), "por", "segunda-feira 08:00"),
        (datetime(2026, 11, 26, 8, tzinfo=NAIROBI), "swa", "2026-11-26 08:00"),
        (datetime(2026, 11, 24, 8, tzinfo=NAIROBI), "eng", "2026-11-24 08:00"),
    ],
)
def test_a_moment_is_said_by_its_own_zones_clock(at: datetime, language: str, said: str) -> None:
    assert moment_text(at, WEDNESDAY, language) == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_seven_days_have_seven_names(language: str) -> None:
    said = {moment_text(WEDNESDAY + timedelta(days=n), WEDNESDAY, language) for n in range(7)}
    assert len(said) == 7
    assert not any("2026" in moment for moment in said)


def test_the_document_lists_every_notice_with_its_default_and_its_placeholders() -> None:
    said = [(row[0], row[1], row[3]) for row in rows("notice", "default", "when", "placeholders")]
    assert said == [(f"`{kind}`", "off" if kind in OFF else "on", _placeholders(kind)) for kind in Notice]


def test_the_document_lists_every_answer() -> None:
    said = [(row[0], row[2]) for row in rows("text", "when", "placeholders")]
    assert said == [(f"`{kind}`", _placeholders(kind)) for kind in Said]


def test_the_document_lists_what_agents_are_told() -> None:
    said = [(row[0], row[2]) for row in rows("text", "told of a message when", "placeholders")]
    assert said == [(f"`{kind}`", _placeholders(kind)) for kind in Tell]


def test_the_document_has_our_english_texts() -> None:
    fence = PAGE.partition("\n## The texts in English\n")[2].partition("```toml\n")[2].partition("```")[0]
    assert tomllib.loads(fence) == TEXTS["eng"]
    assert all(f"(`{language}`)" in PAGE for language in LANGUAGES)


def rows(*head: str) -> list[list[str]]:
    """The document's table with these columns."""
    lines = PAGE.partition(f"| {' | '.join(head)} |\n")[2].partition("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def _placeholders(kind: Kind) -> str:
    return ", ".join(f"`{{{name}}}`" for name in PLACEHOLDERS.get(kind, ()))
