"""The requests that a client of a simple blog sends, and what they answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from ai_cms.posts import get_category_model, get_post_model
from tests.assets.pictures import jpeg

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(site: Any, member: Any, client_of: Callable[[Any], APIClient]) -> APIClient:
    """Return the client of a member."""
    return client_of(member)


def make(client: APIClient, **values: Any) -> dict[str, Any]:
    response = client.post("/api/posts/", {"title": "A post", "body": "<p>Text</p>", **values}, format="json")
    assert response.status_code == 201, response.json()
    found: dict[str, Any] = response.json()
    return found


def test_a_member_creates_a_post_as_json(author: APIClient, make_category: Callable[..., Any]) -> None:
    first, second = make_category("Technology"), make_category("Web Development")
    made = make(
        author,
        title="My New Post",
        body="<p>Full HTML content here</p>",
        tags=["django", "tutorial"],
        categories=[first.pk, second.pk],
        is_published=True,
    )
    assert made["body"] == "<p>Full HTML content here</p>"
    assert made["excerpt"] == "Full HTML content here"
    assert made["tags"] == ["django", "tutorial"]
    assert made["categories"] == [first.pk, second.pk]
    assert made["thumbnail"] is None
    assert made["is_published"] is True
    assert made["slug"].startswith("my-new-post-")
    assert len(made["slug"]) == len("my-new-post-") + 6


def test_a_member_creates_a_post_with_a_picture_as_a_form(author: APIClient, member: Any) -> None:
    response = author.post(
        "/api/posts/",
        {
            "title": "My First Blog Post",
            "body": "<p>This is the full content of my post.</p>",
            "tags": '["python", "django", "tutorial"]',
            "is_published": "true",
            "thumbnail": SimpleUploadedFile("thumbnail.jpg", jpeg(), "image/jpeg"),
        },
        format="multipart",
    )
    assert response.status_code == 201, response.json()
    made = response.json()
    assert made["tags"] == ["python", "django", "tutorial"]
    assert made["is_published"] is True
    assert made["thumbnail"].startswith("http://testserver/")
    post = get_post_model().objects.get(slug=made["slug"])
    assert post.author == post.owner == member
    assert response["Location"] == f"/api/posts/{made['slug']}/"
    read = author.get(response["Location"]).json()
    assert read["thumbnail"] == made["thumbnail"]
    assert read["author"]["username"] == "member"


@pytest.mark.parametrize(
    "sent",
    [
        {"tags": ["one", "two"]},
        {"tags": "one,two"},
        {"tags": '["one", "two"]'},
    ],
)
def test_forms_may_send_lists_in_each_usual_way(author: APIClient, sent: dict[str, Any]) -> None:
    response = author.post("/api/posts/", {"title": "Lists", "body": "", **sent}, format="multipart")
    assert response.json()["tags"] == ["one", "two"]


def test_a_post_is_listed_read_changed_deleted_and_restored(
    author: APIClient, make_category: Callable[..., Any]
) -> None:
    technology = make_category("Technology", description="Tech-related posts")
    slug = make(author, title="My First Post", categories=["technology"], tags=["django"], is_published=True)["slug"]

    listed = author.get("/api/posts/").json()
    assert listed["count"] == 1 and listed["next"] is None and listed["previous"] is None
    row = listed["results"][0]
    assert "body" not in row
    assert row["author"] == {**row["author"], "username": "member"} and row["author"]["slug"]
    assert row["categories"] == [{"id": technology.pk, "name": "Technology", "slug": "technology"}]

    changed = author.put(
        f"/api/posts/{slug}/",
        {"title": "Updated Post Title", "body": "<p>Updated content</p>", "is_published": True},
        format="json",
    )
    assert changed.status_code == 200, changed.json()
    assert changed.json()["title"] == "Updated Post Title"
    assert changed.json()["body"] == "<p>Updated content</p>"
    assert changed.json()["tags"] == ["django"]

    assert author.delete(f"/api/posts/{slug}/").status_code == 204
    assert author.get(f"/api/posts/{slug}/").status_code == 404
    assert author.get("/api/posts/").json()["count"] == 0
    assert not get_post_model().objects.filter(slug=slug).exists()
    assert get_post_model().all_objects.get(slug=slug).is_deleted

    restored = author.post(f"/api/posts/{slug}/restore/")
    assert restored.status_code == 200, restored.json()
    assert restored.json()["is_published"] is True
    assert author.get(f"/api/posts/{slug}/").json()["body"] == "<p>Updated content</p>"


def test_lists_are_filtered_as_asked(
    author: APIClient, editor: Any, client_of: Callable[[Any], APIClient], make_category: Callable[..., Any]
) -> None:
    top = make_category("Technology")
    make_category("Python", parent=top)
    first = make(author, title="Django", categories=["python"], tags=["Web"], is_published=True)
    second = make(author, title="Bread", body="<p>Knead the dough</p>", tags=["baking"], is_published=True)
    third = make(author, title="Draft", categories=["technology"])
    other = make(client_of(editor), title="Other", body="<p>dough</p>", is_published=True)

    def found(client: APIClient, query: str) -> set[str]:
        response = client.get(f"/api/posts/?{query}")
        assert response.status_code == 200, response.json()
        return {row["slug"] for row in response.json()["results"]}

    slugs = {name: post["slug"] for name, post in (("1", first), ("2", second), ("3", third), ("4", other))}
    mine = author.get(f"/api/posts/{slugs['1']}/").json()["author"]["slug"]
    for client in (author, client_of(editor)):
        assert found(client, "is_published=true") == {slugs["1"], slugs["2"], slugs["4"]}
        assert found(client, "is_published=false") == {slugs["3"]}
        assert found(client, "categories=technology") == {slugs["1"], slugs["3"]}
        assert found(client, "categories=python&is_published=true&search=django") == {slugs["1"]}
        assert found(client, "tags=web") == {slugs["1"]}
        assert found(client, "tags=WEB,Baking") == {slugs["1"], slugs["2"]}
        assert found(client, f"author={mine}") == {slugs["1"], slugs["2"], slugs["3"]}
        assert found(client, "search=dough") == {slugs["2"], slugs["4"]}
        assert found(client, "search=nothing-like-it") == set()
    assert found(author, "author=me") == {slugs["1"], slugs["2"], slugs["3"]}


def test_nobody_finds_or_reads_what_another_member_drafts(
    author: APIClient, client_of: Callable[[Any], APIClient]
) -> None:
    from tests.conftest import make_user

    stranger = client_of(make_user("stranger"))
    live = make(author, title="Public words", body="<p>seen</p>", tags=["open"], is_published=True)["slug"]
    draft = make(author, title="Secret words", tags=["secret"])["slug"]
    author.patch(f"/api/posts/{live}/", {"title": "Hidden title", "tags": ["hush"]}, format="json")

    assert [row["title"] for row in stranger.get("/api/posts/").json()["results"]] == ["Public words"]
    for query in ("search=hidden", "tags=hush", "search=secret", "tags=secret", "is_published=false"):
        assert stranger.get(f"/api/posts/?{query}").json()["count"] == 0, query
    assert stranger.get("/api/posts/?tags=open").json()["count"] == 1
    read = stranger.get(f"/api/posts/{live}/").json()
    assert (read["title"], read["body"], read["tags"]) == ("Public words", "<p>seen</p>", ["open"])
    for method in (stranger.get, stranger.delete, stranger.patch, stranger.put):
        assert method(f"/api/posts/{draft}/").status_code == 404
    for method in (stranger.delete, stranger.patch, stranger.put):
        assert method(f"/api/posts/{live}/").status_code == 403
    author.delete(f"/api/posts/{live}/")
    assert stranger.get(f"/api/posts/{live}/").status_code == 404
    assert stranger.post(f"/api/posts/{live}/restore/").status_code == 404
    # A visitor is asked to log in; nothing is told.
    for method in (APIClient().get, APIClient().post):
        assert method("/api/posts/").status_code == 401


def test_editors_edit_and_publish_all_posts(
    author: APIClient, editor: Any, client_of: Callable[[Any], APIClient], member: Any
) -> None:
    slug = make(author)["slug"]
    client = client_of(editor)
    published = client.patch(f"/api/posts/{slug}/", {"is_published": True, "sticky": True}, format="json")
    assert published.status_code == 200 and published.json()["is_published"] is True
    assert published.json()["author"]["username"] == "member"
    off = client.patch(f"/api/posts/{slug}/", {"is_published": False}, format="json")
    assert off.json()["is_published"] is False
    page = get_post_model().objects.get(slug=slug)
    assert client.get(f"/api/pages/{page.pk}/").status_code == 200
    assert client.post(f"/api/pages/{page.pk}/publish/").status_code == 200
    given = client.post(
        "/api/posts/",
        {"title": "For another", "author": author.get(f"/api/posts/{slug}/").json()["author"]["slug"]},
        format="json",
    )
    assert get_post_model().objects.get(slug=given.json()["slug"]).owner == member


def test_members_put_nobody_elses_name_above_a_post(author: APIClient, editor: Any) -> None:
    from ai_cms.posts.authors import author_slug

    for name, value in (("author", author_slug(editor)), ("coauthors", [author_slug(editor)])):
        response = author.post("/api/posts/", {"title": "Not mine", name: value}, format="json")
        assert (response.status_code, list(response.json())) == (400, [name])
    assert get_post_model().objects.count() == 0


def test_further_authors_change_the_draft_and_do_not_publish(
    author: APIClient, editor: Any, client_of: Callable[[Any], APIClient]
) -> None:
    from ai_cms.posts.authors import author_slug
    from tests.conftest import make_user

    helper = make_user("helper")
    slug = make(author)["slug"]
    response = client_of(editor).patch(f"/api/posts/{slug}/", {"coauthors": [author_slug(helper)]}, format="json")
    assert [row["slug"] for row in response.json()["coauthors"]] == [author_slug(helper)]
    client = client_of(helper)
    assert client.get("/api/posts/").json()["count"] == 1
    assert client.patch(f"/api/posts/{slug}/", {"title": "Better"}, format="json").status_code == 200
    assert client.patch(f"/api/posts/{slug}/", {"is_published": True}, format="json").status_code == 403
    assert client.delete(f"/api/posts/{slug}/").status_code == 403


def test_a_picture_that_is_not_the_members_own_is_refused_like_a_missing_one(
    author: APIClient, editor: Any, client_of: Callable[[Any], APIClient]
) -> None:
    file = SimpleUploadedFile("theirs.jpg", jpeg(), "image/jpeg")
    theirs = client_of(editor).post("/api/assets/", {"file": file}, format="multipart").json()["id"]
    answers = [
        author.post("/api/posts/", {"title": "Picture", "thumbnail_id": key}, format="json") for key in (theirs, 10**6)
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    texts = [json.dumps(answer.json()).replace(str(10**6), "N").replace(f" {theirs} ", " N ") for answer in answers]
    assert texts[0] == texts[1]


def test_a_refused_post_leaves_no_picture_behind(author: APIClient) -> None:
    from ai_cms.assets import get_asset_model

    for values in ({"slug": "not a slug"}, {"title": "x" * 300}):
        file = SimpleUploadedFile("thumbnail.jpg", jpeg(), "image/jpeg")
        response = author.post("/api/posts/", {"title": "A post", "thumbnail": file, **values}, format="multipart")
        assert response.status_code == 400
    text = SimpleUploadedFile("notes.txt", b"no picture at all", "text/plain")
    response = author.post("/api/posts/", {"title": "A post", "thumbnail": text}, format="multipart")
    assert response.status_code == 400
    assert get_asset_model().objects.count() == 0


def test_a_stale_write_is_refused_and_kept(author: APIClient) -> None:
    from ai_cms.pages.models import Revision

    made = make(author)
    url = f"/api/posts/{made['slug']}/"
    etag = author.get(url)["ETag"]
    assert author.patch(url, {"body": "<p>First</p>"}, format="json", headers={"if-match": etag}).status_code == 200
    late = author.patch(url, {"body": "<p>Late</p>"}, format="json", headers={"if-match": etag})
    assert late.status_code == 412
    assert author.get(url).json()["body"] == "<p>First</p>"
    kept = Revision.objects.get(kind="conflict", page_id=made["id"])
    assert "Late" in kept.content_json.text()


def test_an_old_slug_leads_to_the_new_one(author: APIClient) -> None:
    made = make(author, slug="old-name", is_published=True)
    assert author.patch("/api/posts/old-name/", {"slug": "new-name"}, format="json").status_code == 200
    assert made["url"] == "/blog/old-name/"
    response = author.get("/api/posts/old-name/")
    assert (response.status_code, response["Location"]) == (301, "/api/posts/new-name/")
    page = APIClient().get("/blog/old-name/")
    assert (page.status_code, page["Location"]) == (301, "/blog/new-name/")
    assert APIClient().get("/blog/new-name/").status_code == 200


def test_a_list_costs_two_queries_however_long_it_is(
    author: APIClient, member: Any, make_category: Callable[..., Any]
) -> None:
    make_category("News")
    for number in range(3):
        make(author, title=f"Post {number}", categories=["news"], tags=["a", "b"], is_published=True)
    for query in ("", "is_published=true&categories=news&tags=a&search=post"):
        with CaptureQueriesContext(connection) as asked:
            assert author.get(f"/api/posts/?{query}").json()["count"] == 3
        about = [item["sql"] for item in asked if f'FROM "{get_post_model()._meta.db_table}" ' in item["sql"]]
        assert len(about) == 2, about
        # Who asks, and on which site: the grants and groups, what one is a further author of, the site.
        assert len(asked) <= 7, [item["sql"] for item in asked]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": "x", "tags": {"a": 1}}, "tags"),
        ({"title": "x", "tags": [["a"]]}, "tags"),
        ({"title": "x", "tags": ["x" * 61]}, "tags"),
        ({"title": "x", "categories": [10**6]}, "categories"),
        ({"title": "x", "categories": ["nowhere"]}, "categories"),
        ({"title": "x", "thumbnail_id": "x"}, "thumbnail_id"),
        ({"title": "x", "series_position": -1}, "series_position"),
    ],
)
def test_what_is_wrong_is_said_by_field(author: APIClient, body: dict[str, Any], field: str) -> None:
    response = author.post("/api/posts/", body, format="json")
    assert response.status_code == 400
    assert field in response.json()


def test_categories_are_public_and_written_by_staff(
    author: APIClient, editor: Any, client_of: Callable[[Any], APIClient]
) -> None:
    client = client_of(editor)
    made = client.post(
        "/api/categories/", {"name": "Web Development", "description": "Posts about web dev"}, format="json"
    )
    assert made.status_code == 201, made.json()
    category = get_category_model().objects.get()
    expected = {
        "id": category.pk,
        "name": "Web Development",
        "slug": "web-development",
        "description": "Posts about web dev",
        "parent": None,
    }
    assert made.json() == expected
    assert APIClient().get("/api/categories/").json() == [expected]
    assert APIClient().get("/api/categories/web-development/").json() == expected
    assert APIClient().post("/api/categories/", {"name": "No"}, format="json").status_code == 401
    assert APIClient().delete("/api/categories/web-development/").status_code == 401
    assert author.post("/api/categories/", {"name": "No"}, format="json").status_code == 403
    assert author.delete("/api/categories/web-development/").status_code == 403
    again = client.post("/api/categories/", {"name": "Web Development"}, format="json")
    assert (again.status_code, list(again.json())) == (400, ["name"])


def test_a_renamed_category_is_renamed_in_published_posts(
    author: APIClient, editor: Any, client_of: Callable[[Any], APIClient], make_category: Callable[..., Any]
) -> None:
    category = make_category("News")
    make_category("Local", parent=category)
    slug = make(author, categories=["local"], is_published=True)["slug"]
    client = client_of(editor)
    changed = client.patch("/api/categories/news/", {"name": "Journal", "slug": "journal"}, format="json")
    assert changed.status_code == 200, changed.json()
    renamed = client.patch("/api/categories/local/", {"name": "From here"}, format="json")
    assert renamed.status_code == 200
    public = APIClient().get("/api/content/?categories=journal").json()["results"]
    assert [row["fields"]["categories"][0]["name"] for row in public] == ["From here"]
    assert APIClient().get("/api/content/?categories=news").json()["count"] == 0
    assert client.patch("/api/categories/journal/", {"parent": renamed.json()["id"]}, format="json").status_code == 400
    assert client.delete("/api/categories/journal/").status_code == 204
    assert APIClient().get("/api/categories/").json()[0]["parent"] is None
    assert client.delete("/api/categories/local/").status_code == 204
    assert author.get(f"/api/posts/{slug}/").json()["categories"] == []
    assert APIClient().get("/api/content/?categories=local").json()["count"] == 0
