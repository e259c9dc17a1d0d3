"""Feeds as their readers see them: ids and dates over edits, a withdrawal, another domain; texts; what is not sent twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.pages import services
from ai_cms.pages.models import Site
from ai_cms.posts.feeds import atom, json_feed, rss
from ai_cms.posts.feeds.content import feed_html
from ai_cms.posts.feeds.entries import Author, Entry, FeedInfo
from ai_cms.posts.services import update_post

Make = Callable[..., Any]
FEEDS = ("/feed/", "/feed/atom/", "/feed.json")


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


def read(client: Client, url: str, host: str = "testserver") -> dict[str, dict[str, Any]]:
    """Return what a reader knows of a feed's entries, by id: title, link, published, updated."""
    answer = client.get(url, headers={"host": host})
    assert answer.status_code == 200, answer.status_code
    if url.endswith(".json"):
        found = json.loads(answer.content)
        assert found["version"] == "https://jsonfeed.org/version/1.1"
        return {
            item["id"]: {
                "title": item["title"],
                "link": item["url"],
                "published": item["date_published"],
                "updated": item["date_modified"],
                "html": item.get("content_html", ""),
            }
            for item in found["items"]
        }
    ElementTree.fromstring(answer.content)
    parsed = feedparser.parse(answer.content, response_headers={"content-type": answer["Content-Type"]})
    assert not parsed.bozo, parsed.get("bozo_exception")
    return {
        entry.id: {
            "title": entry.title,
            "link": entry.link,
            "published": entry.published_parsed,
            "updated": entry.get("updated_parsed"),
            "html": entry.content[0].value if entry.get("content") else "",
        }
        for entry in parsed.entries
    }


@pytest.mark.parametrize("url", FEEDS)
def test_no_post_is_new_that_was_not(site: Site, make_post: Make, client: Client, system: Any, url: str) -> None:
    rye = make_post("Rye", body="<p>Flour and water.</p>", is_published=True)
    soup = make_post("Soup", body="<p>Hot.</p>", is_published=True)
    first = read(client, url)
    assert [entry["title"] for entry in first.values()] == ["Soup", "Rye"]
    assert all(key.startswith("urn:uuid:") for key in first)
    by_title = {entry["title"]: key for key, entry in first.items()}

    # Another category is no other text; and publishing again what is published says nothing new.
    services.publish_page(services.update_page(rye, actor=system, fields={"in_menus": True}), actor=system)
    services.publish_page(rye, actor=system)
    again = read(client, url)
    assert again == first

    # An edit: the same entry, the same date of publication.
    update_post(rye, actor=system, title="Dark rye", body="<p>Flour, water, time.</p>", is_published=True)
    edited = read(client, url)
    assert edited.keys() == first.keys()
    changed, before = edited[by_title["Rye"]], first[by_title["Rye"]]
    assert (changed["title"], changed["published"]) == ("Dark rye", before["published"])
    assert edited[by_title["Soup"]] == first[by_title["Soup"]]

    # Withdrawn, and back.
    services.unpublish_page(soup, actor=system)
    assert read(client, url).keys() == {by_title["Rye"]}
    services.publish_page(soup, actor=system)
    assert read(client, url)[by_title["Soup"]] == first[by_title["Soup"]]

    # Another place in the tree: the address alone is another.
    elsewhere = services.create_page(actor=system, parent=site.root, title="Elsewhere", publish=True)
    services.move_page(soup, elsewhere, actor=system)
    moved = read(client, url)[by_title["Soup"]]
    assert moved["link"].endswith(f"/elsewhere/{soup.slug}/")
    assert {**moved, "link": ""} == {**first[by_title["Soup"]], "link": ""}

    # Another domain.
    site.hostname = "bakery.example"
    site.save()
    there = read(client, url, host="bakery.example")
    assert there.keys() == first.keys()
    assert {key: entry["published"] for key, entry in there.items()} == {
        key: entry["published"] for key, entry in first.items()
    }
    assert all(entry["link"].startswith("http://bakery.example/") for entry in there.values())


def test_updated_moves_with_the_text_alone(site: Site, make_post: Make, client: Client, system: Any) -> None:
    from ai_cms.posts.records import PostRecord

    post = make_post("Rye", body="<p>Flour.</p>", is_published=True)
    record = PostRecord.objects.get(pk=post.pk)
    assert record.updated_at == record.published_at
    update_post(post, actor=system, tags=["new"], is_published=True)
    assert PostRecord.objects.get(pk=post.pk).updated_at == record.updated_at
    update_post(post, actor=system, body="<p>Flour and water.</p>", is_published=True)
    assert PostRecord.objects.get(pk=post.pk).updated_at > record.updated_at


def test_imported_dates_are_kept(make_post: Make, client: Client) -> None:
    make_post("Old", is_published=True, fields={"metadata": {"published_at": "2012-05-06T07:08:09+00:00"}})
    assert [entry["published"][:6] for entry in read(client, "/feed/").values()] == [(2012, 5, 6, 7, 8, 9)]
    item = json.loads(client.get("/feed.json").content)["items"][0]
    assert (item["date_published"], item["date_modified"]) == ("2012-05-06T07:08:09Z", "2012-05-06T07:08:09Z")


