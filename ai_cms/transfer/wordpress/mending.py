"""Mend exports that are not quite XML, as WordPress's own importer takes them: bytes in, bytes out, with what was done.

WordPress writes control characters that people pasted, plugins print before the export begins, and old versions leave
``&`` as it is. Everything keeps its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html.entities import html5

__all__ = ["Mender"]

_CONTROLS = bytes([*range(9), 11, 12, *range(14, 32)])
_HAS_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
# The two characters that XML forbids besides, in UTF-8.
_HAS_NONCHARACTER = re.compile(rb"\xef\xbf[\xbe\xbf]")
#: The start tag that a CDATA section follows at once.
_ELEMENT = re.compile(rb"<([A-Za-z_][\w:.-]{0,99})(?:\s[^<>]*)?>\s*\Z")
_MARKS = re.compile(rb"<!\[CDATA\[|\]\]>")
_REFERENCE = re.compile(rb"&(#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{0,31};)?")
_XML = frozenset({b"amp;", b"lt;", b"gt;", b"quot;", b"apos;"})
# So much is looked through for the beginning, and so much is kept until the next piece has come.
_HEAD = 65_536
_ENCODING = re.compile(rb"<\?xml[^<>]*\bencoding\s*=\s*[\"']([\w.-]+)")
_TAIL = 48
# So much is kept of the text between sections, to know the element they are in.
_BEFORE = 300
# So far is looked for the end of the element, to know whether a section ends before it.
_AHEAD = 1_000_000
# The beginnings of the marks of CDATA, which a piece must not end in, the longest first.
_PARTS = (*(b"<![CDATA["[:size] for size in range(8, 0, -1)), b"]]", b"]")


class Mender:
    """Mend one stream. ``warn(line, message)``: called once for each kind, with the first line, when :meth:`close` is."""

    def __init__(self, warn: Callable[[int, str], None]) -> None:
        self.warn = warn
        self.started = False
        self.skipped_lines = 0
        self.as_it_is = False
        self.is_utf8 = True
        self.in_cdata = False
        self.before = b""
        self.element = b""
        #: Whether sections of the element stand inside of each other; ``None`` until that is known.
        self.nested: bool | None = None
        self.rest = b""
        self.line = 1
        self.found: dict[str, list[int]] = {}

    def feed(self, data: bytes, *, last: bool) -> bytes:
        """Return what of the stream can be given to a parser now."""
        if not self.started and data:
            self.started = True
            data = self.begin(data)
        if self.as_it_is:
            return data
        data = self.rest + data
        cut = len(data) if last else max(len(data) - _TAIL, 0)
        if not last and (at := data.rfind(b"&", cut - _TAIL if cut > _TAIL else 0, cut)) >= 0 and cut - at < _TAIL:
            cut = at
        if not last:
            cut -= next((len(part) for part in _PARTS if data.endswith(part, 0, cut)), 0)
            cut -= next((size for size in (2, 1) if data.endswith(b"\xef\xbf"[:size], 0, cut)), 0)
        data, self.rest = data[:cut], data[cut:]
        if _HAS_CONTROL.search(data):
            self.note("control characters, which XML forbids, were left out", data, _HAS_CONTROL)
            data = data.translate(None, _CONTROLS)
        if self.is_utf8 and _HAS_NONCHARACTER.search(data):
            self.note("characters that XML forbids were left out", data, _HAS_NONCHARACTER)
            data = _HAS_NONCHARACTER.sub(b"", data)
        out, used = self.mend(data, last=last)
        self.rest = data[used:] + self.rest
        self.line += data.count(b"\n", 0, used)
        return out

    def begin(self, data: bytes) -> bytes:
        """Return the first piece without what stands before the export."""
        if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data[:4] or b'encoding="utf-16' in data[:200].lower():
            self.as_it_is = True
            return data
        head = data[:_HEAD].removeprefix(b"\xef\xbb\xbf")
        stated = _ENCODING.search(head)
        self.is_utf8 = stated is None or stated[1].lower() in (b"utf-8", b"utf8")
        at = head.find(b"<?xml")
        if at < 0:
            rss = head.find(b"<rss")
            at = rss if rss >= 0 and b"<!" not in head[:rss] else 0
        if at > 0 and b"<!DOCTYPE" not in head[:at] and b"<rss" not in head[:at]:
            before = head[:at]
            self.skipped_lines = before.count(b"\n")
            self.line += self.skipped_lines
            if before.strip():
                self.warn(1, "Text before the beginning of the export was left out.")
            return data.removeprefix(b"\xef\xbb\xbf")[at:]
        return data

    def mend(self, data: bytes, *, last: bool) -> tuple[bytes, int]:
        """Return a piece with what XML does not know written so that it does, and how many of its bytes that was made of."""
        out: list[bytes] = []
        position = 0
        line = self.line
        while position < len(data):
            mark = _MARKS.search(data, position)
            end = mark.start() if mark else len(data)
            part = data[position:end]
            out.append(part if self.in_cdata or b"&" not in part else self.references(part, line))
            if not self.in_cdata:
                self.before = (self.before + part)[-_BEFORE:]
            line += data.count(b"\n", position, end)
            position = end
            if mark is None:
                break
            written = self.mark(mark[0], data, mark.end(), line, last=last)
            if written is None:
                break
            out.append(written)
            position = mark.end()
        return b"".join(out), position

    def mark(self, mark: bytes, data: bytes, end: int, line: int, *, last: bool) -> bytes | None:
        """Return how a mark of CDATA is written, and note what it begins or ends; ``None`` until more has come."""
        if self.in_cdata:
            if mark != b"]]>":
                return mark
            ends = self.ends_here(data, end, last=last)
            if ends is None:
                return None
            if ends:
                self.in_cdata, self.before = False, b""
                return mark
            self.add("CDATA inside of CDATA was read as text, as WordPress does", line)
            return b"]]]]><![CDATA[>"
        if mark == b"]]>":
            self.add("ends of CDATA that no beginning belongs to were read as text", line)
            return b"]]&gt;"
        if found := _ELEMENT.search(self.before):
            self.element, self.nested = found[1], None
        elif self.before.strip():
            self.element = b""
        self.in_cdata = True
        return mark

    def ends_here(self, data: bytes, at: int, *, last: bool) -> bool | None:
        """Return whether a section ends at ``at``, behind its mark; ``None`` until more has come.

        It does by XML, and does so here if the rest of the element can be read by XML. Where it cannot, sections stand inside of
        each other, and the outer one goes on to the end of its element as it does for WordPress.
        """
        if not self.element or self.nested is False or data.startswith(b"</" + self.element + b">", at):
            return True
        in_cdata = False
        marks = re.compile(rb"<!\[CDATA\[|\]\]>|</" + re.escape(self.element) + rb"\s*>")
        for found in marks.finditer(data, at):
            mark = found[0]
            if mark.startswith(b"</") and not in_cdata:
                self.nested = bool(self.nested)
                return True
            if mark == b"]]>" and not in_cdata:
                self.nested = True
                return False
            if not mark.startswith(b"</"):
                # Once it is known that they are nested, their beginnings are text.
                in_cdata = mark != b"]]>" and not self.nested
        if not last and len(data) - at <= _AHEAD:
            return None
        self.nested = bool(self.nested)
        return True

    def references(self, part: bytes, line: int) -> bytes:
        def replace(match: re.Match[bytes]) -> bytes:
            name = match[1]
            if name in _XML:
                return match[0]
            if name and name.startswith(b"#"):
                code = int(name[2:-1], 16) if name[1:2] in b"xX" else int(name[1:-1])
                if code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000:
                    return match[0]
                self.add(
                    "references to characters that XML forbids were left out",
                    line + part.count(b"\n", 0, match.start()),
                )
                return b""
            known = html5.get(name.decode()) if name else None
            if known:
                self.add("entities of HTML were read as their characters", line + part.count(b"\n", 0, match.start()))
                return "".join(f"&#{ord(char)};" for char in known).encode()
            self.add("“&” signs stood alone and were read as such", line + part.count(b"\n", 0, match.start()))
            return b"&amp;" + (name or b"")

        return _REFERENCE.sub(replace, part)

    def note(self, what: str, data: bytes, pattern: re.Pattern[bytes]) -> None:
        for match in pattern.finditer(data):
            self.add(what, self.line + data.count(b"\n", 0, match.start()))
            if len(self.found[what]) > 1_000:
                break

    def add(self, what: str, line: int) -> None:
        self.found.setdefault(what, []).append(line)

    def close(self) -> None:
        """Say what was mended."""
        for what, lines in self.found.items():
            many = f"{len(lines)} times" if len(lines) > 1 else "once"
            self.warn(lines[0], f"{what[0].upper()}{what[1:]} ({many}; the first is on this line).")
