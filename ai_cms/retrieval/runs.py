"""Vectors as runs: begun once something was published, carried out by whoever carries out runs, paid by the system."""

from __future__ import annotations

from django.db import DEFAULT_DB_ALIAS, transaction

from ai_cms.core.permissions import Actor
from ai_cms.llm.models import Run, RunStatus
from ai_cms.llm.runs.context import RunContext, run_handler
from ai_cms.llm.runs.services import start_run

from ..core.jsontypes import JsonObject
from .conf import retrieval_settings
from .services.embedding import embed_missing
from .spaces import space_in_use

__all__ = ["HANDLER", "embed_after_commit", "embed_passages"]

HANDLER = "retrieval_vectors"


@run_handler(HANDLER)
def embed_passages(run: RunContext) -> JsonObject:
    """Make vectors of the passages that have none."""
    count, left = embed_missing(actor=run.actor, run=run, batches=retrieval_settings.RETRIEVAL_RUN_BATCHES)
    if left:
        start_embedding()
    return {"vectors": count}


def embed_after_commit(using: str) -> None:
    """Have vectors made once the present transaction has been committed, if a model makes any."""
    if using == DEFAULT_DB_ALIAS and space_in_use():
        # Robust: what is published is published, whether or not a run can be started.
        transaction.on_commit(start_embedding, using=using, robust=True)


def start_embedding() -> None:
    """Start a run unless one waits already; one that goes on may have looked for the last time."""
    if not Run.objects.filter(handler=HANDLER, status=RunStatus.QUEUED).exists():
        start_run(HANDLER, {}, actor=Actor.system(HANDLER))
