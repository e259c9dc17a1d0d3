"""WordPress content → blocks: the comments of its block editor, classic paragraphs, shortcodes.

Every block of WordPress becomes the block of ours that says the same; containers that only group are unwrapped. A
block that nobody knows keeps its HTML, converted, and is reported. No block comment survives.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from ai_cms.blocks.convert.html_reader import HtmlReader
from ai_cms.blocks.convert.html_tree import order_tree
from ai_cms.blocks.convert.result import Blocks, ConversionWarning, Converted, block, file_url, link_url, one_line
from ai_cms.blocks.html.embeds import resolve_embed
from ai_cms.blocks.html.markup import Element, parse_html, serialize, text_of
from ai_cms.blocks.html.richtext import clean_text, sanitize_inline
from ai_cms.core.jsontypes import JsonObject

from .attributes import attribute_texts
from .blocks import Piece, WPBlock, parse_wordpress_blocks
from .classic import classic_html
from .footnotes import notes_html
from .known_blocks import AS_HTML, DYNAMIC, GROUPS, NOTHING, SPECIAL
from .media import Attachments, Picture, read_attachments
from .shapes import append_block, embed_lone_addresses, hero_of, integers_of, opened, shift_lines, shown_text

__all__ = ["wordpress_to_blocks"]

#: Columns nested deeper are unwrapped, so that a document stays well within its limit of depth.
MAX_COLUMNS_DEPTH = 6
#: So many times a reusable block is put into one text.
MAX_REUSED = 100

_IN_PAGE = re.compile(r"""href=["']#([^"'<>]+)["']""")


def wordpress_to_blocks(
    content: str,
    *,
    attachments: Attachments | None = None,
    attached: Sequence[int] = (),
    reusable: Mapping[str, str] | None = None,
    footnotes: str = "",
    source_lines: bool = False,
) -> Converted:
    """Return the blocks of a post's content and what was left out.

    ``attachments``: the site's pictures by their id, for content that names nothing else. ``attached``:
    the ids of those uploaded to this post, for galleries that name none. ``reusable``: the content of
    reusable blocks by their id. ``footnotes``: the custom field of this name, JSON. ``source_lines``: each top block says its
    ``line``.
    """
    reader = _WordPressReader(read_attachments(attachments), attached, reusable or {}, notes_html(footnotes))
    content = clean_text(content)
    reader.asked = frozenset(map(unquote, _IN_PAGE.findall(content + reader.notes)))
    pieces = parse_wordpress_blocks(content, reader.warnings)
    blocks = reader.read(pieces, root=True)
    if reader.notes:
        # The notes have no place of their own in the text.
        blocks += reader.read_notes(1)
    if not source_lines:
        for made in blocks:
            made.pop("line", None)
    reader.warnings.sort(key=lambda warning: warning.line)
    return Converted(blocks, reader.warnings)


class _WordPressReader:
    def __init__(
        self, attachments: Mapping[int, Picture], attached: Sequence[int], reusable: Mapping[str, str], notes: str
    ) -> None:
        self.attachments = attachments
        self.attached = attached
        self.reusable = reusable
        self.notes = notes
        # Ids that links anywhere in the text lead to.
        self.asked: frozenset[str] = frozenset()
        # The reusable blocks that are being read, and how many were: one may name itself, many may name many.
        self.reusing: list[str] = []
        self.reused = 0
        self.warnings: list[ConversionWarning] = []
        self.columns = 0

    def warn(self, line: int, message: str) -> None:
        self.warnings.append(ConversionWarning(line, message))

    def read(self, content: Sequence[Piece | WPBlock], *, root: bool = False) -> Blocks:
        """Return the blocks of what stands side by side, neighbouring rich text merged."""
        made: Blocks = []
        has_blocks = any(isinstance(item, WPBlock) for item in content)
        for item in content:
            if isinstance(item, WPBlock):
                new = self.read_block(item, root)
            elif item.html.strip():
                # Inside a block, text between inner blocks is the wrapper's HTML; at the root it is classic content.
                new = self.read_html(item.html, item.line, classic=root or not has_blocks)
            else:
                continue
            for entry in new:
                append_block(made, entry)
        for entry in made:
            if not root:
                entry.pop("line", None)
        return made

    def read_html(self, html: str, line: int, *, classic: bool = False) -> Blocks:
        html = classic_html(
            html,
            self.warnings,
            attachments=self.attachments,
            attached=self.attached,
            line=line,
            paragraphs=classic,
        )
        reader = HtmlReader()
        tree = parse_html(html)
        shift_lines(tree, line - 1)
        self.warnings += order_tree(tree, self.asked)
        if classic:
            embed_lone_addresses(tree)
        reader.read(tree.children)
        blocks = reader.finish()
        self.warnings += reader.warnings
        return blocks

    def read_block(self, item: WPBlock, root: bool) -> Blocks:
        name = item.name
        if name in NOTHING:
            return []
        blocks: Blocks
        if name in SPECIAL:
            blocks = getattr(self, SPECIAL[name])(item, root)
        elif name.startswith("core-embed/"):
            blocks = self.read_embed(item, root)
        elif name in GROUPS:
            blocks = self.read(item.content)
        elif name in AS_HTML:
            blocks = self.read_html(item.html, item.line)
        elif name in DYNAMIC:
            self.warn(item.line, f"The block “{name}” shows what only WordPress knows, and was left out.")
            blocks = self.read(item.content)
        else:
            blocks = self.read_unknown(item)
        for made in blocks:
            made.setdefault("line", item.line)
        return blocks

    # Single blocks

    def read_unknown(self, item: WPBlock) -> Blocks:
        """Read a block of a plugin: its HTML; where it has none, the texts and addresses of its attributes."""
        blocks = self.read(item.content)
        if blocks:
            self.warn(item.line, f"The block “{item.name}” is not known; its content was taken as HTML.")
            return blocks
        html = attribute_texts(item.attrs)
        if html:
            self.warn(
                item.line, f"The block “{item.name}” is not known; the texts and links of its attributes were taken."
            )
            return self.read_html(html, item.line)
        self.warn(item.line, f"The block “{item.name}” is not known and holds no text; nothing of it was taken.")
        return []

    def read_notes(self, line: int) -> Blocks:
        html, self.notes = self.notes, ""
        return self.read_html(html, line)

    def read_footnotes(self, item: WPBlock, root: bool) -> Blocks:
        if not self.notes:
            self.warn(item.line, "The notes of the block “footnotes” are not in the export.")
        return self.read_notes(item.line) if self.notes else []

    def read_accordion_item(self, item: WPBlock, root: bool) -> Blocks:
        """Read a question and its answer as what folds out."""
        title = next(
            (one_line(shown_text(inner.html)) for inner in item.blocks if inner.name == "accordion-heading"), ""
        )
        inside = self.read([inner for inner in item.content if getattr(inner, "name", "") != "accordion-heading"])
        if not title or len(title) > 300:
            heading = [block("heading", {"text": title[:500], "level": 3})] if title else []
            return [*heading, *inside]
        return [block("accordion_item", {"title": title, "open": item.attrs.get("openByDefault") is True}, inside)]

    def read_accordion(self, item: WPBlock, root: bool) -> Blocks:
        made = self.read(item.content)
        items = [entry for entry in made if entry["type"] == "accordion_item"]
        others = [entry for entry in made if entry["type"] != "accordion_item"]
        for entry in items:
            entry.pop("line", None)
        return [*([block("accordion", {}, items[:100])] if items else []), *others, *opened(items[100:])]

    def read_math(self, item: WPBlock, root: bool) -> Blocks:
        latex = item.text("latex").strip()
        if not latex:
            return self.read_html(item.html, item.line)
        self.warn(item.line, "A formula is kept as the LaTeX it was written in.")
        return [block("code", {"code": latex, "language": "latex"})]

    def read_freeform(self, item: WPBlock, root: bool) -> Blocks:
        return self.read_html(item.html, item.line, classic=True)

    def read_missing(self, item: WPBlock, root: bool) -> Blocks:
        """Read what WordPress itself did not know: a block of a plugin that is gone."""
        self.warn(
            item.line, f"The block “{item.text('originalName') or 'missing'}” is not known; its content was kept."
        )
        original = item.text("originalUndelimitedContent") or item.html or item.text("originalContent")
        return self.read(parse_wordpress_blocks(original, self.warnings))

    def read_reusable(self, item: WPBlock, root: bool) -> Blocks:
        key = str(item.number("ref") or "")
        content = self.reusable.get(key)
        if content is None or key in self.reusing or self.reused >= MAX_REUSED:
            self.warn(item.line, f"The reusable block {key or '?'} could not be put in.")
            return self.read(item.content)
        self.reusing.append(key)
        self.reused += 1
        found: list[ConversionWarning] = []
        blocks = self.read(parse_wordpress_blocks(clean_text(content), found), root=root)
        self.warnings += [ConversionWarning(item.line, warning.message) for warning in found]
        self.reusing.pop()
        for made in blocks:
            made["line"] = item.line
        return blocks

    def read_spacer(self, item: WPBlock, root: bool) -> Blocks:
        return [block("divider", {"style": "space"})]

    def read_image(self, item: WPBlock, root: bool) -> Blocks:
        tree = parse_html(item.html)
        image = tree.find("img")
        known = self.attachments.get(item.number("id") or 0)
        if image is None and known:
            image = Element("img", {"src": known.url, "alt": item.text("alt") or known.alt}, item.line)
            tree.children.insert(0, image)
        elif image is not None and known:
            if not file_url(image.attrs.get("src", "")):
                image.attrs["src"] = known.url
            image.attrs.setdefault("alt", known.alt)
        if image is not None:
            for name in ("width", "height"):
                size = str(item.attrs.get(name, ""))
                if name not in image.attrs and re.fullmatch(r"[0-9]{1,5}(px)?", size):
                    image.attrs[name] = size
        return self.read_html(serialize(tree), item.line)

    def read_gallery(self, item: WPBlock, root: bool) -> Blocks:
        tree = parse_html(item.html)
        if tree.find("img") is None:
            figures = [
                self.attachments[key].figure for key in integers_of(item.attrs.get("ids")) if key in self.attachments
            ]
            if not figures:
                self.warn(item.line, "A gallery without pictures was left out.")
                return self.read_html(item.html, item.line)
            tree = parse_html(f'<figure class="gallery">{"".join(figures)}</figure>')
        outer = next(tree.elements(), None)
        columns = item.number("columns")
        if outer is not None:
            outer.attrs["class"] = f"{outer.attrs.get('class', '')} gallery".strip()
            if columns and 1 <= columns <= 8:
                outer.attrs["data-columns"] = str(columns)
        return self.read_html(serialize(tree), item.line)

    def read_embed(self, item: WPBlock, root: bool) -> Blocks:
        tree = parse_html(item.html)
        caption = tree.find("figcaption")
        figure = tree.find("figure") or tree
        shown = "".join(text_of([child]) for child in figure.children if child is not caption)
        address = item.text("url") or shown.strip()
        url = link_url(address)
        if not url.startswith(("http://", "https://")):
            return self.read_html(item.html, item.line)
        if resolve_embed(url) is None:
            self.warn(item.line, f"{url} is of no allowed provider and will be shown as a link.")
        html = sanitize_inline(serialize(caption)).strip() if caption else ""
        return [block("embed", {"url": url, **({"caption": html} if html else {})})]

    def read_button(self, item: WPBlock, root: bool) -> Blocks:
        tree = parse_html(item.html)
        link = tree.find("a")
        label = one_line(text_of(tree))
        url = link_url(link.attrs.get("href", "")) if link else ""
        if not label or len(label) > 200:
            return self.read_html(item.html, item.line) if label else []
        if not url:
            return self.read_html(f"<p>{serialize(tree)}</p>", item.line)
        props: JsonObject = {"label": label, "url": url, "style": "primary"}
        if "is-style-outline" in item.text("className") or "is-style-outline" in item.html:
            props["style"] = "outline"
        if link is not None and link.attrs.get("target") == "_blank":
            props["new_tab"] = True
        return [block("button", props)]

    def read_columns(self, item: WPBlock, root: bool) -> Blocks:
        columns = [inner for inner in item.blocks if inner.name == "column"]
        others = [inner for inner in item.content if not (isinstance(inner, WPBlock) and inner.name == "column")]
        if not 0 < len(columns) <= 6 or self.columns >= MAX_COLUMNS_DEPTH:
            return self.read(item.content)
        self.columns += 1
        made = [self.read_column(column) for column in columns]
        self.columns -= 1
        left_over = self.read(others)
        made = [column for column in made if column["children"]]
        return [*([block("columns", {}, made)] if made else []), *left_over]

    def read_column(self, item: WPBlock) -> JsonObject:
        share = re.fullmatch(r"\s*([0-9]{1,3}(?:\.[0-9]+)?)\s*%?\s*", str(item.attrs.get("width", "")))
        twelfths = round(float(share[1]) * 12 / 100) if share else 0
        return block("column", {"width": twelfths} if 1 <= twelfths <= 12 else {}, self.read(item.content))

    def read_media_text(self, item: WPBlock, root: bool) -> Blocks:
        """Read a picture or video beside text: two columns."""
        wrapper = "".join(piece.html for piece in item.content if isinstance(piece, Piece))
        media = self.read_html(wrapper, item.line)
        known = self.attachments.get(item.number("mediaId") or 0)
        if not media and known:
            media = [block("image", {"src": known.url, "alt": one_line(item.text("mediaAlt")) or known.alt})]
        text = self.read(item.blocks)
        if not (media and text) or self.columns >= MAX_COLUMNS_DEPTH:
            return media + text
        for made in media:
            made.pop("line", None)
        sides = [block("column", {}, media), block("column", {}, text)]
        return [block("columns", {}, sides[::-1] if item.text("mediaPosition") == "right" else sides)]

    def read_cover(self, item: WPBlock, root: bool) -> Blocks:
        """Read text over a picture: a hero if that is all it is, else the picture and the text."""
        wrapper = parse_html("".join(piece.html for piece in item.content if isinstance(piece, Piece)))
        image = wrapper.find("img")
        src = file_url(item.text("url")) or (file_url(image.attrs.get("src", "")) if image else "")
        known = self.attachments.get(item.number("id") or 0)
        src = src or (known.url if known else "")
        if not src and (item.text("url") or image is not None):
            self.warn(item.line, "A picture without a usable address was left out.")
        alt = one_line(item.text("alt") or (image.attrs.get("alt", "") if image else ""))
        is_video = item.text("backgroundType") == "video" or wrapper.find("video") is not None
        inside = self.read(item.blocks) if item.blocks else self.read_html(serialize(wrapper), item.line)
        inside = [made for made in inside if not (made["type"] == "image" and made["props"]["src"] == src)]
        if is_video:
            return [
                *([block("video", {"src": src})] if src else []),
                *(made for made in inside if made["type"] != "video"),
            ]
        hero = hero_of(inside, src, alt) if root else None
        if hero is not None:
            return [hero]
        return [*([block("image", {"src": src, "alt": alt})] if src else []), *inside]

    def read_latest_posts(self, item: WPBlock, root: bool) -> Blocks:
        limit = item.number("postsToShow") or 5
        order = "oldest" if item.text("order") == "asc" else "newest"
        order = "title" if item.text("orderBy") == "title" else order
        layout = "cards" if item.text("postLayout") == "grid" else "list"
        return [block("page_list", {"limit": min(max(limit, 1), 50), "order": order, "layout": layout})]

    def read_page_list(self, item: WPBlock, root: bool) -> Blocks:
        return [block("page_list", {"limit": 50, "order": "tree", "layout": "titles"})]

    def read_social_link(self, item: WPBlock, root: bool) -> Blocks:
        url = link_url(item.text("url"))
        if not url:
            return []
        link = Element("a", {"href": url})
        link.children = [one_line(item.text("label") or item.text("service").capitalize()) or url]
        return self.read_html(f"<p>{serialize([link])}</p>", item.line)

    def read_file(self, item: WPBlock, root: bool) -> Blocks:
        tree = parse_html(item.html)
        holder = next((e for e in tree.find_all_elements() if "wp-block-file" in e.classes), tree)
        # The button repeats the link beside it.
        named = [
            child for child in holder.elements() if child.name == "a" and "wp-block-file__button" not in child.classes
        ]
        if named:
            for button in holder.elements():
                label = one_line(text_of(button)) if "wp-block-file__button" in button.classes else ""
                if label.lower() not in ("", "download"):
                    self.warn(
                        item.line, f"The button “{label[:200]}” was left out; the link beside it leads to the file."
                    )
            holder.children = [
                child
                for child in holder.children
                if not (isinstance(child, Element) and "wp-block-file__button" in child.classes)
            ]
        return self.read_html(serialize(tree), item.line)
