"""The parameters of a request, from wherever the channel's template put them: query, form, JSON or XML."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from channel.core.clean import clean
from channel.core.errors import ProtocolError

FIELDS: Final = 1000  #: of a query or a body; a parser given 100,000 is busy for long
LARGEST_NUMBER: Final = 10**30  #: that can be an id; Python refuses to print one of thousands of digits

#: Every value of every name, in the order they came.
Parameters: TypeAlias = Mapping[str, list[str]]

_UNREADABLE = "unreadable_body"
_JSON_TYPE = re.compile(r"application/([\w.+-]+\+)?json|text/json", re.ASCII)
_XML_TYPE = re.compile(r"(text|application)/([\w.+-]+\+)?xml", re.ASCII)
_TAGS: Final = 4 * FIELDS
_FORM_TYPE = "application/x-www-form-urlencoded"


def read(query: bytes, content_type: str, body: bytes) -> Parameters:
    """All parameters; those in the body win over those of the same name in the query."""
    return {**_form(query), **_body(content_type, body)}


def _body(content_type: str, body: bytes) -> Parameters:
    if not body.strip():
        return {}
    media_type = content_type.partition(";")[0].strip().lower()
    if _JSON_TYPE.fullmatch(media_type):
        return _json(body)
    if _XML_TYPE.fullmatch(media_type):
        return _xml(body)
    if media_type == _FORM_TYPE:
        return _form(body)
    return _by_first_byte(body)


def _by_first_byte(body: bytes) -> Parameters:
    match body.lstrip()[:1]:
        case b"{":
            return _json(body)
        case b"<":
            return _xml(body)
        case _:
            return _form(body)


def _form(encoded: bytes) -> Parameters:
    try:
        pairs = parse_qsl(encoded.decode(errors="replace"), keep_blank_values=True, max_num_fields=FIELDS)
    except ValueError as exc:
        raise _too_many() from exc
    return _gathered(iter(pairs))


def _json(body: bytes) -> Parameters:
    try:
        found = _value(body.decode(errors="replace"))
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise ProtocolError(
            _UNREADABLE,
            "the body is not JSON; the send URL's body template must not put quotes around {{text}} and the others,"
            " which courier quotes itself",
        ) from exc
    if not isinstance(found, dict):
        raise ProtocolError(_UNREADABLE, 'the body is JSON but no object; the template should be {"text":{{text}}, …}')
    return _gathered((name, text) for name, value in found.items() for text in _texts(value))


def _value(text: str) -> object:
    """msgspec refuses half a surrogate pair, which the standard library reads; the words around it must not be lost."""
    try:
        return msgspec.json.decode(text)
    except msgspec.MsgspecError:
        if "\\ud" not in text.lower():
            raise
        return json.loads(text)


def _texts(value: object) -> Iterator[str]:
    """Strings and whole numbers; an id may come as a number. The rest of JSON has no meaning here."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str):
            yield each
        elif isinstance(each, int) and not isinstance(each, bool) and abs(each) < LARGEST_NUMBER:
            yield str(each)


def _xml(body: bytes) -> Parameters:
    text = body.decode(errors="replace").replace("\0", "").lstrip("\ufeff \t\r\n")
    if text.count("<") > _TAGS:  # nested or in a row, they take a parser long
        raise _too_many()
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as exc:
        raise ProtocolError(
            _UNREADABLE,
            "the body is not XML that can be taken; the template should be"
            " <m><id>{{id}}</id><to>{{to}}</to><text>{{text}}</text>…</m>, without a DTD",
        ) from exc
    return _gathered(
        (_local_name(child.tag), text)
        for child in root
        for text in (_items(child) if _local_name(child.tag) == "quick_replies" else [child.text or ""])
    )


def _items(element: Element) -> list[str]:
    return [item.text or "" for item in element if _local_name(item.tag) == "item"]


def _local_name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _gathered(pairs: Iterator[tuple[str, str]]) -> Parameters:
    gathered: dict[str, list[str]] = {}
    for place, (name, text) in enumerate(pairs):
        if place >= FIELDS:
            raise _too_many()
        gathered.setdefault(name, []).append(clean(text))
    return gathered


def _too_many() -> ProtocolError:
    return ProtocolError("too_many_fields", f"the request has more than {FIELDS} parameters")
