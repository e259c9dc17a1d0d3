"""The rows that a text about somebody may draw on, each with an id by which a claim names it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ai_cms.core.jsontypes import JsonMapping

__all__ = ["ENTRY_SECTIONS", "Source", "resume_sources", "row_source"]

#: The lists of a résumé that say what somebody did; what others wrote of them is not theirs to claim.
ENTRY_SECTIONS = (
    "work",
    "volunteer",
    "education",
    "awards",
    "certificates",
    "publications",
    "skills",
    "languages",
    "interests",
    "projects",
)
#: No text needs them, so no model gets them.
_LEFT_OUT = frozenset({"url", "image", "email", "phone", "licenseNumber"})


@dataclass(frozen=True)
class Source:
    """What one row says. ``id``: ``basics``, ``work/0`` (an entry of the résumé), ``project:7`` or ``skill:3`` (a row).

    ``label``: what a person calls it. ``text``: its facts, one a line.
    """

    id: str
    label: str
    text: str

    def to_json(self) -> dict[str, str]:
        """Return it as a model is given it."""
        return {"id": self.id, "text": self.text}


def resume_sources(content: JsonMapping) -> list[Source]:
    """Return the sources in a JSON Resume: its head without what is private, and each entry of each list."""
    found: list[Source] = []
    basics = content.get("basics")
    if isinstance(basics, dict):
        head = {name: basics[name] for name in ("label", "summary") if basics.get(name)}
        if head:
            found.append(row_source("basics", str(head.get("label", "")), head))
    for section in ENTRY_SECTIONS:
        entries = content.get(section)
        for number, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict):
                source = row_source(f"{section}/{number}", _label(entry), entry)
                if source.text:
                    found.append(source)
    return found


def row_source(key: str, label: str, values: object) -> Source:
    """Return a source of what ``values`` hold: texts and numbers, at any depth."""
    return Source(key, label or key, "\n".join(_texts(values)))


def _label(entry: JsonMapping) -> str:
    names = ("position", "studyType", "name", "organization", "institution", "title", "language")
    return ", ".join(str(entry[name]) for name in names if isinstance(entry.get(name), str) and entry[name])


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in _LEFT_OUT:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
        yield str(value).strip()
