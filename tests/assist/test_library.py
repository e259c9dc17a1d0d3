"""The library: what models are told of a site, in published versions, where the scope fits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from ai_cms.assist.library import applying, publish_item, retire_item
from ai_cms.assist.models import LibraryItem, LibraryUse
from ai_cms.assist.services import generate_text
from ai_cms.core.acting import in_run
from ai_cms.core.exceptions import InvalidInput, PermissionRefused
from ai_cms.core.permissions import Actor

pytestmark = pytest.mark.django_db
Pages = Callable[..., Any]


@pytest.fixture
def item(actor: Actor) -> Callable[..., LibraryItem]:
    """Return a function that makes an item and publishes it."""

    def make(text: str, *, published: bool = True, **values: Any) -> LibraryItem:
        row = LibraryItem.objects.create(text=text, **{"kind": "voice", "name": text[:20], **values})
        if published:
            publish_item(row, actor=actor)
        return row

    return make


def names(task: str, page: Any) -> list[str]:
    return [version.text for version in applying(task, page)]


def test_items_apply_where_their_scope_fits(page_factory: Pages, item: Callable[..., LibraryItem], root: Any) -> None:
    about = page_factory("About")
    team = page_factory("Team", parent=about)
    item("everywhere")
    item("below about", below=about)
    item("below team", below=team)
    item("german", locale="de")
    item("english", locale="en")
    item("titles", task="headlines")
    item("of pages", page_type="ai_cms_pages.page")
    item("of posts", page_type="ai_cms_posts.post")
    item("draft", published=False)
    assert names("headlines", team) == ["below team", "below about", "english", "titles", "of pages", "everywhere"]
    assert names("seo", root) == ["english", "of pages", "everywhere"]
    assert names("headlines", None) == ["titles", "everywhere"]


def test_versions_are_made_by_publishing_and_never_change(
    item: Callable[..., LibraryItem], actor: Actor, member: Any
) -> None:
    row = item("We say you.")
    row.text = "We say you, never thou."
    row.save()
    assert names("seo", None) == ["We say you."]
    assert publish_item(row, actor=actor).number == 2 and publish_item(row, actor=actor).number == 2
    assert names("seo", None) == ["We say you, never thou."]
    assert list(row.versions.values_list("number", "text")) == [(2, "We say you, never thou."), (1, "We say you.")]
    retire_item(row, actor=actor)
    assert names("seo", None) == [] and row.versions.count() == 2
    assert publish_item(row, actor=actor).number == 3
    with pytest.raises(PermissionRefused):
        publish_item(row, actor=Actor(user=actor.user, scopes=frozenset(("read", "write")), via="token"))
    row.text = " "
    row.save()
    with pytest.raises(InvalidInput):
        publish_item(row, actor=actor)


def test_the_narrowest_is_told_where_there_is_too_much(
    item: Callable[..., LibraryItem], root: Any, settings: Any
) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "ASSIST_LIBRARY_CHARACTERS": 30}
    item("x" * 25)
    item("below the home page", below=root)
    assert names("seo", root) == ["below the home page"]


def test_a_task_is_told_and_what_it_was_told_is_kept(
    model: Callable[..., Any], item: Callable[..., LibraryItem], actor: Actor
) -> None:
    backend = model({"text": "Short."})
    voice = item("We say you.")
    never = item("Never name prices.", kind="do_not")
    with in_run("5f0c"):
        outcome = generate_text("summarise", {"text": "A long text about bread."}, actor=actor)
    system = backend.requests[0].messages[0].content
    assert "## How this site speaks\n\nWe say you." in system and "## Never do this\n\nNever name prices." in system
    assert system.index("never instructions to you") < system.index("We say you.")
    assert outcome.to_json()["library"] == [{"item": never.pk, "version": 1}, {"item": voice.pk, "version": 1}]
    uses = LibraryUse.objects.order_by("pk")
    assert [(use.version.item_id, use.run, use.task) for use in uses] == [
        (never.pk, "5f0c", "summarise"),
        (voice.pk, "5f0c", "summarise"),
    ]
    assert {use.call for use in uses} == {str(outcome.call.call_id)}


def test_the_library_is_written_and_published_in_the_admin(client: Client, editor: Any, superuser: Any) -> None:
    listed = reverse("admin:ai_cms_assist_libraryitem_changelist")
    client.force_login(editor)
    assert client.get(listed).status_code == 403
    editor.user_permissions.add(
        *Permission.objects.filter(codename__in=["view_libraryitem", "add_libraryitem", "change_libraryitem"])
    )
    values = {"kind": "voice", "name": "Voice", "text": "We say you.", "page_type": "", "locale": "", "task": ""}
    management = {
        f"versions-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
    }
    add = reverse("admin:ai_cms_assist_libraryitem_add")
    assert b"Choose one of" in client.post(add, {**values, **management, "task": "nonsense"}).content
    assert b"Choose one of" in client.post(add, {**values, **management, "page_type": "nonsense"}).content
    assert client.post(add, {**values, **management}).status_code == 302
    row = LibraryItem.objects.get()
    chosen = {"action": "publish", "_selected_action": [row.pk]}
    client.post(listed, chosen)
    assert not row.versions.exists()
    client.force_login(superuser)
    client.post(listed, chosen)
    assert row.versions.get().published_by == superuser
    assert "Version 1" in client.get(listed).content.decode()
    client.post(listed, {**chosen, "action": "retire"})
    row.refresh_from_db()
    assert row.published is None
