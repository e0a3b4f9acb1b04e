"""Notices as people would read them: every text, in every language, with the channel's own words."""

from datetime import UTC, datetime

import pytest

from channel.core.hours_file import read_hours
from channel.core.notices import KINDS, TEXTS
from channel.core.options import Options
from channel.core.previews import Preview, languages, previews

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
OWN = Options(
    language="por",
    templates={"taken": {"swh": "Sasa: {agent}", "por": "Com {agent}"}},
    notices={"closed": False, "on_hold": True},
)


def by_name(options: Options, language: str) -> dict[str, Preview]:
    found = previews(options, language, NOW)
    return {each.name: each for group in found.values() for each in group}


@pytest.mark.parametrize("language", [*TEXTS, "swh", "xyz", ""])
def test_every_text_can_be_read_in_every_language(language: str) -> None:
    shown = by_name(Options(), language)
    assert set(shown) == set(KINDS)
    assert [name for name, each in shown.items() if not each.text or "{" in each.text] == []


def test_a_channel_speaks_its_own_language_first_ours_and_those_somebody_wrote() -> None:
    assert languages(OWN) == ["por", "eng", "spa", "fra", "ara", "swh"]


def test_the_channels_own_words_go_before_ours() -> None:
    assert by_name(OWN, "swh")["taken"] == Preview("taken", "Sasa: Maria Silva", is_own=True, is_on=True)
    assert by_name(OWN, "por")["taken"].text == "Com Maria Silva"
    assert by_name(OWN, "eng")["taken"] == Preview(
        "taken", "You are now being attended by: Maria Silva", is_own=False, is_on=True
    )
    assert by_name(OWN, "swh")["queued"].text == by_name(OWN, "por")["queued"].text


def test_what_is_switched_off_is_shown_as_that() -> None:
    shown = by_name(OWN, "eng")
    assert [shown[name].is_on for name in ("closed", "on_hold", "requeued", "queued")] == [False, True, False, True]


def test_options_show_in_what_is_read() -> None:
    assert by_name(Options(agent_name="first"), "eng")["taken"].text.endswith("Maria")
    assert "Silva" not in by_name(Options(agent_name="none"), "eng")["taken"].text
    longer = by_name(Options(text_length=1000), "eng")
    assert "1000" in longer["author_too_long"].text
    assert "640" in longer["answer_too_long"].text


def test_the_next_opening_is_of_the_channels_own_hours() -> None:
    hours = read_hours('zone = "Africa/Nairobi"\nthursday = "07:30-17:00"\n')
    (shown,) = [each for each in previews(Options(), "eng", NOW, hours)["contact"] if each.name == "outside_hours"]
    assert "Thursday 07:30" in shown.text
