"""Eleventy: the address is the path of the file, its date included; dates to come are built."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ai_cms.core.slugs import make_slug

from ...terms import OldArchive
from ..fields import FrontMatter
from .habit import Habits, Listed, Source, dated_name, folder_address
from .holding import holding_reason

__all__ = ["Eleventy"]


CONFIGURATIONS = ("eleventy.config.js", "eleventy.config.mjs", "eleventy.config.cjs", ".eleventy.js")


class Eleventy(Habits):
    name = "eleventy"
    skipped = frozenset({"_includes", "_data", "_site"})
    holds_future = False

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._data: dict[str, dict[str, Any]] = {}

    def held_back(self, source: Source, now: datetime.datetime) -> str:
        return super().held_back(source, now) or holding_reason(self._folder_data(source))

    def _folder_data(self, source: Source) -> FrontMatter:
        """Return what the data files of the folders say, the nearest first: ``posts/posts.json`` and ``….11tydata.json``."""
        found: dict[str, Any] = {}
        folders = source.folder.split("/") if source.folder else []
        for depth in range(len(folders)):
            path = "/".join(folders[: depth + 1])
            for ending in (".json", ".11tydata.json"):
                found |= self._data_file(f"{path}/{folders[depth]}{ending}")
        # What a file says itself counts more.
        found = {name: value for name, value in found.items() if source.front.get(name.lower()) is None}
        return FrontMatter(found, frozenset(), lambda message: None)

    def _data_file(self, name: str) -> dict[str, Any]:
        if name not in self._data:
            self._data[name] = {}
            for root in (self.root, self.root / str(self.content_folder())):
                try:
                    values = json.loads((root / name).read_text("utf-8")[:1_000_000])
                except (OSError, ValueError, RecursionError):
                    continue
                if isinstance(values, dict):
                    self._data[name] = values
        return self._data[name]

    def knows_drafts(self) -> bool:
        # Only where the site's configuration says so, as that of eleventy-base-blog does.
        return any("draft" in _text(self.root / name) for name in CONFIGURATIONS)

    def slug(self, source: Source) -> str:
        return source.stem

    def is_post(self, source: Source) -> bool:
        return super().is_post(source) or bool({"post", "posts"} & set(source.front.words("tags", "tag")))

    def archives(self, listed: Listed) -> Iterator[OldArchive]:
        # Where eleventy-base-blog, which most blogs begin as, has them.
        for path in ("/feed/feed.xml", "/feed.xml"):
            yield OldArchive(path, "all", feed="atom")
        yield OldArchive("/tags/", "all")
        for name in listed.tags:
            yield OldArchive(f"/tags/{make_slug(name, allow_unicode=False)}/", "tag", name)

    def addresses(self, source: Source) -> Iterator[str]:
        given = source.front.get("permalink")
        given = _filled(given.strip(), source) if isinstance(given, str) else ""
        if given and "{" not in given:
            yield given if given.startswith("/") else f"/{given}"
        elif not given:
            folders = source.folder.split("/") if source.folder else []
            yield folder_address(folders if source.is_index else [*folders, source.stem])


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")[:1_000_000] if path.is_file() else ""
    except OSError:
        return ""


_PLACE = re.compile(r"\{\{-?\s*([\w.]+)\s*(?:\|\s*(\w+)\s*(?:[:(]\s*[\"']([^\"']*)[\"']\s*\)?)?\s*)?-?\}\}")


def _filled(permalink: str, source: Source) -> str:
    """Return a permalink with what templates say most; what is not understood stays in its braces."""

    def value(match: re.Match[str]) -> str:
        name, verb, detail = match.groups()
        text = {
            "page.fileSlug": dated_name(source.stem)[1] if not source.is_index else source.folder.rpartition("/")[2],
            "page.filePathStem": f"/{source.name.rpartition('.')[0]}",
            "title": source.title,
        }.get(name)
        if name in ("page.date", "date") and verb == "date" and source.date is not None and detail:
            return source.date.strftime(detail)
        if text is None or verb not in (None, "slug", "slugify"):
            return match[0]
        return make_slug(text, allow_unicode=False) if verb else text

    return _PLACE.sub(value, permalink)
