"""The words in the attributes of blocks that nobody knows: a plugin's fields, where its block has no HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape
from urllib.parse import unquote

from ai_cms.core.jsontypes import JsonObject

from .media import Picture

__all__ = ["attribute_texts", "shortcode_texts"]

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


# Attributes of shortcodes that people write into, that name a picture, and that lead somewhere.
_WRITTEN = re.compile(
    r"(?:\A|[-_])(?:answer|author|caption|content|desc|description|heading|headline|label|message|position|question|quote|"
    r"subheading|subtitle|text|title)\Z"
)
_PICTURED = re.compile(
    r"(?:\A|[-_])(?:background|bg|image|images|img|photo|picture|src|thumbnail)(?:_(?:id|src|url))?\Z"
)
_LEADING = re.compile(r"(?:\A|[-_])(?:href|link|url)\Z")
_CHOICES = frozenset(
    "0 1 bottom center custom default disable enable false h1 h2 h3 h4 h5 h6 hidden inherit justify left no none normal off "
    "on right top true yes".split()
)


def shortcode_texts(name: str, attributes: Mapping[str, str], pictures: Mapping[int, Picture]) -> str:
    """Return what people wrote into the attributes of a page builder's shortcode as HTML: words, pictures, a link.

    ``pictures``: of the site by their number.
    """
    parts: list[str] = []
    texts: list[str] = []
    address = label = ""
    for key, value in attributes.items():
        value = unescape(value).strip()
        if not value or value.lower() in _CHOICES:
            continue
        if _WRITTEN.search(key):
            texts.append(value)
        elif _PICTURED.search(key):
            numbers = [int(number) for number in value.split(",") if re.fullmatch(r"\s*[0-9]{1,12}\s*", number)]
            parts += [pictures[number].figure for number in numbers if number in pictures]
            if value.startswith(("http://", "https://", "/")):
                # A frame, a video and a sound have a “src” too.
                if _PICTURE.search(value) or not key.endswith("src"):
                    parts.append(f'<p><img src="{escape(value)}" alt=""></p>')
                else:
                    address = address or value
        elif _LEADING.search(key):
            # WPBakery writes “url:https%3A%2F%2Fshop.example|title:More”.
            fields = dict(part.partition(":")[::2] for part in value.split("|")) if value.startswith("url:") else {}
            address = unquote(fields.get("url", "")) if fields else value
            label = unquote(fields.get("title", ""))
    if not re.match(r"(?:https?://|mailto:|tel:|/|#)\S", address):
        address = ""
    tag = "h2" if "heading" in name else "p"
    for text in texts:
        parts.append(
            f"<div>{text}</div>" if "<" in text and ">" in text else f"<{tag}>{escape(text, quote=False)}</{tag}>"
        )
        tag = "p"
    if address:
        if len(texts) == 1 and "<" not in texts[0]:
            shown = parts.pop()
            inner = shown.partition(">")[2].rpartition("<")[0]
            parts.append(shown.replace(f">{inner}<", f'><a href="{escape(address)}">{inner}</a><', 1))
        else:
            parts.append(f'<p><a href="{escape(address)}">{escape(label or address, quote=False)}</a></p>')
    return "\n\n".join(parts)


def attribute_texts(attrs: JsonObject) -> str:
    """Return the texts and addresses in the attributes of a block as HTML, in their order; "" for none."""
    parts: list[str] = []
    _collect(attrs, "", parts, 0)
    return "".join(parts[:MAX_TEXTS])


def _collect(value: object, name: str, parts: list[str], depth: int) -> None:
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
