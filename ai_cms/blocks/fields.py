"""``BlocksField``: a document on any model."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.core import checks, exceptions
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.fields.json import KeyTransform
from django.db.models.query_utils import DeferredAttribute
from django.utils.translation import gettext_lazy as _
from pydantic_core import from_json, to_json

from ai_cms.core.permissions import Actor

from .documents.document import Document
from .documents.prepare import prepare_document
from .exceptions import InvalidDocument, document_validation_error
from .forms.form_field import BlocksFormField
from .types.registry import blocks

__all__ = ["BlocksField"]


class DocumentEncoder(json.JSONEncoder):
    """Write documents (and what lookups compare with parts of them) as compact JSON, several times faster than json."""

    def encode(self, o: object) -> str:
        return to_json(o.blocks if isinstance(o, Document) else o).decode()


class DocumentAttribute(DeferredAttribute):
    """Make a document of every list that is assigned, so that reading always gives one."""

    field: BlocksField

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = Document(list(value or ())) if _is_plain(value) else value


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, list | tuple)


class BlocksField(models.JSONField):
    """Store a document of blocks; the Python value is a :class:`~ai_cms.blocks.documents.document.Document`.

    ``allowed``: the block types that are admitted, all if not given; types that live inside an admitted one alone, such
    as a column in columns, need not be named. Plain lists can be assigned. Never NULL: empty is ``[]``.

    ``full_clean()`` refuses structural errors, and field errors too unless ``drafts`` says that rows may hold them.
    """

    description = _("A document of blocks")
    descriptor_class = DocumentAttribute
    default_error_messages = {"invalid": _("This is not a document of blocks.")}

    def __init__(self, *args: Any, allowed: Iterable[str] | None = None, drafts: bool = False, **kwargs: Any) -> None:
        self.allowed = None if allowed is None else tuple(allowed)
        self.drafts = drafts
        kwargs.setdefault("default", Document.empty)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        # Adding a block type must not make a migration; a list the project wrote down itself may.
        if self.allowed is not None:
            kwargs["allowed"] = self.allowed
        if self.drafts:
            kwargs["drafts"] = True
        if kwargs.get("default") == Document.empty:
            del kwargs["default"]
        return name, path, args, kwargs

    def check(self, **kwargs: object) -> list[checks.CheckMessage]:
        return [*super().check(**kwargs), *self._check_null(), *self._check_allowed()]

    def _check_null(self) -> list[checks.CheckMessage]:
        if not self.null:
            return []
        return [
            checks.Error(
                "BlocksField cannot be NULL.", hint="An empty document is [].", obj=self, id="ai_cms_blocks.E006"
            )
        ]

    def _check_allowed(self) -> list[checks.CheckMessage]:
        unknown = [name for name in self.allowed or () if name not in blocks]
        if not unknown:
            return []
        return [
            checks.Warning(
                f"allowed names block types that are not registered: {', '.join(unknown)}.",
                hint="Register them in a cms_blocks module of an installed app.",
                obj=self,
                id="ai_cms_blocks.W001",
            )
        ]

    # Values

    def to_python(self, value: object) -> Document:
        if isinstance(value, Document):
            return value
        if value is None or value == "":
            return Document.empty()
        if isinstance(value, str | bytes):
            try:
                value = json.loads(value)
            except ValueError:
                raise exceptions.ValidationError(self.error_messages["invalid"], code="invalid") from None
        if not isinstance(value, list):
            raise exceptions.ValidationError(self.error_messages["invalid"], code="invalid")
        return Document(value)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        if value is None or isinstance(expression, KeyTransform):
            return super().from_db_value(value, expression, connection)
        try:
            return Document(from_json(value, cache_strings="keys"))
        except ValueError:
            # What another program wrote must not break every list the row is in; check_blocks reports it.
            return Document(value)

    def get_prep_value(self, value: object) -> Any:
        return value if isinstance(value, Document) else super().get_prep_value(value)

    def get_db_prep_value(self, value: object, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        if not prepared:
            value = self.get_prep_value(value)
        return connection.ops.adapt_json_value(value, self.encoder or DocumentEncoder)

    def value_to_string(self, obj: models.Model) -> Any:
        return self.to_python(self.value_from_object(obj)).to_json()

    def clean(self, value: object, model_instance: models.Model | None) -> Document:
        """Return the document as it should be stored: with ids and versions, sanitised. Raises ValidationError.

        What stands in the document already may stay, unknown types and raw HTML included: whose permission that needed
        is the business of whoever changed the document.
        """
        document = self.to_python(value)
        if document.blocks:
            try:
                document = prepare_document(
                    document,
                    previous=document,
                    allowed=self.allowed,
                    actor=Actor.system("model"),
                    allow_unknown=True,
                    allow_locked=True,
                    trust_meta=True,
                )
            except InvalidDocument as error:
                raise document_validation_error(error.block_errors) from None
        self.validate(document, model_instance)
        self.run_validators(document)
        return document

    def validate(self, value: object, model_instance: models.Model | None) -> None:
        document = self.to_python(value)
        if not document and not self.blank:
            raise exceptions.ValidationError(self.error_messages["blank"], code="blank")
        try:
            document.check_structure(self.allowed)
        except InvalidDocument as error:
            raise document_validation_error(error.block_errors) from None
        errors = [] if self.drafts else document.validate(strict=False)
        if errors:
            raise document_validation_error(errors)

    def formfield(self, **kwargs: Any) -> Any:
        kwargs.setdefault("form_class", BlocksFormField)
        # Django would add a hidden copy of the document because the default is a callable; it is always empty.
        kwargs.setdefault("show_hidden_initial", False)
        return super().formfield(**{"allowed": self.allowed, "drafts": self.drafts, **kwargs})
