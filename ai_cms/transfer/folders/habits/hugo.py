"""Hugo: ``content/posts/My Page.md`` is at ``/posts/my-page/``; drafts, dates to come and what expired are not built."""

from __future__ import annotations

import contextlib
import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ...exceptions import ImportRefused
from ...terms import OldArchive
from ..front_matter import split_front_matter
from .habit import Habits, Listed, Source, date_parts, folder_address, read_config, template_path
from .holding import build_reason

__all__ = ["Hugo"]


class Hugo(Habits):
    name = "hugo"
    skipped = frozenset({"themes", "archetypes", "layouts", "public", "resources"})

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._sections: dict[str, list[Any]] = {}
        self.permalinks = _permalinks(root)

    def content_folder(self) -> str:
        return "content" if (self.root / "content").is_dir() else ""

    def held_back(self, source: Source, now: datetime.datetime) -> str:
        return super().held_back(source, now) or self._cascaded(source)

    def _cascaded(self, source: Source) -> str:
        """Return what the sections above pass down against showing a page; the nearest one that says something counts."""
        if source.front.get("build") is not None or source.front.get("_build") is not None:
            return ""
        folder = source.folder
        while True:
            for build in self._passed_down(folder):
                return build_reason(build)
            if not folder:
                return ""
            folder = folder.rpartition("/")[0]

    def _passed_down(self, folder: str) -> list[Any]:
        """Return the build options that ``_index.md`` of a folder has for the pages below it."""
        if folder not in self._sections:
            values: dict[str, Any] = {}
            with contextlib.suppress(OSError, ValueError, ImportRefused):
                path = self.root / self.content_folder() / folder / "_index.md"
                values = split_front_matter(path.read_text("utf-8")[:1_000_000])[0]
            cascade = values.get("cascade")
            entries = cascade if isinstance(cascade, list) else [cascade]
            # One with a target is for some pages alone, which only Hugo can tell: it counts for all of them.
            builds = [entry.get("build", entry.get("_build")) for entry in entries if isinstance(entry, dict)]
            self._sections[folder] = [build for build in builds if build is not None]
        return self._sections[folder]

    def addresses(self, source: Source) -> Iterator[str]:
        front = source.front
        if url := front.text("url", "permalink"):
            yield url if url.startswith("/") else f"/{url}"
            return
        folders = source.folder.split("/") if source.folder else []
        template = self.permalinks.get(folders[0]) if folders and not source.is_index else None
        if template is not None:
            title, name = _part(source.title, True), _part(front.text("slug") or source.stem, True)
            slug = _part(front.text("slug"), True) or title
            parts = {
                **date_parts(source.date),
                "section": _part(folders[0], True),
                "sections": "/".join(_part(folder, True) for folder in folders),
                "title": title,
                "slug": slug,
                **dict.fromkeys(("slugorfilename", "slugorcontentbasename"), name),
                **dict.fromkeys(("filename", "contentbasename"), _part(source.stem, True)),
            }
            yield from template_path(template, parts)
            return
        names = folders if source.is_index else [*folders, front.text("slug") or source.stem]
        # Until 0.111 blanks around what is left out became one hyphen, later two.
        for several in (True, False):
            yield folder_address(_part(name, several) for name in names)

    def archives(self, listed: Listed) -> Iterator[OldArchive]:
        yield OldArchive("/index.xml", "all", feed="rss")
        # Each section has a feed, which is as much as all posts to its readers.
        for section in sorted((self.root / self.content_folder()).iterdir()):
            if section.is_dir():
                yield OldArchive(f"/{_part(section.name, True)}/index.xml", "all", feed="rss")
        kinds = (
            ("tags", "tag", list(listed.tags)),
            ("categories", "category", [line[-1] for line in listed.categories]),
            ("series", "series", list(listed.series)),
            ("authors", "author", list(listed.authors)),
        )
        for folder, kind, names in kinds:
            if names:
                yield OldArchive(f"/{folder}/", "all")
                yield OldArchive(f"/{folder}/index.xml", "all", feed="rss")
            for name in names:
                for several in (True, False):
                    path = unquote(folder_address([folder, _part(name, several)]))
                    yield OldArchive(path, kind, name)
                    yield OldArchive(f"{path}index.xml", kind, name, "rss")


def _permalinks(root: Path) -> dict[str, str]:
    """Return the address templates of sections that the configuration has, in the old form and in that by kinds of page."""
    found: dict[str, str] = {}
    for folder in ("", "config/_default/"):
        for stem in ("hugo", "config"):
            config = read_config(root, *(f"{folder}{stem}.{ending}" for ending in ("toml", "yaml", "yml", "json")))
            given = config.get("permalinks")
            if isinstance(given, dict):
                pages = given.get("page")
                given = {**given, **(pages if isinstance(pages, dict) else {})}
                found |= {name: value for name, value in given.items() if isinstance(value, str)}
    return found


def _part(name: str, several: bool) -> str:
    made = re.sub(r"[^\w\s.\-+~@#]", "", name.strip().lower())
    made = re.sub(r"\s", "-", made) if several else re.sub(r"[\s-]+", "-", made)
    return made.replace("#", "")
