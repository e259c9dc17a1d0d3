"""A publication as Markdown: what it says of itself first, then its text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.core.cache import cache

from ai_cms.blocks.convert.markdown import blocks_to_markdown
from ai_cms.blocks.documents.document import Document
from ai_cms.core.jsontypes import JsonObject
from ai_cms.pages.addresses import public_url
from ai_cms.pages.conf import pages_settings
from ai_cms.pages.provenance import digital_source_type
from ai_cms.pages.rendering import ORIGIN, html_key

if TYPE_CHECKING:
    from ai_cms.pages.models import Publication

__all__ = ["markdown_of", "markdown_url", "token_estimate"]

_KEPT_SECONDS = 86_400


def markdown_url(path: str) -> str:
    """Return the address of a page's Markdown: that of the page with ``.md`` for its last slash."""
    return f"{public_url(path).rstrip('/')}.md" if path != "/" else f"{public_url('/')}index.md"


def markdown_of(publication: Publication, origin: str) -> str:
    """Return the Markdown of a publication that comes with its site; kept in the cache for as long as its HTML would be good."""
    key = f"ai_cms_machines.markdown.{html_key(publication)}"
    text = cache.get(key)
    if not isinstance(text, str):
        text = _written(publication)
        cache.set(key, text, _KEPT_SECONDS)
    return text.replace(ORIGIN, origin)


def _written(publication: Publication) -> str:
    body: JsonObject = json.loads("{" + publication.body)
    address = f"{ORIGIN}{public_url(publication.path)}"
    head = {
        "title": body.get("title", ""),
        "url": address,
        "description": (body.get("seo") or {}).get("description", ""),
        "language": body.get("locale", ""),
        "published": body.get("first_published_at", ""),
        "modified": body.get("published_at", ""),
    }
    summary = body.get("provenance") or {}
    if pages_settings.EXPOSE_PROVENANCE and summary.get("sources"):
        head["digital-source-type"] = digital_source_type(summary)
        if summary.get("models"):
            head["models"] = ", ".join(summary["models"])
    # JSON strings are YAML strings.
    lines = [f"{name}: {json.dumps(str(value), ensure_ascii=False)}" for name, value in head.items() if value]
    title = " ".join(str(body.get("title", "")).split())
    text = blocks_to_markdown(Document(body.get("content_json") or []))
    parts = ["---", *lines, "---", "", *([f"# {_plain(title)}", ""] if title else []), text]
    return "\n".join(parts).rstrip("\n") + "\n"


def _plain(text: str) -> str:
    """Return a title with what Markdown would take for markup escaped."""
    return "".join(f"\\{char}" if char in "\\`*_[]<>#" else char for char in text)


def token_estimate(text: str) -> int:
    """Return about how many tokens a model counts in a text: a quarter of its bytes, rounded up."""
    return -(-len(text.encode()) // 4)
