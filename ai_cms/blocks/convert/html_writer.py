"""Blocks → plain semantic HTML, for feeds, exports and whoever wants no templates. Read again, it is the same.

Props may be those of a draft: everything is checked here. A block class of a project may say what it is as HTML::

    @classmethod
    def to_html(cls, props: JsonMapping, children: str) -> str: ...

The result is sanitised. Without it, such a block is its plain text and its children.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from html import escape

from ...core.jsontypes import JsonMapping
from ..conf import blocks_settings
from ..documents.document import Document
from ..html.embeds import resolve_embed
from ..html.markup import parse_html
from ..html.richtext import clean_text, sanitize_html, sanitize_inline
from ..types.reading import block_text
from ..types.registry import blocks as block_types
from .html_parts import paragraphs
from .result import file_url, link_url, one_line

__all__ = ["blocks_to_html"]

#: Deeper blocks cannot be stored; this only keeps a wrong argument from exhausting the stack.
MAX_DEPTH = 64

Props = JsonMapping

_TOP = "blockquote|dl|h[1-6]|hr|ol|p|pre|table|ul"
_BLOCK_START = re.compile(rf"<(?:{_TOP}|details|div|figure)[ >]")
_BETWEEN = re.compile(rf"(</(?:{_TOP})>|<hr>)(?=<(?:{_TOP})[ >])")


def blocks_to_html(document: Document | Iterable[JsonMapping]) -> str:
    """Return the blocks as HTML, one line for each. References such as ``asset:…`` are left out."""
    return _siblings(document.blocks if isinstance(document, Document) else document, 0)


def _siblings(blocks: object, depth: int) -> str:
    if not isinstance(blocks, Iterable) or depth > MAX_DEPTH:
        return ""
    parts = (_write(block, depth) for block in blocks if isinstance(block, Mapping))
    return "\n".join(part for part in parts if part)


def _write(block: JsonMapping, depth: int) -> str:
    block_type, props = block.get("type"), block.get("props")
    if not isinstance(block_type, str):
        return ""
    props = props if isinstance(props, Mapping) else {}
    children = _siblings(block.get("children") or (), depth + 1)
    block_class = block_types.get(block_type)
    own = getattr(block_class, "to_html", None)
    if own is not None:
        return sanitize_html(str(own(props, children)))
    writer = _WRITERS.get(block_type)
    if writer is not None:
        html = writer(props)
        if block_type == "accordion_item":
            return html.replace("</details>", f"{children}</details>") if html else children
    else:
        html = _lines(block_text(block))
    return "\n".join(part for part in (html, children) if part)


def _string(props: Props, name: str) -> str:
    value = props.get(name)
    return clean_text(value) if isinstance(value, str) else ""


def _inline(props: Props, name: str) -> str:
    return sanitize_inline(_string(props, name)).strip()


def _link(props: Props, name: str) -> str:
    return link_url(_string(props, name))


def _file(props: Props, name: str) -> str:
    return file_url(_string(props, name))


def _dicts(props: Props, name: str) -> list[Props]:
    value = props.get(name)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _number(props: Props, name: str, low: int, high: int) -> int | None:
    value = props.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 7:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high else None


def _lines(text: str) -> str:
    """Return plain text as paragraphs."""
    paragraphs = (part.strip() for part in text.split("\n\n"))
    return "\n".join(
        f"<p>{'<br>'.join(escape(line.strip(), quote=False) for line in part.split(chr(10)) if line.strip())}</p>"
        for part in paragraphs
        if part
    )


def _attributes(**values: str | int | None) -> str:
    return "".join(f' {name}="{escape(str(value))}"' for name, value in values.items() if value not in (None, ""))


def _figure(content: str, caption: str, attributes: str = "") -> str:
    return f"<figure{attributes}>{content}{f'<figcaption>{caption}</figcaption>' if caption else ''}</figure>"


def _heading(text: str, level: int, anchor: str = "", link: str = "", words: str = "", align: str = "") -> str:
    """Return a heading; ``words``: those the link is on, all unless they stand in the text."""
    before, text, after = ("", one_line(text), "") if not words or words not in text else text.partition(words)
    before, text, after = (escape(part, quote=False) for part in (before, text, after))
    if text and link:
        text = f'<a href="{escape(link)}">{text}</a>'
    side = f"align-{align}" if align in ("center", "end") else ""
    whole = f"{before}{text}{after}"
    return f"<h{level}{_attributes(id=anchor.strip(), **{'class': side})}>{whole}</h{level}>" if text else ""


def _paragraph_link(url: str, label: str, new_tab: bool = False) -> str:
    if not label:
        return ""
    text = escape(one_line(label), quote=False)
    if not url:
        return f"<p>{text}</p>"
    rel = ' target="_blank" rel="noopener noreferrer"' if new_tab else ""
    return f'<p><a href="{escape(url)}"{rel}>{text}</a></p>'


def _image(props: Props, src: str = "src", alt: str = "alt") -> str:
    url = _file(props, src)
    if not url:
        return ""
    size = _attributes(width=_number(props, "width", 1, 20_000), height=_number(props, "height", 1, 20_000))
    text = "" if props.get("decorative") is True else one_line(_string(props, alt))
    image = f'<img src="{escape(url)}" alt="{escape(text)}"{size} loading="lazy">'
    link = _link(props, "link")
    return f'<a href="{escape(link)}">{image}</a>' if link else image


def _write_heading(props: Props) -> str:
    level = _number(props, "level", 1, 6) or 2
    link, words = _link(props, "link"), one_line(_string(props, "link_text"))
    text = one_line(_string(props, "text"))
    return _heading(text, level, _string(props, "anchor"), link, words if link else "", _string(props, "align"))


def _write_rich_text(props: Props) -> str:
    return _rich(_string(props, "html"))


def _rich(html: str) -> str:
    """Return HTML sanitised, with everything in block elements, one a line."""
    html = sanitize_html(html).strip()
    if html and not _BLOCK_START.match(html):
        html = paragraphs(parse_html(html).children)
    return _BETWEEN.sub(r"\1\n", html)


def _write_quote(props: Props) -> str:
    text = _rich(_string(props, "text"))
    if not text:
        return ""
    quote = f"<blockquote{_attributes(cite=_link(props, 'cite'))}>{text}</blockquote>"
    attribution = _inline(props, "attribution")
    return _figure(quote, attribution) if attribution else quote


def _write_list(props: Props) -> str:
    items = "".join(
        f"<li>{html}</li>"
        for item in _strings(props.get("items"))
        if (html := sanitize_inline(clean_text(item)).strip())
    )
    if not items:
        return ""
    if props.get("style") != "ol":
        return f"<ul>{items}</ul>"
    start = _number(props, "start", 0, 99_999)
    return f"<ol{_attributes(start=start if start != 1 else None)}>{items}</ol>"


def _write_code(props: Props) -> str:
    code = _string(props, "code").rstrip("\n")
    if not code.strip():
        return ""
    language = _string(props, "language")
    attributes = _attributes(**{"class": f"language-{language}"}) if language else ""
    html = f"<pre><code{attributes}>{escape(code, quote=False)}</code></pre>"
    caption = _inline(props, "caption")
    return _figure(html, caption) if caption else html


def _write_table(props: Props) -> str:
    value = props.get("rows")
    rows = [_strings(row) for row in value if isinstance(row, list)] if isinstance(value, list) else []
    rows = [[sanitize_inline(clean_text(cell)).strip() for cell in row] for row in rows]
    if not any(cell for row in rows for cell in row):
        return ""
    width = max(map(len, rows))
    align = _strings(props.get("align"))
    head, body = (rows[:1], rows[1:]) if props.get("header", True) is True else ([], rows)
    caption = _inline(props, "caption")
    parts = [f"<caption>{caption}</caption>" if caption else ""]
    for tag, part in (("thead", head), ("tbody", body)):
        lines = []
        for row in part:
            cells = []
            for index, cell in enumerate([*row, *[""] * (width - len(row))]):
                is_head = tag == "thead" or (index == 0 and props.get("header_column") is True)
                side = align[index] if index < len(align) and align[index] in ("left", "center", "right") else None
                scope = ("col" if tag == "thead" else "row") if is_head else None
                name = "th" if is_head else "td"
                cells.append(f"<{name}{_attributes(**{'scope': scope, 'data-align': side})}>{cell}</{name}>")
            lines.append(f"<tr>{''.join(cells)}</tr>")
        if lines:
            parts.append(f"<{tag}>{''.join(lines)}</{tag}>")
    return f"<table>{''.join(parts)}</table>"


def _write_image(props: Props) -> str:
    image = _image(props)
    return _figure(image, _inline(props, "caption")) if image else ""


def _write_gallery(props: Props) -> str:
    images = [_figure(image, _inline(item, "caption")) for item in _dicts(props, "images") if (image := _image(item))]
    columns = _number(props, "columns", 1, 8) or 3
    return (
        _figure("".join(images), _inline(props, "caption"), f' class="gallery" data-columns="{columns}"')
        if images
        else ""
    )


def _track(item: Props) -> str:
    src = _file(item, "src")
    if not src:
        return ""
    kind = _string(item, "kind") or "subtitles"
    return f"<track{_attributes(src=src, kind=kind, srclang=_string(item, 'language'), label=_string(item, 'label'))}>"


def _write_video(props: Props) -> str:
    src = _file(props, "src")
    if not src:
        return ""
    tracks = "".join(map(_track, _dicts(props, "tracks")))
    size = _attributes(width=_number(props, "width", 1, 20_000), height=_number(props, "height", 1, 20_000))
    poster = _attributes(poster=_file(props, "poster"))
    return _figure(f'<video controls src="{escape(src)}"{poster}{size}>{tracks}</video>', _inline(props, "caption"))


def _write_audio(props: Props) -> str:
    src = _file(props, "src")
    return _figure(f'<audio controls src="{escape(src)}"></audio>', _inline(props, "caption")) if src else ""


def _write_embed(props: Props) -> str:
    url, caption = _link(props, "url"), _inline(props, "caption")
    if not url:
        return ""
    target, title = resolve_embed(url), one_line(_string(props, "title"))
    if target is None:
        link = f'<p><a href="{escape(url)}">{escape(title or url, quote=False)}</a></p>'
        return f"{link}\n<p>{caption}</p>" if caption else link
    frame = f'<iframe{_attributes(src=target.src, title=title)} loading="lazy" allowfullscreen></iframe>'
    return _figure(frame, caption)


def _write_button(props: Props) -> str:
    return _paragraph_link(_link(props, "url"), _string(props, "label"), props.get("new_tab") is True)


def _write_card(props: Props) -> str:
    image = _image(props, "image_url", "image_alt")
    link = _link(props, "link_url")
    return _joined(
        _heading(_string(props, "title"), 3),
        _figure(image, "") if image else "",
        _lines(_string(props, "text")),
        _paragraph_link(link, _string(props, "link_label") or _string(props, "title")) if link else "",
    )


def _write_section(props: Props) -> str:
    parts = [_heading(_string(props, "title"), 2, _string(props, "anchor")), _rich(_string(props, "text"))]
    for item in _dicts(props, "items"):
        parts += [_heading(_string(item, "heading"), 3), _lines(_string(item, "text"))]
    return _joined(*parts)


def _write_hero(props: Props) -> str:
    image = _image(props, "image", "image_alt")
    return _joined(
        _heading(_string(props, "heading"), _number(props, "level", 1, 2) or 2),
        _lines(_string(props, "text")),
        _figure(image, "") if image else "",
    )


def _write_call_to_action(props: Props) -> str:
    return _joined(
        _heading(_string(props, "title"), 2),
        _lines(_string(props, "text")),
        _paragraph_link(_link(props, "button_url"), _string(props, "button_label")),
        _paragraph_link(_link(props, "second_url"), _string(props, "second_label")),
    )


def _write_accordion_item(props: Props) -> str:
    title = one_line(_string(props, "title"))
    is_open = " open" if props.get("open") is True else ""
    return f"<details{is_open}><summary>{escape(title, quote=False)}</summary></details>" if title else ""


def _write_divider(props: Props) -> str:
    return "" if props.get("style") == "space" else "<hr>"


def _write_raw_html(props: Props) -> str:
    return sanitize_html(_string(props, "html")).strip() if blocks_settings.RAW_HTML else ""


def _joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _nothing(props: Props) -> str:
    return ""


_WRITERS: dict[str, Callable[[Props], str]] = {
    "accordion": _nothing,
    "accordion_item": _write_accordion_item,
    "audio": _write_audio,
    "button": _write_button,
    "call_to_action": _write_call_to_action,
    "card": _write_card,
    "cards": _nothing,
    "code": _write_code,
    "column": _nothing,
    "columns": _nothing,
    "divider": _write_divider,
    "embed": _write_embed,
    "gallery": _write_gallery,
    "heading": _write_heading,
    "hero": _write_hero,
    "image": _write_image,
    "list": _write_list,
    "page_list": _nothing,
    "quote": _write_quote,
    "raw_html": _write_raw_html,
    "rich_text": _write_rich_text,
    "section": _write_section,
    "table": _write_table,
    "video": _write_video,
}
