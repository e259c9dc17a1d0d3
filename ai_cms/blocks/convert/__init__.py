"""Blocks from HTML and Markdown, and back.

Everything is loaded when it is first used: a site that never converts loads no parser of Markdown.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .html_reader import convert_html, html_to_blocks
    from .html_writer import blocks_to_html
    from .markdown import blocks_to_markdown, convert_markdown, markdown_to_blocks
    from .result import ConversionWarning, Converted

_HOMES = {
    "html_reader": ("convert_html", "html_to_blocks"),
    "html_writer": ("blocks_to_html",),
    "markdown": ("blocks_to_markdown", "convert_markdown", "markdown_to_blocks"),
    "result": ("ConversionWarning", "Converted"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "ConversionWarning",
    "Converted",
    "blocks_to_html",
    "blocks_to_markdown",
    "convert_html",
    "convert_markdown",
    "html_to_blocks",
    "markdown_to_blocks",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
