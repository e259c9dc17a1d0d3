"""Read WXR, the export format of WordPress: XML in a stream, one item at a time.

The reader is expat with everything off that a data file has no use for: document types, entity declarations and external
entities end the import. Text, nesting and the number of items are limited, so that memory is bounded by one item.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO
from xml.parsers import expat

from ..exceptions import ImportRefused
from .items import WxrItem, WxrMenu, WxrSite, WxrTerm
from .mending import Mender

__all__ = ["WxrItem", "WxrMenu", "WxrSite", "open_wxr", "read_wxr"]

CHUNK = 64 * 1024
MAX_DEPTH = 40
MAX_ITEMS = 1_000_000
MAX_ITEM_PARTS = 20_000  # categories and custom fields of one item
MAX_HEADER_TERMS = 500_000
MAX_TEXT = 16_000_000  # characters of one element
MAX_ITEM_TEXT = 48_000_000  # characters of one item
MAX_QUIET = 8_000_000  # bytes without any event: one gigantic tag
KNOWN_VERSIONS = ("1.0", "1.1", "1.2")

_NAMESPACE = re.compile(r"https?://wordpress\.org/export/[0-9.]+(/excerpt)?/?\Z")
_OTHER_NAMESPACES = {
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
}
_SEPARATOR = "\x1f"
_CUT_OFF = frozenset(
    expat.errors.codes[name]
    for name in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
)
_MAGIC = (
    (b"\x1f\x8b", "This is a gzip archive; unpack it first."),
    (b"PK\x03\x04", "This is a ZIP archive; unpack it first."),
    (b"BZh", "This is a bzip2 archive; unpack it first."),
    (b"\xfd7zXZ\x00", "This is an xz archive; unpack it first."),
)

# Element of an item → attribute of WxrItem.
_ITEM_TEXTS = {
    "title": "title",
    "link": "link",
    "guid": "guid",
    "pubDate": "pub_date",
    "dc:creator": "creator",
    "content:encoded": "content",
    "excerpt:encoded": "excerpt",
    "wp:post_id": "post_id",
    "wp:post_date": "post_date",
    "wp:post_date_gmt": "post_date_gmt",
    "wp:post_modified_gmt": "modified_gmt",
    "wp:comment_status": "comment_status",
    "wp:post_name": "name",
    "wp:status": "status",
    "wp:post_parent": "parent",
    "wp:menu_order": "menu_order",
    "wp:post_type": "type",
    "wp:post_password": "password",
    "wp:is_sticky": "sticky",
    "wp:attachment_url": "attachment_url",
}
_HEADER_PARTS = frozenset({"wp:author", "wp:category", "wp:tag", "wp:term"})
_CHANNEL_TEXTS = {
    "title": "title",
    "link": "link",
    "language": "language",
    "wp:wxr_version": "version",
    "wp:base_site_url": "base_site_url",
    "wp:base_blog_url": "base_blog_url",
}


class _Reader:
    """The handlers of one parse; finished items collect in ``ready``."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.mender = Mender(_say_nothing)
        self.site = WxrSite()
        self.ready: list[WxrItem] = []
        self.item: WxrItem | None = None
        self.path: list[str] = []
        self.parts: dict[str, str] = {}
        self.texts: list[str] = []
        self.text_size = 0
        self.item_size = 0
        self.terms = 0
        self.items = 0
        self.wanted = False
        self.category: tuple[str, str] = ("", "")
        self.has_root = self.has_channel = False
        self.noticed = 0
        self.parser = parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
        parser.buffer_text = True
        parser.buffer_size = 65_536
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.characters
        parser.StartDoctypeDeclHandler = self.refuse_doctype
        parser.EntityDeclHandler = self.refuse_entity
        parser.ExternalEntityRefHandler = self.refuse_external
        parser.CommentHandler = parser.ProcessingInstructionHandler = self.ignore
        if hasattr(parser, "SetReparseDeferralEnabled"):
            parser.SetReparseDeferralEnabled(True)

    def refused(self, reason: str, line: int | None = None) -> ImportRefused:
        return ImportRefused(reason, source=self.source, line=line or self.line)

    @property
    def line(self) -> int:
        """The line of the file that is read."""
        return self.parser.CurrentLineNumber + self.mender.skipped_lines

    # What a data file never needs

    def refuse_doctype(self, name: str, system_id: str | None, public_id: str | None, has_subset: bool) -> None:
        raise self.refused("A document type declaration (<!DOCTYPE …>) is not allowed in an export.")

    def refuse_entity(self, name: str, *rest: object) -> None:
        raise self.refused("Entity declarations are not allowed in an export.")

    def refuse_external(self, context: str, *rest: object) -> int:
        raise self.refused("External entities are not allowed in an export.")

    def ignore(self, *rest: object) -> None:
        self.noticed += 1

    # Elements

    def name_of(self, name: str) -> str:
        uri, _, local = name.rpartition(_SEPARATOR)
        if not uri:
            return local
        if found := _NAMESPACE.match(uri):
            self.site.is_wordpress = True
            return f"excerpt:{local}" if found[1] else f"wp:{local}"
        prefix = _OTHER_NAMESPACES.get(uri)
        return f"{prefix}:{local}" if prefix else f"?:{local}"

    def start(self, raw_name: str, attributes: dict[str, str]) -> None:
        self.noticed += 1
        name = self.name_of(raw_name)
        depth = len(self.path)
        if depth >= MAX_DEPTH:
            raise self.refused(f"Elements are nested deeper than {MAX_DEPTH}.")
        if depth == 0:
            if name != "rss":
                found = raw_name.rpartition(_SEPARATOR)[2][:80]
                raise self.refused(f"This is not a WordPress export: it starts with <{found}>, not with <rss>.")
            self.has_root = True
        self.path.append(name)
        if depth == 1 and name == "channel":
            self.has_channel = True
        elif depth == 2 and name == "item" and self.path[1] == "channel":
            self.items += 1
            if self.items > MAX_ITEMS:
                raise self.refused(f"The export holds more than {MAX_ITEMS} items.")
            self.item = WxrItem(line=self.line)
            self.item_size = 0
        elif depth == 2:
            self.parts = {}
        elif depth == 3 and self.item is not None:
            self.parts = {}
            if name == "content:encoded":
                self.item.content_line = self.line
            elif name == "category":
                self.category = (attributes.get("domain", ""), attributes.get("nicename", ""))
        self.texts, self.text_size = [], 0
        self.wanted = self.is_wanted(depth + 1, name)

    def is_wanted(self, depth: int, name: str) -> bool:
        """Return whether the text of an element is kept; that of comments and of what is unknown never is."""
        if len(self.path) < 3 or self.path[1] != "channel":
            return False
        if self.item is None:
            if depth == 3:
                return name in _CHANNEL_TEXTS
            return depth == 4 and self.path[2] in _HEADER_PARTS
        if depth == 4:
            return name in _ITEM_TEXTS or name == "category"
        return depth == 5 and self.path[3] == "wp:postmeta"

    def characters(self, data: str) -> None:
        self.noticed += 1
        if not self.wanted:
            return
        self.text_size += len(data)
        self.item_size += len(data)
        if self.text_size > MAX_TEXT:
            raise self.refused(f"<{self.path[-1]}> holds more than {MAX_TEXT:,} characters.")
        if self.item is not None and self.item_size > MAX_ITEM_TEXT:
            raise self.refused(f"One item holds more than {MAX_ITEM_TEXT:,} characters.", self.item.line)
        self.texts.append(data)

    def end(self, raw_name: str) -> None:
        self.noticed += 1
        name = self.path.pop()
        text = "".join(self.texts) if self.wanted else ""
        depth = len(self.path) + 1
        if self.wanted:
            self.keep(depth, name, text)
        if depth == 3:
            if name == "item" and self.item is not None:
                self.ready.append(self.item)
                self.item = None
            elif self.item is None and name in _HEADER_PARTS:
                self.keep_header(name)
        elif depth == 4 and self.item is not None:
            self.end_part(name)
        self.texts, self.wanted = [], False

    def keep(self, depth: int, name: str, text: str) -> None:
        item = self.item
        if item is None:
            if depth == 3:
                target = _CHANNEL_TEXTS[name]
                if not getattr(self.site, target):
                    setattr(self.site, target, text.strip()[:2000])
            else:
                self.parts[name] = text.strip()[:500]
        elif depth == 5:
            self.parts[name] = text
        elif name == "category":
            self.count_part(len(item.categories))
            item.categories.append((*self.category, text.strip()))
        else:
            attribute = _ITEM_TEXTS[name]
            keep_space = attribute in ("content", "excerpt", "title")
            setattr(item, attribute, text if keep_space else text.strip())

    def end_part(self, name: str) -> None:
        item = self.item
        assert item is not None  # noqa: S101
        if name == "wp:postmeta":
            self.count_part(len(item.meta))
            item.meta.append((self.parts.get("wp:meta_key", "").strip(), self.parts.get("wp:meta_value", "")))
        elif name == "wp:comment":
            item.comments += 1

    def count_part(self, present: int) -> None:
        if present >= MAX_ITEM_PARTS:
            raise self.refused(f"One item has more than {MAX_ITEM_PARTS:,} categories or custom fields.")

    def keep_header(self, name: str) -> None:
        self.terms += 1
        if self.terms > MAX_HEADER_TERMS:
            raise self.refused(f"The export declares more than {MAX_HEADER_TERMS:,} terms and authors.")
        parts = self.parts
        if name == "wp:author":
            login = parts.get("wp:author_login", "")
            full = " ".join(filter(None, (parts.get("wp:author_first_name"), parts.get("wp:author_last_name"))))
            if login:
                self.site.authors[login] = parts.get("wp:author_display_name") or full or login
                self.site.emails[login] = parts.get("wp:author_email", "")
            return
        if name == "wp:category" and (slug := parts.get("wp:category_nicename")):
            self.site.categories[slug] = WxrTerm(
                parts.get("wp:cat_name") or slug,
                parts.get("wp:category_parent", ""),
                parts.get("wp:category_description", ""),
            )
        elif name == "wp:tag" and (slug := parts.get("wp:tag_slug")) and parts.get("wp:tag_description"):
            self.site.tags[slug] = WxrTerm(parts.get("wp:tag_name") or slug, "", parts["wp:tag_description"])
        if any(parts.get(f"wp:{kind}_description") for kind in ("category", "tag", "term")):
            self.site.described += 1
        if parts.get("wp:term_taxonomy") == "nav_menu":
            self.site.menus.append(WxrMenu(parts.get("wp:term_slug", ""), parts.get("wp:term_name", "")))


