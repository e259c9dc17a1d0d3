"""A small tolerant HTML reader: any text in, a tree of bounded depth out, in linear time and without recursion.

It is neither a validator nor a sanitiser: what it yields is put together anew and, where it becomes HTML again, passes
:func:`ai_cms.blocks.html.richtext.sanitize_html`. It exists because the standard HTML algorithm takes quadratic time and
memory on hostile input (unclosed formatting elements, very deep nesting), and because the converters want a tree.

Differences from a browser, all in favour of keeping text: an unfinished tag at the end is text, an unfinished comment
ends at the next ``>``, an element that would take everything up to its end tag and has none (``List<Object>``, "use
<title>") is ``x-object`` and like any other, text directly in a table stays where it is, formatting elements that were
never closed end with their parent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import escape, unescape
from html.entities import html5

from .end_tags import EndTags

__all__ = [
    "BLOCK_TAGS",
    "DROPPED_TAGS",
    "HTML_TAGS",
    "VOID_TAGS",
    "Comment",
    "Element",
    "never_closed",
    "parse_html",
    "serialize",
    "text_of",
    "words",
]

MAX_DEPTH = 64


def words(text: str) -> frozenset[str]:
    """Return the words of ``text`` as a set: how tables of tag names are written here."""
    return frozenset(text.split())


VOID_TAGS = words("area base br col embed frame hr img input link meta param source track wbr")
# Their content is never shown by a browser (or, for svg and math, is no text of the page): dropped whole.
DROPPED_TAGS = words("script style noscript template svg math noframes noembed object applet iframe title")
_RAW_TAGS = words("script style noscript template svg math noframes noembed iframe xmp textarea title")
# What takes everything with it until its end tag.
_CLOSED_BY_NAME = DROPPED_TAGS | _RAW_TAGS
BLOCK_TAGS = words(
    "address article aside blockquote body caption center col colgroup dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li listing main menu nav ol "
    "optgroup option p pre search section summary table tbody td tfoot th thead title tr ul xmp"
)
#: All names that HTML has or had; a name that is not here says nothing.
HTML_TAGS = (
    VOID_TAGS
    | DROPPED_TAGS
    | _RAW_TAGS
    | BLOCK_TAGS
    | words(
        "a abbr acronym audio b basefont bdi bdo bgsound big blink button canvas cite code data datalist del dfn em font "
        "frameset i image ins isindex kbd keygen label map mark marquee menuitem meter multicol nextid nobr output "
        "picture plaintext progress q rb rp rt rtc ruby s samp select slot small spacer span strike strong sub sup time "
        "tt u var video"
    )
)
# A reader of HTML swallows a line break directly after these tags.
_FIRST_LINE_BREAK = frozenset({"pre", "listing", "textarea"})
_CELLS = frozenset({"td", "th"})
_TABLE = frozenset({"table"})
_ROOM = frozenset({"table", "td", "th", "caption", "button", "object"})
# Opening tag -> (elements it ends, elements beyond which it ends nothing).
_ENDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (frozenset({"li"}), frozenset({"ul", "ol", "menu", "table", "td", "th"})),
    "dt": (frozenset({"dt", "dd"}), frozenset({"dl", "table", "td", "th"})),
    "dd": (frozenset({"dt", "dd"}), frozenset({"dl", "table", "td", "th"})),
    "tr": (frozenset({"tr", "caption", "colgroup"}), _TABLE),
    "td": (_CELLS, frozenset({"tr", "table"})),
    "th": (_CELLS, frozenset({"tr", "table"})),
    "thead": (frozenset({"thead", "tbody", "tfoot", "caption", "colgroup"}), _TABLE),
    "tbody": (frozenset({"thead", "tbody", "tfoot", "caption", "colgroup"}), _TABLE),
    "tfoot": (frozenset({"thead", "tbody", "tfoot", "caption", "colgroup"}), _TABLE),
    "option": (frozenset({"option"}), frozenset({"select", "optgroup", "datalist"})),
    "rt": (frozenset({"rt", "rp"}), frozenset({"ruby"})),
    "rp": (frozenset({"rt", "rp"}), frozenset({"ruby"})),
    "a": (frozenset({"a"}), _ROOM),
}
_NO_PARAGRAPH_END = words("caption col colgroup head html body legend option optgroup tbody td tfoot th thead title tr")
_ENDS_PARAGRAPH = BLOCK_TAGS - _NO_PARAGRAPH_END
_P = frozenset({"p"})
# Old or rare names for what others do as well.
_RENAMED = {"dir": "ul", "listing": "pre", "menu": "ul", "plaintext": "div", "xmp": "pre"}
# What cannot stay inside a paragraph or an inline element when text is cut into blocks.
_SPLITTING = BLOCK_TAGS | {"audio", "embed", "hr", "iframe", "video"}

_TAG_NAME = re.compile(r"[a-zA-Z][^\s/>\x00]*")
_ATTRIBUTE = re.compile(r"""[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>"'][^\s>]*|(?=>)))?""")
_TAG_END = re.compile(r"[\s/]*>")
_REFERENCE = re.compile(r"&(?:#(?:[xX][0-9a-fA-F]+|[0-9]+);?|[a-zA-Z][a-zA-Z0-9]*(?:;|(?![=a-zA-Z0-9])))")
_COMMENT_END = re.compile(r"--!?>")


