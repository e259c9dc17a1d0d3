"""Blocks that arrange others or call for action: section, columns, cards, hero, accordion, button, divider …"""

from __future__ import annotations

from typing import Annotated, Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from ....core.jsontypes import JsonMapping, JsonObject
from ..base import Block, BlockPart
from ..registry import blocks
from ..text import ImageRef, InlineText, RequiredUrl, RichText, Text, Url
from .common import Anchor, TitleLevel, labelled

__all__ = [
    "AccordionBlock",
    "AccordionItemBlock",
    "ButtonBlock",
    "CallToActionBlock",
    "CardBlock",
    "CardsBlock",
    "ColumnBlock",
    "ColumnsBlock",
    "DividerBlock",
    "HeroBlock",
    "SectionBlock",
    "SectionItem",
]

_STYLES = {"primary": _("Primary"), "secondary": _("Secondary"), "outline": _("Outline")}


def _heading(level: int, text: object) -> tuple[int, str] | None:
    return (level, text) if isinstance(text, str) and text else None


@blocks.register
class ButtonBlock(Block):
    """A link that looks like a button."""

    label: InlineText = labelled(_("Label"), min_length=1, max_length=200)
    url: RequiredUrl = labelled(_("Address"))
    style: Literal["primary", "secondary", "outline"] = labelled(_("Style"), "primary", labels=_STYLES)
    new_tab: bool = labelled(_("Open in a new tab"), False)

    class Meta:
        label = _("Button")
        drafts = ("label", "url", "style")
        icon = "button"
        group = _("Action")
        example = {"label": "Read the recipe", "url": "/recipes/", "style": "primary"}


@blocks.register
class CardBlock(Block):
    """A title and a few words, with a picture or a link."""

    title: InlineText = labelled(_("Title"), min_length=1, max_length=300)
    text: Text = labelled(_("Text"), "")
    image_url: ImageRef = labelled(_("Image"), "")
    image_alt: InlineText = labelled(_("Alternative text"), "", text=False)
    link_url: Url = labelled(_("Link"), "")
    link_label: InlineText = labelled(
        _("Label of the link"), "", max_length=200, help=_("Without it the title is the link.")
    )

    class Meta:
        label = _("Card")
        drafts = ("title", "text", "link_url", "link_label")
        icon = "card"
        group = _("Layout")
        example = {"title": "Rye", "text": "Dark, dense, and good for a week.", "link_url": "/rye/"}


@blocks.register
class CardsBlock(Block):
    """Cards side by side."""

    columns: Annotated[int, Field(ge=1, le=6)] = labelled(_("Columns"), 3)

    class Meta:
        label = _("Cards")
        icon = "cards"
        group = _("Layout")
        allowed_children = ("card",)
        min_children = 1
        max_children = 60
        example = {"columns": 3}


@blocks.register
class ColumnsBlock(Block):
    """Columns side by side, one below the other on small screens."""

    class Meta:
        label = _("Columns")
        icon = "columns"
        group = _("Layout")
        allowed_children = ("column",)
        min_children = 1
        max_children = 6
        example: JsonObject = {}


@blocks.register
class ColumnBlock(Block):
    """One column and what stands in it."""

    width: Annotated[int, Field(ge=1, le=12)] | None = labelled(
        _("Width"), None, help=_("In twelfths of the row; empty for an equal share.")
    )

    class Meta:
        label = _("Column")
        drafts = ()
        icon = "column"
        group = _("Layout")
        allowed_children = "*"
        allowed_parents = ("columns",)
        example: JsonObject = {}


class SectionItem(BlockPart):
    """One point of a section."""

    heading: InlineText = labelled(_("Heading"), min_length=1, max_length=300)
    text: Text = labelled(_("Text"), min_length=1)


