"""The habits of a folder that no generator is known for; each generator's own stand in a module of its name."""

from __future__ import annotations

import datetime
import posixpath
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import yaml

from ai_cms.blocks.convert.headings import heading_slug

from ...terms import OldArchive
from ..fields import FrontMatter, read_moment
from .holding import EXPIRY, holding_reason

__all__ = ["Habits", "Listed", "Source", "dated_name", "read_config"]

#: Folders that people keep posts in, whatever their generator thinks of names.
_POST_FOLDERS = frozenset({"_posts", "articles", "blog", "news", "post", "posts"})

#: Names of the time at which a file appears, if that is not its date.
APPEARANCE = ("publishdate", "publish_date", "pubdate", "published_at")

_DATED = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[-_ T.]+|\Z)")


@dataclass(slots=True)
class Listed:
    """What the posts of a folder stand under: lines of categories from the top, the other terms, their months."""

    categories: dict[tuple[str, ...], None] = field(default_factory=dict)
    tags: dict[str, None] = field(default_factory=dict)
    series: dict[str, None] = field(default_factory=dict)
    authors: dict[str, None] = field(default_factory=dict)
    months: dict[str, None] = field(default_factory=dict)

    def years(self) -> list[str]:
        return list(dict.fromkeys(month[:4] for month in self.months))


class _ConfigLoader(yaml.SafeLoader):
    """The safe loader, to which a value with a tag of its own (``!ENV``, ``!!python/name:``) says nothing."""


for _prefix in ("!", "tag:yaml.org,2002:python/"):
    _ConfigLoader.add_multi_constructor(_prefix, lambda loader, suffix, node: None)


@dataclass(frozen=True, slots=True)
class Source:
    """One file as its generator sees it. ``name``: its path in the folder of contents, with ``/``."""

    name: str
    front: FrontMatter
    title: str
    date: datetime.datetime | None
    is_index: bool

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.name)

    @property
    def stem(self) -> str:
        return posixpath.splitext(posixpath.basename(self.name))[0]


def dated_name(stem: str) -> tuple[datetime.datetime | None, str]:
    """Return the date a file name begins with, if any, and the rest: ``2024-03-01-rye`` → (1 March, ``rye``)."""
    match = _DATED.match(stem)
    date = read_moment("-".join(match.groups())) if match else None
    return (date, stem[match.end() :]) if match and date else (None, stem)


def read_config(root: Path, *names: str) -> dict[str, Any]:
    """Return the values of the first file of the names that is there, TOML by its name, else YAML; nothing of one that
    cannot be read.
    """
    for name in names:
        try:
            text = (root / name).read_text("utf-8")[:1_000_000]
            # A safe loader in spite of its call: it makes nothing but plain values.
            found = tomllib.loads(text) if name.endswith(".toml") else yaml.load(text, _ConfigLoader)  # noqa: S506
        except (OSError, ValueError, yaml.YAMLError):
            continue
        if isinstance(found, dict):
            return found
    return {}


