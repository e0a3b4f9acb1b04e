"""Values: for whoever reads, and for mypy, a frozen dataclass; for Python one that is made eight times as fast.

A frozen dataclass sets each of its fields by a call of `object.__setattr__`: 2.3 µs for a `Message`, 0.3 without it.
Some forty values are made on a message's way, which took a tenth of all its time. That nobody changes one mypy sees to:
it takes this `dataclass` for the one of the library, `frozen` and all.
"""

import dataclasses
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, frozen: bool = False, **options: Any):
        """`dataclasses.dataclass`; a frozen one has a hash, and takes assignments that mypy refuses."""
        return dataclasses.dataclass(unsafe_hash=frozen and options.get("eq", True), **options)
