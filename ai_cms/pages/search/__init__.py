"""Full-text search over publications: PostgreSQL ``tsvector`` with a GIN index, SQLite FTS5, one function for both.

``words`` cuts text and queries into the same words; ``index`` holds the database's index and the triggers that keep it, so that
a publication is found in the transaction that writes it, whoever writes it; ``queries`` asks it; ``similar`` is the second try
for queries that find nothing.
"""

from __future__ import annotations

from .index import install, search_config_for
from .queries import has_words, search
from .similar import search_or_similar, search_similar
from .words import cut_text

__all__ = ["cut_text", "has_words", "install", "search", "search_config_for", "search_or_similar", "search_similar"]
