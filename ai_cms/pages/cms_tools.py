"""What a model may do with pages: read, search, propose, draft, ask for publishing. Loaded by ``ai_cms.llm.tools.registry``.

Each tool asks for the rights of the user it works for, by the same services as the admin and the REST API; the person's rights
are the limit whatever the model was told by the texts it reads.
"""

from __future__ import annotations

from typing import Annotated

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.schema import catalogue
from ai_cms.core.exceptions import NotFound
from ai_cms.core.permissions import get_policy, policy_for
from ai_cms.llm.tools.registry import ToolContext, tool

from ..core.jsontypes import JsonObject
from . import get_page_model
from .changes import block_changes
from .models import AbstractPage, Publication
from .search import search_or_similar
from .services import create_page, create_proposal, publish_page
from .untrusted import remote_sources, without_remote_sources

__all__: list[str] = []

PageId = Annotated[int, Field(ge=1, le=2**63 - 1, description="The id of a page.")]


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)


class SearchArguments(_Arguments):
    query: Annotated[str, Field(min_length=1, max_length=300)]
    limit: Annotated[int, Field(ge=1, le=20)] = 10


class ListArguments(_Arguments):
    parent: PageId | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class PageArguments(_Arguments):
    page: PageId


class BlockTypesArguments(_Arguments):
    page: PageId | None = Field(None, description="Only types that this page admits.")


class ProposeArguments(_Arguments):
    page: PageId
    operations: Annotated[list[JsonObject], Field(min_length=1, max_length=200)]
    title: Annotated[str, Field(max_length=255)] = ""


class DraftArguments(_Arguments):
    parent: PageId
    title: Annotated[str, Field(min_length=1, max_length=255)]
    content: Annotated[list[JsonObject], Field(max_length=500)] = []


def _page(context: ToolContext, pk: int) -> AbstractPage:
    """Return a page the user may see. Raises NotFound, the same for a page that does not exist."""
    model = get_page_model()
    page: AbstractPage | None = get_policy(model).visible(context.actor, model.objects.all()).filter(pk=pk).first()
    if page is None:
        raise NotFound
    return page


def _state(context: ToolContext, arguments: PageArguments | ProposeArguments) -> str:
    """Return what a person's approval is bound to: the page in the version that was looked at."""
    return f"page {arguments.page} v{_page(context, arguments.page).version}"


def _proposed(context: ToolContext, arguments: ProposeArguments) -> list[JsonObject]:
    """Return what a proposal would change on the page, block by block, for the person who has to confirm it."""
    page = _page(context, arguments.page)
    words = {"insert": _("New"), "update": _("Changed"), "move": _("Moved"), "remove": _("Removed")}
    operations = [
        item for item in arguments.operations if item.get("op") != "insert" or isinstance(item.get("block"), dict)
    ]
    return [
        {"what": f"{page.title}: {words.get(change['op'], change['op'])} ({change['type']})", "text": change["text"]}
        for change in block_changes(page.content_json, operations)
    ]


def _drafted(context: ToolContext, arguments: DraftArguments) -> list[JsonObject]:
    """Return the blocks of a page that would be made."""
    parent = _page(context, arguments.parent)
    operations: list[JsonObject] = [{"op": "insert", "block": block} for block in arguments.content]
    made: list[JsonObject] = [
        {"what": _("New page below %(parent)s") % {"parent": parent.title}, "text": [["insert", arguments.title]]}
    ]
    changes = block_changes(Document([]), operations)
    return made + [{"what": str(change["type"]), "text": change["text"]} for change in changes]


def _provenance(context: ToolContext) -> JsonObject:
    found = {"source": "model", "by": context.actor.label or "agent"}
    model = context.extra.get("model")
    if model:
        found["model"] = str(model)
    if context.request_id:
        found["call"] = context.request_id
    return found


@tool(name="search_content", risk="read", public=True)
def search_content(context: ToolContext, arguments: SearchArguments) -> list[JsonObject]:
    """Search the published pages by words; returns titles and paths."""
    rows = search_or_similar(Publication.objects.public(), arguments.query)[: arguments.limit]
    return [{"page": row.page_id, "title": row.title, "path": row.path} for row in rows]


@tool(name="list_pages", risk="read")
def list_pages(context: ToolContext, arguments: ListArguments) -> list[JsonObject]:
    """List pages the user may edit or read, those below a page or all, in the order of the tree."""
    model = get_page_model()
    rows = get_policy(model).visible(context.actor, model.objects.non_polymorphic())
    if arguments.parent is not None:
        rows = rows.filter(parent_id=_page(context, arguments.parent).pk)
    columns = ("pk", "title", "path", "published_version", "version")
    return [
        {"page": pk, "title": title, "path": path, "live": live is not None, "changed": live not in (None, version)}
        for pk, title, path, live, version in rows.values_list(*columns)[: arguments.limit]
    ]


@tool(name="read_page", risk="read")
def read_page(context: ToolContext, arguments: PageArguments) -> JsonObject:
    """Read a page's working draft: fields, version and blocks with their ids."""
    page = _page(context, arguments.page)
    return {
        "page": page.pk,
        "title": page.title,
        "path": page.path,
        "type": page.type,
        "version": page.version,
        "status": str(page.status),
        "content": page.content_json.to_json(),
    }


@tool(name="list_block_types", risk="read", trusted=True, public=True)
def list_block_types(context: ToolContext, arguments: BlockTypesArguments) -> list[JsonObject]:
    """List the block types with the JSON Schema of their props."""
    allowed = _page(context, arguments.page).allowed_blocks if arguments.page is not None else None
    keys = ("type", "label", "schema", "children", "example")
    return [{key: entry[key] for key in keys} for entry in catalogue(allowed=allowed) if entry["permission"] is None]


@tool(name="propose_changes", risk="write", state=_state, preview=_proposed)
def propose_changes(context: ToolContext, arguments: ProposeArguments) -> JsonObject:
    """Suggest operations (insert, update, move, remove) on a page; a person accepts or rejects them."""
    page = _page(context, arguments.page)
    proposal = create_proposal(
        page,
        without_remote_sources(arguments.operations, remote_sources(page.content_json)),
        actor=context.actor,
        title=arguments.title,
        provenance=_provenance(context),
        agent=context.actor.label or "agent",
    )
    return {"proposal": proposal.pk, "status": proposal.status}


@tool(name="create_draft_page", risk="write", preview=_drafted)
def create_draft_page(context: ToolContext, arguments: DraftArguments) -> JsonObject:
    """Create an empty draft below a page and propose its blocks; a person accepts them. It is never published by this."""
    parent = _page(context, arguments.parent)
    page = create_page(actor=context.actor, parent=parent, title=arguments.title)
    made: JsonObject = {"page": page.pk, "path": page.path}
    if arguments.content:
        operations = [{"op": "insert", "block": without_remote_sources(block)} for block in arguments.content]
        proposal = create_proposal(
            page,
            operations,
            actor=context.actor,
            title=arguments.title,
            provenance=_provenance(context),
            agent=context.actor.label or "agent",
        )
        made["proposal"] = proposal.pk
    return made


@tool(name="request_publish", risk="outward", state=_state)
def request_publish(context: ToolContext, arguments: PageArguments) -> JsonObject:
    """Ask that a page be published. A person has to confirm each time, and must have the right to publish it."""
    page = _page(context, arguments.page)
    policy_for(page).require(context.actor, "publish", page)
    publication = publish_page(page, actor=context.actor)
    return {"page": page.pk, "path": publication.path, "version": publication.version}
