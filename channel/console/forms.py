"""What a form sends: the fields it may have, each as often as it may come, and no other."""

from collections.abc import Sequence
from dataclasses import field
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from channel.console.wrong import Wrong
from channel.core import limits
from channel.core.clean import clean
from channel.core.values import dataclass
from channel.web.bodies import small

CSRF: Final = "csrf"
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Takes:
    """The fields that a form may have: once, or any number of times."""

    once: Sequence[str] = ()
    often: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """What came. A field that did not come is "", or none."""

    once: dict[str, str] = field(default_factory=dict, repr=False)
    often: dict[str, list[str]] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> str:
        return self.once.get(name, "")

    def all(self, name: str) -> list[str]:
        return self.often.get(name, [])


async def read(request: Request) -> list[tuple[str, str]]:
    """The fields of the body, in order. Wrong where it is no form, or one with more in it than any of ours has."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise Wrong(415, f"The console takes forms ({_FORM}), and this is none.")
    body = await small(request, limits.FORM_BYTES)
    try:
        return parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="replace", max_num_fields=limits.FORM_FIELDS
        )
    except ValueError:
        raise Wrong(400, "The form cannot be read.") from None


def checked(fields: Sequence[tuple[str, str]], takes: Takes) -> Form:
    """Wrong where there is a field that this form has not, or one twice that it has once."""
    form = Form()
    for name, value in fields:
        if name == CSRF:
            continue
        if name in takes.often:
            form.often.setdefault(name, []).append(clean(value))
        elif name in takes.once and name not in form.once:
            form.once[name] = clean(value)
        else:
            raise Wrong(400, "The form has a field that is not one of its own, and nothing was changed.")
    return form
