"""The words in the attributes of blocks that nobody knows: a plugin's fields, where its block has no HTML."""

from __future__ import annotations

import re
from html import escape
from typing import Any

__all__ = ["attribute_texts"]

MAX_TEXTS = 500

_URL = re.compile(r"https?://\S+\Z")
_PICTURE = re.compile(r"\.(?:avif|gif|jpe?g|png|svg|webp)(?:\?\S*)?\Z", re.IGNORECASE)
# Settings and names for machines: colours, sizes, classes, ids, keys of fields.
_NOT_WORDS = re.compile(
    r"#[0-9a-f]{3,8}|[-+]?[0-9.]+(?:px|r?em|%|vh|vw|s|ms)?|field_[0-9a-f]+|[a-z0-9]+(?:[-_:|/][a-z0-9]+)+",
    re.IGNORECASE,
)
_SETTINGS = re.compile(
    r"(?:^_|class|colou?r|style|size|align|layout|font|icon|mode|name|slug|type|tag|id|key|target|rel|unit|lock|variation)"
    r"(?:name|s)?\Z",
    re.IGNORECASE,
)


def attribute_texts(attrs: dict[str, Any]) -> str:
    """Return the texts and addresses in the attributes of a block as HTML, in their order; "" for none."""
    parts: list[str] = []
    _collect(attrs, "", parts, 0)
    return "".join(parts[:MAX_TEXTS])


def _collect(value: Any, name: str, parts: list[str], depth: int) -> None:
    if depth > 12 or len(parts) >= MAX_TEXTS:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            _collect(item, str(key), parts, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _collect(item, name, parts, depth + 1)
    elif isinstance(value, str) and (text := value.strip()):
        if _URL.match(text):
            address = escape(text)
            parts.append(
                f'<p><img src="{address}" alt=""></p>'
                if _PICTURE.search(text)
                else f'<p><a href="{address}">{address}</a></p>'
            )
        elif "<" in text and ">" in text:
            parts.append(f"<div>{text}</div>")
        elif " " in text or not (_NOT_WORDS.fullmatch(text) or name.startswith("_") or _SETTINGS.search(name)):
            parts.append(f"<p>{escape(text, quote=False)}</p>")
