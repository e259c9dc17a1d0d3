"""Import a folder of Markdown files: front matter, folders as the tree, links between the files.

Front matter that is understood: ``title``, ``slug``, ``order`` (or ``weight``, ``nav_order``), ``draft``, ``published``,
``date``, ``expiryDate``, ``tags``, ``categories``, ``author``, ``description``, ``seo_title``, ``excerpt`` (or ``summary``),
``in_menus`` (or ``menu``), ``image``, ``type`` (a page type). Everything else is kept in ``metadata.front_matter``.
What a file was held back for, its addresses and the ids of its headings follow from the generator of the folder.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from django.utils import timezone

from ai_cms.blocks.convert.markdown import convert_markdown
from ai_cms.blocks.convert.result import file_url
from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.jsontypes import JsonObject
from ai_cms.pages.services import resolve_page_type

from ..base import ImportItem, Notices, digest_of
from ..registry import importers
from ..terms import ImportedAuthor, ImportedTerm, OldArchive
from ..tidy import is_title, plain_text
from .fields import FrontMatter
from .files import FileImporter, SourceFile, find_files, read_text
from .front_matter import split_front_matter
from .habits.detect import find_habits
from .habits.habit import APPEARANCE, Habits, Listed, Source, dated_name
from .habits.holding import EXPIRY
from .syntax import plain_markdown

__all__ = ["MarkdownImporter"]

SUFFIXES = (".md", ".markdown", ".mdown", ".mkd", ".mkdn")
#: Markdown that is program text besides: counted, never read.
COMPONENTS = (".mdx",)
#: Pages in other languages, counted too; templates are some where they have front matter.
TEMPLATES = (".html", ".htm", ".njk", ".liquid", ".webc")
LANGUAGES = (".rst", ".adoc", ".asciidoc", ".org", ".textile", ".ipynb")
_UNDERSTOOD = frozenset(
    "title slug order weight nav_order draft published date tags tag categories category author authors description "
    "seo_title excerpt summary in_menus menu image type publishdate pubdate expirydate".split()
)
_HEADER = re.compile(r"([A-Za-z][\w-]*):[ \t]+(\S.*)\Z")
_FILE_NAME = re.compile(r"(?:\{|\||%7B|%7C)filename(?:\}|\||%7D|%7C)", re.IGNORECASE)
_STATIC = re.compile(r"""(\]\(\s*<?|\]:\s*<?|(?:src|href)=["'])[{|](?:static|attach)[}|]""")
_EXCERPT = re.compile(r"(?m)^<!--\s*more\s*-->\s*$")


