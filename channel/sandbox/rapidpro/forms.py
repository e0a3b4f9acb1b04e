"""Form values as Go's `net/http` reads them."""

import re
from urllib.parse import unquote_to_bytes

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2}).{0,2}", re.DOTALL)


class MalformedForm(ValueError):
    """A form that Go refuses to read; the text is Go's."""


def parse_form(encoded: bytes) -> dict[str, str]:
    """The values by name; of a name given twice, the first."""
    values: dict[str, str] = {}
    for pair in encoded.split(b"&"):
        if b";" in pair:
            raise MalformedForm("invalid semicolon separator in query")
        if pair:
            name, _, value = pair.partition(b"=")
            values.setdefault(_unescape(name), _unescape(value))
    return values


def _unescape(text: bytes) -> str:
    if bad := _BAD_ESCAPE.search(text):
        raise MalformedForm(f'invalid URL escape "{bad[0].decode(errors="replace")}"')
    return unquote_to_bytes(text.replace(b"+", b" ")).decode(errors="replace")
