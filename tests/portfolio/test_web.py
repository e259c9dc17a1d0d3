"""The guided steps and the library as somebody without scripts walks through them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import override_settings

from ai_cms.portfolio import get_portfolio_model, get_project_model, get_resume_model, get_skill_model
from ai_cms.portfolio.services import update_portfolio
from tests.conftest import make_user

from .conftest import RESUME, archive

pytestmark = pytest.mark.django_db


@pytest.fixture
def walker(client: Any, ada: Any) -> Any:
    client.force_login(ada)
    return client


def version() -> int:
    return int(get_portfolio_model().objects.get().version)


def test_from_nothing_to_a_published_portfolio(walker: Any, library: Any, client: Any) -> None:
    index = walker.get("/portfolio/")
    assert b"You have none yet" in index.content and {"private", "no-store"} <= set(index["Cache-Control"].split(", "))
    made = walker.post("/portfolio/new/", {"title": "Ada Marsh"})
    key = get_portfolio_model().objects.get().pk
    assert made["Location"] == f"/portfolio/{key}/goal/"

    def step(name: str, **data: Any) -> Any:
        assert walker.get(f"/portfolio/{key}/")["Location"] == f"/portfolio/{key}/{name}/"
        page = walker.get(f"/portfolio/{key}/{name}/")
        assert page.status_code == 200 and b'aria-current="step"' in page.content
        return walker.post(f"/portfolio/{key}/{name}/", {"version": version(), **data})

    assert step("goal", goal="job")["Location"].endswith("/role/")
    assert step("role", title="Ada Marsh", role="Engineer")["Location"].endswith("/content/")
    content = {
        "heading": "Ada Marsh",
        "tagline": "Engineer",
        "about": "I build\r\nboats.",
        "show_projects": "on",
        "projects": [library["project"].pk],
        "show_skills": "on",
        "timeline": "on",
        "resume": library["resume"].pk,
        "email": "ada@example.com",
    }
    assert step("content", **content)["Location"].endswith("/design/")
    colours = {"primary": "#1d4ed8", "background": "#ffffff", "text": "#16181d", "dark_primary": "#8fb3ff"}
    bad = step("design", layout="plain", **{**colours, "primary": "#dddddd"})
    assert bad.status_code == 200 and b"has a contrast of" in bad.content and b'value="#dddddd"' in bad.content
    good = step("design", layout="plain", **{**colours, "primary": "#0a6b2d"}, heading_font="serif", radius="4")
    assert good["Location"].endswith("/publish/")
    stored = get_portfolio_model().objects.get().design
    assert stored == {
        "layout": "plain",
        "colors": {"primary": "#0a6b2d"},
        "fonts": {"heading": "serif"},
        "radius": 4,
    }
    assert step("publish", slug="ada")["Location"].endswith("/publish/")
    shown = walker.get("/p/ada/").content.decode()
    for words in ("Tide tables", "I build<br>boats.", "Harbour Office", "mailto:ada@example.com"):
        assert words in shown
    assert walker.get("/p/ada/resume/").status_code == 200
    assert b"Published" in walker.get("/portfolio/").content
    assert walker.post(f"/portfolio/{key}/publish/", {"unpublish": "1"}).status_code == 302
    assert walker.get("/p/ada/").status_code == 404
    walker.post(f"/portfolio/{key}/publish/", {"guided": "0"})
    assert b'aria-current="step"' not in walker.get(f"/portfolio/{key}/publish/").content
    assert walker.post(f"/portfolio/{key}/delete/").status_code == 302
    assert not get_portfolio_model().objects.exists()


def test_a_draft_with_errors_says_what_is_missing(walker: Any, ada: Any, portfolio: Any) -> None:
    pages = [{"title": "Home", "blocks": [{"type": "hero", "props": {"heading": ""}}]}]
    update_portfolio(portfolio, actor=ada, pages=pages)
    here = f"/portfolio/{portfolio.pk}/publish/"
    assert b"What is missing" in walker.get(here).content
    refused = walker.post(here, {"version": version(), "slug": "ada-marsh"})
    assert refused.status_code == 200 and b"pf-errors" in refused.content
    assert walker.post(here, {"version": version(), "slug": "no good"}).status_code == 200


def test_what_was_written_for_an_older_version_is_not_lost(walker: Any, ada: Any, portfolio: Any) -> None:
    old = portfolio.version
    update_portfolio(portfolio, actor=ada, role="Changed elsewhere")
    refused = walker.post(f"/portfolio/{portfolio.pk}/role/", {"version": old, "title": "Mine", "role": "My words"})
    text = refused.content.decode()
    assert refused.status_code == 200 and "was changed elsewhere" in text and 'value="My words"' in text
    assert get_portfolio_model().objects.get().role == "Changed elsewhere"


def test_strangers_find_nothing(client: Any, portfolio: Any, library: Any) -> None:
    pages = [
        f"/portfolio/{portfolio.pk}/{name}" for name in ("", "goal/", "content/", "design/", "publish/", "delete/")
    ]
    rows = [f"/portfolio/library/projects/{library['project'].pk}/{name}" for name in ("", "delete/")]
    resumes = [f"/portfolio/library/resumes/{library['resume'].pk}/{name}" for name in ("", "json/", "export/")]
    for path in [*pages, *rows, *resumes]:
        away = client.get(path)
        assert away.status_code == 302 and "login" in away["Location"]
    client.force_login(make_user("bob"))
    for path in [*pages, *rows, *resumes]:
        assert client.get(path).status_code == 404, path
    assert client.get("/portfolio/library/nonsense/").status_code == 404
    assert b"Tide tables" not in client.get("/portfolio/library/projects/").content


@pytest.mark.parametrize(
    ("kind", "model", "good", "bad", "field"),
    [
        (
            "projects",
            get_project_model,
            {"title": "Sea charts", "technologies": "Python, , Maps", "link": "https://example.org/"},
            {"title": "Sea charts", "link": "javascript:alert(1)"},
            "link",
        ),
        ("skills", get_skill_model, {"name": "Sailing", "category": "Other", "level": "3"}, {"name": "x"}, "category"),
    ],
)
def test_the_library(kind: str, model: Any, good: Any, bad: Any, field: str, walker: Any, ada: Any) -> None:
    assert walker.get(f"/portfolio/library/{kind}/").status_code == 200
    refused = walker.post(f"/portfolio/library/{kind}/add/", bad)
    assert refused.status_code == 200 and f"id_{field}_error" in refused.content.decode()
    assert walker.post(f"/portfolio/library/{kind}/add/", good).status_code == 302
    row = model().objects.get()
    assert row.owner_id == ada.pk
    here = f"/portfolio/library/{kind}/{row.pk}/"
    assert walker.get(here).status_code == 200
    assert walker.post(here, good).status_code == 302
    if kind == "projects":
        assert model().objects.get().technologies == ["Python", "Maps"]
    assert str(row) in walker.get(f"{here}delete/").content.decode()
    assert walker.post(f"{here}delete/").status_code == 302 and not model().objects.exists()


def forms_of(**parts: Any) -> dict[str, Any]:
    """Return what a browser sends of the form of a résumé."""
    data: dict[str, Any] = {}
    for part in ("work", "education"):
        entries = parts.get(part, [])
        data |= {
            f"{part}-TOTAL_FORMS": len(entries),
            f"{part}-INITIAL_FORMS": sum("number" in entry for entry in entries),
        }
        for number, entry in enumerate(entries):
            data |= {f"{part}-{number}-{name}": value for name, value in entry.items()}
    return data


def test_a_resume_is_written_in_a_form(walker: Any, ada: Any) -> None:
    page = walker.get("/portfolio/library/resumes/add/")
    assert page.status_code == 200 and b"A new entry" in page.content
    basics = {"title": "Mine", "name": "Ada Marsh", "url": "example.org", "skills": "Python, Sailing", "city": "Leeds"}
    entries = [{"position": "Lead", "name": "Harbour Office", "startDate": "2021-04", "highlights": "One\r\nTwo"}]
    wrong = walker.post("/portfolio/library/resumes/add/", {**basics, **forms_of(work=[{"startDate": "soon"}])})
    assert b"Write a date as" in wrong.content and b"Ada Marsh" in wrong.content
    done = walker.post("/portfolio/library/resumes/add/", {**basics, **forms_of(work=entries), "more": "1"})
    resume = get_resume_model().objects.get()
    assert done["Location"] == f"/portfolio/library/resumes/{resume.pk}/" and resume.owner_id == ada.pk
    assert resume.content == {
        "basics": {"name": "Ada Marsh", "url": "https://example.org", "location": {"city": "Leeds"}},
        "skills": [{"name": "Python"}, {"name": "Sailing"}],
        "work": [
            {
                "position": "Lead",
                "name": "Harbour Office",
                "startDate": "2021-04",
                "highlights": ["One", "Two"],
            }
        ],
    }
    here = f"/portfolio/library/resumes/{resume.pk}/"
    assert walker.get(here).status_code == 200
    kept = {"number": "0", **entries[0]}
    walker.post(here, {**basics, **forms_of(work=[{**kept, "DELETE": "on"}], education=[{"area": "Physics"}])})
    content = get_resume_model().objects.get().content
    assert content["work"] == [] and content["education"] == [{"area": "Physics"}]
    assert walker.get(f"{here}json/").status_code == 200
    refused = walker.post(f"{here}json/", {"title": "Mine", "content": '{"work": 1}'})
    assert b"id_content_error" in refused.content
    assert walker.post(f"{here}json/", {"title": "Mine", "content": json.dumps(RESUME)}).status_code == 302
    assert get_resume_model().objects.get().content == RESUME
    assert walker.post(f"{here}delete/").status_code == 302


def test_a_resume_is_taken_in_and_handed_out(walker: Any) -> None:
    file = archive({"Profile.csv": "First Name,Last Name\nAda,Marsh\n", "Skills.csv": "Name\nPython\n"})
    done = walker.post("/portfolio/library/resumes/import/", {"file": file, "rows": "on"}, follow=True)
    assert "Imported: a résumé, 0 projects and 1 skills." in done.content.decode()
    resume = get_resume_model().objects.get()
    out = walker.get(f"/portfolio/library/resumes/{resume.pk}/export/")
    assert json.loads(out.content) == resume.content
    refused = walker.post("/portfolio/library/resumes/import/", {"file": archive({"a": "b"})})
    assert "no export of LinkedIn" in refused.content.decode()


def test_at_the_limit_the_form_says_so(walker: Any, portfolio: Any) -> None:
    with override_settings(AI_CMS={"PORTFOLIO_MAX_PER_USER": 1}):
        refused = walker.post("/portfolio/new/", {"title": "Another"})
    assert refused.status_code == 200 and b"You have 1 already" in refused.content
