"""What `live-agents connect --json` prints, pasted into the simulated peers as people paste it into the real ones."""

from collections.abc import Mapping
from typing import Any

from .rapidpro import External, RapidPro, set_up_a, set_up_b
from .rapidpro.records import Channel
from .rocketchat import RocketChat


def paste(connected: Mapping[str, Mapping[str, Any]], rapidpro: RapidPro, rocketchat: RocketChat) -> Channel:
    """Set-up b: Rocket.Chat's page of webhooks, RapidPro's form and flows. Returns the External channel."""
    _paste_webhook(connected, rocketchat)
    return set_up_b(rapidpro, external(connected["channel"])).external


def paste_calls(
    connected: Mapping[str, Mapping[str, Any]],
    rapidpro: RapidPro,
    rocketchat: RocketChat,
    *,
    keyword: str,
    registration: Mapping[str, Any] | None = None,
) -> None:
    """Set-up a: Rocket.Chat's page of webhooks, and RapidPro's flows with what they call."""
    _paste_webhook(connected, rocketchat)
    calls = connected["live_agents"]
    url, authorization = str(calls["url"]), str(calls["authorization"])
    set_up_a(rapidpro, url, authorization, keyword=keyword, registration=registration)


def _paste_webhook(connected: Mapping[str, Mapping[str, Any]], rocketchat: RocketChat) -> None:
    workspace = connected["workspace"]
    rocketchat.connect(str(workspace["webhook_url"]), str(workspace["webhook_secret"]))


def external(channel: Mapping[str, Any]) -> External:
    """RapidPro's External API form, filled in."""
    return External(
        send_url=str(channel["send_url"]),
        method=str(channel["method"]),
        body=str(channel["body"]),
        content_type=str(channel["content_type"]),
        max_length=int(channel["max_length"]),
        send_authorization=str(channel["send_authorization"]),
        mt_response_check=str(channel["mt_response_check"]),
    )
