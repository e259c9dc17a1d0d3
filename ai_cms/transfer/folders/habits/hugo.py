"""Hugo: ``content/posts/My Page.md`` is at ``/posts/my-page/``; drafts, dates to come and what expired are not built."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from ...terms import OldArchive
from .habit import Habits, Listed, Source, folder_address

__all__ = ["Hugo"]


class Hugo(Habits):
    name = "hugo"
    skipped = frozenset({"themes", "archetypes", "layouts", "public", "resources"})

    def content_folder(self) -> str:
        return "content" if (self.root / "content").is_dir() else ""

    def addresses(self, source: Source) -> Iterator[str]:
        front = source.front
        if url := front.text("url", "permalink"):
            yield url if url.startswith("/") else f"/{url}"
            return
        folders = source.folder.split("/") if source.folder else []
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


def _part(name: str, several: bool) -> str:
    made = re.sub(r"[^\w\s.\-+~@#]", "", name.strip().lower())
    made = re.sub(r"\s", "-", made) if several else re.sub(r"[\s-]+", "-", made)
    return made.replace("#", "")
