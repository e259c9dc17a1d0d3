"""The public pages, and previews of drafts."""

from __future__ import annotations

import hashlib
import logging
import unicodedata
from contextlib import nullcontext
from urllib.parse import unquote, urlsplit

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connections, router, transaction
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseNotModified,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
    JsonResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import escape_leading_slashes, http_date
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_safe

from ai_cms.blocks.rendering.render import Mode
from ai_cms.core.databases import without_waiting
from ai_cms.core.exceptions import NotFound
from ai_cms.core.lane import keep
from ai_cms.core.permissions import Actor, get_policy

from . import get_page_model
from .addresses import normalise_path, public_url
from .conf import pages_settings
from .current_site import site_of
from .models import AbstractPage, Publication
from .rendering import ORIGIN, html_key, published_page, render_draft, render_publication
from .representations import chosen_representation, vary_by_accept
from .routing import find_publication, find_redirect, with_query
from .services.previews import open_preview_link
from .welcome import welcome

logger = logging.getLogger(__name__)

__all__ = ["draft_response", "page_not_found", "page_view", "preview_link_view", "preview_view"]


# It only reads, so there is nothing to forge: a write to an address that nothing has is told so, not that it lacks a token.
@csrf_exempt
def page_view(request: HttpRequest, path: str = "") -> HttpResponseBase:
    """Answer with the page published at ``path``, a redirect, or 404."""
    if request.method == "POST" and (answer := _received(request, path)) is not None:
        return answer
    if request.method not in ("GET", "HEAD"):
        return _unknown_call(request) or HttpResponseNotAllowed(["GET", "HEAD"])
    wanted = normalise_path(path)
    if "\x00" in wanted or len(wanted) > 2000:
        return _unknown_call(request) or page_not_found(request)
    publication = find_publication(request, wanted)
    if publication is None:
        redirect = find_redirect(site_of(request), wanted)
        if redirect is None or _is_here(request, redirect[0]):
            fresh = welcome(request) if wanted == "/" else None
            return fresh or _missing_slash(request) or _unknown_call(request) or page_not_found(request)
        keep(request, "redirect")
        target, permanent = redirect
        target = with_query(target, request.META.get("QUERY_STRING", ""))
        return HttpResponsePermanentRedirect(target) if permanent else HttpResponseRedirect(target)
    if (
        request.path_info != (canonical := public_url(wanted))
        and not request.path_info.endswith("/")
        and settings.APPEND_SLASH
    ) or not unicodedata.is_normalized("NFC", path):
        keep(request, "redirect")
        return HttpResponsePermanentRedirect(with_query(canonical, request.META.get("QUERY_STRING", "")))
    if (other := chosen_representation(request)) is not None:
        return other(request, publication)
    if not _is_cached_type(publication):
        response = HttpResponse(render_publication(publication, request))
        response["Cache-Control"] = "private, no-cache"
        vary_by_accept(response)
        return response
    return _serve(request, publication)


def _is_here(request: HttpRequest, target: str) -> bool:
    """Return whether a redirect leads to the very address that was asked for, under one of the site's many names."""
    there = urlsplit(request.build_absolute_uri(target))
    return there.netloc == request.get_host() and unquote(there.path) == request.path


def _received(request: HttpRequest, path: str) -> HttpResponseBase | None:
    """Hand a form to the page published at ``path``, if its type takes any."""
    wanted = normalise_path(path)
    if "\x00" in wanted or len(wanted) > 2000:
        return None
    publication = find_publication(request, wanted)
    if publication is None:
        return None
    try:
        page_type = apps.get_model(publication.type)
    except LookupError:
        return None
    if getattr(page_type, "receive", None) is AbstractPage.receive:
        return None
    return _hand_over(request, publication)


@csrf_protect
def _hand_over(request: HttpRequest, publication: Publication) -> HttpResponseBase:
    answer = published_page(publication).receive(request)
    return HttpResponseNotAllowed(["GET", "HEAD"]) if answer is None else answer


def _missing_slash(request: HttpRequest) -> HttpResponse | None:
    """Lead to another route of the host whose slash was left out, such as ``/admin``; Django's own redirect, made by
    CommonMiddleware, never sees one because every path is a route here."""
    if request.path_info.endswith("/") or not settings.APPEND_SLASH:
        return None
    try:
        found = resolve(f"{request.path_info}/", getattr(request, "urlconf", None))
    except Resolver404:
        return None
    if found.func is page_view:
        return None
    return HttpResponsePermanentRedirect(escape_leading_slashes(request.get_full_path(force_append_slash=True)))


