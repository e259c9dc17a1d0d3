"""Small shapes that WordPress content is read into: neighbouring texts, heroes, lone addresses."""

from __future__ import annotations

import re

from ai_cms.blocks.convert.html_reader import RUN_LENGTH
from ai_cms.blocks.convert.result import Blocks, block
from ai_cms.blocks.html.embeds import resolve_embed
from ai_cms.blocks.html.markup import Element, parse_html, text_of
from ai_cms.core.jsontypes import JsonObject

__all__ = ["append_block", "embed_lone_addresses", "hero_of", "integers_of", "opened", "shift_lines", "shown_text"]


def shown_text(html: str) -> str:
    """Return the text of ``html`` without what is there for the eye alone, such as the icon of an accordion."""
    tree = parse_html(html)
    for parent in (tree, *tree.find_all_elements()):
        parent.children = [
            child for child in parent.children if isinstance(child, str) or child.attrs.get("aria-hidden") != "true"
        ]
    return text_of(tree)


def opened(items: Blocks) -> Blocks:
    """Return items of an accordion that is full as headings with what is below them."""
    made: Blocks = []
    for item in items:
        made.append(block("heading", {"text": item["props"]["title"], "level": 3}))
        made += item.get("children") or []
    return made


def append_block(blocks: Blocks, entry: JsonObject) -> None:
    """Add a block, or its text to the rich text before it."""
    if entry["type"] == "rich_text" and blocks and blocks[-1]["type"] == "rich_text":
        before = blocks[-1]["props"]["html"]
        if len(before) + len(entry["props"]["html"]) <= RUN_LENGTH:
            blocks[-1]["props"]["html"] = before + entry["props"]["html"]
            return
    blocks.append(entry)


def hero_of(inside: Blocks, src: str, alt: str) -> JsonObject | None:
    """Return a hero of a heading, plain paragraphs and buttons, in this order; ``None`` for anything else."""
    if not inside or inside[0]["type"] != "heading" or len(inside[0]["props"]["text"]) > 300:
        return None
    texts = [made for made in inside[1:] if made["type"] == "rich_text"]
    buttons = [made for made in inside[1:] if made["type"] == "button"]
    if inside[1:] != texts + buttons or len(buttons) > 4:
        return None
    lines = []
    for made in texts:
        html = made["props"]["html"]
        if re.search(r"<(?!/?(?:p|br|strong|em|b|i|span)\b)", html):
            return None
        lines.append(text_of(parse_html(html)).replace("\n", "\n\n"))
    heading = inside[0]["props"]
    props: JsonObject = {"heading": heading["text"], "text": "\n\n".join(lines), "align": "center"}
    if heading["level"] == 1:
        props["level"] = 1
    if src:
        props |= {"image": src, "image_alt": alt}
    return block("hero", props, buttons)


def integers_of(value: object) -> list[int]:
    found = value if isinstance(value, list) else []
    return [int(item) for item in found if re.fullmatch("[0-9]{1,12}", str(item))]


def shift_lines(tree: Element, by: int) -> None:
    if by:
        for element in tree.find_all_elements():
            element.line += by


def embed_lone_addresses(tree: Element) -> None:
    """Make embeds of addresses alone in a paragraph, as WordPress does; of allowed providers alone."""
    for index, child in enumerate(tree.children):
        if not isinstance(child, Element) or child.name != "p":
            continue
        text = text_of(child)
        if text.startswith(("http://", "https://")) and not text.split()[1:] and resolve_embed(text):
            figure = Element("figure", {"class": "wp-block-embed"}, child.line)
            figure.children = [text]
            tree.children[index] = figure
