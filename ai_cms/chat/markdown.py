"""Messages as HTML: Markdown from people and models, shown without pictures from elsewhere, markup or scripts."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from functools import lru_cache
from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ..core.textnodes import divide_texts

__all__ = ["render_markdown"]

#: Headings of a message stand below the name of its author.
FIRST_LEVEL, LAST_LEVEL = 3, 6
#: Characters of texts that are kept rendered: a thousand of these are the most that the cache holds.
CACHED_LENGTH = 20_000

_TAGS = frozenset(
    "a blockquote br code del div em h3 h4 h5 h6 hr li ol p pre s strong table tbody td th thead tr ul".split()
)
_cleaner = nh3.Cleaner(
    tags=set(_TAGS),
    attributes={"a": {"href"}, "code": {"class"}, "ol": {"start"}, "div": {"class", "tabindex"}, "pre": {"tabindex"}},
    attribute_filter=lambda tag, name, value: _kept(tag, name, value),
    url_schemes={"http", "https", "mailto"},
    # Whom a message links to learns neither where it stands nor that it can be trusted.
    link_rel="noopener noreferrer nofollow ugc",
)


def render_markdown(text: str) -> SafeString:
    """Return the HTML of a message. Markup in it is shown as it was written, a picture becomes a link to it."""
    return _cached(text) if len(text) <= CACHED_LENGTH else _rendered(text)


def _rendered(text: str) -> SafeString:
    parser = _parser()
    tokens = parser.parse(text)
    _lower_headings(tokens)
    cleaned = _cleaner.clean(divide_texts(parser.renderer.render(tokens, parser.options, {})))
    # Lines of code scroll sideways, also for whoever has no pointer. What is said has no "<" here that is not escaped.
    return mark_safe(cleaned.replace("<pre>", '<pre tabindex="0">'))


@lru_cache(maxsize=1024)
def _cached(text: str) -> SafeString:
    return _rendered(text)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    parser.add_render_rule("image", _link_to_picture)
    parser.add_render_rule("table_open", lambda *_args: '<div class="chat-scroll" tabindex="0"><table>')
    parser.add_render_rule("table_close", lambda *_args: "</table></div>")
    return parser


def _link_to_picture(
    renderer: Any, tokens: Sequence[Token], index: int, options: object, env: MutableMapping[str, Any]
) -> str:
    """Return a link in place of a picture: loading one would tell its server who reads the message, and when."""
    token = tokens[index]
    link = Token("link_open", "a", 1, attrs={"href": str(token.attrs.get("src", ""))})
    words = renderer.renderInlineAsText(token.children or [], options, env) or str(token.attrs.get("src", ""))
    inner = Token("text", "", 0, content=words)
    rendered: str = renderer.render([link, inner, Token("link_close", "a", -1)], options, env)
    return rendered


def _lower_headings(tokens: Sequence[Token]) -> None:
    """Give headings the levels below an author's name, none of them left out on the way down."""
    around: list[str] = []
    for token in tokens:
        if token.type == "heading_open":
            while around and around[-1] >= token.tag:
                around.pop()
            around.append(token.tag)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(FIRST_LEVEL + len(around) - 1, LAST_LEVEL)}"


def _kept(tag: str, name: str, value: str) -> str | None:
    if name == "class":
        return value if value == "chat-scroll" or value.startswith("language-") else None
    return value
