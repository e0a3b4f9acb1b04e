"""What a route accepts, and the two ways in which Rocket.Chat checks it.

Most routes have a schema, which coerces; some older code calls Meteor's `check()`, which does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import BadParameters, Mismatch


@dataclass(frozen=True)
class Text:
    """A string."""

    nullable: bool = False


@dataclass(frozen=True)
class Whole:
    """An integer."""


@dataclass(frozen=True)
class Flag:
    """A boolean."""

    nullable: bool = False


@dataclass(frozen=True)
class Anything:
    """Any value."""


@dataclass(frozen=True)
class Many:
    """An array of one shape."""

    of: "Shape"
    at_least: int = 0


@dataclass(frozen=True)
class Keys:
    """An object; keys it does not name are refused unless it is open."""

    required: Mapping[str, "Shape"] = field(default_factory=dict)
    optional: Mapping[str, "Shape"] = field(default_factory=dict)
    open: bool = False

    @property
    def known(self) -> dict[str, "Shape"]:
        """All keys that have a shape."""
        return {**self.required, **self.optional}


Shape = Text | Whole | Flag | Anything | Many | Keys

TEXT = Text()
ANYTHING = Anything()


def by_schema(shape: Shape, value: Any, *, in_query: bool = False) -> Any:
    """Return the value coerced as the schema validator coerces it, or raise BadParameters."""
    try:
        return _coerced(shape, value)
    except _Unfit as error:
        raise BadParameters(str(error), in_query=in_query) from None


def by_check(shape: Shape, value: Any) -> Any:
    """Return the value as it is, or raise Mismatch. A null is as good as a missing optional key."""
    _match(shape, value, "")
    return value


class _Unfit(ValueError):
    """The validator's sentence."""


def _coerced(shape: Shape, value: Any) -> Any:
    match shape:
        case Text(nullable=True) | Flag(nullable=True) if value is None:
            return None
        case Text():
            return _coerced_text(value)
        case Whole():
            return _coerced_whole(value)
        case Flag():
            if value in ("true", "false"):
                return value == "true"
            if not isinstance(value, bool):
                raise _Unfit("must be boolean")
        case Many(of, at_least):
            if not isinstance(value, list):
                raise _Unfit("must be array")
            if len(value) < at_least:
                raise _Unfit(f"must NOT have fewer than {at_least} items")
            return [_coerced(of, item) for item in value]
        case Keys():
            return _coerced_keys(shape, value)
        case Anything():
            pass
    return value


def _coerced_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
    raise _Unfit("must be string")


def _coerced_whole(value: Any) -> int:
    try:
        return 0 if value is None else int(value)
    except (TypeError, ValueError):
        raise _Unfit("must be integer") from None


def _coerced_keys(shape: Keys, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Unfit("must be object")
    for key in shape.required:
        if key not in value:
            raise _Unfit(f"must have required property '{key}'")
    if not shape.open and value.keys() - shape.known.keys():
        raise _Unfit("must NOT have additional properties")
    return {key: _coerced(shape.known.get(key, ANYTHING), item) for key, item in value.items()}


def _match(shape: Shape, value: Any, path: str) -> None:
    match shape:
        case Text() if not isinstance(value, str):
            raise _mismatch("string", value, path)
        case Flag() if not isinstance(value, bool):
            raise _mismatch("boolean", value, path)
        case Whole() if not isinstance(value, int):
            raise _mismatch("number", value, path)
        case Many(of):
            if not isinstance(value, list):
                raise _mismatch("array", value, path)
            for index, item in enumerate(value):
                _match(of, item, f"{path}[{index}]")
        case Keys():
            _match_keys(shape, value, path)


def _match_keys(shape: Keys, value: Any, path: str) -> None:
    if not isinstance(value, dict):
        raise _mismatch("object", value, path)
    for key, item in value.items():
        inner = f"{path}.{key}" if path else key
        if key not in shape.known:
            if not shape.open:
                raise Mismatch(f"Unknown key in field {inner}")
        elif key in shape.required or item is not None:
            _match(shape.known[key], item, inner)
    for key in shape.required:
        if key not in value:
            raise Mismatch(f"Missing key '{key}'" + (f" in field {path}" if path else ""))


def _mismatch(expected: str, value: Any, path: str) -> Mismatch:
    names = {bool: "boolean", int: "number", float: "number", str: "string", type(None): "null"}
    where = f" in field {path}" if path else ""
    return Mismatch(f"Expected {expected}, got {names.get(type(value), 'object')}{where}")
