"""Keep secrets out of the log."""

from __future__ import annotations

import logging
import re

__all__ = ["RedactingFormatter"]

_SECRETS = (
    # user:password@ in URLs; Authorization headers; name=value and "name": "value" of anything that sounds secret.
    (re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"), "***:***"),
    (re.compile(r"(?i)\b(bearer|basic|token)\s+[\w.~+/=-]{8,}"), r"\1 ***"),
    (
        re.compile(
            r"""(?ix) (["']?\b[\w-]*(?:password|passwd|secret|api_?key|token|sessionid|csrf\w*)["']?\s*[=:]\s*["']?)"""
            r"""[^\s"'&,;}]+"""
        ),
        r"\1***",
    ),
    (re.compile(r"\bsk-[\w-]{8,}"), "sk-***"),
)


class RedactingFormatter(logging.Formatter):
    """Format a record, exceptions included, with passwords, tokens and keys blotted out."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for pattern, replacement in _SECRETS:
            line = pattern.sub(replacement, line)
        return line
