"""Sites: a host name with the home page that is the root of its tree."""

from __future__ import annotations

from django.db import router, transaction
from django.utils.translation import gettext as _

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.prepare import prepare_document
from ai_cms.core.exceptions import Conflict
from ai_cms.core.permissions import Actor

from .. import get_page_model, tree
from ..elements import sync_elements
from ..models import AbstractPage, RevisionKind, Site
from ..provenance import written_by
from ..revisions import record_revision
from ..snapshots import assign_fields
from .page_types import resolve_page_type

__all__ = ["create_site"]


def create_site(
    *,
    hostname: str,
    name: str = "",
    title: str = "",
    locale: str = "en",
    is_default: bool | None = None,
    page_type: str | type[AbstractPage] | None = None,
    content: object = None,
) -> Site:
    """Create a site and its home page, as a draft.

    ``is_default``: answer hosts that no site names; default whether this is the first site. For commands, migrations and
    tests, not for requests: a new tree has no row to lock yet. Raises Conflict when the host has a site.
    """
    using = router.db_for_write(Site)
    actor = Actor.system("create_site")
    with transaction.atomic(using=using):
        if Site.objects.using(using).filter(hostname__iexact=hostname).exists():
            raise Conflict(_("There is a site for %(host)s already.") % {"host": hostname}, code="site_exists")
        first = not Site.objects.using(using).filter(is_default=True).exists()
        site = Site.objects.using(using).create(
            hostname=hostname.lower(),
            name=name or hostname,
            locale=locale,
            is_default=first if is_default is None else is_default,
        )
        model = resolve_page_type(page_type)
        root = model(site=site, locale=locale, slug="")
        assign_fields(root, {"title": title or name or hostname})
        root.content_json = prepare_document(
            content or [], previous=None, provenance=written_by(actor, "human"), actor=actor
        )
        tree.insert_root(root, using)
        record_revision(root, actor=actor, kind=RevisionKind.MANUAL)
        root.save(update_fields=["latest_revision"])
        sync_elements(root, Document.empty(), root.content_json)
        site.root_id = root.pk
        site.save(update_fields=["root"])
    site.root = get_page_model().all_objects.get(pk=root.pk)
    return site
