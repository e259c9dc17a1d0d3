"""The errors of the studio.

::

    StudioError
    ├── CommentRefused (400)     the comment is empty, too long, or answers a comment of another page
    ├── CommentClosed (409)      the thread is resolved, or is not
    └── GrantRefused (400)       the rights to be granted are none, or more than the actor has there
"""

from __future__ import annotations

from ai_cms.core.exceptions import AICMSError, Conflict, InvalidInput

__all__ = ["CommentClosed", "CommentRefused", "GrantRefused", "StudioError"]


class StudioError(AICMSError):
    """Base of the errors of the studio."""


class CommentRefused(StudioError, InvalidInput):
    """The comment cannot be kept as it is."""

    default_code = "comment_refused"


class CommentClosed(StudioError, Conflict):
    """The thread is in the state already that was asked for, or takes no answers."""

    default_code = "comment_closed"
    default_detail = "This thread was resolved or opened again meanwhile; look at it once more."


class GrantRefused(StudioError, InvalidInput):
    """The rights cannot be granted like that."""

    default_code = "grant_refused"
