"""Blocks from HTML, Markdown and WordPress content, and back; plain text of blocks.

Everything is loaded when it is first used: a site that never converts loads no parser of Markdown.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .gutenberg import wordpress_to_blocks
    from .html import convert_html, html_to_blocks
    from .html_writer import blocks_to_html
    from .markdown import blocks_to_markdown, convert_markdown, markdown_to_blocks
    from .result import ConversionWarning, Converted
    from .text import block_heading, block_text

_HOMES = {
    "gutenberg": ("wordpress_to_blocks",),
    "html": ("convert_html", "html_to_blocks"),
    "html_writer": ("blocks_to_html",),
    "markdown": ("blocks_to_markdown", "convert_markdown", "markdown_to_blocks"),
    "result": ("ConversionWarning", "Converted"),
    "text": ("block_heading", "block_text"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "ConversionWarning",
    "Converted",
    "block_heading",
    "block_text",
    "blocks_to_html",
    "blocks_to_markdown",
    "convert_html",
    "convert_markdown",
    "html_to_blocks",
    "markdown_to_blocks",
    "wordpress_to_blocks",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
