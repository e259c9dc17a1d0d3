"""The footnotes of a WordPress text: they stand in a custom field, their numbers in the text."""

from __future__ import annotations

import json
from html import escape

__all__ = ["notes_html"]

MAX_NOTES = 1_000


def notes_html(field: str) -> str:
    """Return the notes of the custom field ``footnotes`` as a list that the numbers lead to, and back; "" for none."""
    try:
        found = json.loads(field) if field.strip() else []
    except (ValueError, RecursionError):
        return ""
    items = []
    for note in found[:MAX_NOTES] if isinstance(found, list) else ():
        if not isinstance(note, dict) or not isinstance(note.get("content"), str):
            continue
        name = escape(str(note.get("id") or ""))
        back = f' <a href="#{name}-link">↩︎</a>' if name else ""
        items.append(f'<li id="{name}">{note["content"]}{back}</li>')
    return f"<ol>{''.join(items)}</ol>" if items else ""
