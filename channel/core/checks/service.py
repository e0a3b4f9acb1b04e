"""Is it our service that answers at the public URL, and does it answer Rocket.Chat as Rocket.Chat wants?"""

from http import HTTPStatus
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from channel.core.checks.finding import Check, Finding, Heard, doubtful, fine, not_checked, wrong

#: so long Rocket.Chat waits for us where nobody has chosen another time
TIMEOUT: Final = 5.0
#: an answer that takes this part of that time may take all of it on a bad day
SLOW: Final = 5

_ALIVE: Final = b'{"status":"alive"}'
_SAME_PLACE: Final = (
    "run the doctor with the same DATABASE_URL and LIVE_AGENTS_PUBLIC_URL as the service, and see that the name and "
    "the proxy lead to this service"
)


def public_url(url: str, heard: Heard, *, peers_are_elsewhere: bool) -> Finding:
    """`heard`: what came from its `/healthz`. `peers_are_elsewhere`: at least one is not in a private network."""
    check = Check.PUBLIC_URL
    if heard.trouble:
        advice = "start the service (`live-agents serve`), or set LIVE_AGENTS_PUBLIC_URL to where it can be reached"
        return wrong(check, f"{url} does not answer: {heard.trouble}", advice)
    if HTTPStatus.MULTIPLE_CHOICES <= heard.status < HTTPStatus.BAD_REQUEST:
        advice = (
            "set LIVE_AGENTS_PUBLIC_URL to the final address and paste the URLs anew: a redirect makes RapidPro's "
            "requests empty"
        )
        return wrong(check, f"{url} answers with a redirect ({heard.status})", advice)
    if not is_there(heard):
        return wrong(check, f"something else than Live Agents answers at {url} ({heard.status})", _SAME_PLACE)
    if peers_are_elsewhere and is_private(url):
        advice = "set LIVE_AGENTS_PUBLIC_URL to the address by which RapidPro and Rocket.Chat reach the service"
        return wrong(check, f"{url} is an address that a peer elsewhere cannot reach", advice)
    if peers_are_elsewhere and not url.startswith("https://"):
        advice = "put a proxy with a certificate in front, and set LIVE_AGENTS_PUBLIC_URL to its https:// address"
        return doubtful(check, f"{url} is not encrypted: secrets and words pass in clear", advice)
    return fine(check, f"the service answers at {url}")


def is_there(heard: Heard) -> bool:
    """Is it Live Agents that has answered? Nobody else is shown a secret."""
    return heard.status == HTTPStatus.OK and heard.body.strip() == _ALIVE


def webhook(heard: Heard, *, noted: bool) -> Finding:
    """`heard`: what came of Rocket.Chat's sample; `noted`: it is in the database of this very installation."""
    check = Check.WEBHOOK
    if heard.trouble:
        return not_checked(check, f"the webhook URL does not answer: {heard.trouble}")
    if heard.status == HTTPStatus.UNAUTHORIZED:
        return wrong(check, "the service at the public URL does not know this workspace, or its secret", _SAME_PLACE)
    if heard.status != HTTPStatus.OK:
        advice = "look at the service's log, and at what a proxy before it lets pass: bodies of 16 MiB have to"
        return wrong(check, f"it answers Rocket.Chat's event with {heard.status}; only 200 will do", advice)
    if not noted:
        return wrong(check, "it took Rocket.Chat's event, and put it in another database than this one", _SAME_PLACE)
    if heard.body:
        advice = "have the proxy before it pass answers on as they are: Rocket.Chat keeps what stands there in the room"
        return doubtful(check, "it answers 200 with a body, which is not ours", advice)
    return fine(check, "it takes Rocket.Chat's events, answers 200, and is this installation")


def answer_time(heard: Heard, timeout: float = TIMEOUT) -> Finding:
    """`timeout`: how long Rocket.Chat waits, in seconds."""
    check = Check.ANSWER_TIME
    if heard.trouble or heard.status != HTTPStatus.OK:
        return not_checked(check, "the event was not taken")
    took = f"our answer took {heard.seconds:.2f} s; Rocket.Chat waits {timeout:g} s"
    if heard.seconds >= timeout:
        advice = "see what keeps the database, and set Livechat_http_timeout in Rocket.Chat to 5000"
        return wrong(check, f"{took}: the event would come again, or be lost", advice)
    if heard.seconds * SLOW >= timeout:
        return doubtful(check, took, "see how long the database takes, and the way from Rocket.Chat to the service")
    return fine(check, took)


def is_private(url: str) -> bool:
    """Does the URL itself name an address that is not public? A name says nothing before it is resolved."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host
