"""What one page may cost whoever is shown it: how many blocks look something up, and how many pages are listed.

Both are known before anything is rendered, so publishing can say no; a draft, or a page that was published before, is shown as
far as the budget goes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.exceptions import BlockError
from ai_cms.blocks.types.base import Block
from ai_cms.blocks.types.library.data import PageListBlock, PageListItem, PageListQuery
from ai_cms.blocks.types.registry import blocks

from .conf import pages_settings

if TYPE_CHECKING:
    from ai_cms.blocks.rendering.render import RenderContext

__all__ = ["Lists", "budget_errors", "lists_of"]

_KEY = "_ai_cms_lists"


def budget_errors(document: Document) -> list[BlockError]:
    """Return an error at the first block that is too much, for each budget that a document exceeds."""
    lookups = listed = 0
    errors: dict[str, BlockError] = {}
    for walked in document.walk():
        block_class = blocks.get(str(walked.block.get("type", "")))
        if block_class is None or block_class.get_context is Block.get_context:
            continue
        lookups += 1
        if lookups == pages_settings.PAGE_MAX_LOOKUPS + 1:
            errors["lookups"] = BlockError(list(walked.loc), "too_many_lookups", "")
        if issubclass(block_class, PageListBlock):
            listed += _limit(walked.block)
            if listed > pages_settings.PAGE_MAX_LISTED and "listed" not in errors:
                errors["listed"] = BlockError([*walked.loc, "props", "limit"], "too_many_listed", "")
    if not errors:
        return []
    messages = {
        "lookups": _(
            "A page may have %(most)d blocks that look something up when it is shown, such as page lists; this one has "
            "%(found)d. Divide it into several pages."
        )
        % {"most": pages_settings.PAGE_MAX_LOOKUPS, "found": lookups},
        "listed": _(
            "The page lists of a page may list %(most)d pages all together; here they may list %(found)d. Lower their "
            "limits, or divide the page."
        )
        % {"most": pages_settings.PAGE_MAX_LISTED, "found": listed},
    }
    return [BlockError(error.loc, error.type, messages[name]) for name, error in errors.items()]


def _limit(block: dict[str, object]) -> int:
    props = block.get("props")
    limit = props.get("limit") if isinstance(props, dict) else None
    default: int = PageListBlock.model_fields["limit"].default
    return limit if isinstance(limit, int) else default


@dataclass
class Lists:
    """The page lists of one rendering: the same question is answered once, and what is beyond the budget is empty."""

    answers: dict[PageListQuery, list[PageListItem]] = field(default_factory=dict)
    listed: int = 0

    def known(self, query: PageListQuery) -> list[PageListItem] | None:
        """Return the answer of a question that was asked before, or is too much; ``None`` if it must be looked up."""
        if self.listed >= pages_settings.PAGE_MAX_LISTED:
            return []
        found = self.answers.get(query)
        if found is None and len(self.answers) >= pages_settings.PAGE_MAX_LOOKUPS:
            return []
        return None if found is None else self.shown(found)

    def shown(self, items: list[PageListItem]) -> list[PageListItem]:
        """Count what is going to be shown."""
        self.listed += len(items)
        return items


def lists_of(context: RenderContext) -> Lists:
    """Return the lists of the rendering that ``context`` belongs to; of it alone where the context is a host's own."""
    # The renderer's own dict: one for all blocks of a page.
    if not isinstance(context.values, dict):
        return Lists()
    found: Lists = context.values.setdefault(_KEY, Lists())
    return found
