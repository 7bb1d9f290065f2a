"""Logs: one line an event, as JSON or for a terminal, and no secret in any of them.

Everything that is logged, by us or by a library, passes `redact` as finished text: tracebacks too.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable
from typing import TextIO

import structlog
from structlog.typing import Processor

from reviewer.settings import Secret

_SECRETS = (
    (re.compile(r"\b(?:gh[a-z]_|github_pat_)[A-Za-z0-9._-]{10,}"), "[token]"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)?"), "[token]"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), "[key]"),
    (re.compile(r"(?i)\b((?:basic|bearer|token) )[A-Za-z0-9+/=._~-]{16,}"), r"\1[token]"),
    (re.compile(r"([a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+@"), r"\1[password]@"),
)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` with every `secrets` and everything that looks like a token, key or password taken out."""
    for secret in secrets:
        text = text.replace(secret, "[secret]")
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def configure_logs(level: str = "INFO", secrets: Iterable[Secret] = (), stream: TextIO | None = None) -> None:
    """Send all logs of this process at `level` and above to `stream` (standard error), without `secrets`."""
    stream = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    form: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if stream.isatty():
        form = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, form]
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Redacting(formatter, tuple(secret.reveal() for secret in secrets)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    engine = logging.getLogger("dbos")  # it brings a handler of its own unless it finds one
    engine.handlers[:] = [handler]
    engine.propagate = False
    for chatty in ("dbos", "urllib3", "github", "sqlalchemy"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class _Redacting(logging.Formatter):
    def __init__(self, inner: logging.Formatter, secrets: tuple[str, ...]) -> None:
        super().__init__()
        # As they are and as JSON has them; short ones would tear ordinary words apart.
        self._secrets = tuple({form for s in secrets if len(s) >= 8 for form in (s, s.replace("\n", "\\n"))})
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return redact(self._inner.format(record), self._secrets)
