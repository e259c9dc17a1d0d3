"""HTML of blocks as Markdown: the block structure; see :mod:`.markdown_inline` for what is inside a paragraph."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt

from ..html.embeds import resolve_embed
from ..html.markup import BLOCK_TAGS, DROPPED_TAGS, Element, parse_html, text_of
from .headings import HeadingIds, anchor_of
from .html_parts import MEDIA, column_alignment, pictures_alone
from .html_text import language_of
from .html_tree import targets_of
from .markdown_inline import InlineWriter, one_space

__all__ = ["html_to_markdown"]

#: The parser's own limit of nesting is 20; deeper lists and quotations are flattened.
MAX_NESTING = 8

_BACKTICKS = re.compile("`{3,}")
_SEPARATORS = {"left": ":--", "center": ":-:", "right": "--:"}
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

_BOXES = {"true": "[x]", "false": "[ ]"}
_NOT_STATED = re.compile(r"[\s{}#]")

Nodes = Sequence[Element | str]


def html_to_markdown(html: str, parser: MarkdownIt) -> str:
    """Return sanitised HTML as Markdown that ``parser`` reads back as the same."""
    root = parse_html(html)
    _keep_targets(root)
    written = "\n\n".join(_Writer(parser).blocks(root.children, 0))
    return f"{written}\n" if written else ""


def _keep_targets(root: Element) -> None:
    """Put the ids that links of the text lead to where Markdown can say them: into an ``<a id="…">`` in the text."""
    targets = targets_of(root)
    for parent in (root, *root.find_all_elements()):
        children: list[Element | str] = []
        for child in parent.children:
            name = ""
            if isinstance(child, Element) and child.name not in _HEADINGS:
                name = child.attrs.pop("id", "")
            if not isinstance(child, Element) or name not in targets:
                children.append(child)
            elif child.name == "a" or not child.children:
                # A link holds no other.
                children += [Element("a", {"id": name}), *([child] if child.children or child.name != "a" else [])]
            else:
                holder = child.find("p") if child.name == "li" else None
                (holder or child).children.insert(0, Element("a", {"id": name}))
                children.append(child)
        parent.children = children


class _Paragraph(str):
    """Markdown that reads back as one paragraph."""

    __slots__ = ()


class _List(str):
    """Markdown that reads back as a list."""

    __slots__ = ()


class _Writer:
    def __init__(self, parser: MarkdownIt) -> None:
        self.inline = InlineWriter(parser)
        self.ids = HeadingIds()

    def blocks(self, nodes: Nodes, depth: int) -> list[str]:
        """Return the Markdown of each block; ``depth``: of lists and quotations around."""
        out: list[str] = []
        line: list[Element | str] = []
        # Two lists in a row are one to Markdown unless their marks differ.
        last_list = ("", "")

        def end_line() -> None:
            nonlocal last_list
            holder = Element("p")
            holder.children = line[:]
            line.clear()
            written = [
                self.inline.image(image, href=link.attrs.get("href", "") if link else "")
                for image, link in pictures_alone(holder)
                if image.attrs.get("src")
            ] or _some(self.inline.paragraph(holder.children))
            if written:
                out.extend(map(_Paragraph, written))
                last_list = ("", "")

        for node in nodes:
            if isinstance(node, str) or not _is_block(node):
                line.append(node)
                continue
            end_line()
            if node.name in ("ul", "ol") and depth < MAX_NESTING:
                other = last_list[0] == node.name and last_list[1] in "-."
                mark = ("*" if node.name == "ul" else ")") if other else ("-" if node.name == "ul" else ".")
                if written := self.write_list(node, mark, depth):
                    out.append(_List(written))
                    last_list = (node.name, mark)
                continue
            if written_blocks := self.block(node, depth):
                out += written_blocks
                last_list = ("", "")
        end_line()
        return out

    def block(self, element: Element, depth: int) -> list[str]:
        name = element.name
        if name in DROPPED_TAGS and name != "iframe":
            return []
        if name in _HEADINGS:
            images = (image for image in element.find_all("img") if image.attrs.get("src"))
            below = (block for image in images for block in _paragraphs(self.inline.image(image)))
            return [*_some(self.heading(element)), *below]
        if name == "hr":
            return ["___" if depth else "***"]
        if name == "pre":
            return _some(self.code(element, depth))
        if name == "table":
            return self.table(element)
        if name == "figure":
            return self.figure(element, depth)
        if name == "blockquote" and depth < MAX_NESTING:
            inside = "\n\n".join(self.blocks(element.children, depth + 1))
            return ["\n".join(f"> {line}" if line else ">" for line in inside.split("\n"))] if inside else []
        if name == "iframe":
            target = resolve_embed(element.attrs.get("src", ""))
            url = target.page if target else element.attrs.get("src", "")
            return _paragraphs(self.inline.link(url, url))
        if name in MEDIA:
            src = element.attrs.get("src", "")
            return _paragraphs(self.inline.link(src, one_space(src.rsplit("/", 1)[-1]) or src))
        if name in ("summary", "dt"):
            strong = Element("strong")
            strong.children = _flat(element)
            return _paragraphs(self.inline.paragraph([strong]))
        return self.blocks(element.children, depth)

    def heading(self, element: Element) -> str:
        """Return a heading with its link, and the id it states unless the usual rule gives it that one."""
        anchors = [link for link in element.find_all("a") if link.attrs.get("href")]
        links = {link.attrs["href"] for link in anchors}
        href = links.pop() if len(links) == 1 else ""
        words = " ".join(text_of(anchors[0]).split()) if len(anchors) == 1 else ""
        written = self.inline.heading(_flat(element), int(element.name[1]), href, words)
        anchor = anchor_of(element.attrs.get("id", ""))
        usual = self.ids.next(" ".join(text_of(element).split())) if written else ""
        stated = anchor and anchor != usual and not _NOT_STATED.search(anchor)
        return f"{written} {{#{anchor}}}" if written and stated else written

    def write_list(self, element: Element, mark: str, depth: int) -> str:
        items = [child for child in element.children if isinstance(child, Element) or child.strip()]
        start = element.attrs.get("start", "1")
        number = int(start) if element.name == "ol" and start.isascii() and start.isdigit() and len(start) < 9 else 1
        contents = [item.children if isinstance(item, Element) and item.name == "li" else [item] for item in items]
        entries = [blocks for content in contents if (blocks := self.blocks(content, depth + 1))]
        if element.name == "ul":
            self.check_boxes(items, entries)
        # Items of a single paragraph each say the same with and without blank lines.
        plain = all(len(blocks) == 1 and isinstance(blocks[0], _Paragraph) for blocks in entries)
        lists_below = all(all(isinstance(below, _List) for below in blocks[1:]) for blocks in entries)
        between = "\n" if plain or (lists_below and all(_is_tight(item) for item in items)) else "\n\n"
        written = []
        for blocks in entries:
            marker = f"{number}{mark}" if element.name == "ol" else mark
            number += 1
            indent = " " * (len(marker) + 1)
            lines = [f"{indent}{line}" if line else "" for line in between.join(blocks).split("\n")]
            written.append(f"{marker} {chr(10).join(lines)[len(indent) :]}")
        return between.join(written)

    def check_boxes(self, items: Nodes, entries: list[list[str]]) -> None:
        """Begin the items of a task list with their boxes."""
        if len(items) != len(entries):
            return
        for item, blocks in zip(items, entries, strict=True):
            checked = item.attrs.get("data-checked", "") if isinstance(item, Element) else ""
            if checked in _BOXES and isinstance(blocks[0], _Paragraph):
                blocks[0] = _Paragraph(f"{_BOXES[checked]} {blocks[0]}")

    def code(self, element: Element, depth: int) -> str:
        text = _raw_text(element.children).rstrip("\n")
        if not text.strip():
            return ""
        if depth:
            text = text.expandtabs(4)
        fence = "`" * max(3, max((len(run) for run in _BACKTICKS.findall(text)), default=0) + 1)
        return f"{fence}{language_of(element)}\n{text}\n{fence}"

    def table(self, element: Element) -> list[str]:
        rows = [[child for child in row.elements() if child.name in ("td", "th")] for row in _rows(element)]
        rows = [row for row in rows if row]
        if not rows:
            return []
        caption = next((child for child in element.elements() if child.name == "caption"), None)
        width = max(map(len, rows))
        align = [*column_alignment(element), *[""] * width]
        has_head = element.find("thead") is not None or all(cell.name == "th" for cell in rows[0])
        written = [[self.inline.cell(_flat(cell)) for cell in row] for row in rows]
        if not any(map(any, written)):
            return _some(self.inline.paragraph(_flat(caption))) if caption else []
        if not has_head:
            written.insert(0, [])
        lines = [f"| {' | '.join([*row, *[''] * (width - len(row))])} |" for row in written]
        lines.insert(1, f"| {' | '.join(_SEPARATORS.get(side, '---') for side in align[:width])} |")
        above = _some(self.inline.paragraph(_flat(caption))) if caption else []
        return [*above, "\n".join(lines)]

    def figure(self, element: Element, depth: int) -> list[str]:
        caption = next((child for child in element.elements() if child.name == "figcaption"), None)
        content = [child for child in element.children if child is not caption]
        images = (
            list(element.find_all("img")) if not any(child.name == "figure" for child in element.elements()) else []
        )
        quote = next((child for child in element.elements() if child.name == "blockquote"), None)
        if len(images) == 1 and not text_of(content) and images[0].attrs.get("src"):
            link = element.find("a")
            href = link.attrs.get("href", "") if link is not None and link.find("img") is not None else ""
            # Inside a list or a quotation a picture is part of rich text, which has no captions.
            title = " ".join(text_of(caption).split()) if caption and not depth else ""
            below = self.blocks(caption.children, depth) if caption and depth else []
            return [*_paragraphs(self.inline.image(images[0], caption=title, href=href)), *below]
        if quote is not None and caption is not None:
            source = Element("p")
            source.children = ["— ", *_flat(caption)]
            quote.children.append(source)
            return self.blocks(content, depth)
        media = next((child for child in element.elements() if child.name in MEDIA), None)
        if media is not None and caption is not None and (title := one_space(text_of(caption))):
            return _paragraphs(self.inline.link(media.attrs.get("src", ""), title))
        below = self.blocks(caption.children, depth) if caption else []
        return [*self.blocks(content, depth), *below]


def _is_block(element: Element) -> bool:
    return (
        element.name in BLOCK_TAGS or element.name in MEDIA or element.name in ("iframe", "hr") or element.holds_blocks
    )


def _is_tight(item: Element | str) -> bool:
    """Return whether a list item is one line, perhaps with a list below it."""
    if isinstance(item, str) or item.name != "li":
        return isinstance(item, str)
    blocks = [child for child in item.children if isinstance(child, Element) and _is_block(child)]
    if any(child.name not in ("ul", "ol") or child.attrs.get("start", "1") != "1" for child in blocks):
        return False
    names = [child.name for child in blocks]
    if len(names) > 1 or (names and item.children and not _shows_text_before(item, blocks[0])):
        return False
    after = item.children[item.children.index(blocks[0]) + 1 :] if blocks else []
    return not any(not isinstance(node, str) or node.strip() for node in after)


def _shows_text_before(item: Element, block: Element) -> bool:
    return bool(text_of(item.children[: item.children.index(block)]).strip())


def _rows(table: Element) -> list[Element]:
    rows: list[Element] = []
    for child in table.elements():
        if child.name == "tr":
            rows.append(child)
        elif child.name in ("thead", "tbody", "tfoot"):
            rows += [row for row in child.elements() if row.name == "tr"]
    return rows


def _flat(element: Element) -> list[Element | str]:
    """Return the content of an element as inline nodes: a break for each border of a block inside."""
    if not element.holds_blocks:
        return element.children
    out: list[Element | str] = []
    for child in element.children:
        if isinstance(child, Element) and _is_block(child):
            out += [Element("br"), *_flat(child), Element("br")]
        else:
            out.append(child)
    return out


def _raw_text(nodes: Nodes) -> str:
    return "".join(
        node if isinstance(node, str) else "\n" if node.name == "br" else _raw_text(node.children)
        for node in nodes
        if isinstance(node, str) or node.name not in DROPPED_TAGS
    )


def _paragraphs(text: str) -> list[str]:
    return [_Paragraph(text)] if text else []


def _some(text: str) -> list[str]:
    return [text] if text else []
