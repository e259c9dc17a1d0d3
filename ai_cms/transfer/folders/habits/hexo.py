"""Hexo: posts in ``source/_posts`` at ``/2024/03/01/Name/``; dates to come are built, ``draft: true`` means nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

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

__all__ = ["Hexo"]


_FOLDERS = {"archive": "archives", "category": "categories", "tag": "tags"}


class Hexo(Habits):
    name = "hexo"
    skipped = frozenset({"themes", "scaffolds", "public"})
    holds_future = False

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        config = read_config(root, "_config.yml")
        self.permalink = str(config.get("permalink") or ":year/:month/:day/:title/")
        self.folders = {name: str(config.get(f"{name}_dir") or default) for name, default in _FOLDERS.items()}

    def content_folder(self) -> str:
        return "source" if (self.root / "source").is_dir() else ""

    def knows_drafts(self) -> bool:
        return False

    def heading_id(self, text: str) -> str:
        return re.sub(r"[^\w]+", "-", _plain(text)).strip("-")

    def addresses(self, source: Source) -> Iterator[str]:
        given = source.front.text("permalink")
        folders = [part for part in source.folder.split("/") if part and not part.startswith("_")]
        if given:
            yield path_of(given) + ("/" if given.endswith("/") else "")
        elif "_posts" in source.folder.split("/"):
            parts = {
                **date_parts(source.date),
                "title": "/".join([*folders, source.stem]),
                "name": source.stem,
                "post_title": source.title,
                "category": "/".join(source.front.words("categories", "category")),
            }
            yield from template_path(self.permalink, parts)
        elif source.is_index:
            yield folder_address(folders)
        else:
            yield path_of(*folders, f"{source.stem}.html")

    def is_post(self, source: Source) -> bool:
        return "_posts" in source.folder.split("/")

    def categories(self, source: Source) -> list[tuple[str, ...]]:
        given = source.front.values.get("categories")
        if isinstance(given, list) and any(isinstance(each, list) for each in given):
            lines = [each if isinstance(each, list) else [each] for each in given]
            return [line for each in lines if (line := tuple(filter(None, (str(word).strip() for word in each))))]
        # One list is one line: each category is inside the one before.
        line = tuple(source.front.words("categories", "category"))
        return [line] if line else []

    def archives(self, listed: Listed) -> Iterator[OldArchive]:
        for path, feed in (("/atom.xml", "atom"), ("/rss2.xml", "rss")):
            yield OldArchive(path, "all", feed=feed)
        archives = self.folders["archive"]
        yield OldArchive(f"/{archives}/", "all")
        for year in listed.years():
            yield OldArchive(f"/{archives}/{year}/", "year", year)
        for month in listed.months:
            yield OldArchive(f"/{archives}/{month.replace('-', '/')}/", "month", month)
        for line in listed.categories:
            for end in range(1, len(line) + 1):
                path = "/".join(_term(name) for name in line[:end])
                yield OldArchive(f"/{self.folders['category']}/{path}/", "category", line[end - 1])
        for name in listed.tags:
            yield OldArchive(f"/{self.folders['tag']}/{_term(name)}/", "tag", name)

    def slug(self, source: Source) -> str:
        return dated_name(source.stem)[1]


def _term(name: str) -> str:
    """Return the part of an address that a category or tag has."""
    return re.sub(r"[\s~`!@#$%^&*()\-_+=\[\]{}|\\;:\"'<>,.?/]+", "-", _plain(name)).strip("-")


def _plain(text: str) -> str:
    from_to = str.maketrans("äöüÄÖÜéèêáàâíìîóòôúùûñçß", "aouAOUeeeaaaiiiooouuuncs")
    return text.translate(from_to)
