"""Pelican: ``Title: …`` lines before the text, ``/slug.html`` of the title; only ``status`` holds a text back."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path

from ai_cms.core.slugs import make_slug

from ...terms import OldArchive
from .habit import Habits, Listed, Source, path_of

__all__ = ["Pelican"]


class Pelican(Habits):
    name = "pelican"
    skipped = frozenset({"output", "theme", "themes"})
    holds_future = False
    header_lines = True

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        try:
            settings = (root / "pelicanconf.py").read_text("utf-8", "replace")[:1_000_000]
        except OSError:
            settings = ""
        named = re.search(r"""^DEFAULT_CATEGORY\s*=\s*["']([^"']+)["']""", settings, re.MULTILINE)
        self.default_category = named[1] if named else "misc"

    def content_folder(self) -> str:
        return "content" if (self.root / "content").is_dir() else ""

    def knows_drafts(self) -> bool:
        # Its word for that is "status: draft".
        return False

    def is_post(self, source: Source) -> bool:
        return source.folder.split("/")[0] != "pages"

    def held_back(self, source: Source, now: datetime.datetime) -> str:
        front = source.front
        if reason := super().held_back(source, now):
            return reason
        if not front.text("title"):
            return "it has no title, and Pelican leaves such files out"
        if self.is_post(source) and source.date is None:
            return "it has no date, and Pelican leaves such files out"
        return ""

    def categories(self, source: Source) -> list[tuple[str, ...]]:
        folder = source.folder.rpartition("/")[2]
        word = source.front.text("category") or ((folder or self.default_category) if self.is_post(source) else "")
        return [(word,)] if word else []

    def archives(self, listed: Listed) -> Iterator[OldArchive]:
        for name in ("archives", "categories", "tags", "authors"):
            yield OldArchive(f"/{name}.html", "all")
        for path, feed in (("all.atom", "atom"), ("all.rss", "rss"), ("all-en.atom", "atom")):
            yield OldArchive(f"/feeds/{path}.xml", "all", feed=feed)
        kinds = (
            ("category", [line[-1] for line in listed.categories]),
            ("tag", list(listed.tags)),
            ("author", list(listed.authors)),
        )
        for kind, names in kinds:
            for name in names:
                slug = make_slug(name, allow_unicode=False)
                yield OldArchive(f"/{kind}/{slug}.html", kind, name)
                for feed in ("atom", "rss"):
                    yield OldArchive(f"/feeds/{slug}.{feed}.xml", kind, name, feed)

    def addresses(self, source: Source) -> Iterator[str]:
        slug = source.front.text("slug") or make_slug(source.title or source.stem, allow_unicode=False)
        folder = "pages" if source.folder.split("/")[0] == "pages" else ""
        yield path_of(folder, f"{slug}.html")
