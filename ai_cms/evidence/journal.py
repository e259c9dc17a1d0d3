"""Write the journal: one act for each thing that a program or a model does. What people do is in the histories alone."""

from __future__ import annotations

from typing import Any

from ai_cms.core.acting import Facts, facts_of
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor

from .models import Act

__all__ = ["note"]


def note(
    kind: str,
    actor: Actor,
    data: JsonObject | None = None,
    *,
    page: Any = None,
    asset: Any = None,
    title: str = "",
    facts: Facts | None = None,
    user: Any = None,
    **columns: Any,
) -> Act | None:
    """Write down what was done in the transaction that does it; ``None`` for what a person does, or whoever has the shell.

    ``facts``: of whom it is, where that is another than ``actor`` (a proposal is its maker's); ``user``: in whose name then.
    """
    who = facts or facts_of(actor)
    if not who.is_machine and facts is None:
        return None
    about = page if page is not None else asset
    return Act.objects.create(
        kind=kind,
        page_id=page.pk if page is not None else None,
        asset_id=asset.pk if asset is not None else None,
        title=(title or str(about or ""))[:255],
        user=user if facts is not None else actor.account,
        via=who.via[:10],
        agent=who.label[:200],
        agent_key=who.agent[:64],
        token=who.token[:64],
        run=who.run[:64],
        data=data or {},
        **columns,
    )
