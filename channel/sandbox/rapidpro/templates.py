"""The templates of an External API channel, filled in as courier fills them in."""

import json
from collections.abc import Callable, Mapping, Sequence
from random import Random
from urllib.parse import quote_plus

URLENCODED, JSON, XML = "urlencoded", "json", "xml"

_JSON_ESCAPES = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})
_XML_ESCAPES = str.maketrans(
    {'"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"}
    | {chr(code): "\ufffd" for code in [*range(0x20), 0xFFFE, 0xFFFF] if chr(code) not in "\t\n\r"}
)

_HEADERS = {
    URLENCODED: "application/x-www-form-urlencoded",
    JSON: "application/json",
    XML: "text/xml; charset=utf-8",
}


def query_escape(text: str) -> str:
    """As Go's `url.QueryEscape`: a space is a plus, and only `A-Za-z0-9-_.~` stay as they are."""
    return quote_plus(text, errors="replace")


def json_escape(text: str) -> str:
    """A JSON string, quotes included, as Go writes it: `<`, `>`, `&`, U+2028 and U+2029 escaped, the rest raw."""
    return json.dumps(text, ensure_ascii=False).translate(_JSON_ESCAPES)


def xml_escape(text: str) -> str:
    """As Go's `xml.EscapeText`."""
    return text.translate(_XML_ESCAPES)


def escape_for(content_type: str) -> Callable[[str], str]:
    """How values are escaped; a literal content type means not at all."""
    return {URLENCODED: query_escape, JSON: json_escape, XML: xml_escape}.get(content_type, str)


def header_for(content_type: str) -> str:
    """The Content-Type header: a name the claim form knows, or the literal string itself."""
    return _HEADERS.get(content_type, content_type)


def quick_replies_for(content_type: str, replies: Sequence[str]) -> str:
    """The quick replies spelled for a body of this content type."""
    if content_type == JSON:
        return "[" + ",".join(map(json_escape, replies)) + "]"
    if content_type == XML:
        return "".join(f"<item>{xml_escape(reply)}</item>" for reply in replies)
    return "".join(f"&quick_reply={query_escape(reply)}" for reply in replies)


def fill(template: str, variables: Mapping[str, str], replies: Sequence[str], content_type: str, random: Random) -> str:
    """The template with its variables replaced one after the other, in an order nobody knows.

    Go begins anywhere in its map and goes round. A value pasted in is searched again for the variables still to come:
    a person who writes `{{id}}` breaks most JSON or XML bodies. A name that is no variable stays.
    """
    escape = escape_for(content_type)
    values = {name: escape(value) for name, value in variables.items()}
    values["quick_replies"] = quick_replies_for(content_type, replies)
    names = list(values)
    start = random.randrange(len(names))
    for name in names[start:] + names[:start]:
        template = template.replace("{{" + name + "}}", values[name])
    return template
