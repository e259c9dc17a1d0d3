"""The fast lane before the pages: what is kept, for whom, and that whatever is written is seen by the next request."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from ai_cms.core.flags import MAINTENANCE, set_flag
from ai_cms.core.lane.traffic import get_lane
from ai_cms.core.permissions import Actor
from ai_cms.core.tokens import create_token
from ai_cms.machines import traffic
from ai_cms.pages import services
from ai_cms.pages.models import Publication, Redirect, Site
from tests.conftest import make_user
from tests.lane import Visitor

pytestmark = pytest.mark.django_db(transaction=True)

SYSTEM = Actor.system("tests")
TEXT = [{"type": "rich_text", "props": {"html": "<p>" + "bread and butter " * 100 + "</p>"}}]


@pytest.fixture
def visitor(site: Site, settings: Any) -> Iterator[Visitor]:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "ai_cms.core.middleware.MaintenanceMiddleware"]
    services.publish_page(site.root, actor=SYSTEM)
    get_lane().clear()
    yield Visitor()
    get_lane().clear()


@pytest.fixture
def bread(visitor: Visitor, page_factory: Any) -> Any:
    return page_factory("Bread", publish=True, content=TEXT)


PLACES = [
    "/bread/",
    "/api/content/{pk}/",
    "/api/content/find/?path=/bread/",
    "/api/content/",
    "/api/content/?full=1",
    "/sitemap.xml",
    "/sitemap-1.xml",
    "/robots.txt",
]


@pytest.mark.parametrize("place", PLACES)
def test_an_answer_is_kept_and_the_same(visitor: Visitor, bread: Any, place: str) -> None:
    path = place.format(pk=bread.pk)
    first, second, third = (visitor.ask(path) for _ in range(3))
    assert first.status == 200
    assert (first.kept, second.kept, third.kept) == (False, False, True)
    assert third.body == first.body
    assert {name: value for name, value in third.headers.items() if name != "Vary"} == {
        **{name: value for name, value in first.headers.items() if name != "Vary"},
        "Content-Length": str(len(first.body)),
    }


def test_no_query_of_django_is_made_for_what_is_kept(
    visitor: Visitor, bread: Any, django_assert_num_queries: Any
) -> None:
    visitor.settle("/bread/")
    with django_assert_num_queries(0):
        assert visitor.ask("/bread/").kept


def publish_anew(page: Any) -> None:
    services.publish_page(services.update_page(page, actor=SYSTEM, fields={"title": "Cake"}), actor=SYSTEM)


def unpublish(page: Any) -> None:
    services.unpublish_page(page, actor=SYSTEM)


def rename(page: Any) -> None:
    services.update_page(page, actor=SYSTEM, slug="loaf")


def raw_statement(page: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ai_cms_pages_site SET name = 'Other'")


def hide_by_statement(page: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ai_cms_pages_publication SET active = %s WHERE page_id = %s", [False, page.pk])


def name_site(page: Any) -> None:
    Site.objects.update(name="Another")


def add_redirect(page: Any) -> None:
    Redirect.objects.create(site_id=page.site_id, old_path="/somewhere/", target="/bread/")


def maintain(page: Any) -> None:
    set_flag(MAINTENANCE, True)


@pytest.mark.parametrize(
    "write",
    [publish_anew, unpublish, rename, raw_statement, hide_by_statement, name_site, add_redirect, maintain],
    ids=lambda write: write.__name__,
)
def test_the_next_request_sees_a_write(visitor: Visitor, bread: Any, write: Any) -> None:
    visitor.settle("/bread/")
    visitor.settle("/api/content/")
    write(bread)
    assert not visitor.ask("/bread/").kept
    long_way = Visitor(visitor.application.application)
    for path in ("/bread/", "/loaf/", f"/api/content/{bread.pk}/", "/api/content/", "/sitemap-1.xml", "/somewhere/"):
        for _ in range(3):
            found, expected = visitor.ask(path), long_way.ask(path)
            assert (found.status, found.body) == (expected.status, expected.body), path


def test_what_is_not_committed_is_nobodys_business(visitor: Visitor, bread: Any) -> None:
    visitor.settle("/bread/")
    count = visitor.lane.changes.read()
    services.update_page(bread, actor=SYSTEM, fields={"title": "Draft"})
    assert visitor.lane.changes.read() == count
    assert visitor.ask("/bread/").kept


def test_stored_html_is_no_change(visitor: Visitor, bread: Any) -> None:
    count = visitor.lane.changes.read()
    Publication.objects.filter(page_id=bread.pk).update(html="", html_key="")
    assert visitor.lane.changes.read() == count


def test_a_page_is_gone_at_its_expiry(visitor: Visitor, bread: Any, monkeypatch: Any) -> None:
    expiry = timezone.now() + timedelta(hours=1)
    services.schedule_page(bread, actor=SYSTEM, expire_at=expiry)
    services.publish_page(type(bread).objects.get(pk=bread.pk), actor=SYSTEM)
    visitor.settle("/bread/")
    for moment, status in (
        (expiry - timedelta(milliseconds=1), 200),
        (expiry, 404),
        (expiry + timedelta(seconds=1), 404),
    ):
        monkeypatch.setattr("ai_cms.core.lane.traffic.time.time", moment.timestamp)
        monkeypatch.setattr("django.utils.timezone.now", lambda moment=moment: moment)
        for _ in range(3):
            assert visitor.ask("/bread/").status == status


def test_an_answer_made_before_an_expiry_is_not_kept_behind_it(visitor: Visitor, bread: Any, monkeypatch: Any) -> None:
    expiry = timezone.now() + timedelta(hours=1)
    Publication.objects.filter(page_id=bread.pk).update(expire_at=expiry)
    now = [expiry.timestamp() - 0.001]
    monkeypatch.setattr("ai_cms.core.lane.traffic.time.time", lambda: now[0])
    ask = visitor.lane.ask({"REQUEST_METHOD": "GET", "PATH_INFO": "/bread/"}, "http")
    assert ask is not None
    assert visitor.lane.find(ask) is None
    late = visitor.lane.ask({"REQUEST_METHOD": "GET", "PATH_INFO": "/other/"}, "http")
    assert late is not None
    now[0] = expiry.timestamp() + 0.001
    late.began = now[0]
    assert visitor.lane.find(late) is None
    from ai_cms.core.lane.slots import Slot

    slot = Slot()
    slot.kind = "page"
    # The later one first: by what it finds, nothing expires any more.
    visitor.lane.fill(late, slot, "200 OK", [("Content-Type", "text/plain")], b"late")
    visitor.lane.fill(ask, slot, "200 OK", [("Content-Type", "text/plain")], b"early")
    # Nor is the later one, made in a time whose beginning lies before: the next request begins another.
    assert [visitor.lane.store.get(one.key) for one in (ask, late)] == [None, None]
    assert visitor.lane.find(late) is None
    visitor.lane.fill(late, slot, "200 OK", [("Content-Type", "text/plain")], b"late")
    visitor.lane.fill(ask, slot, "200 OK", [("Content-Type", "text/plain")], b"early")
    assert visitor.lane.store.get(late.key) is not None
    assert visitor.lane.store.get(ask.key) is None


def test_maintenance_ends_for_the_next_request(visitor: Visitor, bread: Any) -> None:
    visitor.settle("/bread/")
    set_flag(MAINTENANCE, True)
    assert [visitor.ask("/bread/").status for _ in range(3)] == [503] * 3
    set_flag(MAINTENANCE, False)
    assert visitor.ask("/bread/").status == 200


def test_conditions_methods_and_encodings(visitor: Visitor, bread: Any) -> None:
    whole = visitor.settle("/bread/")
    etag = whole.headers["Etag"]
    for wanted in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        answer = visitor.ask("/bread/", if_none_match=wanted)
        assert (answer.status, answer.body, answer.kept) == (304, b"", True)
        assert answer.headers["Etag"] == etag
        assert not {"Content-Type", "Content-Length"} & answer.headers.keys()
    assert visitor.ask("/bread/", if_none_match='"other"').body == whole.body
    head = visitor.ask("/bread/", "HEAD")
    assert (head.kept, head.body, head.headers["Content-Length"]) == (True, b"", str(len(whole.body)))
    packed = visitor.ask("/bread/", accept_encoding="gzip;q=0.8, identity;q=0.1")
    assert gzip.decompress(packed.body) == whole.body
    assert packed.headers["Content-Encoding"] == "gzip"
    # Pages have another representation for readers of Markdown.
    assert packed.headers["Vary"] == "Accept, Accept-Encoding"
    assert packed.headers["Etag"] == f"W/{etag}"
    assert visitor.ask("/bread/", accept_encoding="gzip", if_none_match=f"W/{etag}").status == 304
    for refused in ("gzip;q=0", "identity, gzip;q=0.5", "compress"):
        assert visitor.ask("/bread/", accept_encoding=refused).body == whole.body
    ranged = visitor.ask("/bread/", range="bytes=0-9")
    assert (ranged.status, ranged.body) == (200, whole.body)
    for name in ("if_match", "if_unmodified_since", "if_modified_since"):
        assert not visitor.ask("/bread/", **{name: "x"}).kept


def test_a_redirect_is_kept(visitor: Visitor, bread: Any) -> None:
    rename(bread)
    services.publish_page(type(bread).objects.get(pk=bread.pk), actor=SYSTEM)
    answer = visitor.settle("/bread/?from=x")
    assert (answer.status, answer.headers["Location"]) == (301, "/loaf/?from=x")


def test_what_has_no_page_is_not_kept(visitor: Visitor, bread: Any) -> None:
    _link, token = services.make_preview_link(bread, actor=SYSTEM)
    draft = f"/preview/{bread.pk}/"
    for path in (
        "/nothing/",
        "/api/content/999999/",
        "/api/content/?page=99",
        "/api/content/?search=bread",
        draft,
        f"/preview/link/{token}/",
    ):
        assert not any(visitor.ask(path).kept for _ in range(4)), path


def test_who_has_credentials_neither_fills_nor_reads(visitor: Visitor, bread: Any) -> None:
    user = make_user("erin")
    _row, secret = create_token(user, scopes=["read"], name="test")
    cookies = ("sessionid=abc", "_ga=1; sessionid=abc", "theme=dark", "django_language=de", "messages=x")
    for path in ("/bread/", f"/api/content/{bread.pk}/", "/api/content/"):
        for headers in (
            {"authorization": f"Bearer {secret}"},
            {"authorization": "Bearer wrong"},
            *({"cookie": one} for one in cookies),
            {"x_forwarded_user": "erin"},
        ):
            for _ in range(3):
                assert not visitor.ask(path, **headers).kept
        # What they were answered is not what an anonymous visitor gets.
        assert not visitor.ask(path).kept
        visitor.settle(path)
        for headers in ({"authorization": f"Bearer {secret}"}, *({"cookie": one} for one in cookies)):
            assert not visitor.ask(path, **headers).kept
        assert visitor.ask(path, cookie="_ga=1; _ga_XY=2; csrftoken=a").kept


def test_a_file_put_in_its_place_and_missing_triggers_close_the_lane(visitor: Visitor, bread: Any) -> None:
    from ai_cms.core.lane import triggers

    visitor.settle("/bread/")
    triggers.remove("default", plan=[object()])
    try:
        assert not visitor.ask("/bread/").kept
        visitor.lane.changes.close()
        assert not visitor.ask("/bread/").kept
        assert "migrate" in visitor.lane.report()["trouble"]
        raw_statement(bread)
    finally:
        call_command("migrate", verbosity=0)
    visitor.lane.changes.close()
    assert "Other" in visitor.ask("/bread/").text
    assert "Other" in visitor.settle("/bread/").text


def test_the_middleware_does_the_same(visitor: Visitor, bread: Any, settings: Any) -> None:
    from django.core.wsgi import get_wsgi_application

    settings.MIDDLEWARE = [
        "tests.pages.test_fast_lane.count_visitors",
        "ai_cms.core.middleware.FastLaneMiddleware",
        *settings.MIDDLEWARE,
    ]
    settings.AI_CMS = {**settings.AI_CMS, "FAST_LANE": "middleware"}
    _counted.clear()
    behind = Visitor(get_wsgi_application())
    whole = behind.settle("/bread/")
    assert behind.ask("/bread/", if_none_match=whole.headers["Etag"]).status == 304
    packed = behind.ask("/bread/", accept_encoding="gzip")
    assert gzip.decompress(packed.body) == whole.body
    assert not behind.ask("/bread/", cookie="sessionid=x").kept
    count = len(_counted)
    assert behind.ask("/bread/").kept
    assert len(_counted) == count + 1
    publish_anew(bread)
    assert "Cake" in behind.ask("/bread/").text
    # In front nothing is done then: the wrapper hands on.
    assert Visitor().ask("/bread/").status == 200


_counted: list[str] = []


def count_visitors(get_response: Any) -> Any:
    def answer(request: Any) -> Any:
        _counted.append(request.path)
        return get_response(request)

    return answer


def test_both_entrances_keep_an_answer_once(visitor: Visitor, bread: Any, settings: Any) -> None:
    settings.MIDDLEWARE = ["ai_cms.core.middleware.FastLaneMiddleware", *settings.MIDDLEWARE]
    both = Visitor()
    both.settle("/bread/")
    assert len(both.lane.store) == 1
    both.lane.clear()
    both.settle("/bread/")
    both.ask("/bread/", cookie="sessionid=x")
    assert (both.lane.hits, both.lane.long) == (2, 1)


def test_off_is_off(visitor: Visitor, bread: Any, settings: Any) -> None:
    for values in ({"AI_CMS": {"FAST_LANE": "off"}}, {"DEBUG": True}):
        for name, value in values.items():
            setattr(settings, name, value)
        assert not any(visitor.ask("/bread/").kept for _ in range(4))


def test_asgi(visitor: Visitor, bread: Any) -> None:
    from django.core.asgi import get_asgi_application

    from ai_cms.core.lane.asgi import asgi_application

    application = asgi_application(get_asgi_application())

    async def ask(path: str, query: bytes = b"", **headers: str) -> tuple[int, dict[bytes, bytes], bytes]:
        sent: list[Any] = []
        asked = [False]

        async def receive() -> Any:
            if asked[0]:
                await asyncio.sleep(60)
            asked[0] = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        names = [
            (b"host", b"testserver"),
            *((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()),
        ]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query,
            "root_path": "",
            "scheme": "http",
            "headers": names,
            "server": ("testserver", 80),
            "client": ("127.0.0.1", 1),
        }
        await application(scope, receive, send)
        return sent[0]["status"], dict(sent[0]["headers"]), b"".join(part.get("body", b"") for part in sent[1:])

    async def walk() -> None:
        first = await ask("/bread/")
        await ask("/bread/")
        hits = visitor.lane.hits
        third = await ask("/bread/")
        assert visitor.lane.hits == hits + 1
        assert (third[0], third[2]) == (200, first[2])
        assert (await ask("/bread/", if_none_match=first[1][b"ETag" if b"ETag" in first[1] else b"etag"].decode()))[
            0
        ] == 304
        assert visitor.lane.hits == hits + 2
        await ask("/bread/", cookie="sessionid=x")
        assert visitor.lane.hits == hits + 2
        await sync_to_async(publish_anew)(bread)
        assert b"Cake" in (await ask("/bread/"))[2]

    async_to_sync(walk)()


def test_bots_that_are_answered_from_memory_are_counted(visitor: Visitor, bread: Any, settings: Any) -> None:
    settings.MIDDLEWARE = ["ai_cms.machines.middleware.BotTrafficMiddleware", *settings.MIDDLEWARE]
    settings.AI_CMS = {**settings.AI_CMS, "BOT_TRAFFIC_FLUSH_SECONDS": 3_600}
    traffic.flush()
    visitor = Visitor()
    bot = "Mozilla/5.0 (compatible; GPTBot/1.2)"
    answers = [visitor.ask("/bread/", user_agent=agent) for agent in (bot, bot, bot, "Firefox/150", bot)]
    assert [answer.kept for answer in answers] == [False, False, True, True, True]
    assert [counts["requests"] for _key, counts in traffic.pending().items()] == [4]
    traffic.flush()
