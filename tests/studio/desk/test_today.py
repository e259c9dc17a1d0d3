"""The first page: each panel, its next step, and that it asks the database a bounded number of times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client, override_settings
from django.utils import timezone

from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.pages.models import TreeWork, WorkKind, WorkStatus
from ai_cms.studio.registry import Line, Panel, Waiting, panels
from tests.studio.desk.conftest import browser_of, reread

pytestmark = pytest.mark.django_db
Url = Callable[..., str]


def orders(request: HttpRequest, limit: int) -> Waiting:
    return Waiting([Line(title="Order 7", url="/orders/7/", action="Pack")], 1)


ORDERS = Panel(title="Orders to pack", icon="briefcase", waiting=orders)


def panel_of(text: str, name: str) -> str:
    """Return the part of the first page that is one panel; "" without it."""
    return text.partition(f'aria-labelledby="panel-{name}"')[2].partition("</section>")[0]


def test_someone_new_is_told_what_to_do_next(gardener: Any, url: Url) -> None:
    text = browser_of(gardener).get(url("home")).content.decode()
    assert "Nothing waits for you." in text
    assert "Begin something new." in panel_of(text, "drafts")
    assert url("create") in panel_of(text, "drafts")
    assert panel_of(text, "failures") == "", "what did not happen is no panel"


def test_my_drafts_and_unpublished_changes_wait_and_those_of_others_do_not(gardener: Any, tree: Any, url: Url) -> None:
    who = Actor.of(gardener)
    services.update_page(tree["ferns"], actor=who, fields={"title": "Ferns, anew"})
    services.create_page(actor=who, parent=tree["garden"], title="Lichens")
    text = panel_of(browser_of(gardener).get(url("home")).content.decode(), "drafts")
    assert "Ferns, anew" in text
    assert "Changed" in text
    assert "Lichens" in text
    assert "Mosses" not in text
    services.publish_page(reread(tree["ferns"]), actor=who)
    assert "Ferns, anew" not in panel_of(browser_of(gardener).get(url("home")).content.decode(), "drafts")


def test_proposals_wait_for_those_who_may_decide(
    gardener: Any, writer: Any, superuser: Any, tree: Any, url: Url
) -> None:
    proposal = services.create_proposal(
        tree["ferns"], [], fields={"seo_title": "All ferns"}, actor=superuser, title="A better title", agent="Gardener"
    )
    for user in (gardener, writer):
        assert "A better title" in panel_of(browser_of(user).get(url("home")).content.decode(), "proposals")
    client = browser_of(writer)
    assert "All ferns" in client.get(url("proposal", proposal.pk)).content.decode()
    assert "A better title" in client.get(url("proposals")).content.decode()
    client.post(url("decide", proposal.pk), {"choice": "some", "field": "seo_title"})
    assert reread(tree["ferns"]).seo_title == "All ferns"
    page = client.get(url("proposal", proposal.pk)).content.decode()
    assert "nothing left to decide" in page
    token = client.get(url("home")).content.decode()
    assert "A better title" not in panel_of(token, "proposals")


def test_a_proposal_is_taken_whole_or_rejected_and_taking_is_undone(superuser: Any, tree: Any, url: Url) -> None:
    script = browser_of(superuser, accept="application/json")
    ferns = tree["ferns"]

    def propose(words: str) -> Any:
        return services.create_proposal(reread(ferns), [], fields={"seo_title": words}, actor=superuser, title=words)

    done = script.post(url("decide", propose("One").pk), {"choice": "all"}).json()
    assert reread(ferns).seo_title == "One"
    script.post(url("undo"), {"token": done["undo"]})
    assert reread(ferns).seo_title == ""
    rejected = propose("Two")
    script.post(url("decide", rejected.pk), {"choice": "none"})
    rejected.refresh_from_db()
    assert rejected.status == "rejected"
    assert script.post(url("decide", rejected.pk), {"choice": "all"}).status_code == 409


def test_plans_failures_and_work_under_way(superuser: Any, tree: Any, url: Url) -> None:
    who, now = Actor.of(superuser), timezone.now()
    services.schedule_page(tree["mosses"], actor=who, go_live_at=now + timedelta(days=2))
    overdue = services.create_page(actor=who, parent=tree["garden"], title="Late")
    services.schedule_page(overdue, actor=who, go_live_at=now - timedelta(hours=3))
    common = {"page": tree["garden"], "user": superuser, "total": 100}
    TreeWork.objects.create(kind=WorkKind.COPY, title="Copying", done=25, status=WorkStatus.RUNNING, **common)
    TreeWork.objects.create(
        kind=WorkKind.MOVE, title="Moving", status=WorkStatus.FAILED, error_detail="Too long", finished_at=now, **common
    )
    text = browser_of(superuser).get(url("home")).content.decode()
    assert "Mosses" in panel_of(text, "scheduled")
    assert "Late" not in panel_of(text, "scheduled")
    failed = panel_of(text, "failures")
    assert "Late" in failed
    assert "Moving" in failed
    assert "Too long" in failed
    assert 'value="25"' in panel_of(text, "under_way")


def test_long_work_is_watched_and_stopped_by_whom_it_belongs_to(
    superuser: Any, gardener: Any, tree: Any, url: Url, settings: Any
) -> None:
    settings.AI_CMS = {"TREE_WORK_RUNNER": "none", "TREE_MAX_PAGES": 1}
    script = browser_of(superuser, accept="application/json")
    started = script.post(url("act", tree["garden"].pk, "bin"))
    assert started.status_code == 200, started.content
    work = TreeWork.objects.get()
    assert started.json()["then"] == url("work", work.pk)
    client = browser_of(superuser)
    assert "0 of 3 pages" in client.get(url("work", work.pk)).content.decode()
    assert url("work", work.pk) in panel_of(client.get(url("home")).content.decode(), "under_way")
    assert browser_of(gardener).get(url("work", work.pk)).status_code == 404
    assert browser_of(gardener).post(url("work", work.pk)).status_code == 404
    client.post(url("work", work.pk))
    work.refresh_from_db()
    assert work.status == WorkStatus.CANCELLED
    assert reread(tree["garden"]).deleted_at is None


def test_the_work_of_others_is_not_told(gardener: Any, superuser: Any, tree: Any, url: Url) -> None:
    TreeWork.objects.create(kind=WorkKind.COPY, title="Secret", user=superuser, page=tree["visit"], total=1)
    assert "Secret" not in browser_of(gardener).get(url("home")).content.decode()


def test_the_first_page_asks_a_bounded_number_of_times(
    superuser: Any, tree: Any, url: Url, page_factory: Any, django_assert_max_num_queries: Any
) -> None:
    who = Actor.of(superuser)
    for number in range(9):
        page = page_factory(f"Draft {number}", actor=who)
        services.create_proposal(page, [], fields={"seo_title": "x"}, actor=who, title=f"Proposal {number}")
    client = browser_of(superuser)
    client.get(url("home"))
    with django_assert_max_num_queries(27):
        client.get(url("home"))


def test_a_host_adds_panels_by_setting_and_by_registry(boss: Client, tree: Any, url: Url) -> None:
    with override_settings(AI_CMS={"STUDIO_PANELS": ["tests.studio.desk.test_today.ORDERS"]}):
        assert "Order 7" in panel_of(boss.get(url("home")).content.decode(), "orders")
    assert "Order 7" not in boss.get(url("home")).content.decode()
    with panels.temporarily("orders", ORDERS):
        text = boss.get(url("home")).content.decode()
    assert 'href="/orders/7/" aria-label="Pack: Order 7"' in text
