"""The markers ``[n]`` in an answer: those of no source are dropped, the others numbered in the order of their appearance.

A filter reads character by character, so that a streamed answer comes out the same wherever it was cut::

    citations = CitationFilter(sources)
    for piece in pieces:
        show(citations.feed(piece))
    show(citations.close())
    citations.cited                      # the sources by their new numbers
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .retrieval import Source, Sources

__all__ = ["CheckedAnswer", "CitationFilter", "check_citations"]

#: Of one to three digits: "[2026]" is a year. Some models write 【3†source】.
_MARKER = re.compile(r"\[\s*\d{1,3}(?:\s*[,;]\s*\d{1,3})*\s*\]|【\s*\d{1,3}(?:†[^】]*)?】", re.ASCII)
_NUMBER = re.compile(r"\d+", re.ASCII)
#: What may stand in a marker before its end; anything else makes it plain text.
_INSIDE = frozenset("0123456789,; ")
_NOT_INSIDE = frozenset("[【\n")
_CLOSING = {"[": "]", "【": "】"}
_LONGEST = 60
#: Before these no space is left where a marker has gone.
_NO_SPACE_BEFORE = frozenset(".,;:!?)\n ")


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """An answer with markers of its sources alone. ``sources``: by their new numbers, from 1."""

    text: str
    sources: Sources


def check_citations(text: str, sources: Iterable[Source]) -> CheckedAnswer:
    """Return ``text`` without the markers of no source, the others numbered anew in the order of their appearance."""
    citations = CitationFilter(sources)
    checked = citations.feed(text) + citations.close()
    return CheckedAnswer(checked, citations.cited)


class CitationFilter:
    """Check the markers of an answer that comes in pieces. Code between backticks is left as it is.

    ``sources``: as they were numbered for the model. It may be a :class:`Sources` that grows meanwhile, as tools find more.
    """

    def __init__(self, sources: Iterable[Source]) -> None:
        self._known = sources if isinstance(sources, Sources) else Sources(sources)
        self.cited = Sources()
        self._marker = ""
        self._spaces = ""
        self._dropped = False
        self._ticks = 0
        self._code = 0
        self._newlines = 0

    def feed(self, piece: str) -> str:
        """Return what is certain after one more piece of the answer."""
        return "".join(map(self._next, piece))

    def close(self) -> str:
        """Return the rest, at the end of the answer."""
        self._end_of_ticks()
        marker, self._marker = self._marker, ""
        spaces, self._spaces = self._spaces, ""
        return spaces + marker if marker or not self._dropped else ""

    def _next(self, character: str) -> str:
        if character == "`":
            done = self._give_up_marker() if self._marker else self._take_spaces()
            self._ticks += 1
            return done + character
        self._end_of_ticks()
        if self._code:
            self._leave_unclosed(character)
            return character
        if self._marker:
            return self._in_marker(character)
        if character in _CLOSING:
            self._marker = character
            return ""
        return self._plain(character)

    def _plain(self, character: str) -> str:
        if self._dropped and character in _NO_SPACE_BEFORE:
            self._spaces = ""
        self._dropped = False
        if character == " ":
            self._spaces += " "
            return ""
        return self._take_spaces() + character

    def _in_marker(self, character: str) -> str:
        self._marker += character
        opening = self._marker[0]
        if character == _CLOSING[opening]:
            return self._end_of_marker()
        inside = character in _INSIDE or (opening == "【" and character not in _NOT_INSIDE)
        if inside and len(self._marker) < _LONGEST:
            return ""
        # "[" of a text; the character may begin a marker itself.
        self._marker = self._marker[:-1]
        return self._give_up_marker() + self._next(character)

    def _end_of_marker(self) -> str:
        if not _MARKER.fullmatch(self._marker):
            return self._give_up_marker()
        numbers = []
        for found in _NUMBER.findall(self._marker.partition("†")[0]):
            source = self._known.get(int(found))
            if source is not None and (number := self.cited.add(source)) not in numbers:
                numbers.append(number)
        self._marker = ""
        if not numbers:
            self._dropped = True
            return ""
        return self._take_spaces() + "".join(f"[{number}]" for number in numbers)

    def _give_up_marker(self) -> str:
        marker, self._marker = self._marker, ""
        return self._take_spaces() + marker

    def _take_spaces(self) -> str:
        spaces, self._spaces = self._spaces, ""
        self._dropped = False
        return spaces

    def _end_of_ticks(self) -> None:
        """A run of backticks is over: it opens code, or closes what a run of the same length has opened."""
        if not self._ticks:
            return
        if not self._code:
            self._code, self._newlines = self._ticks, 0
        elif self._ticks == self._code:
            self._code = 0
        self._ticks = 0

    def _leave_unclosed(self, character: str) -> None:
        """Take a lone backtick for one: code within a line ends with its paragraph."""
        self._newlines = self._newlines + 1 if character == "\n" else 0
        if self._newlines == 2 and self._code < 3:
            self._code = 0
