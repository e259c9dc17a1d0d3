"""The page that cuts a part out of a picture: by numbers, by shape, or by dragging, where scripts run."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai_cms.assets.imaging.geometry import Part, shaped_part
from ai_cms.assets.models import AbstractImage
from ai_cms.assets.pictures import address_of, best_rendition
from ai_cms.assets.services import can_crop, crop_image
from ai_cms.core.exceptions import NotFound, RequestRefused
from ai_cms.core.mappings import CleanedData
from ai_cms.core.permissions import Actor, policy_for

from .base import AssetsAdmin, explain

__all__ = ["CropForm", "crop_page"]

_SHAPES = [(1, 1), (4, 3), (3, 2), (16, 9), (3, 4), (2, 3), (9, 16)]


class CropForm(forms.Form):
    """The part to keep, in pixels of the original as it is seen."""

    shape = forms.ChoiceField(label=gettext_lazy("Shape"), required=False)
    left = forms.IntegerField(label=gettext_lazy("From the left"), min_value=0)
    top = forms.IntegerField(label=gettext_lazy("From the top"), min_value=0)
    width = forms.IntegerField(label=gettext_lazy("Width"), min_value=1)
    height = forms.IntegerField(label=gettext_lazy("Height"), min_value=1)
    title = forms.CharField(label=gettext_lazy("Title of the copy"), max_length=255)

    def __init__(self, data: QueryDict | None = None, *, image: AbstractImage) -> None:
        self.image = image
        initial: dict[str, int | str] = {"left": 0, "top": 0, "width": image.width, "height": image.height}
        initial["title"] = (_("%(title)s (part)") % {"title": image.title})[:255]
        super().__init__(data, initial=initial)
        own = (f"{image.width}:{image.height}", _("As the picture"))
        shape: Any = self.fields["shape"]
        shape.choices = [("", _("Free")), own, *((f"{wide}:{high}", f"{wide} : {high}") for wide, high in _SHAPES)]
        for name, most in (
            ("left", image.width),
            ("top", image.height),
            ("width", image.width),
            ("height", image.height),
        ):
            self.fields[name].widget.attrs |= {"max": most, "step": 1, "inputmode": "numeric"}

    def clean(self) -> CleanedData:
        found = super().clean() or {}
        if any(name in self.errors for name in ("shape", "left", "top", "width", "height")):
            return found
        part: Part = (found["left"], found["top"], found["width"], found["height"])
        for start, length, most in (("left", "width", self.image.width), ("top", "height", self.image.height)):
            if found[start] >= most:
                self.add_error(start, _("The picture ends at %(most)d.") % {"most": most})
            elif found[start] + found[length] > most:
                self.add_error(length, _("The picture ends at %(most)d.") % {"most": most})
        wide, _colon, high = found["shape"].partition(":")
        # Without the page's script the numbers may be of another shape than the one that was chosen.
        if high and not self.errors and abs(part[2] - part[3] * int(wide) / int(high)) > 1:
            focal = (self.image.focal_x, self.image.focal_y)
            part = shaped_part(part, int(wide) / int(high), self.image.width, self.image.height, focal)
            found |= dict(zip(("left", "top", "width", "height"), part, strict=True))
            self.data = {**{name: self.data[name] for name in self.data}, **found}
        return found

    def part(self) -> Part:
        """Return what the numbers say, as far as they say something: the whole picture, where they do not."""
        whole: Part = (0, 0, self.image.width, self.image.height)
        if not self.is_bound or not self.is_valid():
            return whole
        values = self.cleaned_data
        return values["left"], values["top"], values["width"], values["height"]


def crop_page(site: AssetsAdmin, request: HttpRequest, image: Any) -> HttpResponseBase:
    """Show the picture with the part to keep; a POST shows it anew, or makes the copy. The picture itself stays as it is."""
    actor = Actor.from_request(request)
    policy_for(image).require(actor, "download", image)
    policy_for(image).require(actor, "add")
    change = site.link("change", image.pk)
    if not can_crop(image):
        messages.warning(request, _("Drawings, animations and files that are no pictures cannot be cropped."))
        return HttpResponseRedirect(change)
    form = CropForm(request.POST or None, image=image)
    if request.method == "POST" and "save" in request.POST and form.is_valid():
        left, top, width, height = form.part()
        try:
            made = crop_image(
                image,
                actor=actor,
                x=left / image.width,
                y=top / image.height,
                width=width / image.width,
                height=height / image.height,
                title=form.cleaned_data["title"],
            )
        except NotFound:
            raise
        except RequestRefused as error:
            # What was typed stays in the page.
            form.add_error(None, explain(error))
        else:
            said = _("“%(title)s” was made.") if made.created else _("You have this file already: “%(title)s”.")
            messages.success(request, said % {"title": made.asset.title})
            return HttpResponseRedirect(site.link("change", made.asset.pk))
    row = best_rendition(image, up_to=1600)
    part = form.part()
    return site.page(
        request,
        "crop",
        title=_("Crop “%(title)s”") % {"title": image.title},
        asset=image,
        form=form,
        part=dict(zip(("left", "top", "width", "height"), part, strict=True)),
        preview=address_of(image, row) if row is not None else f"{image.permalink}?original=1",
        crumbs=[(_("Assets"), site.link("changelist")), (image.title, change), (_("Crop"), "")],
        urls={"change": change},
    )
