"""The page of a project that has published nothing yet."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from ai_cms.pages import services

pytestmark = pytest.mark.django_db


def states(client: Client, **extra: Any) -> list[str]:
    answer = client.get("/", **extra)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    html = answer.content.decode()
    assert 'content="noindex"' in html
    for forbidden in ("<style", "style=", "<script", "http://", "https://", "onclick"):
        assert forbidden not in html
    return re.findall(r'<li class="(\w+)"', html)


def test_a_project_without_a_site_says_what_to_do(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert states(client) == ["current", "later", "later"]
    html = client.get("/", headers={"Host": "garden.example:8000"}).content.decode()
    assert "python manage.py create_site garden.example:8000" in html
    assert client.get("/elsewhere/").status_code == 404


def test_with_debug_it_stays_until_the_home_page_is_published(
    client: Client, settings: Any, superuser: Any, system: Any
) -> None:
    settings.DEBUG = True
    assert states(client) == ["current", "done", "later"]
    site = services.create_site(hostname="testserver", title="Home")
    superuser.delete()
    assert states(client) == ["done", "current", "later"]
    html = client.get("/").content.decode()
    meta = type(site.root)._meta
    assert f"/admin/{meta.app_label}/{meta.model_name}/{site.root.pk}/change/" in html
    services.publish_page(site.root, actor=system)
    assert "<h1>Home</h1>" in client.get("/").content.decode()


def test_strangers_of_a_public_site_get_a_404(client: Client, site: Any) -> None:
    assert client.get("/").status_code == 404
