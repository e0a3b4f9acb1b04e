"""Custom fields: read by all releases, defined by newer ones."""

import re
from typing import Any

from ..errors import Failure
from ..paging import paged
from ..parameters import ANYTHING, TEXT, Keys
from ..profile import Profile
from ..records import CustomField
from ..rest import Call, Operation

_NAME = re.compile(r"[0-9a-zA-Z_-]+")


async def list_fields(call: Call) -> dict[str, Any]:
    """List the custom fields of visitors and rooms."""
    found = [_shown(each) for each in call.workspace.custom_fields.values()]
    return paged(call, "customFields", found)


async def save_field(call: Call) -> dict[str, Any]:
    """Define a custom field, or define it anew."""
    about = call.given["customFieldData"]
    if not _NAME.fullmatch(about["field"]):
        raise Failure("Invalid custom field name. Use only letters, numbers, hyphens and underscores.")
    made = CustomField(about["field"], about["scope"])
    call.workspace.custom_fields[made.id] = made
    call.workspace.changed()
    return {"customField": _shown(made)}


async def delete_field(call: Call) -> dict[str, Any]:
    """Take a custom field away."""
    if call.workspace.custom_fields.pop(call.given["customFieldId"], None) is None:
        raise Failure("Custom field not found")
    call.workspace.changed()
    return {}


def _shown(field: CustomField) -> dict[str, Any]:
    return {"_id": field.id, "label": field.id, "scope": field.scope, "visibility": "visible", "type": "input"}


def operations(profile: Profile) -> tuple[Operation, ...]:
    """Return the routes of this release."""
    return (_READING, *_WRITING) if profile.custom_fields_route else (_READING,)


_ABOUT = Keys({"field": TEXT, "label": TEXT, "scope": TEXT, "visibility": TEXT}, {"regexp": TEXT}, open=True)
_API = "/api/v1/livechat"

_READING = Operation(method="GET", path=f"{_API}/custom-fields", act=list_fields, permissions=("view-l-room",))
_WRITING = (
    Operation(
        method="POST",
        path=f"{_API}/custom-fields.save",
        act=save_field,
        accepts=Keys({"customFieldId": ANYTHING, "customFieldData": _ABOUT}),
        permissions=("view-livechat-manager",),
    ),
    Operation(
        method="POST",
        path=f"{_API}/custom-fields.delete",
        act=delete_field,
        accepts=Keys({"customFieldId": TEXT}),
        permissions=("view-livechat-manager",),
    ),
)
