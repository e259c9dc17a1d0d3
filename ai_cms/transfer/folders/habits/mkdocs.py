"""MkDocs: ``docs/a/b.md`` is at ``/a/b/``; ids of headings are plain ASCII."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from .habit import Habits, Source, folder_address, path_of, read_config
from .patterns import matches

__all__ = ["MkDocs"]


class MkDocs(Habits):
    name = "mkdocs"
    skipped = frozenset({"site", "overrides"})
    header_lines = True

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        config = read_config(root, "mkdocs.yml", "mkdocs.yaml")
        self.patterns = {name: str(config.get(name) or "").split("\n") for name in ("draft_docs", "exclude_docs")}

    def held_back(self, source: Source, now: datetime.datetime) -> str:
        if reason := super().held_back(source, now):
            return reason
        for name, patterns in self.patterns.items():
            if matches(source.name, patterns):
                return f"“{name}” in the configuration names it"
        return ""

    def content_folder(self) -> str:
        config = read_config(self.root, "mkdocs.yml", "mkdocs.yaml")
        folder = str(config.get("docs_dir") or "docs").strip("/")
        return folder if ".." not in folder and (self.root / folder).is_dir() else ""

    def heading_id(self, text: str) -> str:
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
        return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())

    def addresses(self, source: Source) -> Iterator[str]:
        folders = source.folder.split("/") if source.folder else []
        yield folder_address(folders if source.is_index else [*folders, source.stem])
        if not source.is_index:
            yield path_of(*folders, f"{source.stem}.html")
