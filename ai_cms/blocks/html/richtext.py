"""The one sanitiser: which HTML a stored text may hold, and nothing else decides it.

=============  ==========================================================================================
what           allowed
=============  ==========================================================================================
text           p br hr h1 to h6 blockquote pre ul ol li dl dt dd details summary div
inline         a abbr b bdi bdo cite code data del dfn em i ins kbd mark q s samp small span strong sub sup
               time u var wbr ruby rt rp
media, tables  img figure figcaption · table caption colgroup col thead tbody tfoot tr th td
everywhere     dir lang title, and id: links such as ``#note`` lead there
paragraphs     class, only ``align-center``, ``align-end``, ``align-justify``; so for headings, cells, list items …
``a``          href hreflang rel target: ``_blank`` alone, and then ``rel`` gets ``noopener noreferrer``
``img``        src (http, https, relative) alt width height; always ``loading="lazy"``, always an alt
``ol``         start reversed type; ``li``: value; task lists: ``data-type`` and ``data-checked``
``td th``      colspan rowspan; ``th``: scope; ``col colgroup``: span
others         time, del, ins: datetime · q, blockquote, del, ins: cite (http, https) · data: value ·
               details: open · code: class, only ``language-…``
URL schemes    http https mailto tel, and relative; a host or a mail address without a scheme gets it
dropped whole  script style noscript template svg math iframe object and other containers of foreign content
=============  ==========================================================================================

Every other element loses its tags and keeps its text, whatever its name, and so does one of the last row that is never
closed (``List<Object>``). An ``a`` with a name and no id has it as its id; ``span`` without attributes is left out. No
other class, no style, no event attribute survives; what a style says of bold, italic, struck, underlined and aligned text
becomes elements and those classes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape, unescape
from typing import Any

import nh3

from ...core.jsontypes import JsonObject
from ...core.textnodes import ESCAPED_SIGNS, divide_texts
from .markup import BLOCK_TAGS, HTML_TAGS, Element, parse_html, serialize, words
from .schemes import whole_address
from .styles import ALIGNED_TAGS, ALIGNMENTS, apply_styles, says_style

__all__ = [
    "ATTRIBUTES",
    "INLINE_TAGS",
    "TAGS",
    "URL_SCHEMES",
    "allow_list",
    "clean_text",
    "clean_url",
    "sanitize_html",
    "sanitize_inline",
    "strip_tags_text",
]

INLINE_TAGS = words(
    "a abbr b bdi bdo br cite code data del dfn em i img ins kbd mark q rp rt ruby s samp small span strong sub sup "
    "time u var wbr"
)
TAGS = INLINE_TAGS | words(
    "blockquote caption col colgroup dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre summary "
    "table tbody td tfoot th thead tr ul"
)
_OWN_ATTRIBUTES: dict[str, frozenset[str]] = {
    "a": frozenset({"href", "hreflang", "rel", "target"}),
    "blockquote": frozenset({"cite"}),
    "code": frozenset({"class"}),
    "col": frozenset({"span"}),
    "colgroup": frozenset({"span"}),
    "data": frozenset({"value"}),
    "del": frozenset({"cite", "datetime"}),
    "details": frozenset({"open"}),
    "img": frozenset({"alt", "height", "src", "width"}),
    "ins": frozenset({"cite", "datetime"}),
    "li": frozenset({"data-checked", "data-type", "value"}),
    "ol": frozenset({"reversed", "start", "type"}),
    "q": frozenset({"cite"}),
    "td": frozenset({"colspan", "rowspan"}),
    "th": frozenset({"colspan", "rowspan", "scope"}),
    "time": frozenset({"datetime"}),
    "ul": frozenset({"data-type"}),
}
ATTRIBUTES: dict[str, frozenset[str]] = {
    "*": frozenset({"dir", "id", "lang", "title"}),
    **_OWN_ATTRIBUTES,
    **{tag: _OWN_ATTRIBUTES.get(tag, frozenset()) | {"class"} for tag in ALIGNED_TAGS},
}
URL_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
DROPPED_WHOLE = words(
    "applet embed frame frameset head iframe math noembed noframes noscript object plaintext script style svg template "
    "title xmp"
)

CACHE_SIZE = 1024
CACHED_LENGTH = 20_000  # characters; 1024 such strings are the most the cache can hold
# Up to so many tags the standard algorithm cannot be made slow; above, the text is put in order first.
UNCHECKED_TAGS = 400
PASSES = 4

# Controls, C1 controls, lone surrogates and the two non-characters that XML forbids. Tab and line feed stay.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.\-]*):")
_URL_NOISE = re.compile("[\x00-\x20\x7f-\xa0\u2028\u2029\ufeff\ud800-\udfff]")
_INTEGER = re.compile(r"-?[0-9]{1,5}\Z")
_LANGUAGE_TAG = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8}){0,4}\Z")
_ID = re.compile(r"[^\W_][\w:.\-]{0,99}\Z")
_CODE_LANGUAGE = re.compile(r"language-[A-Za-z0-9_+#.\-]{1,40}\Z")
_CHOICES: dict[str, frozenset[str]] = {
    "dir": frozenset({"ltr", "rtl", "auto"}),
    "target": frozenset({"_blank"}),
    "scope": frozenset({"row", "col", "rowgroup", "colgroup"}),
    "type": frozenset({"1", "a", "A", "i", "I"}),
}
_REL = frozenset({"nofollow", "ugc", "sponsored", "me", "license", "tag", "author"})
_INTEGERS = frozenset({"width", "height", "colspan", "rowspan", "span", "start"})


def clean_text(value: str) -> str:
    """Return ``value`` without control characters and lone surrogates, with ``\\n`` line ends; idempotent."""
    if value.isprintable():
        return value
    return _FORBIDDEN.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))


def clean_url(value: str, schemes: frozenset[str] = URL_SCHEMES) -> str:
    """Return ``value`` if a browser would read it as a relative URL or one of ``schemes``, else the empty string.

    What browsers skip (white space around, tabs and line breaks inside) is skipped before the scheme is looked at.
    """
    stripped = value.strip("\t\n\f\r ")
    if not stripped or _FORBIDDEN.search(stripped):
        return ""
    scheme = _SCHEME.match(_URL_NOISE.sub("", stripped))
    if scheme:
        return re.sub(r"[\t\n\r]", "", stripped) if scheme[1].lower() in schemes else ""
    head = re.split(r"[/?#]", stripped, maxsplit=1)[0]
    # A colon before the first slash that is no scheme of ours is not worth the risk.
    return "" if ":" in head else re.sub(r"[\t\n\r]", "", stripped)


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    if name in _CHOICES:
        if name == "target" and value.strip().lower() == "_blank":
            return "_blank"
        return value if value in _CHOICES[name] else None
    if name in _INTEGERS or (tag == "li" and name == "value"):
        return value if _INTEGER.match(value) else None
    if name == "href":
        return clean_url(whole_address(value)) or None
    if name in ("src", "cite"):
        return clean_url(whole_address(value, mail=False), _WEB) or None
    if name == "rel":
        # noopener and noreferrer are put back below, where they belong.
        return " ".join(token for token in dict.fromkeys(value.lower().split()) if token in _REL) or None
    if name in ("lang", "hreflang"):
        return value if _LANGUAGE_TAG.match(value) else None
    if name == "class":
        if tag == "code":
            return next((token for token in value.split() if _CODE_LANGUAGE.match(token)), None)
        return next((token for token in value.split() if token in ALIGNMENTS), None)
    if name == "id":
        return value if _ID.match(value) else None
    if name == "data-type":
        return value if value == _TASKS.get(tag) else None
    if name == "data-checked":
        return value if value in ("true", "false") else None
    if name in ("open", "reversed"):
        return ""
    return value


_TASKS = {"ul": "taskList", "li": "taskItem"}
_WEB = frozenset({"http", "https"})
_CLEANER_OPTIONS: dict[str, Any] = {
    "clean_content_tags": set(DROPPED_WHOLE),
    "attributes": {tag: set(names) for tag, names in ATTRIBUTES.items()},
    "attribute_filter": _filter_attribute,
    "set_tag_attribute_values": {"img": {"loading": "lazy"}},
    "link_rel": None,
    "url_schemes": set(URL_SCHEMES),
}
_cleaner = nh3.Cleaner(tags=set(TAGS), **_CLEANER_OPTIONS)
_inline_cleaner = nh3.Cleaner(tags=set(INLINE_TAGS), **_CLEANER_OPTIONS)

# These read the cleaner's output, in which < and > inside attributes are escaped and every value is double quoted.
_LINK_OR_IMAGE = re.compile(r'<(a|img)((?: [a-z-]+="[^"]*")*)>')
_REL_VALUE = re.compile(r' rel="([^"]*)"')
_PRE_LINE = re.compile(r"(<pre(?: [a-z-]+=\"[^\"]*\")*>)\n")


def _finish_tag(match: re.Match[str]) -> str:
    tag, attributes = match[1], match[2]
    if tag == "img":
        if ' src="' not in attributes:
            return ""
        return f"<img{attributes}>" if ' alt="' in attributes else f'<img{attributes} alt="">'
    if ' target="' not in attributes:
        return match[0]
    rel = _REL_VALUE.search(attributes)
    tokens = f"{rel[1]} noopener noreferrer" if rel else "noopener noreferrer"
    return f'<a{_REL_VALUE.sub("", attributes)} rel="{tokens}">'


def _pass(html: str, cleaner: nh3.Cleaner) -> str:
    if html.count("&") + html.count("\xa0") >= ESCAPED_SIGNS:
        html = divide_texts(serialize(parse_html(html)))
    cleaned = cleaner.clean(html)
    if not cleaned.isprintable():
        cleaned = clean_text(cleaned)  # &#1; is a control character too
    if "<img" in cleaned or ' target="' in cleaned:
        cleaned = _LINK_OR_IMAGE.sub(_finish_tag, cleaned)
    if "<pre" in cleaned:
        # A parser drops the first line break of <pre>; written twice, the one that is meant survives.
        cleaned = _PRE_LINE.sub(r"\1\n\n", cleaned)
    if "<span>" in cleaned or "<a></a>" in cleaned:
        cleaned = _without_bare(cleaned)
    return cleaned


# A name of MathML or SVG outside of both (<int>, <text>, <min>) takes what is inside with it; one with a hyphen loses its
# tags alone, as every other unknown name does.
_FOREIGN = re.compile(rf"<(/?)(?=[a-zA-Z])(?!(?:{'|'.join(sorted(HTML_TAGS))})(?=[\s/>]))", re.IGNORECASE)


_DROPPED = re.compile(rf"<(/?)({'|'.join(sorted(DROPPED_WHOLE | {'textarea'}))})(?=[\s/>])", re.IGNORECASE)
_NAMED_ANCHOR = re.compile(r"<a\s[^<>]*\bname\s*=", re.IGNORECASE)


def _without_unclosed(html: str) -> str:
    """Return ``html`` with another name for elements that would take all that follows with them."""
    if _DROPPED.search(html) is None:
        return html
    last = {match[2].lower(): match.start() for match in _DROPPED.finditer(html) if match[1]}

    def rename(match: re.Match[str]) -> str:
        name = match[2].lower()
        # Nothing ends a <plaintext>, not even its own end tag.
        closed = match[1] or (name != "plaintext" and match.start() < last.get(name, -1))
        return match[0] if closed else f"<x-{match[2]}"

    return _DROPPED.sub(rename, html)


def _in_order(html: str) -> str:
    """Return ``html`` ready for the cleaner: names it would drop with their words renamed, styles said by elements."""
    html = _without_unclosed(_FOREIGN.sub(r"<\1x-", html))
    named = _NAMED_ANCHOR.search(html) is not None
    if not named and not says_style(html):
        return html
    tree = parse_html(html)
    apply_styles(tree)
    if named:
        for anchor in tree.find_all("a"):
            if "id" not in anchor.attrs and "name" in anchor.attrs:
                anchor.attrs["id"] = anchor.attrs["name"]
    return serialize(tree)


def _without_bare(html: str) -> str:
    """Return the cleaner's output without elements that say nothing: ``span`` without attributes, empty ``a``."""
    tree = parse_html(html)
    pending = [tree]
    while pending:
        parent = pending.pop()
        waiting = parent.children[::-1]
        parent.children = children = []
        while waiting:
            child = waiting.pop()
            if isinstance(child, Element) and not child.attrs:
                if child.name == "span":
                    waiting += child.children[::-1]
                    continue
                if child.name == "a" and not child.children:
                    continue
            children.append(child)
            if isinstance(child, Element):
                pending.append(child)
    return serialize(tree)