@importers.register
class MarkdownImporter(FileImporter):
    """Read a folder.

    Options: ``source_name``, what tells this folder from others if its name does not; ``generator``, the one the folder
    belongs to ("" to find out); ``skip_unreadable``, leave out files that cannot be read.
    """

    name = "markdown"
    revision = 3
    index_stems = ("index", "_index", "readme")

    def __init__(self, source: Any, *, notices: Notices | None = None, **options: object) -> None:
        super().__init__(source, notices=notices, **options)
        self.root = Path(source)
        self.habits: Habits = find_habits(self.root, str(options.get("generator") or ""))
        #: Key of an item → the paths at which its generator served it.
        self.addresses: dict[str, tuple[str, ...]] = {}
        self.listed = Listed()
        self.now = timezone.now()

    def items(self) -> Iterator[ImportItem]:
        found = list(super().items())
        above = {item.parent_key for item in found if item.kind == "post"}
        for item in found:
            item.lists_posts = item.key in above
        yield from found

    def list_files(self) -> list[SourceFile]:
        skipped = frozenset({"node_modules", *(name for name in self.habits.skipped if name.startswith("_"))})
        inside = self.habits.content_folder() if self.habits.root == self.root else ""
        root = self.root / inside if inside else self.root
        # Beside the configuration these names are the generator's; among its pages they are those of any section.
        own = self.habits.skipped if root == self.habits.root else frozenset[str]()
        found = find_files(root, SUFFIXES, self.notices, skipped=skipped, skipped_at_top=own)
        if self.habits.name != "none":
            where = f"; its pages are in {inside}/, nothing else was read" if inside else ""
            self.notices.add(f"The folder is one of {self.habits.name}{where} (--generator names another).")
        others = find_files(root, (*COMPONENTS, *TEMPLATES, *LANGUAGES), Notices(), skipped=skipped, skipped_at_top=own)
        kinds = Counter(file.path.suffix.lower() for file in others if _is_page(file.path))
        components = kinds.pop(".mdx", 0)
        if components:
            self.notices.add(f"{components} .mdx files hold components besides their text and were left out.")
        if kinds:
            counts = ", ".join(f"{count} {suffix}" for suffix, count in sorted(kinds.items()))
            self.notices.add(f"Pages that are no Markdown were left out: {counts}.")
        return found

    def front_matter(self, file: SourceFile) -> tuple[FrontMatter, str, int]:
        """Return the values of a file, its text, and the line on which that begins."""

        def repeated(line: int, message: str) -> None:
            self.notices.add(message, item=file.name, line=line)

        values, body, line = split_front_matter(read_text(file), source=file.name, warn=repeated)
        if not values and line == 1 and self.habits.header_lines:
            values, body, line = _header_lines(body)

        def warn(message: str) -> None:
            self.notices.add(message, item=file.name)

        return FrontMatter(values, _UNDERSTOOD, warn), body, line

    def read_file(self, file: SourceFile) -> ImportItem | None:
        front, body, _line = self.front_matter(file)
        title = front.text("title")
        named, _rest = dated_name(file.stem)
        date = front.moment("date") or named
        is_index = self.page_of_folder.get(file.folder) == file.name
        shown = plain_text(title) if title else _first_heading(body)
        source = Source(file.name, front, shown, date, is_index)
        reason = self.habits.held_back(source, self.now)
        expiry = self.habits.expiry(source)
        appears = self.appearance(source) if reason else None
        if appears is not None:
            self.notices.add(f"It is a draft that goes live then, for {reason}.", item=file.name)
        elif reason and reason != "it is marked as a draft":
            self.notices.add(f"It is a draft now, for {reason}.", item=file.name)
        if not reason and not self.habits.knows_drafts() and front.flag("draft", False, unclear=False):
            name = self.habits.name.capitalize()
            self.notices.add(f"It says “draft”, which {name} knows nothing of: it was public, and is.", item=file.name)
        is_post = self.habits.is_post(source)
        if is_post and not reason:
            self.list_post(source)
        slug = front.text("slug").strip("/").rpartition("/")[2]
        return ImportItem(
            key="",
            title=shown or (_title_of(self.habits.slug(source)) if named else ""),
            kind="post" if is_post else "page",
            slug=slug or (self.habits.slug(source) if named is not None else ""),
            publish=not reason,
            status="draft" if reason else "publish",
            created_at=date,
            expire_at=expiry if expiry is not None and expiry > self.now else None,
            page_type=self.page_type(front),
            digest=digest_of(body, front.values, bool(reason)),
            go_live_at=appears,
            data=front.number("order", "weight", "nav_order"),
        )

    def appearance(self, source: Source) -> datetime | None:
        """Return when a file that is held back goes live by itself, ``None`` if its date is not what holds it."""
        front = source.front
        date = next(filter(None, map(front.moment, APPEARANCE)), source.date)
        if date is None or date <= self.now:
            return None
        return date if not self.habits.held_back(source, date) else None

    def list_post(self, source: Source) -> None:
        """Remember what a post stands under, for the lists there were."""
        listed, front = self.listed, source.front
        listed.categories.update(dict.fromkeys(self.habits.categories(source)))
        listed.tags.update(dict.fromkeys(front.words("tags", "tag", spaced=self.habits.spaced_words)))
        listed.series.update(dict.fromkeys(front.words("series")))
        listed.authors.update(dict.fromkeys(_authors(front)))
        if source.date is not None:
            listed.months[f"{source.date:%Y-%m}"] = None

    def old_archives(self) -> Iterable[OldArchive]:
        return self.habits.archives(self.listed)

    def place(self, file: SourceFile) -> ImportItem | None:
        item = super().place(file)
        if item is not None:
            front = self.front_matter(file)[0]
            is_index = self.page_of_folder.get(file.folder) == file.name
            source = Source(file.name, front, item.title, item.created_at, is_index)
            paths = (*self.habits.addresses(source), *self.habits.stated(source))
            self.addresses[item.key] = tuple(dict.fromkeys(path for path in paths if path.startswith("/")))
            item.links = (*item.links, *self.addresses[item.key])
        return item

    def page_type(self, front: FrontMatter) -> str | None:
        """Return the page type a file names; generators name layouts in the same place."""
        name = front.text("type")
        if not name:
            return None
        try:
            resolve_page_type(name)
        except InvalidInput:
            front.refuse("type", "is no page type here")
            return None
        return name

    def old_paths(self, item: ImportItem) -> Iterable[str]:
        return [unquote(path, errors="replace") for path in self.addresses.get(item.key, ())]

    def link_key(self, url: str, item: ImportItem) -> str | None:
        if marked := _FILE_NAME.match(url):
            # Pelican's links to sources; from the folder of contents where they begin with a slash.
            path = unquote(url[marked.end() :].partition("#")[0], errors="replace")
            return path.lstrip("/") if path.startswith("/") else super().link_key(path, item)
        if url.startswith("/") and not url.startswith("//"):
            path = unquote(url, errors="replace").rstrip("/")
            return None if "?" in url else path or None
        return super().link_key(url, item)

    def fill(self, item: ImportItem) -> None:
        if item.kind == "container":
            super().fill(item)
            return
        file = self.files[item.where]
        front, body, first_line = self.front_matter(file)

        def warn(line: int, message: str) -> None:
            self.notices.add(message, item=file.name, line=first_line + line - 1 if line else None)

        converted = convert_markdown(
            plain_markdown(_STATIC.sub(r"\1", body), warn), heading_ids=self.habits.heading_id, addresses=True
        )
        for warning in converted.warnings:
            warn(warning.line, warning.message)
        item.blocks = converted.blocks
        if item.blocks and is_title(item.blocks[0], item.title):
            item.blocks = item.blocks[1:]
        for name in sorted(set(_relative_images(item.blocks))):
            warn(0, f"The picture {name[:300]!r} is kept as it is named; put the file where the site serves it.")
        for name in sorted(self.missing(item)):
            warn(0, f"The link to {name[:300]!r} leads to no file of the folder; it is kept as it is.")
        item.fields = {"in_menus": _in_menus(front)}
        item.metadata = _metadata(front, spaced=self.habits.spaced_words)
        item.terms = self.terms(file, item, front)
        item.authors = [ImportedAuthor(name) for name in _authors(front)]
        if (cut := _EXCERPT.search(body)) and "excerpt" not in item.metadata:
            item.metadata["excerpt"] = _excerpt(body[: cut.start()])
        if front.text("description"):
            item.fields["seo_description"] = front.text("description")
        if front.text("seo_title"):
            item.fields["seo_title"] = front.text("seo_title")

    def terms(self, file: SourceFile, item: ImportItem, front: FrontMatter) -> list[ImportedTerm]:
        """Return what an item stands under."""
        source = Source(file.name, front, item.title, item.created_at, False)
        found: list[ImportedTerm] = []
        for line in self.habits.categories(source):
            term: ImportedTerm | None = None
            for name in line:
                term = ImportedTerm("category", name, parent=term)
            found += [] if term is None else [term]
        tags = front.words("tags", "tag", spaced=self.habits.spaced_words)
        found += [ImportedTerm("tag", name) for name in tags]
        return found + [ImportedTerm("series", name) for name in front.words("series")[:1]]

    def missing(self, item: ImportItem) -> set[str]:
        """Return the links to Markdown files that are not there."""
        found: set[str] = set()
        for href in _hrefs(item.blocks):
            path = href.partition("#")[0].partition("?")[0]
            if path.lower().endswith(SUFFIXES) and not re.match(r"[a-z][a-z0-9+.-]*:|/", path, re.IGNORECASE):
                key = self.link_key(path, item)
                if key is None or key not in self.files:
                    found.add(path)
        return found


