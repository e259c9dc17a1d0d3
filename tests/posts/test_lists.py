"""Lists of posts: what stands in them, their pages, their addresses, and how many queries they take."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from ai_cms.pages import services
from ai_cms.pages.models import Site
from ai_cms.posts.services import update_category
from tests.conftest import make_user

Make = Callable[..., Any]


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


def titles(html: str) -> list[str]:
    """Return the titles of the cards of a list, in order."""
    import re

    return re.findall(r'aicms-card-title"><a href="[^"]*"[^>]*>([^<]*)</a>', html)


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
            "Rye", author=ann, tags=["Sour Dough"], is_published=True, fields={"categories": [bread.pk], **dated("2024-03-01")}
        ),
        "soup": make_post(
            "Soup", author=bert, tags=["hot"], is_published=True, fields={"categories": [kitchen.pk], **dated("2024-03-20")}
        ),
        "walk": make_post("Walk", author=ann, is_published=True, fields=dated("2023-12-31")),
        "draft": make_post("Draft", author=ann, tags=["hot"], fields={"categories": [kitchen.pk]}),
    }


def test_each_list_holds_its_published_posts_the_newest_first(blog: dict[str, Any], client: Client) -> None:
    assert shown(client, "/archive/") == ["Soup", "Rye", "Walk"]
    assert shown(client, "/archive/2024/") == ["Soup", "Rye"]
    assert shown(client, "/archive/2024/03/") == ["Soup", "Rye"]
    assert shown(client, "/archive/2023/12/") == ["Walk"]
    assert shown(client, "/archive/2024/04/") == []
    assert shown(client, "/category/kitchen/") == ["Soup", "Rye"]
    assert shown(client, "/category/bread/") == ["Rye"]
    assert shown(client, "/tag/sour-dough/") == ["Rye"]
    assert shown(client, "/tag/hot/") == ["Soup"]
    assert shown(client, "/blog/") == ["Soup", "Rye", "Walk"]
