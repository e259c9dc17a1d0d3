from __future__ import annotations

from ai_cms.blocks import Block, InlineText, blocks


@blocks.register
class HostNoticeBlock(Block):
    """Found by autodiscovery."""

    text: InlineText

    class Meta:
        label = "Notice"
        example = {"text": "Closed on Monday"}
