"""Bots are counted without cookies, in one write now and then."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ai_cms.machines import traffic
from ai_cms.machines.bots import bot_of, known_bots
from ai_cms.machines.middleware import BotTrafficMiddleware
from ai_cms.machines.models import BotDay
from ai_cms.pages.models import Site

pytestmark = pytest.mark.django_db
Pages = Callable[..., Any]
GPT = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"
PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"


@pytest.fixture
def counted(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Count, and keep the times that are waited instead of waiting."""
    cache.clear()
    settings.AI_CMS = {**settings.AI_CMS, "BOT_TRAFFIC_FLUSH_SECONDS": 60}
    settings.MIDDLEWARE = ["ai_cms.machines.middleware.BotTrafficMiddleware", *settings.MIDDLEWARE]
    waits: list[float] = []

    class Timer:
        daemon = False

        def __init__(self, seconds: float, function: Any) -> None:
            waits.append(seconds)

        def start(self) -> None:
            pass

        def cancel(self) -> None:
            pass

    monkeypatch.setattr(traffic.threading, "Timer", Timer)
    traffic._pending.take()
    traffic._pending.timer = None
    yield waits
    traffic._pending.take()
    traffic._pending.timer = None


def test_bots_are_told_by_their_names() -> None:
    assert bot_of(GPT) == "GPTBot"
    assert bot_of("ClaudeBot/1.0") == "ClaudeBot" and bot_of("x claude-user y") == "Claude-User"
    assert bot_of("Applebot-Extended") == "Applebot-Extended" and bot_of("Applebot/0.1") == "Applebot"
    assert bot_of(PERSON) == bot_of("") == ""
    assert known_bots()["CCBot"] == "training"


def test_a_request_is_counted_in_memory_and_written_later(
    client: Client, page_factory: Pages, counted: list[float], django_assert_num_queries: Any
) -> None:
    page_factory("Rye", publish=True)
    client.get("/rye/")
    with django_assert_num_queries(1):
        assert client.get("/rye/", headers={"user-agent": GPT}).status_code == 200
    with django_assert_num_queries(1):
        client.get("/rye/", headers={"user-agent": PERSON})
    client.get("/rye.md", headers={"user-agent": GPT})
    client.get("/rye/", headers={"user-agent": "program", "accept": "text/markdown"})
    client.get("/nowhere/", headers={"user-agent": GPT})
    client.post("/rye/", headers={"user-agent": GPT})
    # One wait, however many come.
    assert counted == [60] and not BotDay.objects.exists()
    assert traffic.flush() == 2
    rows = {row.bot: (row.kind, row.requests, row.markdown, row.refused) for row in BotDay.objects.all()}
    assert rows == {"GPTBot": ("training", 3, 1, 1), "": ("other", 1, 1, 0)}
    assert {field.name for field in BotDay._meta.fields} == {
        *("id", "day", "site", "bot", "kind", "requests", "markdown", "refused"),
    }
    client.get("/rye/", headers={"user-agent": GPT})
    assert counted == [60, 60]
    traffic.flush()
    assert BotDay.objects.get(bot="GPTBot").requests == 4 and BotDay.objects.count() == 2
    assert traffic.flush() == 0


def test_an_unchanged_markdown_counts(client: Client, page_factory: Pages, counted: list[float]) -> None:
    page_factory("Rye", publish=True)
    tag = client.get("/rye.md", headers={"user-agent": GPT})["ETag"]
    assert client.get("/rye.md", headers={"user-agent": GPT, "if-none-match": tag}).status_code == 304
    traffic.flush()
    assert BotDay.objects.get().markdown == 2


def test_hosts_become_sites_and_unknown_ones_the_default(site: Site, counted: list[float]) -> None:
    for host in ("testserver", "TestServer", "elsewhere.example"):
        traffic.count(host, "GPTBot")
    traffic.flush()
    assert BotDay.objects.filter(site=site).count() == 1
    assert BotDay.objects.get().requests in (2, 3)


def test_memory_is_bounded(counted: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "MAX_KEYS", 3)
    for number in range(10):
        traffic.count(f"host{number}", "GPTBot")
    traffic.count("host0", "GPTBot")
    assert sum(found["requests"] for found in traffic.pending().values()) == 4


def test_nothing_is_counted_where_it_is_turned_off(settings: Any, counted: list[float]) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "BOT_TRAFFIC_FLUSH_SECONDS": 0}
    traffic.count("testserver", "GPTBot")
    assert traffic.pending() == {} and counted == []


def test_old_figures_go(site: Site, counted: list[float]) -> None:
    BotDay.objects.create(day=date(2020, 1, 1), site=site, bot="GPTBot", kind="training")
    kept = BotDay.objects.create(
        day=timezone.localdate() - timedelta(days=30), site=site, bot="GPTBot", kind="training"
    )
    traffic.count("testserver", "GPTBot")
    traffic.flush()
    assert BotDay.objects.filter(day__year=2020).count() == 0 and BotDay.objects.filter(pk=kept.pk).exists()


def test_a_database_that_is_away_costs_the_figures_alone(
    counted: list[float], monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    from django.db import OperationalError

    def away(counts: Any) -> int:
        raise OperationalError("away")

    monkeypatch.setattr(traffic, "_write", away)
    traffic.count("testserver", "GPTBot")
    assert traffic.flush() == 0 and "are lost" in caplog.text


def test_the_middleware_is_async_where_the_server_is(counted: list[float]) -> None:
    async def answer(request: HttpRequest) -> HttpResponse:
        return HttpResponse("x")

    request = HttpRequest()
    request.method = "GET"
    request.META = {"HTTP_HOST": "testserver", "HTTP_USER_AGENT": GPT}
    asyncio.run(BotTrafficMiddleware(answer)(request))
    assert [key[2] for key in traffic.pending()] == ["GPTBot"]


@pytest.mark.django_db(transaction=True)
def test_a_thread_of_its_own_writes(settings: Any, site: Site) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "BOT_TRAFFIC_FLUSH_SECONDS": 1}
    traffic._pending.take()
    traffic.count("testserver", "GPTBot")
    timer = traffic._pending.timer
    assert isinstance(timer, threading.Timer) and timer.daemon
    timer.join(30)
    assert not timer.is_alive() and BotDay.objects.get().requests == 1 and traffic._pending.timer is None


def test_the_admin_shows_what_came(client: Client, superuser: Any, editor: Any, site: Site) -> None:
    url = reverse("admin:ai_cms_machines_botday_changelist")
    client.force_login(superuser)
    assert "No bot has been counted yet" in client.get(url).content.decode()
    BotDay.objects.create(day=timezone.localdate(), site=site, bot="GPTBot", kind="training", requests=7, markdown=2)
    shown = client.get(url)
    assert shown.context["report"]["total"] == 7 and "GPTBot" in shown.content.decode()
    client.force_login(editor)
    assert client.get(url).status_code == 403
