"""The link that evidence adds to a page in the admin."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from ai_cms.pages.models import AbstractPage

__all__ = ["evidence_links"]


def evidence_links(request: HttpRequest, page: AbstractPage) -> list[tuple[str, str]]:
    """Return label and URL of the dossier of ``page``; nothing where the admin is not installed."""
    try:
        return [(_("Evidence"), reverse("admin:ai_cms_evidence_acceptance_dossier", args=[page.pk]))]
    except NoReverseMatch:
        return []
