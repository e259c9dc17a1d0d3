"""Long work on the tree as the admin shows it."""

from __future__ import annotations

from typing import Any

import pytest

from ai_cms.pages import get_page_model, services
from ai_cms.pages.models import TreeWork
from ai_cms.pages.services import long_work

Page: Any = get_page_model()


@pytest.fixture(autouse=True)
def small(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "TREE_MAX_PAGES": 2, "COPY_MAX_PAGES": 2, "TREE_WORK_RUNNER": "none"}
    monkeypatch.setattr(long_work, "PART", 1)


@pytest.fixture
def top(page_factory: Any) -> Any:
    page = page_factory("Top")
    page_factory("One", parent=page)
    page_factory("Two", parent=page)
    page.refresh_from_db()
    return page


def test_large_work_is_started_and_watched(top: Any, page_factory: Any, boss: Any, url: Any) -> None:
    goal = page_factory("Goal")
    steps = (
        ("move", {"target": goal.pk, "position": "last-child"}),
        ("copy", {"target": goal.pk, "title": "Twin", "recursive": "on"}),
        ("delete", {}),
        ("restore", {}),
        ("publish_below", {}),
    )
    for name, data in steps:
        answer = boss.post(url(name, top.pk), data)
        work = TreeWork.objects.latest("created_at")
        assert answer["Location"] == url("work", work.pk), name
        shown = boss.get(url("work", work.pk)).content.decode()
        assert "0 of 3 pages" in shown
        # Without scripts it is loaded anew now and then; with them nothing is taken from under one's fingers.
        assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in shown
        assert "admin/work.js" in shown
        services.carry_out_due()
        shown = boss.get(url("work", work.pk)).content.decode()
        assert "Done: 3 pages" in shown, name
        assert 'http-equiv="refresh"' not in shown
    assert Page.objects.get(pk=top.pk).path == "/goal/top/"
    assert Page.objects.filter(path__startswith="/goal/top-2/").count() == 3


def test_what_was_left_out_and_what_failed_is_said(top: Any, boss: Any, url: Any, superuser: Any) -> None:
    one = Page.objects.get(path="/top/one/")
    empty = [{"type": "heading", "props": {"text": "", "level": 2}}]
    services.update_page(one, actor=superuser, content=empty)
    place = boss.post(url("publish_below", top.pk))["Location"]
    services.carry_out_due()
    shown = boss.get(place).content.decode()
    assert "Done: 2 pages" in shown
    assert url("change", one.pk) in shown
    TreeWork.objects.update(status="failed", error_detail="The <pages> are gone.", result=None)
    assert "The &lt;pages&gt; are gone." in boss.get(place).content.decode()


def test_work_is_stopped_by_whom_it_belongs_to(top: Any, boss: Any, staff: Any, url: Any, grant: Any) -> None:
    place = boss.post(url("publish_below", top.pk))["Location"]
    grant(top)
    assert staff.get(place).status_code == 404
    assert staff.post(place).status_code == 404
    assert boss.post(place).status_code == 302
    assert "It was cancelled." in boss.get(place).content.decode()


def test_too_much_work_is_refused_with_the_reason(top: Any, boss: Any, url: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "TREE_WORK_PER_USER": 1}
    boss.post(url("publish_below", top.pk))
    answer = boss.post(url("publish_below", top.pk), follow=True)
    assert "under way already" in answer.content.decode()
