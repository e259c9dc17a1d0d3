"""The format of an exported site: which file is where, and reading and writing them safely.

::

    site.json                      format, version, the site
    redirects.json                 where old paths lead
    templates/<name>.json          one for each template
    pages/index.json               the home page; "children" names the folders below in their order
    pages/about/team/index.json    a page; its document, fields, publication, proposals, rights of groups
    pages/about/team/revisions.json

Every file is JSON with sorted keys, two spaces and a line break at the end, so that two exports of the same site are the
same bytes and a version control system shows what changed. Pages refer to pages by their folder ("about/team", "" for the
home page), to people by user name, to groups and templates by name.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from ai_cms.core.slugs import make_slug

from ..exceptions import ImportRefused

__all__ = ["FORMAT", "FORMAT_VERSION", "SiteFolder", "folder_name", "from_iso", "to_iso"]

FORMAT = "ai_cms.site"
FORMAT_VERSION = 1

MAX_FILE_BYTES = 200_000_000
MAX_NAME_BYTES = 100
MAX_PAGES = 1_000_000
_OURS = re.compile(r"(site|redirects|index|revisions)\.json\Z")
_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
_CHILD = re.compile(r"[\w~-]{1,160}\Z")


def folder_name(slug: str, *, binned: int = 0) -> str:
    """Return the name of the folder of a page: its slug, shortened where a file system would refuse it.

    ``binned``: number among the siblings in the bin, from 1; those may share a slug.
    """
    name = slug
    if len(slug.encode()) > MAX_NAME_BYTES:
        short = slug.encode()[:60].decode(errors="ignore")
        name = f"{short}~{hashlib.sha256(slug.encode()).hexdigest()[:10]}"
    return f"~bin-{binned}-{name}" if binned else name


def to_iso(moment: datetime | None) -> str | None:
    """Return a time as text, in UTC."""
    return None if moment is None else moment.astimezone(timezone.get_fixed_timezone(0)).isoformat()


def from_iso(value: object, *, source: str = "") -> datetime | None:
    """Return the time that :func:`to_iso` wrote. Raises ImportRefused."""
    if value is None:
        return None
    try:
        found = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or timezone.is_naive(found):
        raise ImportRefused(f"{str(value)[:80]!r} is no time with a time zone.", source=source)
    return found


class SiteFolder:
    """The folder of one exported site."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.written: set[str] = set()
        self.changed = 0
        #: Bytes of the file read last.
        self.last_size = 0

    # Writing

    def prepare(self) -> None:
        """Make the folder. Raises ImportRefused if something else than an export is in it."""
        if self.path.exists() and not self.path.is_dir():
            raise ImportRefused("This is no folder.", source=str(self.path))
        if self.path.is_dir():
            others = [name for name in os.listdir(self.path) if not name.startswith(".")]
            if others and not self.is_export():
                raise ImportRefused(
                    "The folder is not empty and holds no export; choose another one.", source=str(self.path)
                )
        self.path.mkdir(parents=True, exist_ok=True)

    def is_export(self) -> bool:
        """Return whether the folder holds an exported site."""
        try:
            found = json.loads((self.path / "site.json").read_text("utf-8"))
        except (OSError, ValueError):
            return False
        return isinstance(found, dict) and found.get("format") == FORMAT

    def write(self, name: str, value: object) -> None:
        """Write one file, if it is not the same already."""
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False) + "\n"
        target = self.path / name
        data = text.encode()
        self.written.add(name)
        if target.is_file() and not target.is_symlink() and target.read_bytes() == data:
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        self.changed += 1
        # Beside, then renamed: a reader never sees half a file, and a link is replaced, not followed.
        temporary = target.with_name(f".{target.name}.part")
        temporary.write_bytes(data)
        temporary.replace(target)

    def remove_stale(self) -> int:
        """Delete files of an earlier export that this one did not write; returns how many. Others' files stay."""
        removed = 0
        for top in ("pages", "templates"):
            for folder, _folders, files in os.walk(self.path / top, topdown=False):
                here = Path(folder)
                for name in files:
                    relative = (here / name).relative_to(self.path).as_posix()
                    ours = _OURS.match(name) or (top == "templates" and name.endswith(".json"))
                    if ours and relative not in self.written:
                        (here / name).unlink()
                        removed += 1
                if here != self.path / top and not os.listdir(here):
                    here.rmdir()
        if "redirects.json" not in self.written and (self.path / "redirects.json").is_file():
            (self.path / "redirects.json").unlink()
            removed += 1
        return removed

    # Reading

    def read(self, name: str, *, missing: object = None) -> Any:
        """Return the value of one file; ``missing`` where there is none. Raises ImportRefused with file and line."""
        target = self.path / name
        self.last_size = 0
        try:
            if not target.exists():
                return missing
            if not target.resolve().is_relative_to(self.path.resolve()):
                raise ImportRefused("This link leads outside of the folder.", source=name)
            info = target.stat()
            if not stat.S_ISREG(info.st_mode):
                raise ImportRefused("This is no ordinary file.", source=name)
            if info.st_size > MAX_FILE_BYTES:
                raise ImportRefused(f"The file is larger than {MAX_FILE_BYTES:,} bytes.", source=name)
            data = target.read_bytes()
            self.last_size = len(data)
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise ImportRefused("The file is not UTF-8.", source=name) from None
        except OSError as error:
            raise ImportRefused(f"The file cannot be read: {error.strerror}.", source=name) from None
        try:
            value = json.loads(text, parse_constant=_no_constant)
        except json.JSONDecodeError as error:
            raise ImportRefused(f"This is no JSON: {error.msg}.", source=name, line=error.lineno) from None
        except (ValueError, RecursionError) as error:
            raise ImportRefused(f"The JSON cannot be read: {str(error)[:200]}", source=name) from None
        _refuse_texts(value, name)
        return value

    def templates(self) -> list[str]:
        """Return the names of the template files."""
        folder = self.path / "templates"
        names = sorted(name for name in os.listdir(folder) if name.endswith(".json")) if folder.is_dir() else []
        return [f"templates/{name}" for name in names]

    def children(self, ref: str, listed: object) -> list[str]:
        """Return the folders below a page: those its file lists, then any others by name. Raises ImportRefused."""
        name = page_file(ref)
        if not isinstance(listed, list) or not all(isinstance(item, str) and _CHILD.match(item) for item in listed):
            raise ImportRefused("“children” is a list of folder names.", source=name)
        if len(set(listed)) != len(listed):
            raise ImportRefused("“children” names a folder twice.", source=name)
        here = self.path / "pages" / ref
        for child in listed:
            if not (here / child / "index.json").is_file():
                raise ImportRefused(f"“children” names {child!r}, but there is no {child}/index.json.", source=name)
        present = os.listdir(here) if here.is_dir() else []
        others = sorted(child for child in present if _CHILD.match(child) and (here / child / "index.json").is_file())
        return [*listed, *(child for child in others if child not in set(listed))]


def page_file(ref: str, name: str = "index.json") -> str:
    """Return the name of a file of the page ``ref``."""
    return f"pages/{ref}/{name}" if ref else f"pages/{name}"


def template_file(name: str) -> str:
    """Return the name of the file of a template; names that make the same slug are told apart."""
    slug = make_slug(name, max_length=60, allow_unicode=False, fallback="template")
    return f"templates/{slug}~{hashlib.sha256(name.encode()).hexdigest()[:8]}.json"


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not allowed.")


def _refuse_texts(value: object, source: str) -> None:
    """Refuse what no database stores: null characters and lone surrogates."""
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, str):
            if _FORBIDDEN.search(current):
                raise ImportRefused("The file holds a null character or half of a surrogate pair.", source=source)
        elif isinstance(current, dict):
            pending.extend(current)
            pending.extend(current.values())
        elif isinstance(current, list):
            pending.extend(current)
