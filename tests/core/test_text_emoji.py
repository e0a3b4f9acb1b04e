"""Emoji: those of the Unicode Consortium's test data, Rocket.Chat's shortcodes, and what is none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from emoji import EMOJI_DATA, STATUS
from hypothesis import example, given
from hypothesis import strategies as st

from channel.core.emoji import has_emoji, with_emoji, without_emoji
from tests.core.texts import CUSTOM, PLAIN, texts
from tests.reading_samples import SAMPLES

SAMPLE = SAMPLES / "unicode" / "emoji-test-sample.txt"
#: where Debian's unicode-data has the whole file
INSTALLED = Path("/usr/share/unicode/emoji/emoji-test.txt")


def lines(path: Path) -> Iterator[tuple[str, str]]:
    """The emoji in a file of Unicode's, and their status."""
    for line in path.read_text().splitlines():
        points, mark, rest = line.partition(";")
        if mark and not line.startswith("#"):
            yield "".join(chr(int(point, 16)) for point in points.split()), rest.partition("#")[0].strip()


def is_text(emoji: str, status: str) -> bool:
    """A single character without U+FE0F: whoever reads it may see no emoji, for it is text by default."""
    return status == "unqualified" and len(emoji) == 1


def check(emoji: str, status: str) -> None:
    text = f"Before {emoji} after"
    if is_text(emoji, status):
        assert not has_emoji(text)
        assert without_emoji(text) == text
        text = f"Before {emoji}\ufe0f after"
    assert has_emoji(text)
    assert without_emoji(text) == "Before after"
    assert without_emoji(f"Before{emoji}\ufe0f{emoji}\ufe0f") == "Before"


@pytest.mark.parametrize(("emoji", "status"), [*lines(SAMPLE)])
def test_unicodes_sample(emoji: str, status: str) -> None:
    check(emoji, status)


@pytest.mark.skipif(not INSTALLED.exists(), reason="Unicode's file is not installed")
def test_the_whole_of_unicodes_file() -> None:
    for emoji, status in lines(INSTALLED):
        check(emoji, status)


def test_everything_that_the_library_knows() -> None:
    statuses = {number: name.replace("_", "-") for name, number in STATUS.items()}
    for emoji, known in EMOJI_DATA.items():
        check(emoji, statuses[known["status"]])


