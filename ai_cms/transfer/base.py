"""What every importer is made of: items, warnings, options, and the class that reads a source.

An importer turns a source into :class:`ImportItem` objects and their content into blocks. It never touches the database:
:func:`ai_cms.transfer.runner.run_import` decides what is new, changed or edited by people, and writes all or nothing.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar, TypedDict

from ai_cms.core.jsontypes import JsonMapping, JsonObject

from .terms import ImportedAuthor, ImportedTerm, OldArchive

if TYPE_CHECKING:
    from ai_cms.core.permissions import Actor
    from ai_cms.pages.models import AbstractPage

__all__ = [
    "HERE",
    "ImportHook",
    "ImportItem",
    "ImportOptions",
    "Importer",
    "Notice",
    "Notices",
    "Spool",
    "digest_of",
    "fit_key",
    "page_list",
]

MAX_NOTICES = 10_000

#: The address of a page list that lists what is below the page it stands on, wherever that comes to be.
HERE = "{here}"


class Notice(TypedDict):
    """Something in the source that was not taken over as it is. ``line``: from 1, or ``None``. ``item``: its title or file."""

    line: int | None
    item: str
    message: str


class Notices:
    """Collect warnings, each once, at most MAX_NOTICES; more are counted."""

    def __init__(self) -> None:
        self.found: list[Notice] = []
        self.left_out = 0
        self._seen: set[tuple[int | None, str, str]] = set()

    def add(self, message: str, *, item: str = "", line: int | None = None) -> None:
        key = (line, item, message)
        if key in self._seen:
            return
        if len(self.found) >= MAX_NOTICES:
            self.left_out += 1
            return
        self._seen.add(key)
        self.found.append({"line": line, "item": item[:200], "message": message[:1000]})

    def __len__(self) -> int:
        return len(self.found) + self.left_out

    def to_json(self) -> list[Notice]:
        """Return the warnings in the order of the source, with a last one for those that were left out."""
        ordered = sorted(self.found, key=lambda notice: (notice["line"] is None, notice["line"] or 0))
        if self.left_out:
            ordered.append({"line": None, "item": "", "message": f"{self.left_out} more warnings."})
        return ordered


@dataclass(slots=True)
class ImportItem:
    """One page to be.

    ``key``: names it for good within the source. ``kind``: "page" or "post", counted apart; "container" for pages that only
    hold others and are reused where the place has such a page already. ``parent_key``: the key of the item above, ``None`` for
    the top. ``order``: siblings are sorted by it. ``digest``: of everything in the source that makes the item. ``links``:
    where the item was, as URLs and paths, its main address first. ``publish``: whether the source has it published.
    ``expire_at``: when the page is to be taken off the public site.
    ``status``: the source's word for that. ``line`` and ``where``: for warnings. ``data``: the importer's own. ``position``: in
    the source, set by the runner.

    ``lists_posts``: whether posts stand below it, which its page lists.
    ``go_live_at``: when the source has it published by itself, ``publish`` is false until then.

    ``blocks``, ``metadata``, ``fields`` (more fields of the page by name), ``terms`` and ``authors`` are empty until
    :meth:`Importer.fill` has run.
    """

    key: str
    title: str
    kind: str = "page"
    slug: str = ""
    parent_key: str | None = None
    order: tuple[Any, ...] = ()
    digest: str = ""
    links: tuple[str, ...] = ()
    publish: bool = True
    status: str = "publish"
    created_at: datetime | None = None
    expire_at: datetime | None = None
    page_type: str | None = None
    line: int | None = None
    where: str = ""
    data: Any = None
    position: int = 0
    blocks: list[JsonObject] = field(default_factory=list)
    metadata: JsonObject = field(default_factory=dict)
    fields: JsonObject = field(default_factory=dict)
    terms: list[ImportedTerm] = field(default_factory=list)
    authors: list[ImportedAuthor] = field(default_factory=list)
    lists_posts: bool = False
    go_live_at: datetime | None = None

    @property
    def label(self) -> str:
        """How warnings name the item."""
        return self.where or self.title or self.key


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to write.

    ``dry_run``: do everything, then take it back. ``drafts``: publish nothing. ``overwrite``: also change what people have
    edited since, and bring back what they deleted. ``redirects``: lead visitors from the old addresses to the new pages;
    ``None`` for only when the import goes to the top of a site.
    """

    dry_run: bool = False
    drafts: bool = False
    overwrite: bool = False
    redirects: bool | None = None


