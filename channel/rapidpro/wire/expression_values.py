"""Stand-ins for the values of RapidPro's expressions, and what its functions make of them."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from channel.core.values import dataclass

DEFAULT: Final = "__default__"  #: of an object: how it reads as text

_NAMES = """
abs and array attachment_parts boolean char clean code concat contains content_type count date date_from_parts datetime
datetime_add datetime_diff datetime_from_epoch default display epoch extract extract_object field filter foreach
foreach_value format format_date format_datetime format_location format_number format_time format_urn html_decode if
is_error join json keys legacy_add lower max mean min mod now number object or parse_datetime parse_json parse_time path
percent rand rand_between read_chars regex_match remove_first_word repeat replace replace_time reverse round round_down
round_up scheme sort split sum text text_compare text_length text_slice time time_from_parts title today trim trim_left
trim_right tz tz_offset unique upper url url_encode urn_parts week_number weekday word word_count word_slice
"""
FUNCTIONS: Final = frozenset(_NAMES.split())  #: of every version that a flow is likely to run in

_COMPARING = {"=", "!=", "<", "<=", ">", ">="}
OPERATORS: Final = _COMPARING | {"+", "-", "*", "/", "^", "&"}


class Anything:
    """A value that nobody knows before the flow runs."""


@dataclass(frozen=True, slots=True)
class Failed:
    """An error as a value: RapidPro renders it as nothing."""


@dataclass(frozen=True, slots=True)
class Function:
    call: Callable[[Sequence[Any]], Any]


ANYTHING: Final = Anything()
FAILED: Final = Failed()


def as_text(value: object) -> str:
    match value:
        case Anything():
            return "x"
        case None | Failed() | Function():
            return ""
        case bool():
            return str(value).lower()
        case dict():
            return str(value[DEFAULT]) if DEFAULT in value else as_json(value)
        case list():
            return f"[{', '.join(as_text(each) for each in value)}]"
        case _:
            return str(value)


def as_json(value: object) -> str:
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: object) -> object:
    match value:
        case dict():
            return {name: _plain(each) for name, each in value.items() if name != DEFAULT}
        case list():
            return [_plain(each) for each in value]
        case Anything():
            return "x"
        case Failed() | Function():
            return None
        case _:
            return value


def lookup(value: object, name: str) -> Any:
    match value:
        case Anything():
            return ANYTHING
        case dict():
            return value.get(name, value.get("*", FAILED))
        case list() if name.isdecimal() and int(name[:6]) < len(value):
            return value[int(name[:6])]
        case _:
            return FAILED


def combined(left: object, sign: str, right: object) -> Any:
    if isinstance(left, Failed) or isinstance(right, Failed):
        return FAILED
    if sign in _COMPARING:
        return True
    return as_text(left) + as_text(right) if sign == "&" else ANYTHING


def result(name: str, given: Sequence[Any]) -> Any:
    """What the function gives; FAILED for a failed argument, but where RapidPro takes one."""
    match name, list(given):
        case "default", [value, other]:
            return other if as_text(value) == "" else value
        case "is_error", [value]:
            return isinstance(value, Failed)
        case "if", [test, this, that] if not isinstance(test, Failed):
            return this if as_text(test) not in {"", "false", "0"} else that
        case _, arguments if any(isinstance(each, Failed) for each in arguments):
            return FAILED
        case _:
            return _made(name, given)


def _made(name: str, given: Sequence[Any]) -> Any:
    match name, list(given):
        case "json", [value]:
            return as_json(value)
        case "object", arguments:
            return _object(arguments)
        case "array", arguments:
            return arguments
        case ("text" | "upper" | "lower" | "title" | "trim" | "clean") as kept, [value, *_]:
            return as_text(value).strip() if kept == "trim" else as_text(value)
        case (("foreach" | "foreach_value"), [values, Function() as function, *more]):
            return _for_each(values, function, more)
        case "extract_object", [dict() as value, *names]:
            return {as_text(each): value.get(as_text(each)) for each in names}
        case "extract", [value, key]:
            return lookup(value, as_text(key))
        case "attachment_parts", [attachment]:
            kind, _, url = as_text(attachment).partition(":")
            return {"content_type": kind, "url": url}
        case _:
            return ANYTHING


def _object(arguments: Sequence[Any]) -> Any:
    if len(arguments) % 2:
        return FAILED
    return {as_text(name): value for name, value in zip(arguments[::2], arguments[1::2], strict=True)}


def _for_each(values: object, function: Function, more: Sequence[Any]) -> Any:
    if isinstance(values, list):
        return [function.call([each, *more]) for each in values]
    if not isinstance(values, dict):
        return ANYTHING
    found = {key: function.call([each, *more]) for key, each in values.items() if key not in {DEFAULT, "*"}}
    return FAILED if any(isinstance(each, Failed) for each in found.values()) else found
