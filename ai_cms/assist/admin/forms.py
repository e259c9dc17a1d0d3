"""The form of a writing task, made of its payload model: whatever task is registered has one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from pydantic_core import PydanticUndefined

from ai_cms.assist.exceptions import InvalidPayload
from ai_cms.assist.labels import choice_label, field_label
from ai_cms.assist.registry import WritingTask
from ai_cms.assist.services import prepared
from ai_cms.assist.slots import slots_of
from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.html.richtext import strip_tags_text
from ai_cms.blocks.types.registry import blocks
from ai_cms.core.mappings import CleanedData
from ai_cms.core.permissions import Actor
from ai_cms.pages.models import AbstractPage

from ...core.jsontypes import JsonMapping, JsonObject

__all__ = ["BlockChoice", "PayloadForm", "outline_of"]

#: A text that may be longer gets a box of several lines.
LONG = 600
#: On a page these are the page's own.
FROM_PAGE = frozenset({"text", "html"})


class Lines(forms.CharField):
    """A list of texts, one a line."""

    widget = forms.Textarea

    def to_python(self, value: object) -> Any:
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def prepare_value(self, value: object) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list | tuple) else value


@dataclass(frozen=True)
class BlockChoice:
    """A block that has text, for the outline: ``depth`` from 0, ``label`` of its type, ``text`` the beginning of it."""

    id: str
    depth: int
    label: str
    text: str
    locked: bool = False


def outline_of(document: Document) -> list[BlockChoice]:
    """Return the blocks with text in reading order, and those that hold such blocks."""
    texts: dict[str, str] = {}
    for slot in slots_of(document):
        texts.setdefault(slot.block_id, slot.text)
    found: list[BlockChoice] = []

    def visit(siblings: list[JsonObject], depth: int) -> bool:
        any_text = False
        for block in siblings:
            place = len(found)
            key = str(block.get("id"))
            below = visit(block.get("children") or [], depth + 1)
            if key in texts or below:
                any_text = True
                found.insert(place, _choice(block, depth, texts.get(key, "")))
        return any_text

    visit(document.blocks, 0)
    return found


def _choice(block: JsonMapping, depth: int, text: str) -> BlockChoice:
    kind = str(block.get("type"))
    label = str(blocks[kind].block_meta.label) if kind in blocks else kind
    locked = bool((block.get("meta") or {}).get("locked"))
    # Cut before the markup is taken out: a text may be as long as a document.
    return BlockChoice(str(block["id"]), min(depth, 4), label, _plain(text[:400]), locked)


def _plain(text: str) -> str:
    return Truncator(" ".join(strip_tags_text(text).split())).chars(80)


class PayloadForm(forms.Form):
    """Ask for the payload of ``task``; valid when the task itself takes it. It is in ``payload()`` then."""

    keep_partial = forms.BooleanField(
        label=_("If I stop it, propose the blocks that have come by then"), required=False, initial=True
    )
    # Sending the form twice starts one run.
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(
        self,
        data: Any = None,
        *,
        task: WritingTask,
        actor: Actor,
        page: AbstractPage | None = None,
        parent: AbstractPage | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial={"key": uuid.uuid4().hex, **(initial or {})}, label_suffix="")
        self.task, self.actor, self.page, self.parent = task, actor, page, parent
        schema = task.payload_model.model_json_schema()
        required = set(schema.get("required", ()))
        self.outline: list[BlockChoice] = []
        made: dict[str, forms.Field] = {}
        for name, found in schema.get("properties", {}).items():
            if name == "blocks" and page is not None:
                self.outline = outline_of(page.content_json)
                made[name] = forms.MultipleChoiceField(
                    choices=[(choice.id, choice.text) for choice in self.outline], required=False
                )
            elif name != "blocks" and not (page is not None and name in FROM_PAGE):
                made[name] = self._field(name, _resolved(found, schema), name in required)
        if not (task.streams_operations and (page or parent)):
            del self.fields["keep_partial"]
        self.payload_names = list(made)
        self.fields = {**made, **self.fields}
        for name, field in self.fields.items():
            if field.help_text:
                field.widget.attrs.setdefault("aria-describedby", f"id_{name}_helptext")

    def _field(self, name: str, schema: JsonMapping, required: bool) -> forms.Field:
        info = self.task.payload_model.model_fields[name]
        default = None if info.default is PydanticUndefined else info.default
        common: dict[str, Any] = {
            "label": field_label(name, self.task.labels),
            "help_text": self.task.help_texts.get(name) or schema.get("description", ""),
            "required": required,
            "initial": default,
        }
        kind = schema.get("type")
        if "enum" in schema:
            options = [(value, choice_label(value)) for value in schema["enum"]]
            blank = [] if required or default is not None else [("", _("as it is"))]
            return forms.ChoiceField(choices=[*blank, *options], **common)
        if kind == "boolean":
            return forms.BooleanField(**{**common, "required": False})
        if kind in ("integer", "number"):
            limits: dict[str, Any] = {"min_value": schema.get("minimum"), "max_value": schema.get("maximum")}
            return (forms.IntegerField if kind == "integer" else forms.FloatField)(**limits, **common)
        if kind == "array" and schema.get("items", {}).get("type") == "string":
            return Lines(**{**common, "help_text": common["help_text"] or _("One a line."), "required": required})
        if kind == "string":
            length = schema.get("maxLength")
            long = length is None or length > LONG
            widget = forms.Textarea(attrs={"rows": 8}) if long else forms.TextInput
            return forms.CharField(max_length=length, min_length=schema.get("minLength"), widget=widget, **common)
        return forms.JSONField(**common)

    def payload(self) -> JsonObject:
        """Return what was filled in; what was left empty is left to the payload model."""
        found = {}
        for name in self.payload_names:
            value = self.cleaned_data.get(name)
            if value not in (None, "", []):
                found[name] = value
        return found

    def clean(self) -> CleanedData:
        if not self.errors:
            try:
                prepared(self.task, self.actor, self.payload(), self.page, self.parent)
            except InvalidPayload as error:
                self._show(error)
        return self.cleaned_data

    def _show(self, error: InvalidPayload) -> None:
        for problem in (error.errors or {}).get("payload", ()):
            loc: list[str] = list(problem["loc"])
            name, place = (loc[0], ".".join(loc[1:])) if loc else ("", "")
            message = f"{place}: {problem['msg']}" if place else str(problem["msg"])
            self.add_error(name if name in self.fields else None, message)


def _resolved(schema: JsonMapping, root: JsonMapping) -> JsonObject:
    """Return a property's schema without references, and without the null that an optional one admits."""
    found = dict(schema)
    choices = [choice for choice in found.pop("anyOf", ()) if choice.get("type") != "null"]
    if len(choices) == 1:
        found.update(choices[0])
    reference = found.pop("$ref", "")
    if reference:
        found = {**_resolved(root["$defs"][reference.rsplit("/", 1)[-1]], root), **found}
    if "const" in found:
        found["enum"] = [found["const"]]
    return found
