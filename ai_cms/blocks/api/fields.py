"""Documents in REST framework serializers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ai_cms.blocks.exceptions import BlockError, InvalidDocument
from ai_cms.blocks.fields import BlocksField
from ai_cms.core.permissions import Actor

from ...core.jsontypes import JsonObject
from ..documents.document import Document
from ..documents.prepare import prepare_document
from ..documents.provenance import make_provenance

__all__ = ["BlocksSerializerField"]


@extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/Block"}})
class BlocksSerializerField(serializers.Field):  # type: ignore[type-arg]
    """A document. ModelSerializer uses it for every BlocksField.

    ``allowed``: the block types that are admitted; those of the model field if not given. ``drafts``: accept field
    errors, for models that check them later, when something is published. New blocks get the provenance of a person.

    Errors are ``{"loc": […], "type": "…", "msg": "…"}``.
    """

    default_error_messages = {"blank": _("This document may not be empty.")}

    def __init__(
        self,
        *,
        allowed: Iterable[str] | None = None,
        drafts: bool = False,
        allow_blank: bool | None = None,
        encoder: Any = None,
        decoder: Any = None,
        **kwargs: Any,
    ) -> None:
        # ModelSerializer passes encoder and decoder for every JSONField; a document brings its own.
        self.allowed = None if allowed is None else tuple(allowed)
        self.drafts = drafts
        self.allow_blank = allow_blank
        super().__init__(**kwargs)

    def bind(self, field_name: str, parent: Any) -> None:
        super().bind(field_name, parent)
        model_field = self._model_field()
        if model_field is not None and self.allowed is None:
            self.allowed = model_field.allowed
        if self.allow_blank is None:
            self.allow_blank = model_field is None or model_field.blank

    def _model_field(self) -> BlocksField | None:
        model = getattr(getattr(self.parent, "Meta", None), "model", None)
        if model is None or not self.source or "." in self.source:
            return None
        try:
            found = model._meta.get_field(self.source)
        except FieldDoesNotExist:
            return None
        return found if isinstance(found, BlocksField) else None

    def to_internal_value(self, data: object) -> Document:
        request = self.context.get("request")
        actor = Actor.anonymous() if request is None else Actor.from_request(request)
        account = actor.account
        try:
            document = prepare_document(
                data,
                previous=self._previous(),
                allowed=self.allowed,
                actor=actor,
                provenance=make_provenance("human", by=None if account is None else account.pk),
            )
        except InvalidDocument as error:
            raise _refusal(error.block_errors) from None
        if not document and not self.allow_blank:
            self.fail("blank")
        if not self.drafts and (errors := document.validate(strict=False)):
            raise _refusal(errors)
        return document

    def to_representation(self, value: object) -> list[JsonObject]:
        return value.to_json() if isinstance(value, Document) else Document(value).to_json()

    def _previous(self) -> Document | None:
        instance = getattr(self.parent, "instance", None)
        if instance is None or not self.source or getattr(self.parent, "many", False):
            return None
        value = getattr(instance, self.source, None)
        return value if isinstance(value, Document) else None


def _refusal(errors: Iterable[BlockError]) -> serializers.ValidationError:
    return serializers.ValidationError([error.to_json() for error in errors])


serializers.ModelSerializer.serializer_field_mapping[BlocksField] = BlocksSerializerField