def _is_page(path: Path) -> bool:
    """Return whether a file is a page: of templates those with front matter are."""
    if path.suffix.lower() not in TEMPLATES:
        return True
    try:
        if not path.is_file():
            return False  # a pipe would block
        with path.open("rb") as stream:
            return stream.read(8).removeprefix(b"\xef\xbb\xbf").startswith((b"---", b"+++"))
    except OSError:
        return False


def _header_lines(body: str) -> tuple[JsonObject, str, int]:
    """Return the values of ``Title: …`` lines before the first blank line, as Pelican and MkDocs read them."""
    values: JsonObject = {}
    lines = body.split("\n")
    for index, line in enumerate(lines):
        match = _HEADER.match(line)
        if match is None:
            if values and not line.strip():
                return values, "\n".join(lines[index + 1 :]), index + 2
            return {}, body, 1
        values[match[1].lower()] = match[2].strip()
    return {}, body, 1


def _metadata(front: FrontMatter, *, spaced: bool) -> JsonObject:
    found: JsonObject = {}
    tags = front.words("tags", "tag", spaced=spaced)
    if tags:
        found["tags"] = tags
    categories = list(
        dict.fromkeys(
            [*front.words("categories", spaced=spaced), *([front.text("category")] if front.text("category") else [])]
        )
    )
    if categories:
        found["categories"] = categories
    if author := front.text("author", "authors"):
        found["author"] = author
    if (moment := front.moment("date")) is not None:
        found["published_at"] = moment.isoformat()
    if (expiry := next(filter(None, map(front.moment, EXPIRY)), None)) is not None:
        found["expires_at"] = expiry.isoformat()
    if excerpt := front.text("excerpt", "summary"):
        found["excerpt"] = plain_text(excerpt)
    image = front.values.get("image")
    if isinstance(image, dict):
        image = image.get("src") or image.get("url") or image.get("path")
    if url := file_url(str(image or "")):
        found["image"] = url
    elif image:
        front.refuse("image", "is no address")
    if rest := front.rest():
        found["front_matter"] = rest
    return found


