"""One JSON line an event. Texts, tokens and URLs with queries are never handed to it; see docs/operations.md."""

import logging
import sys
from typing import Any

import structlog

log: structlog.stdlib.BoundLogger = structlog.get_logger("live-agents")


def configure(level: str, *, as_json: bool) -> None:
    """Write to standard error: JSON for machines, or a readable line for people."""
    number = logging.getLevelNamesMapping()[level]
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Other libraries' loggers name whole URLs and queries.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True)
