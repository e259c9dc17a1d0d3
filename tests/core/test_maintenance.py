from __future__ import annotations

import asyncio
from io import StringIO
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import DatabaseError, OperationalError
from django.http import HttpResponse
from django.test import AsyncRequestFactory, Client
from django.urls import reverse, set_script_prefix
from django.utils import translation
from django.utils.html import strip_tags

from ai_cms.core import flags
from ai_cms.core import middleware as middlewares
from ai_cms.core.flags import flag_enabled, forget_flags, peek_flag, set_flag
from ai_cms.core.middleware import MaintenanceMiddleware
from ai_cms.core.models import RuntimeFlag
from ai_cms.core.signals import maintenance_changed
from ai_cms.core.tokens import create_token

pytestmark = pytest.mark.django_db
BODY = {
    "detail": "The site is under maintenance. Please try again later.",
    "key": "MAINTENANCE_MODE",
    "CODE": "MAT503",
}


@pytest.fixture(autouse=True)
def middleware(settings: Any) -> None:
    settings.MIDDLEWARE = [*django_settings.MIDDLEWARE, "ai_cms.core.middleware.MaintenanceMiddleware"]


@pytest.fixture
def closed() -> None:
    set_flag("maintenance", True)


def test_clients_of_the_api_get_json(client: Client, closed: None) -> None:
    for path in ("/api/pages/", "/api/schema/", "/api/"):
        answer = client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 503
        assert answer.json() == BODY
        assert answer["Retry-After"] == "300"
        assert answer["Cache-Control"] == "no-store"
    assert client.post("/api/pages/", {}).json() == BODY
    assert client.get("/page/", headers={"Accept": "application/json"}).json() == BODY


def test_who_cannot_be_known_is_let_in_no_more_than_others(client: Client, closed: None, monkeypatch: Any) -> None:
    def away(request: Any) -> bool:
        raise OperationalError("connection refused")

    monkeypatch.setattr(middlewares, "_is_staff", away)
    assert client.get("/page/", headers={"Accept": "text/html"}).status_code == 503


