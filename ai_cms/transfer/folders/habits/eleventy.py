"""Eleventy: the address is the path of the file, its date included; dates to come are built."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..fields import FrontMatter
from .habit import Habits, Source, folder_address
from .holding import holding_reason

__all__ = ["Eleventy"]


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

    def slug(self, source: Source) -> str:
        return source.stem

    def addresses(self, source: Source) -> Iterator[str]:
        given = source.front.get("permalink")
        given = given.strip() if isinstance(given, str) else ""
        if given and "{" not in given:
            yield given if given.startswith("/") else f"/{given}"
        elif not given:
            folders = source.folder.split("/") if source.folder else []
            yield folder_address(folders if source.is_index else [*folders, source.stem])
