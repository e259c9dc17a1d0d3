"""Use a text that a task wrote: as a block, as the title or as the description of the page it was written for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from ai_cms.assist.registry import WritingTask
from ai_cms.blocks.html.richtext import strip_tags_text
from ai_cms.pages import get_page_model

from ...core.jsontypes import JsonObject

__all__ = ["USES", "Written", "change_of", "gives_text", "written_texts"]

#: What a text can become, with the words on its button.
USES = {
    "block": _("Add it to the page as a text"),
    "title": _("Use it as the title"),
    "description": _("Use it as the description for search engines"),
}

#: What the texts of an output are called, where the name of their field does not say it.
LABELS = {
    "body": _("Text"),
    "html": _("Text"),
    "meta_description": _("Description for search engines"),
    "seo_description": _("Description for search engines"),
    "seo_title": _("Title for search engines"),
}


@dataclass(frozen=True)
class Written:
    """One text of a task's output. ``key``: names it within the output. ``html``: whether it is HTML.

    ``note``: whether it only says what became of the work, so that there is nothing to use.
    """

    key: str
    label: str
    text: str
    html: bool = False
    note: bool = False

    @property
    def plain(self) -> str:
        """The text without markup, as it is copied and shown."""
        return strip_tags_text(self.text).strip() if self.html else self.text

    def uses(self) -> list[tuple[str, Any]]:
        """Return what this text can become: short ones a title, those of a few sentences a description."""
        if self.note:
            return []
        length = len(self.plain)
        fits = {"block": True, "title": not self.html and length <= 200, "description": not self.html and length <= 320}
        return [(name, label) for name, label in USES.items() if fits[name]]


def gives_text(task: WritingTask) -> bool:
    """Return whether the result of a task is text to use, not a proposal."""
    return type(task).finish is WritingTask.finish


def written_texts(output: object) -> list[Written]:
    """Return the texts of a task's output; lists as several, blocks and numbers not at all."""
    found = []
    output = output if isinstance(output, Mapping) else {}
    for name, value in output.items():
        label = str(LABELS.get(name) or name.replace("_", " ").capitalize())
        note = name == "note" and "changed" in output
        for index, text in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(text, str) and text.strip():
                found.append(Written(f"{name}.{index}", label, text, name in ("html", "body"), note))
    return found


def change_of(written: Written, use: str) -> tuple[list[JsonObject], dict[str, str]]:
    """Return the operations and fields of a proposal that puts a text to ``use``, one of ``USES``."""
    if use == "block":
        html = written.text if written.html else _paragraphs(written.text)
        return [{"op": "insert", "block": {"type": "rich_text", "props": {"html": html}}}], {}
    name = "title" if use == "title" else "seo_description"
    limit = getattr(get_page_model()._meta.get_field(name), "max_length", None) or 255
    return [], {name: " ".join(written.plain.split())[:limit]}


def _paragraphs(text: str) -> str:
    parts = [part.strip() for part in text.replace("\r\n", "\n").split("\n\n")]
    return "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in parts if part)
