"""What `live-agents connect --json` prints, pasted into the simulated peers as people paste it into the real ones."""

from collections.abc import Mapping
from typing import Any

from .rapidpro import External, RapidPro, set_up_b
from .rapidpro.records import Channel
from .rocketchat import RocketChat


def paste(connected: Mapping[str, Mapping[str, Any]], rapidpro: RapidPro, rocketchat: RocketChat) -> Channel:
    """Set-up b: Rocket.Chat's page of webhooks, RapidPro's form and flows. Returns the External channel."""
    rocketchat.connect(connected["workspace"]["webhook_url"], connected["workspace"]["webhook_secret"])
    return set_up_b(rapidpro, external(connected["channel"])).external


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
