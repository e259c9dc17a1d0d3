"""The block that says how its owner can be reached: what stands in it is typed, nothing is read from a profile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import Field

from ai_cms.blocks import Block, BlockPart, InlineText, Text, Url, blocks
from ai_cms.blocks.types.library.common import labelled
from ai_cms.core.jsontypes import JsonMapping

__all__ = ["ContactBlock", "ContactLink"]

Line = Annotated[InlineText, Field(max_length=300)]


class ContactLink(BlockPart):
    """A profile or another address on the web."""

    label: Line = labelled(_("Name"), min_length=1, help=_("Such as: GitHub."))
    url: Url = labelled(_("Address"), "")
    text: Line = labelled(_("Shown as"), "", help=_("The address itself where empty."))


@blocks.register
class ContactBlock(Block):
    """How to reach the owner of a portfolio."""

    title: InlineText = labelled(_("Title"), "", max_length=200)
    text: Text = labelled(_("Text"), "")
    email: str = labelled(_("E-mail"), "", max_length=254, pattern=r"^(?:[^\s@<>\"]+@[^\s@<>\"]+)?$", text=False)
    phone: Line = labelled(_("Telephone"), "", text=False)
    place: Line = labelled(_("Place"), "")
    links: list[ContactLink] = labelled(_("Links"), list, max_length=20)

    class Meta:
        label = _("Contact")
        drafts = ("title", "text", "email", "phone", "place")
        icon = "envelope"
        group = _("Portfolio")
        example = {
            "title": "Say hello",
            "text": "I answer every letter.",
            "email": "ada@example.com",
            "links": [{"label": "GitHub", "url": "https://github.com/example", "text": "example"}],
        }

    @classmethod
    def heading_of(cls, props: JsonMapping) -> tuple[int, str] | None:
        title = props.get("title")
        return (2, title) if isinstance(title, str) and title else None

    @property
    def ways(self) -> list[dict[str, str]]:
        """The ways to reach the owner, each with ``label``, ``text`` and ``url``."""
        return list(self._ways())

    def _ways(self) -> Iterator[dict[str, str]]:
        if self.email:
            yield {"label": gettext("E-mail"), "text": self.email, "url": f"mailto:{self.email}"}
        if self.phone:
            digits = "".join(sign for sign in self.phone if sign.isascii() and (sign.isdigit() or sign == "+"))
            yield {"label": gettext("Telephone"), "text": self.phone, "url": f"tel:{digits}" if digits else ""}
        if self.place:
            yield {"label": gettext("Place"), "text": self.place, "url": ""}
        for link in self.links:
            yield {"label": link.label, "text": link.text or link.url, "url": link.url}
