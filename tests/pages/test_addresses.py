"""Addresses at which another route of the host project answers: no page comes to stand there unseen."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.http import HttpResponse
from django.urls import include, path, re_path, reverse, set_script_prefix
from django.views.decorators.cache import cache_page
from rest_framework.test import APIClient

from ai_cms.pages import get_page_model, services
from ai_cms.pages.addresses import is_taken_by_route
from ai_cms.pages.checks import check_robots
from ai_cms.pages.exceptions import PathTakenByRoute
from ai_cms.pages.services import PageSpec
from ai_cms.pages.sitemaps import robots
from ai_cms.pages.views import page_view

Page: Any = get_page_model()
PAGES = path("", include("ai_cms.pages.urls"))


def other(request: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("Not a page")


@pytest.fixture
def mount(settings: Any) -> Callable[..., None]:
    """Return a function that makes routes the URLconf of the host project."""

    def do(*routes: Any) -> None:
        urlconf: Any = ModuleType("urlconf_of_a_test")
        urlconf.urlpatterns = list(routes)
        settings.ROOT_URLCONF = urlconf

    return do


@pytest.fixture
def routes(mount: Callable[..., None]) -> None:
    mount(path("shop/", other), path("shop/cart/", other), path("über/", other), PAGES)


@pytest.mark.parametrize("slug", ["shop", "über"])
def test_a_chosen_slug_of_a_route_is_refused_and_a_made_one_gets_a_number(
    routes: None, page_factory: Any, client: Any, slug: str
) -> None:
    with pytest.raises(PathTakenByRoute, match=f"/{slug}/") as caught:
        page_factory("Other", slug=slug)
    assert (caught.value.status_code, caught.value.code) == (409, "path_taken_by_route")
    page = page_factory(slug.title(), publish=True)
    assert page.path == f"/{slug}-2/"
    assert client.get(page.get_absolute_url()).context["page"].pk == page.pk
    assert page_factory(slug.title()).path == f"/{slug}-3/"


def test_a_rename_to_a_route_is_refused_and_changes_nothing(routes: None, page_factory: Any, system: Any) -> None:
    page = page_factory("Page")
    with pytest.raises(PathTakenByRoute):
        services.update_page(page, actor=system, slug="shop", fields={"title": "New"})
    page = Page.objects.get(pk=page.pk)
    assert (page.title, page.path, page.version) == ("Page", "/page/", 1)


def test_a_move_and_a_copy_get_a_number_unless_a_slug_was_chosen(routes: None, page_factory: Any, system: Any) -> None:
    below = page_factory("Below")
    page = page_factory("Shop", parent=below)
    assert page.path == "/below/shop/"
    root = Page.objects.get(parent=None)
    with pytest.raises(PathTakenByRoute):
        services.move_page(page, root, actor=system, slug="shop")
    assert services.copy_page(page, root, actor=system).path == "/shop-2/"
    assert services.move_page(page, root, actor=system).path == "/shop-3/"


def test_the_whole_path_counts(mount: Callable[..., None], page_factory: Any) -> None:
    mount(path("blog/feed/", other), PAGES)
    blog = page_factory("Blog")
    assert (blog.path, page_factory("Feed", parent=blog).path) == ("/blog/", "/blog/feed-2/")
    assert page_factory("Feed").path == "/feed/"


def test_pages_that_come_back_need_an_address_where_they_are_seen(
    mount: Callable[..., None], page_factory: Any, system: Any
) -> None:
    page = page_factory("Shop")
    services.delete_page(page, actor=system)
    mount(path("shop/", other), PAGES)
    with pytest.raises(PathTakenByRoute):
        services.restore_page(page, actor=system)
    assert services.restore_page(page, actor=system, slug="our-shop").path == "/our-shop/"


def test_many_pages_at_once_get_numbers(routes: None, root: Any, system: Any) -> None:
    made = services.bulk_create_pages(
        [PageSpec("Shop", children=[PageSpec("Cart")]), PageSpec("Shop")], actor=system, parent=root
    )
    assert [page.path for page in made] == ["/shop-2/", "/shop-2/cart/", "/shop-3/"]


def test_where_every_slug_is_a_routes_no_number_is_looked_for_without_end(
    mount: Callable[..., None], page_factory: Any, root: Any, system: Any
) -> None:
    mount(path("<slug:product>/", other), PAGES)
    with pytest.raises(PathTakenByRoute):
        page_factory("Page")
    with pytest.raises(PathTakenByRoute):
        services.bulk_create_pages([PageSpec("Page")], actor=system, parent=root)


def test_routes_of_the_pages_themselves_count(page_factory: Any) -> None:
    assert page_factory("12", parent=page_factory("Preview", slug="preview")).path == "/preview/12-2/"


def test_a_view_of_the_host_around_the_pages_is_no_obstacle(mount: Callable[..., None], page_factory: Any) -> None:
    mount(path("shop/", other), re_path(r"^(?P<path>.*)$", cache_page(60)(page_view)), PAGES)
    assert [page_factory(title).path for title in ("Page", "Shop")] == ["/page/", "/shop-2/"]


def test_below_a_prefix_only_what_is_below_it_counts(mount: Callable[..., None], page_factory: Any) -> None:
    mount(path("shop/", other), path("site/", include([path("news/", other), PAGES])))
    assert [page_factory(title).path for title in ("Shop", "News")] == ["/shop/", "/news-2/"]


def test_with_a_script_prefix_the_same_holds(routes: None, page_factory: Any) -> None:
    set_script_prefix("/app/")
    try:
        assert [page_factory(title).path for title in ("Shop", "Page")] == ["/shop-2/", "/page/"]
    finally:
        set_script_prefix("/")


def test_without_public_routes_every_address_is_free(mount: Callable[..., None], page_factory: Any) -> None:
    mount(path("shop/", other))
    assert page_factory("Shop", slug="shop").path == "/shop/"


def test_without_a_urlconf_pages_are_made_all_the_same(settings: Any, page_factory: Any) -> None:
    del settings.ROOT_URLCONF
    assert page_factory("Admin", slug="admin").path == "/admin/"


def test_looking_costs_no_query(routes: None, django_assert_num_queries: Any, db: None) -> None:
    with django_assert_num_queries(0):
        assert [is_taken_by_route(path) for path in ("/shop/", "/shop/x/", "/")] == [True, False, False]


def test_rest_answers_409_with_a_code_of_its_own(root: Any, superuser: Any) -> None:
    client = APIClient()
    client.force_login(superuser)
    for slug, status in (("admin", 409), ("health-check", 409), ("page", 201)):
        answer = client.post("/api/pages/", {"title": "A page", "slug": slug}, format="json")
        assert answer.status_code == status, answer.content
        if status == 409:
            assert answer.json()["code"] == "path_taken_by_route"
    assert client.post("/api/pages/", {"title": "Admin"}, format="json").json()["path"] == "/admin-2/"


def test_the_bin_asks_for_another_slug(
    mount: Callable[..., None], superuser: Any, client: Any, system: Any, page_factory: Any
) -> None:
    page = page_factory("Shop")
    services.delete_page(page, actor=system)
    mount(path("admin/", admin.site.urls), path("shop/", other), PAGES)
    client.force_login(superuser)
    url = reverse(f"admin:{Page._meta.app_label}_{Page._meta.model_name}_restore", args=[page.pk])
    assert "answers at /shop/" in client.post(url).content.decode()
    assert client.post(url, {"slug": "our-shop"}).status_code == 302
    assert Page.objects.get(pk=page.pk).path == "/our-shop/"


def test_pages_that_a_newer_route_hides_are_named(mount: Callable[..., None], page_factory: Any) -> None:
    page = page_factory("Shop")
    page_factory("Page")
    mount(path("shop/", other), PAGES)
    out = io.StringIO()
    call_command("check_tree", json=True, stdout=out)
    assert json.loads(out.getvalue()) == {"problems": [], "hidden": [{"page": page.pk, "path": "/shop/"}]}
    out = io.StringIO()
    call_command("check_tree", stdout=out)
    assert f"page {page.pk}: another route answers at /shop/" in out.getvalue()


def test_an_exported_site_keeps_its_addresses_and_says_so(
    mount: Callable[..., None], page_factory: Any, tmp_path: Path
) -> None:
    page_factory("Shop")
    call_command("export_site", str(tmp_path / "site"), stdout=io.StringIO())
    mount(path("shop/", other), PAGES)
    out = io.StringIO()
    call_command("import_site", str(tmp_path / "site"), hostname="copy", as_json=True, stdout=out)
    assert Page.objects.filter(site__hostname="copy", path="/shop/").exists()
    assert any("answers at /shop/" in warning["message"] for warning in json.loads(out.getvalue())["warnings"])


def test_below_a_prefix_somebody_answers_for_robots(mount: Callable[..., None]) -> None:
    mount(path("shop/", other), PAGES)
    assert check_robots() == []
    mount(path("shop/", other), path("site/", include([PAGES])))
    assert [message.id for message in check_robots()] == ["ai_cms_pages.W003"]
    mount(path("robots.txt", robots), path("site/", include([PAGES])))
    assert check_robots() == []
    mount(path("shop/", other))
    assert check_robots() == []


def test_robots_at_the_root_names_what_lies_below_the_prefix(
    mount: Callable[..., None], site: Any, client: Any
) -> None:
    mount(path("robots.txt", robots), path("site/", include([PAGES])))
    text = client.get("/robots.txt").content.decode()
    assert "Disallow: /site/preview/" in text
    assert "Sitemap: http://testserver/site/sitemap.xml" in text
