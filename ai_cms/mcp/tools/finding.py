"""Find and read: pages and the types of blocks."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from django.db.models import Q
from pydantic import Field

from ai_cms.blocks.schema import catalogue
from ai_cms.pages.models import Publication
from ai_cms.pages.outside import imported_among
from ai_cms.pages.search import search_or_similar

from ...core.jsontypes import JsonObject
from ..reading import as_markdown, page_of, read_page, visible_pages
from ..registry import Arguments, Context, tool

__all__ = ["PageId"]

PageId = Annotated[int, Field(ge=1, le=2**63 - 1)]
#: Characters of blocks in one answer.
MAX_BLOCKS = 40_000


class FindArguments(Arguments):
    query: Annotated[str, Field(max_length=300, description="Words; leave out to list.")] = ""
    below: Annotated[PageId | None, Field(description="Only children of this page.")] = None
    limit: Annotated[int, Field(ge=1, le=50)] = 20


class ReadArguments(Arguments):
    page: PageId
    format: Literal["blocks", "markdown"] = "blocks"
    after: Annotated[str, Field(max_length=64, description="Go on after this top-level block.")] = ""


class DescribeArguments(Arguments):
    types: Annotated[list[str], Field(max_length=20, description="Leave out for the list of all.")] = []
    page: Annotated[PageId | None, Field(description="Only types this page admits.")] = None


@tool(scope="read")
def find_content(context: Context, arguments: FindArguments) -> JsonObject:
    """Find pages by words, or list them. live: published; changed: the draft is newer."""
    pages = visible_pages(context.actor).non_polymorphic()
    if arguments.below is not None:
        pages = pages.filter(parent_id=page_of(context.actor, arguments.below).pk)
    found: dict[int, JsonObject] = {}
    if arguments.query:
        for row in _published(context, arguments):
            found[row.page_id] = {"page": row.page_id, "title": row.title, "path": row.path, "live": True}
        pages = pages.filter(Q(title__icontains=arguments.query) | Q(pk__in=list(found)))
    columns = ("pk", "title", "path", "parent_id", "published_version", "version")
    for pk, title, path, parent, live, version in pages.values_list(*columns)[: arguments.limit]:
        state = {"parent": parent, "version": version, "live": live is not None, "changed": live not in (None, version)}
        found[pk] = {"page": pk, "title": title, "path": path, **state}
    rows = list(found.values())[: arguments.limit]
    if imported_among([row["page"] for row in rows]):
        context.caller.has_read("titles of imported pages")
    return {"pages": rows}


def _published(context: Context, arguments: FindArguments) -> list[Any]:
    rows = Publication.objects.public()
    if context.actor.is_confined:
        rows = rows.filter(page_id__in=visible_pages(context.actor).order_by().values("pk"))
    if arguments.below is not None:
        rows = rows.filter(page__parent_id=arguments.below)
    return list(search_or_similar(rows, arguments.query)[: arguments.limit])


@tool(name="read_page", scope="read")
def read(context: Context, arguments: ReadArguments) -> JsonObject:
    """Read a page: its version (send it as base_version) and blocks with ids, or Markdown."""
    shown = read_page(context.caller, arguments.page)
    facts = {"page": shown.pk, "title": shown.title, "path": shown.path, "type": shown.type, "version": shown.version}
    if arguments.format == "markdown":
        return {**facts, "markdown": as_markdown(shown)[:MAX_BLOCKS]}
    blocks, more = _cut(shown.document.to_json(), arguments.after)
    if shown.page is not None:
        facts |= {"status": str(shown.page.status), "fields": _fields(shown.page)}
    return {**facts, "blocks": blocks, **({"more_after": more} if more else {})}


def _fields(page: Any) -> JsonObject:
    names = ("seo_title", "seo_description")
    return {name: getattr(page, name) for name in names if getattr(page, name)}


def _cut(blocks: list[JsonObject], after: str) -> tuple[list[JsonObject], str]:
    """Return the blocks after one of them as far as they fit, and the id of the last if there are more."""
    ids = [block["id"] for block in blocks]
    rest = blocks[ids.index(after) + 1 :] if after in ids else blocks
    size, shown = 0, list[JsonObject]()
    for block in rest:
        bare = {key: value for key, value in block.items() if key != "meta"}
        size += len(json.dumps(bare, ensure_ascii=False))
        if shown and size > MAX_BLOCKS:
            return shown, shown[-1]["id"]
        shown.append(bare)
    return shown, ""


@tool(scope="read")
def describe_blocks(context: Context, arguments: DescribeArguments) -> JsonObject:
    """The types of blocks; with types, the JSON Schema of their props and an example."""
    allowed = page_of(context.actor, arguments.page).allowed_blocks if arguments.page is not None else None
    limits = context.actor.agent.block_types if context.actor.agent is not None else None
    entries = [
        entry
        for entry in catalogue(allowed=allowed, switched_off=False)
        if (limits is None or entry["type"] in limits)
        and (entry["permission"] is None or context.actor.has_perm(entry["permission"]))
    ]
    if not arguments.types:
        return {"types": {entry["type"]: entry["label"] for entry in entries}}
    wanted = [entry for entry in entries if entry["type"] in arguments.types]
    unknown = sorted(set(arguments.types) - {entry["type"] for entry in wanted})
    keys = ("type", "label", "schema", "children", "example")
    shown = [{key: entry[key] for key in keys} for entry in wanted]
    return {"types": shown, **({"unknown": unknown} if unknown else {})}
