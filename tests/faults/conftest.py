"""Most faults come and go in one campaign, too, and are left to `make faults` otherwise."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.faults.campaign import FORM
from tests.faults.postgres import Cluster, a_cluster

HERE: Final = Path(__file__).parent
#: rows whose fault is a turn of the campaign: `make test` makes that one instead, `make faults` each of them at length
TURNS: Final = {"r1", "r4", "r5", "r6", "r7", "r9", "r10", "r13", "r19", "r22", "r24"}
_ROW: Final = re.compile(r"test_(r\d+)_(without_a_token)?")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A Postgres of the test's own, to be stopped and started."""
    with a_cluster(tmp_path / "cluster") as running:
        yield running


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left = [item for item in items if _is_left_to_make_faults(item)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


def _is_left_to_make_faults(item: pytest.Item) -> bool:
    row = _ROW.match(item.name) if item.path.is_relative_to(HERE) and FORM not in os.environ else None
    return row is not None and (row[1] in TURNS or bool(row[2]))
