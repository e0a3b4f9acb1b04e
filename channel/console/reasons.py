"""What a reason means, and what an operator does about it, in the words of `docs/operations.md`."""

import re
import tomllib
from importlib.resources import files
from typing import Any, Final

from channel.core.owed import Lane

_KNOWN: Final[dict[str, Any]] = tomllib.loads(files("channel.console").joinpath("reasons.toml").read_text("utf-8"))
_STATUS: Final = re.compile(r"(http|api)_([45])\d\d", re.ASCII)
#: what stands for all others of its kind
_LIKE: Final = {("http", "4"): "http_404", ("http", "5"): "http_500", ("api", "4"): "api_400", ("api", "5"): "api_500"}
_TO_ROCKETCHAT: Final = {Lane.TO_AGENT, Lane.TO_AUTHOR}


def of_dead(reason: str, lane: str) -> tuple[str, str]:
    """What it means of a dead letter in this lane, and what to do; "" where nobody can say."""
    tables = _KNOWN["dead"]
    side = "rocketchat" if lane in _TO_ROCKETCHAT else "rapidpro"
    status = _STATUS.fullmatch(reason)
    names = [reason, *([_LIKE[status[1], status[2]]] if status else [])]
    found = (tables[each].get(name) for name in names for each in (side, "either"))
    means, to_do = next((each for each in found if each), ("", ""))
    return means, to_do


def of_message(reason: str) -> str:
    """Of a message of which nothing, or not all, went; "" for what an operator gave when discarding it."""
    means: str = _KNOWN["message"].get(reason) or _KNOWN["discarded"].get(reason) or _of_either_side(reason)
    return means


def of_delivery(reason: str, lane: str) -> str:
    """Of a delivery that was discarded, is dead or waits."""
    means: str = _KNOWN["discarded"].get(reason) or of_dead(reason, lane)[0]
    return means


def of_event(reason: str) -> str:
    means: str = _KNOWN["event"].get(reason, "")
    return means


def _of_either_side(reason: str) -> str:
    return of_dead(reason, Lane.TO_AGENT)[0] or of_dead(reason, Lane.TO_CONTACT)[0]
