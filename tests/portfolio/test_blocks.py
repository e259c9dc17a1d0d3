"""Blocks that show rows: the owner's alone, as they are in drafts, as they were in publications."""

from __future__ import annotations

from typing import Any

import pytest

from ai_cms.blocks import render_blocks
from ai_cms.blocks.documents.filling import fill_blocks
from ai_cms.blocks.schema import catalogue, document_schema
from ai_cms.blocks.types.registry import blocks
from ai_cms.portfolio import get_portfolio_model, get_project_model
from ai_cms.portfolio.filling import resume_content, resume_entries
from ai_cms.portfolio.resumes.dates import shown_date
from ai_cms.portfolio.services import create_portfolio, create_row, delete_row, update_portfolio, update_row

from .conftest import RESUME, block

pytestmark = pytest.mark.django_db
TYPES = ("portfolio_page", "project_grid", "skill_chart", "timeline", "resume")


@pytest.mark.parametrize("kind", TYPES)
def test_every_block_shows_its_example(kind: str) -> None:
    props = dict(blocks[kind].block_meta.example)
    html = render_blocks([{"id": "a1", "type": kind, "v": 1, "props": props}], strict=True)
    assert kind == "portfolio_page" or "Engineer" in html or "Tide tables" in html or "Python" in html


@pytest.mark.parametrize("kind", TYPES[1:])
def test_an_empty_block_says_what_to_do_to_its_owner_alone(kind: str) -> None:
    made = [{"id": "a1", "type": kind, "v": 1, "props": {}}]
    assert render_blocks(made, mode="public", strict=True).strip() == ""
    assert "yet" in render_blocks(made, mode="preview", strict=True)


def test_a_publication_holds_what_the_rows_were(client: Any, ada: Any, library: Any) -> None:
    shown = [block("project_grid"), block("skill_chart"), block("timeline"), block("resume", contact=True)]
    portfolio = create_portfolio(actor=ada, title="Ada", pages=[{"title": "Home", "blocks": shown}], is_published=True)
    before = client.get("/p/ada/").content.decode()
    for words in ("Tide tables", "Python", "6.5 years", "Harbour Office", "April 2021", "mailto:ada@example.com"):
        assert words in before
    update_row(library["project"], actor=ada, title="Sea charts")
    delete_row(library["skill"], actor=ada)
    assert client.get("/p/ada/").content.decode() == before
    client.force_login(ada)
    draft = client.get(f"/preview/{portfolio.pk}/").content.decode()
    assert "Sea charts" in draft and "6.5 years" not in draft
    update_portfolio(get_portfolio_model().objects.get(pk=portfolio.pk), actor=ada, is_published=True)
    after = client.get("/p/ada/").content.decode()
    assert "Sea charts" in after and "6.5 years" not in after
    # The draft itself only refers.
    stored = get_portfolio_model().objects.get(pk=portfolio.pk).pages[0].blocks
    assert all("items" not in item["props"] and "content" not in item["props"] for item in stored)


def test_rows_of_others_are_never_shown(ada: Any, bob: Any, library: Any, client: Any) -> None:
    keys = {"projects": [library["project"].pk], "resume": library["resume"].pk, "skills": [library["skill"].pk]}
    shown = [
        block("project_grid", projects=keys["projects"]),
        block("skill_chart", skills=keys["skills"]),
        block("timeline", resume=keys["resume"]),
        block("resume", resume=keys["resume"]),
    ]
    create_portfolio(actor=bob, title="Bob", pages=[{"title": "Home", "blocks": shown}], is_published=True)
    data = client.get("/api/public/portfolios/bob/").json()["pages"][0]["blocks"]
    assert [item["props"].get("items") or item["props"].get("content") or None for item in data] == [None] * 4


def test_what_a_client_writes_into_the_contents_is_replaced(ada: Any, library: Any, client: Any) -> None:
    forged = block("project_grid", items=[{"title": "Not mine"}])
    create_portfolio(actor=ada, title="Ada", pages=[{"title": "Home", "blocks": [forged]}], is_published=True)
    items = client.get("/api/public/portfolios/ada/").json()["pages"][0]["blocks"][0]["props"]["items"]
    assert [item["title"] for item in items] == ["Tide tables"]


def test_chosen_rows_come_in_their_order(ada: Any, library: Any, django_assert_num_queries: Any) -> None:
    more = [create_row(get_project_model(), actor=ada, title=f"P{number}") for number in range(3)]
    keys = [more[2].pk, 999_999, more[0].pk, more[2].pk]
    page = create_portfolio(actor=ada, title="Ada")
    grid = {"id": "a", "type": "project_grid", "props": {"projects": keys}}
    nested = [{"id": "s", "type": "section", "props": {"title": "S"}, "children": [grid, {**grid, "id": "b"}]}]
    with django_assert_num_queries(1):
        filled = fill_blocks(nested, page)
    items = filled[0]["children"][0]["props"]["items"]
    assert [item["title"] for item in items] == ["P2", "P0"]
    assert "items" not in nested[0]["children"][0]["props"]
    with django_assert_num_queries(0):
        plain = [{"id": "x", "type": "heading", "props": {}}]
        assert fill_blocks(plain, page) is plain


def test_how_to_reach_somebody_is_shown_where_it_is_asked_for_alone() -> None:
    quiet, open_ = (resume_content(RESUME, ["work"], contact) for contact in (False, True))
    assert "email" not in quiet and "phone" not in quiet
    assert (open_["email"], open_["phone"], open_["place"]) == ("ada@example.com", "+44 1234 567", "Leeds, GB")
    assert [section["part"] for section in quiet["sections"]] == ["work"]


def test_several_roles_at_one_employer_stand_below_it(ada: Any, library: Any) -> None:
    content = resume_content(RESUME, ["work", "education"], False)
    html = render_blocks([{"id": "a", "type": "resume", "v": 1, "props": {"content": content}}], strict=True)
    assert html.count("Harbour Office") == 1 and html.index("Harbour Office") < html.index("Lead")
    assert "BSc, Physics" in html


def test_a_strange_resume_breaks_nothing() -> None:
    strange = {"work": [3, {"name": 4, "url": "javascript:alert(1)", "highlights": "x"}], "basics": []}
    entries = resume_entries(strange, "work")
    assert entries == [
        {
            "part": "work",
            "title": "",
            "group": "",
            "place": "",
            "start": "",
            "end": "",
            "link": "",
            "text": "",
            "points": [],
        }
    ]
    assert resume_content(strange, ["work"], True)["profiles"] == []
    for nothing in (None, [], "x"):
        assert resume_entries(nothing, "skills") == []


def test_a_page_of_a_portfolio_takes_what_pages_take_and_no_pages() -> None:
    entry = next(item for item in catalogue() if item["type"] == "hero")
    assert "portfolio_page" in entry["parents"]
    own = next(item for item in catalogue() if item["type"] == "portfolio_page")
    assert own["parents"] == [""]
    node = document_schema()["$defs"]["PortfolioPageNode"]["properties"]["children"]["items"]["anyOf"]
    names = {item["$ref"].rpartition("/")[2] for item in node}
    assert "HeroNode" in names and "PortfolioPageNode" not in names


@pytest.mark.parametrize(
    ("date", "shown"),
    [("2024", "2024"), ("2024-06", "June 2024"), ("2024-06-29", "June 2024"), ("2024-13", "2024"), ("soon", "soon")],
)
def test_dates_are_as_exact_as_they_are_known(date: str, shown: str) -> None:
    assert shown_date(date) == shown
