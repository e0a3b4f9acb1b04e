"""What an answer says that a peer would not have given: the address is another's, leads elsewhere, or nobody is in."""

import re
from http import HTTPStatus

from channel.core.errors import ProtocolError
from channel.core.exchange import Reply

_ADDRESS = re.compile(r"(https?://[^/\s?#]{1,200})[!-~]*")


def elsewhere(reply: Reply, peer: str) -> ProtocolError:
    """What to tell of a base URL at which something answered, and no `peer` did: a sentence that begins with `it`."""
    if HTTPStatus.MULTIPLE_CHOICES <= reply.status < HTTPStatus.BAD_REQUEST:
        leads = _ADDRESS.match(reply.headers.get("location", ""))
        where = f"leads to {leads[1]}: give the address where it ends" if leads else f"redirects ({reply.status})"
        return ProtocolError("redirects", f"it {where}")
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR or reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        return ProtocolError("away", f"it answers {reply.status}, as one that is away or too busy: try again later")
    return ProtocolError("no_such_peer", f"it answers {reply.status}, but not as a {peer} does: give {peer}'s base URL")