@blocks.register
class SectionBlock(Block):
    """A part of the page with a title of its own: an introduction, points, and any other blocks."""

    title: InlineText = labelled(_("Title"), min_length=1, max_length=300)
    text: RichText = labelled(_("Introduction"), "")
    items: list[SectionItem] = labelled(_("Points"), list, max_length=100)
    background: Literal["", "muted", "accent"] = labelled(
        _("Background"), "", labels={"": _("None"), "muted": _("Muted"), "accent": _("Accent")}
    )
    anchor: Anchor = labelled(_("Anchor"), "", help=_("Links to #anchor lead here."))

    class Meta:
        label = _("Section")
        drafts = ("title", "text", "items")
        icon = "section"
        group = _("Layout")
        allowed_children = "*"
        example = {
            "title": "Three steps",
            "items": [
                {"heading": "Mix", "text": "Everything in one bowl."},
                {"heading": "Wait", "text": "Until it has doubled."},
                {"heading": "Bake", "text": "Hot, with steam."},
            ],
        }

    @classmethod
    def heading_of(cls, props: JsonMapping) -> tuple[int, str] | None:
        return _heading(2, props.get("title"))


@blocks.register
class HeroBlock(Block):
    """The opening of a page."""

    heading: InlineText = labelled(_("Heading"), min_length=1, max_length=300)
    text: Text = labelled(_("Text"), "")
    image: ImageRef = labelled(_("Image"), "")
    image_alt: InlineText = labelled(_("Alternative text"), "", text=False)
    align: Literal["left", "center"] = labelled(
        _("Alignment"), "left", labels={"left": _("Left"), "center": _("Centre")}
    )
    level: TitleLevel = labelled(
        _("Level of the heading"), 2, help=_("1 where the template does not show the title of the page.")
    )

    class Meta:
        label = _("Hero")
        drafts = ("heading", "text")
        icon = "hero"
        group = _("Layout")
        allowed_children = ("button",)
        allowed_parents = ("",)
        max_children = 4
        example = {"heading": "Bread, slowly", "text": "A bakery that lets time do the work.", "align": "center"}

    @classmethod
    def heading_of(cls, props: JsonMapping) -> tuple[int, str] | None:
        return _heading(1 if props.get("level") == 1 else 2, props.get("heading"))


@blocks.register
class AccordionBlock(Block):
    """Questions whose answers open on a click."""

    class Meta:
        label = _("Accordion")
        icon = "accordion"
        group = _("Layout")
        allowed_children = ("accordion_item",)
        min_children = 1
        max_children = 100
        example: JsonObject = {}


@blocks.register
class AccordionItemBlock(Block):
    """One question of an accordion; its children are the answer."""

    title: InlineText = labelled(_("Title"), min_length=1, max_length=300)
    open: bool = labelled(_("Open at first"), False)

    class Meta:
        label = _("Accordion item")
        drafts = ("title",)
        icon = "accordion-item"
        group = _("Layout")
        allowed_children = "*"
        allowed_parents = ("accordion",)
        example = {"title": "Can I freeze it?", "open": False}


@blocks.register
class CallToActionBlock(Block):
    """A title, a sentence, and one or two things to do next."""

    title: InlineText = labelled(_("Title"), min_length=1, max_length=300)
    text: Text = labelled(_("Text"), "")
    button_label: InlineText = labelled(_("Label of the button"), min_length=1, max_length=200)
    button_url: RequiredUrl = labelled(_("Address of the button"))
    second_label: InlineText = labelled(_("Label of a second button"), "", max_length=200)
    second_url: Url = labelled(_("Address of the second button"), "")

    class Meta:
        label = _("Call to action")
        drafts = ("title", "text", "button_label", "button_url")
        icon = "megaphone"
        group = _("Action")
        example = {
            "title": "Come and taste",
            "text": "Every morning from seven.",
            "button_label": "Find us",
            "button_url": "/contact/",
        }

    @classmethod
    def heading_of(cls, props: JsonMapping) -> tuple[int, str] | None:
        return _heading(2, props.get("title"))


@blocks.register
class DividerBlock(Block):
    """A line, or just room, between two parts."""

    style: Literal["line", "space"] = labelled(
        _("Style"), "line", labels={"line": _("Line"), "space": _("Empty space")}
    )

    class Meta:
        label = _("Divider")
        drafts = ()
        icon = "divider"
        group = _("Layout")
        example = {"style": "line"}
