"""Published content over REST: what a stranger may read, in how many queries, and what stays hidden."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone
from django.utils.http import http_date

from ai_cms.pages import get_page_model, services
from ai_cms.pages.models import Publication

from .conftest import heading

BODY_KEYS = {
    "id",
    "path",
    "url",
    "parent",
    "type",
    "title",
    "locale",
    "translation_key",
    "first_published_at",
    "published_at",
    "version",
    "seo",
    "metadata",
    "fields",
    "provenance",
    "content_json",
}
SUMMARY_KEYS = BODY_KEYS - {"seo", "fields", "provenance", "content_json"} | {"excerpt"}


@pytest.fixture
def bread(page_factory: Any) -> Any:
    return page_factory(
        "Bread", publish=True, content=[heading("Rye & wheat")], fields={"metadata": {"tags": ["baking", "rye"]}}
    )


def test_a_published_page_is_one_query(api_client: Any, bread: Any, root: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        answer = api_client.get(f"/api/content/{bread.pk}/")
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == BODY_KEYS
    assert (body["id"], body["path"], body["url"], body["parent"]) == (bread.pk, "/bread/", "/bread/", root.pk)
    assert body["content_json"][0]["props"]["text"] == "Rye & wheat"
    assert answer["Cache-Control"] == "public, no-cache"
    with django_assert_num_queries(1):
        assert api_client.get("/api/content/find/?path=bread").json() == body
    with override_settings(AI_CMS={"PUBLIC_CACHE_SECONDS": 60}):
        assert api_client.get(f"/api/content/{bread.pk}/")["Cache-Control"] == "public, max-age=60"


def test_a_condition_is_checked_without_the_text(
    api_client: Any, bread: Any, system: Any, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    url = f"/api/content/{bread.pk}/"
    first = api_client.get(url)
    for headers in ({"HTTP_IF_NONE_MATCH": first["ETag"]}, {"HTTP_IF_MODIFIED_SINCE": first["Last-Modified"]}):
        with django_assert_num_queries(1):
            answer = api_client.get(url, **headers)
        assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", first["ETag"])
    old = http_date(timezone.now().timestamp() - 86_400)
    assert api_client.get(url, HTTP_IF_MODIFIED_SINCE=old).status_code == 200
    services.update_page(bread, actor=system, fields={"title": "Rolls"})
    services.publish_page(bread, actor=system)
    again = api_client.get(url, HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.json()["title"]) == (200, "Rolls")


def test_a_list_is_at_most_two_queries_with_everything_or_without(
    api_client: Any, page_factory: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        page_factory(f"Page {number}", publish=True, content=[heading()])
    page_factory("Draft")
    for query, keys in (("", SUMMARY_KEYS), ("&full=true", BODY_KEYS)):
        with django_assert_max_num_queries(2):
            answer = api_client.get(f"/api/content/?page_size=2&page=2{query}")
        body = answer.json()
        assert body["count"] == 5
        assert [set(row) for row in body["results"]] == [keys, keys]
        assert [row["title"] for row in body["results"]] == ["Page 2", "Page 1"]
        assert "page=3" in body["next"]
        assert "page=" not in body["previous"].replace("page_size=", "")
        with django_assert_max_num_queries(2):
            kept = api_client.get(f"/api/content/?page_size=2&page=2{query}", HTTP_IF_NONE_MATCH=answer["ETag"])
        assert kept.status_code == 304
    for query in ("page=4&page_size=2", "page=0", "page=x", "page=99999999"):
        assert api_client.get(f"/api/content/?{query}").status_code == 404, query
    for query in ("page_size=0", "page_size=x", "full=maybe", "ordering=owner", "type=nope", "under=x"):
        assert api_client.get(f"/api/content/?{query}").status_code == 400, query


def test_lists_are_filtered_by_facet_place_type_and_words(api_client: Any, bread: Any, page_factory: Any) -> None:
    rolls = page_factory("Rolls", parent=bread, publish=True, fields={"metadata": {"tags": ["rye"], "season": ["May"]}})
    page_factory("Cake", publish=True, content=[heading("Wheatless")])

    def titles(query: str) -> list[str]:
        answer = api_client.get(f"/api/content/?{query}")
        assert answer.status_code == 200, answer.content
        return [row["title"] for row in answer.json()["results"]]

    assert titles("") == ["Cake", "Rolls", "Bread"]
    assert titles("tags=rye") == ["Rolls", "Bread"]
    assert titles("facet[tags]=baking") == ["Bread"]
    assert titles("tags=baking&tags=rye") == ["Rolls", "Bread"]
    assert titles("tags=rye&facet[season]=May") == ["Rolls"]
    assert titles("tags=nope") == []
    assert titles("season=May") == ["Cake", "Rolls", "Bread"]
    assert titles("under=/bread/") == titles(f"under={bread.pk}") == ["Rolls"]
    assert titles("under=999") == titles("under=/nowhere/") == []
    assert titles(f"type={get_page_model()._meta.model_name}&ordering=title") == ["Bread", "Cake", "Rolls"]
    assert titles("locale=en") == ["Cake", "Rolls", "Bread"]
    assert titles("locale=de") == []
    assert titles("search=wheat rye") == ["Bread"]
    assert titles("search=whe") == ["Cake", "Bread"]
    assert titles("search=%22%27)(*") == []
    with override_settings(AI_CMS={"CONTENT_FACETS": ["season"]}):
        assert titles("season=May") == ["Rolls"]
    assert rolls.path == "/bread/rolls/"


def test_what_is_not_public_answers_as_what_does_not_exist(
    api_client: Any, admin: Any, page_factory: Any, system: Any, root: Any
) -> None:
    draft = page_factory("Draft")
    gone = page_factory("Gone", publish=True)
    services.unpublish_page(gone, actor=system)
    binned = page_factory("Binned", publish=True)
    services.delete_page(binned, actor=system)
    expired = page_factory("Expired", publish=True)
    Publication.objects.filter(page=expired).update(expire_at=timezone.now() - timedelta(seconds=1))
    missing = api_client.get("/api/content/999999/")
    assert missing.json() == {"detail": "Not found.", "code": "not_found"}

    def same(answer: Any) -> bool:
        ignored = {"Date"}
        mine = {key: value for key, value in answer.items() if key not in ignored}
        return (answer.status_code, answer.content, mine) == (404, missing.content, dict(missing.items()))

    for page in (draft, gone, binned, expired, root):
        assert same(api_client.get(f"/api/content/{page.pk}/")), page
        assert same(api_client.get(f"/api/content/find/?path={page.path}")), page
        # Not even to those who may read drafts: this is the public's view.
        assert admin.get(f"/api/content/{page.pk}/").status_code == 404
    assert api_client.get("/api/content/").json()["count"] == 0
    assert api_client.get("/api/content/?search=Expired").json()["count"] == 0


def test_a_path_that_was_left_leads_to_where_the_page_is(api_client: Any, bread: Any, system: Any) -> None:
    services.update_page(bread, actor=system, slug="loaf")
    answer = api_client.get("/api/content/find/?path=/bread/", follow=False)
    assert (answer.status_code, answer["Location"]) == (301, "/api/content/find/?path=%2Floaf%2F")
    assert api_client.get(answer["Location"]).json()["path"] == "/loaf/"
    services.unpublish_page(bread, actor=system)
    assert api_client.get("/api/content/find/?path=/bread/").status_code == 404
    for query in ("path=/nowhere/", "path=" + "x" * 1990, "path=%2F%2F"):
        assert api_client.get(f"/api/content/find/?{query}").status_code == 404, query
    assert api_client.get("/api/content/find/").json() == {"path": ["This field is required."]}


def test_a_site_shows_its_own_pages(api_client: Any, bread: Any, system: Any) -> None:
    other = services.create_site(hostname="other.example")
    services.create_page(actor=system, parent=other.root, title="Foreign", publish=True)
    assert [row["title"] for row in api_client.get("/api/content/").json()["results"]] == ["Bread"]
    there = api_client.get("/api/content/", HTTP_HOST="other.example").json()
    assert [row["title"] for row in there["results"]] == ["Foreign"]
    assert api_client.get("/api/content/find/?path=/foreign/").status_code == 404


def test_who_comes_with_credentials_gets_the_same_in_private(client_of: Any, member: Any, bread: Any) -> None:
    url = f"/api/content/{bread.pk}/"
    public = client_of().get(url)
    for client in (client_of(member), client_of(member, "read")):
        answer = client.get(url)
        assert (answer.status_code, answer.content) == (200, public.content)
        assert answer["Cache-Control"] == "private, no-store"
    wrong = client_of()
    wrong.credentials(HTTP_AUTHORIZATION="Bearer aicms_wrong")
    assert wrong.get(url).status_code == 401
    assert client_of().post(url, {}, format="json").status_code == 405
    assert client_of().head(url).status_code == 200


def test_accounts_and_logs_are_not_named_to_the_public(client_of: Any, admin: Any, root: Any) -> None:
    page = admin.post(
        "/api/pages/", {"title": "Bread", "content_json": [heading()], "publish": True}, format="json"
    ).json()
    assert "by" in page["content_json"][0]["meta"]["provenance"]
    body = client_of().get(f"/api/content/{page['id']}/").json()
    assert set(body["content_json"][0]["meta"]["provenance"]) == {"source", "at"}
    with override_settings(AI_CMS={"EXPOSE_PROVENANCE": False}):
        admin.post(f"/api/pages/{page['id']}/publish/", {}, format="json")
    body = client_of().get(f"/api/content/{page['id']}/").json()
    assert "meta" not in body["content_json"][0]
    assert body["provenance"] == {}


def test_a_path_with_any_letters_is_a_good_url(api_client: Any, page_factory: Any) -> None:
    page = page_factory("Brötchen", publish=True)
    body = api_client.get(f"/api/content/{page.pk}/").json()
    assert (body["path"], body["url"]) == ("/brötchen/", "/br%C3%B6tchen/")
    assert api_client.get(body["url"]).status_code == 200
