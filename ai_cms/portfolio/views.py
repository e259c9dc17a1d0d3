"""The further pages of portfolios, and the style sheets of all of them."""

from __future__ import annotations

import hashlib

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from ai_cms.core.lane import keep
from ai_cms.pages.addresses import public_url
from ai_cms.pages.conf import pages_settings
from ai_cms.pages.rendering import ORIGIN, html_key, neutral_request, render_published
from ai_cms.pages.views import page_not_found

from .design.css import design_css, design_of_token
from .places import portfolio_path
from .readers import find_portfolio, portfolio_of

__all__ = ["page_view", "styles_view"]

_FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
def page_view(request: HttpRequest, slug: str, page: str) -> HttpResponseBase:
    """Answer with one of the further pages of a published portfolio; drafts answer as what does not exist."""
    if "\x00" in slug + page or len(slug) > 100 or len(page) > 100:
        return page_not_found(request)
    publication = find_portfolio(slug, request.get_host())
    if publication is None:
        return page_not_found(request)
    portfolio = portfolio_of(publication)
    if portfolio.pages and portfolio.pages[0].slug == page:
        return HttpResponsePermanentRedirect(public_url(portfolio_path(slug)))
    portfolio.shown_page = page
    if portfolio.current_page is None:
        return page_not_found(request)
    keep(request, "portfolio")
    origin = f"{request.scheme}://{request.get_host()}"
    etag = f'"{hashlib.sha256(f"{html_key(publication)}{page}{origin}".encode()).hexdigest()[:32]}"'
    modified = int(publication.modified_at.timestamp())
    response = get_conditional_response(request, etag=etag)
    if response is None or response.status_code != 304:
        # As for the home page: made for an anonymous visitor, so that every cache may keep it.
        seen_by = neutral_request(f"{publication.path}{page}/", publication.site)
        html = render_published(portfolio, publication, seen_by)
        response = HttpResponse(html.replace(ORIGIN, origin))
    seconds = pages_settings.PUBLIC_CACHE_SECONDS
    response["ETag"] = etag
    response["Last-Modified"] = http_date(modified)
    response["Cache-Control"] = f"public, max-age={seconds}" if seconds else "public, no-cache"
    return response


@require_safe
def styles_view(request: HttpRequest, token: str) -> HttpResponse:
    """Answer with the custom properties of the design that stands in the address."""
    design = design_of_token(token)
    if design is None:
        raise Http404
    response = HttpResponse(design_css(design), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = _FOR_EVER
    return response
