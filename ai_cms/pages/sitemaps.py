"""Sitemaps of what is published: an index, and files of at most 50,000 URLs, streamed from slim rows."""

from __future__ import annotations

from math import ceil
from xml.sax.saxutils import escape

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ai_cms.core.lane import keep

from .addresses import public_url
from .conf import pages_settings
from .current_site import site_of
from .models import Publication

__all__ = ["robots", "sitemap", "sitemap_index"]

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
MAX_FILES = 1_000_000
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def _rows(request: HttpRequest) -> QuerySet[Publication]:
    site = site_of(request)
    if site is None:
        raise Http404
    # In order of primary key: new pages go into the last file, and the others stay as a crawler knows them.
    rows: QuerySet[Publication] = Publication.objects.public().filter(site=site).order_by("pk")
    return rows


def _size() -> int:
    return min(pages_settings.SITEMAP_PAGE_SIZE, 50_000)


@require_safe
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """List the sitemap files."""
    files = max(ceil(_rows(request).count() / _size()), 1)
    origin = request.build_absolute_uri("/").rstrip("/")
    base = public_url("/").rstrip("/")
    entries = "".join(
        f"<sitemap><loc>{escape(origin + base)}/sitemap-{number}.xml</loc></sitemap>" for number in range(1, files + 1)
    )
    keep(request, "sitemap")
    return _xml(f'{_HEAD}<sitemapindex xmlns="{_NAMESPACE}">{entries}</sitemapindex>')


@require_safe
def sitemap(request: HttpRequest, number: int) -> HttpResponse:
    """List the pages of one file. Raises Http404 past the last."""
    size = _size()
    # A site with more files than that has no keys for its pages.
    if not 1 <= number <= MAX_FILES:
        raise Http404
    rows = list(_rows(request)[(number - 1) * size : number * size].values_list("path", "modified_at"))
    if not rows and number != 1:
        raise Http404
    origin = request.build_absolute_uri("/").rstrip("/")
    entries = "".join(
        f"<url><loc>{escape(origin + public_url(path))}</loc><lastmod>{modified:%Y-%m-%dT%H:%M:%S+00:00}</lastmod></url>"
        for path, modified in rows
    )
    keep(request, "sitemap")
    return _xml(f'{_HEAD}<urlset xmlns="{_NAMESPACE}">{entries}</urlset>')


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Allow everything public and name the sitemap."""
    keep(request, "robots")
    origin = request.build_absolute_uri("/").rstrip("/")
    base = public_url("/").rstrip("/")
    text = f"User-agent: *\nDisallow: {base}/preview/\nSitemap: {origin}{base}/sitemap.xml\n"
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def _xml(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="application/xml; charset=utf-8")
