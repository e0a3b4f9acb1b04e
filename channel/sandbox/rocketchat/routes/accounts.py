"""Permissions, and who has which role."""

from typing import Any

from ..errors import Failure, MeteorError
from ..parameters import TEXT, Keys
from ..permissions import listed
from ..records import User
from ..rest import Call, Operation

_ROLES = frozenset({"admin", "bot", "app", "user", "livechat-manager", "livechat-monitor", "livechat-agent"})


async def list_permissions(call: Call) -> dict[str, Any]:
    """List every permission and the roles it is given to."""
    return {"update": listed(), "remove": []}


async def add_role(call: Call) -> dict[str, Any]:
    """Give a user a role; one they have is refused."""
    user, role = _user(call), call.given["roleId"]
    if role not in _ROLES:
        raise Failure("error-role-not-found")
    if role in user.roles:
        raise MeteorError("error-user-already-in-role", "User already in role")
    user.roles |= {role}
    call.workspace.changed()
    return {"role": {"_id": role, "name": role}}


async def remove_role(call: Call) -> dict[str, Any]:
    """Take a role from a user."""
    user, role = _user(call), call.given["roleId"]
    if role not in user.roles:
        raise MeteorError("error-user-not-in-role", "User is not in this role")
    user.roles -= {role}
    call.workspace.changed()
    return {"role": {"_id": role, "name": role}}


def _user(call: Call) -> User:
    user = call.workspace.user_named(call.given["username"])
    if user is None:
        raise MeteorError("error-invalid-user", "There is no user with this username")
    return user


_ASSIGNING = Keys({"roleId": TEXT, "username": TEXT}, {"roomId": TEXT})
_REMOVING = Keys({"roleId": TEXT, "username": TEXT}, {"scope": TEXT})

OPERATIONS = (
    Operation(method="GET", path="/api/v1/permissions.listAll", act=list_permissions, login=True),
    Operation(
        method="POST",
        path="/api/v1/roles.addUserToRole",
        act=add_role,
        accepts=_ASSIGNING,
        permissions=("assign-roles",),
    ),
    Operation(
        method="POST",
        path="/api/v1/roles.removeUserFromRole",
        act=remove_role,
        accepts=_REMOVING,
        permissions=("access-permissions",),
    ),
)
