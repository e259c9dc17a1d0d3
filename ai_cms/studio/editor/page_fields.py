"""The page's own fields as a form: what every page has, and what its type adds, described by JSON Schema."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.utils.text import capfirst

from ai_cms.blocks.fields import BlocksField
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor, get_policy
from ai_cms.pages import get_page_model
from ai_cms.pages.api.page_types import field_schema
from ai_cms.pages.models import AbstractPage
from ai_cms.pages.snapshots import PAGE_FIELDS, take_snapshot

__all__ = ["fields_of", "form_of"]

#: Choices offered in a list; beyond these a number is typed.
MAX_CHOICES = 300


def fields_of(page: AbstractPage) -> JsonObject:
    """Return the values of the page's fields by name, documents of its type apart: those are edited in the form."""
    values = take_snapshot(page)
    for field in page.type_fields():
        if isinstance(field, BlocksField):
            values.pop(field.name, None)
    return {"values": values, "slug": page.slug}


def form_of(page: AbstractPage, actor: Actor) -> JsonObject:
    """Return the fields that the editor shows: JSON Schema by name, in order, those of the page type apart."""
    shared = {}
    for name in PAGE_FIELDS:
        known: Any = page._meta.get_field(name)
        schema = field_schema(known)
        schema["title"] = capfirst(schema["title"])
        if isinstance(known, models.TextField):
            schema["x-widget"] = "textarea"
        shared[name] = schema
    own = {}
    for field in page.type_fields():
        if isinstance(field, BlocksField):
            continue
        schema = field_schema(field)
        schema["title"] = capfirst(schema["title"])
        if field.choices:
            schema["x-labels"] = {str(value): str(label) for value, label in field.flatchoices}
            if field.blank and isinstance(field, models.CharField) and "" not in schema["enum"]:
                schema["enum"] = ["", *schema["enum"]]
        elif isinstance(field, models.ForeignKey | models.ManyToManyField):
            _offer(schema, field, actor)
        elif isinstance(field, models.TextField):
            schema["x-widget"] = "textarea"
        elif isinstance(field, models.JSONField):
            schema["x-widget"] = "json"
        elif isinstance(field, models.FileField):
            schema["readOnly"] = True
        own[field.name] = schema
    return {"shared": shared, "own": own, "type": str(page._meta.verbose_name)}


def _offer(schema: JsonObject, field: Any, actor: Actor) -> None:
    """Put the rows that ``actor`` may choose into the schema; where that cannot be told, a number is typed."""
    model = field.related_model
    rows: Any = model._default_manager.complex_filter(field.get_limit_choices_to())
    if issubclass(model, get_page_model()):
        rows = get_policy(model).visible(actor, rows)
    elif model is get_user_model() and not actor.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}"):
        rows = rows.filter(pk=actor.account.pk if actor.account is not None else None)
    found = list(rows[: MAX_CHOICES + 1])
    if len(found) > MAX_CHOICES:
        return
    target = field.target_field.attname
    keys = [getattr(row, target) for row in found]
    labels = {str(key): str(row) for key, row in zip(keys, found, strict=True)}
    if isinstance(field, models.ManyToManyField):
        schema["items"] = {"enum": keys, "x-labels": labels}
    else:
        schema.pop("type", None)
        schema["enum"] = [None, *keys] if field.null else keys
        schema["x-labels"] = labels
