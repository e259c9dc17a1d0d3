"""Templates: pages from layouts, layouts from pages."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from ai_cms.blocks.documents.document import new_block_id
from ai_cms.blocks.documents.prepare import prepare_document
from ai_cms.core.exceptions import Conflict, InvalidInput
from ai_cms.core.mappings import FieldValues
from ai_cms.core.permissions import Actor, ActorLike, get_policy, policy_for

from ...core.jsontypes import JsonObject
from .. import get_template_model
from ..exceptions import PageStale
from ..models import AbstractPage, AbstractTemplate
from ..provenance import written_by
from ..tree import Position
from .page_types import resolve_page_type
from .structure import create_page

__all__ = ["instantiate_template", "make_template", "save_template"]


def make_template(page: AbstractPage, *, actor: ActorLike, name: str, description: str = "") -> AbstractTemplate:
    """Save a page's document as a template. Raises Conflict when the name is taken and what permissions raise."""
    who = Actor.of(actor)
    policy_for(page).require(who, "view", page)
    return save_template(
        None,
        actor=who,
        values={
            "name": name,
            "description": description,
            "page_type": page.type_name(),
            "layout_json": _fresh_ids(page.content_json.to_json()),
        },
    )


def save_template(
    template: AbstractTemplate | None,
    *,
    actor: ActorLike,
    values: Mapping[str, Any],
    expected_version: int | None = None,
) -> AbstractTemplate:
    """Create a template (``None``) or change one. ``values``: name, description, page_type, layout_json.

    Raises Conflict for a taken name, PageStale for another ``expected_version``, InvalidDocument, InvalidInput.
    """
    who = Actor.of(actor)
    model = get_template_model()
    policy = get_policy(model)
    policy.require(who, "add" if template is None else "change", template)
    with transaction.atomic():
        row = (
            model(owner=who.account)
            if template is None
            else model._base_manager.select_for_update().get(pk=template.pk)
        )
        if template is not None and expected_version is not None and expected_version != row.version:
            raise PageStale(current_version=row.version)
        for name in ("name", "description"):
            if name in values:
                text = str(values[name]).strip()
                limit = getattr(row._meta.get_field(name), "max_length", None)
                if (name == "name" and not text) or len(text) > (limit or len(text)):
                    raise InvalidInput(
                        errors={name: [_("Between 1 and %(limit)d characters.") % {"limit": limit or 0}]}
                    )
                setattr(row, name, text)
        if "page_type" in values:
            row.page_type = resolve_page_type(values["page_type"]).type_name() if values["page_type"] else ""
        if "layout_json" in values:
            previous = row.layout_json if template is not None else None
            row.layout_json = prepare_document(
                values["layout_json"], previous=previous, provenance=written_by(who, "human"), actor=who
            )
        if template is not None:
            row.version = F("version") + 1
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError as error:
            raise Conflict(_("Another template has this name."), code="name_taken") from error
        if template is not None:
            row.refresh_from_db()
    return row


def instantiate_template(
    template: AbstractTemplate,
    *,
    actor: ActorLike,
    parent: AbstractPage,
    title: str,
    slug: str = "",
    fields: FieldValues | None = None,
    page_type: str | None = None,
    position: Position = "last-child",
    publish: bool = False,
) -> AbstractPage:
    """Create a page from a template: its blocks with fresh ids, locked ones locked. ``page_type``: in place of the template's."""
    who = Actor.of(actor)
    policy_for(template).require(who, "view", template)
    return create_page(
        actor=who,
        parent=parent,
        title=title,
        slug=slug,
        page_type=page_type or template.page_type or None,
        position=position,
        content=_fresh_ids(template.layout_json.to_json()),
        fields=fields,
        template=template,
        publish=publish,
    )


def _fresh_ids(blocks: list[JsonObject]) -> list[JsonObject]:
    found = []
    for block in blocks:
        twin = {key: copy.deepcopy(value) for key, value in block.items() if key != "children"}
        twin["id"] = new_block_id(str(block.get("type", "")))
        if "children" in block:
            twin["children"] = _fresh_ids(block["children"])
        found.append(twin)
    return found
