"""Published content, for everybody: a list, a page by id, a page by path.

These are the hot reads. For an anonymous visitor they are answered before REST framework wakes up; a request with credentials
takes the long way, so that a bad token is refused and the answer is marked private.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase, HttpResponseRedirectBase
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import http_date, urlencode
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param, replace_query_param

from ai_cms.core.api.errors import exception_handler
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.pagination import PageNumberPagination
from ai_cms.core.api.parsers import check_charset, check_query
from ai_cms.core.api.renderers import JSONRenderer
from ai_cms.core.api.viewsets import ServiceView
from ai_cms.core.exceptions import InvalidInput, NotFound
from ai_cms.core.lane import keep
from ai_cms.pages.addresses import url_prefix
from ai_cms.pages.api.publications import (
    ORDERINGS,
    Finder,
    Listing,
    clean_path,
    etag_of,
    object_text,
    on_site,
)
from ai_cms.pages.conf import pages_settings
from ai_cms.pages.counts import kept_counts
from ai_cms.pages.models import Redirect
from ai_cms.pages.outside import outside_in

from ..querysets import PageQuerySet
from .base import as_id
from .messages import required
from .page_filters import flag
from .serializers.content import ContentListSerializer, ContentSerializer

__all__ = ["ContentDetailView", "ContentFindView", "ContentListView"]

JSON = "application/json"


class PublicContentView(ServiceView):
    """Answer anonymous visitors directly, everybody else through REST framework; :meth:`answer` is the same for both."""

    public = True

    def answer(self, request: HttpRequest, **kwargs: object) -> HttpResponseBase:
        """Return the answer to a GET request."""
        raise NotImplementedError

    def outside(self, response: Any) -> str:
        # What is stored as text goes out as it is; only for agents is it read.
        return outside_in(json.loads(response.content)) if response.content else ""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> Any:
        if request.method not in ("GET", "HEAD") or _has_credentials(request):
            return super().dispatch(request, *args, **kwargs)
        try:
            check_charset(request.content_type or "")
            check_query(request)
            return self.answer(request, **kwargs)
        except Exception as error:
            refusal = exception_handler(error, {})
            if refusal is None:
                raise
        body = JSONRenderer().render(refusal.data)
        response = HttpResponse(body, status=refusal.status_code, content_type=JSON)
        if refusal.has_header("Retry-After"):
            response["Retry-After"] = refusal["Retry-After"]
        patch_cache_control(response, private=True, no_store=True)
        return response


def _has_credentials(request: HttpRequest) -> bool:
    return "HTTP_AUTHORIZATION" in request.META or settings.SESSION_COOKIE_NAME in request.COOKIES


def _public(response: HttpResponse, etag: str) -> HttpResponse:
    seconds = pages_settings.PUBLIC_CACHE_SECONDS
    response["ETag"] = etag
    response["Cache-Control"] = f"public, max-age={seconds}" if seconds else "public, no-cache"
    return response


def _one(request: HttpRequest, finder: Finder) -> HttpResponse:
    """Answer with what is found, or 304. Raises NotFound."""
    if "HTTP_IF_NONE_MATCH" in request.META or "HTTP_IF_MODIFIED_SINCE" in request.META:
        slim = finder.head()
        if slim is None:
            raise NotFound
        etag, modified = etag_of(*slim), int(slim[4].timestamp())
        early = get_conditional_response(request, etag=etag, last_modified=modified)
        if early is not None and early.status_code == 304:
            return _dated(HttpResponseNotModified(), etag, modified)
    row = finder.whole()
    if row is None:
        raise NotFound
    keep(request, "content")
    text = object_text(row[0], row[1], row[5], row[6], url_prefix())
    return _dated(HttpResponse(text, content_type=JSON), etag_of(*row[:5]), int(row[4].timestamp()))


def _dated(response: HttpResponse, etag: str, modified: int) -> HttpResponse:
    response["Last-Modified"] = http_date(modified)
    return _public(response, etag)


class ContentDetailView(PublicContentView):
    """A published page by the id of its page."""

    @extend_schema(
        operation_id="content_retrieve",
        summary="Read a published page",
        parameters=[OpenApiParameter("id", int, OpenApiParameter.PATH)],
        responses=ContentSerializer,
    )
    def get(self, request: Request, id: str) -> HttpResponseBase:
        return self.answer(request._request, id=id)

    def answer(self, request: HttpRequest, **kwargs: object) -> HttpResponseBase:
        return _one(request, Finder(page=as_id(kwargs["id"])))


class ContentFindView(PublicContentView):
    """A published page by its path."""

    @extend_schema(
        operation_id="content_find",
        summary="Find a published page by its path",
        description="On the site of the request's host. A path that a page left redirects to where it is now.",
        parameters=[OpenApiParameter("path", str, required=True, description="Such as /about/team/.")],
        responses={
            200: ContentSerializer,
            301: OpenApiResponse(description="The page has moved; Location finds it."),
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        return self.answer(request._request)

    def answer(self, request: HttpRequest, **kwargs: object) -> HttpResponseBase:
        raw = request.GET.get("path")
        if raw is None:
            raise InvalidInput(errors={"path": [required()]})
        path = clean_path(raw)
        if path is None:
            raise NotFound
        host = request.get_host()
        try:
            return _one(request, Finder.at(host, path))
        except NotFound:
            moved = _redirect(on_site(host), path)
            if moved is None:
                raise
        keep(request, "content")
        response = _Moved(f"{reverse('ai_cms_api:content-find')}?{urlencode({'path': moved[0]})}")
        response.status_code = 301 if moved[1] else 302
        return response


class _Moved(HttpResponseRedirectBase):
    status_code = 301


def _redirect(rows: PageQuerySet, path: str) -> tuple[str, bool] | None:
    """Return where the page is that was at ``path``, and whether for good; ``None`` if it is nowhere among ``rows``."""
    row = Redirect.objects.filter(old_path=path, page__publication__in=rows.order_by()).values_list(
        "page__publication__path", "permanent"
    )
    found: tuple[str, bool] | None = row.first()
    return found if found is not None and found[0] != path else None


class ContentListView(PublicContentView):
    """Published pages."""

    @extend_schema(
        operation_id="content_list",
        summary="List published pages",
        description=(
            "On the site of the request's host, the newest first. The values of one facet are alternatives, different "
            "facets must all fit. A search without ordering has the best first; one that finds nothing is tried again with "
            "words that are nearly the same."
        ),
        parameters=[
            OpenApiParameter("type", str, description="A page type."),
            OpenApiParameter("locale", str, description="A language code."),
            OpenApiParameter("under", str, description="The path or the id of a page: only what is below it."),
            OpenApiParameter("search", str, description="Words; the last one may be the beginning of a word."),
            OpenApiParameter("tags", str, description="A facet by its name; others by facet[name]. May be repeated."),
            OpenApiParameter("categories", str, description="As tags."),
            OpenApiParameter(
                "facet",
                {"type": "object", "additionalProperties": {"type": "string"}},
                style="deepObject",
                explode=True,
                description="facet[name]=value, for any list of words in the metadata of pages. May be repeated.",
            ),
            OpenApiParameter(
                "ordering",
                str,
                enum=[*ORDERINGS, *(f"-{name}" for name in ORDERINGS)],
                description="Default: -published.",
            ),
            OpenApiParameter("full", bool, description="With the whole document of each page."),
            OpenApiParameter("page", {"type": "integer", "minimum": 1}),
            OpenApiParameter(
                "page_size", {"type": "integer", "minimum": 1}, description="20 unless told, at most 100."
            ),
        ],
        responses=ContentListSerializer,
    )
    def get(self, request: Request) -> HttpResponseBase:
        return self.answer(request._request)

    def answer(self, request: HttpRequest, **kwargs: object) -> HttpResponseBase:
        parameters = request.GET
        full = flag(parameters, "full")
        size = PageNumberPagination().get_page_size(SimpleNamespace(query_params=parameters)) or 1  # type: ignore[arg-type]
        number = _page_number(parameters.get("page", "1"))
        listing = Listing(request.get_host(), parameters)
        start = (number - 1) * size
        found = listing.rows("body" if full else "summary", limit=size, offset=start)
        if not found and number > 1:
            raise NotFound
        # A page that is not full is the last one and needs no counting.
        count = start + len(found) if len(found) < size else _count(listing, found)
        here = request.build_absolute_uri()
        etag = etag_of(here, count, [row[:4] for row in found])
        early = get_conditional_response(request, etag=etag)
        if early is not None and early.status_code == 304:
            return _public(HttpResponseNotModified(), etag)
        if not parameters.get("search"):
            # What words are nearly the same is remembered for a while, whatever is written.
            keep(request, "list")
        prefix = url_prefix()
        results = ",".join(object_text(row[0], row[1], row[2], row[-1], prefix) for row in found)
        following = replace_query_param(here, "page", number + 1) if start + size < count else None
        links = json.dumps({"count": count, "next": following, "previous": _previous(here, number)})
        text = f'{links[:-1]},"results":[{results}]}}'
        return _public(HttpResponse(text, content_type=JSON), etag)


def _count(listing: Listing, found: list[Any]) -> int:
    """Return how many entries the list has: counted anew after each change of the site, and every ten seconds."""
    # The entries themselves are part of the key: two databases, or one put back, may share all the rest.
    key = (listing.key, repr([row[:6] for row in found]))
    counts = kept_counts()
    count: int | None = counts.get(key)
    if count is None:
        count = listing.count()
        counts.put(key, count)
    return count


def _page_number(raw: str) -> int:
    """Return the number of a page of the list. Raises NotFound for what no list has."""
    number = int(raw) if raw.isascii() and raw.isdecimal() and len(raw) <= 7 else 0
    if not number:
        raise NotFound
    return number


def _previous(here: str, number: int) -> str | None:
    if number <= 1:
        return None
    return remove_query_param(here, "page") if number == 2 else replace_query_param(here, "page", number - 1)
