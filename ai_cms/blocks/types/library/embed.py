"""Blocks of foreign content: embed and raw HTML."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ...conf import blocks_settings
from ...html.embeds import EmbedTarget, resolve_embed
from ..base import Block
from ..registry import blocks
from ..text import InlineText, RequiredUrl
from .common import InlineHtml, labelled

__all__ = ["EmbedBlock", "RawHtmlBlock"]


@blocks.register
class EmbedBlock(Block):
    """Something of another site, in a frame if the site is an allowed provider, else as a link."""

    url: RequiredUrl = labelled(_("Address"), help=_("Of the page that shows it, such as a video on YouTube."))
    title: InlineText = labelled(
        _("Title"), "", max_length=300, help=_("What it is, for those who do not see it."), text=False
    )
    caption: InlineHtml = labelled(_("Caption"), "")

    class Meta:
        label = _("Embed")
        drafts = False
        icon = "embed"
        group = _("Media")
        example = {"url": "https://vimeo.com/76979871", "title": "A loaf in the oven", "caption": ""}

    @property
    def target(self) -> EmbedTarget | None:
        return resolve_embed(self.url)


@blocks.register
class RawHtmlBlock(Block):
    """HTML that is shown as it is, unsanitised: for trusted people, and only where the setting RAW_HTML allows it."""

    html: str = labelled(_("HTML"), "", max_length=100_000, widget="code", text="html")

    class Meta:
        label = _("Raw HTML")
        drafts = False
        icon = "html"
        group = _("Data")
        permission = "ai_cms_blocks.use_raw_html"
        example = {"html": "<p>Shown as it is.</p>"}

    @property
    def shown_html(self) -> str:
        """The HTML, or nothing while the setting does not allow it."""
        return self.html if blocks_settings.RAW_HTML else ""
