"""What a body names beside what an operation takes changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models, transaction

from ai_cms.pages import get_page_model, get_template_model, services
from ai_cms.pages.models import Element, PageGroupPermission, Proposal, Publication, Revision

from .conftest import heading
from .operations import bodies, operations, schema

Template: Any = get_template_model()

#: Columns and attributes that no client writes, with values that would matter.
HOSTILE: dict[str, Any] = {
    "id": 1,
    "pk": 1,
    "path": "/stolen/",
    "url": "/stolen/",
    "site": 99,
    "site_id": 99,
    "parent_id": 1,
    "lft": 1,
    "rght": 2,
    "level": 0,
    "tree_id": 1,
    "owner": 1,
    "owner_id": 1,
    "author": 1,
    "author_id": 1,
    "agent": "somebody else",
    "version": 77,
    "page_version": 77,
    "latest_revision": 77,
    "published_version": 77,
    "scheduled_revision": 1,
    "live": True,
    "status": "live",
    "state": "accepted",
    "has_unpublished_changes": False,
    "deleted_at": "2020-01-01T00:00:00Z",
    "deletion": "8c4f0d0e-0000-4000-8000-000000000000",
    "created_at": "1999-01-01T00:00:00Z",
    "updated_at": "1999-01-01T00:00:00Z",
    "published_at": "1999-01-01T00:00:00Z",
    "translation_key": "8c4f0d0e-0000-4000-8000-000000000000",
    "polymorphic_ctype": 1,
    "polymorphic_ctype_id": 1,
    "template_id": 1,
    "is_superuser": True,
    "is_staff": True,
    "permissions": ["*"],
    "decided_by": 1,
    "decisions": ["accepted"],
    "fingerprints": {},
    "provenance": {"source": "model"},
    "base_revision": 1,
    "warnings": [],
    "uid": "stolen",
    "depth": 5,
}
MODELS: tuple[Any, ...] = (Publication, Revision, Proposal, Template, Element, PageGroupPermission)
KEYS = sorted(key for key, value in bodies(dict.fromkeys(("block", "page", "parent"), 1)).items() if value is not None)


def state() -> list[Any]:
    """Return every column of every row but times, keys (a sequence knows no rollback) and documents."""
    found = []
    for rows in (get_page_model().all_objects.non_polymorphic(), *(model._default_manager.all() for model in MODELS)):
        kept = [
            f"{field.name}__path" if field.name in ("page", "parent") else field.attname
            for field in rows.model._meta.concrete_fields
            if not isinstance(field, models.DateTimeField | models.UUIDField | models.JSONField | models.TextField)
            and field.attname not in ("id", "uid", "parent_uid")
        ]
        found.append(list(rows.order_by("pk").values_list(*kept)))
    return found


def refuses_unknown_keys(key: tuple[str, str]) -> bool:
    """Return whether the schema says that a body has no keys but its own."""
    reference = operations()[key]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return schema()["components"]["schemas"][reference.rpartition("/")[2]].get("additionalProperties") is False


def test_which_bodies_take_keys_they_do_not_know() -> None:
    writes = {"pages", "templates", "elements"}
    lenient = {key for key in KEYS if not refuses_unknown_keys(key)}
    assert lenient == {key for key in KEYS if len(parts := key[1].strip("/").split("/")) < 3 and parts[0] in writes} - {
        ("post", "templates/from-page/")
    }


@pytest.mark.parametrize("key", KEYS, ids=lambda key: " ".join(key))
def test_hostile_fields_change_nothing(
    client_of: Any, editor: Any, superuser: Any, grant: Any, page_factory: Any, system: Any, key: tuple[str, str]
) -> None:
    assert len(HOSTILE) >= 40
    parent = page_factory("Parent")
    grant(parent)
    page = page_factory("Page", parent=parent, content=[heading()], owner=superuser)
    block = page.content_json.blocks[0]["id"]
    proposal = services.create_proposal(page, [{"op": "update", "id": block, "props": {"text": "x"}}], actor=system)
    template = services.save_template(None, actor=system, values={"name": "Layout"})
    Template.objects.filter(pk=template.pk).update(owner=editor)
    ids = {
        "page": page.pk,
        "parent": parent.pk,
        "block": block,
        "element": Element.objects.get(page=page).pk,
        "proposal": proposal.pk,
        "template": template.pk,
    }
    method, path = key
    kind = path.split("/")[0].rstrip("s")
    url = "/api/" + path.replace("{id}", str(ids[kind])).replace("{number}", "1")
    if path == "pages/{id}/restore/":
        services.delete_page(page, actor=system)
    right = bodies(ids)[key]
    client = client_of(editor)
    results = []
    before = state()
    if refuses_unknown_keys(key):
        # An action knows its keys, and says so of the others; PUT and PATCH take back what was read.
        answer = getattr(client, method)(url, {**HOSTILE, **right}, format="json")
        assert answer.status_code == 400, answer.content
        assert answer.json().keys() <= HOSTILE.keys() - right.keys()
        assert state() == before
        return
    for body in (right, {**HOSTILE, **right}):
        with transaction.atomic():
            answer = getattr(client, method)(url, body, format="json")
            assert answer.status_code < 300, answer.content
            results.append((answer.status_code, state()))
            transaction.set_rollback(True)
    assert results[0] == results[1]


def test_provenance_is_the_servers_to_write(admin: Any, root: Any, superuser: Any) -> None:
    forged = heading(meta={"provenance": {"source": "human", "by": "somebody else"}})
    page = admin.post("/api/pages/", {"title": "Bread", "content_json": [forged]}, format="json").json()
    record = page["content_json"][0]["meta"]["provenance"]
    assert (record["source"], record["by"]) == ("human", str(superuser.pk))
