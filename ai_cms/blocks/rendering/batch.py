"""Rendering many blocks, each by itself, for the preview of an editor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest

from ...core.jsontypes import JsonMapping, JsonObject
from ...core.permissions import ActorLike
from ..documents.document import Document, Walked
from ..documents.pictures import finish_blocks
from ..documents.prepare import permission_error
from ..documents.structure import structure_errors
from ..exceptions import BlockError
from ..types.registry import BlockRegistry, blocks
from .render import Mode, Renderer

__all__ = ["render_batch"]


def render_batch(
    items: Iterable[JsonMapping],
    *,
    mode: Mode = "edit",
    request: HttpRequest | None = None,
    context: Mapping[str, object] | None = None,
    page: object = None,
    page_type: str = "",
    actor: ActorLike = None,
    registry: BlockRegistry = blocks,
) -> tuple[dict[str, str], dict[str, list[BlockError]]]:
    """Return the HTML of each block by its id, and what was wrong in it, inside included, by the id of the block.

    A block may have ``n`` in place of ``children``: its template is told of so many, and their place stays empty. One
    block that fails does not fail the others. ``actor``: whose permission blocks such as raw HTML need. Paths in errors
    start inside the block.
    """
    html: dict[str, str] = {}
    errors: dict[str, list[BlockError]] = {}
    options: dict[str, Any] = {"request": request, "context": context, "mode": mode, "page": page}
    with Renderer(**options, page_type=page_type, registry=registry) as renderer:
        for item in items:
            block = {key: value for key, value in item.items() if key != "n"}
            block_id = str(block.get("id", ""))
            wrong = _refusals(block, actor, registry)
            if wrong:
                errors.setdefault(block_id, []).extend(wrong)
                html[block_id] = renderer.placeholder(block_id, wrong[0].msg)
                continue
            count = item.get("n") if "children" not in item else None
            [block] = finish_blocks([block], public=mode == "public")
            html[block_id] = renderer.block(Walked(block, None, 0, 0, ()), count)
    for block_id, found in renderer.errors.items():
        errors.setdefault(block_id, []).extend(found)
    return html, errors


def _refusals(block: JsonObject, actor: ActorLike, registry: BlockRegistry) -> list[BlockError]:
    """Return what keeps a block from being rendered at all; places are not checked, its parent is not here."""
    document = Document([block])
    found = [error for error in structure_errors(document) if error.type != "parent_forbidden" or len(error.loc) > 1]
    errors = [BlockError(error.loc[1:], error.type, error.msg) for error in found]
    for walked in document.walk():
        block_class = registry.get(str(walked.block.get("type", "")))
        if block_class is not None and (error := permission_error(block_class, actor, walked.loc[1:])) is not None:
            errors.append(error)
    return errors
