"""What the fields of the library's blocks share: a helper for labels, and kinds of text only blocks need.

========== ============================================================ ========================
type       holds                                                        editor
========== ============================================================ ========================
InlineHtml HTML of inline elements, sanitised when it is validated      rich text on one line
Anchor     the id of an element, for links to ``#anchor``; "" for none  text input
FileRef    like ImageRef, for other files                               asset picker
========== ============================================================ ========================

``x-text`` in a field's schema says whether its text belongs to the document's plain text: ``False`` for names and
codes, ``"html"`` for HTML outside the rich text types. See :mod:`ai_cms.blocks.types.reading`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from django.utils.functional import Promise
from pydantic import AfterValidator, BeforeValidator, Field, GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticUndefined

from ...html.richtext import sanitize_inline
from ..text import AtMost, ImageRef

__all__ = ["Anchor", "FileRef", "HeadingLevel", "InlineHtml", "Pixels", "TitleLevel", "labelled"]

Words: TypeAlias = str | Promise

InlineHtml = Annotated[
    str, AtMost(10_000), Field(json_schema_extra={"x-widget": "inline-richtext"}), AfterValidator(sanitize_inline)
]
Anchor = Annotated[str, AtMost(100), Field(pattern=r"^\S*$", json_schema_extra={"x-text": False})]
FileRef = ImageRef
Pixels = Annotated[int, Field(ge=1, le=20_000)]


def _number(value: object) -> Any:
    """Read "2" as 2: forms and other systems send levels as text. True is no 1."""
    if isinstance(value, bool | float):
        return str(value)
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


HeadingLevel = Annotated[Literal[1, 2, 3, 4, 5, 6], BeforeValidator(_number)]
TitleLevel = Annotated[Literal[1, 2], BeforeValidator(_number)]


class _Label:
    """Put a label, a help text and hints into a field's JSON schema, in the language that is active when it is made."""

    def __init__(self, label: Words, help: Words, hints: dict[str, Any]) -> None:
        self.label = label
        self.help = help
        self.hints = hints

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        made = handler(schema)
        made["title"] = str(self.label)
        if self.help:
            made["description"] = str(self.help)
        for name, hint in self.hints.items():
            made[name] = {key: str(value) for key, value in hint.items()} if isinstance(hint, Mapping) else hint
        return made


def labelled(
    label: Words,
    default: object = PydanticUndefined,
    *,
    help: Words = "",
    labels: Mapping[str, Words] | None = None,
    widget: str = "",
    text: bool | Literal["html"] | None = None,
    **options: Any,
) -> Any:
    """Return a Pydantic field with a label and, if given, a help text for people; both may be lazy translations.

    ``default``: without it the field is required; a callable makes it. ``labels``: of the choices. ``widget``: for
    editors. ``text``: ``x-text``, see above. ``options``: any of ``pydantic.Field``.
    """
    hints: dict[str, Any] = {}
    if labels:
        hints["x-labels"] = labels
    if widget:
        hints["x-widget"] = widget
    if text is not None:
        # Read from the field itself by convert.text; the other hints only matter in a schema.
        options["json_schema_extra"] = {"x-text": text}
    options["default_factory" if callable(default) else "default"] = default
    info = Field(**options)
    assert isinstance(info, FieldInfo)  # noqa: S101
    info.metadata.append(_Label(label, help, hints))
    return info
