"""Which roles may do what."""

from .records import User

_MANAGERS = frozenset({"livechat-manager", "livechat-monitor", "admin"})
_AGENTS = _MANAGERS | {"livechat-agent"}
_ADMIN = frozenset({"admin"})

_ROLES = {
    "view-l-room": _AGENTS,
    "close-livechat-room": _AGENTS,
    "view-livechat-manager": _MANAGERS,
    "view-livechat-rooms": _MANAGERS,
    "view-livechat-departments": _MANAGERS,
    "close-others-livechat-room": _MANAGERS,
    "transfer-livechat-guest": _MANAGERS,
    "manage-livechat-agents": _MANAGERS,
    "view-livechat-webhooks": frozenset({"livechat-manager", "admin"}),
    "access-permissions": _ADMIN,
    "assign-roles": _ADMIN,
    "view-privileged-setting": _ADMIN,
    "edit-privileged-setting": _ADMIN,
    "api-bypass-rate-limit": frozenset({"admin", "bot", "app"}),
    "message-impersonate": frozenset({"bot", "app"}),
}


def may(user: User, permission: str) -> bool:
    """Whether one of the user's roles brings the permission."""
    return bool(user.roles & _ROLES[permission])


def listed() -> list[dict[str, object]]:
    """Return every permission with its roles, as a list of Rocket.Chat's has them."""
    return [{"_id": permission, "roles": sorted(roles)} for permission, roles in _ROLES.items()]
