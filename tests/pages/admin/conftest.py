"""Fixtures for the tests of the page admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ai_cms.pages import get_page_model


@pytest.fixture
def url() -> Callable[..., str]:
    """Return a function that gives the URL of one of the page admin's views."""
    meta = get_page_model()._meta

    def give(name: str, *args: Any) -> str:
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=args)

    return give


def logged_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def boss(superuser: Any) -> Client:
    """Return a browser in which a superuser is logged in."""
    return logged_in(superuser)


@pytest.fixture
def staff(editor: Any) -> Client:
    """Return a browser in which a staff user of the group Editors is logged in."""
    return logged_in(editor)


@pytest.fixture
def reader(db: None) -> Client:
    """Return a browser in which a staff user is logged in who may view everything and change nothing."""
    from django.contrib.auth.models import Permission

    from tests.conftest import make_user

    user = make_user("reader", is_staff=True)
    codenames = Permission.objects.filter(content_type__app_label__startswith="ai_cms", codename__startswith="view_")
    meta = get_page_model()._meta
    user.user_permissions.add(
        *codenames, *Permission.objects.filter(content_type__app_label=meta.app_label, codename__startswith="view_")
    )
    return logged_in(user)
