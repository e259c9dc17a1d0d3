"""The errors of ``ai_cms.retrieval``.

::

    RetrievalError
    └── WrongEmbeddings     vectors came from another model than the one that was asked
"""

from __future__ import annotations

from ai_cms.core.exceptions import AICMSError

__all__ = ["RetrievalError", "WrongEmbeddings"]


class RetrievalError(AICMSError):
    """Base of the errors of this app."""


class WrongEmbeddings(RetrievalError):
    """Vectors of another model, or of another length, cannot be compared with those that are stored."""
