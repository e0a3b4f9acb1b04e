"""Logging in, and configuring the webhooks."""

import hashlib
import hmac
from http import HTTPStatus
from typing import Any

from .. import payloads
from ..documents import of_user
from ..errors import Failure, LoginFailed, MeteorError, Refused
from ..parameters import Flag, Keys, Shape, Text, Whole
from ..profile import ErrorStyle, Profile
from ..records import User
from ..rest import Call, Operation
from ..settings import INTEGRATION_KEYS

_TIMEOUT = "Livechat_http_timeout"


async def login(call: Call) -> dict[str, Any]:
    """Log a user in by name or e-mail address; the answer has `status` and no `success`."""
    name = call.given.get("user") or call.given.get("username") or call.given.get("email")
    password = call.given.get("password") or call.given.get("pass") or ""
    for user in call.workspace.users.values():
        if name in (user.username, user.email) and user.password and user.password == password:
            session = call.workspace.open_session(user)
            data = {"userId": user.id, "authToken": session.token, "me": _of_caller(user)}
            return {"status": "success", "data": data}
    raise LoginFailed


async def me(call: Call) -> dict[str, Any]:
    """Show the caller."""
    return _of_caller(call.caller)


async def show_user(call: Call) -> dict[str, Any]:
    """Show a user by id or username."""
    for user in call.workspace.users.values():
        if call.given.get("userId") == user.id or call.given.get("username") == user.username:
            return {"user": _of_caller(user)}
    raise MeteorError("error-invalid-user", "The required userId or username param does not match any users")


def _of_caller(user: User) -> dict[str, Any]:
    return of_user(user) | {"roles": sorted(user.roles), "active": True}


async def write_integrations(call: Call) -> dict[str, Any]:
    """Write the webhooks' settings; what is not given stays as it is."""
    for key, setting in INTEGRATION_KEYS.items():
        if call.given.get(key) is not None:
            call.workspace.settings[setting] = call.given[key]
    call.workspace.changed()
    return {}


async def read_integrations(call: Call) -> dict[str, Any]:
    """Show the webhooks' settings, the secret in clear."""
    settings = call.workspace.settings
    shown = (setting for setting in INTEGRATION_KEYS.values() if _has(call, setting))
    return {"settings": [{"_id": setting, "value": settings[setting]} for setting in shown]}


async def read_setting(call: Call) -> dict[str, Any]:
    """Show one setting."""
    id = call.path["id"]
    if not _has(call, id):
        raise Refused
    return {"_id": id, "value": call.workspace.settings[id]}


async def write_setting(call: Call) -> dict[str, Any]:
    """Write one setting, after a second factor."""
    _check_second_factor(call)
    id = call.path["id"]
    if not _has(call, id) or "value" not in call.given:
        raise Refused
    call.workspace.settings[id] = call.given["value"]
    call.workspace.changed()
    return {}


def _has(call: Call, id: str) -> bool:
    """Whether the release has a setting of this id; the time for a webhook can be set from 6.2."""
    return id in call.workspace.settings and (id != _TIMEOUT or call.workspace.profile.webhook.times_out)


def _check_second_factor(call: Call) -> None:
    """Ask for the password's hash again, unless the token was made to do without."""
    if call.session and call.session.bypasses_two_factor:
        return
    code = call.request.headers.get("x-2fa-code", "")
    expected = hashlib.sha256(call.caller.password.encode()).hexdigest()
    right = hmac.compare_digest(code.encode(), expected.encode())
    if call.request.headers.get("x-2fa-method") != "password" or not right:
        details = {"method": "password", "codeGenerated": False, "availableMethods": []}
        raise MeteorError("totp-required", "TOTP Required", details)


async def press_test_button(call: Call) -> dict[str, Any]:
    """Send the sample to the saved URL; only a 200 will do."""
    if not call.workspace.settings["Livechat_webhookUrl"]:
        raise Failure("Webhook_URL_not_set")
    if await call.workspace.webhooks.ask(payloads.of_test_button()) != HTTPStatus.OK:
        raise Failure("error-invalid-webhook-response")
    return {}


def operations(profile: Profile) -> tuple[Operation, ...]:
    """Return the routes of this release."""
    integrations = Operation(
        method="POST",
        path="/api/v1/omnichannel/integrations",
        act=write_integrations,
        accepts=_integration_keys(nullable=profile.errors is not ErrorStyle.ROUTER),
        permissions=("view-livechat-manager",),
    )
    return (*_OPERATIONS, integrations) if profile.integrations_route else _OPERATIONS


def _integration_keys(*, nullable: bool) -> Keys:
    shapes: dict[str, Shape] = dict.fromkeys(INTEGRATION_KEYS, Flag(nullable))
    shapes |= {"LivechatWebhookUrl": Text(nullable), "LivechatSecretToken": Text(nullable)}
    shapes |= {"LivechatHttpTimeout": Whole()}
    return Keys({}, shapes)


_OPERATIONS = (
    Operation(method="POST", path="/api/v1/login", act=login, enveloped=False),
    Operation(method="GET", path="/api/v1/me", act=me, login=True),
    Operation(method="GET", path="/api/v1/users.info", act=show_user, login=True),
    Operation(
        method="GET",
        path="/api/v1/livechat/integrations.settings",
        act=read_integrations,
        permissions=("view-livechat-manager",),
    ),
    Operation(method="GET", path="/api/v1/settings/{id}", act=read_setting, permissions=("view-privileged-setting",)),
    Operation(method="POST", path="/api/v1/settings/{id}", act=write_setting, permissions=("edit-privileged-setting",)),
    Operation(
        method="POST",
        path="/api/v1/livechat/webhook.test",
        act=press_test_button,
        permissions=("view-livechat-webhooks",),
    ),
)
