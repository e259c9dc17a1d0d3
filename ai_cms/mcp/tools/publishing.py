"""Ask a person for what only a person may do, and look what became of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _
from pydantic import Field

from ai_cms.core.exceptions import NotFound
from ai_cms.core.models import ApprovalStatus
from ai_cms.core.permissions import get_policy
from ai_cms.pages.models import PageAct, PageApproval, Proposal
from ai_cms.pages.services import approval_address, ask_approval, proposal_state

from ...core.jsontypes import JsonObject
from ..exceptions import BadArguments, InputNeeded
from ..reading import page_of
from ..registry import Arguments, Context, tool
from .drafting import Version
from .finding import PageId

__all__: list[str] = []


class PublishArguments(Arguments):
    page: PageId
    base_version: Version
    act: Literal["publish", "unpublish", "delete"] = "publish"


class StatusArguments(Arguments):
    proposal: Annotated[PageId | None, Field(description="An id that propose answered with.")] = None
    approval: Annotated[str, Field(max_length=36)] = ""


@tool(scope="propose", idempotent=True, atomic=False)
def request_publish(context: Context, arguments: PublishArguments) -> JsonObject:
    """Ask a person to publish a page (or take it off, or delete it). Only they can; nothing you send approves it."""
    page = page_of(context.actor, arguments.page)
    if context.asked_before:
        return _after_asking(context, arguments)
    approval = ask_approval(page, PageAct(arguments.act), actor=context.actor, expected_version=arguments.base_version)
    url = context.address(approval_address(approval))
    text = (
        f"Nothing was done: only a person may {arguments.act} a page. This waits for them until "
        f"{approval.expires_at:%H:%M} UTC{f' at {url}' if url else ''}. Tell them so, and go on with something else; "
        f'check_status(approval="{approval.pk}") says what became of it.'
    )
    message = _("An agent asks you to decide: %(what)s. Open the page to approve or refuse it.") % {"what": approval}
    raise InputNeeded(text, message=message, url=url, state=str(approval.pk))


def _after_asking(context: Context, arguments: PublishArguments) -> JsonObject:
    """Say what became of an approval once the client has shown its address; what the client says of it counts for nothing."""
    approval = _approval(context, context.asked_before)
    if approval.page_id != arguments.page or approval.act != arguments.act:
        raise BadArguments("This is the answer to another request. Call request_publish again without it.")
    told = _told(context, approval)
    if approval.status != ApprovalStatus.USED:
        told["note"] = "Nothing was done so far: a person has to approve it on the page at url."
        told["failed"] = True
    return told


@tool(scope="read")
def check_status(context: Context, arguments: StatusArguments) -> JsonObject:
    """What became of a proposal, or of something a person was asked for."""
    if arguments.approval:
        return _told(context, _approval(context, arguments.approval))
    if arguments.proposal is None:
        raise BadArguments("Give proposal or approval.")
    rows: Any = get_policy(Proposal).visible(context.actor, Proposal.objects.select_related("page"))
    proposal = rows.filter(pk=arguments.proposal).first()
    if proposal is None:
        raise NotFound("There is no such proposal, or it is not yours to see.")
    return {
        "proposal": proposal.pk,
        "page": proposal.page_id,
        "status": proposal.status,
        "operations": proposal_state(proposal, proposal.page),
        "page_version": proposal.page.version,
    }


def _approval(context: Context, pk: str) -> PageApproval:
    try:
        key = UUID(pk)
    except ValueError:
        raise BadArguments("approval is an id such as request_publish answers with.") from None
    found: PageApproval | None = (
        get_policy(PageApproval).visible(context.actor, PageApproval.objects.all()).filter(pk=key).first()
    )
    if found is None:
        raise NotFound("There is no such request, or it is not yours to see.")
    return found


def _told(context: Context, approval: PageApproval) -> JsonObject:
    status = str(approval.status)
    if status == ApprovalStatus.PENDING and not approval.is_open:
        status = ApprovalStatus.EXPIRED.value
    told: JsonObject = {"approval": str(approval.pk), "act": approval.act, "page": approval.page_id, "status": status}
    if status == ApprovalStatus.PENDING:
        told |= {"url": context.address(approval_address(approval)), "expires_at": approval.expires_at}
    return {**told, **({"result": approval.result} if approval.result else {})}
