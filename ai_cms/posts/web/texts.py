"""A post's text as people type it: Markdown, or HTML where a text holds what Markdown has no words for."""

from __future__ import annotations

from collections.abc import Sequence

from ai_cms.blocks.convert import blocks_to_markdown, markdown_to_blocks
from ai_cms.core.jsontypes import JsonMapping
from ai_cms.posts.body import body_html

__all__ = ["HTML", "MARKDOWN", "text_as_html", "text_of"]

MARKDOWN, HTML = "markdown", "html"


def text_of(blocks: Sequence[JsonMapping]) -> tuple[str, str]:
    """Return (how the text is written, the text) of a post's blocks."""
    html = body_html(blocks)
    text = blocks_to_markdown(blocks)
    # A line's end inside a paragraph is as good as a space.
    same = text_as_html(text, MARKDOWN).split() == html.split()
    return (MARKDOWN, text) if same else (HTML, html)


def text_as_html(text: str, written: str) -> str:
    """Return what somebody typed as the HTML that the services of posts take."""
    # Browsers send lines ended as Windows has them.
    text = text.replace("\r\n", "\n")
    return body_html(markdown_to_blocks(text)) if written == MARKDOWN else text