class Comment(str):
    """The text of a comment, kept only when the caller asks for comments."""

    __slots__ = ()


class Element:
    """One element: ``name`` (lower case), ``attrs``, ``children`` (elements, texts, comments), ``line`` (from 1)."""

    __slots__ = ("attrs", "children", "holds_blocks", "line", "mended", "name")

    def __init__(self, name: str, attrs: dict[str, str] | None = None, line: int = 1) -> None:
        self.name = name
        self.attrs: dict[str, str] = attrs if attrs is not None else {}
        self.children: list[Element | str] = []
        self.line = line
        # Opened by the reader to go on with what crossed tags interrupted; nothing if it stays empty.
        self.mended = False
        # Whether a block element or a piece of media is somewhere inside.
        self.holds_blocks = False

    def __repr__(self) -> str:
        return f"<Element {self.name} {self.attrs} ({len(self.children)} children)>"

    @property
    def classes(self) -> list[str]:
        return self.attrs.get("class", "").split()

    def elements(self) -> Iterator[Element]:
        """Yield the child elements."""
        for child in self.children:
            if isinstance(child, Element):
                yield child

    def find_all_elements(self) -> Iterator[Element]:
        """Yield the descendants in document order."""
        pending = [iter(self.children)]
        while pending:
            for child in pending[-1]:
                if isinstance(child, Element):
                    yield child
                    pending.append(iter(child.children))
                    break
            else:
                pending.pop()

    def find_all(self, *names: str) -> Iterator[Element]:
        """Yield the descendants called one of ``names`` in document order."""
        return (element for element in self.find_all_elements() if element.name in names)

    def find(self, *names: str) -> Element | None:
        """Return the first descendant called one of ``names``."""
        return next(self.find_all(*names), None)


def _unescape_attribute(value: str) -> str:
    if "&" not in value:
        return value

    def decode(match: re.Match[str]) -> str:
        reference = match[0]
        # "?a=1&copy=2" is a query, not a copyright sign: without a semicolon only a whole known name counts.
        if reference[1] == "#" or reference.endswith(";") or reference[1:] in html5:
            return unescape(reference)
        return reference

    return _REFERENCE.sub(decode, value)


def never_closed(name: str) -> str:
    """Return the name of the dropped element that ``name`` stands for as it was never closed, "" if for none."""
    original = name.removeprefix("x-")
    return original if original != name and original in _CLOSED_BY_NAME else ""


class _Builder:
    """The open elements of a tree under construction."""

    def __init__(self, max_depth: int) -> None:
        self.root = Element("")
        self.stack = [self.root]
        self.max_depth = max_depth
        self.too_deep: Counter[str] = Counter()

    def text(self, data: str) -> None:
        if data:
            self.stack[-1].children.append(data)

    def _end_implied(self, ended: frozenset[str], limits: frozenset[str]) -> None:
        for index in range(len(self.stack) - 1, 0, -1):
            name = self.stack[index].name
            if name in ended:
                del self.stack[index:]
                return
            if name in limits:
                return

    def open(self, element: Element) -> None:
        name = element.name
        if name in _ENDS_PARAGRAPH:
            self._end_implied(_P, _ROOM)
        if name in _ENDS:
            self._end_implied(*_ENDS[name])
            if name == "tr" or name in _CELLS:
                # An unclosed cell of the previous row ends with that row; an inner table is beyond the limit.
                self._end_implied(_P, _ROOM)
        if name in _SPLITTING:
            for outer in reversed(self.stack):
                if outer.holds_blocks:
                    break
                outer.holds_blocks = True
        if name in VOID_TAGS:
            self.stack[-1].children.append(element)
        elif len(self.stack) > self.max_depth:
            self.too_deep[name] += 1
        else:
            self.stack[-1].children.append(element)
            self.stack.append(element)

    def close(self, name: str) -> None:
        if name == "br":
            self.stack[-1].children.append(Element("br"))
            return
        if self.too_deep[name]:
            self.too_deep[name] -= 1
            return
        is_block = name in BLOCK_TAGS
        for index in range(len(self.stack) - 1, 0, -1):
            open_name = self.stack[index].name
            if open_name == name:
                above = self.stack[index + 1 :]
                del self.stack[index:]
                if not is_block:
                    # <b><i>x</b>y</i>: what was opened inside goes on after it.
                    for element in above:
                        twin = Element(element.name, dict(element.attrs), element.line)
                        twin.mended = True
                        self.open(twin)
                return
            if open_name in _CELLS and name not in ("tr", "table", "tbody", "thead", "tfoot"):
                return


