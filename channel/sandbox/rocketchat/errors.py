"""What Rocket.Chat refuses, and the shapes it refuses in."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from .profile import ErrorStyle, Profile

_LAST_WITHOUT_SUCCESS_KEY = 6


class Refused(Exception):
    """Something the server will not do; `body` is how this release says so."""

    status: int = HTTPStatus.BAD_REQUEST
    headers: Mapping[str, str] = {}

    def body(self, profile: Profile) -> dict[str, Any]:
        """Return the answer's body. Shape 6, of a route that fails without a word."""
        return {"success": False}


class Failure(Refused):
    """Code threw a plain `Error(text)`: shape 2, or 1 up to 5.x."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def body(self, profile: Profile) -> dict[str, Any]:
        """Return the text and no `errorType`."""
        if profile.errors is ErrorStyle.CAUGHT:
            return _caught(self.text, None)
        return {"success": False, "error": self.text}


class MeteorError(Refused):
    """Code threw a `Meteor.Error(code, reason)`: shape 3, or 1 up to 5.x."""

    def __init__(self, code: str, reason: str | None = None, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason
        self.details = details

    def body(self, profile: Profile) -> dict[str, Any]:
        """Return the reason with its code in brackets, and the code again as `errorType`."""
        details = {"details": dict(self.details)} if self.details else {}
        if profile.errors is ErrorStyle.CAUGHT:
            return _caught(self.code, self.reason) | details
        text = _bracketed(self.code, self.reason)
        return {"success": False, "error": text, "errorType": self.code, **details}


class BadParameters(Refused):
    """The route's schema rejected the request: shape 4, or 4b."""

    def __init__(self, text: str, *, in_query: bool) -> None:
        super().__init__(text)
        self.text = text
        self.in_query = in_query

    def body(self, profile: Profile) -> dict[str, Any]:
        """Return the validator's sentence."""
        match profile.errors:
            case ErrorStyle.CAUGHT:
                return _mismatch(self.text)
            case ErrorStyle.THROWN:
                return {"success": False, "error": f"{self.text} [invalid-params]", "errorType": "invalid-params"}
            case ErrorStyle.ROUTER:
                code = "error-invalid-params" if self.in_query else "invalid-params"
                return {"success": False, "error": self.text, "errorType": code}


class Mismatch(Refused):
    """A `check()` in the route's code failed: shape 5, or 1 up to 5.x."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def body(self, profile: Profile) -> dict[str, Any]:
        """Return Meteor's sentence."""
        if profile.errors is ErrorStyle.CAUGHT:
            return _mismatch(self.text)
        return {"success": False, "error": f"Match error: {self.text}"}


class NotLoggedIn(Refused):
    """The route needs a login."""

    status = HTTPStatus.UNAUTHORIZED

    def body(self, profile: Profile) -> dict[str, Any]:
        """Return the sentence; up to 6.13 there is no `success` key."""
        sentence = "You must be logged in to do this."
        if int(profile.version.split(".")[0]) <= _LAST_WITHOUT_SUCCESS_KEY:
            return {"status": "error", "message": sentence}
        return {"success": False, "status": "error", "error": sentence, "message": sentence}


class LoginFailed(Refused):
    """The password, or the user, is wrong."""

    status = HTTPStatus.UNAUTHORIZED

    def body(self, profile: Profile) -> dict[str, Any]:
        """Return the body of `POST login`, which has `status` and no `success`."""
        return {"status": "error", "error": "Unauthorized", "message": "Unauthorized"}


class NotPermitted(Refused):
    """The user lacks a permission."""

    status = HTTPStatus.FORBIDDEN

    def body(self, profile: Profile) -> dict[str, Any]:
        """Return the same sentence for every permission."""
        sentence = "User does not have the permissions required for this action [error-unauthorized]"
        return {"success": False, "error": sentence}


class UnknownPath(Refused):
    """There is no such endpoint in this release."""

    status = HTTPStatus.NOT_FOUND

    def body(self, profile: Profile) -> dict[str, Any]:
        """Return the body of a path nobody serves."""
        return {"success": False, "error": "API endpoint does not exist"}


class WrongMethod(Refused):
    """The endpoint exists, for another method."""

    status = HTTPStatus.METHOD_NOT_ALLOWED

    def __init__(self, allowed: str) -> None:
        super().__init__(allowed)
        self.headers = {"Allow": allowed}

    def body(self, profile: Profile) -> dict[str, Any]:
        """Return the body of 6.13, without a `success` key."""
        return {"status": "error", "message": "API endpoint does not exist"}


class TooManyRequests(Refused):
    """The limiter's answer; there is no `Retry-After`."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds

    def body(self, profile: Profile) -> dict[str, Any]:
        """Return the sentence that names the seconds to wait."""
        sentence = (
            f"Error, too many requests. Please slow down. You must wait {self.seconds} seconds "
            "before trying this endpoint again. [error-too-many-requests]"
        )
        return {"success": False, "error": sentence}


def _bracketed(code: str, reason: str | None) -> str:
    return f"{reason} [{code}]" if reason else f"[{code}]"


def _caught(code: str, reason: str | None) -> dict[str, Any]:
    said = {"reason": reason} if reason else {}
    return {
        "isClientSafe": True,
        "error": code,
        **said,
        "message": _bracketed(code, reason),
        "errorType": "Meteor.Error",
        "success": False,
    }


def _mismatch(text: str) -> dict[str, Any]:
    return {"message": f"Match error: {text}", "path": "", "errorType": "Match.Error", "success": False}
