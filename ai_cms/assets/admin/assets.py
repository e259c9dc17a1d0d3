"""The grid, the page of one asset, uploads, the picker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from ai_cms.assets import get_asset_model, get_folder_model, get_image_model
from ai_cms.assets.admin_panels import panels_for
from ai_cms.assets.forms import AssetForm
from ai_cms.assets.models import AbstractAsset, AbstractImage, Rendition
from ai_cms.assets.pictures import address_of, best_rendition, rendition_of
from ai_cms.assets.querysets import AssetQuerySet, real
from ai_cms.assets.services import (
    BULK_ACTIONS,
    accept_alt_text,
    can_crop,
    change_several,
    delete_asset,
    refuse_alt_text,
    update_asset,
    upload_asset,
)
from ai_cms.assets.usage import in_words, usage_counts, usage_of
from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.mappings import TemplateContext
from ai_cms.core.permissions import Actor, policy_for

from .base import AssetsAdmin, explain
from .cropping import crop_page
from .replacing import replace_page

if TYPE_CHECKING:
    from ..models import AbstractAsset

__all__ = ["AssetAdmin"]

PER_PAGE = 48
_MOST_SELECTED = 500


class AssetAdmin(AssetsAdmin):
    """Assets."""

    def get_urls(self) -> list[URLPattern]:
        meta = self.opts
        views: list[tuple[str, Any, str]] = [
            ("", self.grid, "changelist"),
            ("add/", self.add, "add"),
            ("upload/", require_POST(self.upload), "upload"),
            ("picker/", self.picker, "picker"),
            ("missing-texts/", self.queue, "queue"),
            ("<int:pk>/change/", self.detail, "change"),
            ("<int:pk>/crop/", self.crop, "crop"),
            ("<int:pk>/replace/", self.replace, "replace"),
            ("<int:pk>/delete/", self.delete, "delete"),
        ]
        return [
            path(route, self.guarded(view), name=f"{meta.app_label}_{meta.model_name}_{name}")
            for route, view, name in views
        ]

    def grid(self, request: HttpRequest) -> HttpResponseBase:
        """Show assets as a grid; a POST does something to those selected."""
        if request.method == "POST":
            return self._bulk(request)
        return self.page(request, "grid", title=_("Assets"), **self._listing(request))

    def picker(self, request: HttpRequest) -> HttpResponseBase:
        """Show the grid to choose one from, for the window that opened this one."""
        return self.page(request, "picker", title=_("Choose a file"), is_popup=True, **self._listing(request))

    def add(self, request: HttpRequest) -> HttpResponseBase:
        return HttpResponseRedirect(self.link("changelist"))

    def upload(self, request: HttpRequest) -> HttpResponseBase:
        """Take one file in and answer with its card; the page's script sends each file by itself, to show how far it is."""
        file = request.FILES.get("file")
        wants_json = request.headers.get("Accept", "").startswith("application/json")
        folder = request.POST.get("folder", "")
        back = f"{self.link('changelist')}?folder={int(folder)}" if folder.isdecimal() else self.link("changelist")
        if file is None:
            if wants_json:
                return JsonResponse({"error": _("Choose a file first.")}, status=400)
            messages.error(request, _("Choose a file first."))
            return HttpResponseRedirect(back)
        try:
            uploaded = upload_asset(
                file,
                actor=Actor.from_request(request),
                name=file.name or "",
                folder=int(folder) if folder.isdecimal() else None,
            )
        except RequestRefused as error:
            if not wants_json:
                messages.error(request, f"{file.name}: {explain(error)}")
                return HttpResponseRedirect(back)
            return JsonResponse({"error": explain(error)}, status=error.status_code)
        if wants_json:
            return JsonResponse({"id": uploaded.asset.pk, "created": uploaded.created, "title": uploaded.asset.title})
        said = _("“%(title)s” was uploaded.") if uploaded.created else _("You have this file already: “%(title)s”.")
        messages.success(request, said % {"title": uploaded.asset.title})
        return HttpResponseRedirect(back)

    def detail(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Show and change what is known of an asset."""
        asset = self.asset(request, pk)
        actor = Actor.from_request(request)
        may_change = policy_for(asset).can(actor, "change", asset)
        may_download = policy_for(asset).can(actor, "download", asset)
        folders = self.visible(request, get_folder_model().objects.select_related("parent"))
        folders = folders.filter(owner=asset.owner)
        form = AssetForm(request.POST or None, asset=asset, folders=folders)
        if request.method == "POST":
            if request.POST.get("suggestion") and isinstance(asset, get_image_model()):
                return self._suggestion(request, asset)
            if form.is_valid():
                update_asset(asset, actor=actor, **form.values())
                messages.success(request, _("“%(title)s” was saved.") % {"title": asset.title})
                return HttpResponseRedirect(self.link("change", pk))
        usage = usage_of(asset)
        return self.page(
            request,
            "detail",
            title=asset.title,
            asset=asset,
            is_image=isinstance(asset, get_image_model()),
            preview=_address(asset, best_rendition(asset, up_to=1600)),
            form=form,
            may_change=may_change,
            may_download=may_download,
            usage=usage,
            uses=self.uses(request, usage),
            may_crop=can_crop(asset) and may_download and policy_for(asset).can(actor, "add"),
            renditions=sorted(asset.renditions.all(), key=lambda row: (row.format, row.width)),
            crumbs=[(_("Assets"), self.link("changelist")), (asset.title, "")],
            urls={name: self.link(name, pk) for name in ("change", "crop", "replace", "delete")},
        )

    def crop(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Cut a part out of a picture, as a picture of its own."""
        return crop_page(self, request, self.asset(request, pk))

    def replace(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Put another file in the asset's place, once the user has seen what that changes."""
        return replace_page(self, request, self.asset(request, pk))

    def delete(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Delete an asset once the user has seen where it is used."""
        asset = self.asset(request, pk)
        actor = Actor.from_request(request)
        policy_for(asset).require(actor, "delete", asset)
        if request.method == "POST":
            delete_asset(asset, actor=actor, force=request.POST.get("force") == "1")
            messages.success(request, _("“%(title)s” was deleted.") % {"title": asset.title})
            return HttpResponseRedirect(self.link("changelist"))
        usage = usage_of(asset)
        return self.page(
            request,
            "delete",
            title=_("Delete “%(title)s”?") % {"title": asset.title},
            asset=asset,
            card=_card(asset, self.link("change", pk), usage.counts()),
            usage=usage,
            uses=self.uses(request, usage),
            crumbs=[(_("Assets"), self.link("changelist")), (asset.title, self.link("change", pk)), (_("Delete"), "")],
            urls={"change": self.link("change", pk)},
        )

    def queue(self, request: HttpRequest) -> HttpResponseBase:
        """Show the pictures that lack an alternative text, one field each; a POST saves what was written."""
        rows = self.visible(request, get_image_model().objects.non_polymorphic()).without_alt()
        rows = rows.prefetch_related("renditions").order_by("-created_at", "-pk")
        actor = Actor.from_request(request)
        if request.method == "POST":
            return self._save_texts(request, rows, actor)
        found = [row for row in rows[:PER_PAGE] if policy_for(row).can(actor, "change", row)]
        cards = [
            {
                "asset": row,
                "thumb": _address(row, rendition_of(row, "card") or best_rendition(row)),
                "text": (row.alt_suggestion or {}).get("text", ""),
            }
            for row in found
        ]
        crumbs = [(_("Assets"), self.link("changelist")), (_("Missing texts"), "")]
        return self.page(
            request,
            "queue",
            title=_("Pictures without a text"),
            cards=cards,
            total=rows.count(),
            panels=panels_for(request),
            crumbs=crumbs,
        )

    def _save_texts(self, request: HttpRequest, rows: AssetQuerySet, actor: Actor) -> HttpResponseBase:
        saved = refused = 0
        for name, value in request.POST.items():
            kind, _dash, key = name.partition("-")
            if kind not in ("alt", "decorative", "refuse") or not key.isdecimal() or not str(value).strip():
                continue
            image = get_image_model().objects.filter(pk__in=rows.values("pk"), pk=int(key)).first()
            if image is None:
                continue
            if f"refuse-{key}" in request.POST and kind != "decorative":
                # What stands in the field is what is refused.
                refuse_alt_text(image, actor=actor)
                refused += kind == "refuse"
                continue
            if kind == "alt":
                accept_alt_text(image, actor=actor, text=str(value))
            else:
                update_asset(image, actor=actor, decorative=True)
            saved += 1
        said = ngettext("%(number)d picture has its text now.", "%(number)d pictures have their texts now.", saved)
        messages.success(request, said % {"number": saved})
        if refused:
            said = ngettext("%(number)d proposal was put away.", "%(number)d proposals were put away.", refused)
            messages.success(request, said % {"number": refused})
        return HttpResponseRedirect(self.link("queue"))

    def _suggestion(self, request: HttpRequest, image: AbstractImage) -> HttpResponseBase:
        actor = Actor.from_request(request)
        if request.POST["suggestion"] == "accept":
            accept_alt_text(image, actor=actor)
        else:
            refuse_alt_text(image, actor=actor)
        return HttpResponseRedirect(self.link("change", image.pk))

    def _bulk(self, request: HttpRequest) -> HttpResponseBase:
        actor = Actor.from_request(request)
        pks = [int(key) for key in request.POST.getlist("selected")[:_MOST_SELECTED] if key.isdecimal()]
        back = HttpResponseRedirect(request.get_full_path())
        if not pks:
            messages.warning(request, _("Select files first."))
            return back
        action = request.POST.get("action", "")
        if action not in BULK_ACTIONS:
            return back
        folder = request.POST.get("folder", "")
        results = change_several(
            pks,
            action,
            actor=actor,
            folder=int(folder) if folder.isdecimal() else None,
            tags=request.POST.get("tags", "").split(","),
        )
        for result in results:
            if result.error is not None:
                messages.warning(request, f"{result.title or result.pk}: {explain(result.error)}")
        number = sum(result.error is None for result in results)
        said = ngettext("%(number)d file was changed.", "%(number)d files were changed.", number)
        if number:
            messages.success(request, said % {"number": number})
        return back

    def _listing(self, request: HttpRequest) -> TemplateContext:
        query = request.GET
        rows = self.visible(request, get_asset_model().objects.shown()).order_by("-created_at", "-pk")
        folders = self.visible(request, get_folder_model().objects.select_related("parent"))
        folders = list(folders.order_by("name", "pk"))
        folder = next((row for row in folders if str(row.pk) == query.get("folder")), None)
        words = query.get("q", "").replace("\x00", "")[:200]
        if words:
            rows = rows.found_by(words)
        elif folder is not None:
            rows = rows.filter(folder=folder)
        kind = query.get("kind", "")
        pictures = get_image_model().objects.non_polymorphic().values("pk")
        if kind == "image":
            rows = rows.filter(pk__in=pictures)
        elif kind == "file":
            rows = rows.exclude(pk__in=pictures)
        page = Paginator(rows, PER_PAGE).get_page(query.get("p", "1"))
        usage = usage_counts(page)
        keep = query.copy()
        keep.pop("p", None)
        return {
            "cards": [_card(row, self.link("change", row.pk), usage[row.pk]) for row in page],
            "pages": page,
            "query": keep.urlencode(),
            "words": words,
            "kind": kind,
            "folder": folder,
            "folders": folders,
            "inside": [] if words else [row for row in folders if row.parent == folder],
            "folders_url": self.folders_link(),
            "kinds": [("", _("All")), ("image", _("Pictures")), ("file", _("Other files"))],
        }


def _card(row: AbstractAsset, url: str, usage: dict[str, int]) -> TemplateContext:
    asset = real(row)
    thumb = rendition_of(asset, "card") or best_rendition(asset)
    return {
        "asset": asset,
        "url": url,
        "thumb": _address(asset, thumb),
        "usage": in_words(usage),
        "is_image": isinstance(asset, get_image_model()),
    }


def _address(asset: AbstractAsset, row: Rendition | None) -> str:
    return address_of(asset, row) if row is not None else ""