def read_wxr(
    file: IO[bytes],
    *,
    source: str = "",
    on_site: Callable[[WxrSite], None] | None = None,
    warn: Callable[[int, str], None] | None = None,
) -> Iterator[WxrItem]:
    """Yield the items of an export in the order of the file.

    ``file``: opened for bytes. ``source``: its name for errors. ``on_site``: called with what stands before the items when
    the first one is complete, and at the end when there is none. ``warn``: called with the line and a sentence for what
    was mended.
    Raises ImportRefused with the reason and the line. Items that were yielded before stand for nothing then.
    """
    reader = _Reader(source)
    mender = reader.mender = Mender(warn or _say_nothing)
    told = False
    empty = True
    quiet, noticed = 0, 0
    while True:
        data = file.read(CHUNK)
        if empty and data:
            for magic, reason in _MAGIC:
                if data.startswith(magic):
                    raise ImportRefused(reason, source=source)
            empty = False
        if not data and empty:
            raise ImportRefused("The file is empty.", source=source)
        _parse(reader, mender.feed(data, last=not data), last=not data)
        quiet = quiet + len(data) if reader.noticed == noticed else 0
        noticed = reader.noticed
        if quiet > MAX_QUIET:
            raise reader.refused(f"One tag or comment is longer than {MAX_QUIET:,} bytes.")
        if reader.ready and not told:
            told = True
            _check_site(reader)
            if on_site is not None:
                on_site(reader.site)
        yield from reader.ready
        reader.ready.clear()
        if not data:
            break
    mender.close()
    if not reader.has_channel:
        raise ImportRefused("This is not a WordPress export: <rss> holds no <channel>.", source=source)
    if not told:
        _check_site(reader)
        if on_site is not None:
            on_site(reader.site)


