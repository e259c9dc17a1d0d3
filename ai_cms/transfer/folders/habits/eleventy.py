"""Eleventy: the address is the path of the file, its date included; dates to come are built."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ai_cms.core.slugs import make_slug

from ...terms import OldArchive
from .habit import Habits, Listed, Source, dated_name, folder_address

__all__ = ["Eleventy"]


CONFIGURATIONS = ("eleventy.config.js", "eleventy.config.mjs", "eleventy.config.cjs", ".eleventy.js")


class Eleventy(Habits):
    name = "eleventy"
    skipped = frozenset({"_includes", "_data", "_site"})
    holds_future = False

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
        given = _filled(source.front.text("permalink"), source)
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
