"""Pages over REST: create, read, list, change, delete, and every action."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ai_cms.pages import get_page_model
from ai_cms.pages.models import Publication, Revision

from .conftest import heading

PAGE_KEYS = {
    "id",
    "type",
    "title",
    "slug",
    "path",
    "url",
    "parent",
    "site",
    "locale",
    "status",
    "live",
    "version",
    "published_version",
    "has_unpublished_changes",
    "owner",
    "template",
    "metadata",
    "seo_title",
    "seo_description",
    "in_menus",
    "created_at",
    "updated_at",
    "go_live_at",
    "expire_at",
    "deleted_at",
    "fields",
    "content_json",
    "warnings",
}


def create(client: Any, **values: Any) -> dict[str, Any]:
    answer = client.post("/api/pages/", {"title": "Bread", **values}, format="json")
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_a_page_is_created_below_the_home_page(admin: Any, root: Any, superuser: Any) -> None:
    answer = admin.post(
        "/api/pages/",
        {
            "title": "Bread",
            "content_json": [heading()],
            "metadata": {"tags": ["a"]},
            "in_menus": True,
            "seo_title": "S",
        },
        format="json",
    )
    assert answer.status_code == 201
    page = answer.json()
    assert set(page) == PAGE_KEYS
    assert answer["ETag"] == '"v1"'
    assert answer["Location"] == f"/api/pages/{page['id']}/"
    assert answer["Cache-Control"] == "private, no-store"
    assert (page["parent"], page["slug"], page["path"], page["status"]) == (root.pk, "bread", "/bread/", "draft")
    assert page["owner"] == superuser.pk
    assert page["content_json"][0]["meta"]["provenance"]["source"] == "human"
    assert admin.get(answer["Location"]).json() == page


def test_creating_and_publishing_is_one_request(admin: Any, root: Any) -> None:
    page = create(admin, publish=True, content_json=[heading()], slug="loaf")
    assert (page["status"], page["live"], page["published_version"]) == ("live", True, 1)
    assert Publication.objects.get(page_id=page["id"]).path == "/loaf/"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": ""}, "title"),
        ({"title": "x" * 256}, "title"),
        ({"title": "T", "slug": "No slug!"}, "slug"),
        ({"title": "T", "parent": 999_999}, "parent"),
        ({"title": "T", "parent": True}, "parent"),
        ({"title": "T", "type": "nope"}, "type"),
        ({"title": "T", "content_json": {}}, "content_json"),
        ({"title": "T", "content_json": [{"type": "nope"}]}, "content_json"),
        ({"title": "T", "metadata": []}, "metadata"),
        ({"title": "T", "locale": "not a locale"}, "locale"),
        ({"title": "T", "template": 5}, "template"),
        ({"title": "T", "position": "before"}, "position"),
        ({"title": "T", "fields": {"nope": 1}}, "nope"),
        ({"title": "T", "fields": {"title": "other"}}, "fields"),
        ({"title": "T", "content_json": [{"type": "heading", "props": {}}], "publish": True}, "content_json"),
    ],
)
def test_a_bad_body_is_refused_with_the_field(admin: Any, root: Any, body: dict[str, Any], field: str) -> None:
    answer = admin.post("/api/pages/", body, format="json")
    assert answer.status_code == 400, answer.content
    assert field in answer.json()


def test_a_draft_may_hold_field_errors_and_says_so(admin: Any, root: Any) -> None:
    page = create(admin, content_json=[{"type": "heading", "props": {"level": 2}}])
    assert page["warnings"][0]["loc"][:2] == ["0", "props"]
    refused = admin.post(f"/api/pages/{page['id']}/publish/", {}, format="json")
    assert refused.status_code == 400
    assert refused.json()["content_json"][0]["loc"] == page["warnings"][0]["loc"]


def test_a_list_is_light_and_filtered_by_its_allow_list(admin: Any, root: Any, member: Any) -> None:
    bread = create(admin, content_json=[heading()])
    rye = create(admin, title="Rye", parent=bread["id"], publish=True)
    listed = admin.get("/api/pages/").json()
    assert listed["count"] == 3
    assert {"content_json", "warnings", "fields"}.isdisjoint(listed["results"][0])
    assert [page["title"] for page in listed["results"]] == ["Home", "Bread", "Rye"]

    def ids(query: str) -> list[int]:
        answer = admin.get(f"/api/pages/?{query}")
        assert answer.status_code == 200, answer.content
        return [page["id"] for page in answer.json()["results"]]

    assert ids(f"parent={bread['id']}") == [rye["id"]]
    assert ids(f"under={root.pk}") == [bread["id"], rye["id"]]
    assert ids("status=live") == [rye["id"]]
    assert ids("status=changed") == []
    assert ids("search=ry") == [rye["id"]]
    assert ids(f"type={get_page_model()._meta.model_name}&ordering=-title") == [rye["id"], root.pk, bread["id"]]
    assert ids("owner=me") == [bread["id"], rye["id"]]
    assert ids(f"owner={member.pk}") == []
    assert ids("locale=de") == []
    assert ids(f"site={root.site_id}&page_size=1&page=2") == [bread["id"]]
    # What is not in the list of filters is not looked at.
    assert len(ids("content_json__icontains=Bread&owner__password__startswith=m")) == 3
    for query in (
        "status=deleted",
        "parent=x",
        "under=999",
        "ordering=owner__password",
        "type=nope",
        "owner=x",
        "deleted=2",
    ):
        assert admin.get(f"/api/pages/?{query}").status_code == 400, query


def test_the_bin_holds_what_was_deleted_until_it_is_restored_or_purged(admin: Any, root: Any) -> None:
    bread = create(admin, publish=True)
    rye = create(admin, title="Rye", parent=bread["id"])
    assert admin.delete(f"/api/pages/{root.pk}/").status_code == 409
    assert admin.delete(f"/api/pages/{bread['id']}/", HTTP_IF_MATCH='"v9"').status_code == 412
    assert admin.delete(f"/api/pages/{bread['id']}/", HTTP_IF_MATCH='"v1"').status_code == 204
    assert admin.get(f"/api/pages/{rye['id']}/").status_code == 404
    assert admin.delete(f"/api/pages/{bread['id']}/").status_code == 404
    in_bin = admin.get("/api/pages/?deleted=true").json()["results"]
    assert [(page["id"], page["status"]) for page in in_bin] == [(bread["id"], "deleted"), (rye["id"], "deleted")]
    other = create(admin)
    assert other["path"] == "/bread/"
    assert admin.post(f"/api/pages/{bread['id']}/restore/", {}, format="json").status_code == 409
    restored = admin.post(f"/api/pages/{bread['id']}/restore/", {"slug": "loaf"}, format="json")
    assert restored.status_code == 200
    assert (restored.json()["path"], restored.json()["status"]) == ("/loaf/", "live")
    assert admin.get(f"/api/pages/{rye['id']}/").json()["path"] == "/loaf/rye/"
    assert admin.post(f"/api/pages/{bread['id']}/restore/").json()["code"] == "not_deleted"
    assert admin.post(f"/api/pages/{bread['id']}/purge/").status_code == 409
    admin.delete(f"/api/pages/{bread['id']}/")
    assert admin.post(f"/api/pages/{bread['id']}/purge/").status_code == 204
    assert admin.get("/api/pages/?deleted=true").json()["count"] == 0


def test_patch_changes_what_it_names_and_put_wants_the_document(admin: Any, root: Any) -> None:
    page = create(admin, content_json=[heading()])
    url = f"/api/pages/{page['id']}/"
    patched = admin.patch(url, {"title": "Rye", "slug": "rye", "metadata": {"a": 1}}, format="json").json()
    assert (patched["version"], patched["title"], patched["path"]) == (2, "Rye", "/rye/")
    assert patched["content_json"] == page["content_json"]
    assert admin.put(url, {"title": "Rye"}, format="json").json() == {"content_json": ["This field is required."]}
    again = admin.put(url, patched, format="json")
    assert again.status_code == 200, again.content
    assert (again.json()["version"], again.json()["content_json"]) == (2, page["content_json"])
    assert admin.put(url, {**patched, "parent": page["id"]}, format="json").json().keys() == {"parent"}


def test_a_stale_write_is_refused_and_both_texts_are_kept(admin: Any, root: Any) -> None:
    page = create(admin, content_json=[heading("One")])
    url = f"/api/pages/{page['id']}/"
    assert admin.patch(url, {"content_json": [heading("Two")]}, format="json", HTTP_IF_MATCH='"v1"').status_code == 200
    refused = admin.patch(url, {"content_json": [heading("Three")]}, format="json", HTTP_IF_MATCH='"v1"')
    assert refused.status_code == 412
    body = refused.json()
    assert (body["code"], body["current_version"]) == ("stale_version", 2)
    kept = admin.get(f"{url}revisions/{body['conflict_revision']}/").json()
    assert (kept["kind"], kept["content_json"][0]["props"]["text"]) == ("conflict", "Three")
    assert admin.get(url).json()["content_json"][0]["props"]["text"] == "Two"
    assert admin.patch(url, {"title": "x"}, format="json", HTTP_IF_MATCH="v1").json()["code"] == "invalid_if_match"


def test_a_stale_write_with_a_key_keeps_its_text_too(admin: Any, root: Any) -> None:
    page = create(admin, content_json=[heading("One")])
    url = f"/api/pages/{page['id']}/"
    admin.patch(url, {"title": "Two"}, format="json")
    headers = {"HTTP_IF_MATCH": '"v1"', "HTTP_IDEMPOTENCY_KEY": "k"}
    refused = admin.patch(url, {"content_json": [heading("Three")]}, format="json", **headers)
    assert refused.status_code == 412
    assert Revision.objects.filter(page_id=page["id"], kind="conflict").count() == 1


def test_a_version_that_no_column_holds_is_stale_as_any_other(admin: Any, root: Any) -> None:
    page = create(admin, content_json=[heading("One")])
    refused = admin.patch(
        f"/api/pages/{page['id']}/", {"title": "Kept"}, format="json", HTTP_IF_MATCH='"v2401379677170"'
    )
    assert refused.status_code == 412
    kept = Revision.objects.get(page_id=page["id"], kind="conflict")
    assert (kept.title, kept.number) == ("Kept", refused.json()["conflict_revision"])


def test_operations_answer_with_ids_and_their_inverse(admin: Any, root: Any) -> None:
    page = create(admin, content_json=[heading("One")])
    url = f"/api/pages/{page['id']}/operations/"
    first = page["content_json"][0]["id"]
    batch = [
        {"op": "insert", "block": heading("Two"), "after": first},
        {"op": "update", "id": first, "props": {"text": "First"}},
    ]
    answer = admin.post(url, {"operations": batch, "base_version": 1}, format="json")
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert set(body) == PAGE_KEYS | {"operations", "inverse", "rebased"}
    assert answer["ETag"] == '"v2"'
    assert [block["props"]["text"] for block in body["content_json"]] == ["First", "Two"]
    assert body["operations"][0]["block"]["id"] == body["content_json"][1]["id"]
    undone = admin.post(url, {"operations": body["inverse"]}, format="json").json()
    for block in (*undone["content_json"], *page["content_json"]):
        # Undoing is writing, too: the second in which it happens may be the next one.
        del block["meta"]["provenance"]["at"]
    assert undone["content_json"] == page["content_json"]
    bad = admin.post(url, {"operations": [{"op": "remove", "id": "nope"}]}, format="json")
    assert bad.status_code == 400
    assert bad.json()["operations"][0]["loc"][0] == "0"


def test_operations_for_an_older_version_are_rebased_or_refused(admin: Any, root: Any) -> None:
    page = create(admin, content_json=[heading("One"), heading("Two")])
    url = f"/api/pages/{page['id']}/operations/"
    one, two = (block["id"] for block in page["content_json"])

    def update(block: str, text: str, **options: Any) -> Any:
        body = {"operations": [{"op": "update", "id": block, "props": {"text": text}}]}
        headers = {key: options.pop(key) for key in list(options) if key.startswith("HTTP_")}
        return admin.post(url, {**body, **options}, format="json", **headers)

    assert update(one, "1", base_version=1).status_code == 200
    rebased = update(two, "2", base_version=1)
    assert rebased.json()["rebased"] is True
    refused = update(one, "3", base_version=1)
    assert refused.status_code == 412
    kept = Revision.objects.get(page_id=page["id"], number=refused.json()["conflict_revision"])
    assert kept.content_json.blocks[0]["props"]["text"] == "3"
    # If-Match means this very version, whatever was touched.
    assert update(two, "4", HTTP_IF_MATCH='"v1"').status_code == 412
    assert update(two, "5", base_version=99).status_code == 400


def test_moving_ordering_and_copying(admin: Any, root: Any) -> None:
    first, second = create(admin, title="First", publish=True), create(admin, title="Second")
    child = create(admin, title="Child", parent=first["id"], publish=True)
    moved = admin.post(f"/api/pages/{child['id']}/move/", {"parent": second["id"]}, format="json")
    assert moved.json()["path"] == "/second/child/"
    assert admin.get("/first/child/").status_code == 301
    before = admin.post(
        f"/api/pages/{second['id']}/move/", {"target": first["id"], "position": "before"}, format="json"
    )
    assert before.status_code == 200
    order = admin.get(f"/api/pages/tree/?parent={root.pk}").json()["results"]
    assert [page["id"] for page in order] == [second["id"], first["id"]]
    wanted = {"order": [first["id"], second["id"]]}
    assert admin.post(f"/api/pages/{root.pk}/reorder/", wanted, format="json").json() == wanted
    assert admin.post(f"/api/pages/{root.pk}/reorder/", {"order": [child["id"]]}, format="json").status_code == 409
    copied = admin.post(f"/api/pages/{second['id']}/copy/", {"title": "Third"}, format="json")
    assert copied.status_code == 201
    assert (copied.json()["title"], copied.json()["path"]) == ("Third", "/second-2/")
    assert admin.get(f"/api/pages/tree/?parent={copied.json()['id']}").json()["count"] == 1
    for body in ({}, {"parent": 1, "target": 2}, {"parent": first["id"], "position": "before"}, {"parent": 999_999}):
        assert admin.post(f"/api/pages/{child['id']}/move/", body, format="json").status_code == 400, body
    into_itself = admin.post(f"/api/pages/{second['id']}/move/", {"parent": child["id"]}, format="json")
    assert into_itself.status_code == 409
    assert admin.post(f"/api/pages/{root.pk}/copy/", {}, format="json").status_code == 400


def test_publish_unpublish_and_schedule(admin: Any, root: Any) -> None:
    page = create(admin, content_json=[heading()])
    url = f"/api/pages/{page['id']}/"
    assert admin.post(f"{url}publish/", {}, format="json", HTTP_IF_MATCH='"v7"').status_code == 412
    live = admin.post(f"{url}publish/", {}, format="json", HTTP_IF_MATCH='"v1"').json()
    assert (live["status"], live["published_version"]) == ("live", 1)
    changed = admin.patch(url, {"title": "Rye"}, format="json").json()
    assert (changed["status"], changed["has_unpublished_changes"]) == ("changed", True)
    assert admin.post(f"{url}publish/", {"revision": 1}, format="json").json()["published_version"] == 1
    assert admin.post(f"{url}publish/", {"revision": 99}, format="json").status_code == 404
    assert admin.post(f"{url}unpublish/").json()["status"] == "draft"
    soon = (timezone.now() + timedelta(hours=1)).isoformat()
    later = (timezone.now() + timedelta(hours=2)).isoformat()
    planned = admin.post(f"{url}schedule/", {"go_live_at": soon, "expire_at": later}, format="json").json()
    assert planned["status"] == "scheduled"
    assert admin.post(f"{url}schedule/", {"go_live_at": None}, format="json").json()["status"] == "draft"
    for body in (
        {},
        {"go_live_at": later, "expire_at": soon},
        {"go_live_at": "2030-01-01T00:00:00"},
        {"expire_at": "x"},
    ):
        assert admin.post(f"{url}schedule/", body, format="json").status_code == 400, body


def test_a_preview_link_shows_the_draft_until_it_is_revoked(admin: Any, api_client: Any, root: Any) -> None:
    page = create(admin, content_json=[heading("Not yet")])
    answer = admin.post(f"/api/pages/{page['id']}/preview-link/", {"max_age": 60}, format="json")
    assert answer.status_code == 201
    link = answer.json()
    assert "Not yet" in api_client.get(link["url"]).content.decode()
    assert admin.post(f"/api/pages/{page['id']}/preview-link/", {"max_age": 0}, format="json").status_code == 400
    assert admin.delete(f"/api/pages/{page['id']}/preview-link/").status_code == 204
    assert api_client.get(link["url"]).status_code == 404


def test_what_is_no_id_is_not_found(admin: Any, root: Any) -> None:
    for pk in ("0", "x", "-1", "1.0", "٣", "9" * 30, "%00", "1e3"):
        answer = admin.get(f"/api/pages/{pk}/")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), pk


def test_operations_of_a_version_that_is_gone_keep_their_text(admin: Any, root: Any) -> None:
    page = create(admin, content_json=[heading("One")])
    url = f"/api/pages/{page['id']}/"
    block = page["content_json"][0]["id"]
    for text in ("a", "b"):
        # Both autosaves share a revision, so that version 2 has none any more.
        admin.patch(
            url,
            {"content_json": [{"id": block, **heading(text)}], "kind": "autosave"},
            format="json",
        )
    body = {"operations": [{"op": "update", "id": block, "props": {"text": "Mine"}}], "base_version": 2}
    refused = admin.post(f"{url}operations/", body, format="json")
    assert refused.status_code == 412
    kept = Revision.objects.get(page_id=page["id"], number=refused.json()["conflict_revision"])
    assert kept.content_json.blocks[0]["props"]["text"] == "Mine"
