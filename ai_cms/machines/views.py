"""Answers for machines: Markdown, llms.txt, robots.txt. All of it from publications, as anybody reads them."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from ai_cms.core.lane import keep
from ai_cms.pages.addresses import normalise_path, public_url
from ai_cms.pages.conf import pages_settings
from ai_cms.pages.current_site import site_of
from ai_cms.pages.models import Publication
from ai_cms.pages.rendering import html_key
from ai_cms.pages.routing import find_publication, find_redirect
from ai_cms.pages.views import page_not_found

from .conf import machine_settings
from .llms_txt import llms_text, llms_txt_key
from .markdown import markdown_of, markdown_url, token_estimate
from .robots import content_signal, robots_text

__all__ = ["MARKDOWN", "llms_txt_view", "markdown_answer", "markdown_view", "robots_view"]

MARKDOWN = "text/markdown"
_TYPE = f"{MARKDOWN}; charset=utf-8"


def _origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def _etag(*parts: str) -> str:
    return f'"{hashlib.sha256(" ".join(parts).encode()).hexdigest()[:32]}"'


def _headed(response: HttpResponse, etag: str) -> HttpResponse:
    response["ETag"] = etag
    seconds = pages_settings.PUBLIC_CACHE_SECONDS
    response["Cache-Control"] = f"public, max-age={seconds}" if seconds else "public, no-cache"
    if machine_settings.CONTENT_SIGNAL_HEADER:
        response["Content-Signal"] = content_signal()
    return response


def markdown_answer(request: HttpRequest, publication: Publication) -> HttpResponseBase:
    """Answer with the Markdown of a publication, at the page's own address."""
    response = _markdown(request, publication)
    patch_vary_headers(response, ["Accept"])
    return response


def _markdown(request: HttpRequest, publication: Publication) -> HttpResponse:
    origin = _origin(request)
    etag = _etag("markdown", html_key(publication), origin)
    early = get_conditional_response(request, etag=etag, last_modified=None)
    if early is not None and early.status_code == 304:
        return _headed(HttpResponseNotModified(), etag)
    text = markdown_of(publication, origin)
    response = _headed(HttpResponse(text, content_type=_TYPE), etag)
    response["X-Markdown-Tokens"] = str(token_estimate(text))
    response["Last-Modified"] = http_date(int(publication.modified_at.timestamp()))
    response["Link"] = f'<{origin}{public_url(publication.path)}>; rel="canonical"'
    return response


@require_safe
def markdown_view(request: HttpRequest, path: str) -> HttpResponseBase:
    """Answer with the Markdown of the page at ``path``, which is asked for as ``<path>.md``; the home page is ``index.md``."""
    wanted = normalise_path("" if path == "index" else path)
    if "\x00" in wanted or len(wanted) > 2000 or path.endswith("/"):
        return page_not_found(request)
    publication = find_publication(request, wanted)
    if publication is None:
        redirect = find_redirect(site_of(request), wanted)
        # What moved within the site has its Markdown there; where else it leads nobody knows of any.
        if redirect is None or not redirect[0].startswith(public_url("/")) or redirect[0].startswith("//"):
            return page_not_found(request)
        target = normalise_path(redirect[0].removeprefix(public_url("/")))
        return HttpResponsePermanentRedirect(markdown_url(target))
    return _markdown(request, publication)


@require_safe
def llms_txt_view(request: HttpRequest) -> HttpResponseBase:
    """Answer with llms.txt of the site."""
    site = site_of(request)
    if site is None:
        return page_not_found(request)
    origin = _origin(request)
    key = llms_txt_key(site)
    etag = _etag("llms.txt", key, origin)
    early = get_conditional_response(request, etag=etag, last_modified=None)
    if early is not None and early.status_code == 304:
        return _headed(HttpResponseNotModified(), etag)
    return _headed(HttpResponse(llms_text(site, origin, key), content_type="text/plain; charset=utf-8"), etag)


@require_safe
def robots_view(request: HttpRequest) -> HttpResponse:
    """Answer with robots.txt by the policy of the settings."""
    keep(request, "robots")
    return HttpResponse(robots_text(_origin(request)), content_type="text/plain; charset=utf-8")
