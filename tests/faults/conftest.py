"""One fault at a time: the rows measure, and would measure each other. Some of them are part of every test run."""

import os
import re
from pathlib import Path
from typing import Final

import pytest

from tests.faults.campaign import FORM

HERE: Final = Path(__file__).parent
#: what `make test` makes: kills, a roll-out, repeats, parts, and webhooks that are lost; `make faults` makes all
ALWAYS: Final = {"r1", "r3", "r15", "r16", "r18"}
_ROW: Final = re.compile(r"test_(r\d+)_")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left = [item for item in items if _is_left_to_make_faults(item)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group("faults"))


def _is_left_to_make_faults(item: pytest.Item) -> bool:
    row = _ROW.match(item.name) if item.path.is_relative_to(HERE) else None
    return row is not None and row[1] not in ALWAYS and FORM not in os.environ
