"""Publishing, scheduling, and what the public then gets."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from ai_cms.core.exceptions import InvalidInput, PermissionRefused
from ai_cms.core.permissions import Actor
from ai_cms.core.signals import page_published, page_unpublished
from ai_cms.pages import get_page_model, services
from ai_cms.pages.exceptions import InvalidSchedule, PageStale, PublishRefused
from ai_cms.pages.models import PageStatus, Publication, Redirect

# Whichever page model is in use: the suite runs with a swapped one too.
Page: Any = get_page_model()

HEADING = {"id": "h1", "type": "heading", "props": {"text": "Bread & butter", "level": 2}}


def test_publishing_makes_one_row_with_everything(page_factory: Any, superuser: Any) -> None:
    page = page_factory("Bread", content=[HEADING], fields={"metadata": {"tags": ["rye", "rye", "wheat"]}})
    publication = services.publish_page(page, actor=superuser)
    assert (page.status, publication.version, publication.published_by) == (PageStatus.LIVE, 1, superuser)
    body = json.loads("{" + publication.body)
    assert body["content_json"][0]["props"]["text"] == "Bread & butter"
    assert body["provenance"]["sources"] == {"human": 1}
    assert json.loads("{" + publication.summary)["excerpt"] == "Bread & butter"
    assert sorted(publication.facets.values_list("name", "value")) == [("tags", "rye"), ("tags", "wheat")]
    assert page.revisions.first().kind == "publish"


def test_the_draft_goes_on_without_the_public_noticing(page_factory: Any, system: Any, client: Any) -> None:
    page = page_factory("Bread", publish=True, content=[HEADING])
    fresh = services.update_page(page, actor=system, fields={"title": "Cake"}, content=[])
    assert fresh.status == PageStatus.CHANGED
    html = client.get("/bread/").content.decode()
    assert "<h1>Bread</h1>" in html
    assert "Bread &amp; butter" in html
    services.publish_page(fresh, actor=system)
    html = client.get("/bread/").content.decode()
    assert "<h1>Cake</h1>" in html
    assert "butter" not in html


def test_field_errors_are_refused_with_their_path(page_factory: Any, system: Any) -> None:
    section = {"type": "section", "props": {"title": "S"}, "children": [{"type": "heading", "props": {"text": ""}}]}
    page = page_factory("Bread", content=[HEADING, section])
    with pytest.raises(PublishRefused) as caught:
        services.publish_page(page, actor=system)
    assert [error["loc"] for error in caught.value.body()["content_json"]] == [["1", "children", "0", "props", "text"]]
    assert Publication.objects.count() == 0
    page.refresh_from_db()
    assert page.latest_revision == 1


def test_an_older_revision_can_be_published(page_factory: Any, system: Any) -> None:
    page = page_factory("One")
    services.update_page(page, actor=system, fields={"title": "Two"})
    publication = services.publish_page(page, actor=system, revision=1)
    page.refresh_from_db()
    assert (publication.title, publication.version, page.title, page.status) == ("One", 1, "Two", PageStatus.CHANGED)


def test_publish_of_a_stale_version_is_refused(page_factory: Any, system: Any) -> None:
    page = page_factory("One")
    services.update_page(page, actor=system, fields={"title": "Two"})
    with pytest.raises(PageStale):
        services.publish_page(page, actor=system, expected_version=1)


def test_unpublishing_takes_the_page_away(page_factory: Any, system: Any, client: Any) -> None:
    page = page_factory("Bread", publish=True)
    sent: list[Any] = []
    page_unpublished.connect(lambda **kwargs: sent.append(kwargs["instance"].pk), weak=False, dispatch_uid="t")
    try:
        services.unpublish_page(page, actor=system)
        services.unpublish_page(page, actor=system)
    finally:
        page_unpublished.disconnect(dispatch_uid="t")
    assert sent == [page.pk]
    assert client.get("/bread/").status_code == 404


def test_a_schedule_publishes_what_was_scheduled_and_ends_it(page_factory: Any, system: Any, client: Any) -> None:
    page = page_factory("Bread")
    now = timezone.now()
    services.schedule_page(page, actor=system, go_live_at=now + timedelta(hours=1), expire_at=now + timedelta(hours=2))
    services.update_page(page, actor=system, fields={"title": "Cake"})
    assert services.publish_scheduled(now)["published"] == []
    assert services.publish_scheduled(now + timedelta(minutes=61))["published"] == [page.pk]
    assert Publication.objects.get().title == "Bread"
    assert services.publish_scheduled(now + timedelta(minutes=61))["published"] == []
    assert services.publish_scheduled(now + timedelta(minutes=121))["expired"] == [page.pk]
    page.refresh_from_db()
    assert (page.live, page.expire_at, page.title) == (False, None, "Cake")


def test_an_expired_page_is_gone_before_any_scheduler_runs(page_factory: Any, system: Any, client: Any) -> None:
    page = page_factory("Bread", publish=True)
    assert client.get("/bread/").status_code == 200
    Publication.objects.update(expire_at=timezone.now() - timedelta(seconds=1))
    assert client.get("/bread/").status_code == 404
    assert page.live


def test_schedules_that_make_no_sense_are_refused(page_factory: Any, system: Any) -> None:
    page = page_factory("Bread")
    now = timezone.now()
    with pytest.raises(InvalidSchedule):
        services.schedule_page(page, actor=system, go_live_at=now + timedelta(2), expire_at=now + timedelta(1))
    with pytest.raises(InvalidSchedule):
        # In order, and both gone: it would take the page off at once.
        services.schedule_page(page, actor=system, go_live_at=now - timedelta(2), expire_at=now - timedelta(1))
    with pytest.raises(InvalidInput):
        services.schedule_page(page, actor=system, go_live_at=now.replace(tzinfo=None))
    broken = page_factory("Broken", content=[{"type": "heading", "props": {"text": ""}}])
    with pytest.raises(PublishRefused):
        services.schedule_page(broken, actor=system, go_live_at=now + timedelta(1))


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_publish_once() -> None:
    system = Actor.system("test")
    site = services.create_site(hostname="testserver", title="Home")
    pages = [services.create_page(actor=system, parent=site.root, title=f"p{n}") for n in range(10)]
    for page in pages:
        services.schedule_page(page, actor=system, go_live_at=timezone.now() - timedelta(seconds=1))
    sent: list[int] = []
    reports: list[Any] = []
    page_published.connect(lambda **kwargs: sent.append(kwargs["instance"].pk), weak=False, dispatch_uid="t")

    def schedule() -> None:
        reports.append(services.publish_scheduled())
        connection.close()

    threads = [threading.Thread(target=schedule) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    page_published.disconnect(dispatch_uid="t")
    assert sorted(sent) == sorted(page.pk for page in pages)
    assert sorted(pk for report in reports for pk in report["published"]) == sorted(sent)


def test_publishing_needs_the_right(page_factory: Any, editor: Any, grant: Any) -> None:
    page = page_factory("Bread")
    grant(page, "change")
    with pytest.raises(PermissionRefused):
        services.publish_page(page, actor=editor)
    with pytest.raises(PermissionRefused):
        services.publish_page(page, actor=Actor(user=editor, scopes=frozenset({"write"})))
    page.group_permissions.update(can_publish=True)
    assert services.publish_page(page, actor=editor).pk


# What the public gets


def test_a_page_costs_one_query_once_it_is_rendered(
    page_factory: Any, client: Any, django_assert_num_queries: Any
) -> None:
    page_factory("Bread", publish=True, content=[HEADING], fields={"in_menus": True})
    first = client.get("/bread/")
    with django_assert_num_queries(1):
        second = client.get("/bread/")
    assert first.content == second.content
    with django_assert_num_queries(1):
        assert client.get("/bread/", headers={"if-none-match": second["ETag"]}).status_code == 304
    assert "public" in second["Cache-Control"]
    assert second["Last-Modified"]


def test_stored_html_is_made_for_nobody_and_served_for_everybody(
    page_factory: Any, client: Any, superuser: Any
) -> None:
    page_factory("Bread", publish=True)
    client.force_login(superuser)
    html = client.get("/bread/", HTTP_HOST="shop.example:8080").content.decode()
    assert superuser.username not in html
    assert 'href="http://shop.example:8080/bread/"' in html
    assert "ai-cms.invalid" not in html
    assert 'href="http://testserver/bread/"' in client.get("/bread/").content.decode()


def test_stored_html_follows_menus_templates_and_settings(
    page_factory: Any, client: Any, system: Any, settings: Any
) -> None:
    page_factory("Bread", publish=True)
    assert "Cake" not in client.get("/bread/").content.decode()
    cake = page_factory("Cake", publish=True, fields={"in_menus": True})
    assert "Cake" in client.get("/bread/").content.decode()
    services.update_page(cake, actor=system, slug="torte")
    assert "/torte/" in client.get("/bread/").content.decode()
    assert "ai-cms:provenance" in client.get("/bread/").content.decode()
    settings.AI_CMS = {"EXPOSE_PROVENANCE": False}
    assert "ai-cms:provenance" not in client.get("/bread/").content.decode()


def test_the_head_is_complete_and_escaped(page_factory: Any, client: Any) -> None:
    evil = '</script><script>alert(1)</script>"'
    page_factory("Bread", slug="bread", publish=True, fields={"seo_title": evil, "seo_description": evil})
    html = client.get("/bread/").content.decode()
    assert "<script>alert" not in html
    for wanted in ('rel="canonical"', 'property="og:title"', 'name="description"', "application/ld+json"):
        assert wanted in html
    data = html.split('<script type="application/ld+json">')[1].split("</script>")[0]
    assert json.loads(data)["name"] == evil


def test_a_page_called_like_its_site_has_one_name(page_factory: Any, client: Any, site: Any) -> None:
    type(site).objects.filter(pk=site.pk).update(name="Bakery")
    page_factory("Bread", slug="bread", publish=True)
    page_factory("Bakery", slug="bakery", publish=True)
    assert "<title>Bread · Bakery</title>" in client.get("/bread/").content.decode()
    assert "<title>Bakery</title>" in client.get("/bakery/").content.decode()


def test_redirects_lead_where_the_page_is_now(page_factory: Any, client: Any, system: Any, site: Any) -> None:
    page = page_factory("Bread", publish=True)
    services.update_page(page, actor=system, slug="brot")
    services.update_page(page, actor=system, slug="pain")
    for old in ("/bread/", "/brot/"):
        response = client.get(old)
        assert (response.status_code, response["Location"]) == (301, "/pain/")
    Redirect.objects.create(site=site, old_path="/gone/", target="https://example.com/x", permanent=False)
    assert client.get("/gone/")["Location"] == "https://example.com/x"
    assert client.get("/gone/").status_code == 302
    services.unpublish_page(page, actor=system)
    assert client.get("/bread/").status_code == 404


def test_paths_without_their_slash_are_redirected(page_factory: Any, client: Any) -> None:
    page_factory("Bread", publish=True)
    response = client.get("/bread?x=1")
    assert (response.status_code, response["Location"]) == (301, "/bread/?x=1")


@pytest.mark.parametrize(
    "path", ["/nothing/", "/%00/", "/" + "x" * 3000 + "/", "/%ff%fe/", "//", "/a//b/", "/../etc/passwd"]
)
def test_strange_paths_are_not_found(site: Any, client: Any, path: str) -> None:
    assert client.get(path).status_code in (301, 404)


def test_unknown_hosts_get_the_default_site_and_known_ones_theirs(page_factory: Any, client: Any, system: Any) -> None:
    page_factory("Bread", publish=True)
    other = services.create_site(hostname="other.example", title="Other")
    services.publish_page(other.root, actor=system)
    assert client.get("/bread/", HTTP_HOST="unknown.example").status_code == 200
    assert client.get("/bread/", HTTP_HOST="other.example").status_code == 404
    assert "<h1>Other</h1>" in client.get("/", HTTP_HOST="other.example").content.decode()


def test_sitemap_and_robots_name_what_is_public(page_factory: Any, client: Any, settings: Any) -> None:
    settings.AI_CMS = {"SITEMAP_PAGE_SIZE": 2}
    for name in "abc":
        page_factory(name, publish=True)
    page_factory("draft")
    index = client.get("/sitemap.xml").content.decode()
    assert index.count("<sitemap>") == 2
    files = [client.get(f"/sitemap-{number}.xml").content.decode() for number in (1, 2)]
    assert [text.count("<url>") for text in files] == [2, 1]
    assert "http://testserver/a/" in files[0]
    assert client.get("/sitemap-3.xml").status_code == 404
    assert "Sitemap: http://testserver/sitemap.xml" in client.get("/robots.txt").content.decode()


# Previews


def test_previews_show_drafts_to_those_who_may_read_them(
    page_factory: Any, client: Any, editor: Any, member: Any, grant: Any
) -> None:
    page = page_factory("Bread", content=[HEADING])
    assert client.get(f"/preview/{page.pk}/").status_code == 404
    client.force_login(member)
    assert client.get(f"/preview/{page.pk}/").status_code == 404
    client.force_login(editor)
    assert client.get(f"/preview/{page.pk}/").status_code == 404
    grant(page, "change")
    response = client.get(f"/preview/{page.pk}/?edit=1")
    assert "<!--block:h1-->" in response.content.decode()
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "<!--block" not in client.get(f"/preview/{page.pk}/").content.decode()


def test_a_hidden_draft_and_none_cannot_be_told_apart(page_factory: Any, client: Any, member: Any) -> None:
    page = page_factory("Hidden")
    for user in (None, member):
        if user is not None:
            client.force_login(user)
        hidden, missing = client.get(f"/preview/{page.pk}/"), client.get("/preview/999999/")
        assert (hidden.status_code, hidden.get("Vary")) == (missing.status_code, missing.get("Vary"))


def test_preview_links_expire_and_can_be_revoked(page_factory: Any, client: Any, system: Any) -> None:
    page = page_factory("Bread", content=[HEADING])
    link, token = services.make_preview_link(page, actor=system)
    assert client.get(f"/preview/link/{token}/").status_code == 200
    assert client.get(f"/preview/link/{token}x/").status_code == 404
    link.expires_at = timezone.now()
    link.save()
    assert client.get(f"/preview/link/{token}/").status_code == 404
    _link, token = services.make_preview_link(page, actor=system, max_age=60)
    assert services.revoke_preview_links(page, actor=system) == 1
    assert client.get(f"/preview/link/{token}/").status_code == 404
    _link, token = services.make_preview_link(page, actor=system)
    services.delete_page(page, actor=system)
    assert client.get(f"/preview/link/{token}/").status_code == 404
    assert Page.objects.count() == 1


@pytest.mark.parametrize("number", ["0", "2", "1000001", "9223372036854775807", "9" * 40])
def test_sitemap_files_that_are_none(page_factory: Any, client: Any, number: str) -> None:
    assert client.get(f"/sitemap-{number}.xml").status_code == 404


def test_an_unseen_draft_looks_like_none(page_factory: Any, client: Any, member: Any) -> None:
    page = page_factory("Secret")
    for who in (None, member):
        if who is not None:
            client.force_login(who)
        answers = [client.get(f"/preview/{pk}/") for pk in (page.pk, page.pk + 999, 2**70)]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
        assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1


def test_addresses_that_are_no_page(page_factory: Any, client: Any) -> None:
    page_factory("Bread", publish=True)
    assert client.get("/admin?next=1").headers["Location"] == "/admin/?next=1"
    assert client.get("/api/pages").headers["Location"] == "/api/pages/"
    assert client.get("//example.com").status_code == 404
    for address in ("/api/nothing/", "/api/pages/1/nothing/", "/api/runs/0.5/"):
        for method in (client.get, client.post, client.delete):
            answer = method(address)
            assert (answer.status_code, answer["Content-Type"]) == (404, "application/json"), address
            assert answer.json()["code"] == "not_found"
    answer = client.get("/nothing/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_a_page_takes_no_writes(page_factory: Any) -> None:
    page_factory("Bread", publish=True)
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/bread/", {"a": "b"})
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
    assert strict.post("/api/pages/1/nothing/").status_code == 404


def expired(page: Any) -> Any:
    """Return the live page with an expiry that has just passed."""
    past = timezone.now() - timedelta(seconds=5)
    Page.objects.filter(pk=page.pk).update(expire_at=past)
    Publication.objects.filter(page=page).update(expire_at=past)
    return Page.objects.get(pk=page.pk)


def test_publishing_an_expired_page_shows_it_again(page_factory: Any, system: Any, client: Any) -> None:
    page = expired(page_factory("Bread", publish=True))
    assert client.get("/bread/").status_code == 404
    services.publish_page(page, actor=system)
    assert client.get("/bread/").status_code == 200
    page.refresh_from_db()
    assert (page.expire_at, page.status) == (None, PageStatus.LIVE)
    assert services.publish_scheduled()["expired"] == []


def test_an_expiry_to_come_stays(page_factory: Any, system: Any) -> None:
    page = page_factory("Bread", publish=True)
    moment = timezone.now() + timedelta(days=1)
    services.schedule_page(page, actor=system, expire_at=moment)
    services.publish_page(page, actor=system)
    assert Publication.objects.get(page=page).expire_at == moment


def test_an_expired_page_says_so(page_factory: Any, system: Any, superuser: Any) -> None:
    page = expired(page_factory("Bread", publish=True))
    page_factory("Rye", publish=True)
    assert page.status == PageStatus.EXPIRED
    client = Client()
    client.force_login(superuser)
    answer = client.get(f"/api/pages/{page.pk}/").json()
    assert answer["status"] == "expired"
    for status, titles in {"expired": ["Bread"], "live": ["Rye"], "draft": ["Home"]}.items():
        found = client.get("/api/pages/", {"status": status}).json()["results"]
        assert [row["title"] for row in found] == titles, status
    assert services.publish_scheduled()["expired"] == [page.pk]
    page.refresh_from_db()
    assert page.status == PageStatus.DRAFT
