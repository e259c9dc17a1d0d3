"""Form fields of posts: tags as words, the picture by its reference."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ai_cms.assets import get_image_model
from ai_cms.core.exceptions import InvalidInput

from .names import clean_names

__all__ = ["PictureFormField", "TagsFormField"]

_REFERENCE = re.compile(r"(?:asset:)?([0-9]{1,18})")


class TagsFormField(forms.CharField):
    """Names of tags between commas; new ones are made when the page is saved."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": forms.TextInput(attrs={"class": "vTextField"}), **kwargs})

    def prepare_value(self, value: object) -> Any:
        if value is None or isinstance(value, str):
            return value
        return ", ".join(str(getattr(tag, "name", tag)) for tag in _listed(value))

    def clean(self, value: object) -> Any:
        text = super().clean(value)
        try:
            return clean_names(part for part in str(text).split(","))
        except InvalidInput as error:
            raise forms.ValidationError((error.errors or {}).get("tags", [error.detail])) from None

    def has_changed(self, initial: object, data: object) -> bool:
        return bool(super().has_changed(self.prepare_value(initial), data))


class PictureFormField(forms.CharField):
    """The reference of a picture, such as asset:42; the assets' picker fills it in. Cleans to the picture."""

    default_error_messages = {"unknown": _("There is no such picture.")}

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"class": "vTextField", "placeholder": "asset:…", "data-aicms-widget": "asset"}
        super().__init__(**{"widget": forms.TextInput(attrs=attrs), **kwargs})

    def prepare_value(self, value: object) -> Any:
        return f"asset:{value}" if isinstance(value, int) else value

    def clean(self, value: object) -> Any:
        text = str(super().clean(value) or "").strip()
        if not text:
            return None
        match = _REFERENCE.fullmatch(text)
        found = get_image_model()._base_manager.filter(pk=int(match[1])).first() if match is not None else None
        if found is None:
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown")
        return found

    def has_changed(self, initial: object, data: object) -> bool:
        return bool(super().has_changed(self.prepare_value(initial), data))


def _listed(value: Any) -> Iterable[Any]:
    found: Iterable[Any] = value.all() if hasattr(value, "all") else value
    return found
