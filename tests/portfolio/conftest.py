"""Fixtures for the tests of portfolios."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from rest_framework.test import APIClient

from ai_cms.pages import services
from ai_cms.pages.models import Site
from ai_cms.portfolio import get_project_model, get_resume_model, get_skill_model
from ai_cms.portfolio.services import create_portfolio, create_row
from tests.conftest import make_user

RESUME: dict[str, Any] = {
    "basics": {
        "name": "Ada Marsh",
        "label": "Engineer",
        "email": "ada@example.com",
        "phone": "+44 1234 567",
        "location": {"city": "Leeds", "countryCode": "GB"},
    },
    "work": [
        {"name": "Harbour Office", "position": "Lead", "startDate": "2021-04", "highlights": ["Tides to the minute"]},
        {"name": "Harbour Office", "position": "Engineer", "startDate": "2018", "endDate": "2021-03"},
    ],
    "education": [{"institution": "Leeds", "studyType": "BSc", "area": "Physics", "endDate": "2017-06-30"}],
    "skills": [{"name": "Python", "keywords": ["Django"]}],
    "projects": [{"name": "Tide tables", "keywords": ["Maps"], "url": "https://example.org/tides"}],
}


@pytest.fixture
def site(db: None) -> Site:
    return services.create_site(hostname="testserver", name="Test site", title="Home", is_default=True)


@pytest.fixture
def ada(site: Site) -> Any:
    return make_user("ada")


@pytest.fixture
def bob(site: Site) -> Any:
    return make_user("bob")


@pytest.fixture
def client_of() -> Callable[[Any], APIClient]:
    """Return a function that makes an API client of a user."""

    def make(user: Any) -> APIClient:
        client = APIClient()
        client.force_authenticate(user)
        return client

    return make


@pytest.fixture
def library(ada: Any) -> dict[str, Any]:
    """Return a project, a skill and a résumé of Ada's."""
    return {
        "project": create_row(
            get_project_model(), actor=ada, title="Tide tables", description="Every harbour.", technologies=["Maps"]
        ),
        "skill": create_row(get_skill_model(), actor=ada, name="Python", category="Language", level=4, years="6.5"),
        "resume": create_row(get_resume_model(), actor=ada, title="Long", content=RESUME),
    }


def block(kind: str, **props: Any) -> dict[str, Any]:
    return {"type": kind, "props": props}


PAGES: list[dict[str, Any]] = [
    {"title": "Home", "slug": "home", "blocks": [block("hero", heading="Ada Marsh", level=1), block("project_grid")]},
    {"title": "About me", "blocks": [block("rich_text", html="<p>Hello</p>")]},
]


@pytest.fixture
def portfolio(ada: Any) -> Any:
    """Return a draft of Ada's with two pages."""
    return create_portfolio(actor=ada, title="Ada Marsh", role="Engineer", goal="job", pages=PAGES)


def archive(files: Mapping[str, str | bytes], **options: Any) -> io.BytesIO:
    """Return a ZIP with these files."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED, **options) as made:
        for name, content in files.items():
            made.writestr(name, content)
    kept.seek(0)
    kept.name = "export.zip"
    return kept
