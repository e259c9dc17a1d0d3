"""Forms of the asset admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from ai_cms.assets import get_image_model
from ai_cms.assets.models import AbstractFolder, Visibility
from ai_cms.core.mappings import CleanedData

__all__ = ["AssetForm", "FolderChoice"]


class FolderChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A folder by its whole path."""

    def label_from_instance(self, obj: AbstractFolder) -> str:
        names, current = [obj.name], obj.parent
        while current is not None and len(names) < 30:
            names.append(current.name)
            current = current.parent
        return " / ".join(reversed(names))


class AssetForm(forms.Form):
    """What people say of an asset."""

    title = forms.CharField(label=_("Title"), max_length=255)
    alt = forms.CharField(
        label=_("Alternative text"),
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("What the picture shows, for those who do not see it."),
    )
    decorative = forms.BooleanField(
        label=_("Only decoration"), required=False, help_text=_("Screen readers then skip the picture.")
    )
    caption = forms.CharField(label=_("Caption"), max_length=2_000, required=False, widget=forms.Textarea({"rows": 2}))
    credit = forms.CharField(
        label=_("Credit"), max_length=255, required=False, help_text=_("Who made it, and under which licence.")
    )
    tags = forms.CharField(
        label=_("Tags"), max_length=2_000, required=False, help_text=_("Words, with commas between.")
    )
    visibility = forms.ChoiceField(
        label=_("Visibility"),
        choices=Visibility.choices,
        help_text=_("Whether everybody may fetch the file, or only you and staff."),
    )
    focal_x = forms.FloatField(
        label=_("Focal point, % from the left"), min_value=0, max_value=100, widget=forms.NumberInput({"step": "0.1"})
    )
    focal_y = forms.FloatField(
        label=_("Focal point, % from the top"), min_value=0, max_value=100, widget=forms.NumberInput({"step": "0.1"})
    )

    def __init__(self, data: QueryDict | None = None, *, asset: Any, folders: QuerySet[AbstractFolder]) -> None:
        is_image = isinstance(asset, get_image_model())
        initial = {name: getattr(asset, name) for name in ("title", "caption", "credit", "visibility", "folder")}
        initial["tags"] = ", ".join(tag.word for tag in asset.tags.all())
        if is_image:
            initial |= {"alt": asset.alt, "decorative": asset.decorative}
            initial |= {name: round(getattr(asset, name) * 100, 1) for name in ("focal_x", "focal_y")}
        super().__init__(data, initial=initial)
        self.fields["folder"] = FolderChoice(folders, label=_("Folder"), required=False, empty_label=_("No folder"))
        if not is_image:
            for name in ("alt", "decorative", "focal_x", "focal_y"):
                del self.fields[name]

    def values(self) -> CleanedData:
        """Return what is to be changed, as the service takes it."""
        found = {name: value for name, value in self.cleaned_data.items() if name in self.changed_data}
        for name in ("focal_x", "focal_y"):
            if name in found:
                found[name] = found[name] / 100
        if "tags" in found:
            found["tags"] = found["tags"].split(",")
        return found
