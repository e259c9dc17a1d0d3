"""Accept a part of a proposal and leave the rest waiting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import router, transaction

from ai_cms.blocks.documents.document import Document
from ai_cms.core.permissions import ActorLike

from ...core.jsontypes import JsonMapping, JsonObject
from .. import get_page_model
from ..models import Proposal
from ..rebase import fingerprints
from .proposals import accept_proposal, operation_target, proposal_state

__all__ = ["accept_and_keep_rest"]


def accept_and_keep_rest(
    proposal: Proposal,
    *,
    actor: ActorLike,
    blocks: Sequence[str] | None,
    fields: Sequence[str] | None,
    edits: Mapping[str, JsonMapping] | None = None,
    shown: str = "",
) -> Proposal | None:
    """Accept the changes of the named blocks and fields; what is left becomes a proposal of its own, which waits.

    ``blocks``, ``fields``, ``edits`` and ``shown``: as for :func:`accept_proposal`; ``None`` for blocks and fields is all of
    it. Returns that proposal, ``None`` where nothing is left. It is as old as the one it was part of: changes made to its
    blocks since then count, and changes made from now on to blocks that the accepted part brought. Raises what
    :func:`accept_proposal` does.
    """
    if fields is None:
        fields = list(proposal.fields) if blocks is None else []
    if blocks is None:
        blocks = [target for operation in proposal.operations if (target := operation_target(operation))]
    # What is out of date already has nothing to wait for.
    states = proposal_state(proposal, proposal.page)
    stale = {
        operation_target(item) for item, state in zip(proposal.operations, states, strict=True) if state == "stale"
    }
    chosen = {*blocks, *stale}
    rest = [operation for operation in proposal.operations if operation_target(operation) not in chosen]
    left = {name: value for name, value in proposal.fields.items() if name not in fields}
    with transaction.atomic(using=router.db_for_write(Proposal)):
        accepted = accept_proposal(
            proposal, actor=actor, blocks=sorted(chosen), fields=list(fields), edits=edits, shown=shown
        )
        if not rest and not left:
            return None
        present = get_page_model().all_objects.only("content_json").get(pk=accepted.page_id).content_json
        return Proposal.objects.create(
            page_id=accepted.page_id,
            title=accepted.title,
            base_version=accepted.base_version,
            operations=rest,
            fields=left,
            fingerprints=_marks_of_rest(rest, accepted.fingerprints, present),
            provenance=accepted.provenance,
            author=accepted.author,
            agent=accepted.agent,
            via=accepted.via,
            token=accepted.token,
            run=accepted.run,
        )


def _marks_of_rest(rest: Sequence[Any], marks: JsonMapping, present: Document) -> JsonObject:
    """Return the marks of what waits: those it had, and new ones for blocks that have just come to the page."""
    known = {key.partition(":")[2] for key in marks if key.startswith(("props:", "in:"))}
    new = [operation for operation in rest if operation["op"] != "insert" and operation["id"] not in known]
    found = fingerprints(new, present)
    for key in [key for key in found if key.startswith("in:")]:
        # An order noted before they came does not say where they stand.
        if f"order:{found[key]}" in marks:
            del found[key]
    return {**found, **marks}
