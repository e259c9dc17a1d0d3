"""What an agent did is taken back in one act; what people did since stays."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from ai_cms.core.acting import in_run
from ai_cms.core.exceptions import PermissionRefused
from ai_cms.core.permissions import Actor
from ai_cms.evidence.exceptions import NothingSelected, PlanChanged, TooManyActs
from ai_cms.evidence.models import Act, Undo
from ai_cms.evidence.undo.selection import Selection
from ai_cms.evidence.undo.service import undo_acts
from ai_cms.pages import get_page_model, services
from ai_cms.pages.models import Publication, Revision, Site
from ai_cms.pages.revisions import prune_revisions
from ai_cms.pages.treecheck import check_tree
from tests.conftest import make_user

from .conftest import fresh, heading, section, text_of, update

pytestmark = pytest.mark.django_db
Pages = Callable[..., Any]
ROBO = Selection(agent="Robo")


def operate(page: Any, actor: Actor, *operations: Any, **options: Any) -> Any:
    return services.apply_page_operations(fresh(page), list(operations), actor=actor, **options)


def outcomes(plan: Any) -> dict[str, int]:
    return {word: number for word, number in plan.counts.items() if number}


def reasons(plan: Any) -> set[str]:
    return {item.reason for item in plan.items if item.reason}


# Drafts


def test_an_edit_is_taken_back_and_the_journal_knows_by_what(page_factory: Pages, person: Actor, agent: Actor) -> None:
    page = page_factory("Rye", heading("a", "mine"))
    operate(page, agent, update("a", "robot"))
    assert text_of(page, "a") == "robot"
    plan = undo_acts(ROBO, actor=person)
    assert outcomes(plan) == {"reverted": 1}
    assert text_of(page, "a") == "mine"
    revision = Revision.objects.filter(page_id=page.pk).first()
    assert revision is not None
    assert (revision.kind, revision.author, revision.message) == ("undo", person.user, "Undone: agent Robo")
    undo = Undo.objects.get()
    assert (undo.reverted, undo.left, undo.selection) == (1, 0, {"agent": "Robo"})
    assert Act.objects.get().undo == undo
    # Taken back is taken back.
    assert undo_acts(ROBO, actor=person).items == []


def test_what_people_wrote_since_stays(page_factory: Pages, person: Actor, agent: Actor) -> None:
    page = page_factory("Rye", heading("a"), heading("b"), heading("c"), section("s"))
    operate(page, agent, update("a", "robot"), update("b", "robot"), {"op": "remove", "id": "c"})
    operate(page, agent, {"op": "insert", "block": heading("n", "robot")}, {"op": "move", "id": "a", "parent": "s"})
    operate(page, person, update("b", "person"), {"op": "insert", "block": heading("p", "person"), "parent": "s"})
    plan = undo_acts(ROBO, actor=person)
    assert outcomes(plan) == {"reverted": 1, "partly": 1}
    assert [item.blocks for item in plan.items] == [[], ["b"]]
    document = fresh(page).content_json
    assert [block["id"] for block in document.blocks] == ["a", "b", "c", "s"]
    assert [text_of(page, name) for name in "abc"] == ["a", "person", "c"]
    assert text_of(page, "p") == "person" and document.parent_of("p")["id"] == "s"
    assert "n" not in document
    assert document.validate() == []


def test_properties_are_told_apart(page_factory: Pages, person: Actor, agent: Actor) -> None:
    page = page_factory("Rye", heading("a", "mine"))
    operate(page, agent, update("a", "robot"))
    operate(page, person, {"op": "update", "id": "a", "props": {"level": 3}})
    assert outcomes(undo_acts(ROBO, actor=person)) == {"reverted": 1}
    block = fresh(page).content_json.find("a")
    assert block["props"] == {"text": "mine", "level": 3}


def test_a_block_people_locked_since_stays_as_it_is(page_factory: Pages, person: Actor, agent: Actor) -> None:
    page = page_factory("Rye", heading("a", "mine"))
    operate(page, agent, update("a", "robot"))
    operate(page, person, {"op": "update", "id": "a", "meta": {"locked": True}})
    plan = undo_acts(ROBO, actor=person)
    assert outcomes(plan) == {"partly": 1} and plan.items[0].blocks == ["a"]
    assert text_of(page, "a") == "robot"


def test_a_section_of_the_agents_in_which_people_wrote_stays(page_factory: Pages, person: Actor, agent: Actor) -> None:
    page = page_factory("Rye", heading("a"))
    operate(page, agent, {"op": "insert", "block": section("s", heading("x", "robot"))})
    operate(page, person, {"op": "insert", "block": heading("p", "person"), "parent": "s"})
    plan = undo_acts(ROBO, actor=person)
    assert outcomes(plan) == {"partly": 1} and plan.items[0].blocks == ["s"]
    assert fresh(page).content_json.parent_of("p")["id"] == "s"
    assert text_of(page, "x") is None


def test_fields_go_back_one_by_one_metadata_by_key(page_factory: Pages, person: Actor, agent: Actor) -> None:
    page = page_factory("Rye", fields={"seo_title": "old", "metadata": {"tags": ["a"], "note": "n"}})
    services.update_page(
        fresh(page),
        actor=agent,
        fields={"title": "Robot", "seo_title": "robot", "metadata": {"tags": ["r"], "note": "r"}},
    )
    services.update_page(
        fresh(page), actor=person, fields={"title": "Person", "metadata": {"tags": ["r"], "note": "p", "more": "p"}}
    )
    plan = undo_acts(ROBO, actor=person)
    assert outcomes(plan) == {"partly": 1} and plan.items[0].fields == ["metadata", "title"]
    now = fresh(page)
    assert (now.title, now.seo_title) == ("Person", "old")
    assert now.metadata == {"tags": ["a"], "note": "p", "more": "p"}


def test_what_a_person_did_between_two_edits_of_the_agent_stays(
    page_factory: Pages, person: Actor, agent: Actor
) -> None:
    page = page_factory("Rye", heading("a", "first"))
    operate(page, agent, update("a", "robot"))
    operate(page, person, update("a", "person"))
    operate(page, agent, update("a", "robot again"))
    plan = undo_acts(ROBO, actor=person)
    assert text_of(page, "a") == "person"
    assert outcomes(plan) == {"reverted": 1, "partly": 1}


def test_autosaves_of_a_token_are_no_part_of_its_users(page_factory: Pages, superuser: Any, person: Actor) -> None:
    token = Actor(user=superuser, scopes=frozenset(("read", "write")), via="token")
    page = page_factory("Rye", heading("a", "first"))
    for actor, text in ((person, "p1"), (token, "t1"), (token, "t2"), (person, "p2"), (token, "t3")):
        operate(page, actor, update("a", text), kind="autosave")
    assert Revision.objects.filter(page_id=page.pk).count() == 6
    assert [act.data["version"] for act in Act.objects.order_by("pk")] == [3, 4, 6]


def test_an_edit_whose_history_was_pruned_is_told(page_factory: Pages, person: Actor, agent: Actor) -> None:
    page = page_factory("Rye", heading("a", "mine"))
    operate(page, agent, update("a", "robot"))
    operate(page, person, {"op": "insert", "block": heading("b")})
    prune_revisions(page.pk, 1)
    plan = undo_acts(ROBO, actor=person)
    assert outcomes(plan) == {"left": 1} and reasons(plan) == {"The history that is needed for it was pruned."}
    assert text_of(page, "a") == "robot" and Act.objects.get().undo is None


# What is meant


def test_runs_calls_tokens_and_times_select(page_factory: Pages, person: Actor, superuser: Any) -> None:
    page = page_factory("Rye", *(heading(name) for name in "abcd"))
    run = uuid.uuid4()
    with in_run(run):
        operate(page, person, update("a", "run"))
    operate(page, Actor(user=superuser, label="Robo"), update("b", "labelled"))
    operate(page, person, update("c", "person"))
    assert Act.objects.count() == 2
    assert Revision.objects.filter(run=str(run)).count() == 1
    assert outcomes(undo_acts(Selection(run=str(run)), actor=person)) == {"reverted": 1}
    later = timezone.now() + timedelta(hours=1)
    assert undo_acts(Selection(agent="Robo", since=later), actor=person).items == []
    assert undo_acts(Selection(agent="Robo", until=later), actor=person).counts["reverted"] == 1
    assert [text_of(page, name) for name in "abc"] == ["a", "b", "person"]
    with pytest.raises(NothingSelected):
        undo_acts(Selection(since=later), actor=person)


def test_a_token_is_selected_by_its_key(page_factory: Pages, person: Actor, superuser: Any) -> None:
    page = page_factory("Rye", heading("a", "mine"))
    actor = Actor(user=superuser, scopes=frozenset(("read", "write")), via="token", token_id=7)
    operate(page, actor, update("a", "token"))
    assert Revision.objects.filter(token="7", via="token").count() == 1
    assert undo_acts(Selection(token="8"), actor=person).items == []
    assert outcomes(undo_acts(Selection(token="7"), actor=person)) == {"reverted": 1}
    assert text_of(page, "a") == "mine"


def test_proposals_of_a_run_are_withdrawn_and_accepted_ones_taken_back(
    page_factory: Pages, person: Actor, editor: Any, grant: Any
) -> None:
    page = page_factory("Rye", heading("a", "a"), heading("b", "b"))
    grant(page)
    made = {"source": "model", "model": "m-1", "call": "41"}
    first = services.create_proposal(page, [update("a", "model")], actor=person, provenance=made)
    second = services.create_proposal(page, [update("b", "model")], actor=person, provenance=made)
    services.accept_proposal(first, actor=editor)
    assert text_of(page, "a") == "model"
    plan = undo_acts(Selection(call="41"), actor=person)
    assert [(item.act.kind, item.outcome) for item in plan.items] == [
        ("edited", "reverted"),
        ("proposed", "reverted"),
        ("proposed", "nothing"),
    ]
    assert plan.items[0].act.accepted_by == editor
    assert text_of(page, "a") == "a"
    second.refresh_from_db()
    assert second.status == "rejected"


# The tree


def test_moves_names_orders_and_the_bin_are_turned_round(
    site: Site, page_factory: Pages, person: Actor, agent: Actor
) -> None:
    one, two, three = (page_factory(name) for name in ("One", "Two", "Three"))
    child = page_factory("Child", parent=two, publish=True)
    services.move_page(one, two, actor=agent)
    services.update_page(fresh(two), actor=agent, slug="zwei")
    services.reorder_pages(fresh(site.root), [three.pk, two.pk], actor=agent)
    services.delete_page(fresh(three), actor=agent)
    services.delete_page(fresh(child), actor=agent)
    made = services.create_page(actor=agent, parent=fresh(two), title="Made", content=[heading("x")])
    services.create_page(actor=agent, parent=made, title="Below")
    dry = undo_acts(ROBO, actor=person, dry_run=True)
    # A new name is a version of the draft as well.
    assert outcomes(dry) == {"reverted": 8}
    assert fresh(three).deleted_at is not None and fresh(two).slug == "zwei" and not Undo.objects.exists()
    plan = undo_acts(ROBO, actor=person, expected=dry.digest)
    assert plan.counts == dry.counts
    rows = get_page_model().objects.order_by("lft").values_list("title", "path")
    assert list(rows) == [
        ("Home", "/"),
        ("One", "/one/"),
        ("Two", "/two/"),
        ("Child", "/two/child/"),
        ("Three", "/three/"),
    ]
    assert Publication.objects.get(page=child).active and fresh(made).deleted_at is not None
    assert list(check_tree()) == []


def test_what_people_moved_renamed_or_put_in_order_since_stays(
    site: Site, page_factory: Pages, person: Actor, agent: Actor
) -> None:
    pages = [page_factory(name) for name in ("One", "Two", "Three", "Four")]
    one, two, three, four = pages
    services.move_page(one, two, actor=agent)
    services.move_page(fresh(one), fresh(three), actor=person)
    services.update_page(fresh(two), actor=agent, slug="robot")
    services.update_page(fresh(two), actor=person, slug="person")
    services.reorder_pages(fresh(site.root), [four.pk, three.pk, two.pk], actor=agent)
    services.reorder_pages(fresh(site.root), [three.pk, two.pk, four.pk], actor=person)
    services.delete_page(fresh(four), actor=agent)
    services.restore_page(fresh(four), actor=person)
    plan = undo_acts(ROBO, actor=person)
    assert outcomes(plan) == {"reverted": 1, "left": 3, "nothing": 1}
    assert fresh(one).parent_id == three.pk and fresh(two).slug == "person"


def test_a_page_the_agent_made_and_people_work_on_stays(page_factory: Pages, person: Actor, agent: Actor) -> None:
    above = page_factory("Above")
    made = services.create_page(actor=agent, parent=above, title="Made", content=[heading("a", "robot")])
    other = services.create_page(actor=agent, parent=above, title="Other")
    services.create_page(actor=person, parent=fresh(other), title="Theirs")
    operate(made, agent, update("a", "robot again"))
    operate(made, person, {"op": "insert", "block": heading("p", "person")})
    plan = undo_acts(ROBO, actor=person)
    assert outcomes(plan) == {"reverted": 1, "left": 2}
    assert reasons(plan) == {"People have worked on it since; the page stays.", "There are pages below it that stay."}
    assert [text_of(made, name) for name in "ap"] == ["robot", "person"]


def test_a_slug_that_is_taken_meanwhile_gets_a_number(page_factory: Pages, person: Actor, agent: Actor) -> None:
    page = page_factory("Rye")
    services.delete_page(page, actor=agent)
    page_factory("Rye", actor=person)
    plan = undo_acts(ROBO, actor=person)
    assert outcomes(plan) == {"partly": 1}
    assert fresh(page).path == "/rye-2/" and list(check_tree()) == []


def test_what_is_gone_for_good_is_told(page_factory: Pages, person: Actor, agent: Actor) -> None:
    page = page_factory("Rye")
    operate(page, agent, {"op": "insert", "block": heading("a")})
    services.delete_page(fresh(page), actor=agent)
    services.purge_page(fresh(page), actor=agent)
    plan = undo_acts(ROBO, actor=person)
    assert outcomes(plan) == {"left": 1, "nothing": 2}
    assert "The page is gone for good." in reasons(plan)


# What is public


def test_the_public_sees_what_it_saw_before(page_factory: Pages, person: Actor, agent: Actor) -> None:
    page = page_factory("Rye", heading("a", "mine"), publish=True)
    first = Publication.objects.get(page=page).revision
    operate(page, agent, update("a", "robot"))
    services.publish_page(fresh(page), actor=agent)
    operate(page, agent, update("a", "robot again"))
    services.publish_page(fresh(page), actor=agent)
    fresh_page = page_factory("New")
    services.publish_page(fresh_page, actor=agent)
    gone = page_factory("Gone", publish=True)
    services.unpublish_page(gone, actor=agent)
    plan = undo_acts(ROBO, actor=person)
    assert outcomes(plan) == {"reverted": 6}
    assert Publication.objects.get(page=page).revision == first
    assert Publication.objects.get(page=page).content[0]["props"]["text"] == "mine"
    assert not Publication.objects.filter(page=fresh_page).exists()
    assert Publication.objects.filter(page=gone, active=True).exists()
    assert plan.still_public == []


def test_what_a_person_published_since_stays_public_and_is_told(
    page_factory: Pages, person: Actor, agent: Actor
) -> None:
    page = page_factory("Rye", heading("a", "mine"), publish=True)
    operate(page, agent, update("a", "robot"))
    services.publish_page(fresh(page), actor=agent)
    operate(page, person, {"op": "insert", "block": heading("p", "person")})
    services.publish_page(fresh(page), actor=person)
    plan = undo_acts(ROBO, actor=person)
    assert outcomes(plan) == {"reverted": 1, "left": 1}
    assert plan.still_public == [page.pk]
    assert [text_of(page, name) for name in "ap"] == ["mine", "person"]


def test_plans_go_back(page_factory: Pages, person: Actor, agent: Actor) -> None:
    soon, later = (timezone.now() + timedelta(days=days) for days in (1, 2))
    page, other = page_factory("Rye"), page_factory("Oats")
    services.schedule_page(page, actor=person, go_live_at=soon)
    services.schedule_page(fresh(page), actor=agent, go_live_at=later)
    services.schedule_page(other, actor=agent, go_live_at=later)
    services.schedule_page(fresh(other), actor=person, go_live_at=soon)
    plan = undo_acts(ROBO, actor=person)
    assert outcomes(plan) == {"reverted": 1, "left": 1}
    assert fresh(page).go_live_at == soon and fresh(other).go_live_at == soon


# Limits and rights


def test_a_plan_that_is_another_by_now_is_refused(page_factory: Pages, person: Actor, agent: Actor) -> None:
    page = page_factory("Rye", heading("a", "mine"))
    operate(page, agent, update("a", "robot"))
    dry = undo_acts(ROBO, actor=person, dry_run=True)
    operate(page, person, update("a", "person"))
    with pytest.raises(PlanChanged):
        undo_acts(ROBO, actor=person, expected=dry.digest)
    assert text_of(page, "a") == "person" and not Undo.objects.exists()


def test_too_many_acts_are_refused(page_factory: Pages, person: Actor, agent: Actor, settings: Any) -> None:
    page = page_factory("Rye", heading("a"))
    for number in range(3):
        operate(page, agent, update("a", f"robot {number}"))
    settings.AI_CMS = {**settings.AI_CMS, "UNDO_MAX_ACTS": 2}
    with pytest.raises(TooManyActs, match="UNDO_MAX_ACTS"):
        undo_acts(ROBO, actor=person)


def test_rights_are_asked_for_the_undo_and_for_each_page(
    page_factory: Pages, agent: Actor, editor: Any, member: Any, grant: Any
) -> None:
    mine, other = page_factory("Mine", heading("a", "a")), page_factory("Other", heading("a", "a"))
    for page in (mine, other):
        operate(page, agent, update("a", "robot"))
    assert undo_acts(ROBO, actor=member).items == []
    with pytest.raises(PermissionRefused):
        undo_acts(ROBO, actor=Actor.anonymous())
    with pytest.raises(PermissionRefused):
        undo_acts(ROBO, actor=Actor(user=agent.user, scopes=frozenset(("read", "write", "publish")), via="token"))
    grant(mine)
    editor.user_permissions.add(Permission.objects.get(codename="undo_acts"))
    editor = type(editor).objects.get(pk=editor.pk)
    plan = undo_acts(ROBO, actor=editor)
    assert outcomes(plan) == {"reverted": 1, "left": 1} and reasons(plan) == {"You may not do this."}
    assert text_of(mine, "a") == "a" and text_of(other, "a") == "robot"


def test_what_was_done_in_ones_own_name_may_be_taken_back(page_factory: Pages, editor: Any, grant: Any) -> None:
    page = page_factory("Rye", heading("a", "a"))
    grant(page)
    operate(page, Actor(user=editor, via="agent", label="Robo"), update("a", "robot"))
    operate(page, Actor(user=make_user("root", is_superuser=True), via="agent", label="Robo"), update("a", "other"))
    assert outcomes(undo_acts(ROBO, actor=editor)) == {"partly": 1}
    assert text_of(page, "a") == "other"


# All at once


@pytest.mark.stress
@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_of_200_mixed_edits_among_those_of_people_is_undone_in_one_act(
    site: Site, page_factory: Pages, person: Actor, agent: Actor, seed: int
) -> None:
    rng = random.Random(seed)
    pages = [
        page_factory(
            f"Page {number}", *(heading(f"b{block}", f"base {block}") for block in range(6)), publish=not number % 3
        )
        for number in range(12)
    ]
    texts: dict[tuple[int, str], str] = {}
    titles: dict[int, str] = {}
    own: list[Any] = []
    run = uuid.uuid4()
    done = number = 0
    while done < 210:
        number += 1
        page = fresh(rng.choice(pages))
        if page.deleted_at is not None:
            continue
        if rng.random() < 0.35:
            _person_works(rng, page, person, number, texts, titles, own)
            continue
        with in_run(run):
            done += _agent_works(rng, page, pages, agent, number)
    acts = Act.objects.filter(run=str(run)).count()
    assert acts >= 200
    dry = undo_acts(Selection(run=str(run)), actor=person, dry_run=True)
    plan = undo_acts(Selection(run=str(run)), actor=person, expected=dry.digest)
    assert plan.to_json()["items"] == dry.to_json()["items"] and len(plan.items) == acts
    assert Undo.objects.count() == 1
    # Every human edit is there.
    for (pk, block), text in texts.items():
        found = get_page_model().all_objects.get(pk=pk)
        assert found.deleted_at is None
        assert found.content_json.find(block)["props"]["text"] == text, (pk, block)
    for pk, title in titles.items():
        assert get_page_model().objects.get(pk=pk).title == title
    for page in own:
        assert fresh(page).deleted_at is None
    # Nothing of the agent's is left but where a person wrote, and what people published.
    for page in get_page_model().objects.all():
        assert page.content_json.validate(strict=False) == []
        page.content_json.check_structure(page.allowed_blocks)
        left = [block["id"] for block in page.content_json.blocks if "robot" in block["props"].get("text", "")]
        told = {name for item in plan.items if item.act.page_id == page.pk for name in item.blocks}
        assert set(left) <= told, (page.pk, left, told)
    assert list(check_tree()) == []
    assert all(page.deleted_at is None for page in map(fresh, pages))


def _person_works(
    rng: random.Random,
    page: Any,
    person: Actor,
    number: int,
    texts: dict[tuple[int, str], str],
    titles: dict[int, str],
    own: list[Any],
) -> None:
    kind = rng.choice(["update", "update", "insert", "title", "page", "level"])
    names = [block["id"] for block in page.content_json.blocks]
    if kind == "page":
        own.append(services.create_page(actor=person, parent=page, title=f"Theirs {number}"))
    elif kind == "title":
        titles[page.pk] = f"person {number}"
        services.update_page(page, actor=person, fields={"title": titles[page.pk]})
    elif kind == "insert":
        texts[page.pk, f"p{number}"] = f"person {number}"
        operate(page, person, {"op": "insert", "block": heading(f"p{number}", f"person {number}")})
    elif names and kind == "level":
        operate(page, person, {"op": "update", "id": rng.choice(names), "props": {"level": rng.choice([3, 4])}})
    elif names:
        name = rng.choice(names)
        texts[page.pk, name] = f"person {number}"
        operate(page, person, update(name, f"person {number}"))


def _agent_works(rng: random.Random, page: Any, pages: list[Any], agent: Actor, number: int) -> int:
    """Do one thing of many kinds, but not to what a person wrote last: what stays of that is in other tests."""
    kind = rng.choice(
        "update update update insert insert remove move seo create place slug publish delete order".split()
    )
    blocks = [block["id"] for block in page.content_json.blocks if "person" not in block["props"].get("text", "")]
    if kind in ("update", "remove", "move") and not blocks:
        kind = "insert"
    if kind == "update":
        operate(page, agent, update(rng.choice(blocks), f"robot {number}"))
    elif kind == "insert":
        operate(page, agent, {"op": "insert", "block": heading(f"r{number}", f"robot {number}")})
    elif kind == "remove":
        operate(page, agent, {"op": "remove", "id": rng.choice(blocks)})
    elif kind == "move":
        operate(page, agent, {"op": "move", "id": rng.choice(blocks)})
    elif kind == "seo":
        services.update_page(page, actor=agent, fields={"seo_title": f"robot {number}"})
    elif kind == "create":
        services.create_page(actor=agent, parent=page, title=f"Robot {number}", content=[heading("x", "robot")])
    elif kind == "place":
        target = fresh(rng.choice(pages))
        if target.deleted_at is not None or (target.tree_id == page.tree_id and page.lft <= target.lft <= page.rght):
            return 0
        services.move_page(page, target, actor=agent)
    elif kind == "slug":
        services.update_page(page, actor=agent, slug=f"robot-{number}")
    elif kind == "publish":
        services.publish_page(page, actor=agent)
    elif kind == "order":
        children = list(page.get_children().values_list("pk", flat=True))
        rng.shuffle(children)
        services.reorder_pages(page, children, actor=agent)
    elif get_page_model().objects.filter(tree_id=page.tree_id, lft__gte=page.lft, rght__lte=page.rght).count() == 1:
        services.delete_page(page, actor=agent)
    else:
        return 0
    return 1
