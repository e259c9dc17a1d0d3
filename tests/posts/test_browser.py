"""The blog in Chromium, under a strict policy: light and dark, wide and narrow, without a violation and without a scroll bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache

from tests import axe
from tests.pages.browser.conftest import Watched, chromium, watch

__all__ = ["chromium", "watch"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_reader_walks_from_the_blog_to_a_post_and_its_lists(
    live_server: Any,
    superuser: Any,
    watch: Callable[..., Watched],
    make_post: Callable[..., Any],
    make_category: Callable[..., Any],
) -> None:
    cache.clear()
    bread = make_category("Bread", description="What we bake.")
    make_category("Empty")
    for number in range(12):
        fields = {"categories": [bread.pk], "series": "A course", "sticky": number == 0}
        make_post(f"Loaf {number}", body="<p>Flour and water.</p>", tags=["sour"], is_published=True, fields=fields)
    for scheme, width in (("light", 1440), ("dark", 390)):
        watched = watch(superuser, color_scheme=scheme, viewport={"width": width, "height": 900})
        page = watched.page
        page.goto(f"{live_server.url}/blog/")
        assert page.locator(".aicms-entry-title").first.inner_text() == "Loaf 0"
        seen = [page.url]
        assert axe.check(page) == []
        page.get_by_role("link", name="All posts").click()
        page.get_by_role("link", name="Older posts").click()
        page.get_by_text("Page 2").wait_for()
        assert axe.check(page) == []
        page.get_by_role("link", name="Loaf 1", exact=True).click()
        page.get_by_role("heading", name="Read on").wait_for()
        assert axe.check(page) == []
        page.locator(".aicms-post-head").get_by_role("link", name="Bread").click()
        page.get_by_text("What we bake.").wait_for()
        assert axe.check(page) == []
        for path in ("/category/empty/", "/series/A%20course/", "/posts/archive/"):
            page.goto(f"{live_server.url}{path}")
            assert axe.check(page) == [], path
            assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), path
        assert watched.problems == [], seen
