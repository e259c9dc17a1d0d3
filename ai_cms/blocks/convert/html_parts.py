"""Single elements of HTML as blocks: pictures, galleries, lists, quotations, tables, media."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from ...core.jsontypes import JsonObject
from ..html.embeds import resolve_embed
from ..html.markup import BLOCK_TAGS, DROPPED_TAGS, Element, parse_html, serialize
from ..html.richtext import sanitize_html, sanitize_inline
from .result import block, file_url, link_url, one_line

__all__ = [
    "MEDIA",
    "column_alignment",
    "gallery_block",
    "image_block",
    "list_block",
    "media_block",
    "paragraphs",
    "picture_losses",
    "pictures_alone",
    "quote_block",
    "table_block",
    "take_attribution",
]

MEDIA = frozenset({"audio", "video"})
MAX_ITEMS = 500
MAX_ROWS = 1_000
MAX_COLUMNS = 50
MAX_PICTURES = 200
MAX_INLINE = 10_000
MAX_ALT = 1_000

_WORD = re.compile(r"[^\W_]+")
_SECTIONS = frozenset({"thead", "tbody", "tfoot"})
_SIMPLE = frozenset({"p", "div"})
# Where scripts that load pictures late keep their addresses.
_ALIGN = re.compile(r"text-align\s*:\s*(left|center|right)|has-text-align-(left|center|right)", re.IGNORECASE)


def _pixels(value: str) -> int | None:
    number = value.strip().removesuffix("px")
    return (
        int(number)
        if number.isascii() and number.isdigit() and 0 < len(number) < 6 and 0 < int(number) <= 20_000
        else None
    )


def _image_props(image: Element, link: Element | None) -> JsonObject | None:
    attrs = image.attrs
    src = file_url(attrs.get("src", ""))
    if not src:
        return None
    props: JsonObject = {"src": src, "alt": one_line(attrs.get("alt", ""))[:MAX_ALT]}
    for name in ("width", "height"):
        if size := _pixels(attrs.get(name, "")):
            props[name] = size
    if link is not None and (target := link_url(link.attrs.get("href", ""))):
        props["link"] = target
    return props


def picture_losses(image: Element, link: Element | None = None, *, title_is_caption: bool = False) -> list[str]:
    """Return what the block of a picture leaves out of its words; titles that repeat its name or text say nothing."""
    alt = one_line(image.attrs.get("alt", ""))
    if not file_url(image.attrs.get("src", "")):
        return [f"A picture without a usable address was left out{f': “{alt[:300]}”' if alt else ''}."]
    found = ["The end of a long alternative text was left out."] if len(alt) > MAX_ALT else []
    titles = [one_line(node.attrs.get("title", "")) for node in (image, link) if node is not None]
    if title_is_caption and any(titles):
        titles.remove(next(filter(None, titles)))
    known = set(_WORD.findall(f"{alt} {unquote(image.attrs.get('src', ''))}".casefold()))
    said = [title for title in titles if not known.issuperset(_WORD.findall(title.casefold()))]
    return found + [f"The title “{title[:200]}” of a picture was left out." for title in said]


def image_block(image: Element, link: Element | None, *, title_is_caption: bool = False) -> JsonObject | None:
    """Return the block of an ``img``, or ``None`` without a usable address. ``link``: the ``a`` around it."""
    props = _image_props(image, link)
    if props is None:
        return None
    title = one_line(image.attrs.get("title", "") or (link.attrs.get("title", "") if link is not None else ""))
    if title_is_caption and title:
        plain = Element("span")
        plain.children = [title[:MAX_INLINE]]
        props["caption"] = sanitize_inline(serialize(plain))
    return block("image", props)


def pictures_alone(element: Element) -> list[tuple[Element, Element | None]]:
    """Return the (img, link around it) pairs if ``element`` holds pictures and no text, else an empty list."""
    found: list[tuple[Element, Element | None]] = []
    pending: list[tuple[Element | str, Element | None]] = [(child, None) for child in reversed(element.children)]
    while pending:
        node, link = pending.pop()
        if isinstance(node, str):
            if node.strip():
                return []
        elif node.name == "img":
            found.append((node, link))
        elif node.name != "source" and node.name not in DROPPED_TAGS:
            inner = node if node.name == "a" else link
            pending += [(child, inner) for child in reversed(node.children)]
    return found


def gallery_block(element: Element) -> JsonObject | None:
    """Return a gallery of the pictures in ``element``; ``None`` if there is text that no caption accounts for."""
    images: list[JsonObject] = []
    caption = ""
    outer_caption: Element | None = None
    captions: set[int] = set()
    for child in element.elements():
        if child.name == "figcaption" and not child.find("img"):
            outer_caption = child
    for image, link, note in _pictures(element, outer_caption):
        if (props := _image_props(image, link)) is None:
            return None
        # A caption of several pictures is said once, with the first of them.
        if note is not None and id(note) not in captions:
            captions.add(id(note))
            if html := sanitize_inline(serialize(note)).strip():
                props["caption"] = html
        images.append(props)
    if outer_caption is not None:
        caption = sanitize_inline(serialize(outer_caption)).strip()
    if not images or len(images) > MAX_PICTURES or _text_outside(element, captions, outer_caption):
        return None
    classes = re.search(r"\b(?:gallery-)?columns-([1-8])\b", " ".join(element.classes))
    columns = element.attrs.get("data-columns", "") or (classes[1] if classes else "")
    props = {"images": images, "columns": int(columns) if columns in "12345678" and columns else min(3, len(images))}
    if caption:
        props["caption"] = caption
    return block("gallery", props)


def _pictures(element: Element, skip: Element | None) -> Iterator[tuple[Element, Element | None, Element | None]]:
    """Yield (img, link, caption) for the pictures of a gallery."""
    pending: list[tuple[Element, Element | None, Element | None]] = [(element, None, None)]
    while pending:
        node, link, caption = pending.pop()
        if node.name == "img":
            yield node, link, caption
            continue
        if node is skip:
            continue
        inner = list(node.elements())
        if node is not element and node.name in ("figure", "li", "dl"):
            caption = next(iter(node.find_all("figcaption", "dd")), caption)
        if node.name == "a":
            link = node
        pending += [(child, link, caption) for child in reversed(inner) if child.name not in ("figcaption", "dd")]


def _text_outside(element: Element, captions: set[int], outer: Element | None) -> bool:
    pending: list[Element] = [element]
    while pending:
        for child in pending.pop().children:
            if isinstance(child, str):
                if child.strip():
                    return True
            elif id(child) not in captions and child is not outer:
                pending.append(child)
    return False


# What an item of a list block has no room for.
_SAID_BY_ITEMS = frozenset({"class", "data-checked", "dir", "id", "lang", "value"})


def list_block(element: Element) -> JsonObject | None:
    """Return the block of a plain list; ``None`` for one that has to stay rich text."""
    if any(isinstance(child, str) and child.strip() for child in element.children):
        return None
    if "type" in element.attrs or "reversed" in element.attrs:
        return None
    entries = list(element.elements())
    items = []
    for entry in entries:
        if entry.name != "li" or _SAID_BY_ITEMS & entry.attrs.keys() or not _is_one_line(entry):
            return None
        if item := sanitize_inline(serialize(entry)).strip():
            items.append(item)
    if not items or len(items) > MAX_ITEMS or any(len(item) > MAX_INLINE for item in items):
        return None
    props: JsonObject = {"style": element.name, "items": items}
    start = element.attrs.get("start", "1").strip()
    if element.name == "ol" and start != "1":
        if not (start.isascii() and start.isdigit() and len(start) <= 5):
            return None
        props["start"] = int(start)
    return block("list", props)


def _is_one_line(element: Element) -> bool:
    """Return whether an element holds nothing but inline content, perhaps in a single paragraph."""
    inside = [child for child in element.find_all_elements() if child.name in BLOCK_TAGS or child.name in _NOT_INLINE]
    return not inside or (len(inside) == 1 and inside[0].name in _SIMPLE)


_NOT_INLINE = frozenset({"audio", "details", "embed", "hr", "iframe", "video"})


def take_attribution(element: Element) -> str:
    """Remove a ``footer`` at the end of a ``blockquote`` and return it as inline HTML; "" if there is none."""
    last = next((child for child in reversed(element.children) if isinstance(child, Element) or child.strip()), None)
    if not isinstance(last, Element) or last.name != "footer" or _holds_more_than_a_line(last):
        return ""
    attribution = sanitize_inline(serialize(last)).strip()
    if not attribution or len(attribution) > MAX_INLINE:
        return ""
    element.children.remove(last)
    return attribution


def _holds_more_than_a_line(element: Element) -> bool:
    return any(
        (child.name in BLOCK_TAGS and child.name not in _SIMPLE) or child.name in _NOT_INLINE
        for child in element.find_all_elements()
    )


def quote_block(element: Element, attribution: str = "") -> JsonObject | None:
    """Return the block of a ``blockquote``; without ``attribution`` a ``cite`` at its end is that."""
    children = [child for child in element.children if isinstance(child, Element) or child.strip()]
    last = children[-1] if children else None
    if (
        not attribution
        and len(children) > 1
        and isinstance(last, Element)
        and last.name == "cite"
        and not _in_text(children)
        and not _holds_more_than_a_line(last)
    ):
        attribution = sanitize_inline(serialize(last)).strip()
        if attribution and len(attribution) <= MAX_INLINE:
            children.pop()
        else:
            attribution = ""
    html = sanitize_html(paragraphs(children)).strip()
    for _ in range(4):
        # What the sanitiser unwrapped stands bare now; seldom more than once.
        before, html = html, sanitize_html(paragraphs(parse_html(html).children)).strip()
        if before == html:
            break
    if not html:
        if not attribution:
            return None
        html, attribution = sanitize_html(f"<p>{attribution}</p>"), ""
    props = {"text": html}
    if attribution:
        props["attribution"] = attribution
    if cite := link_url(element.attrs.get("cite", "")):
        props["cite"] = cite
    return block("quote", props)


def _in_text(children: list[Element | str]) -> bool:
    """Return whether a final ``cite`` belongs to the sentence before it."""
    before, last = children[-2], children[-1]
    return (
        isinstance(last, Element) and last.name == "cite" and (isinstance(before, str) or before.name not in BLOCK_TAGS)
    )


def paragraphs(nodes: list[Element | str]) -> str:
    """Return the HTML of ``nodes``, what is not in a block element put into paragraphs."""
    out: list[Element | str] = []
    line: Element | None = None
    for node in nodes:
        if isinstance(node, Element) and (node.name in BLOCK_TAGS or node.name in _NOT_INLINE):
            line = None
            if node.name != "p" or node.children:
                out.append(node)
        elif line is not None or isinstance(node, Element) or node.strip():
            if line is None:
                line = Element("p")
                out.append(line)
            line.children.append(node)
    return serialize(out)


def table_block(element: Element, align: list[str]) -> JsonObject | None:
    """Return the block of a plain table; ``None`` for one that has to stay rich text. ``align``: of its columns."""
    rows: list[Element] = []
    heads = 0
    caption = ""
    for child in element.elements():
        if child.name in _SECTIONS:
            found = [row for row in child.elements() if row.name == "tr"]
            if len(found) != sum(1 for _ in child.elements()) or _has_text(child):
                return None
            heads += len(found) if child.name == "thead" else 0
            rows += found
        elif child.name == "tr":
            rows.append(child)
        elif child.name == "caption" and not caption:
            caption = sanitize_inline(serialize(child)).strip()
        elif child.name not in ("colgroup", "col"):
            return None
    cells = [list(row.elements()) for row in rows]
    if _has_text(element) or heads > 1 or not 0 < len(rows) <= MAX_ROWS or any(map(_has_text, rows)):
        return None
    if any(len(row) > MAX_COLUMNS or not all(map(_is_plain_cell, row)) for row in cells):
        return None
    header = heads == 1 or (bool(cells[0]) and all(cell.name == "th" for cell in cells[0]))
    body = cells[1:] if header else cells
    header_column = bool(body) and all(row and row[0].name == "th" for row in body)
    if (caption and len(caption) > MAX_INLINE) or any(
        cell.name == "th" for row in body for cell in row[1 if header_column else 0 :]
    ):
        return None
    html = [[sanitize_inline(serialize(cell)).strip() for cell in row] for row in cells]
    if not any(cell for row in html for cell in row) or any(len(cell) > MAX_INLINE for row in html for cell in row):
        return None
    if header and not any(html[0]):
        # Markdown cannot do without a header row; an empty one means none.
        header, html = False, html[1:]
    props: JsonObject = {"header": header, "rows": html}
    if header_column:
        props["header_column"] = True
    if any(align):
        props["align"] = align[:MAX_COLUMNS]
    if caption:
        props["caption"] = caption
    return block("table", props)


def _has_text(element: Element) -> bool:
    return any(isinstance(child, str) and child.strip() for child in element.children)


def _is_plain_cell(cell: Element) -> bool:
    if cell.name not in ("td", "th"):
        return False
    spans = {cell.attrs.get("colspan", "1").strip(), cell.attrs.get("rowspan", "1").strip()}
    return spans <= {"1", ""} and all(
        child.name in _SIMPLE or (child.name not in BLOCK_TAGS and child.name not in _NOT_INLINE)
        for child in cell.find_all_elements()
    )


def column_alignment(table: Element) -> list[str]:
    """Return the alignment of each column as its longest row states it, "" for none."""
    rows = [list(row.elements()) for row in table.find_all("tr")]
    return [_alignment(cell) for cell in max(rows, key=len, default=[])]


def _alignment(cell: Element) -> str:
    stated = cell.attrs.get("data-align") or cell.attrs.get("align") or ""
    if stated in ("left", "center", "right"):
        return stated
    match = _ALIGN.search(cell.attrs.get("style", "") + " " + cell.attrs.get("class", ""))
    return (match[1] or match[2]).lower() if match else ""


def media_block(element: Element) -> JsonObject | None:
    """Return the block of a frame, an ``embed``, a ``video`` or an ``audio``; ``None`` without a usable address."""
    if element.name in ("iframe", "embed"):
        address = element.attrs.get("src", "") or element.attrs.get("data-src", "")
        url = link_url(f"https:{address}" if address.startswith("//") else address)
        if not url.startswith(("http://", "https://")):
            return None
        title = one_line(element.attrs.get("title", ""))[:300]
        target = resolve_embed(url)
        url = target.page if target else url
        return block("embed", {"url": url, **({"title": title} if title else {})})
    sources = [element.attrs.get("src", ""), *(source.attrs.get("src", "") for source in element.find_all("source"))]
    src = next(filter(None, map(file_url, sources)), "")
    if not src:
        return None
    props: JsonObject = {"src": src}
    if element.name == "video":
        if poster := file_url(element.attrs.get("poster", "")):
            props["poster"] = poster
        if tracks := [track for item in element.find_all("track") if (track := _track(item))]:
            props["tracks"] = tracks[:40]
        for name in ("width", "height"):
            if size := _pixels(element.attrs.get(name, "")):
                props[name] = size
    return block(element.name, props)


def _track(element: Element) -> JsonObject | None:
    src = file_url(element.attrs.get("src", ""))
    if not src:
        return None
    kind = element.attrs.get("kind", "subtitles")
    if kind not in ("subtitles", "captions", "descriptions", "chapters"):
        return None
    language = element.attrs.get("srclang", "")
    if len(language) > 35 or not re.fullmatch(r"[A-Za-z0-9-]*", language):
        language = ""
    return {"src": src, "kind": kind, "language": language, "label": one_line(element.attrs.get("label", ""))[:1_000]}