class Importer:
    """Base of the importers; register a subclass to have it found by name.

    ``name`` is stored with what was imported: together with :meth:`identity` and an item's key it says on the next run which
    page the item became.
    """

    name: ClassVar[str] = ""
    #: Part of every digest. Raise it when the same source would now become other pages.
    revision: ClassVar[int] = 1

    def __init__(self, source: str | Path, *, notices: Notices | None = None, **options: Any) -> None:
        self.source = source
        self.notices = notices if notices is not None else Notices()
        self.options = options
        #: Items that the importer itself left out, for the report.
        self.left_out: list[ImportItem] = []

    @property
    def source_name(self) -> str:
        """Under which name imports of this source are remembered; known once :meth:`items` has begun."""
        return f"{self.name}:{self.identity()}"[:255]

    def open_media(self, opener: Callable[[], Any], progress: Callable[[int, int, str], None]) -> None:
        """Be told how to open the shelf for files (:class:`ai_cms.transfer.shelf.MediaShelf`), for importers that bring some."""

    def identity(self) -> str:
        """Return what tells this source from others of its kind, such as the address of the old site."""
        return Path(self.source).resolve().name

    def items(self) -> Iterator[ImportItem]:
        """Yield the items without their content, in any order. Raises ImportRefused."""
        raise NotImplementedError

    def fill(self, item: ImportItem) -> None:
        """Set ``blocks``, ``metadata`` and ``fields`` of one of the items. Called for new and changed ones only."""
        raise NotImplementedError

    def link_key(self, url: str, item: ImportItem) -> str | None:
        """Return ``url``, as it stands in ``item`` or in its ``links``, in the one form that makes links comparable.

        A link whose form equals that of another item's address is made to lead to that item's page. ``None``: not ours.
        """
        return None

    def old_paths(self, item: ImportItem) -> Iterable[str]:
        """Return the URL paths where visitors found the item; redirects are made from them."""
        return ()

    def old_archives(self) -> Iterable[OldArchive]:
        """Return where visitors found lists of the items; asked when all items have been read."""
        return ()

    def left_behind(self) -> str:
        """Return what an import that was refused has left behind, as a sentence."""
        return "Nothing was imported."

    def close(self) -> None:
        """Give back files and memory; called once, whatever happened."""


class ImportHook:
    """Base of a host project's hooks: see every item before and after it is written.

    ``importers``: the names of the importers it is for, empty for all. ``takes_terms``: whether it makes something of the
    terms of items, so that nobody need be told that what the source says of them is lost. ``runs_last``: after all others, which
    may choose another page type.
    """

    importers: ClassVar[tuple[str, ...]] = ()
    takes_terms: ClassVar[bool] = False
    runs_last: ClassVar[bool] = False

    def before_item(self, item: ImportItem) -> ImportItem | None:
        """Return the item, changed as you like (title, blocks, metadata, page type …), or ``None`` to leave it out."""
        return item

    def begin(self, target: AbstractPage, actor: Actor) -> None:
        """Take note of the page that is imported below, and of who imports; called in the transaction, first of all."""

    def values(self, item: ImportItem) -> JsonMapping:
        """Return more fields of the item's page by name, in the transaction that writes it: rows may be made for them."""
        return {}

    def archive_url(self, archive: OldArchive) -> str | None:
        """Return the URL that shows now what an old list of posts showed, ``None`` for none; asked at the end."""
        return None

    def after_item(self, item: ImportItem, page: AbstractPage, created: bool) -> None:
        """Do more for a page that was created or changed, in the same transaction."""


class Spool:
    """Keep JSON values in a temporary file that is gone when it is closed; memory holds positions alone."""

    def __init__(self) -> None:
        #: Bytes of the value stored last.
        self.last_size = 0
        # Opened by the first value: an importer that is never run leaves nothing open.
        self._file: IO[bytes] | None = None

    def put(self, value: object) -> int:
        """Store a value and return where it is."""
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="ai_cms_import_")  # noqa: SIM115 - closed by close()
        place = self._file.seek(0, 2)
        data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        self.last_size = len(data)
        self._file.write(len(data).to_bytes(8, "big"))
        self._file.write(data)
        return place

    def get(self, place: int) -> Any:
        """Return the value stored at ``place``."""
        assert self._file is not None  # noqa: S101 - place comes from put()
        self._file.seek(place)
        size = int.from_bytes(self._file.read(8), "big")
        return json.loads(self._file.read(size).decode("utf-8", "surrogatepass"))

    def close(self) -> None:
        """Delete the file."""
        if self._file is not None:
            self._file.close()


def page_list(order: str = "tree") -> JsonObject:
    """Return a block that lists the pages below the one it is on; the runner fills in where that is."""
    return {"type": "page_list", "props": {"under": HERE, "limit": 50, "order": order}}


def digest_of(*values: object) -> str:
    """Return a digest of JSON values."""
    data = json.dumps(values, ensure_ascii=False, sort_keys=True, default=str).encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest()


def fit_key(key: str) -> str:
    """Return a key that fits its column and is told apart from others that begin alike."""
    if len(key) <= 200:
        return key
    return f"{key[:150]}~{digest_of(key)[:32]}"
