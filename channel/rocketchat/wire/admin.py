"""What a bot user or an administrator may do in Rocket.Chat beside talking: whose login it is, and settings.

Refused calls raise what the same answer means anywhere, and its code says what is wrong: `http_401` the login,
`http_403` a permission, `http_404` (`http_405` up to 6.13) the release has no such route.
"""

import re
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from hashlib import sha256
from typing import Final

from channel.core.errors import ProtocolError, Rejected, Unavailable
from channel.core.exchange import Exchange, Request
from channel.core.people import Bot
from channel.core.reading import mapping_at, text_or_none
from channel.core.values import dataclass
from channel.rocketchat.wire import admin_results as results
from channel.rocketchat.wire.asking import API, get_as, livechat, login, send
from channel.rocketchat.wire.decoding import object_of
from channel.rocketchat.wire.errors import UNKNOWN, answered

#: by field of `WebhookSettings`: the setting's id
WEBHOOK: Final[Mapping[str, str]] = {
    "url": "Livechat_webhookUrl",
    "secret": "Livechat_secret_token",
    "timeout": "Livechat_http_timeout",
    "on_start": "Livechat_webhook_on_start",
    "on_close": "Livechat_webhook_on_close",
    "on_taken": "Livechat_webhook_on_chat_taken",
    "on_queued": "Livechat_webhook_on_chat_queued",
    "on_forward": "Livechat_webhook_on_forward",
    "on_offline_message": "Livechat_webhook_on_offline_msg",
    "on_visitor_message": "Livechat_webhook_on_visitor_message",
    "on_agent_message": "Livechat_webhook_on_agent_message",
}
#: the same in `POST omnichannel/integrations`
INTEGRATIONS: Final[Mapping[str, str]] = {
    "url": "LivechatWebhookUrl",
    "secret": "LivechatSecretToken",
    "timeout": "LivechatHttpTimeout",
    "on_start": "LivechatWebhookOnStart",
    "on_close": "LivechatWebhookOnClose",
    "on_taken": "LivechatWebhookOnChatTaken",
    "on_queued": "LivechatWebhookOnChatQueued",
    "on_forward": "LivechatWebhookOnForward",
    "on_offline_message": "LivechatWebhookOnOfflineMsg",
    "on_visitor_message": "LivechatWebhookOnVisitorMessage",
    "on_agent_message": "LivechatWebhookOnAgentMessage",
}
#: the permission without which the bot user waits like everybody
BYPASS: Final = "api-bypass-rate-limit"
#: a route that the release does not have
NO_ROUTE: Final = frozenset({"http_404", "http_405"})
#: the login is wrong, or has ended
NO_LOGIN: Final = "http_401"
#: the login is right, and may not
MAY_NOT: Final = frozenset({"http_403", "error-unauthorized", "error-not-allowed", "error-action-not-allowed"})

_VERSION: Final = re.compile(r"\d+\.\d+")


class Setting(StrEnum):
    """A setting that changes what becomes of messages. Reading one is an administrator's right."""

    MESSAGE_SIZE = "Message_MaxAllowedSize"  #: of agents, in characters
    VISITOR_LIMIT_ON = "Livechat_enable_message_character_limit"
    VISITOR_LIMIT = "Livechat_message_character_limit"  #: 0 while it is on refuses every word
    LIMITER = "API_Enable_Rate_Limiter"
    LIMITER_CALLS = "API_Enable_Rate_Limiter_Limit_Calls_Default"
    LIMITER_TIME = "API_Enable_Rate_Limiter_Limit_Time_Default"  #: milliseconds
    ACCEPTS_WITHOUT_AGENTS = "Livechat_accept_chats_with_no_agents"
    ROUTING = "Livechat_Routing_Method"
    LIVECHAT = "Livechat_enabled"
    BUSINESS_HOURS = "Livechat_enable_business_hours"
    SITE_URL = "Site_Url"
    LANGUAGE = "Language"


class SecondFactorWanted(Rejected):
    """Rocket.Chat wants a second factor before it writes a setting. `method`: password, totp or email."""

    def __init__(self, method: str) -> None:
        super().__init__("totp-required", f"Rocket.Chat wants a second factor ({method})")
        self.method = method


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """What is given with a call that Rocket.Chat asked one for."""

    method: str
    code: str = field(repr=False)

    @classmethod
    def password(cls, text: str) -> "SecondFactor":
        """Of an account without a device: its password, as Rocket.Chat wants it."""
        return cls("password", sha256(text.encode()).hexdigest())


