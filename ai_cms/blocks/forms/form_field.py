"""The form field of documents."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ..documents.document import Document
from ..documents.prepare import prepare_document
from ..exceptions import BlockError, InvalidDocument, document_validation_error
from .widget import BlocksWidget

__all__ = ["BlocksFormField"]


class BlocksFormField(forms.JSONField):
    """Take a document as JSON text, as the structure editor and its fallback, a text area, send it.

    ``allowed``: the block types that are admitted. ``drafts``: accept field errors. ``actor``: the user or actor whose
    permission blocks such as raw HTML need, and ``provenance``: what new and changed blocks get; set by
    :class:`ai_cms.blocks.admin.BlocksAdminMixin`.
    """

    widget = BlocksWidget
    default_error_messages = {"invalid": _("This is not valid JSON.")}

    def __init__(
        self,
        *,
        allowed: Iterable[str] | None = None,
        drafts: bool = False,
        actor: Any = None,
        provenance: Any = None,
        **kwargs: Any,
    ) -> None:
        self.allowed = None if allowed is None else tuple(allowed)
        self.drafts = drafts
        self.actor = actor
        self.provenance = provenance
        self.previous: Document | None = None
        super().__init__(**kwargs)
        if isinstance(self.widget, BlocksWidget):
            self.widget.allowed = self.allowed

    def bound_data(self, data: object, initial: object) -> Any:
        if self.disabled:
            return initial
        return "" if data is None else data

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        bound = super().get_bound_field(form, field_name)
        # What the form was opened with: blocks that did not change keep their provenance and unknown types stay.
        initial = bound.initial
        self.previous = initial if isinstance(initial, Document) else Document(initial or [])
        return bound

    def prepare_value(self, value: object) -> Any:
        if isinstance(value, str):
            return value
        document = value if isinstance(value, Document) else Document(value or [])
        return json.dumps(document.blocks, ensure_ascii=False, indent=2)

    def to_python(self, value: Any) -> Any:
        if self.disabled or isinstance(value, Document):
            return value
        if value in (None, "", []):
            return Document.empty()
        try:
            raw = Document.loads(value).raw if isinstance(value, str | bytes) else value
            return prepare_document(
                raw,
                previous=self.previous,
                allowed=self.allowed,
                actor=self.actor,
                provenance=self.provenance,
            )
        except InvalidDocument as error:
            raise self._refusal(error.block_errors) from None

    def _refusal(self, errors: Iterable[BlockError]) -> ValidationError:
        """Return the validation error of ``errors``, and have the widget show each where it belongs."""
        found = list(errors)
        if isinstance(self.widget, BlocksWidget):
            self.widget.block_errors = found
        return document_validation_error(found)

    def validate(self, value: object) -> None:
        if not isinstance(value, Document) or self.disabled:
            return
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")
        errors = [] if self.drafts else value.validate(strict=False)
        if errors:
            raise self._refusal(errors)

    def has_changed(self, initial: object, data: object) -> bool:
        if self.disabled:
            return False
        try:
            new = self.to_python(data)
        except ValidationError:
            return True
        return bool(new != (initial if isinstance(initial, Document) else Document(initial or [])))
