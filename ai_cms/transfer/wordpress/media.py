"""The pictures of a WordPress site, found by the ids that its content names them by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, TypeAlias

from ai_cms.blocks.convert.result import file_url, one_line
from ai_cms.blocks.html.richtext import sanitize_inline
from ai_cms.core.jsontypes import JsonMapping

__all__ = ["Attachments", "Picture", "read_attachments"]

#: Id → URL, or id → ``{"url", "alt"?, "caption"?}``; ids are numbers or their digits.
Attachments: TypeAlias = Mapping[int, Any] | JsonMapping


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture; ``caption`` is sanitised inline HTML."""

    url: str
    alt: str = ""
    caption: str = ""

    @property
    def figure(self) -> str:
        """The picture as HTML."""
        caption = f"<figcaption>{self.caption}</figcaption>" if self.caption else ""
        return f'<figure><img src="{escape(self.url)}" alt="{escape(self.alt)}">{caption}</figure>'


def read_attachments(attachments: Attachments | None) -> dict[int, Picture]:
    """Return the pictures with a usable URL by their number."""
    found: dict[int, Picture] = {}
    for key, value in (attachments or {}).items():
        number = str(key).strip()
        if not (number.isascii() and number.isdigit() and len(number) < 16):
            continue
        entry: JsonMapping = value if isinstance(value, Mapping) else {"url": value}
        if url := file_url(str(entry.get("url") or "")):
            caption = sanitize_inline(str(entry.get("caption") or "")).strip()
            found[int(number)] = Picture(
                url, one_line(str(entry.get("alt") or ""))[:1_000], caption if len(caption) <= 1_000 else ""
            )
    return found
