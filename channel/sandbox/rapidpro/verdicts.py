"""What courier makes of an answer to a send."""

from dataclasses import dataclass
from http import HTTPStatus

from .versions import Version

WIRED, ERRORED, FAILED = "wired", "errored", "failed"


@dataclass(frozen=True)
class Verdict:
    """The message's next status, why, and what the channel log says about it."""

    status: str
    reason: str = ""
    log: str = ""


_SENTENCES = {
    "connection_failed": "Connection to server failed.",
    "connection_throttled": "Connection to server has been rate limited.",
    "response_status": "Response has non-success status code.",
    "response_content": "Response content indicates non-success.",
    "channel_config": "Channel configuration is missing required values.",
}


def unconfigured() -> Verdict:
    """The channel has no send URL."""
    return Verdict(FAILED, "channel_config", _SENTENCES["channel_config"])


def judge(version: Version, status: int | None, body: str, response_check: str) -> Verdict:
    """The verdict on one part: its answer's status (None: there was no answer) and body."""
    reason = _complaint(status, body, response_check)
    if not reason:
        return Verdict(WIRED)
    if not version.final_refusals:
        log = f"Expected response to be '{response_check}'." if reason == "response_content" else ""
        return Verdict(ERRORED, reason, log)
    if reason == "connection_throttled" and not version.retries_429:
        reason = "response_status"
    final = reason in {"response_status", "response_content"}
    return Verdict(FAILED if final else ERRORED, reason, _SENTENCES[reason])


def _complaint(status: int | None, body: str, response_check: str) -> str:
    if status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "connection_failed"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "connection_throttled"
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return "response_status"
    return "" if response_check in body else "response_content"
