"""Moves ask for every page that comes along; what changes what the public sees asks for the right to publish."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test.utils import isolate_apps

from ai_cms.core import permissions
from ai_cms.core.exceptions import NotFound, PermissionRefused
from ai_cms.core.permissions import Actor
from ai_cms.pages import get_page_model, services
from ai_cms.pages.exceptions import InvalidMove
from ai_cms.pages.models import PageGroupPermission, Publication
from ai_cms.pages.permissions import PagePolicy

Page: Any = get_page_model()


@pytest.fixture
def garden(page_factory: Any, grant: Any) -> Any:
    """Return a page below which the Editors may do everything."""
    page = page_factory("Garden")
    grant(page)
    return page


@pytest.mark.parametrize("state", ["draft", "live", "deleted"])
def test_a_move_does_not_uncover_hidden_pages(
    state: str, page_factory: Any, garden: Any, editor: Any, system: Any
) -> None:
    mine = page_factory("Mine", parent=page_factory("About"), owner=editor)
    between = page_factory("Between", parent=mine, owner=editor)
    hidden = page_factory("Hidden", parent=between, publish=state == "live")
    if state == "deleted":
        services.delete_page(hidden, actor=system)
    with pytest.raises(PermissionRefused):
        services.move_page(mine, garden, actor=editor)
    mine.refresh_from_db()
    assert mine.path == "/about/mine/"
    with pytest.raises((NotFound, PermissionRefused)):
        services.publish_page(hidden, actor=editor)


def test_what_one_may_change_may_be_moved(page_factory: Any, garden: Any, editor: Any) -> None:
    mine = page_factory("Mine", owner=editor)
    page_factory("Below", parent=mine, owner=editor)
    assert services.move_page(mine, garden, actor=editor).path == "/garden/mine/"


def test_order_among_siblings_uncovers_nothing(page_factory: Any, grant: Any, editor: Any) -> None:
    mine, other = page_factory("Mine", owner=editor), page_factory("Other", owner=editor)
    page_factory("Hidden", parent=mine)
    assert services.move_page(mine, other, actor=editor, position="after").path == "/mine/"


def test_copies_and_templates_show_nothing_hidden(page_factory: Any, garden: Any, editor: Any) -> None:
    mine = page_factory("Mine", owner=editor)
    hidden = page_factory("Hidden", parent=mine)
    with pytest.raises((NotFound, PermissionRefused)):
        services.copy_page(mine, garden, actor=editor)
    with pytest.raises((NotFound, PermissionRefused)):
        services.make_template(hidden, actor=editor, name="Layout")
    assert Page.objects.below(garden).count() == 0


def test_restoring_asks_for_every_page(page_factory: Any, system: Any, editor: Any, grant: Any) -> None:
    page = page_factory("Page")
    below = page_factory("Below", parent=page)
    services.delete_page(page, actor=system)
    PageGroupPermission.objects.create(group=editor.groups.get(), page=below, can_delete=True)
    with pytest.raises((NotFound, PermissionRefused)):
        services.restore_page(Page.all_objects.get(pk=page.pk), actor=editor)


EFFECTS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "delete": lambda page, goal, actor: services.delete_page(page, actor=actor),
    "rename": lambda page, goal, actor: services.update_page(page, actor=actor, slug="elsewhere"),
    "move": lambda page, goal, actor: services.move_page(page, goal, actor=actor),
    "unpublish": lambda page, goal, actor: services.unpublish_page(page, actor=actor),
}


@pytest.mark.parametrize("where", ["the page", "a page below"])
@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("who", ["without the right", "a token without the scope", "with both"])
def test_what_the_public_sees_asks_for_publish(
    who: str, effect: str, where: str, page_factory: Any, grant: Any, editor: Any, superuser: Any
) -> None:
    garden = page_factory("Garden")
    grant(garden, "add", "change", "delete", *(["publish"] if who == "with both" else []))
    # The user, not an actor: an actor remembers its grants for the length of a request.
    actor: Any = editor
    if who.startswith("a token"):
        actor = Actor(superuser, scopes=frozenset(["read", "write"]), via="token")
    goal, page = page_factory("Goal", parent=garden), page_factory("Page", parent=garden, publish=where == "the page")
    if where != "the page":
        page_factory("Below", parent=page, publish=True)
    paths = set(Publication.objects.filter(active=True).values_list("path", flat=True))
    if who == "with both":
        EFFECTS[effect](page, goal, actor)
        return
    if where != "the page" and effect == "unpublish":
        with pytest.raises(PermissionRefused):
            EFFECTS[effect](page, goal, actor)
        return
    with pytest.raises(PermissionRefused):
        EFFECTS[effect](page, goal, actor)
    assert set(Publication.objects.filter(active=True).values_list("path", flat=True)) == paths
    # The same to pages that the public does not see needs no such right.
    draft = page_factory("Draft", parent=garden)
    if effect != "unpublish":
        EFFECTS[effect](draft, goal, actor)


def test_a_takedown_is_not_undone_without_the_right(page_factory: Any, grant: Any, editor: Any, superuser: Any) -> None:
    garden = page_factory("Garden")
    grant(garden, "add", "change", "delete")
    live, draft = page_factory("Live", parent=garden, publish=True), page_factory("Draft", parent=garden)
    for page in (live, draft):
        services.delete_page(page, actor=superuser)
    with pytest.raises(PermissionRefused):
        services.restore_page(Page.all_objects.get(pk=live.pk), actor=editor)
    assert not Publication.objects.filter(active=True).exists()
    assert services.restore_page(Page.all_objects.get(pk=draft.pk), actor=editor).deleted_at is None


def test_an_order_that_names_a_hidden_child_is_told_as_a_missing_one(
    page_factory: Any, grant: Any, editor: Any
) -> None:
    # The editor owns the parent, so sees it and may order it, but not the children of others.
    parent = page_factory("Parent", owner=editor)
    hidden, mine = page_factory("Hidden", parent=parent), page_factory("Mine", parent=parent, owner=editor)
    answers = []
    for pk in (hidden.pk, 999_999):
        with pytest.raises(InvalidMove) as caught:
            services.reorder_pages(parent, [pk, mine.pk], actor=editor)
        answers.append(caught.value.body())
    assert answers[0] == answers[1]
    services.reorder_pages(parent, [mine.pk], actor=editor)
    assert list(Page.objects.filter(parent=parent).order_by("lft")) == [mine, hidden]


def test_making_many_pages_asks_the_policy_of_their_type(
    page_factory: Any, editor: Any, grant: Any, monkeypatch: Any
) -> None:
    class Stern(PagePolicy):
        def decide(self, actor: Actor, action: str, obj: Any) -> bool:
            return action == "view" and super().decide(actor, action, obj)

    garden = page_factory("Garden")
    grant(garden)
    with isolate_apps("ai_cms.core", "ai_cms.blocks", "ai_cms.pages"):

        class Special(Page):  # type: ignore[misc]
            class Meta:
                app_label = "ai_cms_pages"

        monkeypatch.setitem(permissions._policies, Special, Stern())
        specs = [services.PageSpec("Plain", children=[services.PageSpec("Special", page_type=Special)])]
        with pytest.raises(PermissionRefused):
            services.bulk_create_pages(specs, actor=editor, parent=garden)
        with pytest.raises(PermissionRefused):
            services.create_page(actor=editor, parent=garden, title="Special", page_type=Special)
    assert len(services.bulk_create_pages([services.PageSpec("Plain")], actor=editor, parent=garden)) == 1
