"""Markdown → blocks and blocks → Markdown: CommonMark with tables, strikethrough, footnotes and task lists.

HTML in it is sanitised. A heading gets the id it states (``## Setup {#setup}``), or the one that links of the text lead to by
the usual rule (``[Setup](#setup)``).

Written out and read again, Markdown stays the same to the letter. What Markdown has no words for is flattened: columns
and sections become what is in them, videos become links.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from ...core.jsontypes import JsonMapping
from ..documents.document import Document
from ..html.richtext import clean_text
from .addresses import link_addresses
from .headings import HeadingIds, heading_slug
from .html_reader import convert_html
from .html_writer import blocks_to_html
from .markdown_tables import has_more_cells, keep_all_cells
from .markdown_writer import html_to_markdown
from .result import Blocks, ConversionWarning, Converted

__all__ = ["blocks_to_markdown", "convert_markdown", "markdown_parser", "markdown_to_blocks"]


@lru_cache(maxsize=1)
def markdown_parser() -> MarkdownIt:
    """Return the one parser, so that reader and writer agree on what Markdown is."""
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


@lru_cache(maxsize=1)
def _reading_parser() -> MarkdownIt:
    """Return the parser of whole texts: notes stand in them, never in the one paragraph that the writer reads back."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    keep_all_cells(parser)
    parser.use(footnote_plugin, inline=False)
    parser.add_render_rule("footnote_block_open", _open_notes)
    parser.add_render_rule("footnote_caption", _note_number)
    return parser


def markdown_to_blocks(text: str, *, source_lines: bool = False) -> Blocks:
    """Return the blocks of a Markdown text. ``source_lines``: each top block says its ``line``."""
    return convert_markdown(text, source_lines=source_lines).blocks


def convert_markdown(
    text: str,
    *,
    source_lines: bool = False,
    heading_ids: Callable[[str], str] | None = None,
    addresses: bool = False,
) -> Converted:
    """Return the blocks of a Markdown text, and what was left out, with its lines.

    The title of a picture is its caption; a link alone in a paragraph, to an allowed provider, is an embed.
    ``heading_ids``: the rule by which every heading gets an id, for texts that others link into.
    ``addresses``: make links of bare web addresses, as GitHub does and most generators; what is written out by
    :func:`blocks_to_markdown` has its links marked.
    """
    parser = _reading_parser()
    tokens = parser.parse(clean_text(text))
    for token in tokens:
        if token.map and token.nesting >= 0:
            token.attrSet("data-line", str(token.map[0] + 1))
    _name_headings(tokens, heading_ids)
    _mark_tasks(tokens)
    if addresses:
        link_addresses(tokens)
    html = parser.renderer.render(tokens, parser.options, {})
    converted = convert_html(html, source_lines=source_lines, markdown=True)
    if (row := next(filter(has_more_cells, tokens), None)) is not None and row.map:
        converted.warnings.append(
            ConversionWarning(
                row.map[0] + 1,
                "A row has more cells than the head of its table; what is over was put into its last cell.",
            )
        )
    deepest = max(tokens, key=lambda token: token.level, default=None)
    if deepest is not None and deepest.level >= parser.options["maxNesting"] - 1:
        line = deepest.map[0] + 1 if deepest.map else 1
        converted.warnings.append(ConversionWarning(line, "What was nested even deeper than this was left out."))
    return converted


def blocks_to_markdown(document: Document | Iterable[JsonMapping]) -> str:
    """Return the blocks as Markdown, ending with a line break if there is anything."""
    return html_to_markdown(blocks_to_html(document), markdown_parser())


_STATED_ID = re.compile(r"[ \t]*(?<!\\)\{#([^\s{}#]{1,100})\}[ \t]*\Z")
_TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)")


def _name_headings(tokens: Sequence[Token], rule: Callable[[str], str] | None) -> None:
    """Give headings the ids they state; by the rule all of them, without one those that links of the text lead to."""
    headings = [(token, tokens[index + 1]) for index, token in enumerate(tokens) if token.type == "heading_open"]
    if not headings:
        return
    inlines = [inline for token in tokens for inline in token.children or ()]
    hrefs = (str(inline.attrGet("href") or "") for inline in inlines if inline.type == "link_open")
    wanted = {unquote(href[1:]) for href in hrefs if href.startswith("#")}
    ids = HeadingIds(rule or heading_slug)
    for opening, inline in headings:
        stated = _STATED_ID.search(inline.content)
        texts = [child for child in inline.children or () if child.type == "text"]
        if stated and texts and (cut := _STATED_ID.sub("", texts[-1].content)) != texts[-1].content:
            texts[-1].content = cut
            opening.attrSet("id", stated[1])
            continue
        shown = "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline"))
        name = ids.next(shown)
        if name and (rule is not None or name in wanted):
            opening.attrSet("id", name)


def _mark_tasks(tokens: Sequence[Token]) -> None:
    """Make list items that begin with ``[ ]`` or ``[x]`` items of a task list."""
    lists: list[Token] = []
    for index, token in enumerate(tokens):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(token)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif token.type == "list_item_open" and lists[-1].type == "bullet_list_open" and index + 2 < len(tokens):
            inline = tokens[index + 2]
            first = inline.children[0] if inline.type == "inline" and inline.children else None
            if first is None or first.type != "text" or not (found := _TASK.match(first.content)):
                continue
            first.content = first.content[found.end() :]
            token.attrSet("data-type", "taskItem")
            token.attrSet("data-checked", "false" if found[1] == " " else "true")
            lists[-1].attrSet("data-type", "taskList")


def _open_notes(self: object, tokens: Sequence[Token], index: int, options: object, env: object) -> str:
    return "<hr>\n<section>\n<ol>\n"


def _note_number(self: object, tokens: Sequence[Token], index: int, options: object, env: object) -> str:
    number = str(tokens[index].meta["id"] + 1)
    again = tokens[index].meta.get("subId", 0)
    return f"{number}:{again}" if again > 0 else number
