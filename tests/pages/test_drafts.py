"""Writes of drafts: versions, revisions, conflicts, rebasing."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from ai_cms.blocks.exceptions import InvalidDocument, InvalidOperation
from ai_cms.core.exceptions import InvalidInput
from ai_cms.pages import get_page_model, services
from ai_cms.pages.exceptions import NotPlaced, PageNotFound, PageStale
from ai_cms.pages.models import Element, Revision, RevisionKind
from ai_cms.pages.revisions import document_at

# Whichever page model is in use: the suite runs with a swapped one too.
Page: Any = get_page_model()

HEADING = {"id": "h1", "type": "heading", "props": {"text": "Bread", "level": 2}}
TEXT = {"id": "t1", "type": "rich_text", "props": {"html": "<p>Flour and water.</p>"}}


def heading(text: str, **extra: Any) -> dict[str, Any]:
    return {"type": "heading", "props": {"text": text, "level": 2}, **extra}


@pytest.fixture
def page(page_factory: Any) -> Any:
    made: Any = page_factory("Bread", content=[HEADING, TEXT])
    return made


def test_a_page_has_no_place_of_its_own(db: None) -> None:
    with pytest.raises(NotPlaced, match="create_page"):
        Page(title="x", slug="x", locale="en").save()


def test_every_write_is_a_version_and_a_revision(page: Any, superuser: Any) -> None:
    fresh = services.update_page(page, actor=superuser, fields={"title": "Rye bread"})
    assert (fresh.version, fresh.latest_revision) == (2, 2)
    revision = Revision.objects.get(page=page, number=2)
    assert (revision.kind, revision.title, revision.author) == (RevisionKind.MANUAL, "Rye bread", superuser)


def test_a_write_without_a_change_makes_no_version(page: Any, system: Any) -> None:
    fresh = services.update_page(page, actor=system, fields={"title": "Bread"}, content=page.content_json.to_json())
    assert (fresh.version, fresh.latest_revision) == (1, 1)


def test_unknown_and_invalid_fields_are_named(page: Any, system: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        services.update_page(
            page, actor=system, fields={"title": "x" * 300, "lft": 1, "in_menus": "yes", "metadata": []}
        )
    assert set(caught.value.errors or {}) == {"title", "lft", "in_menus", "metadata"}
    page.refresh_from_db()
    assert page.version == 1


def test_autosaves_of_one_author_are_one_revision(page: Any, superuser: Any, member: Any, settings: Any) -> None:
    for number in range(3):
        services.update_page(page, actor=superuser, fields={"title": f"T{number}"}, kind="autosave")
    assert Revision.objects.filter(page=page, kind="autosave").count() == 1
    assert Revision.objects.get(page=page, kind="autosave").title == "T2"
    settings.AI_CMS = {"AUTOSAVE_SQUASH_SECONDS": 1}
    Revision.objects.filter(page=page, kind="autosave").update(
        created_at=timezone.now() - timezone.timedelta(seconds=5)
    )
    services.update_page(page, actor=superuser, fields={"title": "later"}, kind="autosave")
    assert Revision.objects.filter(page=page, kind="autosave").count() == 2


def test_a_stale_write_is_refused_and_both_texts_are_kept(page: Any, superuser: Any) -> None:
    services.update_page(page, actor=superuser, content=[{**HEADING, "props": {"text": "Theirs", "level": 2}}, TEXT])
    mine = [{**HEADING, "props": {"text": "Mine", "level": 2}}, TEXT]
    with pytest.raises(PageStale) as caught:
        services.update_page(page, actor=superuser, content=mine, expected_version=1)
    assert caught.value.body()["current_version"] == 2
    page.refresh_from_db()
    assert page.content_json.find("h1")["props"]["text"] == "Theirs"
    texts = {revision.content_json.find("h1")["props"]["text"] for revision in page.revisions.all()}
    assert {"Bread", "Theirs", "Mine"} <= texts
    conflict = page.revisions.get(kind="conflict")
    assert conflict.number == caught.value.extra["conflict_revision"]


def test_repeating_a_stale_write_keeps_one_conflict(page: Any, superuser: Any) -> None:
    services.update_page(page, actor=superuser, fields={"title": "Theirs"})
    for _ in range(3):
        with pytest.raises(PageStale):
            services.update_page(page, actor=superuser, fields={"title": "Mine"}, expected_version=1)
    assert page.revisions.filter(kind="conflict").count() == 1


def test_operations_answer_with_ids_and_their_inverse(page: Any, system: Any) -> None:
    applied = services.apply_page_operations(
        page, [{"op": "insert", "block": heading("New"), "after": "h1"}, {"op": "remove", "id": "t1"}], actor=system
    )
    assert [block["type"] for block in applied.page.content_json.blocks] == ["heading", "heading"]
    assert applied.operations[0]["block"]["id"]
    back = services.apply_page_operations(page, applied.inverse, actor=system, base_version=applied.page.version)
    assert [block["id"] for block in back.page.content_json.blocks] == ["h1", "t1"]
    assert back.page.version == 3


def test_a_batch_is_all_or_nothing(page: Any, system: Any) -> None:
    with pytest.raises(InvalidOperation):
        services.apply_page_operations(
            page, [{"op": "remove", "id": "t1"}, {"op": "update", "id": "nobody", "props": {}}], actor=system
        )
    page.refresh_from_db()
    assert page.version == 1
    assert "t1" in page.content_json


def test_a_batch_is_rebased_where_nothing_it_touches_changed(page: Any, system: Any) -> None:
    services.apply_page_operations(page, [{"op": "update", "id": "t1", "props": {"html": "<p>Rye.</p>"}}], actor=system)
    applied = services.apply_page_operations(
        page, [{"op": "update", "id": "h1", "props": {"text": "Rye"}}], actor=system, base_version=1
    )
    assert applied.rebased
    assert applied.page.content_json.find("t1")["props"]["html"] == "<p>Rye.</p>"
    assert applied.page.content_json.find("h1")["props"]["text"] == "Rye"


def test_a_batch_on_a_changed_block_is_refused_and_kept(page: Any, superuser: Any) -> None:
    services.apply_page_operations(page, [{"op": "update", "id": "h1", "props": {"text": "Theirs"}}], actor=superuser)
    with pytest.raises(PageStale):
        services.apply_page_operations(
            page, [{"op": "update", "id": "h1", "props": {"text": "Mine"}}], actor=superuser, base_version=1
        )
    page.refresh_from_db()
    assert page.content_json.find("h1")["props"]["text"] == "Theirs"
    assert page.revisions.get(kind="conflict").content_json.find("h1")["props"]["text"] == "Mine"


def test_a_version_from_the_future_is_invalid(page: Any, system: Any) -> None:
    with pytest.raises(InvalidInput):
        services.apply_page_operations(page, [{"op": "remove", "id": "t1"}], actor=system, base_version=9)


def test_drafts_may_hold_field_errors_but_no_structural_ones(page: Any, system: Any) -> None:
    fresh = services.apply_page_operations(
        page, [{"op": "update", "id": "h1", "props": {"text": ""}}], actor=system
    ).page
    problems = fresh.content_json.validate(strict=False)
    assert [problem.loc for problem in problems] == [["0", "props", "text"]]
    with pytest.raises(InvalidDocument):
        services.update_page(page, actor=system, content=[HEADING, HEADING])
    with pytest.raises(InvalidDocument):
        services.update_page(page, actor=system, content=[{"type": "no_such_block", "props": {}}])


def test_elements_follow_the_document(page: Any, system: Any) -> None:
    def rows() -> list[tuple[str, str, int]]:
        return list(Element.objects.filter(page=page).values_list("uid", "parent_uid", "order"))

    assert rows() == [("h1", "", 0), ("t1", "", 1)]
    services.apply_page_operations(
        page,
        [
            {"op": "insert", "block": {"id": "s1", "type": "section", "props": {"title": "Steps"}}, "after": None},
            {"op": "move", "id": "t1", "parent": "s1"},
            {"op": "remove", "id": "h1"},
        ],
        actor=system,
    )
    assert rows() == [("s1", "", 0), ("t1", "s1", 0)]
    assert Element.objects.get(uid="t1").props == {"html": "<p>Flour and water.</p>"}


def test_a_revision_is_restored_with_fields_and_document(page: Any, system: Any) -> None:
    services.update_page(page, actor=system, fields={"title": "Other", "seo_title": "S"}, content=[heading("Other")])
    fresh = services.restore_revision(page, 1, actor=system)
    assert (fresh.title, fresh.seo_title, fresh.version) == ("Bread", "", 3)
    assert [block["id"] for block in fresh.content_json.blocks] == ["h1", "t1"]
    assert page.revisions.get(number=3).kind == "restore"
    assert set(Element.objects.filter(page=page).values_list("uid", flat=True)) == {"h1", "t1"}
    with pytest.raises(PageNotFound):
        services.restore_revision(page, 99, actor=system)


def test_provenance_is_the_servers(page: Any, superuser: Any, system: Any) -> None:
    forged = {**heading("Forged", id="f1"), "meta": {"provenance": {"source": "human", "by": "the queen"}}}
    fresh = services.update_page(page, actor=superuser, content=[HEADING, TEXT, forged])
    assert fresh.content_json.find("f1")["meta"]["provenance"]["by"] == str(superuser.pk)
    applied = services.apply_page_operations(
        page,
        [{"op": "insert", "block": heading("Made", id="m1")}],
        actor=system,
        provenance={"source": "model", "model": "m", "call": "7"},
    )
    assert applied.page.content_json.find("m1")["meta"]["provenance"]["source"] == "model"
    edited = services.apply_page_operations(
        page, [{"op": "update", "id": "m1", "props": {"text": "By me"}}], actor=superuser
    )
    assert edited.page.content_json.find("m1")["meta"]["provenance"] == {
        "source": "model",
        "model": "m",
        "call": "7",
        "edited": True,
    }
    back = services.restore_revision(page, 2, actor=superuser)
    assert back.content_json.find("f1")["meta"]["provenance"]["by"] == str(superuser.pk)


def autosave(page: Any, actor: Any, text: str, block: str = "h1") -> Any:
    operation = {"op": "update", "id": block, "props": {"text": text}}
    return services.apply_page_operations(page, [operation], actor=actor, kind="autosave")


def test_an_autosaved_version_that_was_overwritten_is_still_a_base(page: Any, superuser: Any, member: Any) -> None:
    for text in ("One", "Two", "Three"):
        autosave(page, superuser, text)
    services.apply_page_operations(page, [{"op": "remove", "id": "t1"}], actor=superuser, kind="autosave")
    assert Revision.objects.filter(page=page, kind="autosave").count() == 1
    texts = [document_at(page.pk, version).find("h1")["props"]["text"] for version in (2, 3, 4, 5)]
    assert texts == ["One", "Two", "Three", "Three"]
    # Version 3 is in no revision of its own, and the block it saw is not what this operation is about.
    insert = {"op": "insert", "block": {**TEXT, "id": "mine"}, "after": "h1"}
    done = services.apply_page_operations(page, [insert], actor=superuser, base_version=3)
    assert done.rebased
    update = {"op": "update", "id": "t1", "props": {"html": "<p>Mine, typed meanwhile</p>"}}
    with pytest.raises(PageStale) as caught:
        services.apply_page_operations(page, [update], actor=superuser, base_version=3)
    kept = Revision.objects.get(page=page, number=caught.value.body()["conflict_revision"])
    assert "Mine, typed meanwhile" in kept.content_json.text()


def test_an_edit_for_a_version_that_was_pruned_is_kept(page: Any, superuser: Any) -> None:
    for text in ("One", "Two"):
        services.update_page(page, actor=superuser, fields={"title": text})
    services.apply_page_operations(page, [{"op": "remove", "id": "t1"}], actor=superuser)
    Revision.objects.filter(page=page, version=2).delete()
    update = {"op": "update", "id": "t1", "props": {"html": "<p>Mine, typed meanwhile</p>"}}
    with pytest.raises(PageStale) as caught:
        services.apply_page_operations(page, [update], actor=superuser, base_version=2)
    kept = Revision.objects.get(page=page, number=caught.value.body()["conflict_revision"])
    assert "Mine, typed meanwhile" in kept.content_json.text()


@pytest.mark.parametrize("held", ["published", "scheduled"])
def test_an_autosave_that_something_stands_on_is_not_overwritten(held: str, page: Any, superuser: Any) -> None:
    autosave(page, superuser, "Seen")
    number = Revision.objects.get(page=page, kind="autosave").number
    if held == "published":
        services.publish_page(page, actor=superuser, revision=number)
    else:
        Page.objects.filter(pk=page.pk).update(
            go_live_at=timezone.now() + timezone.timedelta(days=1), scheduled_revision=number
        )
    autosave(page, superuser, "Later")
    assert Revision.objects.get(page=page, number=number).content_json.find("h1")["props"]["text"] == "Seen"


@pytest.mark.parametrize("name", ["parent", "parent_id", "slug", "path", "lft", "tree_id", "site_id"])
def test_a_place_is_not_written_by_save(name: str, page: Any) -> None:
    with pytest.raises(NotPlaced, match="move_page"):
        page.save(update_fields=[name, "title"])


def test_a_page_is_not_moved_past_the_services(page: Any) -> None:
    with pytest.raises(NotPlaced, match="move_page"):
        page.move_to(page.parent, "first-child")


def test_the_inverse_of_what_changed_nothing_can_be_sent_back(page: Any, superuser: Any) -> None:
    same = {"op": "update", "id": "h1", "meta": {}}
    change = {"op": "update", "id": "h1", "props": {"text": "Changed"}}
    done = services.apply_page_operations(page, [same, change], actor=superuser)
    services.apply_page_operations(page, done.inverse, actor=superuser)
    page.refresh_from_db()
    assert page.content_json.find("h1")["props"]["text"] == HEADING["props"]["text"]


def test_a_whole_document_with_a_block_locked_meanwhile_is_kept(page: Any, superuser: Any) -> None:
    services.apply_page_operations(page, [{"op": "update", "id": "h1", "meta": {"locked": True}}], actor=superuser)
    mine = [{**HEADING, "props": {"text": "Mine", "level": 2}}, TEXT]
    for pruned in (False, True):
        if pruned:
            Revision.objects.filter(page=page, version=1).delete()
        with pytest.raises(PageStale) as caught:
            services.update_page(page, actor=superuser, content=mine, expected_version=1)
        kept = Revision.objects.get(page=page, number=caught.value.body()["conflict_revision"])
        assert kept.content_json.find("h1")["props"]["text"] == "Mine"
