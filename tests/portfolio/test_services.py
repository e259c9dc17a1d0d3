"""What portfolios are: pages of a tree with one address each, steps that say what is missing, a document like any other."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from ai_cms.core.exceptions import InvalidInput, NotFound, PermissionRefused
from ai_cms.core.permissions import Actor
from ai_cms.pages.exceptions import PageTypeRefused, SlugTaken
from ai_cms.pages.models import Revision
from ai_cms.pages.services import (
    accept_proposal,
    apply_page_operations,
    create_page,
    create_proposal,
    delete_page,
    move_page,
    publish_page,
    restore_page,
    update_page,
)
from ai_cms.portfolio import get_portfolio_index_model, get_portfolio_model, get_project_model, get_skill_model
from ai_cms.portfolio.exceptions import NoPlace, TooMany
from ai_cms.portfolio.services import (
    create_portfolio,
    create_row,
    delete_portfolio,
    ensure_index,
    guide_of,
    starter_pages,
    update_portfolio,
    update_row,
)
from ai_cms.portfolio.services.content import Content, plain_text, read_content, write_content
from tests.conftest import make_user

from .conftest import block

pytestmark = pytest.mark.django_db


def test_all_stand_below_one_page_at_the_address_of_portfolios(portfolio: Any, site: Any) -> None:
    index = ensure_index()
    assert ensure_index().pk == index.pk == portfolio.parent_id
    assert (index.path, portfolio.path, index.live) == ("/p/", "/p/ada-marsh/", False)
    system = Actor.system()
    kind = get_portfolio_index_model()
    with pytest.raises(PageTypeRefused, match="/p/ of the default site"):
        create_page(actor=system, parent=site.root, title="Another", page_type=kind)
    with pytest.raises(PageTypeRefused):
        create_page(actor=system, parent=site.root, title="Astray", page_type=get_portfolio_model())
    with pytest.raises(PageTypeRefused):
        create_page(actor=system, parent=index, title="A plain page")
    with pytest.raises(PageTypeRefused):
        move_page(portfolio, site.root, actor=system)
    with pytest.raises(PageTypeRefused):
        update_page(index, actor=system, slug="q")
    index.refresh_from_db()
    assert index.path == "/p/" and kind.objects.count() == 1


def test_without_a_site_there_is_no_place(db: None) -> None:
    with pytest.raises(NoPlace, match="create_site"):
        create_portfolio(actor=make_user("ada"), title="A")


def test_a_member_makes_portfolios_and_no_other_pages(ada: Any, bob: Any, portfolio: Any) -> None:
    assert portfolio.owner_id == ada.pk
    with pytest.raises((NotFound, PermissionRefused, PageTypeRefused)):
        create_page(actor=ada, parent=ensure_index(), title="A page of mine")
    with pytest.raises(NotFound):
        create_page(actor=ada, parent=ensure_index().parent, title="A page of mine")
    with pytest.raises(NotFound):
        publish_page(ensure_index(), actor=ada)
    for refused in (
        lambda: update_portfolio(portfolio, actor=bob, title="Mine"),
        lambda: publish_page(portfolio, actor=bob),
        lambda: delete_portfolio(portfolio, actor=bob),
    ):
        with pytest.raises(NotFound):
            refused()
    with pytest.raises(PermissionRefused):
        create_portfolio(actor=None, title="Nobody's")


def test_there_are_as_many_as_the_site_allows(ada: Any) -> None:
    with override_settings(AI_CMS={"PORTFOLIO_MAX_PER_USER": 1, "PORTFOLIO_MAX_ROWS": 1}):
        create_portfolio(actor=ada, title="One")
        with pytest.raises(TooMany, match="1 already"):
            create_portfolio(actor=ada, title="Two")
        create_row(get_project_model(), actor=ada, title="One")
        with pytest.raises(TooMany):
            create_row(get_project_model(), actor=ada, title="Two")
        create_row(get_skill_model(), actor=ada, name="Counted apart")


def test_a_new_address_leads_on_from_the_old_one(portfolio: Any, ada: Any, client: Any) -> None:
    update_portfolio(portfolio, actor=ada, is_published=True)
    update_portfolio(get_portfolio_model().objects.get(pk=portfolio.pk), actor=ada, slug="marsh")
    moved = client.get("/p/ada-marsh/")
    assert moved.status_code == 301 and moved["Location"] == "/p/marsh/"
    assert client.get("/api/public/portfolios/marsh/").status_code == 200
    assert client.get("/api/public/portfolios/ada-marsh/").status_code == 404


def test_a_slug_is_free_once_its_portfolio_is_in_the_bin(portfolio: Any, ada: Any, bob: Any, client: Any) -> None:
    update_portfolio(portfolio, actor=ada, is_published=True)
    delete_portfolio(portfolio, actor=ada)
    assert client.get("/p/ada-marsh/").status_code == client.get("/api/public/portfolios/ada-marsh/").status_code == 404
    other = create_portfolio(actor=bob, title="Ada Marsh")
    assert other.slug == "ada-marsh"
    gone = get_portfolio_model().all_objects.get(pk=portfolio.pk)
    with pytest.raises(SlugTaken):
        restore_page(gone, actor=ada)
    restore_page(gone, actor=ada, slug="ada-marsh-2")
    assert client.get("/p/ada-marsh-2/").status_code == 200
    assert get_portfolio_model().objects.get(pk=portfolio.pk).slug == "ada-marsh-2"


def test_operations_proposals_and_history_hold(portfolio: Any, ada: Any) -> None:
    home = portfolio.content_json.blocks[0]
    insert = {"op": "insert", "parent": home["id"], "block": block("rich_text", html="<p>New</p>")}
    edit = apply_page_operations(portfolio, [insert], actor=ada)
    fresh = get_portfolio_model().objects.get(pk=portfolio.pk)
    assert [item["type"] for item in fresh.pages[0].blocks] == ["hero", "project_grid", "rich_text"]
    proposal = create_proposal(fresh, edit.inverse, actor=ada, title="Take it away")
    accept_proposal(proposal, actor=ada)
    fresh = get_portfolio_model().objects.get(pk=portfolio.pk)
    assert [item["type"] for item in fresh.pages[0].blocks] == ["hero", "project_grid"]
    assert Revision.objects.filter(page_id=portfolio.pk).count() == 3


def test_blocks_outside_of_pages_are_not_lost(portfolio: Any, ada: Any) -> None:
    apply_page_operations(portfolio, [{"op": "insert", "block": block("rich_text", html="<p>Loose</p>")}], actor=ada)
    fresh = get_portfolio_model().objects.get(pk=portfolio.pk)
    assert [page.slug for page in fresh.pages] == ["home", "about-me", "more"]
    assert fresh.pages[2].blocks[0]["props"]["html"] == "<p>Loose</p>"


def test_a_portfolio_is_found_by_its_words_and_what_its_rows_say(
    portfolio: Any, ada: Any, library: Any, client: Any
) -> None:
    update_portfolio(portfolio, actor=ada, is_published=True)
    for words in ("Hello", "harbour", "Engineer"):
        found = client.get(f"/api/content/?search={words}").json()["results"]
        assert [row["id"] for row in found] == [portfolio.pk], words


def test_the_guide_goes_through_its_steps(ada: Any, library: Any) -> None:
    portfolio = create_portfolio(actor=ada, title="Ada")

    def following() -> str | None:
        guide = guide_of(get_portfolio_model().objects.get(pk=portfolio.pk))
        assert [step.name for step in guide.steps] == ["goal", "role", "content", "design", "publish"]
        return guide.next.name if guide.next is not None else None

    def write(**values: Any) -> None:
        update_portfolio(get_portfolio_model().objects.get(pk=portfolio.pk), actor=ada, **values)

    assert following() == "goal"
    write(goal="freelance")
    assert following() == "role"
    write(role="Engineer")
    assert following() == "content"
    write(pages=[{"title": "Home", "blocks": [block("hero", heading="")]}])
    half = guide_of(get_portfolio_model().objects.get(pk=portfolio.pk)).step("content")
    assert half.missing and "0.blocks.0.heading" in half.missing[0].replace("props.", "")
    write(pages=starter_pages(portfolio, name="Ada"))
    assert following() == "design"
    write(design={"layout": "plain"})
    assert following() == "publish"
    write(is_published=True)
    assert following() is None
    write(role="Lead")
    assert following() == "publish"
    write(is_published=True)
    assert following() is None
    # A row that changed is not public yet either.
    update_row(library["project"], actor=ada, title="Tide tables, again")
    assert following() == "publish"
    guide = guide_of(portfolio)
    assert (guide.after("goal"), guide.after("publish")) == ("role", "publish")


@pytest.mark.parametrize(
    ("goal", "kinds"),
    [
        ("job", ["hero", "rich_text", "timeline", "skill_chart", "project_grid"]),
        ("freelance", ["hero", "project_grid", "rich_text", "skill_chart"]),
        ("personal", ["hero", "rich_text", "project_grid"]),
    ],
)
def test_pages_to_begin_with_suit_the_goal(goal: str, kinds: list[str], ada: Any) -> None:
    portfolio = create_portfolio(actor=ada, title="Ada", goal=goal, role="Engineer")
    pages = starter_pages(portfolio, name="Ada <b>", about="One.\n\nTwo <3", email="ada@example.com")
    assert [item["type"] for item in pages[0]["blocks"]] == [*kinds, "call_to_action"]
    assert len(pages) == (2 if goal == "job" else 1)
    fresh = update_portfolio(portfolio, actor=ada, pages=pages, is_published=True)
    text = next(item for item in fresh.pages[0].blocks if item["type"] == "rich_text")
    assert text["props"]["html"] == "<p>One.</p><p>Two &lt;3</p>"


def test_the_content_step_changes_its_own_blocks_alone(portfolio: Any, ada: Any, library: Any) -> None:
    content = Content(
        heading="Ada",
        tagline="Engineer",
        about="One.\nStill one.\n\nTwo.",
        projects=[library["project"].pk],
        skills=None,
        resume=library["resume"].pk,
        timeline=True,
        email="ada@example.com",
    )
    fresh = write_content(portfolio, content, actor=ada, expected_version=portfolio.version)
    home, about = fresh.pages
    assert [item["type"] for item in home.blocks] == ["hero", "rich_text", "project_grid", "timeline", "call_to_action"]
    assert about.blocks == portfolio.pages[1].blocks
    assert home.blocks[0]["id"] == portfolio.pages[0].blocks[0]["id"]
    assert read_content(fresh) == content
    again = write_content(fresh, read_content(fresh), actor=ada)
    assert again.version == fresh.version
    content.projects, content.timeline, content.email = None, False, ""
    fewer = write_content(again, content, actor=ada)
    assert [item["type"] for item in fewer.pages[0].blocks] == ["hero", "rich_text"]


def test_formatting_stays_as_long_as_the_words_do(ada: Any) -> None:
    html = "<p>Some <strong>strong</strong> words.</p><ul><li>One</li><li>Two</li></ul>"
    pages = [{"title": "Home", "blocks": [block("hero", heading="A"), block("rich_text", html=html)]}]
    portfolio = create_portfolio(actor=ada, title="Ada", pages=pages)
    content = read_content(portfolio)
    assert content.about == "Some strong words.\n\nOne\nTwo"
    content.heading = "B"
    fresh = write_content(portfolio, content, actor=ada)
    assert fresh.pages[0].blocks[1]["props"]["html"] == html
    content.about += "\n\nThree"
    fresh = write_content(fresh, content, actor=ada)
    assert plain_text(fresh.pages[0].blocks[1]["props"]["html"]) == "Some strong words.\n\nOne\nTwo\n\nThree"


def test_unknown_fields_and_empty_titles_are_refused(ada: Any, portfolio: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        update_portfolio(portfolio, actor=ada, colour="red")
    assert "colour" in (refused.value.errors or {})
    with pytest.raises(InvalidInput) as refused:
        update_portfolio(portfolio, actor=ada, title=" ")
    assert "title" in (refused.value.errors or {})


def test_editors_reach_portfolios_by_their_grant(portfolio: Any, site: Any) -> None:
    from django.contrib.auth.models import Group

    from ai_cms.pages.models import PageGroupPermission

    editor = make_user("editor", is_staff=True)
    group = Group.objects.create(name="Editors")
    editor.groups.add(group)
    PageGroupPermission.objects.create(group=group, page=site.root, can_change=True, can_publish=True, can_delete=True)
    update_portfolio(portfolio, actor=editor, is_published=True)
    delete_page(get_portfolio_model().objects.get(pk=portfolio.pk), actor=editor)
