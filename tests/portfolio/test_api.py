"""Portfolios, projects, skills and résumés over REST, as a plain client writes and reads them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ai_cms.core.tokens import create_token
from ai_cms.portfolio import get_portfolio_model, get_project_model
from ai_cms.portfolio.services import create_row, update_portfolio

from .conftest import PAGES, RESUME, archive, block

pytestmark = pytest.mark.django_db


def test_a_portfolio_is_made_read_changed_published_and_deleted(client: Any, client_of: Any, ada: Any) -> None:
    api = client_of(ada)
    made = api.post("/api/portfolios/", {"title": "Ada Marsh", "goal": "job", "pages": PAGES}, format="json")
    assert made.status_code == 201, made.content
    data = made.json()
    assert made["Location"] == f"/api/portfolios/{data['id']}/" and made["ETag"] == '"v1"'
    assert (data["slug"], data["is_published"], data["is_guided"], data["goal"]) == ("ada-marsh", False, True, "job")
    assert [page["slug"] for page in data["pages"]] == ["home", "about-me"]
    assert data["pages"][0]["blocks"][0]["props"]["heading"] == "Ada Marsh"
    assert data["user"] == (ada.pk if isinstance(ada.pk, int) else str(ada.pk))
    assert data["guide"]["next"] == "role"
    here = f"/api/portfolios/{data['id']}/"
    # What was read can be written again.
    same = api.put(here, {"title": "Ada", "pages": data["pages"]}, format="json", headers={"If-Match": '"v1"'})
    assert same.status_code == 200 and same.json()["pages"][1]["id"] == data["pages"][1]["id"]
    stale = api.patch(here, {"title": "Eve"}, format="json", headers={"If-Match": '"v1"'})
    assert stale.status_code == 412 and stale.json()["current_version"] == 2
    live = api.patch(here, {"is_published": True, "role": "Engineer"}, format="json")
    assert live.status_code == 200 and live.json()["is_published"] is True
    assert client.get("/p/ada-marsh/").status_code == 200
    off = api.patch(here, {"is_published": False}, format="json")
    assert off.json()["is_published"] is False and client.get("/p/ada-marsh/").status_code == 404
    listed = api.get("/api/portfolios/?goal=job&is_published=false").json()
    assert [row["id"] for row in listed["results"]] == [data["id"]] and "pages" not in listed["results"][0]
    assert api.get("/api/portfolios/?is_published=true").json()["count"] == 0
    assert api.delete(here).status_code == 204 and api.get(here).status_code == 404


def test_a_portfolio_can_be_published_when_it_is_made(client: Any, client_of: Any, ada: Any) -> None:
    body = {"title": "Ada", "slug": "ada", "pages": PAGES, "is_published": True}
    assert client_of(ada).post("/api/portfolios/", body, format="json").json()["is_published"] is True
    assert client.get("/api/public/portfolios/ada/").json()["pages"][1]["title"] == "About me"


@pytest.mark.parametrize("path", ["portfolios", "projects", "skills", "resumes"])
def test_nobody_sees_what_is_not_theirs(
    path: str, client: Any, client_of: Any, bob: Any, portfolio: Any, library: Any
) -> None:
    rows = {"portfolios": portfolio, "projects": library["project"], "skills": library["skill"]}
    here = f"/api/{path}/{rows.get(path, library['resume']).pk}/"
    assert client.get(f"/api/{path}/").status_code == 401 and client.get(here).status_code == 401
    api = client_of(bob)
    missing = api.get(f"/api/{path}/999999/")
    assert api.get(f"/api/{path}/").json()["count"] == 0
    for answer in (
        api.get(here),
        api.patch(here, {"title": "x", "name": "x"}, format="json"),
        api.put(here, {"title": "x", "name": "x"}, format="json"),
        api.delete(here),
    ):
        assert (answer.status_code, answer.json()) == (404, missing.json())


def test_a_draft_answers_exactly_as_what_is_missing(client: Any, portfolio: Any, ada: Any, client_of: Any) -> None:
    def asked(slug: str, *, by: Any = client) -> tuple[int, Any]:
        answer = by.get(f"/api/public/portfolios/{slug}/")
        return answer.status_code, answer.json()

    assert asked("ada-marsh") == asked("nobody")
    # The owner reads the draft where drafts are, and here what the public reads.
    assert asked("ada-marsh", by=client_of(ada)) == asked("nobody", by=client_of(ada))
    for tail in ("", "about-me/"):
        draft, missing = client.get(f"/p/ada-marsh/{tail}"), client.get(f"/p/nobody/{tail}")
        assert draft.status_code == missing.status_code == 404 and draft.content == missing.content


def test_the_public_reads_one_row(client: Any, portfolio: Any, ada: Any, django_assert_num_queries: Any) -> None:
    update_portfolio(portfolio, actor=ada, is_published=True)
    client.get("/p/ada-marsh/")
    with django_assert_num_queries(1):
        answer = client.get("/api/public/portfolios/ada-marsh/")
    assert answer["Cache-Control"] == "public, no-cache"
    with django_assert_num_queries(1):
        assert client.get("/p/ada-marsh/").status_code == 200
    with django_assert_num_queries(1):
        further = client.get("/p/ada-marsh/about-me/")
    assert b"Hello" in further.content and b"About me \xc2\xb7 Ada Marsh" in further.content
    for url, etag in (
        ("/api/public/portfolios/ada-marsh/", answer["ETag"]),
        ("/p/ada-marsh/about-me/", further["ETag"]),
    ):
        assert client.get(url, headers={"If-None-Match": etag}).status_code == 304
    data = answer.json()
    # What somebody looks for is their own business.
    assert "goal" not in data and "is_guided" not in data
    assert "goal" not in client.get(f"/api/content/{portfolio.pk}/").json()["fields"]


def test_the_address_of_the_home_page_is_one(client: Any, portfolio: Any, ada: Any) -> None:
    update_portfolio(portfolio, actor=ada, is_published=True)
    home = client.get("/p/ada-marsh/home/")
    assert home.status_code == 301 and home["Location"] == "/p/ada-marsh/"
    assert client.get("/p/ada-marsh/nothing/").status_code == 404
    assert client.get("/p/ada%00/x/").status_code == 404
    assert client.post("/p/ada-marsh/about-me/").status_code == 405


@pytest.mark.parametrize(
    ("pages", "loc", "kind"),
    [
        ([{"title": "A", "blocks": [block("nonsense")]}], ["0", "blocks", "0", "type"], "unknown_type"),
        ([{"title": "A", "blocks": [block("hero", heading="A", colour="red")]}], ["0", "blocks", "0", "props", "colour"], "extra_forbidden"),
        ([{"title": "A", "blocks": [block("button", label="x")], "theme": 1}], ["0", "theme"], "extra_forbidden"),
        ([{"title": "A"}, "B"], ["1"], "dict_type"),
        ([{"title": "A", "blocks": {}}], ["0", "blocks"], "list_type"),
        ([{"title": 3}], ["0", "title"], "string_type"),
        ([{"title": "A", "slug": "a"}, {"title": "B", "slug": "a"}], ["1", "slug"], "duplicate_slug"),
        ([{"title": "A", "slug": "a b"}], ["0", "slug"], "slug"),
        ([{"title": "A", "blocks": [block("column")]}], ["0", "blocks", "0"], "parent_forbidden"),
        ([{"title": "A", "blocks": [{"type": "portfolio_page", "props": {"title": "B"}}]}], ["0", "blocks", "0"], "parent_forbidden"),
    ],
)  # fmt: skip
def test_what_no_page_can_hold_is_refused_with_its_place(
    pages: Any, loc: list[str], kind: str, client_of: Any, ada: Any
) -> None:
    answer = client_of(ada).post("/api/portfolios/", {"title": "A", "pages": pages}, format="json")
    assert answer.status_code == 400
    assert [(found["loc"], found["type"]) for found in answer.json()["pages"]] == [(loc, kind)]
    assert not get_portfolio_model().objects.exists()


def test_a_draft_may_be_half_written_and_says_what_is_missing(client_of: Any, ada: Any) -> None:
    api = client_of(ada)
    body = {"title": "A", "pages": [{"title": "Home", "blocks": [block("hero", heading="")]}]}
    made = api.post("/api/portfolios/", body, format="json")
    assert made.status_code == 201
    assert [found["loc"] for found in made.json()["warnings"]] == [["pages", "0", "blocks", "0", "props", "heading"]]
    refused = api.patch(f"/api/portfolios/{made.json()['id']}/", {"is_published": True, "role": "x"}, format="json")
    assert refused.status_code == 400
    assert refused.json()["pages"][0]["loc"] == ["0", "blocks", "0", "props", "heading"]
    # All or nothing: the role was not written either.
    assert api.get(f"/api/portfolios/{made.json()['id']}/").json()["role"] == ""


def test_a_design_that_cannot_be_read_is_refused(client_of: Any, ada: Any) -> None:
    body = {"title": "A", "design": {"colors": {"text": "#999", "background": "#fff"}}}
    answer = client_of(ada).post("/api/portfolios/", body, format="json")
    assert answer.status_code == 400
    first = answer.json()["design"][0]
    assert first["loc"] == ["colors", "text"] and first["type"] == "contrast"
    assert first["msg"] == (
        "Light: text (#999999) on background (#ffffff) has a contrast of 2.84:1; WCAG AA asks for 4.5:1."
    )


@pytest.mark.parametrize(
    "body",
    [{}, {"title": ""}, {"title": "A", "pages": {}}, {"title": "A", "goal": "fame"}, {"title": "A", "slug": "no good"}],
)
def test_bad_input_names_its_field(body: Any, client_of: Any, ada: Any) -> None:
    answer = client_of(ada).post("/api/portfolios/", body, format="json")
    assert answer.status_code == 400 and isinstance(answer.json(), dict)


def test_two_portfolios_never_share_a_slug(client_of: Any, ada: Any, bob: Any) -> None:
    made = [client_of(user).post("/api/portfolios/", {"title": "Same"}, format="json").json() for user in (ada, bob)]
    assert [data["slug"] for data in made] == ["same", "same-2"]
    taken = client_of(bob).post("/api/portfolios/", {"title": "Mine", "slug": "same"}, format="json")
    assert (taken.status_code, taken.json()["code"]) == (409, "slug_taken")
    renamed = client_of(bob).patch(f"/api/portfolios/{made[1]['id']}/", {"slug": "same"}, format="json")
    assert renamed.status_code == 409


def test_a_token_needs_the_scope_to_publish(portfolio: Any, ada: Any, client: Any) -> None:
    for scopes, status in ((["read", "write"], 403), (["read", "write", "publish"], 200)):
        headers = {"Authorization": f"Bearer {create_token(ada, scopes=scopes)[1]}"}
        answer = client.patch(
            f"/api/portfolios/{portfolio.pk}/",
            '{"is_published": true}',
            content_type="application/json",
            headers=headers,
        )
        assert answer.status_code == status, answer.content


def test_rows_are_written_in_the_shapes_of_the_source_document(client_of: Any, ada: Any) -> None:
    api = client_of(ada)
    project = {
        "title": "Tides",
        "description": "Maps",
        "image_url": "https://example.org/a.png",
        "technologies": ["Python", "PostGIS"],
        "link": "https://example.org/",
    }
    made = api.post("/api/projects/", project, format="json")
    assert made.status_code == 201 and {name: made.json()[name] for name in project} == project
    skill = api.post(
        "/api/skills/", {"name": "Python", "category": "Language", "level": 4, "years": 2.5}, format="json"
    )
    assert skill.status_code == 201 and (skill.json()["level"], skill.json()["years"]) == (4, 2.5)
    resume = api.post("/api/resumes/", {"title": "Long", "content": RESUME}, format="json")
    assert resume.status_code == 201 and resume.json()["content"] == RESUME
    for path, row in (("projects", made), ("skills", skill), ("resumes", resume)):
        here = row["Location"]
        field = "name" if path == "skills" else "title"
        assert here == f"/api/{path}/{row.json()['id']}/"
        assert api.patch(here, {field: "New"}, format="json").json()[field] == "New"
        assert api.get(f"/api/{path}/?search=new").json()["count"] == 1
        assert api.delete(here).status_code == 204
        assert api.get(f"/api/{path}/").json()["count"] == 0


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("projects", {"title": "A", "link": "javascript:alert(1)"}, "link"),
        ("projects", {"title": "A", "image_url": "mailto:a@b.c"}, "image_url"),
        ("projects", {"title": "A", "technologies": "Python"}, "technologies"),
        ("projects", {"title": "A", "technologies": [""]}, "technologies"),
        ("projects", {"title": "A", "start_date": "2024-6"}, "start_date"),
        ("projects", {"title": ""}, "title"),
        ("skills", {"name": "A", "category": "Sport"}, "category"),
        ("skills", {"name": "A", "level": 6}, "level"),
        ("skills", {"name": "A", "years": -1}, "years"),
        ("resumes", {"title": "A", "content": {"work": {}}}, "content"),
    ],
)
def test_a_row_that_is_wrong_names_its_field(path: str, body: Any, field: str, client_of: Any, ada: Any) -> None:
    answer = client_of(ada).post(f"/api/{path}/", body, format="json")
    assert answer.status_code == 400 and list(answer.json()) == [field]


def test_a_resume_goes_in_and_comes_out_equal(client_of: Any, ada: Any) -> None:
    api = client_of(ada)
    strange = {**RESUME, "x-team": {"a": [1, 2.5, None, True]}, "meta": {"version": "v1.0.0", "mine": "é"}}
    made = api.post("/api/resumes/import/", {"content": strange, "rows": True}, format="json")
    assert made.status_code == 201, made.content
    data = made.json()
    assert data["resume"]["title"] == "Ada Marsh, Engineer"
    assert [row["title"] for row in data["projects"]] == ["Tide tables"]
    assert [row["name"] for row in data["skills"]] == ["Python"]
    out = api.get(f"/api/resumes/{data['resume']['id']}/export/?format=json")
    assert json.loads(out.content) == strange
    assert out["Content-Disposition"] == 'attachment; filename="ada-marsh-engineer.json"'
    again = api.post("/api/resumes/import/", {"content": strange, "rows": True}, format="json").json()
    assert again["projects"] == again["skills"] == []
    assert api.get(f"/api/resumes/{data['resume']['id']}/export/?format=docx").status_code in (400, 404)


def test_a_file_can_be_sent(client_of: Any, ada: Any, bob: Any) -> None:
    api = client_of(ada)
    file = archive({"Profile.csv": "First Name,Last Name,Headline\nAda,Marsh,Engineer\n"})
    made = api.post("/api/resumes/import/", {"file": file, "title": "From LinkedIn"}, format="multipart")
    assert made.status_code == 201, made.content
    assert made.json()["resume"]["content"]["basics"] == {"name": "Ada Marsh", "label": "Engineer"}
    bad = api.post("/api/resumes/import/", {"file": archive({"a.txt": "x"})}, format="multipart")
    assert bad.status_code == 400 and "LinkedIn" in bad.json()["file"][0]
    assert api.post("/api/resumes/import/", {}, format="json").status_code == 400
    wrong = api.post("/api/resumes/import/", {"content": {"work": [{"startDate": "now"}]}}, format="json")
    assert wrong.json()["content"][0]["loc"] == ["work", "0", "startDate"]
    assert client_of(bob).get(f"/api/resumes/{made.json()['resume']['id']}/export/").status_code == 404


def test_lists_ask_a_fixed_number_of_questions(
    client_of: Any, ada: Any, library: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        create_row(get_project_model(), actor=ada, title=f"Project {number}")
        client_of(ada).post("/api/portfolios/", {"title": f"P{number}", "pages": PAGES}, format="json")
    with django_assert_max_num_queries(2):
        assert client_of(ada).get("/api/projects/").json()["count"] == 6
    # Two for the lists, the others for what groups and posts grant.
    with django_assert_max_num_queries(5):
        assert client_of(ada).get("/api/portfolios/").json()["count"] == 5
