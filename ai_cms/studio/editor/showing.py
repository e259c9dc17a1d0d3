"""The page in the editor's frame, and single blocks of it as HTML."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from ai_cms.blocks.conf import blocks_settings
from ai_cms.core.exceptions import InvalidInput, TooLarge
from ai_cms.pages.rendering import render_draft, render_draft_blocks

from .answers import HtmlView, JsonView

__all__ = ["FrameView", "RenderView"]


@method_decorator(xframe_options_sameorigin, name="dispatch")
class FrameView(HtmlView):
    """The draft by the host's own template, with comments that mark where each block begins and ends."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        response = HttpResponse(render_draft(self.page(), request, mode="edit"))
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response


class RenderView(JsonView):
    """Blocks as HTML for the frame: a batch, in which one that fails does not fail the others. Stores nothing."""

    # Whoever types into a page that was put into the bin goes on seeing it.
    deleted = True

    def post(self, request: HttpRequest, pk: int) -> JsonResponse:
        page, items = self.page(), self.body().get("blocks")
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise InvalidInput(errors={"blocks": [_("Give a list of blocks.")]})
        if sum(_count(item) for item in items) > blocks_settings.RENDER_MAX_BLOCKS:
            raise TooLarge(_("At most %(n)d blocks at once.") % {"n": blocks_settings.RENDER_MAX_BLOCKS})
        html, errors = render_draft_blocks(page, items, request, actor=self.actor)
        found = {block_id: [error.to_json() for error in problems] for block_id, problems in errors.items()}
        return self.answer({"html": html, "errors": found})


def _count(block: object) -> int:
    children = block.get("children") if isinstance(block, dict) else None
    return 1 + (sum(map(_count, children)) if isinstance(children, list) else 0)
