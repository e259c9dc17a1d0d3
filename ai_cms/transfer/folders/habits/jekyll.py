"""Jekyll: dated posts in ``_posts``, drafts in ``_drafts``, addresses by ``permalink``."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path

from ai_cms.blocks.convert.headings import heading_slug

from .habit import Habits, Source, date_parts, dated_name, folder_address, path_of, read_config, template_path
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

    def addresses(self, source: Source) -> Iterator[str]:
        front = source.front
        date, rest = dated_name(source.stem)
        date = source.date or date
        categories = front.words("categories", "category", spaced=True)
        given = front.text("permalink")
        title = re.sub(r"[^\w.~-]+", "-", front.text("slug") or rest).strip("-")
        folders = [part for part in source.folder.split("/") if part and not part.startswith("_")]
        categories = categories or (folders if "_posts" in source.folder else [])
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
