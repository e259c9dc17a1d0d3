"""Model fields of posts, which have form fields of their own; to migrations they are what they derive from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput
from ai_cms.pages.relations import clean_related, related_ids

from .forms import PictureFormField, TagsFormField
from .services.tags import tags_named

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage

__all__ = ["DraftTextField", "PictureField", "PostedField", "TagsField"]


class PostedField(models.DateTimeField):  # type: ignore[type-arg]
    """When a post counts as posted: the date it was imported with, else now."""

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        if add and getattr(model_instance, self.attname) is None:
            given = (getattr(model_instance, "metadata", None) or {}).get("published_at")
            setattr(model_instance, self.attname, _moment(given) or timezone.now())
        return super().pre_save(model_instance, add)


class DraftTextField(models.TextField):  # type: ignore[type-arg]
    """The words of the draft, for searches of those who may read it."""

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        if "content_json" in model_instance.__dict__:
            setattr(model_instance, self.attname, model_instance.content_json.text())  # type: ignore[attr-defined]
        return super().pre_save(model_instance, add)


def _moment(raw: object) -> Any:
    try:
        found = parse_datetime(raw) if isinstance(raw, str) else None
    except ValueError:
        return None
    return timezone.make_aware(found) if found is not None and timezone.is_naive(found) else found


class TagsField(models.ManyToManyField):  # type: ignore[type-arg]
    """Tags. A draft takes names as well as keys; new names become tags of the page's language."""

    has_form_field = True

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.ManyToManyField", args, kwargs

    def clean_keys(self, raw: object, page: AbstractPage) -> list[Any]:
        """Return the keys of tags given by key or by name. Raises ValidationError."""
        if not isinstance(raw, list | tuple):
            raise ValidationError(_("Give a list of names."))
        names = [item for item in raw if isinstance(item, str)]
        keys = clean_related(self, [item for item in raw if not isinstance(item, str)])
        try:
            made = tags_named(names, locale=page.locale)
        except InvalidInput as error:
            raise ValidationError(list(map(str, _messages(error)))) from None
        return list(dict.fromkeys([*keys, *(tag.pk for tag in made)]))

    def value_from_object(self, obj: models.Model) -> list[Any]:
        """Return the tags in the order in which they were given, for the form."""
        keys = related_ids(obj, self)
        rows = self.related_model._base_manager.in_bulk(keys) if keys else {}
        return [rows[key] for key in keys if key in rows]

    def formfield(self, **kwargs: object) -> Any:
        words = _("Separate them by commas.")
        return TagsFormField(required=not self.blank, label=capfirst(self.verbose_name), help_text=words)


def _messages(error: InvalidInput) -> Iterable[object]:
    return (error.errors or {}).get("tags", [error.detail])


class PictureField(models.ForeignKey):  # type: ignore[type-arg]
    """A picture asset."""

    has_form_field = True

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.ForeignKey", args, kwargs

    def formfield(self, **kwargs: object) -> Any:
        return PictureFormField(required=not self.blank, label=capfirst(self.verbose_name), help_text=self.help_text)
