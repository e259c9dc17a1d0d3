"""Stored HTML: what it follows, and that nobody who reads waits for somebody who writes."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from ai_cms.core.flags import forget_flags
from ai_cms.core.permissions import Actor
from ai_cms.core.tokens import create_token
from ai_cms.pages import services
from ai_cms.pages.models import Publication, Site
from ai_cms.pages.rendering import html_key
from tests.conftest import make_user

LIST = {"type": "page_list", "props": {"title": "All"}}


def key_of(path: str = "/bread/") -> str:
    return html_key(Publication.objects.select_related("site").get(path=path))


def test_the_key_follows_static_files_code_and_the_site(page_factory: Any, settings: Any, monkeypatch: Any) -> None:
    page_factory("Bread", publish=True)
    keys = {key_of()}
    monkeypatch.setattr(staticfiles_storage._wrapped, "manifest_hash", "d41d8cd98f", raising=False)
    keys.add(key_of())
    settings.STATIC_URL = "/elsewhere/"
    keys.add(key_of())
    settings.AI_CMS = {"CODE_VERSION": "2"}
    keys.add(key_of())
    Site.objects.update(name="Another name")
    keys.add(key_of())
    assert len(keys) == 5
    assert key_of() in keys


def test_the_key_is_the_same_in_each_process(page_factory: Any, settings: Any) -> None:
    class Odd:
        def __str__(self) -> str:
            return "odd"

    page_factory("Bread", publish=True)
    settings.AI_CMS = {"X": {"b", "a", "c"}, "Y": Odd()}
    first = key_of()
    settings.AI_CMS = {"Y": Odd(), "X": {"c", "b", "a"}}
    assert key_of() == first
    settings.AI_CMS = {"X": {1: 1, "a": 2}}
    assert key_of() == key_of()


def test_a_saved_site_renews_its_pages_and_takes_no_generation_back(page_factory: Any, client: Any, site: Any) -> None:
    page_factory("Bread", publish=True)
    client.get("/bread/")
    stale = Site.objects.get()
    page_factory("Cake", publish=True)
    generation = Site.objects.get().generation
    stale.name = "The new name"
    stale.save()
    assert Site.objects.get().generation > generation
    assert "The new name" in client.get("/bread/").content.decode()


def test_what_expires_leaves_lists_and_menus_at_that_moment(
    page_factory: Any, client: Any, system: Any, monkeypatch: Any, django_assert_num_queries: Any
) -> None:
    page_factory("Overview", publish=True, content=[LIST])
    page = page_factory("Short-lived", publish=True, fields={"in_menus": True})
    services.schedule_page(page, actor=system, expire_at=timezone.now() + timedelta(minutes=5))
    etag = client.get("/overview/")["ETag"]
    assert client.get("/overview/").content.count(b"/short-lived/") == 2
    later = timezone.now() + timedelta(minutes=6)
    monkeypatch.setattr(timezone, "now", lambda: later)
    answer = client.get("/overview/", headers={"If-None-Match": etag})
    assert answer.status_code == 200
    assert b"/short-lived/" not in answer.content
    with django_assert_num_queries(1):
        assert client.get("/overview/").content == answer.content
    services.publish_scheduled()
    assert b"/short-lived/" not in client.get("/overview/").content


@contextmanager
def locked_by_another_process() -> Iterator[None]:
    """Hold the write lock of the database, as another process does that writes for long."""
    writer: Any
    if connection.vendor == "sqlite":
        writer = sqlite3.connect(str(connection.settings_dict["NAME"]), isolation_level=None, check_same_thread=False)
        writer.execute("BEGIN IMMEDIATE")
    else:
        writer = connections.create_connection("default")
        writer.set_autocommit(False)
        writer.cursor().execute("SELECT id FROM ai_cms_pages_publication FOR UPDATE")
    try:
        yield
    finally:
        if connection.vendor == "sqlite":
            writer.execute("ROLLBACK")
        else:
            writer.rollback()
        writer.close()


@pytest.mark.django_db(transaction=True)
def test_readers_wait_for_no_writer(settings: Any) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "ai_cms.core.middleware.MaintenanceMiddleware"]
    site = services.create_site(hostname="testserver", name="Test site", title="Home")
    for title in ("Stored", "New"):
        services.create_page(actor=Actor.system("tests"), parent=site.root, title=title, publish=True)
    client = Client()
    client.get("/stored/")
    # Programs that read, and whose tokens have not been used for a while.
    user = make_user("reader")
    secrets = [create_token(user)[1] for _round in range(3)]
    paths = ("/stored/", "/new/", "/none/", "/api/content/", "/sitemap.xml", "/api/content/?search=new", "/api/pages/")

    def seconds(path: str, secret: str) -> float:
        reader = APIClient()
        reader.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        began = time.monotonic()
        answer = reader.get(path) if path == "/api/pages/" else client.get(path)
        assert answer.status_code == (404 if path == "/none/" else 200)
        return time.monotonic() - began

    def one_round(secret: str) -> list[float]:
        # As the first request after a while: nothing is remembered of the round before.
        cache.clear()
        forget_flags()
        return [seconds(path, secret) for path in paths]

    with locked_by_another_process():
        rounds = [one_round(secret) for secret in secrets]
    # A wait for the lock comes in every round, and takes up to the connection's timeout of 20 seconds; a machine that is busy
    # elsewhere, or what is made once in a process, holds up single ones.
    took = {path: min(waits) for path, waits in zip(paths, zip(*rounds, strict=True), strict=True)}
    assert {path: wait for path, wait in took.items() if wait > 0.5} == {}
    assert Publication.objects.get(path="/new/").html == ""
    client.get("/new/")
    assert "New" in Publication.objects.get(path="/new/").html
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout")
            assert cursor.fetchone()[0] == 20_000
