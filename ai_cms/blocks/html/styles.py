"""What inline styles say, as elements and classes that may be stored: bold, italic, struck, underlined, alignment.

Text pasted from word processors says everything by ``style``: Google Docs puts a whole text into
``<b style="font-weight:normal">`` and marks its bold words by ``<span style="font-weight:700">``.
"""

from __future__ import annotations

import re

from .markup import Element, words

__all__ = ["ALIGNED_TAGS", "ALIGNMENTS", "apply_styles", "says_style"]

#: The classes that say how the text of a block element is aligned; the start side is what needs no saying.
ALIGNMENTS = frozenset({"align-center", "align-end", "align-justify"})
ALIGNED_TAGS = words("blockquote dd div dt figcaption h1 h2 h3 h4 h5 h6 li p td th")

_SIDES = {
    "center": "align-center",
    "-webkit-center": "align-center",
    "right": "align-end",
    "end": "align-end",
    "justify": "align-justify",
    "left": "",
    "start": "",
}
# What a table block says of its columns.
_SIDE_OF = {"align-center": "center", "align-end": "right", "align-justify": "", "": "left"}
_CELLS = frozenset({"td", "th"})
_SAYS = re.compile(r"\s(?:style|align)=|<center[\s/>]", re.IGNORECASE)
_DECLARATION = re.compile(r"(font-weight|font-style|text-decoration(?:-line)?|text-align|vertical-align)\s*:\s*([^;]+)")
_ALIGN_CLASS = re.compile(r"has-text-align-(left|center|right|justify)\Z")
_STYLED = words("a abbr b big cite code del em font i ins mark q s small span strike strong u")
_BOLD = frozenset({"b", "strong"})
_ITALIC = frozenset({"em", "i"})
_LINED = frozenset({"del", "s", "strike"})
_UNDERLINED = frozenset({"a", "ins", "u"})
_HOLDERS = frozenset({"font", "span"})
_KEPT_ON_SPANS = frozenset({"dir", "id", "lang", "title"})


def says_style(html: str) -> bool:
    """Return whether ``html`` may hold what :func:`apply_styles` reads."""
    return _SAYS.search(html) is not None


def apply_styles(root: Element) -> None:
    """Turn the styles, ``align`` attributes and alignment classes in a tree into what may be stored; in place."""
    pending: list[tuple[Element, str]] = [(root, "")]
    while pending:
        parent, side = pending.pop()
        children: list[Element | str] = []
        for child in parent.children:
            if not isinstance(child, Element):
                children.append(child)
                continue
            style = child.attrs.pop("style", None)
            said = _declared(style) if style else {}
            inner = _align(child, said, side)
            pending.append((child, inner))
            if child.name in _STYLED and style is not None:
                children += _styled(child, said)
            else:
                children.append(child)
        parent.children = children


def _declared(style: str) -> dict[str, str]:
    return {match[1]: match[2].strip().lower() for match in _DECLARATION.finditer(style.lower())}


def _align(element: Element, said: dict[str, str], around: str) -> str:
    """Give an element its alignment; returns the one that holds inside of it."""
    stated = said.get("text-align", "") or (element.attrs.get("align", "").lower() if _takes_align(element) else "")
    for name in element.classes:
        if found := _ALIGN_CLASS.match(name):
            stated = stated or found[1]
        elif name in ALIGNMENTS:
            if element.name in _CELLS:
                element.attrs.setdefault("data-align", _SIDE_OF[name])
            return name
    if element.name == "center":
        stated = "center"
    side = _SIDES.get(stated, around) if stated else around
    if element.name in ("table", "pre"):
        return ""  # cells say it themselves
    if element.name in _CELLS and stated in _SIDE_OF.values():
        element.attrs.setdefault("data-align", stated)
    if side and element.name in ALIGNED_TAGS:
        element.attrs["class"] = f"{element.attrs.get('class', '')} {side}".strip()
    return side


def _takes_align(element: Element) -> bool:
    # On tables and pictures it is about where they float.
    return element.name in ALIGNED_TAGS


def _styled(element: Element, said: dict[str, str]) -> list[Element | str]:
    """Return what stands for an inline element: itself, or elements with names for what its style said."""
    weight, slant = said.get("font-weight", ""), said.get("font-style", "")
    lines = f"{said.get('text-decoration', '')} {said.get('text-decoration-line', '')}"
    if (element.name in _BOLD and _is_light(weight)) or (element.name in _ITALIC and slant == "normal"):
        element.name = "span"
    made: list[str] = []
    if _is_bold(weight) and element.name not in _BOLD:
        made.append("strong")
    if slant in ("italic", "oblique") and element.name not in _ITALIC:
        made.append("em")
    if "line-through" in lines and element.name not in _LINED:
        made.append("s")
    if "underline" in lines and element.name not in _UNDERLINED:
        made.append("u")
    if said.get("vertical-align") in ("super", "sub"):
        made.append("sup" if said["vertical-align"] == "super" else "sub")
    if element.holds_blocks:
        # Around blocks it is how a word processor wraps a whole text; the blocks' own spans say it again.
        made = []
    for name in reversed(made):
        inner = Element(name, None, element.line)
        inner.children, element.children = element.children, [inner]
    if element.name in _HOLDERS and not _KEPT_ON_SPANS & element.attrs.keys():
        return _unwrapped(element)
    if element.name in _HOLDERS and element.holds_blocks and element.attrs.get("id", "").startswith("docs-internal-"):
        return _unwrapped(element)
    return [element]


def _unwrapped(element: Element) -> list[Element | str]:
    apply_styles(element)
    return element.children


def _is_bold(weight: str) -> bool:
    return weight in ("bold", "bolder") or (weight.isascii() and weight.isdigit() and int(weight[:5]) >= 600)


def _is_light(weight: str) -> bool:
    return weight in ("normal", "lighter") or (weight.isascii() and weight.isdigit() and int(weight[:5]) < 500)