def version(bot: Bot | None = None) -> Exchange[str]:
    """Which version this is; in full only with a login. ProtocolError where this is no Rocket.Chat."""
    reply = yield Request("GET", "/api/info", headers=login(bot) if bot else {})
    answer = answered(reply)
    found = text_or_none(answer, "version") or text_or_none(answer, "info", "version")
    if found is None or not _VERSION.match(found):
        raise ProtocolError("no_version", "this names no version as Rocket.Chat does")
    return found


def me(bot: Bot) -> Exchange[results.Account]:
    """Whose login this is, and their roles."""
    return results.account((yield from get_as(bot, f"{API}/me")))


def user(bot: Bot, id: str) -> Exchange[results.Account]:
    """Another account. Rejected where there is none."""
    return results.account(mapping_at((yield from get_as(bot, f"{API}/users.info", userId=id)), "user"))


def webhook(bot: Bot) -> Exchange[results.WebhookSettings]:
    """What the webhook page says, the secret in clear."""
    found = results.settings((yield from get_as(bot, livechat("integrations.settings"))))
    values = {name: found.get(id) for name, id in WEBHOOK.items()}
    timeout = values["timeout"]
    on = {name: value is True for name, value in values.items() if name.startswith("on_")}
    return results.WebhookSettings(
        str(values["url"] or ""), str(values["secret"] or ""), timeout if isinstance(timeout, int) else None, **on
    )


def write_webhook(bot: Bot, changes: Mapping[str, object], factor: SecondFactor | None = None) -> Exchange[None]:
    """Change these fields of the webhook page, and nothing else.

    At once where the release has a route for it (6.2 and later), else setting by setting, which is an administrator's
    right and may want a second factor (SecondFactorWanted).
    """
    body = {INTEGRATIONS[name]: value for name, value in changes.items()}
    try:
        yield from send("POST", f"{API}/omnichannel/integrations", body, bot=bot)
    except Unavailable as error:
        if error.code not in NO_ROUTE:
            raise
        for name, value in changes.items():
            yield from write_setting(bot, WEBHOOK[name], value, factor)


def test_webhook(bot: Bot) -> Exchange[bool]:
    """Have Rocket.Chat send its sample to the URL that is set. Was it answered as it wants?"""
    try:
        yield from send("POST", livechat("webhook.test"), bot=bot)
    except Rejected as error:
        if error.code in {"error-invalid-webhook-response", "Webhook_URL_not_set"}:
            return False
        raise
    return True


def setting(bot: Bot, id: str) -> Exchange[object]:
    """A setting's value; None where the release has none of this id, or hides it."""
    try:
        return (yield from get_as(bot, f"{API}/settings/{id}")).get("value")
    except Rejected as error:
        if error.code == UNKNOWN:
            return None
        raise


def write_setting(bot: Bot, id: str, value: object, factor: SecondFactor | None = None) -> Exchange[None]:
    """Change a setting. SecondFactorWanted where it takes one, and `factor` is none or wrong."""
    headers = login(bot) | ({"X-2fa-method": factor.method, "X-2fa-code": factor.code} if factor else {})
    reply = yield Request("POST", f"{API}/settings/{id}", json={"value": value}, headers=headers)
    try:
        answered(reply)
    except Rejected as error:
        if error.code in {"totp-required", "totp-invalid"}:
            raise SecondFactorWanted(_method(reply.body)) from error
        raise


def roles_with(bot: Bot, permission: str = BYPASS) -> Exchange[frozenset[str] | None]:
    """Which roles have a permission; None where Rocket.Chat does not list it."""
    return results.roles_with((yield from get_as(bot, f"{API}/permissions.listAll")), permission)


def add_role(bot: Bot, username: str, role: str) -> Exchange[None]:
    """Give an account a role: an administrator's right."""
    yield from send("POST", f"{API}/roles.addUserToRole", {"roleId": role, "username": username}, bot=bot)


def remove_role(bot: Bot, username: str, role: str) -> Exchange[None]:
    """Take a role from an account."""
    yield from send("POST", f"{API}/roles.removeUserFromRole", {"roleId": role, "username": username}, bot=bot)


def add_custom_field(bot: Bot, id: str) -> Exchange[None]:
    """Define a custom field of visitors, a line of text that nobody must fill. Has a route from 7.11 on."""
    about = {"field": id, "label": id, "scope": "visitor", "visibility": "visible", "regexp": ""}
    yield from send("POST", livechat("custom-fields.save"), {"customFieldId": None, "customFieldData": about}, bot=bot)


def remove_custom_field(bot: Bot, id: str) -> Exchange[None]:
    """Take a custom field away again, by the same releases."""
    yield from send("POST", livechat("custom-fields.delete"), {"customFieldId": id}, bot=bot)


def _method(body: bytes) -> str:
    return text_or_none(object_of(body), "details", "method") or "totp"
