"""Work on a subtree that is too long for one request: in parts, with progress, and never half seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ai_cms.core.exceptions import Conflict, PermissionRefused
from ai_cms.core.permissions import Actor
from ai_cms.pages import get_page_model, services
from ai_cms.pages.exceptions import PublishNeeded, TreeTooLarge
from ai_cms.pages.models import Publication, TreeWork, WorkStatus
from ai_cms.pages.services import long_work, tree_work
from ai_cms.pages.services.rights import Asked, require_each
from ai_cms.pages.treecheck import check_tree

from .api.conftest import admin, client_of, heading

__all__ = ["admin", "client_of"]

Page: Any = get_page_model()


@pytest.fixture(autouse=True)
def small(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a few pages many, and three of them a part."""
    settings.AI_CMS = {**settings.AI_CMS, "TREE_MAX_PAGES": 5, "COPY_MAX_PAGES": 5, "TREE_WORK_RUNNER": "none"}
    monkeypatch.setattr(long_work, "PART", 3)


@pytest.fixture
def top(page_factory: Any, editor: Any) -> Any:
    """Return a page with ten below it: three levels, in an order that is not that of their making."""
    page = page_factory("Top", publish=True, content=[heading("Top")], owner=editor)
    for name in ("a", "b", "c"):
        child = page_factory(name, parent=page, publish=name != "c", owner=editor, position="first-child")
        page_factory(f"{name} one", parent=child, publish=True, owner=editor)
        last = page_factory(f"{name} two", parent=child, owner=editor)
    page_factory("deep", parent=last, content=[heading("Deep")], owner=editor)
    page.refresh_from_db()
    return page


def shape(page: Any, base: str = "") -> list[tuple[str, str]]:
    base = base or page.path
    rows = Page.objects.get(pk=page.pk).get_descendants(include_self=True)
    return [(row.path.removeprefix(base), row.title) for row in rows]


def work_of(kind: str, page: Any, **options: Any) -> TreeWork:
    """Have the work done, and return its row."""
    services.start_tree_work(kind, page, **options)
    assert services.carry_out_due() == 1
    return TreeWork.objects.latest("created_at")


def test_a_copy_is_made_part_by_part_and_is_the_same(top: Any, page_factory: Any, superuser: Any) -> None:
    goal = page_factory("Goal")
    work = work_of("copy", top, actor=superuser, target=goal, options={"title": "Twin", "slug": "twin"})
    assert (work.status, work.done, work.total, work.error_code) == ("done", 11, 11, "")
    twin = Page.objects.get(pk=work.result["page"])
    assert (twin.path, twin.title, work.result["pages"]) == ("/goal/twin/", "Twin", 11)
    assert shape(twin)[1:] == shape(top)[1:]
    assert not Publication.objects.filter(page__path__startswith="/goal/").exists()
    assert not list(check_tree())


