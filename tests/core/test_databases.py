"""A database that is locked, away or used wrongly: what clients are told."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.test import AsyncClient, Client
from django.urls import path
from django.utils.html import strip_tags

from ai_cms.core.databases import database_refusal

BROWSER = {"Accept": "text/html,*/*;q=0.8"}


def locked(request: HttpRequest) -> HttpResponse:
    raise OperationalError("database is locked")


def locked_while_rendering(request: HttpRequest) -> HttpResponse:
    def late() -> str:
        raise OperationalError("database is locked")

    return TemplateResponse(request, "admin/login.html", {"site_title": late, "title": late})


def mistaken(request: HttpRequest) -> HttpResponse:
    raise IntegrityError("NOT NULL constraint failed")


urlpatterns = [path("locked/", locked), path("rendering/", locked_while_rendering), path("mistaken/", mistaken)]


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [*django_settings.MIDDLEWARE, "ai_cms.core.middleware.DatabaseErrorMiddleware"]


@pytest.mark.parametrize("address", ["/locked/", "/rendering/"])
def test_browsers_are_told_to_come_back(address: str) -> None:
    answer = Client().get(address, headers=BROWSER)
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "1", "no-store")
    assert "busy for a moment" in strip_tags(answer.content.decode())


def test_programs_get_the_code() -> None:
    answer = Client().get("/locked/", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (503, "database_busy")


def test_async_servers_answer_the_same() -> None:
    answer = asyncio.run(AsyncClient().get("/locked/", headers=BROWSER))
    assert answer.status_code == 503


def test_mistakes_stay_mistakes() -> None:
    with pytest.raises(IntegrityError):
        Client().get("/mistaken/")


def from_sqlite(work: Callable[[sqlite3.Connection], Any]) -> OperationalError:
    connection = sqlite3.connect(":memory:")
    try:
        work(connection)
    except sqlite3.OperationalError as cause:
        error = OperationalError(str(cause))
        error.__cause__ = cause
        return error
    finally:
        connection.close()
    raise AssertionError("SQLite took it.")


def test_a_missing_table_is_not_an_outage() -> None:
    assert database_refusal(from_sqlite(lambda connection: connection.execute("SELECT * FROM nothing"))) is None


def test_a_file_that_cannot_be_opened_is() -> None:
    refusal = database_refusal(from_sqlite(lambda connection: connection.execute("ATTACH '/nowhere/at/all' AS x")))
    assert refusal is not None
    assert (refusal.status_code, refusal.code) == (503, "database_unavailable")
