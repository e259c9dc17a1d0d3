"""One paragraph of HTML as one paragraph of Markdown that reads back as the same.

Markdown's rules for emphasis, escapes and line starts are too many to foresee; so the result is read back. If it says
something else, everything is escaped and HTML tags stand for emphasis; if that fails too, the text alone remains.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt

from ..html.markup import BLOCK_TAGS, DROPPED_TAGS, Element, parse_html, words

__all__ = ["InlineWriter"]

_SAME = {"b": "strong", "i": "em", "s": "del", "strike": "del"}
_MARKS = {"strong": "**", "em": "*", "del": "~~"}
# Kept as HTML tags; all others are unwrapped.
_AS_TAGS = words("abbr cite dfn ins kbd mark q samp small sub sup u var")
_SPACES = re.compile(r"[ \t\n\r\f]+")
_SPECIAL = re.compile(r"[\\`*\[\]<|~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|&(?=[#A-Za-z])")
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_LINE_START = re.compile(r"(?m)^([#>+\-=]|[0-9]{1,9}(?=[.)]))")
_BACKTICKS = re.compile("`+")
# What would be read as the id of a heading.
_STATED_ID = re.compile(r"(?<!\\)\{(?=#[^\s{}#]{1,100}\}[ \t]*\Z)")
_AUTOLINK = re.compile(r"https?://[^\s<>\\]+\Z")
_ENTITY = re.compile(r"&(?=#?\w+;)")

Nodes = Sequence[Element | str]
Signature = list[Any]


class InlineWriter:
    """Write inline content; ``parser`` reads it back."""

    def __init__(self, parser: MarkdownIt) -> None:
        self.parser = parser

    def paragraph(self, nodes: Nodes) -> str:
        """Return a paragraph, "" for one that shows nothing. Line breaks inside are hard ones."""
        return self._checked(nodes, "", "p")

    def heading(self, nodes: Nodes, level: int, href: str = "", words: str = "") -> str:
        """Return a heading on one line; as in blocks, its text is plain, with a link on ``words``, or on the whole."""
        whole = " ".join(_plain(nodes).split())
        content: list[Element | str] = [whole]
        if href:
            before, linked, after = whole.partition(words) if words in whole and words else ("", whole, "")
            link = _with_children(Element("a", {"href": href}), [linked])
            content = [part for part in (before, link, after) if part != ""]
        text = self._checked(content, "#" * level + " ", f"h{level}")
        return "#" * level + " " + _STATED_ID.sub(_backslash, text) if text else ""

    def cell(self, nodes: Nodes) -> str:
        """Return the content of a table cell on one line."""
        return self._checked(nodes, "", "td", line_break="<br>").replace("\n", " ")

    def link(self, url: str, text: str) -> str:
        """Return a link with a plain text."""
        anchor = Element("a", {"href": url})
        anchor.children = [text]
        return self.paragraph([anchor])

    def image(self, image: Element, *, caption: str = "", href: str = "") -> str:
        """Return a picture on its own, with its caption as a title, perhaps inside a link."""
        title = f' "{_PUNCTUATION.sub(_backslash, one_space(caption))}"' if caption else ""
        alt = _PUNCTUATION.sub(_backslash, one_space(image.attrs.get("alt", "")))
        written = f"![{alt}]({self.url(image.attrs.get('src', ''))}{title})"
        return f"[{written}]({self.url(href)})" if href else written

    def url(self, url: str) -> str:
        """Return a link target as it stands between parentheses."""
        url = self.parser.normalizeLink(url).replace("\\", "%5C").replace("<", "%3C").replace(">", "%3E")
        url = _ENTITY.sub("&amp;", url)
        return f"<{url}>" if not url or re.search(r"[\s()]", url) else url

    def _checked(self, nodes: Nodes, before: str, tag: str, *, line_break: str = "\\\n") -> str:
        nodes = normalized(nodes)
        wanted = _signature(nodes)
        if not any(isinstance(item, tuple) or item.strip() for item in wanted):
            return ""
        for mode in ("marks", "tags"):
            text = _Piece(self, mode, line_break).write(nodes)
            if text and self._says(before + text, tag) == wanted:
                return text
        plain = " ".join("".join(item if isinstance(item, str) else " " for item in wanted).split())
        return _PUNCTUATION.sub(_backslash, plain)

    def _says(self, text: str, tag: str) -> Signature | None:
        """Return what ``text`` says when it is read, ``None`` unless it is one ``tag``."""
        if tag == "td":
            # A table takes a backslash away from each pipe before its cells are read.
            line = text.replace("\n", " ")
            table = parse_html(self.parser.render(f"| a | b |\n| --- | --- |\n| {line} | b |\n"))
            cells = list(table.find_all("td"))
            whole = len(cells) == 2 and cells[1].children == ["b"] and len(list(table.elements())) == 1
            return _signature(normalized(cells[0].children)) if whole else None
        root = [node for node in parse_html(self.parser.render(text)).children if node != "\n"]
        if len(root) != 1 or not isinstance(root[0], Element) or root[0].name != tag:
            return None
        return _signature(normalized(root[0].children))


class _Piece:
    """Write one piece of inline content. ``mode``: ``marks`` for readable Markdown, ``tags`` for the safe way."""

    def __init__(self, writer: InlineWriter, mode: str, line_break: str) -> None:
        self.writer = writer
        self.mode = mode
        self.line_break = line_break

    def write(self, nodes: Nodes) -> str:
        text = self.inline(nodes)
        return _LINE_START.sub(_escape_start, text) if self.mode == "marks" else text

    def inline(self, nodes: Nodes) -> str:
        return "".join(self.text(node) if isinstance(node, str) else self.element(node) for node in nodes)

    def text(self, text: str) -> str:
        pattern = _SPECIAL if self.mode == "marks" else _PUNCTUATION
        return pattern.sub(_backslash, text).replace("\xa0", "&nbsp;")

    def element(self, element: Element) -> str:
        name = element.name
        if name == "br":
            return self.line_break
        if name == "img":
            return self.writer.image(element)
        if name == "code":
            return self.code(str(element.children[0]))
        inner = self.inline(element.children)
        if name == "a" and "href" not in element.attrs:
            return f'<a id="{escape(element.attrs["id"])}"></a>'
        if name == "a":
            return self.link(element, inner)
        if name in _MARKS and self.mode == "marks":
            return f"{_MARKS[name]}{inner}{_MARKS[name]}"
        title = element.attrs.get("title", "") if name == "abbr" else ""
        shown = f' title="{escape(one_space(title))}"' if title else ""
        return f"<{name}{shown}>{inner}</{name}>"

    def link(self, element: Element, inner: str) -> str:
        href = element.attrs["href"]
        parser = self.writer.parser
        if (
            _AUTOLINK.match(href)
            and element.children == [href]
            and parser.normalizeLink(href) == href == parser.normalizeLinkText(href)
        ):
            return f"<{href}>"
        return f"[{inner}]({self.writer.url(href)})"

    def code(self, text: str) -> str:
        if self.line_break != "\\\n":
            text = text.replace("|", "\\|")
        fence = "`" * (max((len(run) for run in _BACKTICKS.findall(text)), default=0) + 1)
        pad = " " if text[0] == "`" or text[-1] == "`" else ""
        return f"{fence}{pad}{text}{pad}{fence}"


def one_space(text: str) -> str:
    """Return ``text`` with each run of ASCII white space made one space, none at the ends."""
    return _SPACES.sub(" ", text).strip(" ")


def _backslash(match: re.Match[str]) -> str:
    return "\\" + match[0]


def _escape_start(match: re.Match[str]) -> str:
    return f"{match[0]}\\" if match[0].isdigit() else f"\\{match[0]}"


def _plain(nodes: Nodes) -> str:
    return "".join(
        node if isinstance(node, str) else " " if node.name == "br" else _plain(node.children)
        for node in nodes
        if isinstance(node, str) or node.name not in DROPPED_TAGS
    )


def normalized(nodes: Nodes) -> list[Element | str]:
    """Return inline content in one form for everything that looks the same.

    White space is collapsed; it and line breaks move out of the elements whose borders they touch, and go at the ends.
    Elements have their usual names; those that Markdown cannot say are unwrapped, empty ones left out.
    """
    content = _normalized(nodes, frozenset())
    _cut_edge(content, 0, " \xa0")
    _cut_edge(content, -1, " \xa0")
    return content


def _normalized(nodes: Nodes, around: frozenset[str]) -> list[Element | str]:
    parts: list[Element | str] = []
    for node in nodes:
        if isinstance(node, str):
            parts.append(node)
        else:
            parts += _parts(node, around)
    return _merged(parts)


def _merged(parts: list[Element | str]) -> list[Element | str]:
    """Return parts with neighbouring texts, and neighbouring elements that say the same, made one."""
    out: list[Element | str] = []
    start = 0
    while start < len(parts):
        part = parts[start]
        end = start + 1
        if isinstance(part, str):
            while end < len(parts) and isinstance(parts[end], str):
                end += 1
            text = _SPACES.sub(" ", "".join(str(item) for item in parts[start:end]))
            if out and _is_break(out[-1]):
                text = text.lstrip(" ")
            if end < len(parts) and _is_break(parts[end]):
                text = text.rstrip(" ")
            if text:
                out.append(text)
        else:
            if part.name == "code" or part.name in _MARKS or part.name in _AS_TAGS:
                while end < len(parts) and getattr(parts[end], "name", "") == part.name:
                    end += 1
            if end - start > 1:
                inside = [child for item in parts[start:end] if isinstance(item, Element) for child in item.children]
                part = _with_children(Element(part.name, part.attrs, part.line), _merged(inside))
            out.append(part)
        start = end
    return out


def _parts(element: Element, around: frozenset[str]) -> list[Element | str]:
    """Return an element as it is said, with what moved out of it on both sides."""
    name = _SAME.get(element.name, element.name)
    if name in DROPPED_TAGS:
        return []
    if name == "br":
        return [Element("br")]
    if name == "img":
        return [element] if element.attrs.get("src") else []
    if name == "code":
        text = one_space(_plain(element.children))
        return [_with_children(Element("code"), [text])] if text else []
    if name == "a" and element.attrs.get("id") and not element.children:
        return [Element("a", {"id": element.attrs["id"]})]
    said = name in _MARKS or name in _AS_TAGS or (name == "a" and bool(element.attrs.get("href")))
    if not said or name in around:
        return _normalized(element.children, around)
    inner = _normalized(element.children, around | {name})
    before, after = _cut_edge(inner, 0), _cut_edge(inner, -1)
    if not any(not isinstance(part, str) or part.strip() for part in inner):
        return [*before, *inner, *reversed(after)]
    return [*before, _with_children(Element(name, element.attrs, element.line), inner), *reversed(after)]


def _cut_edge(nodes: list[Element | str], at: int, spaces: str = " ") -> list[Element | str]:
    """Cut the spaces and breaks off one end and return them, outermost first."""
    cut: list[Element | str] = []
    while nodes:
        node = nodes[at]
        if isinstance(node, str):
            rest = node.lstrip(spaces) if at == 0 else node.rstrip(spaces)
            if rest != node:
                cut.append(" ")
            if rest:
                nodes[at] = rest
                break
        elif _is_break(node):
            cut.append(node)
        else:
            break
        nodes.pop(at)
    return cut


def _is_break(node: Element | str) -> bool:
    return isinstance(node, Element) and node.name == "br"


def _with_children(element: Element, children: list[Element | str]) -> Element:
    element.children = children
    return element


def _signature(nodes: Nodes) -> Signature:
    """Return what normalised content says, comparable."""
    out: Signature = []
    for node in nodes:
        if isinstance(node, str):
            out.append(node)
        elif node.name == "img":
            out.append(("img", one_space(node.attrs.get("alt", ""))))
        elif node.name == "a" and "href" not in node.attrs:
            out.append(("#", node.attrs.get("id", "")))
        else:
            out += [(node.name,), *_signature(node.children), ("/",)]
    return out


# Names that would start another block cannot be inside a paragraph.
assert not (_AS_TAGS & BLOCK_TAGS)  # noqa: S101
