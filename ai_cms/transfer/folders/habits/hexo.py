"""Hexo: posts in ``source/_posts`` at ``/2024/03/01/Name/``; dates to come are built, ``draft: true`` means nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from .habit import Habits, Source, date_parts, dated_name, folder_address, path_of, read_config, template_path

__all__ = ["Hexo"]


class Hexo(Habits):
    name = "hexo"
    skipped = frozenset({"themes", "scaffolds", "public"})
    holds_future = False

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.permalink = str(read_config(root, "_config.yml").get("permalink") or ":year/:month/:day/:title/")

    def content_folder(self) -> str:
        return "source" if (self.root / "source").is_dir() else ""

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

    def slug(self, source: Source) -> str:
        return dated_name(source.stem)[1]


def _plain(text: str) -> str:
    from_to = str.maketrans("äöüÄÖÜéèêáàâíìîóòôúùûñçß", "aouAOUeeeaaaiiiooouuuncs")
    return text.translate(from_to)
