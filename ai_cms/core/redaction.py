"""Keep credentials out of logs, and texts from elsewhere on one line of them.

Put the filter on the handlers of the project's ``LOGGING``::

    "filters": {"secrets": {"()": "ai_cms.core.redaction.RedactSecrets"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["secrets"]}},
"""

from __future__ import annotations

import logging
import re

__all__ = ["RedactSecrets", "one_line", "redact"]

_TOKEN = re.compile(r"(aicms_[A-Za-z0-9_-]{4})[A-Za-z0-9_-]{8,}")
_HEADER = re.compile(
    r"""(?P<name>(?:http_|proxy[-_])?authorization["']?\s*[:=,]\s*(?:b?["'])?)(?P<scheme>(?:bearer|basic|token|digest)\s+)?"""
    r"""(?P<value>[^\s"',;)\]}]+)""",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(?P<scheme>\bbearer\s+)(?P<value>[A-Za-z0-9._~+/=-]{12,})", re.IGNORECASE)
_MASK = "[redacted]"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def redact(text: str) -> str:
    """Return ``text`` with API tokens and values of Authorization headers masked."""
    text = _TOKEN.sub(rf"\1{_MASK}", text)
    text = _HEADER.sub(lambda found: f"{found['name']}{found['scheme'] or ''}{_MASK}", text)
    return _BEARER.sub(rf"\g<scheme>{_MASK}", text)


def one_line(text: str) -> str:
    """Return a text from elsewhere as one line that looks like no other entry: white space as a blank, control characters
    escaped."""
    return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode(), " ".join(text.split()))


class RedactSecrets(logging.Filter):
    """Mask credentials in the message, its arguments and the traceback of every record; let every record through."""

    _formatter = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact(record.getMessage())
        record.args = ()
        if record.exc_info and not record.exc_text:
            record.exc_text = self._formatter.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        return True
