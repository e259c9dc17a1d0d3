"""Pelican: ``Title: …`` lines before the text, ``/slug.html`` of the title; only ``status`` holds a text back."""

from __future__ import annotations

from collections.abc import Iterator

from ai_cms.core.slugs import make_slug

from .habit import Habits, Source, path_of

__all__ = ["Pelican"]


class Pelican(Habits):
    name = "pelican"
    skipped = frozenset({"output", "theme", "themes"})
    holds_future = False
    header_lines = True

    def content_folder(self) -> str:
        return "content" if (self.root / "content").is_dir() else ""

    def addresses(self, source: Source) -> Iterator[str]:
        slug = source.front.text("slug") or make_slug(source.title or source.stem, allow_unicode=False)
        folder = "pages" if source.folder.split("/")[0] == "pages" else ""
        yield path_of(folder, f"{slug}.html")
