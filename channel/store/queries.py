"""The named queries of `queries.sql`."""

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- (\w+) --$", re.MULTILINE)


@cache
def query(name: str) -> str:
    """The SQL of this name; KeyError if there is none."""
    return _queries()[name]


def names() -> list[str]:
    return list(_queries())


@cache
def _queries() -> dict[str, str]:
    _, *pieces = _NAME.split(files("channel.store").joinpath("queries.sql").read_text())
    return {name: text.strip() for name, text in zip(pieces[::2], pieces[1::2], strict=True)}
