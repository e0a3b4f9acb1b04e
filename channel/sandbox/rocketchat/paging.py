"""Lists that come in pages."""

from typing import Any

from .rest import Call

_PAGE = 50
_LARGEST_PAGE = 100


def paged(call: Call, key: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one page of a list; `count` 0 means everything."""
    offset, count = int(call.given.get("offset", 0)), int(call.given.get("count", _PAGE))
    page = found[offset : offset + min(count, _LARGEST_PAGE)] if count else found[offset:]
    return {key: page, "count": len(page), "offset": offset, "total": len(found)}
