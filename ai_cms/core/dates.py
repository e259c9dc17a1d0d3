"""Dates and times as browsers ask for them: one labelled field each, whatever the language of the site."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.db import models
from django.utils import timezone

__all__ = ["native_field"]


class _NativeInput(forms.DateTimeInput):
    """An input of a browser's own kind; it takes and gives ISO 8601 alone, seconds only where there are any."""

    def format_value(self, value: Any) -> str | None:
        if isinstance(value, datetime.datetime):
            local = timezone.localtime(value) if timezone.is_aware(value) else value
            return local.replace(tzinfo=None).isoformat(timespec="seconds" if local.second else "minutes")
        if isinstance(value, datetime.time):
            return value.isoformat(timespec="seconds" if value.second else "minutes")
        return value.isoformat() if isinstance(value, datetime.date) else value


_KINDS: dict[Any, tuple[str, list[str]]] = {
    models.DateTimeField: ("datetime-local", ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]),
    models.DateField: ("date", ["%Y-%m-%d"]),
    models.TimeField: ("time", ["%H:%M", "%H:%M:%S"]),
}


def native_field(db_field: object, **options: object) -> forms.Field | None:
    """Return the form field of a date, time or point in time; ``None`` for any other, or where a widget is asked for."""
    if "widget" in options or getattr(db_field, "choices", None):
        return None
    for kind, (name, formats) in _KINDS.items():
        if isinstance(db_field, kind):
            widget = _NativeInput(attrs={"type": name})
            made: forms.Field | None = db_field.formfield(**options, widget=widget)
            accepted: Any = getattr(made, "input_formats", None)
            if made is not None and accepted is not None:
                made.input_formats = [*formats, *accepted]  # type: ignore[attr-defined]
            return made
    return None
