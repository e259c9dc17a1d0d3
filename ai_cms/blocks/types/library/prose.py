"""Blocks of text: heading, rich text, quote, list, code, table."""

from __future__ import annotations

from typing import Annotated, Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from ....core.jsontypes import JsonMapping
from ...html.richtext import strip_tags_text
from ..base import Block
from ..registry import blocks
from ..text import InlineText, RichText, Url
from .common import Anchor, HeadingLevel, InlineHtml, labelled

__all__ = ["CodeBlock", "HeadingBlock", "ListBlock", "QuoteBlock", "RichTextBlock", "TableBlock"]


def _level(value: object) -> int:
    """Read a heading level from props nobody has validated."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 6 else 2


@blocks.register
class HeadingBlock(Block):
    """A heading of the page's outline."""

    text: InlineText = labelled(_("Text"), min_length=1, max_length=500)
    level: HeadingLevel = labelled(_("Level"), 2, help=_("1 is the title of the page; do not skip levels."))
    anchor: Anchor = labelled(_("Anchor"), "", help=_("Links to #anchor lead here."))
    link: Url = labelled(_("Link"), "", help=_("Where the heading leads, such as the page of a release."))
    link_text: InlineText = labelled(
        _("Linked words"),
        "",
        max_length=500,
        text=False,
        help=_("Those of the text that the link is on; all if empty."),
    )
    align: Literal["start", "center", "end"] = labelled(
        _("Alignment"), "start", labels={"start": _("Start"), "center": _("Centre"), "end": _("End")}
    )

    class Meta:
        label = _("Heading")
        drafts = ("text", "level")
        icon = "heading"
        group = _("Text")
        example = {"text": "How bread rises", "level": 2}

    @property
    def parts(self) -> tuple[str, str, str]:
        """The text before the link, on it, and behind it; all of it is on the link unless it has the linked words."""
        before, found, after = self.text.partition(self.link_text) if self.link_text else ("", self.text, "")
        return (before, found, after) if found else ("", self.text, "")

    @classmethod
    def heading_of(cls, props: JsonMapping) -> tuple[int, str] | None:
        text = props.get("text")
        return (_level(props.get("level", 2)), text) if isinstance(text, str) and text else None


@blocks.register
class RichTextBlock(Block):
    """Paragraphs, with links, lists and whatever else the sanitiser allows."""

    html: RichText = labelled(_("Text"), "")

    class Meta:
        label = _("Text")
        icon = "text"
        group = _("Text")
        example = {"html": "<p>Flour, water, salt and <strong>time</strong>: nothing else is needed.</p>"}


@blocks.register
class QuoteBlock(Block):
    """Words of someone else, with their source."""

    text: RichText = labelled(_("Quotation"), min_length=1)
    attribution: InlineHtml = labelled(_("Attribution"), "", help=_("Who said it, or where it stands."))
    cite: Url = labelled(_("Address of the source"), "")

    class Meta:
        label = _("Quote")
        drafts = ("text", "attribution")
        icon = "quote"
        group = _("Text")
        example = {"text": "<p>Good bread needs no hurry.</p>", "attribution": "A baker", "cite": ""}

    @property
    def source_is_link(self) -> bool:
        """Whether the attribution as a whole leads to the source: not if it has links of its own."""
        return bool(self.cite) and "<a" not in self.attribution


@blocks.register
class ListBlock(Block):
    """A plain list; lists inside lists belong in rich text."""

    style: Literal["ul", "ol"] = labelled(_("Style"), "ul", labels={"ul": _("Bullets"), "ol": _("Numbers")})
    items: list[Annotated[InlineHtml, Field(min_length=1)]] = labelled(_("Items"), min_length=1, max_length=500)
    start: int = labelled(_("First number"), 1, ge=0, le=99_999)

    class Meta:
        label = _("List")
        drafts = ("style", "items")
        icon = "list"
        group = _("Text")
        example = {"style": "ul", "items": ["Flour", "Water", "Salt"]}


@blocks.register
class CodeBlock(Block):
    """Program text, shown as it is."""

    code: str = labelled(_("Code"), "", max_length=100_000, widget="code")
    language: str = labelled(
        _("Language"),
        "",
        max_length=40,
        pattern=r"^[A-Za-z0-9_+#.\-]*$",
        help=_("Such as python or html."),
        text=False,
    )
    caption: InlineHtml = labelled(_("Caption"), "")

    class Meta:
        label = _("Code")
        drafts = False
        icon = "code"
        group = _("Text")
        example = {"code": "print('bread')", "language": "python", "caption": ""}


@blocks.register
class TableBlock(Block):
    """Rows of cells; all rows may differ in length."""

    header: bool = labelled(_("First row is a header"), True)
    header_column: bool = labelled(_("First column is a header"), False)
    rows: list[Annotated[list[InlineHtml], Field(max_length=50)]] = labelled(
        _("Rows"), list, max_length=1_000, widget="table"
    )
    align: list[Literal["", "left", "center", "right"]] = labelled(_("Alignment of the columns"), list, max_length=50)
    caption: InlineHtml = labelled(_("Caption"), "")

    class Meta:
        label = _("Table")
        drafts = ("header", "rows", "caption")
        icon = "table"
        group = _("Text")
        example = {
            "header": True,
            "rows": [["Step", "Hours"], ["First rise", "2"], ["Second rise", "1"]],
            "caption": "",
        }

    @property
    def width(self) -> int:
        """The number of cells of the longest row."""
        return max((len(row) for row in self.rows), default=0)

    @property
    def head(self) -> list[tuple[str, str]]:
        """The (html, alignment) pairs of the header row, empty without one."""
        return self._row(self.rows[0]) if self.header and self.rows else []

    @property
    def body(self) -> list[list[tuple[str, str]]]:
        """The (html, alignment) pairs of the other rows, filled up to the width of the table."""
        return [self._row(row) for row in self.rows[1 if self.header else 0 :]]

    def _row(self, row: list[str]) -> list[tuple[str, str]]:
        cells = [*row, *[""] * (self.width - len(row))]
        return [(cell, self.align[index] if index < len(self.align) else "") for index, cell in enumerate(cells)]

    @property
    def is_empty(self) -> bool:
        return not any(strip_tags_text(cell) or "<" in cell for row in self.rows for cell in row)
