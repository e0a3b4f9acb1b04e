"""The named queries of `queries.sql`. What several say alike is a part, and stands in each where `<its name>` is."""

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- (\w+|part: [\w ]+) --$", re.MULTILINE)
_PART = re.compile(r"^<([\w ]+)>$", re.MULTILINE)


@cache
def query(name: str) -> str:
    """The SQL of this name; KeyError if there is none."""
    return _PART.sub(lambda found: _pieces()[f"part: {found[1]}"], _pieces()[name])


def names() -> list[str]:
    return [name for name in _pieces() if not name.startswith("part: ")]


@cache
def _pieces() -> dict[str, str]:
    _, *pieces = _NAME.split(files("channel.store").joinpath("queries.sql").read_text())
    return {name: text.strip() for name, text in zip(pieces[::2], pieces[1::2], strict=True)}
