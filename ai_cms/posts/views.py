"""Lists of posts and their feeds, for everybody: made once for all visitors, kept until something on the site changes."""

from __future__ import annotations

import hashlib
from urllib.parse import unquote

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.template.loader import select_template
from django.urls import get_script_prefix
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from ai_cms.core.lane import keep
from ai_cms.core.strictjson import is_clean_text
from ai_cms.pages.addresses import public_url
from ai_cms.pages.conf import pages_settings
from ai_cms.pages.rendering import ORIGIN, neutral_request, site_key
from ai_cms.pages.routing import with_query
from ai_cms.pages.views import page_not_found, page_view

from .archives import Archive, find_archive
from .feeds.building import FORMATS, build_feed
from .lists import ListPage, list_page

__all__ = ["archive_view", "feed_view"]

_KEPT_SECONDS = 86_400


@require_safe
def archive_view(
    request: HttpRequest, kind: str = "all", slug: str = "", year: str = "", month: str = ""
) -> HttpResponseBase:
    """Show one page of a list of posts; ``?page=2`` for the next."""
    archive = _found(request, kind, slug or "-".join(part for part in (year, month) if part), menu=True)
    if archive is None:
        return _as_page(request)
    query = request.META.get("QUERY_STRING", "")
    if kind in ("category", "tag", "author") and archive.slug != slug:
        return HttpResponsePermanentRedirect(with_query(archive.url, query))
    number = _number(request)
    if number is None:
        return page_not_found(request)
    key = _key(archive, "html", number)
    html = cache.get(key)
    if html is None:
        page = list_page(archive, number)
        if page is None:
            return page_not_found(request)
        html = _render(page)
        cache.set(key, html, _KEPT_SECONDS)
    _keep(request, kind)
    return _answer(request, html.replace(ORIGIN, _origin(request)), "text/html; charset=utf-8")


@require_safe
def feed_view(request: HttpRequest, format: str, kind: str = "all", slug: str = "") -> HttpResponseBase:
    """Answer with a feed."""
    archive = _found(request, kind, slug)
    if archive is None:
        return _as_page(request)
    if kind != "all" and archive.slug != slug:
        return HttpResponsePermanentRedirect(archive.feed_url(format))
    origin = _origin(request)
    key = _key(archive, format, origin)
    text = cache.get(key)
    if text is None:
        text = build_feed(archive, format, origin)
        cache.set(key, text, _KEPT_SECONDS)
    _keep(request, kind)
    return _answer(request, text, FORMATS[format].CONTENT_TYPE)


def _keep(request: HttpRequest, kind: str) -> None:
    """Let the fast lane keep a list or feed; one of an author shows the account's name, whose every log-in is a change."""
    if kind != "author":
        keep(request, "posts")


def _found(request: HttpRequest, kind: str, slug: str, *, menu: bool = False) -> Archive | None:
    if not is_clean_text(slug) or len(slug) > 200:
        return None
    return find_archive(request.get_host(), kind, slug, menu=menu)


def _as_page(request: HttpRequest) -> HttpResponseBase:
    """Answer as the pages do: where there is no such list an old address may lead on."""
    start = unquote(public_url("/")).removeprefix(get_script_prefix().rstrip("/"))
    return page_view(request, request.path_info.removeprefix(start))


def _number(request: HttpRequest) -> int | None:
    """Return the number of the page that is asked for, ``None`` for one that no list has."""
    raw = request.GET.get("page", "1")
    return int(raw) if raw.isascii() and raw.isdecimal() and 0 < len(raw) < 7 and int(raw) else None


def _origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def _key(archive: Archive, *parts: object) -> str:
    """Return the key of what is made of a list: another one after each change of the site, its templates or settings."""
    whole = (
        site_key(archive.site),
        archive.kind,
        archive.slug,
        archive.value,
        archive.name,
        archive.description,
        *parts,
    )
    return f"ai_cms_posts.list.{hashlib.sha256(repr(whole).encode()).hexdigest()[:40]}"


def _answer(request: HttpRequest, text: str, content_type: str) -> HttpResponse:
    """Answer with a text, or 304 to who has the very same: a feed that says nothing new is no new feed."""
    response = HttpResponse(text, content_type=content_type)
    response["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    seconds = pages_settings.PUBLIC_CACHE_SECONDS
    response["Cache-Control"] = f"public, max-age={seconds}" if seconds else "public, no-cache"
    found = get_conditional_response(request, etag=response["ETag"], response=response)
    return found if isinstance(found, HttpResponse) else response


def _render(page: ListPage) -> str:
    archive = page.archive
    request = neutral_request("/", archive.site)
    request.path = request.path_info = page.url
    language = archive.site.locale
    with translation.override(language if translation.check_for_language(language) else None):
        context = {"site": archive.site, "origin": ORIGIN, "list": page, "archive": archive, "mode": "public"}
        names = [f"ai_cms/posts/{archive.kind}.html", "ai_cms/posts/archive.html"]
        return str(select_template(names).render(context, request))