def _settle(html: str, cleaner: nh3.Cleaner) -> str:
    """Clean until nothing changes any more: one pass over clean text, two over most other."""
    html = clean_text(html)
    ready = _in_order(html)
    if ready != html:
        html = _pass(serialize(parse_html(ready)) if ready.count("<") > UNCHECKED_TAGS else ready, cleaner)
    for _ in range(PASSES):
        in_order = serialize(parse_html(html)) if html.count("<") > UNCHECKED_TAGS else html
        cleaned = _pass(in_order, cleaner)
        if cleaned == html:
            return cleaned
        html = cleaned
    # Markup that reads differently each time it is parsed is an attack, or no longer worth keeping.
    return _pass(escape(strip_tags_text(html), quote=False), cleaner)


@lru_cache(maxsize=CACHE_SIZE)
def _settle_cached(html: str) -> str:
    return _settle(html, _cleaner)


@lru_cache(maxsize=CACHE_SIZE)
def _settle_inline_cached(html: str) -> str:
    return _settle_inline(html)


def _is_plain(html: str) -> bool:
    return "<" not in html and "&" not in html and ">" not in html and html.isprintable()


def sanitize_html(html: str) -> str:
    """Return ``html`` reduced to the allow-list above; the result passes unchanged (idempotent)."""
    if _is_plain(html):
        return html
    if len(html) < CACHED_LENGTH:
        return _settle_cached(html)
    return _settle(html, _cleaner)