def test_the_sample_has_every_status() -> None:
    assert {status for _, status in lines(SAMPLE)} == {
        "component",
        "fully-qualified",
        "minimally-qualified",
        "unqualified",
    }


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Hi 😀 there", "Hi there"),
        ("Hi😀 there", "Hi there"),
        ("Hi 😀there", "Hi there"),
        ("Hi😀there", "Hi there"),
        ("Take 1💊2 times, 08:00➡️10:00", "Take 1 2 times, 08:00 10:00"),  # not 12 times
        ("Hi 😀", "Hi"),
        ("😀 Hi", "Hi"),
        ("Hi 😀.", "Hi."),
        ("Hi 😀!", "Hi!"),
        ("Hi 😀, you", "Hi, you"),
        ("سلام 😀، خوبی", "سلام، خوبی"),
        ("(😀)", "()"),
        ("Hi 😀 👍🏽 ❤️ there", "Hi there"),
        ("Hi 😀\nthere", "Hi\nthere"),
        ("Hi\n😀\nthere", "Hi\nthere"),
        ("Hi\n😀\n👍\nthere", "Hi\nthere"),
        ("Hi\n\n😀\n\nthere", "Hi\n\nthere"),
        ("Hi\r\n😀\r\nthere", "Hi\nthere"),
        ("- 😀 one\n- 👍 two", "- one\n- two"),
        ("  Hi  there  😀", "  Hi  there"),  # only the space around it is touched
        ("😀", ""),
        (" 😀 \n 👍 ", ""),
        ("⌚", ""),  # an emoji by default,
        ("⌚\ufe0e", ""),  # also where it is to look like text
        ("❤", "❤"),  # text by default,
        ("❤\ufe0e", "❤\ufe0e"),
        ("❤\ufe0f", ""),  # and made an emoji
        ("❤\u200d🔥", ""),
        ("☝🏽", ""),
        ("1\ufe0f\u20e3", ""),
        ("1\u20e3", ""),
        ("1\ufe0f", ""),
        ("#\ufe0f\u20e3 *\ufe0f\u20e3", ""),
        ("1 # * © ™ ® → ↔ ▶ ☎ ✓ ✔ ½ № ‼ ⁉ 〰 ㊗", "1 # * © ™ ® → ↔ ▶ ☎ ✓ ✔ ½ № ‼ ⁉ 〰 ㊗"),
        ("©\ufe0f™\ufe0f↔\ufe0f", ""),
        ("🇪🇹🇬🇹 🇪", ""),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", ""),
        ("👩🏽‍❤️‍💋‍👩🏿", ""),
        ("👩‍", ""),  # half of a family
        ("क्‍ष👩 क्‍ष", "क्‍ष क्‍ष"),  # the joiner of a script stays
        ("\U0001fac8\U0001faea", ""),  # as new as the library
    ],
)
def test_emoji_are_removed_with_the_space_they_leave(text: str, left: str) -> None:
    assert without_emoji(text) == left
    assert has_emoji(text) == (left != text)
    assert not has_emoji(left)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Hi :wave: there", "Hi there"),
        ("Hi:wave:there", "Hi there"),
        ("see https://x.org/a:100:b or www.x.org/:on:/y", "see https://x.org/a:100:b or www.x.org/:on:/y"),
        (":slight_smile:", ""),
        (":smile: :grinning: :laughing: :joy: :sweat_smile: :wink: :blush: :thinking: :rolling_eyes:", ""),
        (":thumbsup: :thumbsdown: :+1: :-1: :ok_hand: :clap: :pray: :muscle: :heart: :broken_heart: :fire:", ""),
        (":thumbsup_tone2: :+1_tone5: :woman_tone1: :man_facepalming_tone3: :handshake_tone1_tone3:", ""),
        (":waving_hand_dark_skin_tone: :thumbsup_tone1:", ""),
        (":flag_et: :flag_gt: :one: :keycap_ten: :1234: :100: :white_check_mark: :x: :exclamation:", ""),
        (":upside_down: :hugging: :nerd: :fingers_crossed: :medal: :family_mwgb: :rainbow_flag:", ""),
        (":wave::wave:", ""),
        (":nothing:wave:", ":nothing"),
        (":wave", ":wave"),
        ("wave:", "wave:"),
        (": wave :", ": wave :"),
        (":WAVE:", ":WAVE:"),
        (":no_such_emoji: :no_such_emoji_tone2:", ":no_such_emoji: :no_such_emoji_tone2:"),
        ("10:30:45", "10:30:45"),
        ("10:100:45 1:1234:5 5:-1:3", "10:100:45 1:1234:5 5:-1:3"),
        (
            "::1 fe80::a:b:c fe80::bee:1 fe80::bee: aa:bb:cc:dd:ee:ff",
            "::1 fe80::a:b:c fe80::bee:1 fe80::bee: aa:bb:cc:dd:ee:ff",
        ),
        ("score:100:", "score"),
        (
            ":) :-) ;) :D :P :/ :'( <3 XD :* :b d: (y) O:) -_- ^_^ =) 8)",
            ":) :-) ;) :D :P :/ :'( <3 XD :* :b d: (y) O:) -_- ^_^ =) 8)",
        ),
        (":our_logo: :Our.Logo-2:", ""),
        (":hea:heart:rt:", ":hea rt:"),  # what is left makes no other
        (":hea" * 6 + ":heart:" + "rt:" * 6, f"{':hea' * 6} {'rt:' * 6}"),
        ("1:wave:\ufe0f", ""),
    ],
)
def test_shortcodes_are_emoji_where_they_are_known(text: str, left: str) -> None:
    custom = {*CUSTOM, "Our.Logo-2"}
    assert without_emoji(text, custom) == left
    assert has_emoji(text, custom) == (left != text)


def test_an_emoji_of_the_workspaces_own_that_is_named_like_a_figure_takes_none_away() -> None:
    custom = {"30", "bee"}
    assert without_emoji("10:30:45 fe80::bee:1 :30: :bee:", custom) == "10:30:45 fe80::bee:1"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (":wave: :slight_smile: :+1:", "👋 🙂 👍"),
        (":thumbsup_tone2: :woman_tone1:", "👍🏼 👩🏻"),
        (":heart: :one: :flag_et:", "❤️ 1️⃣ 🇪🇹"),
        (":nothing: :our_logo: 10:30:45 :)", ":nothing: :our_logo: 10:30:45 :)"),
        (":car_tone3:", ":car_tone3:"),  # there is none
        ("👋 hello", "👋 hello"),
    ],
)
def test_shortcodes_can_be_read_as_the_emoji_they_stand_for(text: str, read: str) -> None:
    assert with_emoji(text) == read
    assert with_emoji(read) == read


@pytest.mark.parametrize("text", PLAIN)
def test_plain_text_has_none(text: str) -> None:
    assert not has_emoji(text)
    assert without_emoji(text) == text


@given(texts)
@example(":nothing:\x00ve:")
def test_no_emoji_is_left(text: str) -> None:
    left = without_emoji(text, CUSTOM)
    assert not has_emoji(left, CUSTOM)
    assert without_emoji(left, CUSTOM) == left
    assert left == text or has_emoji(text, CUSTOM)


@given(
    st.lists(st.sampled_from([*EMOJI_DATA, "a", "1", " ", "\n", ":wa", "ve:", "\ufe0f", "\u20e3", "\u200d"])).map(
        "".join
    )
)
def test_no_emoji_is_left_of_many(text: str) -> None:
    assert not has_emoji(without_emoji(text))


@given(texts)
def test_letters_and_digits_stay(text: str) -> None:
    if not has_emoji(text):
        assert without_emoji(text) == text
