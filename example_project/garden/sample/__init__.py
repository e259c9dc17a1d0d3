"""The sample site: what Morrowfen Botanic Garden has to say, page by page, parents before children."""

from __future__ import annotations

from . import about, blog, collections, events, home, journal, visit
from .blocks import SamplePage

__all__ = ["SamplePage", "sample_pages"]


def sample_pages() -> list[SamplePage]:
    """Return the pages of the sample site; the first one is the root."""
    return [
        *home.PAGES,
        *visit.PAGES,
        *collections.PAGES,
        *events.pages(),
        *journal.PAGES,
        *blog.PAGES,
        *about.PAGES,
    ]