_BLOCK_EDGE = re.compile(rf"\s*</?(?:{'|'.join(sorted(BLOCK_TAGS | {'div'}))})(?: [a-z-]+=\"[^\"]*\")*>\s*")
_BREAKS = re.compile(r"(?:\s*\x00\s*)+")


def _settle_inline(html: str) -> str:
    html = _settle(html, _cleaner)
    if _BLOCK_EDGE.search(html):
        html = _BREAKS.sub("<br>", _BLOCK_EDGE.sub("\x00", html).strip("\x00 \n\t"))
    return _settle(html, _inline_cleaner)


def sanitize_inline(html: str) -> str:
    """Return ``html`` reduced to inline elements; borders of paragraphs and the like become ``<br>``. Idempotent."""
    if _is_plain(html):
        return html
    if len(html) < CACHED_LENGTH:
        return _settle_inline_cached(html)
    return _settle_inline(html)


_INVISIBLE = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|noscript|template|svg|math|iframe|head|title)\b[^<>]*>.*?(?:</\1\b[^<>]*>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_BREAKING_TAG = re.compile(rf"</?(?:br|{'|'.join(sorted(BLOCK_TAGS))})(?:[\s/][^<>]*)?>", re.IGNORECASE)
_ANY_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")
_SPACES = re.compile(r"[ \t\f\r\n]+")
_LINE_EDGES = re.compile(r" *\x00[ \x00]*")


def strip_tags_text(html: str) -> str:
    """Return the text of ``html`` without tags: white space collapsed, blocks and ``<br>`` on lines of their own.

    Fast and for indexing, counting and prompts: the result is text, to be escaped like any other.
    """
    if "<" in html:
        html = _INVISIBLE.sub(" ", html.replace("\x00", ""))
        html = _ANY_TAG.sub("", _BREAKING_TAG.sub("\x00", html))
    if "&" in html:
        html = unescape(html)
    text = _SPACES.sub(" ", html)
    return _LINE_EDGES.sub("\n", text).strip(" \n")


def allow_list() -> JsonObject:
    """Return the allow-list as JSON-ready data, for editors that build their schema from it."""
    return {
        "tags": sorted(TAGS),
        "inline": sorted(INLINE_TAGS),
        "attributes": {tag: sorted(names) for tag, names in sorted(ATTRIBUTES.items())},
        "schemes": sorted(URL_SCHEMES),
    }
