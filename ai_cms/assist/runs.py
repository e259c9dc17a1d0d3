"""Writing tasks as runs: they go on when their watcher leaves, and can be watched, left and cancelled."""

from __future__ import annotations

from ai_cms.core.exceptions import NotFound
from ai_cms.core.permissions import get_policy
from ai_cms.llm.runs.context import RunContext, run_handler
from ai_cms.pages import get_page_model
from ai_cms.pages.models import AbstractPage

from ..core.jsontypes import JsonObject
from .models import HANDLER
from .services import generate_text

__all__ = ["HANDLER", "write"]


@run_handler(HANDLER)
def write(run: RunContext) -> JsonObject:
    """Carry out the task in the run's payload ({"task", "payload", "page", "parent", "keep_partial"}).

    Each operation is an event of its own, and so is the proposal.
    """
    outcome = generate_text(
        run.payload["task"],
        run.payload["payload"],
        actor=run.actor,
        page=_page(run, "page"),
        parent=_page(run, "parent"),
        on_operation=lambda operation: run.emit("operation", operation),
        # Straight to the events: a stopped run tells what became of its part too. The write fails, and undoes the proposal,
        # where the run is no longer this worker's.
        on_proposal=lambda proposal: run.events.emit("proposal", {"proposal": proposal.pk, "page": proposal.page_id}),
        keep_partial=run.payload.get("keep_partial", True),
        run=run,
    )
    return outcome.to_json()


def _page(run: RunContext, name: str) -> AbstractPage | None:
    """Return the page that the payload names. Raises NotFound: rights may have changed while the run waited."""
    if run.payload.get(name) is None:
        return None
    model = get_page_model()
    page: AbstractPage | None = (
        get_policy(model).visible(run.actor, model.objects.all()).filter(pk=run.payload[name]).first()
    )
    if page is None:
        raise NotFound
    return page
