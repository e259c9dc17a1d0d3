"""Change drafts: at once where the token may write and nothing from outside was read, else as a proposal."""

from __future__ import annotations

from typing import Annotated, Any

from django.urls import NoReverseMatch, reverse
from pydantic import Field

from ai_cms.pages.models import PageAct, Proposal
from ai_cms.pages.services import (
    apply_page_operations,
    approval_address,
    ask_approval,
    create_page,
    suggest_operations,
    suggest_update,
)

from ...core.jsontypes import JsonObject
from ..exceptions import BadArguments
from ..reading import page_of
from ..registry import Arguments, Context, tool
from .finding import PageId

__all__ = ["Key", "Version"]

Version = Annotated[int, Field(ge=1, le=2**31 - 1, description="The version you read.")]
Key = Annotated[str, Field(max_length=200, description="Same key: done once.")]
Operations = Annotated[
    list[JsonObject],
    Field(
        max_length=500,
        description='{"op":"insert","block":{"type","props","children"?},"after"?|"before"?|"parent"?} | '
        '{"op":"update","id","props"} | {"op":"move","id","after"?|"parent"?} | {"op":"remove","id"}',
    ),
]


class ApplyArguments(Arguments):
    page: PageId
    base_version: Version
    operations: Annotated[Operations, Field(min_length=1)]
    message: Annotated[str, Field(max_length=200)] = ""
    idempotency_key: Key = ""


class ProposeArguments(Arguments):
    page: PageId
    base_version: Version
    operations: Annotated[list[JsonObject], Field(max_length=500, description="As for apply_operations.")] = []
    fields: Annotated[JsonObject, Field(description="New values: title, seo_title, seo_description, …")] = {}
    title: Annotated[str, Field(max_length=200, description="What the proposal is for.")] = ""
    idempotency_key: Key = ""


class DraftArguments(Arguments):
    parent: PageId
    title: Annotated[str, Field(min_length=1, max_length=255)]
    blocks: Annotated[list[JsonObject], Field(max_length=500)] = []
    slug: Annotated[str, Field(max_length=200)] = ""
    type: Annotated[str, Field(max_length=100)] = ""
    idempotency_key: Key = ""


@tool(scope="propose")
def apply_operations(context: Context, arguments: ApplyArguments) -> JsonObject:
    """Change the blocks of a draft, all or nothing; never published by this. Becomes a proposal where you may not write."""
    page = page_of(context.actor, arguments.page)
    if not context.writes:
        suggested = suggest_operations(
            page,
            arguments.operations,
            actor=context.actor,
            base_version=arguments.base_version,
            title=arguments.message,
        )
        return proposed(context, suggested)
    done = apply_page_operations(
        page,
        arguments.operations,
        actor=context.actor,
        base_version=arguments.base_version,
        message=arguments.message,
    )
    made = [operation["block"]["id"] for operation in done.operations if operation["op"] == "insert"]
    return {"page": page.pk, "version": done.page.version, "inserted": made, "rebased": done.rebased}


@tool(scope="propose")
def propose(context: Context, arguments: ProposeArguments) -> JsonObject:
    """Suggest changes of a page; a person accepts or rejects them block by block."""
    page = page_of(context.actor, arguments.page)
    if not arguments.operations and not arguments.fields:
        raise BadArguments("Give operations, fields or both.")
    options: dict[str, Any] = {"actor": context.actor, "title": arguments.title}
    if arguments.operations:
        suggested = suggest_operations(
            page,
            arguments.operations,
            fields=arguments.fields,
            base_version=arguments.base_version,
            # Fields have no ids by which a change made since is told: they are for the version that was read.
            strict_version=bool(arguments.fields),
            **options,
        )
    else:
        suggested = suggest_update(page, fields=arguments.fields, expected_version=arguments.base_version, **options)
    return proposed(context, suggested)


@tool(scope="propose")
def create_draft(context: Context, arguments: DraftArguments) -> JsonObject:
    """Make a draft page below another, never published by this. Where you may not write, a person is asked first."""
    parent = page_of(context.actor, arguments.parent)
    if not context.writes:
        wanted = {"title": arguments.title, "slug": arguments.slug, "type": arguments.type, "content": arguments.blocks}
        approval = ask_approval(parent, PageAct.CREATE, actor=context.actor, arguments=wanted)
        return {
            "approval": str(approval.pk),
            "status": "pending",
            "note": "Not made yet: a person has to approve it.",
            "url": context.address(approval_address(approval)),
            "expires_at": approval.expires_at,
        }
    page = create_page(
        actor=context.actor,
        parent=parent,
        title=arguments.title,
        slug=arguments.slug,
        page_type=arguments.type or None,
        content=arguments.blocks,
    )
    return {"page": page.pk, "path": page.path, "version": page.version}


def proposed(context: Context, proposal: Proposal) -> JsonObject:
    """Return what a model is told of a proposal that was made."""
    note = "This waits for a person; nothing was changed yet."
    if context.caller.is_contained:
        note += " You have read text from outside, so for a while all you write is only proposed."
    return {"proposal": proposal.pk, "status": str(proposal.status), "note": note, "url": _admin(context, proposal)}


def _admin(context: Context, proposal: Proposal) -> str:
    try:
        return context.address(reverse("admin:ai_cms_pages_proposal_change", args=[proposal.pk]))
    except NoReverseMatch:
        return ""