@pytest.mark.parametrize("url", FEEDS)
def test_addresses_inside_texts_are_whole(make_post: Make, client: Client, url: str) -> None:
    make_post("Rye", body='<p>See <a href="/soup/">soup</a>, <a href="#note">below</a>.</p>', is_published=True)
    html = next(iter(read(client, url).values()))["html"]
    assert 'href="http://testserver/soup/"' in html
    assert 'href="http://testserver/blog/rye-' in html and "#note" in html
    assert "origin.ai-cms.invalid" not in html


@pytest.mark.parametrize("url", FEEDS)
def test_a_feed_takes_two_queries_and_is_not_sent_twice(make_post: Make, client: Client, url: str) -> None:
    for number in range(3):
        make_post(f"Post {number}", body=f"<p>Text {number}</p>", is_published=True)
    with CaptureQueriesContext(connection) as found:
        answer = client.get(url)
    assert len(found) == 2, [query["sql"] for query in found]
    with CaptureQueriesContext(connection) as found:
        assert client.get(url, headers={"if-none-match": answer["ETag"]}).status_code == 304
    assert len(found) == 1
    # What changes elsewhere on the site makes no new feed.
    services.create_page(actor=services_actor(), parent=Site.objects.get().root, title="About", publish=True)
    assert client.get(url, headers={"if-none-match": answer["ETag"]}).status_code == 304


def services_actor() -> Any:
    from ai_cms.core.permissions import Actor

    return Actor.system("tests")


@override_settings(AI_CMS={"FEED_FULL_TEXT": False, "FEED_ENTRIES": 1})
def test_excerpts_alone_by_setting(make_post: Make, client: Client) -> None:
    make_post("One", body="<p>First.</p>", is_published=True)
    make_post("Two", body="<p>Second.</p>", is_published=True, fields={"excerpt": "In short"})
    for url in FEEDS:
        assert [entry["html"] for entry in read(client, url).values()] == [""], url
    assert json.loads(client.get("/feed.json").content)["items"][0]["content_text"] == "In short"


def test_terms_have_feeds_of_their_own(make_post: Make, make_category: Make, client: Client, site: Site) -> None:
    bread = make_category("Bread", description="What we bake.")
    make_post("Rye", tags=["Sour"], is_published=True, fields={"categories": [bread.pk]})
    make_post("Walk", is_published=True)
    for url in ("/category/bread/feed/", "/category/bread/feed/atom/", "/category/bread/feed.json", "/tag/sour/feed/"):
        assert [entry["title"] for entry in read(client, url).values()] == ["Rye"], url
    parsed = feedparser.parse(client.get("/category/bread/feed/atom/").content)
    assert parsed.feed.title == "Bread · Test site"
    assert parsed.feed.subtitle == "What we bake."
    assert client.get("/category/none/feed/").status_code == 404
    assert feedparser.parse(client.get("/feed/atom/").content).feed.id != parsed.feed.id
    page = client.get("/category/bread/").content.decode()
    assert 'href="/category/bread/feed.json"' in page and 'href="/feed/"' in page


def test_a_feed_of_nothing_is_a_feed(site: Site, client: Client) -> None:
    for url in FEEDS:
        assert read(client, url) == {}


_texts = st.text(st.characters(blacklist_categories=("Cs",)), max_size=40)


@given(title=_texts, html=_texts, name=_texts, category=_texts)
def test_every_text_makes_a_feed_that_can_be_read(title: str, html: str, name: str, category: str) -> None:
    import uuid
    from datetime import UTC, datetime

    moment = datetime(2024, 3, 1, 10, 0, 0, 123456, tzinfo=UTC)
    uid = uuid.uuid5(uuid.NAMESPACE_DNS, "x")
    feed = FeedInfo(uid, title, "http://x/", "http://x/feed/", moment, title, "en", "http://hub/?a=1&b=2")
    entry = Entry(uid, "http://x/?a=1&b=2", title, moment, moment, html, html, (Author(name),), (category,))
    for format in (rss, atom):
        root = ElementTree.fromstring(format.render(feed, [entry]).encode())
        assert uid.urn in ElementTree.tostring(root, "unicode")
    assert json.loads(json_feed.render(feed, [entry]))["items"][0]["id"] == uid.urn


def test_texts_of_feeds_hold_nothing_that_needs_the_site() -> None:
    html = (
        '<figure class="x" style="color:red"><img src="/a.jpg" srcset="/b.jpg 2x" onerror="x()"></figure>'
        '<button>Copy</button><iframe src="https://video.example/1" title="A film"></iframe><script>x()</script>'
        '<video><source src="clip.webm"></video><p hidden>secret</p><p>Text &amp; more</p><a href="mailto:a@x.example">m</a>'
    )
    found = feed_html(html, "https://x.example/blog/rye/")
    assert 'src="https://x.example/a.jpg"' in found
    assert 'href="https://video.example/1"' in found and ">A film</a>" in found
    assert 'href="https://x.example/blog/rye/clip.webm"' in found
    assert 'href="mailto:a@x.example"' in found
    for word in ("script", "Copy", "style", "onerror", "secret", "iframe", "srcset"):
        assert word not in found
