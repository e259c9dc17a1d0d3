"""The account pages in Chromium under a strict policy: light and dark, on a phone and a desk, by keyboard alone."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core import mail
from django.db import connections
from django.http import HttpRequest, HttpResponseBase

from tests import axe
from tests.conftest import make_user

from .conftest import PASSWORD, last_code

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
VIEWS = [("light", 1440), ("light", 390), ("dark", 1440), ("dark", 390)]
STRANGER = ("register", "login", "forgotten")
MEMBER = ("profile", "security", "sessions", "password", "email", "second-factor", "passkeys/add", "close")


class StrictPolicy:
    """Send a policy that allows nothing inline and nothing from elsewhere."""

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
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with playwright.sync_playwright() as session:
        browser = session.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
        connections.close_all()


class Visitor:
    """A browser page on the site that remembers what went wrong."""

    def __init__(self, browser: Any, base: str, **options: Any) -> None:
        self.base = base
        self.problems: list[str] = []
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self._note(message.type in ("error", "warning"), message.text))
        self.page.on("pageerror", lambda error: self._note(True, str(error)))
        self.page.on("request", lambda request: self._note(not request.url.startswith(self.base), request.url))

    def _note(self, wrong: bool, text: str) -> None:
        # Every browser asks for an icon by itself, and these pages name none.
        if wrong and "favicon" not in text and "404" not in text:
            self.problems.append(f"{self.page.url}: {text}")

    def visit(self, path: str) -> None:
        assert self.page.goto(f"{self.base}/accounts/{path}/").status == 200

    def look(self, width: int) -> None:
        """Compare the page with what every page must hold."""
        assert self.page.evaluate("document.documentElement.scrollWidth") <= width, self.page.url
        self.problems += [f"{self.page.url}: {found}" for found in axe.check(self.page)]

    def log_in(self) -> None:
        self.visit("login")
        self.page.fill("#id_email", "ann@example.com")
        self.page.fill("#id_password", "password")
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/accounts/profile/")


@pytest.fixture
def visitor(chromium: Any, settings: Any, live_server: Any) -> Callable[..., Visitor]:
    settings.MIDDLEWARE = ["tests.accounts.test_browser.StrictPolicy", *settings.MIDDLEWARE]
    return lambda **options: Visitor(chromium, live_server.url, **options)


@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_every_page_is_clean(visitor: Callable[..., Visitor], scheme: str, width: int) -> None:
    make_user("ann", name="Ann Example")
    who = visitor(color_scheme=scheme, viewport={"width": width, "height": 800})
    for path in STRANGER:
        who.visit(path)
        who.look(width)
    # A form that was refused, and the two pages that wait for a code.
    who.visit("register")
    who.page.fill("#id_email", "no address")
    who.page.click("button.account-button")
    who.look(width)
    who.page.fill("#id_email", "new@example.com")
    who.page.fill("#id_password", PASSWORD)
    who.page.click("button.account-button")
    who.page.wait_for_url("**/verify/")
    who.look(width)
    who.visit("forgotten")
    who.page.fill("#id_email", "ann@example.com")
    who.page.click("button.account-button")
    who.page.wait_for_url("**/reset/")
    who.look(width)
    who.log_in()
    for path in MEMBER:
        who.visit(path)
        who.look(width)
    assert who.problems == []


def arrive(page: Any, name: str) -> None:
    """Wait for a page; the link that skips to the content has left its fragment in the address."""
    page.wait_for_url(re.compile(rf"/accounts/{name}/(#.*)?$"))


def tab_to(page: Any, what: str) -> None:
    """Press Tab until the element that matches ``what`` has the focus, and can be seen to have it."""
    for _press in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("what => document.activeElement.matches(what)", what):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"the focus on {what} cannot be seen"
            return
    raise AssertionError(f"{what} is not reached by Tab")


@pytest.mark.parametrize("script", [True, False])
def test_the_whole_way_by_keyboard_alone(visitor: Callable[..., Visitor], script: bool) -> None:
    """With scripts and without: register, prove the address, log in, edit the profile, log out."""
    who = visitor()
    page = who.page
    if not script:
        # Scripts of the page are refused; the tests' own questions to it are not.
        page.route("**/*.js", lambda route: route.abort())
    who.visit("register")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "account-skip"
    page.keyboard.press("Enter")
    for selector, text in (("#id_email", "new@example.com"), ("#id_name", "New Person"), ("#id_password", PASSWORD)):
        tab_to(page, selector)
        page.keyboard.type(text)
    tab_to(page, "button.account-button")
    page.keyboard.press("Enter")
    arrive(page, "verify")
    tab_to(page, "#id_otp")
    page.keyboard.type(last_code())
    page.keyboard.press("Enter")
    arrive(page, "login")
    for selector, text in (("#id_email", "NEW@example.com"), ("#id_password", PASSWORD)):
        tab_to(page, selector)
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    arrive(page, "profile")
    tab_to(page, "#id_title")
    page.keyboard.type("Gardener")
    tab_to(page, "main form[enctype] button.account-button")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Your profile is saved.")
    assert page.input_value("#id_title") == "Gardener"
    tab_to(page, ".account-menu button")
    page.keyboard.press("Enter")
    arrive(page, "login")
    # Without scripts the refused ones are the only thing to complain about.
    assert [problem for problem in who.problems if script or "ERR_FAILED" not in problem] == []


def test_passkey_and_authenticator_app(visitor: Callable[..., Visitor]) -> None:
    """Made, used to log in, used as the second factor; an authenticator without verification is refused."""
    pyotp = pytest.importorskip("pyotp", reason="the extra totp is not installed")
    pytest.importorskip("webauthn", reason="the extra passkeys is not installed")
    make_user("ann")
    who = visitor()
    page = who.page
    who.log_in()
    devtools = who.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    device = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    who.visit("passkeys/add")
    page.fill("#id_name", "My phone")
    page.fill("#id_password", "password")
    page.click("button.account-button")
    who.look(1280)
    page.click("form[data-passkey] button")
    page.wait_for_url("**/security/")
    assert page.locator("text=My phone").count() == 2
    log_out(page)
    page.click("text=Log in with a passkey")
    page.wait_for_url("**/profile/")

    who.visit("second-factor")
    page.fill("#id_password", "password")
    page.click("button.account-button")
    who.look(1280)
    page.fill("#id_otp", "000000")
    page.keyboard.press("Enter")
    page.wait_for_selector(".errorlist")
    page.fill("#id_otp", pyotp.TOTP(page.inner_text(".account-secret").replace(" ", "")).now())
    page.keyboard.press("Enter")
    page.wait_for_selector(".account-codes")
    who.look(1280)
    recovery = page.locator(".account-codes code").first.inner_text()
    log_out(page)
    first_factor(page)
    who.look(1280)
    page.click("text=Use a passkey")
    page.wait_for_url("**/profile/")
    log_out(page)
    first_factor(page)
    page.fill("#id_otp", recovery.lower())
    page.keyboard.press("Enter")
    page.wait_for_url("**/profile/")
    assert who.problems == []

    log_out(page)
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.click("text=Log in with a passkey")
    page.wait_for_function("document.querySelector('[data-failed]').textContent !== ''")
    assert page.url.endswith("/accounts/login/")
    assert "How you log in was changed" in [message.subject for message in mail.outbox]


def log_out(page: Any) -> None:
    page.click(".account-menu button")
    page.wait_for_url("**/login/")


def first_factor(page: Any) -> None:
    page.fill("#id_email", "ann@example.com")
    page.fill("#id_password", "password")
    page.keyboard.press("Enter")
    page.wait_for_url("**/second-factor/")
