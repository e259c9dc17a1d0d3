"""Markdown → blocks and blocks → Markdown: CommonMark with tables and strikethrough; HTML in it is sanitised.

Written out and read again, Markdown stays the same to the letter. What Markdown has no words for is flattened: columns
and sections become what is in them, videos become links.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt

from ..documents.document import Document
from ..html.richtext import clean_text
from .html_reader import convert_html
from .html_writer import blocks_to_html
from .markdown_writer import html_to_markdown
from .result import Blocks, ConversionWarning, Converted

__all__ = ["blocks_to_markdown", "convert_markdown", "markdown_parser", "markdown_to_blocks"]


@lru_cache(maxsize=1)
def markdown_parser() -> MarkdownIt:
    """Return the one parser, so that reader and writer agree on what Markdown is."""
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def markdown_to_blocks(text: str, *, source_lines: bool = False) -> Blocks:
    """Return the blocks of a Markdown text. ``source_lines``: each top block says its ``line``."""
    return convert_markdown(text, source_lines=source_lines).blocks


def convert_markdown(text: str, *, source_lines: bool = False) -> Converted:
    """Return the blocks of a Markdown text, and what was left out, with its lines.

    The title of a picture is its caption; a link alone in a paragraph, to an allowed provider, is an embed.
    """
    parser = markdown_parser()
    tokens = parser.parse(clean_text(text))
    for token in tokens:
        if token.map and token.nesting >= 0:
            token.attrSet("data-line", str(token.map[0] + 1))
    html = parser.renderer.render(tokens, parser.options, {})
    converted = convert_html(html, source_lines=source_lines, markdown=True)
    deepest = max(tokens, key=lambda token: token.level, default=None)
    if deepest is not None and deepest.level >= parser.options["maxNesting"] - 1:
        line = deepest.map[0] + 1 if deepest.map else 1
        converted.warnings.append(ConversionWarning(line, "What was nested even deeper than this was left out."))
    return converted


def blocks_to_markdown(document: Document | Iterable[Mapping[str, Any]]) -> str:
    """Return the blocks as Markdown, ending with a line break if there is anything."""
    return html_to_markdown(blocks_to_html(document), markdown_parser())
