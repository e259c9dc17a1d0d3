"""A browser on the admin of a live server that sends a strict policy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.http import HttpRequest, HttpResponseBase

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)


class StrictPolicy:
    """Send the policy that every page of the admin must hold."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers["Content-Security-Policy"] = POLICY
        return response


@pytest.fixture
def chromium(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return headless Chromium, for one test; skips, with the reason, where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (group browser)")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    # Playwright runs an event loop in this thread; the tests' own look into the database is no concern of it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with playwright.sync_playwright() as session:
        browser = session.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
        # Beside a running loop Django has other connections than without; nobody else will close these.
        connections.close_all()


class Watched:
    """A browser page in which somebody is logged in, and which remembers what went wrong on it."""

    def __init__(self, browser: Any, base: str, user: Any, **options: Any) -> None:
        self.base = base
        self.problems: list[str] = []
        context = browser.new_context(**options)
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        context.add_cookies([{"name": "sessionid", "value": session.session_key, "url": base}])
        context.add_init_script(
            "addEventListener('securitypolicyviolation', (event) => "
            "console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`))"
        )
        self.page = context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self._note(True, str(error)))
        self.page.on("request", lambda request: self._note(self._is_foreign(request.url), f"asked {request.url}"))

    def _console(self, message: Any) -> None:
        # Every browser asks for one by itself, and a project may have none.
        if not str(message.location.get("url", "")).endswith("/favicon.ico"):
            self._note(message.type in ("error", "warning"), f"{message.text} {message.location.get('url')}")

    def _is_foreign(self, url: str) -> bool:
        return not url.startswith((self.base, "data:", "blob:", "about:"))

    def _note(self, wrong: bool, text: str) -> None:
        if wrong:
            self.problems.append(f"{self.page.url}: {text}")

    def visit(self, path: str) -> None:
        answer = self.page.goto(self.base + path, wait_until="load")
        assert answer is not None
        assert answer.status == 200, path


@pytest.fixture
def watch(chromium: Any, settings: Any, live_server: Any, transactional_db: None) -> Callable[..., Watched]:
    """Return a function that opens a browser page for a user."""
    settings.MIDDLEWARE = ["tests.pages.browser.conftest.StrictPolicy", *settings.MIDDLEWARE]

    def give(user: Any, **options: Any) -> Watched:
        return Watched(chromium, live_server.url, user, **options)

    return give
