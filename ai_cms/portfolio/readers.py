"""Published portfolios, each from one row."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.db.models import OuterRef
from django.utils import timezone

from ai_cms.blocks.documents.document import Document
from ai_cms.core.jsontypes import JsonObject
from ai_cms.pages.addresses import host_names
from ai_cms.pages.models import Publication, Site
from ai_cms.pages.routing import site_condition

from . import get_portfolio_model
from .arrays import pages_array, pages_of
from .models import PortfolioMixin
from .places import portfolio_path

__all__ = ["find_portfolio", "portfolio_of", "public_json", "published_body"]


def find_portfolio(slug: str, host: str | None = None) -> Publication | None:
    """Return the publication of the portfolio ``slug`` with its site, in one query; ``None`` for none.

    ``host``: only if its site is the one that answers this host.
    """
    rows = Publication.objects.public().filter(path=portfolio_path(slug), type=get_portfolio_model().type_name())
    if host is not None:
        condition, rank = site_condition(*host_names(host))
        rows = rows.filter(site_id=Site.objects.filter(condition).order_by(rank).values("pk")[:1])
    expired = Publication.objects.filter(site_id=OuterRef("site_id")).last_expiry(timezone.now())
    found: Any = rows.select_related("site").annotate(expired=expired).order_by().first()
    if found is not None:
        found.last_expiry = found.expired
    publication: Publication | None = found
    return publication


def published_body(publication: Publication) -> JsonObject:
    """Return what the publication says to clients."""
    body: JsonObject = json.loads("{" + publication.body)
    return body


def portfolio_of(publication: Publication) -> PortfolioMixin:
    """Return the portfolio as it was published, made of the publication alone: no row to be saved."""
    body = published_body(publication)
    model = get_portfolio_model()
    fields = {
        field.attname: field.to_python(body["fields"][field.name])
        for field in model.type_fields()
        if field.name in body["fields"] and not field.is_relation
    }
    make: Callable[..., PortfolioMixin] = model
    portfolio = make(
        pk=publication.page_id,
        title=publication.title,
        slug=publication.path.rstrip("/").rpartition("/")[2],
        path=publication.path,
        locale=publication.locale,
        metadata=body["metadata"],
        seo_title=body["seo"]["title"],
        seo_description=body["seo"]["description"],
        published_version=publication.version,
        **fields,
    )
    portfolio.site = publication.site
    portfolio.content_json = Document(publication.content)
    return portfolio


def public_json(publication: Publication) -> JsonObject:
    """Return a published portfolio as clients read it."""
    body = published_body(publication)
    portfolio = portfolio_of(publication)
    return {
        "id": publication.page_id,
        "title": publication.title,
        "slug": portfolio.slug,
        "url": portfolio.get_absolute_url(),
        "locale": publication.locale,
        "role": portfolio.role,
        "design": portfolio.design,
        "pages": pages_array(pages_of(body["content_json"])),
        "seo": body["seo"],
        "first_published_at": body["first_published_at"],
        "published_at": body["published_at"],
        "provenance": body["provenance"],
    }
