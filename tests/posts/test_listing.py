"""The list of posts for members: drafts of one's own among what is published, in one order, by few queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.pages.models import PageGroupPermission, Publication, PublicationFacet
from ai_cms.posts import get_post_model
from tests.conftest import make_user

Make = Callable[..., Any]
START = datetime(2024, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def mixed(make_post: Make, make_category: Make) -> dict[str, Any]:
    """Return twelve posts of two people, some of the same second, every third never published, one changed since."""
    ann, bert = make_user("ann"), make_user("bert")
    kitchen = make_category("Kitchen")
    bread = make_category("Bread", parent=kitchen)
    posts = [
        make_post(
            f"Post {number}",
            author=ann if number % 2 else bert,
            is_published=bool(number % 3),
            fields={"categories": [(bread if number % 4 else kitchen).pk]},
        )
        for number in range(12)
    ]
    for number, post in enumerate(posts):
        # Two and two at the same moment: the order among them must be the same on every page.
        moment = START + timedelta(days=number // 2)
        Publication.objects.filter(page_id=post.pk).update(first_published_at=moment)
        PublicationFacet.objects.filter(publication__page_id=post.pk).update(first_published_at=moment)
        get_post_model()._base_manager.filter(pk=post.pk).update(posted_at=moment)
    return {"ann": ann, "bert": bert, "posts": posts}


def pages(client: APIClient, query: str, size: int = 3) -> tuple[list[str], list[int]]:
    """Return the titles of all pages of a list, and the counts that the pages say."""
    found: list[str] = []
    counts: list[int] = []
    number = 1
    while True:
        answer = client.get(f"/api/posts/?page_size={size}&page={number}{query}")
        assert answer.status_code == 200, answer.content
        body = answer.json()
        found += [row["title"] for row in body["results"]]
        counts.append(body["count"])
        if body["next"] is None:
            return found, counts
        number += 1


#: A filter, and which of the posts it leaves.
LISTS: list[tuple[str, Callable[[int, bool], Any]]] = [
    ("", lambda number, mine: True),
    ("&is_published=true", lambda number, mine: number % 3),
    ("&is_published=false", lambda number, mine: not number % 3),
    ("&categories=kitchen", lambda number, mine: True),
    ("&categories=bread", lambda number, mine: number % 4),
    ("&categories=kitchen,bread&is_published=true", lambda number, mine: number % 3),
    ("&categories=bread&author=ann", lambda number, mine: number % 4 and number % 2),
]


@pytest.mark.django_db
def test_every_page_together_is_the_list(mixed: dict[str, Any], subtests: pytest.Subtests) -> None:
    client = APIClient()
    client.force_authenticate(mixed["ann"])
    for (query, fits), size in product(LISTS, (1, 3, 5, 100)):
        expected = {
            f"Post {number}" for number in range(12) if (number % 3 or number % 2) and fits(number, bool(number % 2))
        }
        with subtests.test(query=query, size=size):
            found, counts = pages(client, query, size)
            assert sorted(found) == sorted(expected)
            assert set(counts) == {len(expected)}
            moments = [int(title.removeprefix("Post ")) // 2 for title in found]
            assert moments == sorted(moments, reverse=True)


@pytest.mark.django_db
def test_who_has_no_draft_sees_what_is_published(mixed: dict[str, Any]) -> None:
    client = APIClient()
    client.force_authenticate(make_user("carl"))
    found, counts = pages(client, "")
    assert sorted(found) == sorted(f"Post {number}" for number in range(12) if number % 3)
    assert set(counts) == {8}
    assert pages(client, "&is_published=false") == ([], [0])
    assert client.get("/api/posts/?page=9").status_code == 404
    assert client.get("/api/posts/?page=x").status_code == 404


@pytest.mark.django_db
def test_a_list_is_few_queries_however_it_is_asked(mixed: dict[str, Any], django_assert_num_queries: Any) -> None:
    stranger, author = APIClient(), APIClient()
    stranger.force_authenticate(make_user("carl"))
    author.force_authenticate(mixed["ann"])
    # What decides about the person's own drafts (groups, grants, further authors, owned posts), and the list with its number.
    for query in ("", "?categories=kitchen", "?tags=x", "?author=bert&is_published=true", "?is_published=true&page=2"):
        for client in (stranger, author):
            client.get(f"/api/posts/{query}")
    for query in ("?page_size=2", "?categories=kitchen&page_size=2&is_published=true"):
        with django_assert_num_queries(2):
            assert stranger.get(f"/api/posts/{query}").json()["count"] == 8
    with django_assert_num_queries(2):
        assert author.get("/api/posts/?is_published=true&page_size=8").json()["count"] == 8


@pytest.mark.django_db
def test_whoever_reads_drafts_by_other_rights_finds_them(mixed: dict[str, Any], django_assert_num_queries: Any) -> None:
    """What one query for one's own drafts cannot tell is asked as before: grants, further authors, staff, many posts."""
    blog = mixed["posts"][0].parent
    team = Group.objects.create(name="team")
    PageGroupPermission.objects.create(group=team, page=blog, can_change=True)
    granted, further, staff = make_user("dora"), make_user("emil"), make_user("fred", is_staff=True)
    granted.groups.add(team)
    mixed["posts"][0].coauthors.add(further)
    staff.user_permissions.add(Permission.objects.get(codename=f"view_{get_post_model()._meta.model_name}"))
    everything = {f"Post {number}" for number in range(12)}
    public = {f"Post {number}" for number in range(12) if number % 3}
    for user, expected, number in (
        (granted, everything, 3),
        (further, public | {"Post 0"}, 2),
        (staff, everything, None),
    ):
        client = APIClient()
        client.force_authenticate(get_user_model()._default_manager.get(pk=user.pk))
        client.get("/api/posts/")
        if number is not None:
            with django_assert_num_queries(number):
                client.get("/api/posts/?page_size=2&is_published=true")
        assert set(pages(client, "")[0]) == expected, user


