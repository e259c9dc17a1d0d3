"""Files of a folder as pages: walking it safely, which file is above which, order numbers in names, links between files."""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ..base import Importer, ImportItem, Notices, digest_of, page_list
from ..exceptions import ImportRefused

__all__ = ["FileImporter", "SourceFile", "find_files", "read_text", "title_from_name"]

MAX_FILES = 100_000
MAX_FILE_BYTES = 5_000_000
MAX_FOLDER_DEPTH = 40
_NUMBERED = re.compile(r"([0-9]{1,6})[-_. ]+(?=\S)")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to import; ``name`` is its path inside the source with ``/``, the name of its page in links and warnings."""

    path: Path
    name: str

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.name)

    @property
    def stem(self) -> str:
        return posixpath.splitext(posixpath.basename(self.name))[0]


def find_files(
    root: Path,
    suffixes: Iterable[str],
    notices: Notices,
    *,
    skipped: frozenset[str] = frozenset({"node_modules"}),
    skipped_at_top: frozenset[str] = frozenset(),
) -> list[SourceFile]:
    """Return the files below ``root`` with one of the suffixes, by name; hidden ones and ``skipped`` folders apart.

    Folders called as ``skipped_at_top`` says are left out directly below ``root`` alone.
    Raises ImportRefused for a folder that is none, for links that lead outside, and above the limits.
    """
    if not root.is_dir():
        raise ImportRefused("There is no such folder.", source=str(root))
    wanted = {suffix.lower() for suffix in suffixes}
    real_root = root.resolve()
    found: list[SourceFile] = []

    def refuse(error: OSError) -> None:
        raise ImportRefused(f"The folder cannot be read: {error.strerror}.", source=str(error.filename))

    for folder, folders, files in os.walk(root, onerror=refuse, followlinks=False):
        here = Path(folder)
        relative = here.relative_to(root)
        if len(relative.parts) > MAX_FOLDER_DEPTH:
            raise ImportRefused(f"Folders are nested deeper than {MAX_FOLDER_DEPTH}.", source=relative.as_posix())
        left_out = skipped if relative.parts else skipped | skipped_at_top
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in left_out)
        for name in [*folders, *files]:
            if (here / name).is_symlink() and not (here / name).resolve().is_relative_to(real_root):
                raise ImportRefused("This link leads outside of the folder.", source=(relative / name).as_posix())
        for name in list(folders):
            if (here / name).is_symlink():
                notices.add("A link to a folder was not followed.", item=(relative / name).as_posix())
        for name in sorted(files):
            if name.startswith(".") or os.path.splitext(name)[1].lower() not in wanted:
                continue
            if len(found) >= MAX_FILES:
                raise ImportRefused(f"There are more than {MAX_FILES:,} files.", source=str(root))
            found.append(SourceFile(here / name, (relative / name).as_posix()))
    return found


def read_text(file: SourceFile) -> str:
    """Return the text of a file, which is UTF-8. Raises ImportRefused with its name, and the line of the bytes that are not."""
    try:
        # Not a pipe or a device, which could block or never end.
        if not stat.S_ISREG(file.path.stat().st_mode):
            raise ImportRefused("This is no ordinary file.", source=file.name)
        with file.path.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ImportRefused(f"The file cannot be read: {error.strerror}.", source=file.name) from None
    if len(data) > MAX_FILE_BYTES:
        raise ImportRefused(f"The file is larger than {MAX_FILE_BYTES:,} bytes.", source=file.name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ImportRefused("The file is not UTF-8.", source=file.name, line=line) from None
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise ImportRefused("The file holds a null character; it is no text.", source=file.name, line=line)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def split_number(name: str) -> tuple[int | None, str]:
    """Return the order number a name begins with, if any, and the rest: ``"02-rye"`` → ``(2, "rye")``."""
    match = _NUMBERED.match(name)
    return (int(match[1]), name[match.end() :]) if match else (None, name)


def title_from_name(name: str) -> str:
    """Return a title for a file or folder name."""
    words = re.sub(r"[-_\s]+", " ", split_number(name)[1]).strip()
    return words[:1].upper() + words[1:] or "Untitled"


class FileImporter(Importer):
    """Base of importers of files in folders: folders are the tree, an index file is the page of its folder."""

    #: Stems of files that are the page of their folder, the first that is there.
    index_stems: tuple[str, ...] = ("index",)

    def __init__(self, source: Any, *, notices: Notices | None = None, **options: Any) -> None:
        super().__init__(source, notices=notices, **options)
        self.files: dict[str, SourceFile] = {}
        self.page_of_folder: dict[str, str] = {}

    def identity(self) -> str:
        return str(self.options.get("source_name") or "") or super().identity()

    def unreadable(self, problems: list[ImportRefused]) -> None:
        """Refuse the import for what cannot be read, all of it at once; with ``skip_unreadable`` say what was left out."""
        if not problems:
            return
        if not self.options.get("skip_unreadable"):
            raise ImportRefused.of(problems, hint="Mend them, or leave them out (--skip-unreadable).")
        for problem in problems:
            self.notices.add(f"The file was left out: {problem.reason}", item=problem.source, line=problem.line)

    def list_files(self) -> list[SourceFile]:
        """Return the files to import."""
        raise NotImplementedError

    def read_file(self, file: SourceFile) -> ImportItem | None:
        """Return the item of a file without key and place; ``None`` to leave it out."""
        raise NotImplementedError

    def items(self) -> Iterator[ImportItem]:
        files = self.list_files()
        if not files:
            raise ImportRefused("There is nothing to import here.", source=str(self.source))
        self.files = {file.name: file for file in files}
        by_folder: dict[str, dict[str, str]] = {}
        for file in files:
            by_folder.setdefault(file.folder, {})[file.stem.lower()] = file.name
        for folder, stems in by_folder.items():
            for stem in self.index_stems:
                if stem in stems:
                    self.page_of_folder[folder] = stems[stem]
                    break
        items: list[ImportItem] = []
        problems: list[ImportRefused] = []
        for file in files:
            try:
                item = self.place(file)
            except ImportRefused as error:
                problems.append(error)
            else:
                if item is not None:
                    items.append(item)
        self.unreadable(problems)
        if not items:
            raise ImportRefused("There is nothing to import here.", source=str(self.source))
        yield from self.folders_without_page(items)
        yield from items

    def place(self, file: SourceFile) -> ImportItem | None:
        """Read a file and give it its key, parent, slug, order and links."""
        item = self.read_file(file)
        if item is None:
            return None
        is_index = self.page_of_folder.get(file.folder) == file.name
        name = posixpath.basename(file.folder) if is_index else file.stem
        number, rest = split_number(name) if item.kind == "page" else (None, name)
        item.key = f"file:{file.name}"
        item.where = file.name
        item.parent_key = self.parent_key(posixpath.dirname(file.folder) if is_index and file.folder else file.folder)
        if is_index and not file.folder:
            # The page of the source itself stands at the top, before its neighbours.
            item.parent_key = None
        if not item.slug:
            item.slug = rest
        if not item.title:
            item.title = title_from_name(name) if name else "Home"
        given = item.data if isinstance(item.data, int | float) and not isinstance(item.data, bool) else None
        order = given if given is not None else number
        if item.kind == "post" and item.created_at is not None and order is None:
            item.order = (1, 1, 0, item.created_at.isoformat())
        else:
            first = 0 if is_index and not file.folder else 1
            item.order = (first, 0 if order is not None else 1, order or 0, rest.lower())
        item.links = (file.name, *((file.folder,) if is_index and file.folder else ()))
        item.digest = digest_of(item.digest, item.parent_key, item.slug, list(item.order))
        return item

    def parent_key(self, folder: str) -> str | None:
        """Return the key of the page that the files of ``folder`` stand below."""
        if not folder:
            return None
        return f"file:{self.page_of_folder[folder]}" if folder in self.page_of_folder else f"folder:{folder}"

    def folders_without_page(self, items: list[ImportItem]) -> Iterator[ImportItem]:
        """Yield a page for every folder that needs one and has none."""
        needed: set[str] = set()
        keys = {item.key for item in items}
        pending = [item.parent_key for item in items]
        while pending:
            key = pending.pop()
            if key is None or key in keys:
                continue
            folder = key.partition(":")[2]
            if key.startswith("file:"):
                # The page of the folder was left out; its neighbours stand where it would have been.
                for item in items:
                    if item.parent_key == key:
                        item.parent_key = self.parent_key(posixpath.dirname(posixpath.dirname(folder)))
                        pending.append(item.parent_key)
                continue
            if folder not in needed:
                needed.add(folder)
                pending.append(self.parent_key(posixpath.dirname(folder)))
        public = self._public_folders(items)
        for folder in sorted(needed):
            name = posixpath.basename(folder)
            number, rest = split_number(name)
            yield ImportItem(
                key=f"folder:{folder}",
                title=title_from_name(name),
                kind="container",
                slug=rest,
                parent_key=self.parent_key(posixpath.dirname(folder)),
                order=(1, 0 if number is not None else 1, number or 0, rest.lower()),
                digest="folder" if folder in public else "folder of drafts",
                links=(folder,),
                publish=folder in public,
                status="" if folder in public else "draft",
                where=folder,
            )

    def _public_folders(self, items: list[ImportItem]) -> set[str]:
        """Return the folders with something to show: a list of drafts alone would be an empty page that names them."""
        found: set[str] = set()
        for item in items:
            folder = posixpath.dirname(item.where) if item.publish else ""
            while folder and folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder)
        return found

    def fill(self, item: ImportItem) -> None:
        if item.kind == "container":
            item.blocks = [page_list()]

    def link_key(self, url: str, item: ImportItem) -> str | None:
        """Return the name of the file a relative link leads to; a link to a folder is one to its page."""
        if url in item.links:
            return self._known(url)
        try:
            parts = urlsplit(url)
        except ValueError:
            return None
        if parts.scheme or parts.netloc or parts.query or not parts.path or parts.path.startswith("/"):
            return None
        here = item.where if item.kind == "container" else posixpath.dirname(item.where)
        name = posixpath.normpath(posixpath.join(here, unquote(parts.path, errors="replace")))
        return None if name.startswith("..") else self._known(name)

    def _known(self, name: str) -> str | None:
        name = name.rstrip("/")
        if name in ("", "."):
            return self.page_of_folder.get("")
        if name in self.files:
            return name
        return self.page_of_folder.get(name, name)
