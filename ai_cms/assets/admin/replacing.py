"""The page that puts another file in an asset's place: first what that changes, then the change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from ai_cms.assets import get_image_model
from ai_cms.assets.pictures import address_of, best_rendition
from ai_cms.assets.services import StagedReplacement, replace_by_staged, stage_replacement
from ai_cms.assets.usage import usage_of
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor, policy_for

from .base import AssetsAdmin

if TYPE_CHECKING:
    from ..models import AbstractAsset

__all__ = ["replace_page"]


def replace_page(site: AssetsAdmin, request: HttpRequest, asset: AbstractAsset) -> HttpResponseBase:
    """Ask for a file, show what it changes and where, and replace the asset's file once that was seen."""
    actor = Actor.from_request(request)
    policy_for(asset).require(actor, "change", asset)
    file = request.FILES.get("file")
    staged = None
    if request.method == "POST":
        if request.POST.get("staged"):
            replace_by_staged(asset, request.POST["staged"], actor=actor)
            messages.success(request, _("The file of “%(title)s” was replaced.") % {"title": asset.title})
            return HttpResponseRedirect(site.link("change", asset.pk))
        if file is not None:
            staged = stage_replacement(asset, file, actor=actor, name=file.name or "")
        else:
            messages.error(request, _("Choose a file first."))
    usage = usage_of(asset)
    is_image = isinstance(asset, get_image_model())
    row = best_rendition(asset, up_to=960) if is_image else None
    return site.page(
        request,
        "replace",
        title=_("Replace the file of “%(title)s”") % {"title": asset.title},
        asset=asset,
        staged=staged,
        rows=list(_rows(staged.plan)) if staged else [],
        notes=list(_notes(staged)) if staged else [],
        old=address_of(asset, row) if row is not None else "",
        usage=usage,
        uses=site.uses(request, usage),
        crumbs=[
            (_("Assets"), site.link("changelist")),
            (asset.title, site.link("change", asset.pk)),
            (_("Replace"), ""),
        ],
        urls={"change": site.link("change", asset.pk), "replace": site.link("replace", asset.pk)},
    )


def _rows(plan: JsonObject) -> Iterator[tuple[str, str, str, bool]]:
    """Yield what is compared: its name, how it is, how it will be, and whether that differs."""
    before, after = _facts(plan["before"]), _facts(plan["after"])
    for name, value in after.items():
        yield name, before.get(name, ""), value, before.get(name) != value


def _facts(known: JsonObject) -> dict[str, str]:
    found = {_("Kind"): known["mime"], _("Size"): filesizeformat(known["size"])}
    if "width" in known:
        found[_("Pixels")] = f"{known['width']} \N{MULTIPLICATION SIGN} {known['height']}"
        found[_("Frames")] = str(known["frames"])
    elif known.get("duration"):
        found[_("Plays for, in seconds")] = f"{known['duration']:g}"
    return found


def _notes(staged: StagedReplacement) -> Iterator[str]:
    """Yield what people would not see in the numbers."""
    before, after = staged.plan["before"], staged.plan["after"]
    if staged.plan["same_file"]:
        yield _("It is the same file.")
        return
    if "width" not in after:
        return
    if abs(before["width"] / before["height"] - after["width"] / after["height"]) > 0.02:
        yield _("It has another shape: pages keep another place for it. Look at the focal point afterwards.")
    if after["width"] < before["width"] and after["height"] < before["height"]:
        yield _("It has fewer pixels than the one there is.")
    if before["frames"] > 1 >= after["frames"]:
        yield _("It does not move; the one there is does.")