class Habits:
    """What holds a file back, and where visitors found it."""

    name: ClassVar[str] = "none"
    #: Folders, beside hidden ones, that hold no pages.
    skipped: ClassVar[frozenset[str]] = frozenset()
    #: Whether a date to come kept a page from being shown.
    holds_future: ClassVar[bool] = True
    #: Whether a text of several tags is parted at blanks.
    spaced_words: ClassVar[bool] = False
    #: Whether "Title: …" lines at the beginning are front matter.
    header_lines: ClassVar[bool] = False

    def __init__(self, root: Path) -> None:
        self.root = root

    def content_folder(self) -> str:
        """Return the folder below the root that the pages are in, "" for the root itself."""
        return ""

    def knows_drafts(self) -> bool:
        """Return whether ``draft: true`` kept a page from being shown."""
        return True

    def heading_id(self, text: str) -> str:
        """Return the id of a heading."""
        return heading_slug(text)

    def held_back(self, source: Source, now: datetime.datetime) -> str:
        """Return why a file was not to be seen, "" for one that was."""
        front = source.front
        if self.knows_drafts() and front.flag("draft", False, unclear=True):
            return "it is marked as a draft"
        if not front.flag("published", True, unclear=False):
            return "it is marked as a draft"
        for name in ("status", "visibility"):
            if (word := str(front.get(name) or "").strip()).lower() in ("draft", "hidden", "private", "skip"):
                return f"its {name} is “{word}”"
        if reason := holding_reason(front):
            return reason
        if {"_drafts", "drafts"} & set(source.folder.lower().split("/")):
            return "it is in a folder of drafts"
        date = source.date
        for name in APPEARANCE:
            date = front.moment(name) or date
        if date is not None and date > now and self.holds_future:
            return f"it was to appear on {date:%Y-%m-%d %H:%M} UTC"
        expiry = self.expiry(source)
        if expiry is not None and expiry <= now:
            return f"it expired on {expiry:%Y-%m-%d}"
        return ""

    def expiry(self, source: Source) -> datetime.datetime | None:
        """Return when a file was to vanish."""
        return next(filter(None, map(source.front.moment, EXPIRY)), None)

    def slug(self, source: Source) -> str:
        """Return the slug that the file's name gives."""
        return dated_name(source.stem)[1]

    def is_post(self, source: Source) -> bool:
        """Return whether a file is an entry of a blog: its name begins with a date, or it is one by date and folder."""
        if dated_name(source.stem)[0] is not None:
            return True
        in_blog = bool(_POST_FOLDERS & set(source.folder.lower().split("/")))
        return in_blog and source.date is not None and not source.is_index

    def categories(self, source: Source) -> list[tuple[str, ...]]:
        """Return the categories of a file, each with those above it, the topmost first."""
        return [(word,) for word in source.front.words("categories", "category", spaced=self.spaced_words)]

    def addresses(self, source: Source) -> Iterator[str]:
        """Yield the paths at which the file was, as a browser sends them."""
        return iter(())

    def archives(self, listed: Listed) -> Iterator[OldArchive]:
        """Yield where the posts were listed."""
        return iter(())

    def stated(self, source: Source) -> Iterator[str]:
        """Yield the addresses that front matter states besides."""
        for name in ("aliases", "alias", "redirect_from"):
            for path in source.front.words(name):
                if path.startswith("/"):
                    yield path
                elif "://" not in path:
                    yield posixpath.normpath(f"/{source.folder}/{path}")


def filled(template: str, parts: dict[str, str]) -> str:
    """Return an address of a template with ``:name`` parts, "" where one of them is not known: half of it leads nowhere."""
    unknown = "[" in template  # a slice such as ``:sections[1:]``

    def fill(match: re.Match[str]) -> str:
        nonlocal unknown
        # An underscore behind a name may be part of the address: ``:year_:month``.
        name = match[1] if match[1] in parts else match[1].rstrip("_")
        unknown = unknown or name not in parts
        return parts.get(name, "") + match[1][len(name) :]

    made = re.sub(r":([a-z_]+)", fill, template)
    return "" if unknown else re.sub(r"/{2,}", "/", f"/{made}")


def date_parts(date: datetime.datetime | None) -> dict[str, str]:
    """Return the parts of a date as addresses name them."""
    if date is None:
        return {}
    return {
        "year": f"{date:%Y}",
        "month": f"{date:%m}",
        "day": f"{date:%d}",
        "i_month": str(date.month),
        "i_day": str(date.day),
        "short_year": f"{date:%y}",
        "y_day": f"{date:%j}",
        "short_month": f"{date:%b}",
        "long_month": f"{date:%B}",
        "week": f"{date:%V}",
        "short_day": f"{date:%a}",
        "long_day": f"{date:%A}",
        "hour": f"{date:%H}",
        "minute": f"{date:%M}",
        "second": f"{date:%S}",
    }


def template_path(template: str, parts: dict[str, str]) -> Iterator[str]:
    """Yield the path of a filled template, quoted and with the slash it ends in; nothing where a part is not known."""
    if made := filled(template, parts):
        yield path_of(made) + ("/" if made.endswith("/") and made != "/" else "")


def path_of(*parts: str) -> str:
    """Return a path of its parts, quoted as a browser sends it."""
    return quote("/" + "/".join(part.strip("/") for part in parts if part.strip("/")))


def folder_address(names: Iterable[str]) -> str:
    """Return the address of a folder-like page."""
    path = path_of(*names)
    return path if path.endswith("/") else f"{path}/"
