"""URNs, and which senders courier takes for each scheme."""

import re
from dataclasses import dataclass

from .splitting import GO_SPACES
from .versions import Version


class BadUrn(ValueError):
    """A sender that is no URN of the channel's scheme; the text is courier's."""


@dataclass(frozen=True)
class Urn:
    """An address of a contact, and the channel it was last used on (its affinity)."""

    scheme: str
    path: str
    channel: str = ""

    @property
    def identity(self) -> str:
        """What is unique in a RapidPro workspace."""
        path = self.path.replace("%", "%25").replace("#", "%23").replace("?", "%3F")
        return f"{self.scheme}:{path}"


_ANYTHING = re.compile(r".+", re.DOTALL)
_DIGITS = re.compile(r"[0-9]+")
_PATHS = {
    "tel": re.compile(r"\+?[0-9]{3,15}"),
    "ext": _ANYTHING,
    "rocketchat": _ANYTHING,
    "slack": _ANYTHING,
    "vk": _ANYTHING,
    "wechat": _ANYTHING,
    "fcm": _ANYTHING,
    "whatsapp": re.compile(r"[0-9]+|[A-Z]{2}\.[A-Za-z0-9]+"),
    "telegram": _DIGITS,
    "facebook": re.compile(r"[0-9]+|ref:.+"),
    "instagram": _DIGITS,
    "jiochat": _DIGITS,
    "twitterid": _DIGITS,
    "viber": re.compile(r"[A-Za-z0-9_=/+]{1,24}"),
    "line": re.compile(r"[A-Za-z0-9_]{1,36}"),
    "twitter": re.compile(r"[a-z0-9_]{1,15}"),
    "mailto": re.compile(r"[^@\s]+@[^@\s]+"),
    "webchat": re.compile(r"[A-Za-z0-9]{24}(:[^@\s]+@[^@\s]+)?"),
    "freshchat": re.compile(r"[0-9a-f-]{36}/[0-9a-f-]{36}"),
    "discord": _DIGITS,
}


def parse_urn(text: str) -> Urn:
    """A URN from `scheme:path`, as the API and its users write it."""
    scheme, _, path = text.partition(":")
    if scheme not in _PATHS or not path:
        raise BadUrn(f"Invalid URN: {text}. Ensure phone numbers contain country codes.")
    return Urn(scheme, path)


def sender(scheme: str, text: str, *, country: str, version: Version) -> Urn:
    """The URN of who wrote to a channel of this scheme, or `BadUrn` with the sentence courier answers."""
    if scheme == "tel":
        return Urn(scheme, _phone_number(text, country, version))
    path = _normal(scheme, text.strip(GO_SPACES))
    if not path:
        raise BadUrn("scheme or path cannot be empty")
    urn = Urn(scheme, path)
    if scheme not in _PATHS:
        raise BadUrn("unknown URN scheme")
    if len(urn.identity.removeprefix(f"{scheme}:").encode()) > version.longest_path:
        raise BadUrn("path component too long")
    if not _PATHS[scheme].fullmatch(path):
        raise BadUrn("invalid path component")
    return urn


def _normal(scheme: str, path: str) -> str:
    if scheme == "twitter":
        return path.removeprefix("@").lower()
    return path.lower() if scheme == "mailto" else path


_INTERNATIONAL = range(7, 16)
_LONG = 11
_SHORT_CODE = range(3, 7)


def _phone_number(text: str, country: str, version: Version) -> str:
    """E.164 or a short code. National numbers, which need a table of the world's numbering plans, are refused."""
    text = text.strip(GO_SPACES)
    digits = re.sub(r"[^0-9A-Za-z]", "", text)
    possible = digits.isdecimal() and digits.isascii()
    if possible and (text.startswith("+") or _has_country_code(digits)) and len(digits) in _INTERNATIONAL:
        return f"+{digits}"
    if possible and country and len(digits) in _SHORT_CODE and not digits.startswith("0"):
        return digits
    raise BadUrn(version.bad_phone_number)


def _has_country_code(digits: str) -> bool:
    return len(digits) >= _LONG and not digits.startswith("0")
