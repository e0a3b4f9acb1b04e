"""What the API's endpoints have in common: validation errors, paging, bodies."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .memory import Memory
from .records import Contact
from .urns import BadUrn, parse_urn

T = TypeVar("T")

_PAGE = 250


class Invalid(ValueError):
    """A validation error: a map from field to texts."""

    def __init__(self, field: str, problem: str | dict[str, list[str]]) -> None:
        super().__init__(field, problem)
        self.errors = {field: [problem] if isinstance(problem, str) else problem}


class Denied(Exception):
    """A refusal of the whole request, in a sentence."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def not_found() -> Denied:
    """No such object."""
    return Denied(404, "Not found.")


def check_urn_lookup(memory: Memory) -> None:
    """In an anonymous workspace nobody is found by their address."""
    if memory.switches.anonymous:
        raise Denied(400, "URN lookups not allowed for anonymous organizations")


async def read_json(request: Request) -> dict[str, Any]:
    """The body, a JSON object."""
    try:
        body = await request.json()
    except ValueError as exc:
        raise Invalid("non_field_errors", "Invalid JSON.") from exc
    if not isinstance(body, dict):
        raise Invalid("non_field_errors", "Request body should be a single JSON object")
    return body


def page(request: Request, rows: Sequence[T], shape: Callable[[T], dict[str, Any]]) -> Response:
    """One page of a list, with the address of the next."""
    cursor = request.query_params.get("cursor", "0")
    start = int(cursor) if cursor.isdecimal() else 0
    following = start + _PAGE
    more = str(request.url.include_query_params(cursor=following)) if following < len(rows) else None
    return JSONResponse(
        {"next": more, "previous": None, "results": [shape(row) for row in rows[start:following]]},
    )


def find_contact(memory: Memory, reference: object) -> Contact:
    """A contact by UUID or URN, or `LookupError`."""
    text = str(reference)
    contact = memory.contact(text)
    if contact is None and ":" in text:
        check_urn_lookup(memory)
        try:
            contact = memory.owner(parse_urn(text))
        except BadUrn:
            contact = None
    if contact is None:
        raise LookupError(f"No such object: {text}")
    return contact
