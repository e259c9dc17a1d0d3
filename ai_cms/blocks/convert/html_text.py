"""What the HTML reader wants to know of text: code, captions, addresses, and paragraphs that are too long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...core.jsontypes import JsonObject
from ..html.embeds import resolve_embed
from ..html.markup import BLOCK_TAGS, DROPPED_TAGS, Element, serialize, text_of
from ..html.richtext import sanitize_inline
from .result import block, link_url

__all__ = [
    "caption_html",
    "code_block",
    "embed_address",
    "has_several_images",
    "language_of",
    "lone_embed",
    "short_pieces",
]

MAX_CODE = 100_000
MAX_CAPTION = 10_000
#: A text in one piece beyond this length is cut where there is space.
TEXT_LENGTH = 50_000

_IN_CAPTIONS = frozenset({"div", "p"})


def caption_html(caption: Element | None) -> str:
    """Return a caption as inline HTML; "" if there is none, or it holds more than a caption can."""
    if caption is None:
        return ""
    if any(child.name in BLOCK_TAGS and child.name not in _IN_CAPTIONS for child in caption.find_all_elements()):
        return ""
    html = sanitize_inline(serialize(caption)).strip()
    return html if len(html) <= MAX_CAPTION else ""


def code_block(pre: Element, language: str) -> JsonObject | None:
    """Return the code block of a ``pre`` that holds nothing but a ``code``, or names a language; else ``None``."""
    inside = [child for child in pre.children if isinstance(child, Element) or child.strip()]
    is_code = len(inside) == 1 and isinstance(inside[0], Element) and inside[0].name == "code"
    text = _code_text(pre).rstrip("\n")
    if not (is_code or language) or not text.strip() or len(text) > MAX_CODE:
        return None
    if not language and any(map(_is_written, pre.find_all_elements())):
        # Links and words in bold; where a language is named, the colours of a highlighter.
        return None
    return block("code", {"code": text, "language": language})


def _is_written(element: Element) -> bool:
    href = element.attrs.get("href", "")
    return element.name in ("em", "mark", "strong") or (element.name == "a" and bool(link_url(href)) and href[0] != "#")


def has_several_images(element: Element) -> bool:
    images = element.find_all("img")
    return next(images, None) is not None and next(images, None) is not None


def lone_embed(paragraph: Element) -> JsonObject | None:
    """Return an embed block for a paragraph that is nothing but a link to an allowed provider, its text the address."""
    nodes = [node for node in paragraph.children if isinstance(node, Element) or node.strip()]
    if len(nodes) != 1 or not isinstance(nodes[0], Element) or nodes[0].name != "a":
        return None
    url = link_url(nodes[0].attrs.get("href", ""))
    return block("embed", {"url": url}) if url and text_of(nodes[0]) == url and resolve_embed(url) else None


def embed_address(figure: Element, caption: Element | None) -> str:
    frame = figure.find("iframe")
    if frame is not None:
        return frame.attrs.get("src", "")
    return "".join(text_of([child]) for child in figure.children if child is not caption).strip()


def _code_text(element: Element) -> str:
    """Return the text of preformatted content, white space kept."""
    out: list[str] = []

    def collect(nodes: Sequence[Element | str]) -> None:
        for node in nodes:
            if isinstance(node, str):
                out.append(node)
            elif node.name == "br":
                out.append("\n")
            elif node.name not in DROPPED_TAGS:
                collect(node.children)

    collect(element.children)
    return "".join(out)


def language_of(pre: Element) -> str:
    """Return the programming language that a ``pre`` or its first ``code`` names in a class."""
    for holder in (pre.find("code"), pre):
        for name in holder.classes if holder else ():
            for prefix in ("language-", "lang-"):
                language = name.removeprefix(prefix)
                if (
                    language != name
                    and len(language) <= 40
                    and all(c.isascii() and (c.isalnum() or c in "_+#.-") for c in language)
                ):
                    return language
    return ""


def short_pieces(element: Element) -> Iterable[Element]:
    """Yield a paragraph, or several if its text is too long for one block."""
    texts = [node for node in element.children if isinstance(node, str)]
    if element.name != "p" or sum(map(len, texts)) <= TEXT_LENGTH:
        yield element
        return
    piece, length = Element("p", None, element.line), 0
    for node in element.children:
        for part in _cut(node) if isinstance(node, str) else [node]:
            size = len(part) if isinstance(part, str) else len(text_of([part]))
            if length and length + size > TEXT_LENGTH:
                yield piece
                piece, length = Element("p", None, element.line), 0
            piece.children.append(part)
            length += size
    yield piece


def _cut(text: str) -> Iterable[str]:
    while len(text) > TEXT_LENGTH:
        at = text.rfind(" ", TEXT_LENGTH // 2, TEXT_LENGTH)
        at = at + 1 if at > 0 else TEXT_LENGTH
        yield text[:at]
        text = text[at:]
    yield text
