"""Portfolios and what they are made of in the admin."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from ai_cms.portfolio import get_portfolio_model, get_project_model, get_resume_model, get_skill_model
from ai_cms.portfolio.services import update_portfolio
from tests.conftest import make_user

from .conftest import RESUME, archive

pytestmark = pytest.mark.django_db


def link(model: Any, name: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def test_portfolios_are_listed_edited_as_pages_and_taken_off(
    client: Any, superuser: Any, portfolio: Any, ada: Any
) -> None:
    update_portfolio(portfolio, actor=ada, is_published=True)
    client.force_login(superuser)
    model = get_portfolio_model()
    listed = client.get(link(model, "changelist"))
    assert b"/p/ada-marsh/" in listed.content
    page = client.get(link(model, "change", portfolio.pk))
    assert page.status_code == 302 and client.get(page["Location"]).status_code == 200
    answer = client.post(link(model, "changelist"), {"action": "take_off", "_selected_action": [portfolio.pk]})
    assert answer.status_code == 302 and not model.objects.get(pk=portfolio.pk).live


def test_staff_see_what_their_permissions_say(client: Any, library: Any, ada: Any) -> None:
    staff = make_user("staff", is_staff=True)
    client.force_login(staff)
    for model, row in (
        (get_project_model(), library["project"]),
        (get_skill_model(), library["skill"]),
        (get_resume_model(), library["resume"]),
    ):
        assert str(row).encode() not in client.get(link(model, "changelist")).content
        assert client.get(link(model, "change", row.pk)).status_code in (302, 403, 404)
        meta = model._meta
        staff.user_permissions.add(
            Permission.objects.get(codename=f"view_{meta.model_name}", content_type__app_label=meta.app_label)
        )
    client.force_login(type(staff).objects.get(pk=staff.pk))
    listed = client.get(link(get_project_model(), "changelist"))
    assert b"Tide tables" in listed.content
    assert client.post(link(get_project_model(), "delete", library["project"].pk), {"post": "yes"}).status_code == 403


def test_a_resume_goes_in_and_out(client: Any, superuser: Any) -> None:
    client.force_login(superuser)
    model = get_resume_model()
    assert link(model, "import").encode() in client.get(link(model, "changelist")).content
    file = archive({"Profile.csv": "First Name,Last Name\nAda,Marsh\n"})
    made = client.post(link(model, "import"), {"file": file, "rows": "on"})
    resume = model.objects.get()
    assert made["Location"] == link(model, "change", resume.pk) and resume.owner_id == superuser.pk
    assert link(model, "export", resume.pk).encode() in client.get(made["Location"]).content
    assert json.loads(client.get(link(model, "export", resume.pk)).content) == resume.content
    refused = client.post(link(model, "import"), {"file": archive({"a": "b"})})
    assert refused.status_code == 200 and b"no export of LinkedIn" in refused.content


def test_a_resume_that_is_wrong_is_told_with_its_place(client: Any, superuser: Any, library: Any) -> None:
    client.force_login(superuser)
    resume = library["resume"]
    here = link(get_resume_model(), "change", resume.pk)
    wrong = json.dumps({**RESUME, "work": [{"startDate": "soon"}]})
    refused = client.post(here, {"title": "Long", "content": wrong, "owner": resume.owner_id})
    assert refused.status_code == 200 and b"work.0.startDate" in refused.content
    kept = client.post(here, {"title": "Short", "content": json.dumps(RESUME), "owner": resume.owner_id})
    assert kept.status_code == 302 and get_resume_model().objects.get().title == "Short"
