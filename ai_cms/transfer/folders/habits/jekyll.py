"""Jekyll: dated posts in ``_posts``, drafts in ``_drafts``, addresses by ``permalink``."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path

from ai_cms.blocks.convert.headings import heading_slug

from ...terms import OldArchive
from .habit import (
    Habits,
    Listed,
    Source,
    date_parts,
    dated_name,
    folder_address,
    path_of,
    read_config,
    template_path,
)
from .patterns import matches

__all__ = ["Jekyll"]

_STYLES = {
    "date": "/:categories/:year/:month/:day/:title.html",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title.html",
    "weekdate": "/:categories/:year/W:week/:short_day/:title.html",
    "none": "/:categories/:title.html",
}


class Jekyll(Habits):
    name = "jekyll"
    skipped = frozenset({"_includes", "_layouts", "_sass", "_site", "_data", "_plugins", "vendor"})
    spaced_words = True

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        config = read_config(root, "_config.yml", "_config.yaml")
        style = str(config.get("permalink") or "date")
        self.permalink = _STYLES.get(style, style)
        collections = config.get("collections")
        #: Collections whose files become pages; others are data for templates.
        self.built = {
            name
            for name, options in (collections.items() if isinstance(collections, dict) else ())
            if isinstance(options, dict) and options.get("output") is True
        }
        given = config.get("exclude")
        self.excluded = [str(name) for name in given] if isinstance(given, list) else []

    def held_back(self, source: Source, now: datetime.datetime) -> str:
        if reason := super().held_back(source, now):
            return reason
        for folder in source.folder.split("/"):
            if folder.startswith("_") and folder not in ("_posts", "_drafts") and folder[1:] not in self.built:
                return f"Jekyll builds no pages of its folder “{folder}”"
        if matches(source.name, self.excluded):
            return "“exclude” in the configuration names it"
        return ""

    def is_post(self, source: Source) -> bool:
        return "_posts" in source.folder.split("/") or super().is_post(source)

    def categories(self, source: Source) -> list[tuple[str, ...]]:
        return [(word,) for word in self.words_of(source)]

    def words_of(self, source: Source) -> list[str]:
        """Return the categories: ``categories: a b`` are two, ``category: a b`` is one; else the folders above ``_posts``."""
        front = source.front
        one = front.text("category")
        found = [*front.words("categories", spaced=True), *([one] if one else [])]
        folders = [part for part in source.folder.split("/") if part and not part.startswith("_")]
        return list(dict.fromkeys(found)) or (folders if "_posts" in source.folder.split("/") else [])

    def archives(self, listed: Listed) -> Iterator[OldArchive]:
        # By jekyll-feed and jekyll-archives, which most sites have.
        yield OldArchive("/feed.xml", "all", feed="atom")
        for line in listed.categories:
            yield OldArchive(f"/category/{_slug(line[-1])}/", "category", line[-1])
        for name in listed.tags:
            yield OldArchive(f"/tag/{_slug(name)}/", "tag", name)

    def addresses(self, source: Source) -> Iterator[str]:
        front = source.front
        date, rest = dated_name(source.stem)
        date = source.date or date
        categories = self.words_of(source)
        given = front.text("permalink")
        title = re.sub(r"[^\w.~-]+", "-", front.text("slug") or rest).strip("-")
        folders = [part for part in source.folder.split("/") if part and not part.startswith("_")]
        parts = {
            **date_parts(date),
            "title": title,
            "slug": title.lower(),
            "categories": "/".join(word.lower() for word in categories),
            "slugified_categories": "/".join(heading_slug(word) for word in categories),
            "output_ext": ".html",
            "name": title,
            "basename": source.stem,
            "path": "/".join([*folders, source.stem]),
            "collection": source.folder.split("/")[0].removeprefix("_"),
        }
        if given:
            yield from template_path(_STYLES.get(given, given), parts)
        elif "_posts" in source.folder.split("/") and date is not None:
            yield from template_path(self.permalink, parts)
        elif source.is_index:
            yield folder_address(folders)
        elif self.permalink.endswith("/"):
            yield folder_address([*folders, source.stem])
        else:
            yield path_of(*folders, f"{source.stem}.html")


def _slug(name: str) -> str:
    return re.sub(r"[^\w]+", "-", name.lower()).strip("-")
