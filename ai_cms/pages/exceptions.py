"""The errors of pages.

::

    PageError
    ├── PageNotFound (404)
    ├── InvalidMove (409)
    ├── PathTooLong (400)
    ├── SlugTaken (409)
    ├── PathTakenByRoute (409)
    ├── PageTypeRefused (400)
    ├── PublishNeeded (403)         what the public sees would change, and the actor may not publish
    ├── PublishRefused (400)        the document has field errors; they are in the body by path
    ├── NotPlaced                   programming error: a page saved without a place in the tree
    ├── PageStale (412)             carries the current version
    ├── ApprovalClosed (409)
    ├── ApprovalOutdated (409)      the page is another than the one that was to be decided about
    ├── PersonNeeded (403)          a program wanted to decide for a person
    ├── ProposalClosed (409)
    ├── ProposalStale (409)
    ├── TreeTooLarge (409)
    └── InvalidSchedule (400)
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from ai_cms.core.exceptions import AICMSError, Conflict, InvalidInput, NotFound, PermissionRefused, StaleVersion

__all__ = [
    "ApprovalClosed",
    "ApprovalOutdated",
    "InvalidMove",
    "InvalidSchedule",
    "NotPlaced",
    "PageError",
    "PageNotFound",
    "PageStale",
    "PageTypeRefused",
    "PathTakenByRoute",
    "PathTooLong",
    "PersonNeeded",
    "ProposalClosed",
    "ProposalStale",
    "PublishNeeded",
    "PublishRefused",
    "SlugTaken",
    "TreeTooLarge",
]


class PageError(AICMSError):
    """Base of the errors of pages."""


class PageNotFound(PageError, NotFound):
    """There is no such page, or it was deleted."""


class InvalidMove(PageError, Conflict):
    """The page cannot be placed there, as the tree is now: often somebody else has just moved one of the two."""

    default_code = "invalid_move"
    default_detail = "The page cannot be moved there."


class PathTooLong(PageError, InvalidInput):
    """The URL path would be longer than the database can index."""

    default_code = "path_too_long"
    default_detail = "The URL path would be too long; use shorter slugs or fewer levels."


class SlugTaken(PageError, Conflict):
    """Another page under the same parent has the slug."""

    default_code = "slug_taken"

    def __init__(self, slug: str) -> None:
        super().__init__(f"Another page under the same parent has the slug {slug!r}. Choose another one.")


class PathTakenByRoute(PageError, Conflict):
    """Another route of the host project answers at the path, so that nobody would ever see a page there."""

    default_code = "path_taken_by_route"

    def __init__(self, path: str) -> None:
        super().__init__(
            _("Another part of the site answers at %(path)s, so nobody would see the page. Choose another slug.")
            % {"path": path}
        )


class PageTypeRefused(PageError, InvalidInput):
    """The page type is unknown or may not stand there."""

    default_code = "page_type_refused"

    def __init__(self, message: str) -> None:
        super().__init__(message, errors={"type": [message]})


class PublishNeeded(PageError, PermissionRefused):
    """The change would take pages from the public, bring them back or change their address: that asks for publish."""

    default_code = "publish_needed"

    def __init__(self) -> None:
        super().__init__(_("The public would see the difference, so this needs the right to publish the pages."))


class PublishRefused(PageError, InvalidInput):
    """The draft has errors that a draft may have and a publication may not."""

    default_code = "publish_refused"

    def __init__(self, errors: dict[str, list[Any]]) -> None:
        super().__init__("The page cannot be published as it is.", errors=errors)


class NotPlaced(PageError):
    """A page was saved without a place in the tree; ``ai_cms.pages.services.create_page`` gives it one."""


class PageStale(PageError, StaleVersion):
    """The page was changed since the version the write was made for."""


class ApprovalClosed(PageError, Conflict):
    """What a program asked for is no longer open."""

    def __init__(self, status: str) -> None:
        super().__init__(_("This was decided already, or has waited too long."), code="approval_closed", status=status)


class ApprovalOutdated(PageError, Conflict):
    """The page was changed since a program asked for something to be done to it."""

    default_code = "approval_outdated"
    default_detail = "The page was changed since this was asked for, so nothing was done. It can be asked for again."
    keeps_writes = True


class PersonNeeded(PageError, PermissionRefused):
    """A program wanted to decide for a person."""

    default_code = "person_needed"
    default_detail = "Only a person who is logged in may decide this; a token of a program may not."


class ProposalClosed(PageError, Conflict):
    """The proposal was decided before."""

    default_code = "proposal_closed"
    default_detail = "This proposal has been decided already."


class ProposalStale(PageError, Conflict):
    """Nothing of the proposal fits the page any more."""

    default_code = "proposal_stale"
    default_detail = "The blocks this proposal wants to change were changed since; ask for a new one."
    # The proposal's new status is to stay when the request runs in one transaction.
    keeps_writes = True


class TreeTooLarge(PageError, Conflict):
    """More pages hang together than one request may copy, move or delete."""

    default_code = "tree_too_large"

    def __init__(self, count: int, limit: int, setting: str = "COPY_MAX_PAGES") -> None:
        super().__init__(
            _(
                "These are %(count)d pages, and one request may take at most %(limit)d. Take the parts one by one, or raise "
                'AI_CMS["%(setting)s"].'
            )
            % {"count": count, "limit": limit, "setting": setting}
        )


class InvalidSchedule(PageError, InvalidInput):
    """The times of a schedule make no sense."""

    default_code = "invalid_schedule"
    default_detail = "The expiry must lie after the go-live time, and in the future."
