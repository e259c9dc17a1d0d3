"""The importers that come with ai_cms; importing this module registers them."""

from __future__ import annotations

from .folders.html import HtmlImporter
from .folders.markdown import MarkdownImporter
from .wordpress.importer import WordPressImporter

__all__ = ["HtmlImporter", "MarkdownImporter", "WordPressImporter"]
