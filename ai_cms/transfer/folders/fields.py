"""Front matter by kind: the texts, words, moments and switches that importers ask for, in every spelling people use."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from django.utils import timezone

__all__ = ["FrontMatter", "read_moment"]

_TRUE = frozenset({"true", "yes", "on", "1", "y"})
_FALSE = frozenset({"false", "no", "off", "0", "n", ""})
_ISO = re.compile(
    r"(?P<year>[0-9]{4})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})"
    r"(?:(?:T|[ ]+)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]+)?)?"
    r"[ ]*(?P<zone>Z|UTC|GMT|(?P<hours>[-+][0-9]{1,2})(?::?(?P<minutes>[0-9]{2}))?)?)?\Z",
    re.IGNORECASE,
)
_WRITTEN = ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%B %d %Y", "%Y-%m-%d %I:%M %p")


def read_moment(value: object, zone: datetime.tzinfo | None = None) -> datetime.datetime | None:
    """Return the moment that a text says, ``None`` for one that says none. ``zone``: of those that name none."""
    text = str(value).strip()
    found: datetime.datetime | None = None
    try:
        if match := _ISO.match(text):
            parts = [int(match[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")]
            found = datetime.datetime(*parts)  # type: ignore[arg-type]
            if stated := match["zone"]:
                offset = 0
                if match["hours"]:
                    offset = abs(int(match["hours"])) * 60 + int(match["minutes"] or 0)
                    offset = -offset if stated[0] == "-" else offset
                found = found.replace(tzinfo=datetime.timezone(datetime.timedelta(minutes=offset)))
        elif re.search(r"[A-Za-z]", text):
            for form in _WRITTEN:
                try:
                    found = datetime.datetime.strptime(text, form)
                    break
                except ValueError:
                    continue
            found = found or parsedate_to_datetime(text)
        if found is not None and timezone.is_naive(found):
            found = timezone.make_aware(found, zone)
        return found.astimezone(datetime.UTC) if found is not None else None
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


class FrontMatter:
    """The values of one file. ``warn``: called for what cannot be used; it stays in :meth:`rest`."""

    def __init__(self, values: Mapping[str, object], understood: frozenset[str], warn: Callable[[str], None]) -> None:
        self.values = {key.lower() if key.lower() in understood else key: value for key, value in values.items()}
        self.understood = understood
        self.warn = warn
        self.unused: set[str] = set()
        self._spelled = {key.lower(): key for key in self.values}

    def get(self, name: str) -> Any:
        """Return a value by its name in small letters, however the file spells it."""
        return self.values.get(self._spelled.get(name, name))

    def text(self, *names: str) -> str:
        """Return the first of the values that is there, as one text."""
        for name in names:
            value = self.values.get(name)
            if value is None or value == "":
                continue
            if isinstance(value, dict | list):
                texts = _texts(value)
                if isinstance(value, dict) and "name" not in value:
                    self.refuse(name, "is no text")
                    continue
                return ", ".join(texts)
            return str(value).strip()
        return ""

    def words(self, *names: str, spaced: bool = False) -> list[str]:
        """Return a list of words: of a list, or of a text with commas (``spaced``: with blanks)."""
        found: list[str] = []
        for name in names:
            value = self.values.get(name)
            if isinstance(value, dict):
                self.refuse(name, "is no list of words")
            elif isinstance(value, list):
                found += _texts(value)
            elif value is not None:
                text = str(value)
                found += text.split() if spaced and "," not in text else text.split(",")
        return list(dict.fromkeys(word.strip() for word in found if word.strip()))

    def flag(self, name: str, default: bool, *, unclear: bool) -> bool:
        """Return a switch. ``unclear``: what a value that says neither counts as; it is warned of."""
        value = self.get(name)
        if value is None:
            return default
        word = str(value).strip().lower()
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        self.refuse(name, "is neither true nor false")
        return unclear

    def number(self, *names: str) -> int | float | None:
        """Return the first of the values that is a number."""
        for name in names:
            value = self.values.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return value
            if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,9}(\.[0-9]{1,9})?\s*", value):
                return float(value) if "." in value else int(value)
            if value is not None:
                self.refuse(name, "is no number")
        return None

    def moment(self, name: str) -> datetime.datetime | None:
        """Return a moment: a text, or the one called ``created`` of several, as Material for MkDocs has them."""
        value = whole = self.get(name)
        if isinstance(whole, dict):
            value = next((whole[key] for key in whole if str(key).lower() == "created"), whole)
        if value is None or value == "":
            return None
        found = read_moment(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
        if found is None:
            self.refuse(name, "is no date that can be read")
        elif isinstance(whole, dict):
            # The others, such as when it was updated, are kept with it.
            self.unused.add(name)
        return found

    def refuse(self, name: str, reason: str) -> None:
        """Say that a value was not used; it stays in the metadata."""
        if name not in self.unused:
            self.unused.add(name)
            self.warn(f"“{name}” {reason} ({str(self.get(name))[:80]!r}); it was kept in the metadata alone.")

    def rest(self) -> dict[str, Any]:
        """Return what nobody has used."""
        return {key: value for key, value in self.values.items() if key not in self.understood or key in self.unused}


def _texts(value: object) -> list[str]:
    """Return the texts of a list, or of mappings that have a name."""
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    if isinstance(value, dict):
        return _texts(value.get("name") or value.get("title") or "")
    text = "" if value is None else str(value).strip()
    return [text] if text else []
