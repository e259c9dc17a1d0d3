"""Accept a part of a proposal and leave the rest waiting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import router, transaction

from ai_cms.core.permissions import Actor

from ..models import Proposal
from .proposals import accept_proposal, operation_target, proposal_state

__all__ = ["accept_and_keep_rest"]


def accept_and_keep_rest(
    proposal: Proposal, *, actor: Actor | Any, blocks: Sequence[str] | None, fields: Sequence[str] | None
) -> Proposal | None:
    """Accept the changes of the named blocks and fields; what is left becomes a proposal of its own, which waits.

    ``blocks`` and ``fields``: as for :func:`accept_proposal`; ``None`` for both is all of it. Returns that proposal, ``None``
    where nothing is left. It is as old as the one it was part of: changes made to its blocks since then count. Raises what
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
        accepted = accept_proposal(proposal, actor=actor, blocks=sorted(chosen), fields=list(fields))
        if not rest and not left:
            return None
        return Proposal.objects.create(
            page_id=accepted.page_id,
            title=accepted.title,
            base_version=accepted.base_version,
            operations=rest,
            fields=left,
            fingerprints=accepted.fingerprints,
            provenance=accepted.provenance,
            author=accepted.author,
            agent=accepted.agent,
        )
