"""A block of this site's own; ``ai_cms.blocks`` finds modules of this name by itself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ai_cms.blocks import Block, InlineText, blocks
from ai_cms.blocks.types.base import BlockPart
from ai_cms.blocks.types.library.common import labelled


class OpeningTime(BlockPart):
    """When the gates are open on some days."""

    days: InlineText = labelled(_("Days"), min_length=1, max_length=60)
    hours: InlineText = labelled(_("Hours"), min_length=1, max_length=60)
    note: InlineText = labelled(_("Note"), "", max_length=120)


@blocks.register
class OpeningHoursBlock(Block):
    """A list of days and the hours the garden is open on them."""

    title: InlineText = labelled(_("Title"), "", max_length=120)
    times: list[OpeningTime] = labelled(_("Times"), min_length=1, max_length=12)

    class Meta:
        label = _("Opening hours")
        icon = "clock"
        group = _("Garden")
        example = {
            "title": "Opening hours",
            "times": [
                {"days": "March to October", "hours": "9:00 to 19:00", "note": "Last entry at 18:00"},
                {"days": "November to February", "hours": "10:00 to 16:00"},
            ],
        }
