"""What Postgres cannot hold in a text leaves it here, and nothing else."""

import re

_SURROGATES = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """The same text without NUL characters, and with U+FFFD for each surrogate that stands alone."""
    return _SURROGATES.sub("\ufffd", text.replace("\0", ""))