def _authors(front: FrontMatter) -> list[str]:
    """Return the names of the authors: words, or one or several mappings with a name."""
    found: list[str] = []
    for key in ("authors", "author"):
        value = front.values.get(key)
        if isinstance(value, dict):
            found.append(str(value.get("name") or "").strip())
        elif value is not None:
            found += front.words(key)
    return list(dict.fromkeys(filter(None, found)))


def _in_menus(front: FrontMatter) -> bool:
    if front.values.get("in_menus") is not None:
        return front.flag("in_menus", False, unclear=False)
    # Generators name a menu here, or list several.
    menu = front.values.get("menu")
    if isinstance(menu, dict | list):
        # Its names, weights and parents say more than whether.
        front.unused.add("menu")
    return bool(menu) and str(menu).strip().lower() not in ("false", "no", "none")


def _title_of(name: str) -> str:
    words = re.sub(r"[-_\s]+", " ", name).strip()
    return words[:1].upper() + words[1:]


def _excerpt(body: str) -> str:
    return " ".join(re.sub(r"[*_`#>]|!?\[([^\]]*)\]\([^)]*\)", r"\1", body).split())[:2_000]


def _first_heading(body: str) -> str:
    match = re.match(r"\s*#[ \t]+(.+?)[ \t#]*(?:\n|\Z)", body)
    if match:
        text = re.sub(r"[ \t]*\{[#:][^{}]*\}\Z", "", match[1])
        return plain_text(re.sub(r"[*_`]|!?\[([^\]]*)\]\([^)]*\)", r"\1", text))
    match = re.match(r"\s*(\S.*)\n=+[ \t]*(?:\n|\Z)", body)
    return plain_text(match[1]) if match else ""


def _hrefs(blocks: list[JsonObject]) -> Iterable[str]:
    """Yield the addresses that links in the blocks lead to."""
    for block in blocks:
        props = block.get("props") or {}
        texts = [str(value) for value in props.values() if isinstance(value, str | list)]
        for text in texts:
            yield from re.findall(r'href="([^"]*)"', text)
        yield from (str(props[name]) for name in ("link", "url") if props.get(name))
        yield from _hrefs(block.get("children") or [])


def _relative_images(blocks: list[JsonObject]) -> list[str]:
    """Return the pictures and files that are named by a path inside the folder."""
    found: list[str] = []
    for block in blocks:
        props = block.get("props") or {}
        sources = [
            props.get("src"),
            *(image.get("src") for image in props.get("images") or () if isinstance(image, dict)),
        ]
        sources += re.findall(r'<img[^>]* src="([^"]*)"', str(props.get("html", "")))
        found += [
            src for src in sources if isinstance(src, str) and src and not re.match(r"[a-z][a-z0-9+.-]*:|/", src, re.I)
        ]
        found += _relative_images(block.get("children") or [])
    return found
