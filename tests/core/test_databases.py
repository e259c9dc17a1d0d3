"""A database that is locked, away or used wrongly: what clients are told."""

from __future__ import annotations

import asyncio
import errno
import io
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import DatabaseError, IntegrityError, InternalError, OperationalError, connection
from django.db.utils import ConnectionHandler
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.test import AsyncClient, Client
from django.urls import path
from django.utils.html import strip_tags

from ai_cms.core import databases
from ai_cms.core.databases import database_refusal
from ai_cms.core.models import RuntimeFlag

SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": "/data/site.sqlite3"}
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


def test_tools_get_a_line() -> None:
    answer = Client().get("/locked/", headers={"Accept": "*/*"})
    assert (answer.status_code, answer["Content-Type"]) == (503, "text/plain; charset=utf-8")
    assert answer.content == b"The database is busy, try again.\n"


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


class Driver(Exception):
    """What a driver raised, with its code."""

    def __init__(self, **codes: str) -> None:
        self.__dict__.update(codes)


def raised(error: DatabaseError, **codes: str) -> DatabaseError:
    error.__cause__ = Driver(**codes)
    return error


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (raised(InternalError("read-only transaction"), sqlstate="25006"), "database_read_only", "changed for now"),
        (
            raised(OperationalError("readonly"), sqlite_errorname="SQLITE_READONLY"),
            "database_read_only",
            "changed for now",
        ),
        (raised(OperationalError("no space left"), sqlstate="53100"), "database_full", "disk is full"),
        (raised(OperationalError("disk is full"), sqlite_errorname="SQLITE_FULL"), "database_full", "disk is full"),
        (raised(OperationalError("canceling"), sqlstate="57014"), "database_busy", "busy for a moment"),
        (raised(OperationalError("too many connections"), sqlstate="53300"), "database_unavailable", "not reachable"),
        (OperationalError("connection timeout expired"), "database_unavailable", "not reachable"),
    ],
)
def test_each_outage_has_its_code_its_words_and_one_line(
    error: DatabaseError, code: str, words: str, monkeypatch: Any, caplog: Any
) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    monkeypatch.setattr(urlpatterns[0], "callback", view)
    page = Client().get("/locked/", headers=BROWSER)
    assert page.status_code == 503
    assert words in strip_tags(page.content.decode())
    data = Client().get("/locked/", headers={"Accept": "application/json"})
    assert (data.status_code, data.json()["code"]) == (503, code)
    own = [record for record in caplog.records if record.name == "ai_cms.core.databases"]
    assert len(own) == 2
    assert not any(record.exc_info for record in own)


@pytest.mark.parametrize("name", ["SQLITE_IOERR", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_WRITE", "SQLITE_CANTOPEN"])
@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "database_full"), (errno.EDQUOT, "database_full"), (errno.EACCES, "database_unavailable")],
)
def test_a_full_disk_is_told_whatever_sqlite_calls_it(name: str, number: int, code: str, monkeypatch: Any) -> None:
    """SQLite has one word for a full disk while it writes, and others for a quota and for a log that it cannot begin."""

    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError(number, "no")

    asked: list[Any] = []
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda dir: asked.append(dir) or Full())
    monkeypatch.setattr(databases, "connections", ConnectionHandler({"default": SQLITE}))
    refusal = database_refusal(raised(OperationalError("disk I/O error"), sqlite_errorname=name))
    assert refusal is not None
    assert (refusal.status_code, refusal.code) == (503, code)
    assert asked == [Path("/data")]


def test_other_internal_errors_stay_mistakes() -> None:
    assert database_refusal(raised(InternalError("cache lookup failed"), sqlstate="XX000")) is None


@pytest.mark.django_db(transaction=True)
def test_a_database_that_really_takes_no_writes() -> None:
    postgres = connection.vendor == "postgresql"
    on, off = (
        ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off")
        if postgres
        else ("PRAGMA query_only = 1", "PRAGMA query_only = 0")
    )
    with connection.cursor() as cursor:
        cursor.execute(on)
        try:
            with pytest.raises(DatabaseError) as caught:
                RuntimeFlag.objects.create(name="x")
        finally:
            cursor.execute(off)
    refusal = database_refusal(caught.value)
    assert refusal is not None
    assert (refusal.status_code, refusal.code, refusal.retry_after) == (503, "database_read_only", 5)
