"""A form without a valid token: what the admin answers, and that nothing typed is lost by it."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import path

from ai_cms.core import csrf

TYPED = {"username": "<b>ann</b>", "password": "s3cret-word", "new_password1": "s3cret-word", "api_key": "s3cret-word",
         "csrfmiddlewaretoken": "s3cret-word", "_save": "Save", "note": "Twenty lines\nof mine"}  # fmt: skip
ADDRESS = "/admin/auth/group/add/"
urlpatterns = [path("page/", lambda request: HttpResponse("A page."))]


@pytest.fixture
def client(superuser: Any) -> Client:
    made = Client(enforce_csrf_checks=True)
    made.force_login(superuser)
    return made


def test_the_admin_says_what_to_do_and_gives_back_what_was_typed(client: Client) -> None:
    answer = client.post(ADDRESS, TYPED)
    html = answer.content.decode()
    assert (answer.status_code, answer["Cache-Control"]) == (403, "private, no-store")
    assert 'id="content-main"' in html
    assert 'class="breadcrumbs' in html
    assert "Go back with the button of your browser" in html
    assert "&lt;b&gt;ann&lt;/b&gt;</textarea>" in html
    assert "Twenty lines\nof mine</textarea>" in html
    assert "s3cret-word" not in html
    assert "_save" not in html
    # The same where nobody is logged in: the form for it is of the admin too.
    assert 'id="content-main"' in Client(enforce_csrf_checks=True).post("/admin/login/", TYPED).content.decode()


def test_long_texts_are_shown_up_to_a_limit(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csrf, "MAX_SHOWN", 20)
    monkeypatch.setattr(csrf, "MAX_SHOWN_OF_ALL", 30)
    html = client.post(ADDRESS, {f"text_{number}": "§" * 25 for number in range(5)}).content.decode()
    assert html.count("§") == 30


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        ({"Origin": "http://testserver"}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
    ],
)
def test_what_another_site_sent_is_nobodys_text(client: Client, headers: dict[str, str], shown: bool) -> None:
    html = client.post(ADDRESS, TYPED, headers=headers).content.decode()
    assert 'id="content-main"' in html
    assert ("of mine</textarea>" in html) == shown


def test_scripts_get_json(client: Client) -> None:
    answer = client.post(ADDRESS, TYPED, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()) == (
        403,
        {"detail": "The form was not taken, so nothing was saved."},
    )


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_outside_of_the_admin_everything_is_as_it_was(settings: Any, tmp_path: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    address = "/page/"
    bare = client.post(address, TYPED)
    with override_settings(CSRF_FAILURE_VIEW="django.views.csrf.csrf_failure"):
        assert client.post(address, TYPED).content == bare.content
    assert bare.status_code == 403
    (tmp_path / "403_csrf.html").write_text("Ours.")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    assert client.post(address, TYPED).content == b"Ours."


def test_a_view_that_the_project_has_named_stays(settings: Any) -> None:
    settings.CSRF_FAILURE_VIEW = "shop.views.csrf_failure"
    csrf.declare_view()
    assert settings.CSRF_FAILURE_VIEW == "shop.views.csrf_failure"
    settings.CSRF_FAILURE_VIEW = "django.views.csrf.csrf_failure"
    csrf.declare_view()
    assert settings.CSRF_FAILURE_VIEW == "ai_cms.core.csrf.csrf_failure"
