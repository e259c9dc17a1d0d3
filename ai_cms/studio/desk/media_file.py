"""One file of the media library: what is known of it, where it is used, and its end."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _

from ai_cms.assets import get_asset_model, get_folder_model, get_image_model
from ai_cms.assets.forms import AssetForm
from ai_cms.assets.models import AbstractAsset
from ai_cms.assets.pictures import address_of, best_rendition
from ai_cms.assets.services import accept_alt_text, delete_asset, refuse_alt_text, update_asset
from ai_cms.assets.usage import usage_of
from ai_cms.core.exceptions import NotFound, PermissionRefused, RequestRefused
from ai_cms.core.permissions import get_policy, policy_for
from ai_cms.core.web import refusal_texts

from ..links import edit_url, link
from .base import DeskView

__all__ = ["AssetView", "DeleteAssetView"]


class AssetPage(DeskView):
    """A view of one file."""

    room = "media"

    def asset(self, pk: int, action: str = "view") -> Any:
        """Return a file that the person may do ``action`` to. Raises NotFound, PermissionRefused."""
        rows = get_asset_model().objects.prefetch_related("tags", "renditions")
        found: AbstractAsset | None = get_policy(rows.model).visible(self.actor, rows).filter(pk=pk).first()
        if found is None:
            raise NotFound
        policy_for(found).require(self.actor, action, found)
        return found

    def uses(self, asset: AbstractAsset) -> list[dict[str, str]]:
        """Return the uses that the person may see, with where each is edited."""
        found = []
        for use in usage_of(asset).seen_by(self.actor):
            page = getattr(use.target, "page", use.target)
            may = policy_for(page).can(self.actor, "change", page)
            kind = _("on the site") if use.kind == "publication" else _("in a draft")
            found.append({"label": use.label, "kind": kind, "url": edit_url(page.pk) if may else use.url})
        return found


# Another visibility moves files in a storage; no transaction of a host's may be held meanwhile.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class AssetView(AssetPage):
    """What is known of a file, to read or to change."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        asset = self.asset(pk)
        return self._show(asset, self._form(asset, None))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        asset = self.asset(pk, "change")
        here = link("asset", pk)
        suggestion = request.POST.get("suggestion", "")
        form = self._form(asset, request.POST)
        try:
            if suggestion and isinstance(asset, get_image_model()):
                (accept_alt_text if suggestion == "accept" else refuse_alt_text)(asset, actor=self.actor)
                return self.told(_("Done."), then=here)
            if form.is_valid():
                update_asset(asset, actor=self.actor, **form.values())
                return self.told(_("“%(title)s” was saved.") % {"title": form.cleaned_data["title"]}, then=here)
        except (NotFound, PermissionRefused):
            raise
        except RequestRefused as error:
            for name, texts in refusal_texts(error).items():
                form.add_error(name if name in form.fields else None, texts)
        return self._show(asset, form)

    def _form(self, asset: Any, data: Any) -> AssetForm:
        folders = get_policy(get_folder_model()).visible(
            self.actor, get_folder_model().objects.select_related("parent")
        )
        return AssetForm(data, asset=asset, folders=folders.filter(owner=asset.owner))

    def _show(self, asset: Any, form: AssetForm) -> HttpResponse:
        is_image = isinstance(asset, get_image_model())
        form.label_suffix = ""
        preview = best_rendition(asset, up_to=1600)
        return self.show(
            "asset.html",
            asset.title,
            asset=asset,
            is_image=is_image,
            preview=address_of(asset, preview) if preview is not None else "",
            file=address_of(asset),
            form=form,
            suggestion=(asset.alt_suggestion or {}).get("text", "") if is_image else "",
            uses=self.uses(asset),
            may_change=policy_for(asset).can(self.actor, "change", asset),
            may_delete=policy_for(asset).can(self.actor, "delete", asset),
            may_download=policy_for(asset).can(self.actor, "download", asset),
            back=link("media", folder=asset.folder_id),
        )


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class DeleteAssetView(AssetPage):
    """Delete a file once one has seen where it is used: there is no bin for files."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        asset = self.asset(pk, "delete")
        if "confirmed" not in request.POST:
            uses = self.uses(asset)
            total = usage_of(asset).total
            question = _("The file goes for good; this cannot be undone.")
            if total:
                question += " " + _("Pages that use it show a gap from then on.")
            return self.ask(
                question,
                title=_("Delete “%(title)s”?") % {"title": asset.title},
                submit=_("Delete for good"),
                back=link("asset", pk),
                danger=True,
                named=[f"{use['label']} ({use['kind']})" for use in uses[:12]],
                more_named=max(0, total - len(uses[:12])),
            )
        then = link("media", folder=asset.folder_id)
        try:
            delete_asset(asset, actor=self.actor, force=True)
        except RequestRefused as error:
            return self.not_done(error, then=link("asset", pk))
        return self.told(_("“%(title)s” was deleted.") % {"title": asset.title}, then=then)
