"""Pages as resources: Markdown, for whoever reads and does not change."""

from __future__ import annotations

import re

from ai_cms.core.exceptions import NotFound
from ai_cms.pages.outside import imported_among

from ..core.jsontypes import JsonObject
from .exceptions import ProtocolError
from .protocol import INVALID_PARAMS, Call
from .reading import as_markdown, read_page, visible_pages
from .registry import Context

__all__ = ["TEMPLATES", "list_resources", "read_resource"]

PAGE_SIZE = 100
_ADDRESS = re.compile(r"cms://pages/(\d{1,18})", re.ASCII)
#: The error of revisions with a handshake for what is not there.
_NOT_FOUND = -32002

TEMPLATES: list[JsonObject] = [
    {
        "uriTemplate": "cms://pages/{id}",
        "name": "page",
        "description": "A page as Markdown; ids are found by find_content.",
        "mimeType": "text/markdown",
    }
]


def list_resources(call: Call, context: Context) -> JsonObject:
    """Return the pages that the caller may read, part by part. Raises ProtocolError for a cursor that is none."""
    cursor = call.params.get("cursor", "0")
    if not isinstance(cursor, str) or not cursor.isascii() or not cursor.isdecimal() or len(cursor) > 18:
        raise ProtocolError(INVALID_PARAMS, "The cursor is not one of this list.")
    rows = visible_pages(context.actor).non_polymorphic().filter(pk__gt=int(cursor)).order_by("pk")
    found = list(rows.values_list("pk", "title")[: PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    if imported_among([pk for pk, _title in shown]):
        context.caller.has_read("titles of imported pages")
    listed = [
        {"uri": f"cms://pages/{pk}", "name": f"page-{pk}", "title": title, "mimeType": "text/markdown"}
        for pk, title in shown
    ]
    return {"resources": listed, **({"nextCursor": str(shown[-1][0])} if len(found) > PAGE_SIZE else {})}


def read_resource(call: Call, context: Context) -> JsonObject:
    """Return a page as Markdown. Raises ProtocolError for what is not there, or may not be seen."""
    uri = call.params.get("uri")
    match = _ADDRESS.fullmatch(uri) if isinstance(uri, str) else None
    try:
        if match is None:
            raise NotFound
        text = as_markdown(read_page(context.caller, int(match[1])))
    except NotFound:
        code = INVALID_PARAMS if call.stateless else _NOT_FOUND
        data = {"uri": str(uri)[:200]}
        raise ProtocolError(code, "There is no such resource, or it is not yours to see.", data=data) from None
    return {"contents": [{"uri": uri, "mimeType": "text/markdown", "text": text}]}
