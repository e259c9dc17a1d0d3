"""The hub is told of new posts: after the commit, once, never inside a transaction; a hub that fails fails nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.db import connection, transaction
from django.test import Client, override_settings

from ai_cms.core.checks import check_settings
from ai_cms.pages import services
from ai_cms.posts import websub
from tests.conftest import make_user

Make = Callable[..., Any]


class Hub(HTTPServer):
    told: list[dict[str, list[str]]]
    status = 202
    in_transaction: list[bool]


@pytest.fixture
def hub() -> Iterator[Hub]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            server.told.append(parse_qs(body))
            self.send_response(server.status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = Hub(("127.0.0.1", 0), Handler)
    server.told = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with override_settings(
            AI_CMS={"WEBSUB_HUB": f"http://127.0.0.1:{server.server_port}/hub", "FEED_SCHEME": "http"}
        ):
            yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_publishing_tells_the_hub_of_every_feed_once(
    hub: Hub, make_post: Make, make_category: Make, system: Any, django_capture_on_commit_callbacks: Any
) -> None:
    category = make_category("Bread")
    with django_capture_on_commit_callbacks(execute=True):
        post = make_post("Rye", tags=["Sour"], fields={"categories": [category.pk]}, is_published=True)
        make_post("Soup", is_published=True)
        assert hub.told == []
    assert len(hub.told) == 1
    assert hub.told[0]["hub.mode"] == ["publish"]
    topics = hub.told[0]["hub.url"]
    assert not [topic for topic in topics if "/author/" in topic]
    assert topics[:3] == ["http://testserver/feed/", "http://testserver/feed/atom/", "http://testserver/feed.json"]
    assert "http://testserver/category/bread/feed/atom/" in topics and "http://testserver/tag/sour/feed/atom/" in topics
    with django_capture_on_commit_callbacks(execute=True):
        services.unpublish_page(post, actor=system)
    assert len(hub.told) == 2
    with django_capture_on_commit_callbacks(execute=True):
        services.update_page(post, actor=system, fields={"title": "A draft"})
    assert len(hub.told) == 2


@pytest.mark.django_db(transaction=True)
def test_nothing_is_told_of_what_was_rolled_back_and_never_inside_a_transaction(
    hub: Hub, make_post: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    ping = websub.ping

    def watched(*args: Any, **kwargs: Any) -> None:
        seen.append(connection.in_atomic_block)
        ping(*args, **kwargs)

    monkeypatch.setattr(websub, "ping", watched)
    with pytest.raises(RuntimeError), transaction.atomic():
        make_post("Rye", is_published=True)
        raise RuntimeError
    assert hub.told == []
    make_post("Soup", is_published=True)
    assert len(hub.told) == 1
    assert seen == [False]


def test_feeds_name_the_hub(hub: Hub, make_post: Make, client: Client) -> None:
    make_post("Rye", is_published=True)
    address = f"http://127.0.0.1:{hub.server_port}/hub"
    assert f'rel="hub" href="{address}"' in client.get("/feed/").content.decode()
    assert f'rel="hub" href="{address}"' in client.get("/feed/atom/").content.decode()
    assert client.get("/feed.json").json()["hubs"] == [{"type": "WebSub", "url": address}]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_hub_that_refuses_fails_nothing_and_is_not_followed(
    hub: Hub, make_post: Make, status: int, caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Any
) -> None:
    hub.status = status
    with django_capture_on_commit_callbacks(execute=True):
        make_post("Rye", is_published=True)
    assert len(hub.told) == 1
    assert f"it answered {status}" in caplog.text


def test_a_hub_that_is_away_is_a_line_in_the_log() -> None:
    with pytest.raises(websub.HubRefused, match="ConnectionRefusedError"):
        websub.ping("http://127.0.0.1:1/hub", ["http://x/feed/"], timeout=1)


@pytest.mark.parametrize(
    "value", ["ftp://hub.example/", "hub.example", "https://", "https://hub.example/ x", "http://[::1"]
)
def test_only_web_addresses_are_hubs(value: str) -> None:
    with override_settings(AI_CMS={"WEBSUB_HUB": value}):
        assert any("WEBSUB_HUB" in message.msg for message in check_settings(None))


def test_the_feeds_of_authors_are_announced_too(
    hub: Hub, make_post: Make, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        fields = {"coauthors": [make_user("bert").pk]}
        make_post("Rye", author=make_user("ann"), fields=fields, is_published=True)
    topics = hub.told[0]["hub.url"]
    assert "http://testserver/author/ann/feed/atom/" in topics and "http://testserver/author/bert/feed/atom/" in topics
