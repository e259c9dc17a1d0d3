"""Posts of people whose keys are UUIDs."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from ai_cms.core.permissions import Actor
from ai_cms.pages.services import create_site
from ai_cms.posts.services import create_post
from tests.conftest import make_user


@pytest.mark.django_db
def test_a_list_of_posts_is_two_queries_for_everybody(django_assert_num_queries: Any) -> None:
    site = create_site(hostname="testserver", name="Test site", title="Home")
    ann, bert = make_user("ann"), make_user("bert")
    system = Actor.system("tests")
    create_post(actor=system, site=site, title="Read by all", author=ann, is_published=True)
    create_post(actor=system, site=site, title="A draft", author=ann)
    for user, expected in ((ann, ["A draft", "Read by all"]), (bert, ["Read by all"])):
        client = APIClient()
        client.force_authenticate(user)
        client.get("/api/posts/")
        with django_assert_num_queries(2):
            found = client.get("/api/posts/?is_published=true&page_size=1").json()
        assert [row["title"] for row in found["results"]] == ["Read by all"]
        assert sorted(row["title"] for row in client.get("/api/posts/").json()["results"]) == expected
