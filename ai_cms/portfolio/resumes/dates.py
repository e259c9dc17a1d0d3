"""Dates as JSON Resume has them: as exact as they are known."""

from __future__ import annotations

import re

from django.utils.dates import MONTHS

__all__ = ["is_date", "shown_date"]

#: The definition ``iso8601`` of the schema, 1.0.0; 2014-13 is one, 2014-6 is none.
_DATE = re.compile(r"[1-2][0-9]{3}(?:-[0-1][0-9](?:-[0-3][0-9])?)?", re.ASCII)


def is_date(value: object) -> bool:
    """Return whether ``value`` is a date of JSON Resume, such as ``2014``, ``2014-06`` or ``2014-06-29``."""
    return isinstance(value, str) and _DATE.fullmatch(value) is not None


def shown_date(value: str) -> str:
    """Return a date as people read it, in the language in use: ``June 2014``; what is none stays as it is."""
    if not is_date(value):
        return value
    year, _dash, rest = value.partition("-")
    month = int(rest[:2] or 0)
    if month not in MONTHS:
        return year
    return f"{MONTHS[month]} {year}"
