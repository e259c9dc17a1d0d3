"""The site's own writing tasks, carried out by its own models; on a page the result is a proposal."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from ai_cms.assist.models import HANDLER
from ai_cms.assist.registry import get_task, tasks
from ai_cms.assist.services import prepared
from ai_cms.core.exceptions import NotFound
from ai_cms.core.permissions import get_policy, policy_for
from ai_cms.llm.models import Run
from ai_cms.llm.runs.services import start_run

from ...core.jsontypes import JsonObject
from ..exceptions import BadArguments
from ..reading import page_of
from ..registry import Arguments, Context, tool
from .drafting import Key
from .finding import PageId

__all__: list[str] = []


class WritingArguments(Arguments):
    task: Annotated[str, Field(max_length=100, description="Leave out for the list.")] = ""
    page: Annotated[PageId | None, Field(description="Propose the result on this page.")] = None
    payload: Annotated[JsonObject | None, Field(description="Leave out for its schema.")] = None
    run: Annotated[str, Field(max_length=36, description="Look at a run you started.")] = ""
    idempotency_key: Key = ""


@tool(scope="propose", atomic=False)
def run_writing_task(context: Context, arguments: WritingArguments) -> JsonObject:
    """Have the site's model write, at the cost of credits: start a task, then ask for its run until it is done."""
    if arguments.run:
        return _told(context, _run(context, arguments.run))
    if not arguments.task:
        return {"tasks": {name: str(item.label) for name, item in tasks.items()}}
    task = get_task(arguments.task)
    if arguments.payload is None:
        return {
            "task": task.name,
            "needs_page": task.needs_page,
            "payload_schema": task.payload_model.model_json_schema(),
        }
    page = None if arguments.page is None else page_of(context.actor, arguments.page)
    if page is not None:
        policy_for(page).require(context.actor, "propose", page)
    prepared(task, context.actor, arguments.payload, page, None)
    payload = {
        "task": task.name,
        "payload": arguments.payload,
        "page": page.pk if page is not None else None,
        "parent": None,
    }
    key = f"{context.caller.principal}:{arguments.idempotency_key}" if arguments.idempotency_key else ""
    run = start_run(
        HANDLER, payload, actor=context.actor, target=page, target_label=task.name, idempotency_key=key[:200]
    )
    return _told(context, run)


def _run(context: Context, pk: str) -> Run:
    try:
        key = UUID(pk)
    except ValueError:
        raise BadArguments("run is an id such as run_writing_task answers with.") from None
    rows: Any = get_policy(Run).visible(context.actor, Run.objects.all())
    run: Run | None = rows.filter(pk=key, handler=HANDLER, user=context.actor.account).first()
    if run is None:
        raise NotFound("There is no such run, or it is not yours to see.")
    return run


def _told(context: Context, run: Run) -> JsonObject:
    told: JsonObject = {"run": str(run.pk), "status": str(run.status)}
    if not run.is_finished:
        return {**told, "note": "Not done yet: ask again with run in some seconds."}
    if run.error_code:
        return {**told, "error": run.error_code, "detail": run.error_detail}
    if run.result is not None:
        # A model has written it, of texts that may hold anything.
        context.caller.has_read(f"the result of {run.target_label or 'a writing task'}")
        told |= {key: run.result[key] for key in ("output", "proposal", "page") if run.result.get(key) is not None}
    return told
