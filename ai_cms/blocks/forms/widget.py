"""The structure editor of documents: a form made of the blocks' JSON Schemas, over a text area of JSON."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.widgets import Script
from django.utils.translation import gettext as _

from ..exceptions import BlockError
from ..schema import catalogue

__all__ = ["BlocksWidget", "editor_scripts"]

#: Scripts that other apps add to the editor, such as a button to choose a picture by. They find the fields by their data
#: attributes: ``data-aicms-widget`` is the field's ``x-widget``.
editor_scripts: list[Script] = []

#: The parts of the editor, each after those it needs.
SCRIPTS = ("widget-text", "widget-fields", "widget-places", "widget-steps", "widget")


class BlocksWidget(forms.Textarea):
    """Edit a document.

    Without JavaScript it is a text area of JSON; with it, the text area moves behind a button and blocks are edited one
    by one. ``allowed``: the types that can be added. ``block_errors``: shown at the fields they are about.
    """

    template_name = "ai_cms/blocks/forms/widget.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"rows": 20, "spellcheck": "false", "class": "aicb-json", **(attrs or {})})
        self.allowed: tuple[str, ...] | None = None
        self.block_errors: list[BlockError] = []

    @property
    def media(self) -> forms.Media:
        scripts: list[Any] = [Script(f"ai_cms/blocks/{name}.js", type="module") for name in SCRIPTS]
        scripts += editor_scripts
        return forms.Media(
            css={"all": ["ai_cms/blocks/widget.css"]},
            js=scripts,
        )

    def use_required_attribute(self, initial: object) -> bool:
        # A browser cannot point at a text area that is hidden.
        return False

    def get_context(self, name: str, value: object, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["data"] = {
            "types": catalogue(allowed=self.allowed, switched_off=False),
            # Blocks of types that cannot be added here may stand in the document all the same.
            "known": {entry["type"]: entry["label"] for entry in catalogue()},
            "errors": [error.to_json() for error in self.block_errors],
            "words": _words(),
        }
        return context


def _words() -> dict[str, str]:
    """Return what the editor says, in the active language; ``%s`` is filled in by the script."""
    return {
        "editor": _("Blocks"),
        "add": _("Add block"),
        "addInside": _("Add block inside %s"),
        "choose": _("Choose a type"),
        "addButton": _("Add"),
        "up": _("Move %s up"),
        "down": _("Move %s down"),
        "remove": _("Remove %s"),
        "moved": _("%s is now number %s of %s"),
        "added": _("%s added"),
        "removed": _("%s removed"),
        "addBefore": _("Add block before %s"),
        "cancel": _("Cancel"),
        "duplicate": _("Duplicate %s"),
        "duplicated": _("%s duplicated"),
        "in": _("Move %s into a block beside it"),
        "chooseIn": _("Move %s into"),
        "moveButton": _("Move"),
        "out": _("Move %s out of the block around it"),
        "movedIn": _("%s is now inside %s"),
        "movedOut": _("%s is now behind %s"),
        "undo": _("Undo"),
        "undoneText": _("Undone: %s"),
        "richText": _("An empty line starts a new paragraph. HTML such as <strong> or <a href='…'> works too."),
        "completed": _("The address was completed: %s"),
        "unknown": _("This site does not know the block type “%s”. The block is kept as it is."),
        "locked": _("This block is locked."),
        "empty": _("There are no blocks yet."),
        "asJson": _("Edit as JSON"),
        "asBlocks": _("Edit as blocks"),
        "notJson": _("The text is not valid JSON, so it cannot be edited as blocks."),
        "addItem": _("Add to %s"),
        "item": _("%s %s"),
        "set": _("Set %s"),
        "none": _("None"),
        "required": _("required"),
        "errors": _("%s has errors"),
        "full": _("No more blocks fit in here."),
        "fields": _("Fields of %s"),
    }
