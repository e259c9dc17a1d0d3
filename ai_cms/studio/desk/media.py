"""The media library: a grid with folders, search and upload; where assets are installed."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai_cms.assets import get_asset_model, get_folder_model, get_image_model
from ai_cms.assets.models import AbstractAsset
from ai_cms.assets.pictures import address_of, best_rendition, rendition_of
from ai_cms.assets.querysets import real
from ai_cms.assets.services import create_folder, upload_asset
from ai_cms.assets.usage import in_words, usage_counts
from ai_cms.core.exceptions import NotFound, RequestRefused
from ai_cms.core.permissions import Actor, get_policy

from ..frame import wants_json
from ..links import link
from ..registry import Finder, Found, Line, Panel, Room, Waiting, finders, panels, rooms
from .base import DeskView, key_of, sentences
from .media_file import AssetView, DeleteAssetView

__all__ = ["FolderView", "MediaView", "UploadView", "furnish_media", "media_routes"]

PER_PAGE = 48
KINDS = {"": gettext_lazy("All"), "image": gettext_lazy("Pictures"), "file": gettext_lazy("Other files")}


def visible(actor: Actor, rows: Any) -> Any:
    """Return the rows of assets or folders that the actor may see."""
    return get_policy(rows.model).visible(actor, rows)


def thumb_of(asset: AbstractAsset) -> str:
    """Return the address of a small picture of an asset, "" for what has none."""
    row = rendition_of(asset, "card") or best_rendition(asset)
    return address_of(asset, row) if row is not None else ""


def card_of(row: AbstractAsset, usage: str = "") -> dict[str, Any]:
    """Return what the grid shows of an asset."""
    asset = real(row)
    is_image = isinstance(asset, get_image_model())
    return {
        "asset": asset,
        "thumb": thumb_of(asset),
        "is_image": is_image,
        "lacks_text": is_image and not asset.alt and not asset.decorative,
        "usage": usage,
    }


class MediaView(DeskView):
    """The files, the newest first, those of a folder, or those that fit."""

    room = "media"

    def get(self, request: HttpRequest) -> HttpResponse:
        query = request.GET
        words = query.get("q", "").replace("\x00", "")[:200].strip()
        kind = query.get("kind", "") if query.get("kind", "") in KINDS else ""
        folders = list(visible(self.actor, get_folder_model().objects.all()).order_by("name", "pk"))
        folder = next((row for row in folders if str(row.pk) == query.get("folder")), None)
        if query.get("folder") and folder is None:
            raise NotFound
        rows = visible(self.actor, get_asset_model().objects.shown()).order_by("-created_at", "-pk")
        if words:
            rows = rows.found_by(words)
        elif folder is not None:
            rows = rows.filter(folder=folder)
        pictures = get_image_model().objects.non_polymorphic()
        if query.get("alt") == "missing":
            rows = rows.filter(pk__in=pictures.without_alt().values("pk"))
        elif kind == "image":
            rows = rows.filter(pk__in=pictures.values("pk"))
        elif kind == "file":
            rows = rows.exclude(pk__in=pictures.values("pk"))
        page = Paginator(rows, PER_PAGE).get_page(query.get("page"))
        usage = usage_counts(page)
        kept = query.copy()
        kept.pop("page", None)
        return self.show(
            "media.html",
            folder.name if folder is not None and not words else _("Media"),
            cards=[card_of(row, in_words(usage[row.pk])) for row in page],
            pages=page,
            query=kept.urlencode(),
            words=words,
            kind=kind,
            missing=query.get("alt") == "missing",
            kinds=[{"value": value, "label": label, "here": value == kind} for value, label in KINDS.items()],
            folder=folder,
            above=next((row for row in folders if folder is not None and row.pk == folder.parent_id), None),
            inside=[]
            if words
            else [row for row in folders if row.parent_id == (folder.pk if folder is not None else None)],
            may_add=get_policy(get_asset_model()).can(self.actor, "add"),
        )


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class UploadView(DeskView):
    """Take files in. A script sends each by itself, as ``file``, and reads ``{"id", "title", "created", "url"}``."""

    room = "media"

    def post(self, request: HttpRequest) -> HttpResponse:
        folder = key_of(request.POST.get("folder", ""))
        then = link("media", folder=folder)
        files = request.FILES.getlist("file")
        if not files:
            return self.not_done(RequestRefused(_("Choose a file first.")), then=then)
        titles = []
        for file in files:
            try:
                uploaded = upload_asset(file, actor=self.actor, name=file.name or "", folder=folder)
            except RequestRefused as error:
                # What came before it is kept: its name says which was not.
                refusal = RequestRefused(f"{file.name}: {sentences(error)}", code=error.code)
                return self.not_done(refusal, then=then)
            titles.append(uploaded.asset.title)
            if wants_json(request):
                body = {"id": uploaded.asset.pk, "title": uploaded.asset.title, "created": uploaded.created}
                return JsonResponse({**body, "url": link("asset", uploaded.asset.pk)}, status=201)
        return self.told(_("Uploaded: %(titles)s") % {"titles": ", ".join(titles)}, then=then)


class FolderView(DeskView):
    """Make a folder."""

    room = "media"

    def post(self, request: HttpRequest) -> HttpResponse:
        parent = key_of(request.POST.get("folder", ""))
        try:
            made = create_folder(request.POST.get("name", "").strip()[:100], actor=self.actor, parent=parent)
        except RequestRefused as error:
            return self.not_done(error, then=link("media", folder=parent))
        return self.told(_("The folder “%(name)s” is there.") % {"name": made.name}, then=link("media", folder=made.pk))


def _find(request: HttpRequest, words: str, limit: int) -> list[Found]:
    if not words:
        return []
    rows = visible(Actor.from_request(request), get_asset_model().objects.non_polymorphic())
    found = rows.found_by(words).order_by("-created_at", "-pk")[:limit]
    return [Found(row.title, link("asset", row.pk), row.name, "image") for row in found]


def _without_text(request: HttpRequest, limit: int) -> Waiting:
    """Return the pictures of the person that lack an alternative text."""
    rows = get_image_model().objects.non_polymorphic().without_alt().filter(owner=request.user.pk)
    found = rows.order_by("-created_at", "-pk")
    lines = [
        Line(
            title=row.title,
            url=f"{link('asset', row.pk)}#id_alt",
            detail=row.name,
            action=_("Describe"),
            when=row.created_at,
        )
        for row in found[:limit]
    ]
    return Waiting(lines, found.count() if len(lines) == limit else len(lines), link("media", alt="missing"))


def furnish_media() -> None:
    """Register what the studio shows of assets; called when the apps are ready."""
    rooms.register("media", Room(gettext_lazy("Media"), "image", "ai_cms_studio:media"))
    finders.register("media", Finder(gettext_lazy("Media"), _find))
    panels.register(
        "pictures", Panel(title=gettext_lazy("Pictures without a text"), icon="image", waiting=_without_text)
    )


media_routes: list[URLPattern] = [
    path("media/", MediaView.as_view(), name="media"),
    path("media/upload/", UploadView.as_view(), name="upload"),
    path("media/folders/", FolderView.as_view(), name="folder"),
    path("media/<int:pk>/", AssetView.as_view(), name="asset"),
    path("media/<int:pk>/delete/", DeleteAssetView.as_view(), name="asset-delete"),
]
