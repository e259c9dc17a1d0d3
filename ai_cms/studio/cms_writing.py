"""Notes of reviews become comments on blocks. Loaded by ``ai_cms.assist``, which the studio does without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from ai_cms.assist.notes import ReviewNote, note_keepers
from ai_cms.core.jsontypes import JsonMapping
from ai_cms.core.permissions import Actor

from .models import Comment
from .services.commenting import add_comment

__all__: list[str] = []


def keep_as_comments(page: Any, notes: Sequence[ReviewNote], actor: Actor, provenance: JsonMapping) -> int:
    """Comment on the blocks that notes are about, but for what stands there already; return how many there are now.

    The comments are of whoever asked, and say who wrote them. Raises what commenting raises.
    """
    model = provenance.get("model")
    by = _("Review by %(model)s") % {"model": model} if provenance.get("source") == "model" and model else _("Review")
    open_ones = Comment.objects.filter(page_id=page.pk, parent=None, resolved_at=None)
    there = {(block, body) for block, body in open_ones.values_list("block_id", "body")}
    kept = 0
    for note in notes:
        body = f"{by}: {_without_handles(note.text)}"
        if (note.block, body) not in there:
            add_comment(page, actor=actor, body=body, block_id=note.block)
            kept += 1
    return kept


def _without_handles(text: str) -> str:
    # A model calls nobody.
    return text.replace("@", "＠")  # noqa: RUF001


note_keepers.register("comments", keep_as_comments)
