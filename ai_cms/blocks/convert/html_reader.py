"""HTML → blocks: tolerant of anything, in linear time; no visible text is lost.

Headings, pictures, lists, quotations, code, tables, lines, frames, videos, sounds and details become blocks of their
own. What lies between is merged into rich text. Containers such as ``div`` are unwrapped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...core.jsontypes import JsonObject
from ..html.embeds import resolve_embed
from ..html.markup import BLOCK_TAGS, DROPPED_TAGS, Element, parse_html, serialize, text_of
from ..html.richtext import TAGS, clean_text, sanitize_html
from .block_of import block_of
from .headings import read_heading
from .html_parts import (
    MEDIA,
    column_alignment,
    gallery_block,
    image_block,
    media_block,
    picture_losses,
    pictures_alone,
    take_attribution,
)
from .html_text import (
    caption_html,
    embed_address,
    has_several_images,
    language_of,
    lone_embed,
    short_pieces,
)
from .html_tree import document_title, is_anchor, kept_attributes, order_tree
from .result import Blocks, ConversionWarning, Converted, block, link_url, one_line

__all__ = ["convert_html", "html_to_blocks"]

#: A rich text block gets no longer than about this many characters; longer runs become several.
RUN_LENGTH = 20_000
MAX_HEADING = 500
#: So many inline elements around blocks are repeated inside each of them.
MAX_WRAPPERS = 4
#: So many elements inside each other are looked at as a gallery.
MAX_TRIES = 3
#: How deep details may stand in details before they stay rich text.
MAX_ACCORDIONS = 4

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# White space that HTML does not show.
_PARAGRAPH_EDGE = re.compile(r"(<p>)[ \t\n]+|[ \t\n]+(</p>)")
_KEPT_TOGETHER = frozenset({"blockquote", "dl", "ol", "pre", "table", "ul"})
_CAPTIONED = frozenset({"audio", "code", "embed", "image", "quote", "table", "video"})
_OWN_BLOCKS = MEDIA | {"img", "picture"}


def html_to_blocks(html: str, *, source_lines: bool = False) -> Blocks:
    """Return the blocks of ``html``. ``source_lines``: each top block says its ``line``."""
    return convert_html(html, source_lines=source_lines).blocks


def convert_html(html: str, *, source_lines: bool = False, markdown: bool = False) -> Converted:
    """Return the blocks of ``html`` and what was left out.

    ``markdown``: the HTML was made from Markdown: a ``data-line`` attribute is the source line, the title of a picture
    its caption, and a link alone in a paragraph, to an allowed provider, is an embed.
    """
    root = parse_html(clean_text(html))
    reader = HtmlReader(markdown=markdown)
    found = root.find("title")
    reader.document_title = None if markdown else document_title(root)
    reader.warnings += order_tree(root)
    reader.read(root.children)
    blocks = reader.finish()
    if not source_lines:
        for made in blocks:
            made.pop("line", None)
    reader.warnings.sort(key=lambda warning: warning.line)
    return Converted(blocks, reader.warnings, one_line(text_of(found)) if found else "")


class HtmlReader:
    """Collect the blocks of a tree: ``line`` gathers inline content, ``run`` paragraphs, ``blocks`` what is finished."""

    def __init__(self, *, markdown: bool = False, accordions: int = 0) -> None:
        self.markdown = markdown
        self.accordions = accordions
        #: The one title whose words are not lost where it is left out: they name the page.
        self.document_title: Element | None = None
        self.no_galleries = 0
        self.warnings: list[ConversionWarning] = []
        self.blocks: Blocks = []
        self.run: list[Element | str] = []
        self.run_length = 0
        self.run_line = 1
        self.line: list[Element | str] = []
        self.line_number = 1
        # What the paragraph that is read says of itself; targets of links that wait for a text to stand in.
        self.frame: dict[str, str] = {}
        self.waiting: list[Element] = []
        self._open: tuple[tuple[Element, ...], Element] | None = None

    def finish(self) -> Blocks:
        """Return all blocks; the reader is used up."""
        self.end_run()
        self.place_waiting()
        return self.blocks

    def warn(self, element: Element, message: str) -> None:
        self.warnings.append(ConversionWarning(self.line_of(element), message))

    def line_of(self, element: Element) -> int:
        stated = element.attrs.get("data-line", "") if self.markdown else ""
        return int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 9 else element.line

    # Blocks, runs and lines

    def add(self, made: JsonObject | None, element: Element) -> None:
        """Finish the text so far and add a block."""
        self.end_run()
        if made is not None:
            self.place_waiting(made)
            made["line"] = self.line_of(element)
            self.blocks.append(made)

    def place_waiting(self, made: JsonObject | None = None) -> None:
        """Put the targets of links that no text has taken where they belong: into a heading, or before the block."""
        waiting, self.waiting = self.waiting, []
        if waiting and made is not None and made["type"] == "heading" and not made["props"].get("anchor"):
            anchor = waiting.pop().attrs["id"]
            if len(anchor) <= 100 and not anchor.split()[1:]:
                made["props"]["anchor"] = anchor
        if waiting:
            html = sanitize_html(f"<p>{serialize(list[Element | str](waiting))}</p>")
            if " id=" in html:
                self.blocks.append({**block("rich_text", {"html": html}), "line": waiting[0].line})

    def add_inline(self, node: Element | str, wrappers: tuple[Element, ...]) -> None:
        """Add text or an inline element to the line, inside copies of the inline elements around it."""
        if not self.line and isinstance(node, Element):
            self.line_number = self.line_of(node)
        if not wrappers:
            self._open = None
            self.line.append(node)
            return
        if self._open is None or self._open[0] is not wrappers:
            outer = inner = Element(wrappers[0].name, wrappers[0].attrs, wrappers[0].line)
            for wrapper in wrappers[1:]:
                child = Element(wrapper.name, wrapper.attrs, wrapper.line)
                inner.children.append(child)
                inner = child
            self.line.append(outer)
            self._open = (wrappers, inner)
        self._open[1].children.append(node)

    def end_line(self) -> None:
        """Make the line a paragraph of the run, or image blocks if there are only pictures in it."""
        line, self.line, self._open = self.line, [], None
        shown = [node for node in line if isinstance(node, Element) or node.strip()]
        if not shown:
            return
        if all(map(is_anchor, shown)):
            self.waiting += [node for node in shown if isinstance(node, Element)]
            return
        paragraph = Element("p", dict(self.frame), self.line_number)
        self.frame.pop("id", None)
        paragraph.children = line
        pictures = pictures_alone(paragraph)
        if pictures:
            for image, link in pictures:
                self.add_picture(image, link)
            return
        if self.markdown and (made := lone_embed(paragraph)):
            self.add(made, paragraph)
            return
        self.add_to_run(paragraph)

    def add_to_run(self, element: Element) -> None:
        """Add an element that stays HTML to the run."""
        hoisted = list(element.find_all(*MEDIA, "iframe", "embed"))
        shows = bool(text_of([element]).strip()) or element.find("img", "hr") is not None
        if shows and self.waiting:
            if element.name == "p":
                element.children[:0], self.waiting = self.waiting, []
            else:
                self.end_run_only()
                self.place_waiting()
        for piece in short_pieces(element) if shows else ():
            length = len(serialize([piece]))
            if self.run and self.run_length + length > RUN_LENGTH:
                self.end_run_only()
            if not self.run:
                self.run_line = self.line_of(element)
            self.run.append(piece)
            self.run_length += length
        for child in element.find_all(*DROPPED_TAGS):
            self.warn_dropped(child)
        for child in hoisted:
            self.read_special(child)

    def end_run_only(self) -> None:
        run, self.run, self.run_length = self.run, [], 0
        if not run:
            return
        html = _PARAGRAPH_EDGE.sub(r"\1\2", sanitize_html(serialize(run)).strip())
        if text_of(parse_html(html)) or "<img" in html or "<hr" in html or " id=" in html:
            self.blocks.append({**block("rich_text", {"html": html}), "line": self.run_line})

    def end_run(self) -> None:
        self.end_line()
        self.end_run_only()

    # Reading

    def read(self, nodes: Iterable[Element | str], wrappers: tuple[Element, ...] = ()) -> None:
        """Read sibling nodes; ``wrappers`` are the inline elements around them that also hold blocks."""
        for node in nodes:
            if isinstance(node, str):
                self.add_inline(node, wrappers)
            elif node.name in ("iframe", "embed") or node.name in MEDIA:
                self.read_special(node)
            elif node.name in DROPPED_TAGS:
                self.warn_dropped(node)
            elif node.name == "head":
                self.read_left_over(node)
            elif node.name in BLOCK_TAGS:
                self.end_line()
                self.read_block(node, wrappers)
                self.end_line()
            elif node.holds_blocks:
                inside = wrappers if len(wrappers) >= MAX_WRAPPERS else (*wrappers, node)
                self.read(node.children, inside)
            else:
                self.add_inline(node, wrappers)
                for child in node.find_all(*DROPPED_TAGS):
                    self.warn_dropped(child)

    def read_block(self, element: Element, wrappers: tuple[Element, ...]) -> None:
        if (name := element.name) in _HEADINGS:
            self.read_heading(element)
        elif name == "p":
            self.line_number = self.line_of(element)
            self.read_framed(element, wrappers)
        elif name == "hr":
            self.add(block("divider", {"style": "line"}), element)
        elif name == "figure":
            self.read_figure(element, wrappers)
        elif name == "details":
            self.read_details(element, wrappers)
        elif "gallery" in element.attrs.get("class", ""):
            self.read_gallery(element, wrappers)
        elif name in _KEPT_TOGETHER:
            self.read_together(element)
        else:
            self.read_framed(element, wrappers)

    def read_framed(self, element: Element, wrappers: tuple[Element, ...]) -> None:
        """Read what is inside a paragraph or a container; its language and alignment hold for the text directly in it."""
        around, self.frame = self.frame, kept_attributes(element)
        self.read(element.children, wrappers)
        self.end_line()
        self.frame = around

    def read_gallery(self, element: Element, wrappers: tuple[Element, ...]) -> None:
        """Read what may be a gallery; if it is none, galleries may still be inside, but not forever."""
        gallery = gallery_block(element) if self.no_galleries < MAX_TRIES else None
        if gallery is not None:
            for image in element.find_all("img"):
                self.warnings += [ConversionWarning(self.line_of(image), text) for text in picture_losses(image)]
            self.add(gallery, element)
            return
        self.no_galleries += 1
        if element.name in _KEPT_TOGETHER:
            self.read_together(element)
        elif element.name == "figure":
            self.read_captioned(element, wrappers)
        else:
            self.read(element.children, wrappers)
        self.no_galleries -= 1

    def read_together(self, element: Element) -> None:
        """Read a list, a quotation, a table or a pre: a block of its own if it is plain, else rich text as it is."""
        align = column_alignment(element) if element.name == "table" else []
        language = language_of(element) if element.name == "pre" else ""
        attribution = take_attribution(element) if element.name == "blockquote" else ""
        for child in element.find_all_elements():
            if child.name in BLOCK_TAGS and child.name not in TAGS and child.name not in DROPPED_TAGS:
                child.name = "div"  # so that its text stays apart from its neighbours'
        # What it is, is judged by what would be left of it as rich text; so reading that again gives the same.
        for node in parse_html(sanitize_html(serialize([element]))).children:
            if isinstance(node, str):
                self.read([node])
                continue
            node.line = self.line_of(element)
            if node.name not in _KEPT_TOGETHER:
                self.read([node])
                continue
            made = block_of(node, align=align, attribution=attribution, language=language)
            if made is not None:
                self.add(made, element)
            else:
                self.end_line()
                self.add_to_run(node)
        self.end_line()
        self.read_left_over(element)

    def read_heading(self, element: Element) -> None:
        heading = read_heading(element)
        if heading is None or len(heading.text) > MAX_HEADING:
            self.add_to_run(element)
            return
        if heading.text:
            self.add(block("heading", heading.props(int(element.name[1]))), element)
        elif heading.anchor:
            self.waiting.append(Element("a", {"id": heading.anchor}, element.line))
        self.read_left_over(element, pictures=True)

    def read_left_over(self, element: Element, *, pictures: bool = False) -> None:
        """Add what a block made of ``element`` could not hold."""
        for child in element.find_all(*(_OWN_BLOCKS if pictures else MEDIA), "iframe", "embed"):
            if child.name == "img":
                self.add_picture(child, None)
            elif child.name != "picture":
                self.read_special(child)
        for child in element.find_all(*DROPPED_TAGS):
            self.warn_dropped(child)

    def read_figure(self, element: Element, wrappers: tuple[Element, ...]) -> None:
        """Read a figure: its one content gets the caption; anything else is read as if there were no figure."""
        caption = next((child for child in element.elements() if child.name == "figcaption"), None)
        if "wp-block-embed" in element.classes and (url := link_url(embed_address(element, caption))):
            html = caption_html(caption)
            self.add(block("embed", {"url": url, **({"caption": html} if html else {})}), element)
            return
        if "gallery" in element.attrs.get("class", "") or (self.no_galleries == 0 and has_several_images(element)):
            self.read_gallery(element, wrappers)
        else:
            self.read_captioned(element, wrappers)

    def read_captioned(self, element: Element, wrappers: tuple[Element, ...]) -> None:
        caption = next((child for child in element.elements() if child.name == "figcaption"), None)
        content = [child for child in element.children if child is not caption]
        html = caption_html(caption)
        self.end_run()
        start = len(self.blocks)
        self.read(content, wrappers)
        self.end_run()
        made = self.blocks[start:]
        if caption is None:
            return
        field = {"quote": "attribution"}.get(made[0]["type"], "caption") if len(made) == 1 else ""
        takes = html and field and made[0]["type"] in _CAPTIONED and not made[0]["props"].get(field)
        if takes:
            made[0]["props"][field] = html
            self.read_left_over(caption)
        else:
            self.read(caption.children)
            self.end_line()

    def read_details(self, element: Element, wrappers: tuple[Element, ...]) -> None:
        summary = next((child for child in element.elements() if child.name == "summary"), None)
        title = one_line(text_of(summary)) if summary else ""
        if not title or len(title) > 300 or self.accordions >= MAX_ACCORDIONS:
            self.read(element.children, wrappers)
            return
        inside = HtmlReader(markdown=self.markdown, accordions=self.accordions + 1)
        inside.read([child for child in element.children if child is not summary], wrappers)
        children = inside.finish()
        self.warnings += inside.warnings
        for child in children:
            child.pop("line", None)
        item = block("accordion_item", {"title": title, "open": "open" in element.attrs}, children)
        self.end_run()
        if self.blocks and self.blocks[-1]["type"] == "accordion" and len(self.blocks[-1]["children"]) < 100:
            self.blocks[-1]["children"].append(item)
        else:
            self.add(block("accordion", {}, [item]), element)

    def read_special(self, element: Element) -> None:
        """Read a frame, a video or a sound."""
        made = media_block(element)
        if made is None:
            self.warn(element, f"<{element.name}> without a usable address was left out.")
        elif made["type"] == "embed" and resolve_embed(made["props"]["url"]) is None:
            self.warn(element, f"{made['props']['url']} is of no allowed provider and will be shown as a link.")
        self.add(made, element)

    def add_picture(self, image: Element, link: Element | None) -> None:
        for message in picture_losses(image, link, title_is_caption=self.markdown):
            self.warn(image, message)
        self.add(image_block(image, link, title_is_caption=self.markdown), image)

    def warn_dropped(self, element: Element) -> None:
        if element.name != "iframe" and element is not self.document_title:
            self.warn(element, f"<{element.name}> was left out.")
