"""One JSON line an event, whatever is in it.

Texts, tokens and URLs with queries are never handed to it; see docs/operations.md.
"""

import logging
import sys
from types import TracebackType
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
    # Other libraries' loggers name whole URLs and queries in what is no warning.
    logging.basicConfig(level=logging.WARNING, handlers=[_Libraries()], force=True)
    logging.captureWarnings(True)
    # It warns of every request that is none, and anybody can send those.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    if as_json:
        sys.excepthook = _crashed


class _Libraries(logging.Handler):
    """What libraries say, as an event of ours: their own lines are no JSON, and may be several."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except Exception:  # somebody else's arguments: whoever logs is not to fail for them
            message = str(record.msg)
        if record.levelno >= logging.ERROR:
            log.error("library", logger=record.name, message=message, exc_info=record.exc_info)
        else:
            log.warning("library", logger=record.name, message=message, exc_info=record.exc_info)


def _crashed(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """The end of the process by an error of our own."""
    log.critical("crashed", error=kind.__name__, exc_info=(kind, error, traceback))
