"""The admin of pages and what belongs to them."""

from __future__ import annotations

from django.contrib import admin

from .. import get_page_model, get_template_model
from ..models import (
    Element,
    PageGroupPermission,
    PreviewLink,
    Proposal,
    Publication,
    Redirect,
    Revision,
    Site,
)
from .links import PreviewLinkAdmin
from .pages import PageAdmin
from .proposals import ProposalAdmin
from .readonly import ElementAdmin, PublicationAdmin, RevisionAdmin
from .redirects import PageGroupPermissionAdmin, RedirectAdmin
from .sites import SiteAdmin
from .templates import TemplateAdmin

__all__ = [
    "ElementAdmin",
    "PageAdmin",
    "PageGroupPermissionAdmin",
    "PreviewLinkAdmin",
    "ProposalAdmin",
    "PublicationAdmin",
    "RedirectAdmin",
    "RevisionAdmin",
    "SiteAdmin",
    "TemplateAdmin",
]

for model, model_admin in (
    (get_page_model(), PageAdmin),
    (get_template_model(), TemplateAdmin),
    (Element, ElementAdmin),
    (PageGroupPermission, PageGroupPermissionAdmin),
    (PreviewLink, PreviewLinkAdmin),
    (Proposal, ProposalAdmin),
    (Publication, PublicationAdmin),
    (Redirect, RedirectAdmin),
    (Revision, RevisionAdmin),
    (Site, SiteAdmin),
):
    # A host may have registered an admin of its own for the models it swaps.
    if not admin.site.is_registered(model):
        admin.site.register(model, model_admin)
