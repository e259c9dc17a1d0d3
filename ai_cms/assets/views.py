"""The permanent addresses of assets, and signed ones."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from rest_framework.request import Request

from ai_cms.core.api.authentication import get_authenticators
from ai_cms.core.exceptions import NotFound, RequestRefused
from ai_cms.core.permissions import Actor, policy_for

from . import get_asset_model, get_image_model
from .delivery import deliver
from .links import open_link
from .models import AbstractAsset, Rendition
from .pictures import best_rendition
from .storage import PUBLIC, storage_of

__all__ = ["file_view", "media_view", "rendition_view", "signed_view"]

#: What lies in the public storage, by the endings that the server gave.
_PUBLIC_TYPES = {
    "avif": "image/avif", "flac": "audio/flac", "jpg": "image/jpeg", "m4a": "audio/mp4", "mov": "video/quicktime",
    "mp3": "audio/mpeg", "mp4": "video/mp4", "ogg": "audio/ogg", "pdf": "application/pdf", "png": "image/png",
    "svg": "image/svg+xml", "vtt": "text/vtt", "wav": "audio/wav", "webm": "video/webm", "webp": "image/webp",
    "woff": "font/woff", "woff2": "font/woff2",
}  # fmt: skip


@require_safe
def file_view(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Answer with an asset's file; of a picture with its largest size, with its original to those who may have that and ask.

    What is public leads on to the finished address. ``?original=1``: the file as it came. ``?download=1``: as a download.
    """
    asset = _asset(pk)
    wants_original = request.GET.get("original") == "1"
    if wants_original or not asset.is_public:
        _require(request, asset, "download" if wants_original else "view")
    if wants_original:
        return _answer(lambda: _send_original(request, asset, public=False))
    row = best_rendition(asset) if isinstance(asset, get_image_model()) else None
    address = row.url if row is not None else asset.url
    if asset.is_public and address and request.GET.get("download") != "1":
        response = HttpResponseRedirect(address)
        # The file may be replaced; where it leads to never changes.
        response["Cache-Control"] = "public, max-age=300"
        return response
    if isinstance(asset, get_image_model()):
        if row is None:
            raise Http404
        return _answer(lambda: _send_rendition(request, asset, row, public=asset.is_public))
    return _answer(lambda: _send_original(request, asset, public=asset.is_public))


@require_safe
def rendition_view(request: HttpRequest, pk: int, spec: str, format: str) -> HttpResponseBase:
    """Answer with one size of a picture that is private; a public one leads to its finished address."""
    asset = _asset(pk)
    if not asset.is_public:
        _require(request, asset, "view")
    row = _rendition(asset, spec, format)
    if row.url:
        response = HttpResponseRedirect(row.url)
        response["Cache-Control"] = "public, max-age=300"
        return response
    return _answer(lambda: _send_rendition(request, asset, row, public=asset.is_public))


@require_safe
def media_view(request: HttpRequest, name: str) -> HttpResponseBase:
    """Answer with a file of the public storage, for ever to be kept: its name stands for its content.

    For demonstrations and small sites, mounted where the storage says its files are fetched, such as
    ``path("media/<path:name>", media_view)``; a web server in front does it better.
    """
    mime = _PUBLIC_TYPES.get(name.rpartition(".")[2])
    if mime is None:
        raise Http404
    try:
        size = _public_size(name)
    except (OSError, SuspiciousOperation) as error:
        raise Http404 from error
    response = _answer(
        lambda: deliver(
            request,
            alias=PUBLIC,
            name=name,
            mime=mime,
            size=size,
            etag=hashlib.sha256(name.encode()).hexdigest()[:32],
            filename=name.rpartition("/")[2],
            modified=0,
            public=True,
        )
    )
    if response.status_code < 400:
        response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@require_safe
def signed_view(request: HttpRequest, token: str) -> HttpResponseBase:
    """Answer with the file that a signed address names, to whoever has it."""
    try:
        asset, name = open_link(token)
    except NotFound as error:
        raise Http404 from error
    if name:
        spec, _dot, format = name.partition(".")
        row = _rendition(asset, spec, format)
        return _answer(lambda: _send_rendition(request, asset, row, public=False))
    return _answer(lambda: _send_original(request, asset, public=False))


def _public_size(name: str) -> int:
    storage: Any = storage_of(PUBLIC)
    if not getattr(storage, "gzip", False):
        return int(storage.size(name))
    # A bucket that packs what it keeps gives the size of the packed file, and reads the whole one.
    with storage.open(name, "rb") as file:
        return int(file.seek(0, 2))


def _asset(pk: int) -> AbstractAsset:
    asset: AbstractAsset | None = get_asset_model().objects.filter(pk=pk).first() if pk < 2**63 else None
    if asset is None:
        raise Http404
    return asset


def _require(request: HttpRequest, asset: AbstractAsset, action: str) -> None:
    # Unseen and forbidden are one answer here: whoever has no right learns nothing.
    if not policy_for(asset).can(_actor(request), action, asset):
        raise Http404


def _actor(request: HttpRequest) -> Actor:
    """Return who asks: by the session, or by what an API client proves itself with."""
    if "HTTP_AUTHORIZATION" not in request.META:
        return Actor.from_request(request)
    wrapped = Request(request, authenticators=get_authenticators())
    try:
        return Actor.from_request(wrapped)
    # Whatever is wrong with the credentials, they open nothing.
    except Exception:
        return Actor.anonymous()


def _rendition(asset: AbstractAsset, spec: str, format: str) -> Rendition:
    row = asset.renditions.filter(spec=spec, format=format).first()
    if row is None:
        raise Http404
    found: Rendition = row
    return found


def _send_original(request: HttpRequest, asset: AbstractAsset, *, public: bool) -> HttpResponseBase:
    is_image = isinstance(asset, get_image_model())
    return deliver(
        request,
        alias=asset.stored_in,
        name=asset.stored_name,
        mime=asset.mime,
        size=asset.size,
        etag=asset.sha256[:32],
        filename=asset.name,
        modified=asset.updated_at.timestamp(),
        public=public,
        # The original of a picture is somebody's bytes, metadata and all; nobody but a picture viewer need open it.
        download=is_image or request.GET.get("download") == "1",
    )


def _send_rendition(request: HttpRequest, asset: AbstractAsset, row: Rendition, *, public: bool) -> HttpResponseBase:
    return deliver(
        request,
        alias=row.stored_in,
        name=row.stored_name,
        mime=row.mime,
        size=row.size,
        etag=row.key,
        filename=f"{asset.title}.{row.format}",
        modified=row.created_at.timestamp(),
        public=public,
        download=request.GET.get("download") == "1",
    )


def _answer(send: Any) -> HttpResponseBase:
    """Return what ``send`` answers; a storage that is down is 503 here too, never a page of the site."""
    try:
        response: HttpResponseBase = send()
    except NotFound as error:
        raise Http404 from error
    except RequestRefused as error:
        response = HttpResponse(error.detail, status=error.status_code, content_type="text/plain; charset=utf-8")
        response["Cache-Control"] = "private, no-store"
        if error.retry_after is not None:
            response["Retry-After"] = str(error.retry_after)
    return response
