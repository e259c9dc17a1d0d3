"""The links that assist adds to a page in the admin."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from ai_cms.core.permissions import Actor, policy_for
from ai_cms.pages.models import AbstractPage

__all__ = ["write_links"]


def write_links(request: HttpRequest, page: AbstractPage) -> list[tuple[str, str]]:
    """Return label and URL of what one may have written for ``page``; nothing where the admin is not installed."""
    actor = Actor.from_request(request)
    policy = policy_for(page)
    if not actor.is_staff:
        return []
    found = []
    for action, label, view in (("change", _("Write with AI"), "page"), ("add", _("Draft a page below"), "below")):
        if policy.can(actor, action, page):
            try:
                found.append((label, reverse(f"admin:ai_cms_assist_writingrun_{view}", args=[page.pk])))
            except NoReverseMatch:
                return []
    return found
