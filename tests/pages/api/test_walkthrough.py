"""The life of a page from its creation to the restoration of a revision, as an editor's program lives it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from .conftest import heading


def test_from_creation_to_restoration(client_of: Any, editor: Any, grant: Any, page_factory: Any) -> None:
    section = page_factory("Recipes", publish=True)
    grant(section)
    client, public = client_of(editor, "write", "publish"), client_of()
    made = client.post(
        "/api/pages/",
        {"title": "Bread", "parent": section.pk, "content_json": [heading("One"), heading("Two")]},
        format="json",
        HTTP_IDEMPOTENCY_KEY="bread-1",
    )
    assert made.status_code == 201, made.content
    url, page = made["Location"], made.json()
    one, two = (block["id"] for block in page["content_json"])
    batch = [
        {"op": "insert", "block": {"type": "quote", "props": {"text": "Time is an ingredient."}}, "after": one},
        {"op": "move", "id": two, "after": None},
        {"op": "update", "id": one, "props": {"text": "Good bread"}},
        {"op": "remove", "id": two},
    ]
    changed = client.post(f"{url}operations/", {"operations": batch, "base_version": 1}, format="json")
    assert [block["type"] for block in changed.json()["content_json"]] == ["heading", "quote"]
    assert public.get("/api/content/find/?path=/recipes/bread/").status_code == 404
    assert client.post(f"{url}publish/", {}, format="json", HTTP_IF_MATCH=changed["ETag"]).json()["status"] == "live"
    found = public.get("/api/content/find/?path=/recipes/bread/").json()
    assert [block["props"]["text"] for block in found["content_json"]] == ["Good bread", "Time is an ingredient."]
    assert "Time is an ingredient." in public.get(found["url"]).content.decode()
    soon = (timezone.now() + timedelta(days=1)).isoformat()
    assert client.post(f"{url}schedule/", {"go_live_at": soon}, format="json").json()["status"] == "scheduled"
    assert client.post(f"{url}unpublish/").json()["status"] == "draft"
    assert public.get(f"/api/content/{page['id']}/").status_code == 404
    restored = client.post(f"{url}revisions/1/restore/").json()
    assert restored["content_json"] == page["content_json"]