def _unknown_call(request: HttpRequest) -> JsonResponse | None:
    """Answer as the REST interface does where a path below it is no route of it."""
    try:
        prefix = reverse("ai_cms_api:schema", getattr(request, "urlconf", None)).removesuffix("schema/")
    except NoReverseMatch:
        return None
    if prefix == "/" or not request.path.startswith(prefix):
        return None
    error = NotFound()
    return JsonResponse({"detail": str(error.detail), "code": error.code}, status=404)


def _is_cached_type(publication: Publication) -> bool:
    try:
        page_type = apps.get_model(publication.type)
    except LookupError:
        return True
    return bool(getattr(page_type, "html_cached", True))


def _serve(request: HttpRequest, publication: Publication) -> HttpResponseBase:
    """Serve stored HTML, rendering and storing it first when its key is not the present one."""
    keep(request, "page")
    key = html_key(publication)
    origin = f"{request.scheme}://{request.get_host()}"
    etag = f'"{hashlib.sha256(f"{key}{origin}".encode()).hexdigest()[:32]}"'
    modified = int(publication.modified_at.timestamp())
    early = get_conditional_response(request, etag=etag, last_modified=None)
    if early is not None and early.status_code == 304:
        return _headers(HttpResponseNotModified(), etag, modified)
    if publication.html_key != key:
        publication.html = render_publication(publication)
        _store(publication, key)
    return _headers(HttpResponse(publication.html.replace(ORIGIN, origin)), etag, modified)


_UNLOCKED = "id IN (SELECT id FROM ai_cms_pages_publication WHERE id = %s FOR UPDATE SKIP LOCKED)"


def _store(publication: Publication, key: str) -> None:
    """Keep rendered HTML, unless the publication was written anew meanwhile. A reader waits for no writer: where the
    database is busy, or read-only, the next visitor has it rendered again."""
    connection = connections[router.db_for_write(Publication)]
    guard = transaction.atomic(using=connection.alias) if connection.in_atomic_block else nullcontext()
    rows: QuerySet[Publication] = Publication.objects.using(connection.alias).filter(
        pk=publication.pk, version=publication.version, modified_at=publication.modified_at
    )
    try:
        with guard, without_waiting(connection):
            if connection.vendor == "postgresql":
                # A row that is being published is left alone: its new version has other HTML.
                rows = rows.extra(where=[_UNLOCKED], params=[publication.pk])  # noqa: S610 - a constant
            rows.update(html=publication.html, html_key=key)
    except DatabaseError:
        return


def _headers(response: HttpResponse, etag: str, modified: int) -> HttpResponse:
    response["ETag"] = etag
    response["Last-Modified"] = http_date(modified)
    seconds = pages_settings.PUBLIC_CACHE_SECONDS
    response["Cache-Control"] = f"public, max-age={seconds}" if seconds else "public, no-cache"
    vary_by_accept(response)
    return response


def page_not_found(request: HttpRequest) -> HttpResponse:
    """Answer 404 with the site's own page for it."""
    return render(request, "ai_cms/pages/404.html", {"site": site_of(request)}, status=404)


@require_safe
@xframe_options_sameorigin
def preview_view(request: HttpRequest, page_id: int) -> HttpResponse:
    """Show a draft to whoever may read it; ``?edit=1`` puts the editor's markers around the blocks."""
    # Asked of the rows, so that an answer about no page varies by the cookie as well.
    model = get_page_model()
    rows = get_policy(model).visible(Actor.from_request(request), model.objects.filter(pk=page_id))
    page = rows.first()
    if page is None:
        raise Http404
    return draft_response(request, page, mode="edit" if request.GET.get("edit") == "1" else "preview")


@require_safe
def preview_link_view(request: HttpRequest, token: str) -> HttpResponse:
    """Show a draft to whoever has a link that is good."""
    try:
        page = open_preview_link(token)
    except NotFound:
        response = page_not_found(request)
        response["Cache-Control"] = "private, no-store"
        # Django's own line about a 404 has the whole path in it, and with it the token.
        response._has_been_logged = True  # type: ignore[attr-defined]
        logger.warning("A preview link was refused: it is forged, expired or revoked, or its page is gone.")
        return response
    return draft_response(request, page, mode="preview")


def draft_response(request: HttpRequest, page: AbstractPage, *, mode: Mode = "preview") -> HttpResponse:
    """Answer with the draft of ``page``, for nobody but whoever asks: not kept, not indexed, its address not told on."""
    response = HttpResponse(render_draft(page, request, mode=mode))
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    patch_vary_headers(response, ["Cookie"])
    return response