def test_browsers_get_a_page(client: Client, closed: None) -> None:
    answer = client.get("/page/", headers={"Accept": "text/html,*/*;q=0.8"})
    html = answer.content.decode()
    assert answer.status_code == 503
    assert answer["Retry-After"] == "300"
    assert "The site is under maintenance." in strip_tags(html)
    assert "in 5 minutes" in html
    assert '<html lang="en"' in html
    assert "/static/ai_cms/core/maintenance.css" in html
    for forbidden in ("<style", "style=", "<script", "http://", "https://"):
        assert forbidden not in html


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("/page/", "*/*", "text/plain"),
        ("/page/", "text/plain", "text/plain"),
        ("/page/", "text/html,*/*;q=0.8", "text/html"),
        ("/page/", "image/png,*/*;q=0.8", "text/plain"),
        ("/page/", "application/json", "application/json"),
        ("/api/pages/", "*/*", "application/json"),
        ("/api/pages/", "text/html", "application/json"),
    ],
)
def test_each_client_gets_what_it_reads(client: Client, closed: None, path: str, accept: str, kind: str) -> None:
    answer = client.get(path, headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (503, kind)


def test_the_admin_stays_open_below_a_prefix(client: Client, closed: None, editor: Any) -> None:
    # As a server does that runs the project at /cms.
    def get(path: str, **headers: str) -> Any:
        return client.get(f"/cms{path}", SCRIPT_NAME="/cms", PATH_INFO=path, headers=headers)

    try:
        assert get("/admin/login/").status_code == 200
        assert get("/health-check/").json() == BODY
        assert get("/page/").status_code == 503
        assert get("/api/pages/", Accept="text/html").json() == BODY
    finally:
        set_script_prefix("/")


def test_an_api_elsewhere_answers_json_too(client: Client, closed: None, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.core.mounted_urls"
    prefix = reverse("ai_cms_api:schema").removesuffix("schema/")
    assert prefix != "/api/"
    assert client.get(f"{prefix}pages/", headers={"Accept": "text/html"}).json() == BODY


def test_the_page_speaks_the_language_of_the_client(client: Client, closed: None, settings: Any) -> None:
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE[:-1],
        "django.middleware.locale.LocaleMiddleware",
        settings.MIDDLEWARE[-1],
    ]
    with translation.override("en"):
        html = client.get("/page/", headers={"Accept-Language": "ar"}).content.decode()
    assert '<html lang="ar" dir="rtl"' in html


def test_staff_may_enter(client: Client, closed: None, editor: Any, member: Any) -> None:
    client.force_login(member)
    assert client.get("/page/").status_code == 503
    client.force_login(editor)
    assert client.get("/page/").status_code == 200
    assert client.get("/t/echo/").status_code == 200


def test_tokens_of_staff_may_enter(client: Client, closed: None, editor: Any, member: Any) -> None:
    def call(secret: str) -> int:
        status: int = client.get("/t/echo/", headers={"Authorization": f"Bearer {secret}"}).status_code
        return status

    assert call(create_token(editor)[1]) == 200
    assert call(create_token(member)[1]) == 503
    assert call("aicms_wrong") == 503
    assert client.get("/t/echo/", headers={"Authorization": "Basic x"}).status_code == 503


def test_the_admin_and_what_is_exempt_stay_open(client: Client, closed: None, settings: Any) -> None:
    assert client.get("/admin/login/").status_code == 200
    assert client.get("/admin/").status_code == 302
    settings.AI_CMS = {"MAINTENANCE_EXEMPT_PATHS": ["/page/"]}
    assert client.get("/page/").status_code == 200


def test_the_health_check_says_so(client: Client, closed: None, editor: Any) -> None:
    answer = client.get("/health-check/")
    assert (answer.status_code, answer.json()) == (503, BODY)
    client.force_login(editor)
    seen = client.get("/health-check/")
    assert seen.status_code == 200
    assert seen.json()["maintenance"] is True


def test_without_an_admin_or_urls_of_core_it_works_too(client: Client, closed: None, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.core.bare_urls"
    assert client.get("/bare/").status_code == 503
    assert client.get("/").status_code == 503


def test_the_setting_closes_too(client: Client, settings: Any) -> None:
    assert client.get("/page/").status_code == 200
    settings.AI_CMS = {"MAINTENANCE": True, "MAINTENANCE_RETRY_AFTER": 60}
    answer = client.get("/page/")
    assert answer.status_code == 503
    assert "in 1 minute." in answer.content.decode()


def test_a_page_costs_no_query_while_the_state_is_known(client: Client, django_assert_num_queries: Any) -> None:
    client.get("/page/")
    with django_assert_num_queries(0):
        client.get("/page/")


def test_the_state_is_read_again_after_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(flags.time, "monotonic", lambda: now)
    assert not flag_enabled("maintenance")
    RuntimeFlag.objects.create(name="maintenance", enabled=True)
    assert not flag_enabled("maintenance")
    now += 1.9
    assert peek_flag("maintenance") is False
    now += 0.2
    assert peek_flag("maintenance") is None
    assert flag_enabled("maintenance")


def test_while_one_thread_asks_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flags, "_memo", (-100.0, frozenset({"maintenance"})))
    with flags._lock:
        assert flag_enabled("maintenance")


def test_a_database_that_cannot_answer_counts_as_the_last_known_state(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("down")

    monkeypatch.setattr(RuntimeFlag.objects, "filter", refuse)
    assert not flag_enabled("maintenance")
    monkeypatch.setattr(flags, "_memo", (-100.0, frozenset({"maintenance"})))
    assert flag_enabled("maintenance")


def test_the_command() -> None:
    def run(state: str) -> str:
        out = StringIO()
        call_command("maintenance", state, stdout=out)
        return out.getvalue()

    heard: list[bool] = []

    def hear(enabled: bool, **kwargs: Any) -> None:
        heard.append(enabled)

    maintenance_changed.connect(hear)
    try:
        assert run("status") == "Maintenance is off.\n"
        assert run("on") == "Maintenance is on.\n"
        assert run("on") == "Maintenance is on.\n"
        assert flag_enabled("maintenance")
        assert run("off") == "Maintenance is off.\n"
        assert not flag_enabled("maintenance")
    finally:
        maintenance_changed.disconnect(hear)
    assert heard == [True, True, False]


def test_the_command_names_the_setting(settings: Any) -> None:
    settings.AI_CMS = {"MAINTENANCE": True}
    out = StringIO()
    call_command("maintenance", "off", stdout=out)
    assert out.getvalue().startswith("Maintenance is on.\n")
    assert "AI_CMS['MAINTENANCE']" in out.getvalue()


def test_other_flags_do_not_close_the_site() -> None:
    set_flag("something-else", True)
    assert not flag_enabled("maintenance")
    assert flag_enabled("something-else")
    assert str(RuntimeFlag.objects.get()) == "something-else"


@pytest.mark.parametrize("state", [True, False])
def test_asynchronous_hosts(state: bool, settings: Any) -> None:
    settings.AI_CMS = {"MAINTENANCE": state}
    forget_flags()
    if not state:
        assert not flag_enabled("maintenance")

    async def page(request: Any) -> HttpResponse:
        return HttpResponse("a page")

    request = AsyncRequestFactory().get("/page/")
    answer = asyncio.run(MaintenanceMiddleware(page)(request))
    assert answer.status_code == (503 if state else 200)


def test_what_was_made_for_a_visitor_is_private(settings: Any, editor: Any) -> None:
    def visitor() -> Client:
        # A client keeps the middleware of its first request.
        made = Client()
        made.force_login(editor)
        return made

    assert "Cache-Control" not in visitor().get("/admin/password_change/")
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "ai_cms.core.middleware.PrivateResponseMiddleware"]
    client = visitor()
    assert client.get("/admin/password_change/")["Cache-Control"] == "private, no-store"
    assert client.get("/admin/password_change/done/")["Cache-Control"] == "private, no-store"
    assert "no-cache" in client.get("/admin/")["Cache-Control"]
    assert "Cache-Control" not in Client().get("/page/")


@pytest.mark.django_db
def test_the_rest_interface_is_known_wherever_it_is_mounted(settings: Any) -> None:
    settings.AI_CMS = {"MAINTENANCE": True, "MAINTENANCE_API_PATHS": ["/elsewhere/"]}
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "ai_cms.core.middleware.MaintenanceMiddleware"]
    client = Client()
    for prefix in ("", "/below"):
        answer = client.get("/api/pages/", headers={"Accept": "*/*"}, SCRIPT_NAME=prefix)
        assert (answer.status_code, answer["Content-Type"]) == (503, "application/json")
    set_script_prefix("/")
    assert client.get("/bread/", headers={"Accept": "*/*"})["Content-Type"].startswith("text/")
