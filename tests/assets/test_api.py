"""The REST routes of assets."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ai_cms.assets import get_asset_model, get_image_model
from ai_cms.assets.models import LooseFile
from ai_cms.core.models import ApiToken
from ai_cms.core.permissions import Actor
from ai_cms.core.tokens import create_token
from ai_cms.pages import services

from .conftest import as_upload, files_in, uploaded
from .pictures import jpeg, png

pytestmark = pytest.mark.django_db


def test_upload_and_read(member: Any, client_of: Any) -> None:
    client = client_of(member)
    response = client.post(
        "/api/assets/",
        {
            "file": as_upload(jpeg(), "Round_loaf.jpg"),
            "alt": "A loaf",
            "tags": "Bread, oven",
            "prompt": "a loaf of bread",
        },
    )
    assert response.status_code == 201
    data = response.json()
    assert response["Location"] == f"/api/assets/{data['id']}/"
    assert response["Cache-Control"] == "private, no-store"
    assert (data["kind"], data["title"], data["width"], data["height"]) == ("image", "Round loaf", 640, 480)
    assert (data["alt"], data["tags"], data["prompt"]) == ("A loaf", ["Bread", "oven"], "a loaf of bread")
    assert data["focal_point"] == {"x": 0.5, "y": 0.5}
    assert data["reference"] == f"asset:{data['id']}"
    assert data["url"].startswith("http://testserver/media/")
    assert data["srcset"].count("w,") == 1
    assert data["placeholder"].startswith("data:image/webp")
    assert client.get(f"/api/assets/{data['id']}/").json() == data


def test_the_same_file_again_is_200_and_says_so(member: Any, client_of: Any) -> None:
    client = client_of(member)
    first = client.post("/api/assets/", {"file": as_upload(jpeg())}).json()
    again = client.post("/api/assets/", {"file": as_upload(jpeg(), "other.jpg")})
    assert again.status_code == 200
    assert again.json()["duplicate_of"] == first["id"]
    assert "duplicate_of" not in first


def test_an_idempotent_upload_happens_once(member: Any, client_of: Any) -> None:
    client = client_of(member)
    headers = {"Idempotency-Key": "one"}
    first = client.post("/api/assets/", {"file": as_upload(jpeg())}, headers=headers)
    again = client.post("/api/assets/", {"file": as_upload(jpeg())}, headers=headers)
    other = client.post("/api/assets/", {"file": as_upload(png())}, headers=headers)
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert again.json() == first.json()
    assert get_asset_model().objects.count() == 1


def test_the_list_is_the_newest_first_and_three_queries(
    member: Any, client_of: Any, django_assert_num_queries: Any
) -> None:
    made = [uploaded(member, jpeg(100 + number, 80)).pk for number in range(3)]
    made.append(uploaded(member, b"just text", "notes.txt").pk)
    client = client_of(member)
    with django_assert_num_queries(3):
        data = client.get("/api/assets/?page_size=100").json()
    assert [row["id"] for row in data["results"]] == made[::-1]
    assert data["results"][0]["kind"] == "file"
    assert data["results"][1]["thumbnail"]
    assert "tags" not in data["results"][0]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=image", {"a", "b"}),
        ("kind=file", {"c"}),
        ("search=loaf", {"a"}),
        ("search=OVEN", {"a", "c"}),
        ("search=oven loaf", {"a"}),
        ("tag=oven", {"a"}),
        ("missing_alt=true", {"b"}),
        ("visibility=private", {"b"}),
        ("mime=text/", {"c"}),
        ("top=true", {"a", "b", "c"}),
        ("search=nothing", set()),
    ],
)
def test_filters(member: Any, client_of: Any, query: str, found: set[str]) -> None:
    uploaded(member, jpeg(), "a.jpg", title="a", caption="A round loaf", tags=["Oven"], alt="x")
    uploaded(member, png(), "b.png", title="b", visibility="private")
    uploaded(member, b"about ovens", "oven.txt", title="c")
    response = client_of(member).get(f"/api/assets/?{query}")
    assert {row["title"] for row in response.json()["results"]} == found


def test_others_see_nothing_and_strangers_are_asked_who_they_are(
    member: Any, editor: Any, client_of: Any, client: Any
) -> None:
    from tests.conftest import make_user

    asset = uploaded(member)
    other = client_of(make_user("other"))
    paths = ["", "usage/", "link/"]
    for path in paths:
        assert other.get(f"/api/assets/{asset.pk}/{path}").status_code == 404
    assert other.patch(f"/api/assets/{asset.pk}/", {"title": "x"}).status_code == 404
    assert other.delete(f"/api/assets/{asset.pk}/").status_code == 404
    assert other.post(f"/api/assets/{asset.pk}/replace/", {"file": as_upload(png())}).status_code == 404
    assert other.post(f"/api/assets/{asset.pk}/crop/", {"x": 0, "y": 0, "width": 1, "height": 1}).status_code == 404
    bulk = other.post("/api/assets/bulk/", {"action": "delete", "ids": [asset.pk]}, format="json").json()
    assert (bulk["changed"], bulk["results"][0]["code"]) == (0, "not_found")
    assert other.post(f"/api/assets/{asset.pk}/alt-text/", {"decision": "accept", "text": "x"}).status_code == 404
    assert other.get("/api/assets/").json()["count"] == 0
    assert client.get("/api/assets/").status_code == 401
    # Staff choose from what is public, and change nothing of it.
    staff = client_of(editor)
    assert staff.get(f"/api/assets/{asset.pk}/").status_code == 200
    assert staff.patch(f"/api/assets/{asset.pk}/", {"title": "x"}).status_code == 403
    assert staff.delete(f"/api/assets/{asset.pk}/").status_code == 403


def test_a_token_that_only_reads_does_not_write(member: Any, client: Any) -> None:
    asset = uploaded(member)
    _token, secret = create_token(member, scopes=["read"])
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get(f"/api/assets/{asset.pk}/", headers=headers).status_code == 200
    assert client.post("/api/assets/", {"file": as_upload(png())}, headers=headers).status_code == 403
    assert client.delete(f"/api/assets/{asset.pk}/", headers=headers).status_code == 403
    assert ApiToken.objects.count() == 1


def test_change_title_alt_tags_and_folder(member: Any, client_of: Any) -> None:
    client = client_of(member)
    asset = uploaded(member, tags=["old"])
    folder = client.post("/api/folders/", {"name": "Bread"}, format="json").json()
    values = {
        "title": "New",
        "alt": "A loaf",
        "tags": ["one", "One", "two"],
        "folder": folder["id"],
        "decorative": True,
    }
    data = client.patch(f"/api/assets/{asset.pk}/", values, format="json").json()
    assert (data["title"], data["alt"], data["tags"], data["folder"], data["decorative"]) == (
        "New", "A loaf", ["one", "two"], folder["id"], True,
    )  # fmt: skip
    assert client.patch(f"/api/assets/{asset.pk}/", {"title": ""}, format="json").status_code == 400
    assert client.patch(f"/api/assets/{asset.pk}/", {"focal_x": 2}, format="json").status_code == 400
    file = uploaded(member, b"text", "a.txt")
    assert client.patch(f"/api/assets/{file.pk}/", {"alt": "x"}, format="json").status_code == 400


def test_files_have_the_shape_of_the_gallery(member: Any, client_of: Any) -> None:
    client = client_of(member)
    response = client.post("/api/files/", {"file": as_upload(b"%PDF-1.7\n", "document.pdf")})
    assert response.status_code == 201
    data = response.json()
    assert set(data) == {"id", "title", "file", "size", "uploaded_at"}
    assert (data["title"], data["size"]) == ("document.pdf", 9)
    assert data["file"].startswith("http://testserver/media/")
    named = client.post("/api/files/", {"file": as_upload(b"%PDF-1.6\n", "x.pdf"), "title": "My Document"}).json()
    assert named["title"] == "My Document"
    listed = client.get("/api/files/").json()
    assert [row["id"] for row in listed["results"]] == [named["id"], data["id"]]
    assert client.patch(f"/api/files/{data['id']}/", {"title": "New"}, format="json").json()["title"] == "New"
    assert client.get(f"/api/assets/{data['id']}/").json()["kind"] == "file"
    assert client.delete(f"/api/files/{data['id']}/").status_code == 204


def test_folders_are_a_tree_without_circles(member: Any, client_of: Any) -> None:
    client = client_of(member)

    def make(name: str, parent: int | None = None) -> Any:
        return client.post("/api/folders/", {"name": name, "parent": parent}, format="json")

    top = make("Bread").json()["id"]
    inner = make("Rye", top).json()["id"]
    assert make("Bread").status_code == 400
    assert make("Rye", top).status_code == 400
    assert make("a/b").status_code == 400
    assert make("x", 999_999).status_code == 400
    assert client.patch(f"/api/folders/{top}/", {"parent": inner}, format="json").status_code == 400
    assert client.patch(f"/api/folders/{top}/", {"parent": top}, format="json").status_code == 400
    assert client.delete(f"/api/folders/{top}/").status_code == 409
    assert (
        client.patch(f"/api/folders/{inner}/", {"parent": None, "name": "Rye bread"}, format="json").status_code == 200
    )
    assert client.delete(f"/api/folders/{top}/").status_code == 204
    assert client.get("/api/folders/").json()["count"] == 1


def test_bulk_changes_each_by_its_own_right_and_says_what_became_of_it(
    member: Any, superuser: Any, editor: Any, client_of: Any
) -> None:
    client = client_of(member)
    mine, other, theirs = uploaded(member), uploaded(member, png()), uploaded(superuser)
    folder = client.post("/api/folders/", {"name": "Bread"}, format="json").json()["id"]

    def bulk(as_whom: Any = client, **body: Any) -> Any:
        body.setdefault("ids", [mine.pk, theirs.pk, mine.pk, other.pk])
        return as_whom.post("/api/assets/bulk/", body, format="json")

    found = bulk(action="move", folder=folder).json()
    assert [(row["id"], row["done"]) for row in found["results"]] == [
        (mine.pk, True), (theirs.pk, False), (other.pk, True)
    ]  # fmt: skip
    assert (found["changed"], found["results"][1]["code"]) == (2, "not_found")
    assert bulk(action="tag", tags=["Rye", "x"]).json()["changed"] == 2
    data = client.get(f"/api/assets/?folder={folder}&tag=X").json()
    assert {row["id"] for row in data["results"]} == {mine.pk, other.pk}
    assert bulk(action="untag", tags=["X"], ids=[mine.pk]).json()["changed"] == 1
    assert [tag.word for tag in mine.tags.all()] == ["Rye"]
    # Staff see what is public, and change nothing of it.
    seen = bulk(client_of(editor), action="tag", tags=["x"], ids=[mine.pk]).json()["results"]
    assert (seen[0]["done"], seen[0]["code"]) == (False, "permission_denied")
    system = Actor.system("tests")
    root = services.create_site(hostname="testserver", name="Test site", title="Home").root
    content = [{"type": "image", "props": {"src": mine.reference}}]
    services.create_page(title="Rye", parent=root, content=content, actor=system)
    found = bulk(action="delete").json()
    assert [(row["id"], row.get("code")) for row in found["results"]] == [
        (mine.pk, "asset_in_use"), (theirs.pk, "not_found"), (other.pk, None)
    ]  # fmt: skip
    assert found["results"][0]["usage"] == {"drafts": 1, "publications": 0}
    assert bulk(action="delete", ids=[mine.pk], force=True).json()["changed"] == 1
    assert list(get_asset_model().objects.all()) == [theirs]
    for wrong in ({"action": "burn"}, {"action": "move"}, {"action": "tag"}, {"action": "move", "folder": 10**6}):
        assert bulk(**wrong).status_code == 400, wrong


def test_a_proposed_text_is_decided_on_over_rest(member: Any, client_of: Any) -> None:
    client = client_of(member)
    one, two = uploaded(member), uploaded(member, png())
    rows = get_image_model().objects.non_polymorphic()
    rows.update(alt_suggestion={"text": "A loaf"})
    assert {row["alt_proposal"] for row in client.get("/api/assets/?alt_proposal=true").json()["results"]} == {"A loaf"}
    accepted = client.post(f"/api/assets/{one.pk}/alt-text/", {"decision": "accept", "text": "A dark loaf"}).json()
    assert (accepted["alt"], accepted["alt_proposal"]) == ("A dark loaf", None)
    rejected = client.post(f"/api/assets/{two.pk}/alt-text/", {"decision": "reject"}).json()
    assert (rejected["alt"], rejected["alt_proposal"]) == ("", None)
    assert client.get("/api/assets/?alt_proposal=true").json()["count"] == 0
    assert client.get("/api/assets/?alt_proposal=false").json()["count"] == 2
    assert client.post(f"/api/assets/{two.pk}/alt-text/", {"decision": "accept"}).status_code == 400


def test_deletion_takes_rows_and_files(
    member: Any, client_of: Any, media: Any, django_capture_on_commit_callbacks: Any
) -> None:
    asset = uploaded(member)
    with django_capture_on_commit_callbacks(execute=True):
        assert client_of(member).delete(f"/api/assets/{asset.pk}/").status_code == 204
    assert files_in(media) == []
    assert not LooseFile.objects.exists()


def test_crop_is_a_copy(member: Any, client_of: Any) -> None:
    client = client_of(member)
    asset = uploaded(member, jpeg(600, 400), alt="A loaf", credit="Ann")
    response = client.post(
        f"/api/assets/{asset.pk}/crop/", {"x": 0.5, "y": 0, "width": 0.5, "height": 0.5}, format="json"
    )
    assert response.status_code == 201
    data = response.json()
    assert data["id"] != asset.pk
    assert (data["width"], data["height"], data["alt"], data["credit"]) == (300, 200, "A loaf", "Ann")
    assert data["provenance"]["cropped_from"] == asset.pk
    outside = {"x": 0.8, "y": 0, "width": 0.5, "height": 1}
    assert client.post(f"/api/assets/{asset.pk}/crop/", outside, format="json").status_code == 400


def test_replace_keeps_key_and_permalink(
    member: Any, client_of: Any, client: Any, media: Any, django_capture_on_commit_callbacks: Any
) -> None:
    api = client_of(member)
    before = api.get(f"/api/assets/{uploaded(member, alt='A loaf').pk}/").json()
    path = f"/api/assets/{before['id']}/replace/"
    plan = api.post(path, {"file": as_upload(png(900, 300), "new.png"), "dry_run": True}).json()
    assert (plan["before"]["width"], plan["after"]["width"], plan["after"]["mime"]) == (640, 900, "image/png")
    assert plan["usage"] == {"drafts": 0, "publications": 0}
    assert api.get(f"/api/assets/{before['id']}/").json() == before
    wrong = {"file": as_upload(png(900, 300)), "expected_sha256": "0" * 64}
    assert api.post(path, wrong).status_code == 400
    assert api.post(path, {"file": as_upload(b"%PDF-1.7\n")}).status_code == 400
    with django_capture_on_commit_callbacks(execute=True):
        response = api.post(path, {"file": as_upload(png(900, 300)), "expected_sha256": before["sha256"]})
    after = response.json()
    assert response.status_code == 200
    for same in ("id", "permalink", "reference", "title", "alt", "name"):
        assert after[same] == before[same]
    assert (after["width"], after["height"], after["mime"]) == (900, 300, "image/png")
    assert after["url"] != before["url"]
    # Who kept the old address still finds the old picture there, for a while.
    old = before["url"].removeprefix("http://testserver/media/")
    assert (media / "public" / old).exists()
    assert client.get(after["permalink"]).headers["Location"] == after["url"].removeprefix("http://testserver")


def test_a_file_without_a_body_or_name_is_a_field_error(member: Any, client_of: Any) -> None:
    client = client_of(member)
    assert "file" in client.post("/api/assets/", {}).json()
    assert "file" in client.post("/api/assets/", {"file": "text"}).json()
    assert client.post("/api/assets/", {"file": SimpleUploadedFile("a.jpg", b"")}).status_code == 400


def test_direct_uploads_are_refused_where_the_storage_takes_none(member: Any, client_of: Any) -> None:
    response = client_of(member).post("/api/assets/uploads/", {"name": "a.jpg", "size": 10}, format="json")
    assert response.status_code == 409
    assert response.json()["code"] == "direct_upload_unavailable"
