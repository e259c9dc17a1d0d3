"""Old addresses: kept through the bin, with their query, and never in circles."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from ai_cms.pages import get_page_model, services
from ai_cms.pages.models import Redirect, Site

Page: Any = get_page_model()


def test_a_child_deleted_before_its_parent_was_renamed_keeps_its_old_address(
    page_factory: Any, system: Any, client: Any
) -> None:
    parent = page_factory("Parent", publish=True)
    child = page_factory("Child", parent=parent, publish=True)
    services.delete_page(child, actor=system)
    services.update_page(parent, actor=system, slug="renamed")
    assert client.get("/parent/child/").status_code == 404
    services.restore_page(Page.all_objects.get(pk=child.pk), actor=system)
    answer = client.get("/parent/child/")
    assert (answer.status_code, answer["Location"]) == (301, "/renamed/child/")


def test_the_pages_that_are_there_come_before_those_in_the_bin(page_factory: Any, system: Any, client: Any) -> None:
    parent = page_factory("Parent", publish=True)
    for _round in range(2):
        services.delete_page(page_factory("Child", parent=parent, publish=True), actor=system)
    present = page_factory("Child", parent=parent, publish=True)
    services.update_page(parent, actor=system, slug="renamed")
    assert Redirect.objects.get(old_path="/parent/child/").page_id == present.pk
    assert client.get("/parent/child/")["Location"] == "/renamed/child/"


@pytest.mark.parametrize(
    ("query", "location"),
    [
        ("?utm_source=mail&x=%C3%A4", "/new/?utm_source=mail&x=%C3%A4"),
        ("?x=ä&y=50%&z=a+b", "/new/?x=%C3%A4&y=50%&z=a+b"),
        ("", "/new/"),
    ],
)
def test_a_redirect_keeps_the_query(query: str, location: str, page_factory: Any, system: Any, client: Any) -> None:
    page = page_factory("Old", publish=True)
    services.update_page(page, actor=system, slug="new")
    answer = client.get(f"/old/{query}")
    assert (answer.status_code, answer["Location"]) == (301, location)


def test_a_target_with_a_query_of_its_own_keeps_both(site: Site, client: Any) -> None:
    Redirect.objects.create(site=site, old_path="/old/", target="https://example.com/a?b=1#c")
    assert client.get("/old/?x=2")["Location"] == "https://example.com/a?b=1&x=2#c"


def test_a_decomposed_spelling_leads_to_the_page(page_factory: Any, client: Any, system: Any) -> None:
    page = page_factory("Über uns", publish=True)
    decomposed = unicodedata.normalize("NFD", page.path)
    assert decomposed != page.path
    answer = client.get(decomposed, query_params={"a": "1"})
    assert (answer.status_code, answer["Location"]) == (301, f"{page.get_absolute_url()}?a=1")
    assert client.get(answer["Location"]).status_code == 200
    services.update_page(page, actor=system, slug="about")
    assert client.get(decomposed)["Location"] == "/about/"


@pytest.mark.parametrize("target", ["/a/", "/a", "http://testserver/a/?x=1", "/b/", "http://TESTSERVER/b/#top"])
def test_a_redirect_to_itself_or_in_a_circle_is_refused(target: str, site: Site) -> None:
    Redirect.objects.create(site=site, old_path="/b/", target="/c/")
    Redirect.objects.create(site=site, old_path="/c/", target="/a/")
    with pytest.raises(ValidationError, match="circles"):
        Redirect(site=site, old_path="/a/", target=target).full_clean()


@pytest.mark.parametrize("target", ["http://other.example:8000/a/", "https://OTHER.example:8000/b/?x=1#top"])
def test_a_circle_under_another_name_of_the_site_is_refused_in_the_admin(
    target: str, site: Site, admin_client: Any, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["other.example"]
    Redirect.objects.create(site=site, old_path="/b/", target="/a/")
    values = {"site": site.pk, "old_path": "/a/", "page": "", "target": target, "permanent": "on"}
    url = reverse("admin:ai_cms_pages_redirect_add")
    answer = admin_client.post(url, values, headers={"host": "other.example:8000"})
    assert "in circles" in answer.content.decode()
    # What leads on is kept as a path, which holds under every name.
    values["target"] = "http://other.example:8000/c/?x=1#top"
    assert admin_client.post(url, values, headers={"host": "other.example:8000"}).status_code == 302
    assert Redirect.objects.get(old_path="/a/").target == "/c/?x=1#top"


@pytest.mark.parametrize("target", ["http://other.example:8000/a%20b/", "https://other.example:8000/a b/#top"])
def test_a_redirect_that_leads_to_where_one_is_leads_nowhere(
    target: str, site: Site, client: Any, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["other.example", "elsewhere.example"]
    Redirect.objects.create(site=site, old_path="/a b/", target=target)
    assert client.get("/a%20b/?x=1", headers={"host": "other.example:8000"}).status_code == 404
    assert client.get("/a%20b/", headers={"host": "elsewhere.example"}).status_code == 301


@pytest.mark.parametrize("target", ["/d/", "https://example.com/a/", "https://example.com/b/"])
def test_a_redirect_that_ends_somewhere_is_fine(target: str, site: Site) -> None:
    Redirect.objects.create(site=site, old_path="/d/", target="/e/")
    Redirect(site=site, old_path="/a/", target=target).full_clean()


def test_saving_a_site_renews_stored_html(page_factory: Any, site: Site, client: Any) -> None:
    page_factory("Page", publish=True)
    stale = Site.objects.get(pk=site.pk)
    before = client.get("/page/")["ETag"]
    site.refresh_from_db()
    site.name = "Another name"
    site.save()
    assert client.get("/page/")["ETag"] != before
    count = Site.objects.get(pk=site.pk).generation
    # An old copy in memory does not turn the counter back.
    stale.save()
    assert Site.objects.get(pk=site.pk).generation == count + 1


@pytest.mark.parametrize("old", ["/%C3%BCber-uns/", "/über-uns", "/u%CC%88ber-uns/"])
def test_an_old_path_as_a_browser_shows_it_leads_on(old: str, site: Site, client: Any, admin_client: Any) -> None:
    values = {"site": site.pk, "old_path": old, "page": "", "target": "/new/", "permanent": "on"}
    assert admin_client.post(reverse("admin:ai_cms_pages_redirect_add"), values).status_code == 302
    answer = client.get("/%C3%BCber-uns/?x=1")
    assert (answer.status_code, answer["Location"]) == (301, "/new/?x=1")
    # Two spellings of one address are one redirect, and a circle in another spelling is one.
    assert "already exists" in admin_client.post(reverse("admin:ai_cms_pages_redirect_add"), values).content.decode()
    with pytest.raises(ValidationError, match="circles"):
        Redirect(site=site, old_path="/new/", target="/%C3%BCber-uns/").full_clean()