def _say_nothing(line: int, message: str) -> None:
    """Take no notice."""


def _parse(reader: _Reader, data: bytes, *, last: bool) -> None:
    try:
        reader.parser.Parse(data, last)
    except expat.ExpatError as error:
        line = error.lineno + reader.mender.skipped_lines
        raise ImportRefused(_explain(reader, error), source=reader.source, line=line) from None
    except (LookupError, ValueError) as error:
        # An encoding that Python does not know, or that is not one byte a character.
        raise reader.refused(f"The encoding that the file declares cannot be read: {str(error)[:200]}.") from None


def _explain(reader: _Reader, error: expat.ExpatError) -> str:
    text = expat.ErrorString(error.code) or "malformed XML"
    if reader.path and error.code in _CUT_OFF:
        return f"The file ends in the middle of <{reader.path[-1]}> ({text}); it was cut off."
    if not reader.has_root:
        return f"This is not XML: {text} (column {error.offset + 1})."
    if error.code == expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]:
        return (
            f"The XML is not well-formed (column {error.offset + 1}): a character that XML forbids, bytes that are not "
            "of the declared encoding, or an unescaped < or &."
        )
    return f"The XML is not well-formed: {text} (column {error.offset + 1})."


def _check_site(reader: _Reader) -> None:
    if not reader.site.is_wordpress:
        raise ImportRefused(
            "This is an RSS feed but not a WordPress export: nothing in it is of the WordPress export namespace.",
            source=reader.source,
        )


def open_wxr(path: Path) -> IO[bytes]:
    """Open an export for reading. Raises ImportRefused for what is no file or cannot be read."""
    if path.is_dir():
        raise ImportRefused("This is a folder, not a file.", source=str(path))
    try:
        return path.open("rb")
    except OSError as error:
        raise ImportRefused(f"The file cannot be read: {error.strerror}.", source=str(path)) from None