def parse_html(html: str, *, max_depth: int = MAX_DEPTH, comments: bool = False) -> Element:
    """Return a nameless root element with the tree of ``html``.

    ``max_depth``: elements nested deeper are left out, their content moves up. ``comments``: keep comments as
    :class:`Comment` children. The content of script, style and the like is kept as one raw text child, so that a
    caller can warn about it; see :data:`DROPPED_TAGS`.
    """
    builder = _Builder(max_depth)
    ends = EndTags(html)
    position, line, counted, size = 0, 1, 0, len(html)
    comment_ends = True
    text_from = 0

    def flush(end: int) -> None:
        if end > text_from:
            data = html[text_from:end]
            builder.text(unescape(data) if "&" in data else data)

    while True:
        start = html.find("<", position)
        if start < 0 or start + 1 >= size:
            break
        mark = html[start + 1]
        if mark in "!?":
            is_comment = html.startswith("!--", start + 1)
            end_match = _COMMENT_END.search(html, start + 2) if is_comment and comment_ends else None
            if is_comment and end_match is None:
                comment_ends = False
            end = end_match.end() if end_match else html.find(">", start) + 1
            if end <= 0:
                break
            flush(start)
            if comments and is_comment:
                inside_end = end_match.start() if end_match else end - 1
                builder.stack[-1].children.append(Comment(html[start + 4 : inside_end]))
            position = text_from = end
            continue
        closing = mark == "/"
        named = _TAG_NAME.match(html, start + 1 + closing)
        if named is None:
            if closing:  # "</ x>" and "</>" are comments to a browser
                end = html.find(">", start) + 1
                if end <= 0:
                    break
                flush(start)
                position = text_from = end
            else:
                position = start + 1
            continue
        attrs: dict[str, str] = {}
        at = named.end()
        while (end_match := _TAG_END.match(html, at)) is None:
            attribute = _ATTRIBUTE.match(html, at)
            if attribute is None or attribute.end() == at:
                break
            at = attribute.end()
            key = attribute[1].lower()
            if not closing and key not in attrs:
                value = attribute[2] or ""
                attrs[key] = _unescape_attribute(value[1:-1] if value[:1] in ('"', "'") else value)
        if end_match is None:
            break  # unfinished tag: the rest is text
        flush(start)
        line += html.count("\n", counted, start)
        counted = start
        name = named[0].lower()
        position = text_from = end_match.end()
        if closing:
            builder.close(_RENAMED.get(name, name))
            continue
        if name in _CLOSED_BY_NAME and ends.next(name, position) < 0:
            name = f"x-{name}"
        builder.open(Element(_RENAMED.get(name, name), attrs, line))
        if name in _FIRST_LINE_BREAK and html.startswith("\n", position):
            position = text_from = position + 1
        if name in _RAW_TAGS:
            stop = ends.next(name, position)
            raw = html[position:stop]
            builder.text(unescape(raw) if name in ("textarea", "title") else raw)
            position = text_from = stop
    flush(size)
    return builder.root


def serialize(nodes: Element | list[Element | str]) -> str:
    """Return the HTML of an element's children, or of a list of nodes, with every element closed; no comments."""
    out: list[str] = []
    pending: list[tuple[Iterator[Element | str], str]] = [
        (iter(nodes.children if isinstance(nodes, Element) else nodes), "")
    ]
    while pending:
        nodes_left, closing = pending[-1]
        for node in nodes_left:
            if isinstance(node, Comment) or (isinstance(node, Element) and node.name in DROPPED_TAGS):
                continue
            if isinstance(node, str):
                out.append(escape(node, quote=False))
                continue
            if node.mended and not node.children:
                continue
            attributes = "".join(f' {key}="{escape(value)}"' for key, value in node.attrs.items())
            out.append(f"<{node.name}{attributes}>")
            if node.name in VOID_TAGS:
                continue
            if node.name in _FIRST_LINE_BREAK and node.children and str(node.children[0]).startswith("\n"):
                out.append("\n")
            pending.append((iter(node.children), f"</{node.name}>"))
            break
        else:
            pending.pop()
            out.append(closing)
    return "".join(out)


_SPACES = re.compile(r"[ \t\n\r\f]+")
_LINE_EDGES = re.compile(r" *\n[ \n]*")


def text_of(nodes: Element | list[Element | str]) -> str:
    """Return what a reader sees of a tree: white space collapsed, one line for each block or line break."""
    out: list[str] = []
    pending: list[tuple[Iterator[Element | str], bool, bool]] = [
        (iter(nodes.children if isinstance(nodes, Element) else nodes), False, False)
    ]
    while pending:
        nodes_left, is_block, preformatted = pending[-1]
        for node in nodes_left:
            if isinstance(node, Comment):
                continue
            if isinstance(node, str):
                out.append(node if preformatted else _SPACES.sub(" ", node))
                continue
            if node.name in DROPPED_TAGS or node.name == "head":
                continue
            block = node.name in BLOCK_TAGS
            if block or node.name == "br":
                out.append("\n")
            if node.children:
                pending.append((iter(node.children), block, preformatted or node.name == "pre"))
                break
        else:
            pending.pop()
            if is_block:
                out.append("\n")
    text = "".join(out)
    return _LINE_EDGES.sub("\n", re.sub(r" {2,}", " ", text)).strip(" \n")
