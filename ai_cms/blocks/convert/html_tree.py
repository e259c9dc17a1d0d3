"""Put a tree of HTML in order before it is read as blocks: styles, targets of links, check boxes, names that are none.

A block has no id but a heading's anchor. So the id of what becomes a block of its own, and is the target of a link, moves
to the first text inside of it, or to an empty ``<a id="…">`` before it; text keeps its ids.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from ..html.markup import BLOCK_TAGS, DROPPED_TAGS, HTML_TAGS, Element, never_closed, text_of
from ..html.styles import ALIGNMENTS, apply_styles
from .image_sources import find_source
from .result import ConversionWarning

__all__ = ["document_title", "is_anchor", "kept_attributes", "order_tree", "targets_of"]

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# What keeps its id: text, and inside of what stays HTML.
_KEEPING = _HEADINGS | {"p", "li", "dt", "dd"}
# What stays HTML where it is no plain block.
_STAYING = frozenset({"blockquote", "dl", "ol", "pre", "table", "ul"}) | DROPPED_TAGS
# What can hold an anchor as the first thing inside.
_HOLDERS = frozenset(
    "address article aside blockquote body caption center details div figcaption footer form header main nav section td "
    "th".split()
)
# Ids that WordPress and its like number for their own styles.
_MACHINE_MADE = re.compile(r"(?:docs-internal-guid|attachment|caption-attachment|gallery|media|post|block)[-_]\S*\Z")
_NOISE = "docs-internal-guid-"


def document_title(root: Element) -> Element | None:
    """Return the title that stands where that of a document does, and not in the middle of its text."""
    places = [root, *(found for found in (root.find("html"), root.find("head")) if found is not None)]
    return next((child for place in places for child in place.elements() if child.name == "title"), None)


def order_tree(root: Element, asked: frozenset[str] = frozenset()) -> list[ConversionWarning]:
    """Change a tree in place; returns what there is to say about it. ``asked``: ids that links elsewhere lead to."""
    apply_styles(root)
    tips = _tips(root)
    targets = targets_of(root) | asked
    warnings: list[ConversionWarning] = []
    if tips:
        names = _some([text for text, _line in tips], 100)
        warnings.append(ConversionWarning(tips[0][1], f"What showed under the pointer was left out: {names}."))
    areas = [area for area in root.find_all("area") if area.attrs.get("alt", "").strip()]
    if areas:
        names = _some([" ".join(area.attrs["alt"].split()) for area in areas], 100)
        warnings.append(ConversionWarning(areas[0].line, f"The areas of an image map were left out: {names}."))
    said: set[str] = set()
    unasked: list[str] = []
    first_line = 0
    pending = [root]
    while pending:
        parent = pending.pop()
        children: list[Element | str] = []
        for child in parent.children:
            if isinstance(child, Element):
                pending.append(child)
                if child.name not in said and (original := never_closed(child.name)):
                    said.add(child.name)
                    warnings.append(
                        ConversionWarning(child.line, f"<{original}> is never closed; what follows was kept as text.")
                    )
                elif child.name not in HTML_TAGS and child.name not in said and child.name[:40].isidentifier():
                    said.add(child.name)
                    warnings.append(
                        ConversionWarning(
                            child.line, f"<{child.name[:40]}> is no element of HTML; the words inside were kept."
                        )
                    )
                if child.name == "acronym":
                    child.name = "abbr"
                if child.name == "img" or child.name == "picture":
                    find_source(child)
                if child.name == "input":
                    _read_check_box(child, parent)
                if (name := _unasked(child, targets)) and name not in unasked:
                    unasked.append(name)
                    first_line = first_line or child.line
                children += _with_anchor(child, targets)
            else:
                children.append(child)
        parent.children = children
    if unasked:
        names = _some(unasked, 50)
        warnings.append(
            ConversionWarning(first_line, f"No link of the text leads to these ids, which were left out: {names}.")
        )
    return warnings


def _some(names: list[str], length: int) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(f"“{name[:length]}”" for name in names[:5]) + more


def _tips(root: Element) -> list[tuple[str, int]]:
    """Return the titles of elements that are unwrapped or become blocks, with their lines; what stays HTML keeps its own."""
    found: list[tuple[str, int]] = []
    pending = [root]
    while pending:
        element = pending.pop()
        if element.name in _STAYING:
            continue
        inside = element.find_all_elements() if element.name in _HEADINGS else ()
        for shown in (element, *(part for part in inside if part.name != "img")):
            text = " ".join(shown.attrs.get("title", "").split())
            if text and element.name in BLOCK_TAGS:
                found.append((text, shown.line))
        pending += reversed(list(element.elements()))
    return found


def targets_of(root: Element) -> frozenset[str]:
    """Return the ids that links of the tree lead to."""
    hrefs = (link.attrs.get("href", "") for link in root.find_all("a", "area"))
    return frozenset(unquote(href[1:]) for href in hrefs if href.startswith("#") and len(href) > 1)


def is_anchor(node: Element | str) -> bool:
    """Return whether a node is nothing but the target of links."""
    return isinstance(node, Element) and "id" in node.attrs and node.name in ("a", "span") and not node.children


def kept_attributes(element: Element) -> dict[str, str]:
    """Return what a paragraph keeps of the attributes of the element that it stands for."""
    attrs = element.attrs
    kept = {name: attrs[name] for name in ("id", "lang") if attrs.get(name)}
    # Left to right is what every text is that says nothing.
    if attrs.get("dir", "").lower() in ("rtl", "auto"):
        kept["dir"] = attrs["dir"].lower()
    if side := next((name for name in element.classes if name in ALIGNMENTS), ""):
        kept["class"] = side
    return kept


def _unasked(element: Element, targets: frozenset[str]) -> str:
    """Return the id that an element is about to lose, "" for none that anybody gave it."""
    name = element.attrs.get("id", "").strip()
    if not name or name in targets or _MACHINE_MADE.match(name):
        return ""
    stays = element.name in _HEADINGS or element.name == "p" or _is_inline(element)
    return "" if stays or element.name not in HTML_TAGS else name


def _with_anchor(element: Element, targets: frozenset[str]) -> list[Element | str]:
    """Return an element with its id where it will be kept; without it where nothing asks for it."""
    attrs = element.attrs
    if element.name == "a":
        attrs.setdefault("id", attrs.get("name", ""))
        if not attrs["id"]:
            del attrs["id"]
            if not attrs.get("href") and not element.children:
                return []
    name = attrs.get("id", "").strip()
    if not name:
        return [element]
    if name.startswith(_NOISE):
        del attrs["id"]
        return [element]
    asked = name in targets
    if element.name in _KEEPING or not element.holds_blocks:
        if element.name in ("li", "dt", "dd") and not asked:
            del attrs["id"]
        if element.name in _KEEPING or _is_inline(element):
            return [element]
    if not asked:
        del attrs["id"]
        return [element]
    del attrs["id"]
    carrier = _carrier(element)
    if carrier is not None:
        carrier.attrs["id"] = name
        return [element]
    anchor = Element("a", {"id": name}, element.line)
    if element.name in _HOLDERS:
        element.children.insert(0, anchor)
        return [element]
    return [anchor, element]


def _is_inline(element: Element) -> bool:
    return element.name in (
        "a abbr b bdi bdo cite code data del dfn em i ins kbd mark q s samp small span strong sub sup time u var".split()
    )


def _carrier(element: Element) -> Element | None:
    """Return the text at the beginning of an element that can take its id."""
    current = element
    for _ in range(8):
        first = next((child for child in current.children if isinstance(child, Element) or child.strip()), None)
        if not isinstance(first, Element) or "id" in first.attrs:
            return None
        if first.name == "p" or first.name in _HEADINGS:
            return first if text_of([first]) else None
        if first.name not in _HOLDERS:
            return None
        current = first
    return None


def _read_check_box(box: Element, parent: Element) -> None:
    """Make the item of a list that begins with a check box an item of a task list."""
    if box.attrs.get("type", "").lower() != "checkbox" or parent.name not in ("li", "label", "p"):
        return
    if parent.name == "li" and "data-checked" not in parent.attrs:
        parent.attrs["data-type"] = "taskItem"
        parent.attrs["data-checked"] = "true" if "checked" in box.attrs else "false"
