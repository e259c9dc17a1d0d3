"""What one page may cost: refused at publishing, and bounded where it is shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ai_cms.pages import services
from ai_cms.pages.exceptions import InvalidSchedule, PublishRefused
from ai_cms.pages.models import Publication
from ai_cms.pages.rendering import render_publication


def page_list(**props: Any) -> dict[str, Any]:
    return {"type": "page_list", "props": {"limit": 1, **props}}


def messages(error: PublishRefused) -> list[tuple[str, str]]:
    return [(problem["type"], problem["msg"]) for problem in error.body()["content_json"]]


def test_a_page_of_two_thousand_lists_is_refused_with_the_reason(page_factory: Any, system: Any) -> None:
    page = page_factory("Too much", content=[page_list() for _ in range(2_000)])
    with pytest.raises(PublishRefused) as caught:
        services.publish_page(page, actor=system)
    found = dict(messages(caught.value))
    assert set(found) == {"too_many_lookups", "too_many_listed"}
    assert "may have 100 blocks" in found["too_many_lookups"]
    assert "this one has 2000" in found["too_many_lookups"]
    assert [problem["loc"] for problem in caught.value.body()["content_json"]] == [["100"], ["1000", "props", "limit"]]
    assert not Publication.objects.filter(page_id=page.pk).exists()


def test_every_way_to_publish_asks(page_factory: Any, system: Any, root: Any, settings: Any) -> None:
    settings.AI_CMS = {"PAGE_MAX_LOOKUPS": 1}
    section = {"type": "section", "props": {}, "children": [page_list()]}
    content = [page_list(), section]
    page = page_factory("Draft", content=content)
    soon = timezone.now() + timedelta(days=1)
    for attempt in (
        lambda: services.create_page(actor=system, parent=root, title="At once", content=content, publish=True),
        lambda: services.publish_page(page, actor=system, revision=1),
        lambda: services.schedule_page(page, actor=system, go_live_at=soon),
        lambda: services.bulk_create_pages(
            [services.PageSpec(title="Bulk", content=content, publish=True)], actor=system, parent=root
        ),
    ):
        with pytest.raises((PublishRefused, InvalidSchedule)) as caught:
            attempt()
        assert "too_many_lookups" in str(caught.value.body())
    assert Publication.objects.count() == 0


def test_what_is_shown_is_bounded_and_asks_once(page_factory: Any, settings: Any, client: Any, superuser: Any) -> None:
    settings.AI_CMS = {"PAGE_MAX_LOOKUPS": 10_000, "PAGE_MAX_LISTED": 100_000}
    for number in range(3):
        page_factory(f"Listed {number}", publish=True)
    same = page_factory("Same", publish=True, content=[page_list(limit=3) for _ in range(300)])
    other = page_factory("Other", publish=True, content=[page_list(tags=[str(n)]) for n in range(300)])
    settings.AI_CMS = {"PAGE_MAX_LOOKUPS": 20, "PAGE_MAX_LISTED": 30}
    shown = Publication.objects.select_related("site").get(page=same)
    with CaptureQueriesContext(connection) as queries:
        html = render_publication(shown)
    assert sum('"summary"' in query["sql"] for query in queries) == 1
    assert html.count("/listed-2/") == 10
    shown = Publication.objects.select_related("site").get(page=other)
    with CaptureQueriesContext(connection) as queries:
        render_publication(shown)
    assert sum('"summary"' in query["sql"] for query in queries) == 20
    client.force_login(superuser)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"/preview/{other.pk}/").status_code == 200
    assert sum('"summary"' in query["sql"] for query in queries) == 20
