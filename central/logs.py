"""The server's log: one JSON object a line on standard output, with the request's id and without secrets."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog

from pos.domain.redaction import HIDDEN, redact

_SECRET_NAMES = (
    "password",
    "secret",
    "token",
    "authorization",
    "code",
    "pin",
    "phone",
    "key",
    "cookie",
    "digits",
)
_NOT_SECRET = frozenset({"error_code", "status_code"})

type_of_event = MutableMapping[str, Any]


def hide_secrets(_logger: object, _method: str, event: type_of_event) -> type_of_event:
    """Hide values whose name says that they are secret, and anything in a text that looks like one."""
    return {name: _clean(name, value) for name, value in event.items()}


def _clean(name: str, value: Any) -> Any:
    if _is_secret(name) and value is not None:
        return HIDDEN
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {str(key): _clean(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(name, inner) for inner in value]
    return value


def _is_secret(name: str) -> bool:
    words = name.lower().replace("-", "_").split("_")
    return name not in _NOT_SECRET and any(word in _SECRET_NAMES for word in words)


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def start_logs(level: str, stream: TextIO | None = None) -> logging.Handler:
    """Send every record of this process, of our loggers and of libraries, through one writer."""
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                hide_secrets,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = name != "uvicorn.access"
    for noisy in ("alembic", "httpx", "httpx2", "httpcore"):
        logging.getLogger(noisy).setLevel("WARNING")
    return handler


def prepare_loggers() -> None:
    """Let structlog's loggers write through the standard library's; called once per process."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module."""
    return structlog.stdlib.get_logger(name)
