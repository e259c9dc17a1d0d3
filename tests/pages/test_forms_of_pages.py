"""A page type may take a form, such as one to write to the owner of the site."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from ai_cms.core.permissions import Actor
from ai_cms.pages import services

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not apps.is_installed("tests.pages.kinds"), reason="its page type derives from the library's page"
    ),
]


@pytest.fixture
def contact(page_factory: Any) -> Any:
    return page_factory("Contact", page_type="kinds.contactpage", publish=True)


def test_the_published_page_receives_it(contact: Any, system: Actor) -> None:
    services.update_page(contact, actor=system, fields={"title": "Changed"})
    answer = Client().post("/contact/", {"name": "Ada"})
    assert (answer.status_code, answer["Location"]) == (302, "?thanks=Ada&from=Contact")


def test_a_page_that_takes_none_says_so(contact: Any, page_factory: Any) -> None:
    page_factory("Plain", publish=True)
    page_factory("Draft", page_type="kinds.contactpage")
    for path in ("/plain/", "/draft/", "/nothing/", "/contact/a%00b/"):
        assert Client().post(path, {"name": "Ada"}).status_code == 405, path
    assert Client().post("/contact/", {"silent": "1"}).status_code == 405
    assert Client().put("/contact/").status_code == 405


def test_a_form_without_the_token_is_refused(contact: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/contact/", {"name": "Ada"}).status_code == 403
    client.cookies["csrftoken"] = token = "a" * 32
    assert client.post("/contact/", {"name": "Ada", "csrfmiddlewaretoken": token}).status_code == 302
