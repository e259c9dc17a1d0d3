"""Preview links: signed, expiring, revocable."""

from __future__ import annotations

from datetime import timedelta

from django.core import signing
from django.utils import timezone

from ai_cms.core.exceptions import InvalidInput, NotFound
from ai_cms.core.permissions import Actor, ActorLike, policy_for

from ..conf import pages_settings
from ..models import AbstractPage, PreviewLink

__all__ = ["make_preview_link", "open_preview_link", "revoke_preview_links"]

_SALT = "ai_cms.pages.services.previews"
MAX_AGE = 90 * 86_400


def make_preview_link(page: AbstractPage, *, actor: ActorLike, max_age: int | None = None) -> tuple[PreviewLink, str]:
    """Make a link that shows the page's draft to whoever has it; returns the row and the token.

    ``max_age``: seconds, at most 90 days; default ``PREVIEW_LINK_MAX_AGE``.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "change", page)
    seconds = pages_settings.PREVIEW_LINK_MAX_AGE if max_age is None else max_age
    if not 0 < seconds <= MAX_AGE:
        raise InvalidInput(errors={"max_age": [f"Choose between 1 and {MAX_AGE} seconds."]})
    link = PreviewLink.objects.create(
        page=page, created_by=who.account, expires_at=timezone.now() + timedelta(seconds=seconds)
    )
    return link, signing.dumps(link.pk, salt=_SALT, compress=False)


def open_preview_link(token: str) -> AbstractPage:
    """Return the page a token shows. Raises NotFound for a forged, expired or revoked one, or a deleted page."""
    try:
        pk = signing.loads(token, salt=_SALT)
    except signing.BadSignature as error:
        raise NotFound from error
    link = PreviewLink.objects.filter(pk=pk, revoked_at=None, expires_at__gt=timezone.now()).first()
    if link is None or link.page.deleted_at is not None:
        raise NotFound
    page: AbstractPage = link.page
    return page


def revoke_preview_links(page: AbstractPage, *, actor: ActorLike, link: PreviewLink | None = None) -> int:
    """End the preview links of a page, or only ``link``; returns how many were open."""
    policy_for(page).require(Actor.of(actor), "change", page)
    now = timezone.now()
    rows = PreviewLink.objects.filter(page_id=page.pk, revoked_at=None, expires_at__gt=now)
    return (rows if link is None else rows.filter(pk=link.pk)).update(revoked_at=now)
