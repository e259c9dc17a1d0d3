"""Lists of posts: what stands in them, their pages, their addresses, and how many queries they take."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client, override_settings

from ai_cms.pages import services
from ai_cms.pages.models import Site
from ai_cms.posts import get_post_model
from ai_cms.posts.services import update_category
from tests.conftest import make_user

Make = Callable[..., Any]


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


def titles(html: str) -> list[str]:
    """Return the titles of the cards of a list, in order."""
    return re.findall(r'aicms-entry-title"><a href="[^"]*"[^>]*>([^<]*)</a>', html)


def shown(client: Client, url: str, status: int = 200) -> list[str]:
    answer = client.get(url)
    assert answer.status_code == status, (url, answer.status_code)
    return titles(answer.content.decode())


@pytest.fixture
def blog(make_post: Make, make_category: Make, site: Site) -> dict[str, Any]:
    """Return some posts: two categories, one inside the other, tags, two authors, dates."""
    ann = make_user("ann")
    bert = make_user("bert")
    kitchen = make_category("Kitchen")
    bread = make_category("Bread", parent=kitchen)

    def dated(day: str) -> dict[str, Any]:
        return {"metadata": {"published_at": f"{day}T12:00:00+00:00"}}

    return {
        "ann": ann,
        "bert": bert,
        "kitchen": kitchen,
        "bread": bread,
        "rye": make_post(
            "Rye",
            author=ann,
            tags=["Sour Dough"],
            is_published=True,
            fields={"categories": [bread.pk], **dated("2024-03-01")},
        ),
        "soup": make_post(
            "Soup",
            author=bert,
            tags=["hot"],
            is_published=True,
            fields={"categories": [kitchen.pk], **dated("2024-03-20")},
        ),
        "walk": make_post("Walk", author=ann, is_published=True, fields=dated("2023-12-31")),
        "draft": make_post("Draft", author=ann, tags=["hot"], fields={"categories": [kitchen.pk]}),
    }


def test_each_list_holds_its_published_posts_the_newest_first(blog: dict[str, Any], client: Client) -> None:
    assert shown(client, "/posts/archive/") == ["Soup", "Rye", "Walk"]
    assert shown(client, "/posts/archive/2024/") == ["Soup", "Rye"]
    assert shown(client, "/posts/archive/2024/03/") == ["Soup", "Rye"]
    assert shown(client, "/posts/archive/2023/12/") == ["Walk"]
    assert shown(client, "/posts/archive/2024/04/") == []
    assert shown(client, "/category/kitchen/") == ["Soup", "Rye"]
    assert shown(client, "/category/bread/") == ["Rye"]
    assert shown(client, "/tag/sour-dough/") == ["Rye"]
    assert shown(client, "/tag/hot/") == ["Soup"]
    assert shown(client, "/blog/") == ["Soup", "Rye", "Walk"]


def test_authors_and_series_have_lists(blog: dict[str, Any], client: Client, make_post: Make) -> None:
    assert shown(client, "/author/ann/") == ["Rye", "Walk"]
    assert shown(client, "/author/nobody/", 404) == []
    for number in (2, 1):
        fields = {"series": "A course", "series_position": number}
        make_post(f"Part {number}", is_published=True, fields=fields)
    # The order of a series is that of its parts' dates.
    assert shown(client, "/series/A%20course/") == ["Part 2", "Part 1"]
    assert shown(client, "/series/nothing/", 404) == []


def test_a_list_of_nothing_says_what_to_do_and_is_not_indexed(site: Site, make_category: Make, client: Client) -> None:
    make_category("Empty")
    html = client.get("/category/empty/").content.decode()
    assert "Nothing has been published here yet." in html
    assert 'href="/posts/archive/"' in html
    assert '<meta name="robots" content="noindex">' in html
    assert client.get("/category/missing/").status_code == 404
    assert client.get("/posts/archive/2024/13/").status_code == 404


@override_settings(AI_CMS={"POSTS_PAGE_SIZE": 2})
def test_pages_of_a_list_name_their_neighbours(blog: dict[str, Any], client: Client) -> None:
    first = client.get("/posts/archive/").content.decode()
    assert titles(first) == ["Soup", "Rye"]
    assert '<link rel="canonical" href="http://testserver/posts/archive/">' in first
    assert '<link rel="next" href="http://testserver/posts/archive/?page=2">' in first
    assert 'rel="prev"' not in first
    second = client.get("/posts/archive/?page=2").content.decode()
    assert titles(second) == ["Walk"]
    assert '<link rel="canonical" href="http://testserver/posts/archive/?page=2">' in second
    assert '<link rel="prev" href="http://testserver/posts/archive/">' in second
    assert 'rel="next"' not in second
    for wrong in ("3", "0", "-1", "x", "9999999", "٢"):
        assert client.get("/posts/archive/", {"page": wrong}).status_code == 404, wrong


def test_a_tag_is_found_by_its_name_too_and_led_to_its_address(blog: dict[str, Any], client: Client) -> None:
    answer = client.get("/tag/SOUR%20dough/?page=1")
    assert (answer.status_code, answer["Location"]) == (301, "/tag/sour-dough/?page=1")


def test_lists_follow_what_happens_to_posts(blog: dict[str, Any], client: Client, system: Any) -> None:
    services.unpublish_page(blog["soup"], actor=system)
    assert shown(client, "/category/kitchen/") == ["Rye"]
    services.delete_page(blog["rye"], actor=system)
    assert shown(client, "/category/kitchen/") == []
    services.restore_page(blog["rye"], actor=system)
    services.publish_page(blog["soup"], actor=system)
    # Back at its old place, though it was published anew.
    assert shown(client, "/posts/archive/") == ["Soup", "Rye", "Walk"]
    update_category(blog["bread"], actor=system, fields={"name": "Loaves", "slug": "loaves", "parent": None})
    assert shown(client, "/category/kitchen/") == ["Soup"]
    assert shown(client, "/category/loaves/") == ["Rye"]
    assert "Loaves" in client.get("/posts/archive/").content.decode()
    assert client.get("/category/bread/").status_code == 404


def test_an_expired_post_is_gone_from_lists_though_nothing_was_written(blog: dict[str, Any], client: Client) -> None:
    from ai_cms.pages.models import Publication

    assert "Rye" in shown(client, "/posts/archive/")
    Publication.objects.filter(page_id=blog["rye"].pk).update(expire_at=datetime(2025, 1, 1, tzinfo=UTC))
    assert shown(client, "/posts/archive/") == ["Soup", "Walk"]
    assert b"Rye" not in client.get("/feed/").content


COLD = [
    "/posts/archive/",
    "/posts/archive/?page=1",
    "/posts/archive/2024/",
    "/posts/archive/2024/03/",
    "/category/kitchen/",
    "/category/empty/",
    "/tag/hot/",
    "/author/ann/",
    "/series/A%20course/",
    *(
        f"{start}{end}"
        for start in ("/", "/category/bread/", "/tag/hot/", "/author/ann/")
        for end in ("feed/", "feed.json")
    ),
    "/category/empty/feed/atom/",
]


def test_lists_and_feeds_take_two_queries_on_a_cold_cache_and_one_when_they_are_kept(
    blog: dict[str, Any],
    client: Client,
    make_post: Make,
    make_category: Make,
    site: Site,
    actor: Any,
    django_assert_num_queries: Any,
) -> None:
    make_category("Empty")
    make_post("Part 1", is_published=True, fields={"series": "A course"})
    services.create_page(actor=actor, parent=site.root, title="Visit", fields={"in_menus": True}, publish=True)
    for url in COLD:
        cache.clear()
        with django_assert_num_queries(2):
            # The site with what the list is of and the menu; its posts.
            first = client.get(url)
        assert first.status_code == 200, url
        with django_assert_num_queries(1):
            again = client.get(url)
        assert again.content == first.content
        assert client.get(url, headers={"if-none-match": first["ETag"]}).status_code == 304


def test_public_lists_with_filters_take_two_queries(
    blog: dict[str, Any], client: Client, django_assert_num_queries: Any
) -> None:
    for query in ("categories=kitchen", "categories=kitchen&tag=hot", "facet[author]=ann&page_size=1", "search=soup"):
        with django_assert_num_queries(2 if "page_size" in query or "search" in query else 1):
            answer = client.get(f"/api/content/?type={get_post_model().type_name()}&{query}")
        assert answer.json()["results"], query


def test_a_list_has_the_menu_that_pages_have(blog: dict[str, Any], client: Client, site: Site, actor: Any) -> None:
    def make(title: str, **options: Any) -> Any:
        values = {"actor": actor, "parent": site.root, "publish": True, **options}
        return services.create_page(title=title, fields={"in_menus": True}, **values)

    first = make("Visit")
    make("About us")
    make("Deeper", parent=first)
    make("Not yet", publish=False)
    services.move_page(first, actor=actor, target=site.root, position="last-child")

    def menu(url: str) -> list[str]:
        html = client.get(url).content.decode()
        nav = html[html.index('<nav aria-label="Main">') : html.index("</nav>")]
        return re.findall(r'<a href="([^"]*)"', nav)

    assert menu("/category/kitchen/") == menu(first.path) == ["/about-us/", "/visit/"]
    services.unpublish_page(first, actor=actor)
    assert menu("/category/kitchen/") == ["/about-us/"]


def test_a_posts_page_names_authors_terms_dates_and_what_to_read_on(
    blog: dict[str, Any], client: Client, make_post: Make
) -> None:
    bread = {"categories": [blog["bread"].pk]}
    dated = {"metadata": {"published_at": "2024-04-01T12:00:00+00:00"}}
    more = make_post("Spelt", tags=["sour dough", "hot"], is_published=True, fields={**bread, **dated})
    html = client.get(more.get_absolute_url()).content.decode()
    # Rye shares a tag and the category, soup a tag alone.
    related = html[html.index("Read on") :]
    assert related.index("Rye") < related.index("Soup")
    assert "Walk" not in related
    assert 'rel="tag" href="/tag/sour-dough/"' in html
    assert 'href="/category/bread/"' in html
    assert '<time datetime="2024-04-01T12:00:00+00:00">' in html
    assert "1 minute to read" in html
    assert 'type="application/rss+xml"' in html


def test_a_post_says_in_its_head_who_wrote_it_and_how(blog: dict[str, Any], client: Client) -> None:
    html = client.get(blog["rye"].get_absolute_url()).content.decode()
    start = html.index('<script type="application/ld+json">') + len('<script type="application/ld+json">')
    data = json.loads(html[start : html.index("</script>", start)])
    assert data["@type"] == "BlogPosting"
    assert data["headline"] == "Rye"
    assert data["author"] == [{"@type": "Person", "name": "ann", "url": "http://testserver/author/ann/"}]
    assert data["datePublished"] == "2024-03-01T12:00:00+00:00"
    assert data["keywords"] == ["Sour Dough"]
    assert data["articleSection"] == ["Bread"]


def head_data(html: str) -> dict[str, Any]:
    start = html.index('<script type="application/ld+json">') + len('<script type="application/ld+json">')
    found: dict[str, Any] = json.loads(html[start : html.index("</script>", start)])
    return found


@pytest.mark.parametrize(
    ("sources", "edited", "said"),
    [
        (["human"], 0, "DigitalCreationDigitalSource"),
        (["model"], 0, "TrainedAlgorithmicMediaDigitalSource"),
        (["model", "human"], 0, "CompositeWithTrainedAlgorithmicMediaDigitalSource"),
        (["model"], 1, "CompositeWithTrainedAlgorithmicMediaDigitalSource"),
        (["import"], 0, None),
    ],
)
def test_a_post_says_whether_a_model_wrote_it(
    make_post: Make, client: Client, system: Any, sources: list[str], edited: int, said: str | None
) -> None:
    post = make_post("Rye", body="".join(f"<h2>Part {number}</h2>" for number, _source in enumerate(sources)))
    blocks = post.content_json.to_json()
    for block, source in zip(blocks, sources, strict=True):
        block["meta"] = {
            **block.get("meta", {}),
            "provenance": {"source": source, "by": "1", "at": "2026-01-01T00:00:00+00:00"},
        }
    if edited:
        blocks[0]["meta"]["provenance"]["edited"] = True
    # As the writers of drafts leave it; nobody else may write these marks.
    type(post)._base_manager.filter(pk=post.pk).update(content_json=blocks)
    post = type(post).objects.get(pk=post.pk)
    services.publish_page(post, actor=system)
    url = post.get_absolute_url()
    found = head_data(client.get(url).content.decode()).get("digitalSourceType")
    assert found == (None if said is None else f"https://schema.org/{said}")
    with override_settings(AI_CMS={"EXPOSE_PROVENANCE": False}):
        assert "digitalSourceType" not in head_data(client.get(url).content.decode())


def test_pinned_posts_stand_first_on_the_blog_alone(blog: dict[str, Any], client: Client, make_post: Make) -> None:
    old = {"metadata": {"published_at": "2020-01-01T12:00:00+00:00"}}
    make_post("Pinned", is_published=True, fields={"sticky": True, **old})
    assert shown(client, "/blog/") == ["Pinned", "Soup", "Rye", "Walk"]
    assert shown(client, "/posts/archive/") == ["Soup", "Rye", "Walk", "Pinned"]