@pytest.mark.django_db
def test_a_page_of_public_posts_is_that_of_its_own_site(mixed: dict[str, Any], make_post: Make) -> None:
    """The ready query puts another host and another moment in each time."""
    client = APIClient()
    client.force_authenticate(make_user("carl"))
    other = services.create_site(hostname="other.example", name="Other", title="Other")
    services.create_page(actor=Actor.system("test"), parent=other.root, title="No post")
    for query in ("", "?categories=bread"):
        assert client.get(f"/api/posts/{query}").json()["count"] == 8 - 2 * bool(query)
        assert client.get(f"/api/posts/{query}", headers={"host": "other.example"}).json()["count"] == 0
    Publication.objects.filter(page_id=mixed["posts"][1].pk).update(expire_at=START)
    assert client.get("/api/posts/?categories=bread").json()["count"] == 5
    assert client.get("/api/posts/").json()["count"] == 7


@pytest.mark.django_db
def test_the_number_is_counted_once_and_again_after_a_change(mixed: dict[str, Any], make_post: Make) -> None:
    client = APIClient()
    client.force_authenticate(make_user("carl"))

    def counted(query: str) -> tuple[int, bool]:
        with CaptureQueriesContext(connection) as queries:
            number = client.get(f"/api/posts/?page_size=2{query}").json()["count"]
        assert len(queries) <= 3
        return number, any("COUNT(" in query["sql"] for query in queries.captured_queries)

    for query, number in (("", 8), ("&categories=bread", 6)):
        assert counted(query) == (number, True)
        assert counted(query) == (number, False)
    make_post("Newest", author=mixed["bert"], is_published=True, fields={})
    assert counted("") == (9, True)
    assert counted("") == (9, False)
    # The other list has changed no entry, but what decides is what was written, not what is seen.
    assert counted("&categories=bread") == (6, True)
    # Written past the services, so that no generation tells: the entries do, and what is counted then is kept.
    Publication.objects.filter(page_id=mixed["posts"][11].pk).update(active=False)
    assert counted("&categories=bread") == (5, True)
    assert counted("&categories=bread") == (5, False)
