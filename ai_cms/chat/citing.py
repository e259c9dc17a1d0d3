"""The sources of one answer: what its tools have found, by the numbers that the model was told, and what it cites, by its own.

Both are stored with the message, so that an answer that waited for a person, or goes on after it was cut off, numbers on.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from ai_cms.core.jsontypes import JsonObject
from ai_cms.llm.citations import CitationFilter
from ai_cms.llm.retrieval import Source, Sources

from .models import Message

__all__ = ["CITING_TOOL", "Citing", "kept_citations"]

#: The tool whose results are cited; without it, ``[1]`` is a text like any other.
CITING_TOOL = "search_passages"
_FIELDS = frozenset(item.name for item in fields(Source))


class Citing:
    """Check the markers of an answer while it is written.

    ``found``: the sources of its tools. ``cited``: those of its text. ``is_on``: false where nothing can be cited.
    """

    def __init__(self, message: Message) -> None:
        self.found = Sources(_source(item) for entry in message.rounds for item in entry.get("sources", ()))
        self.cited = Sources(map(_source, message.citations))
        self.is_on = False
        self._message = str(message.pk)
        self._told = len(self.cited)
        self._stored = len(self.found)
        self._before: list[Source] = []
        self._filter = CitationFilter(self.found)

    def begin(self) -> None:
        """Begin with what a model writes next."""
        self._before = list(self.cited)
        self._filter = CitationFilter(self.found)
        self._filter.cited = self.cited

    def begin_anew(self) -> None:
        """Forget what was read since begin()."""
        self.cited = Sources(self._before)
        self._told = len(self.cited)
        self.begin()

    def feed(self, piece: str) -> str:
        """Return what is certain of the text after one more piece."""
        return self._filter.feed(piece) if self.is_on else piece

    def close(self) -> str:
        """Return the rest of what the model has written."""
        return self._filter.close() if self.is_on else ""

    def news(self) -> list[JsonObject]:
        """Return the data of the events about what is cited for the first time."""
        numbers = range(self._told + 1, len(self.cited) + 1)
        self._told = len(self.cited)
        rows = self.cited.to_json()
        return [{"id": f"{self._message}-{number}", "source": rows[number - 1]} for number in numbers]

    def keep_found(self, entry: JsonObject) -> None:
        """Store with a round of calls what they have found."""
        rows = self.found.to_json()[self._stored :]
        self._stored = len(self.found)
        if rows:
            entry["sources"] = [*entry.get("sources", ()), *rows]


def kept_citations(message: Message, events: list[JsonObject]) -> list[JsonObject]:
    """Return the citations of an answer whose process is gone: of those stored and told, what its text cites."""
    told = [data["source"] for data in events if str(data.get("id", "")).startswith(f"{message.pk}-")]
    by_number = {item["number"]: item for item in [*message.citations, *told]}
    return [by_number[number] for number in sorted(by_number) if f"[{number}]" in message.content]


def _source(item: JsonObject) -> Source:
    values: dict[str, Any] = {name: value for name, value in item.items() if name in _FIELDS}
    required = {"key": str(item.get("number", "")), "title": "", "url": "", "text": ""}
    return Source(**{**required, **values, "heading": tuple(values.get("heading", ()))})
