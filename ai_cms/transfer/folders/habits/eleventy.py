"""Eleventy: the address is the path of the file, its date included; dates to come are built."""

from __future__ import annotations

from collections.abc import Iterator

from .habit import Habits, Source, folder_address

__all__ = ["Eleventy"]


class Eleventy(Habits):
    name = "eleventy"
    skipped = frozenset({"_includes", "_data", "_site"})
    holds_future = False

    def slug(self, source: Source) -> str:
        return source.stem

    def addresses(self, source: Source) -> Iterator[str]:
        given = source.front.text("permalink")
        if given and "{" not in given:
            yield given if given.startswith("/") else f"/{given}"
        elif not given:
            folders = source.folder.split("/") if source.folder else []
            yield folder_address(folders if source.is_index else [*folders, source.stem])
