"""The languages of the texts included: their codes, and how a wait and a moment are said in them."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

ENGLISH: Final = "eng"

#: other codes of the languages included, as peers and people write them
_OTHER_CODES: Final = {"en": "eng", "es": "spa", "fr": "fra", "pt": "por", "ar": "ara", "fre": "fra", "arb": "ara"}
_CODE = re.compile(r"[a-z]{3}")

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_NAMED_DAYS: Final = 7  #: today and the six days after it are called by their names


class _Spoken(NamedTuple):
    minutes: Callable[[int], str]
    hours: Callable[[int], str]
    weekdays: tuple[str, ...]  #: Monday first


def _counted(one: str, more: str) -> Callable[[int], str]:
    return lambda number: (one if number == 1 else more).format(number)


def _counted_in_arabic(one: str, two: str, few: str, many: str) -> Callable[[int], str]:
    named = {1: one, 2: two}
    return lambda number: named.get(number) or (few if number <= 10 else many).format(number)  # noqa: PLR2004 - grammar


_SPOKEN: Final[Mapping[str, _Spoken]] = {
    "eng": _Spoken(
        _counted("about {} minute", "about {} minutes"),
        _counted("about {} hour", "about {} hours"),
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ),
    "spa": _Spoken(
        _counted("alrededor de {} minuto", "alrededor de {} minutos"),
        _counted("alrededor de {} hora", "alrededor de {} horas"),
        ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    ),
    "fra": _Spoken(
        _counted("environ {} minute", "environ {} minutes"),
        _counted("environ {} heure", "environ {} heures"),
        ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    ),
    "por": _Spoken(
        _counted("cerca de {} minuto", "cerca de {} minutos"),
        _counted("cerca de {} hora", "cerca de {} horas"),
        ("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"),
    ),
    "ara": _Spoken(
        _counted_in_arabic("حوالي دقيقة واحدة", "حوالي دقيقتين", "حوالي {} دقائق", "حوالي {} دقيقة"),
        _counted_in_arabic("حوالي ساعة واحدة", "حوالي ساعتين", "حوالي {} ساعات", "حوالي {} ساعة"),
        ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"),
    ),
}


def language_of(text: str) -> str:
    """The language's ISO 639-3 code, whatever its case and whatever region follows it; "" where there is none.

    Of the codes with two letters only those of the languages included are known.
    """
    code = re.split(r"[-_]", text.strip().lower(), maxsplit=1)[0]
    code = _OTHER_CODES.get(code, code)
    return code if _CODE.fullmatch(code) else ""


def wait_text(seconds: float, language: str) -> str:
    """About how long that is: "about 5 minutes". "" for what is no wait that anybody could mean: more than a day."""
    if not 0 <= seconds <= _DAY:
        return ""
    spoken = _SPOKEN.get(language_of(language))
    if seconds > _HOUR - _MINUTE:
        hours = max(1, round(seconds / _HOUR))
        return spoken.hours(hours) if spoken else f"~{hours} h"
    minutes = max(1, math.ceil(seconds / _MINUTE))
    return spoken.minutes(minutes) if spoken else f"~{minutes} min"


def moment_text(at: datetime, now: datetime, language: str) -> str:
    """A moment on the clocks of `at`'s own time zone: "Thursday 08:00", or "2026-11-26 08:00" if it is far away."""
    days = (at.date() - now.astimezone(at.tzinfo).date()).days
    spoken = _SPOKEN.get(language_of(language))
    day = spoken.weekdays[at.weekday()] if spoken and 0 <= days < _NAMED_DAYS else f"{at:%Y-%m-%d}"
    return f"{day} {at:%H:%M}"