def test_pages_that_went_while_copying_are_left_out_with_what_is_below(
    top: Any, page_factory: Any, superuser: Any, system: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    goal = page_factory("Goal")
    original = long_work.copy_part
    calls: list[int] = []

    def copy_part(parents: Any, sources: Any, **options: Any) -> Any:
        if not calls:
            # The last of the children goes between two parts.
            services.delete_page(Page.objects.get(path="/top/a/"), actor=system)
            page_factory("New meanwhile", parent=goal)
        calls.append(1)
        return original(parents, sources, **options)

    monkeypatch.setattr(long_work, "copy_part", copy_part)
    work = work_of("copy", top, actor=superuser, target=goal)
    assert len(calls) > 2
    twin = Page.objects.get(pk=work.result["page"])
    assert shape(twin) == shape(top)
    assert work.result["pages"] == 8
    assert not list(check_tree())


def test_a_copy_that_cannot_be_finished_goes_into_the_bin(top: Any, page_factory: Any, editor: Any, grant: Any) -> None:
    goal = page_factory("Goal")
    grant(goal)
    Page.objects.filter(path="/top/a/a-two/").update(owner=None)
    work = work_of("copy", top, actor=editor, target=goal)
    assert (work.status, work.error_code, work.result) == ("failed", "not_found", None)
    assert Page.objects.get(pk=goal.pk).get_children().count() == 0
    assert Page.all_objects.filter(path__startswith="/goal/top/", deleted_at__isnull=False).exists()
    assert not list(check_tree())


def test_a_copy_begun_by_a_process_that_is_gone_begins_anew(top: Any, page_factory: Any, superuser: Any) -> None:
    goal = page_factory("Goal")
    work = services.start_tree_work("copy", top, actor=superuser, target=goal)
    half = services.copy_page(top, goal, actor=superuser, recursive=False)
    past = timezone.now() - timedelta(seconds=1)
    TreeWork.objects.filter(pk=work.pk).update(
        status=WorkStatus.RUNNING, attempt=1, lease_until=past, options={"partial": half.pk}
    )
    assert services.carry_out_due() == 1
    work.refresh_from_db()
    assert (work.status, work.attempt) == ("done", 2)
    assert [page.pk for page in Page.objects.get(pk=goal.pk).get_children()] == [work.result["page"]]
    assert Page.all_objects.get(pk=half.pk).deleted_at is not None


def test_whoever_was_given_up_writes_nothing_more(top: Any, page_factory: Any, superuser: Any) -> None:
    work = services.start_tree_work("publish", top, actor=superuser)
    original = long_work._Job._progress

    def progress(self: Any, done: int, **fields: Any) -> None:
        TreeWork.objects.filter(pk=work.pk).update(attempt=9)
        original(self, done, **fields)

    long_work._Job._progress = progress  # type: ignore[method-assign]
    try:
        assert not long_work.carry_out(work.pk)
    finally:
        long_work._Job._progress = original  # type: ignore[method-assign]
    work.refresh_from_db()
    assert (work.status, work.finished_at) == ("running", None)


def test_a_move_is_seen_whole_or_not_at_all(
    top: Any, page_factory: Any, editor: Any, grant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    goal = page_factory("Goal")
    grant(goal)
    grant(top)
    seen: list[set[str]] = []
    original = long_work._Job._progress

    def progress(self: Any, done: int, **fields: Any) -> None:
        seen.append({path.split("/")[1] for path in Publication.objects.values_list("path", flat=True)})
        original(self, done, **fields)

    monkeypatch.setattr(long_work._Job, "_progress", progress)
    work = work_of("move", top, actor=editor, target=goal, options={"position": "last-child"})
    assert (work.status, work.result) == ("done", {"page": top.pk, "pages": 11})
    assert seen == [{"top"}] * 4
    assert set(Publication.objects.values_list("path", flat=True)) >= {"/goal/top/", "/goal/top/a/a-one/"}
    assert not Publication.objects.filter(path__startswith="/top/").exists()
    assert not list(check_tree())


@pytest.mark.parametrize("kind", ["move", "delete"])
def test_what_came_below_after_the_questions_is_asked_about_again(
    kind: str, top: Any, page_factory: Any, editor: Any, grant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Before the page, so that it stays where it stands when something comes below that.
    goal = page_factory("Goal", position="first-child")
    grant(goal)
    Publication.objects.filter(path__startswith="/top/").delete()
    monkeypatch.setattr(long_work, "delete_page", _meanwhile(services.delete_page, page_factory, top))
    monkeypatch.setattr(long_work, "move_page", _meanwhile(services.move_page, page_factory, top))
    if kind == "delete":
        grant(top, "delete")
    options = {"target": goal, "options": {"position": "last-child"}} if kind == "move" else {}
    work = work_of(kind, Page.objects.get(pk=top.pk), actor=editor, **options)
    if kind == "move":
        assert (work.status, work.error_code) == ("failed", "permission_denied")
        assert Page.objects.get(pk=top.pk).path == "/top/"
    else:
        # The grant covers what is new too.
        assert (work.status, work.result["pages"]) == ("done", 12)


def _meanwhile(service: Callable[..., Any], page_factory: Any, top: Any) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        page_factory("Somebody else's", parent=Page.objects.get(pk=top.pk))
        return service(*args, **options)

    return call


def test_answers_hold_for_pages_that_stand_where_they_stood(top: Any, editor: Any, grant: Any) -> None:
    rows = Page.all_objects.non_polymorphic().order_by().filter(path__startswith="/top/")
    asked = Asked()
    asked.note("change", rows)
    assert asked.others("change", rows) == []
    Page.objects.filter(path="/top/a/").update(owner=None)
    assert asked.others("change", rows) == [Page.objects.get(path="/top/a/").pk]
    assert len(asked.others("delete", rows)) == 11
    with pytest.raises(PermissionRefused):
        require_each(Actor.of(editor), "change", rows, asked)


def test_rights_are_asked_before_anything_changes(top: Any, page_factory: Any, editor: Any, grant: Any) -> None:
    goal = page_factory("Goal")
    grant(goal)
    work = work_of("move", top, actor=editor, target=goal, options={"position": "last-child"})
    # Its pages are live, and the owner of a page may not publish it.
    assert (work.status, work.error_code) == ("failed", PublishNeeded.default_code)
    assert Page.objects.get(pk=top.pk).path == "/top/"


def test_delete_and_restore_bring_everything_back(top: Any, editor: Any, superuser: Any, grant: Any) -> None:
    grant(top)
    live = set(Publication.objects.filter(active=True).values_list("path", flat=True))
    assert work_of("delete", top, actor=editor).result == {"page": top.pk, "pages": 11}
    assert not Publication.objects.filter(path__startswith="/top/", active=True).exists()
    binned = Page.all_objects.get(pk=top.pk)
    assert work_of("restore", binned, actor=superuser).status == "done"
    assert set(Publication.objects.filter(active=True).values_list("path", flat=True)) == live


def test_drafts_below_are_published_one_by_one(top: Any, superuser: Any) -> None:
    broken = Page.objects.get(path="/top/b/b-two/")
    services.update_page(broken, actor=superuser, content=[{"type": "heading", "props": {"text": "", "level": 2}}])
    work = work_of("publish", top, actor=superuser)
    assert (work.status, work.done) == ("done", 11)
    assert (work.result["pages"], work.result["refused"]) == (4, 1)
    assert work.result["failed"][0]["page"] == broken.pk
    assert Publication.objects.filter(path__startswith="/top/").count() == 10
    # What has not changed is not published again.
    assert work_of("publish", top, actor=superuser).result["pages"] == 0


def test_work_is_cancelled_before_its_next_part(top: Any, superuser: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    work = services.start_tree_work("publish", top, actor=superuser)
    assert services.cancel_tree_work(work).status == "cancelled"
    assert services.carry_out_due() == 0
    work = services.start_tree_work("publish", top, actor=superuser)
    original = long_work.publish_page

    def publish(page: Any, **options: Any) -> Any:
        services.cancel_tree_work(work)
        return original(page, **options)

    monkeypatch.setattr(long_work, "publish_page", publish)
    assert services.carry_out_due() == 1
    work.refresh_from_db()
    assert (work.status, work.cancel_requested) == ("cancelled", True)
    assert Publication.objects.filter(path__startswith="/top/").count() < 11


def test_there_is_a_limit_to_size_and_number(top: Any, editor: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "TREE_WORK_MAX_PAGES": 10}
    with pytest.raises(TreeTooLarge, match="TREE_WORK_MAX_PAGES"):
        services.start_tree_work("copy", top, actor=editor, target=top)
    settings.AI_CMS = {**settings.AI_CMS, "TREE_WORK_MAX_PAGES": 100}
    for _ in range(2):
        services.start_tree_work("copy", top, actor=editor, target=top)
    with pytest.raises(Conflict):
        services.start_tree_work("copy", top, actor=editor, target=top)


# Over REST


def test_a_large_copy_is_accepted_and_can_be_followed(
    top: Any, page_factory: Any, admin: Any, client_of: Any, editor: Any
) -> None:
    goal = page_factory("Goal")
    answer = admin.post(f"/api/pages/{top.pk}/copy/", {"parent": goal.pk, "slug": "twin"}, format="json")
    assert answer.status_code == 202, answer.content
    place = answer["Location"]
    assert (answer.json()["status"], answer.json()["total"], answer.json()["result"]) == ("queued", 11, None)
    services.carry_out_due()
    told = admin.get(place).json()
    assert (told["status"], told["done"], told["result"]["pages"]) == ("done", 11, 11)
    assert Page.objects.get(pk=told["result"]["page"]).path == "/goal/twin/"
    assert admin.get("/api/tree-work/").json()["count"] == 1
    # Nobody else's.
    other = client_of(editor)
    assert other.get(place).status_code == 404
    assert other.get("/api/tree-work/").json()["count"] == 0
    assert client_of().get(place).status_code == 401
    assert admin.get("/api/tree-work/x/").status_code == 404


def test_every_large_change_is_accepted(top: Any, page_factory: Any, admin: Any) -> None:
    goal = page_factory("Goal")
    url = f"/api/pages/{top.pk}/"
    for method, path, body, kind in (
        ("post", "move/", {"parent": goal.pk}, "move"),
        ("delete", "", None, "delete"),
        ("post", "restore/", {}, "restore"),
        ("post", "publish/", {"recursive": True}, "publish"),
    ):
        answer = getattr(admin, method)(f"{url}{path}", body, format="json")
        assert (answer.status_code, answer.json()["kind"]) == (202, kind), answer.content
        services.carry_out_due()
        assert admin.get(answer["Location"]).json()["status"] == "done", kind
    assert Page.objects.get(pk=top.pk).path == "/goal/top/"
    assert not list(check_tree())


def test_work_is_cancelled_over_rest(top: Any, admin: Any, client_of: Any, superuser: Any) -> None:
    place = admin.post(f"/api/pages/{top.pk}/publish/", {"recursive": True}, format="json")["Location"]
    assert client_of(superuser, "read").post(f"{place}cancel/").status_code == 403
    assert admin.post(f"{place}cancel/").json()["status"] == "cancelled"
    wrong = admin.post(f"/api/pages/{top.pk}/publish/", {"recursive": True, "revision": 1}, format="json")
    assert wrong.status_code == 400


def test_an_expected_version_holds_for_work_too(top: Any, page_factory: Any, admin: Any, superuser: Any) -> None:
    goal = page_factory("Goal")
    version = Page.objects.get(pk=top.pk).version
    answer = admin.post(
        f"/api/pages/{top.pk}/move/", {"parent": goal.pk}, format="json", headers={"If-Match": f'"v{version}"'}
    )
    assert answer.status_code == 202
    services.update_page(Page.objects.get(pk=top.pk), actor=superuser, fields={"title": "Other"})
    services.carry_out_due()
    assert admin.get(answer["Location"]).json()["error_code"] == "stale_version"
    assert Page.objects.get(pk=top.pk).path == "/top/"


@pytest.mark.django_db(transaction=True)
def test_a_thread_does_it_after_the_commit(top: Any, superuser: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "TREE_WORK_RUNNER": "thread"}
    work = services.start_tree_work("publish", top, actor=superuser)
    tree_work.work_thread.join(20)
    work.refresh_from_db()
    assert (work.status, work.done) == ("done", 11)
