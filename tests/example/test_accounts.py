"""The requests of the source documents, as written there, by a plain HTTP client; codes are read from the printed mail."""

from __future__ import annotations

import json
import re
import time
import uuid
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from .conftest import Answer, DemoSite

# One pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db0"
    "0000000049454e44ae426082"
)


class Requests:
    """As much of the well-known client as the documents use."""

    def __init__(self, site: DemoSite) -> None:
        self.site = site

    def __call__(
        self, method: str, path: str, *, json_body: Any = None, token: str = "", files: dict[str, Any] | None = None
    ) -> Answer:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        body = None
        if json_body is not None:
            body, headers["Content-Type"] = json.dumps(json_body).encode(), "application/json"
        if files is not None:
            body, headers["Content-Type"] = multipart(files)
        request = Request(f"{self.site.base}/api{path}", data=body, headers=headers, method=method)
        try:
            with urlopen(request, timeout=20) as response:
                return Answer(response.status, response.headers, response.read().decode())
        except HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read().decode())

    def code(self, address: str) -> str:
        """Return the code of the last mail to ``address`` that the console back end printed, once there is one."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            mails = self.site.log.read_text().split("Content-Type: multipart/alternative")
            mine = [mail for mail in mails if f"To: {address}" in mail]
            found = re.findall(r"^ {4}(\d{6})$", mine[-1], re.MULTILINE) if mine else []
            if found and found[-1] not in self.used:
                self.used.add(found[-1])
                return str(found[-1])
            time.sleep(0.05)
        raise AssertionError(f"no code for {address}")

    used: set[str] = set()


def multipart(fields: dict[str, Any]) -> tuple[bytes, str]:
    boundary = "a-boundary-nobody-writes"
    parts = []
    for name, value in fields.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        if isinstance(value, bytes):
            parts.append(
                f'{head}; filename="profile.png"\r\nContent-Type: image/png\r\n\r\n'.encode() + value + b"\r\n"
            )
        else:
            parts.append(f"{head}\r\n\r\n{value}\r\n".encode())
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


@pytest.fixture
def send(demo_site: DemoSite) -> Requests:
    return Requests(demo_site)


@pytest.fixture
def address() -> str:
    return f"new-{uuid.uuid4().hex[:8]}@example.com"


def test_headless_document_user_flow(send: Requests, address: str) -> None:
    """004: usage example 1, then every user endpoint, then example 3."""
    pytest.importorskip("PIL", reason="the picture needs Pillow, of the extra accounts")
    made = send(
        "POST",
        "/users/register/",
        json_body={"email": address, "password": "SecurePass123!", "username": "newuser"},
    )
    assert made.status == 201
    body = made.json()
    assert {"id", "email", "username", "slug", "is_verified", "message"} <= set(body)
    assert (body["email"], body["username"], body["is_verified"]) == (address, "newuser", False)
    assert re.fullmatch(r"newuser-[0-9a-f]{8}", body["slug"])
    assert body["message"] == "Registration successful. Please verify your email."

    credentials = {"email": address, "password": "SecurePass123!"}
    assert send("POST", "/users/login/", json_body=credentials).status == 401, "no log-in before the address is proven"

    proven = send("POST", "/users/verify-otp/", json_body={"email": address, "otp": send.code(address)})
    assert proven.status == 200
    assert proven.json() == {
        "message": "Email verified successfully",
        "user": {"id": body["id"], "email": address, "is_verified": True},
    }

    login = send("POST", "/users/login/", json_body=credentials)
    assert login.status == 200
    tokens = login.json()
    shown = {"id", "email", "username", "slug", "is_verified", "is_staff", "is_superuser"}
    assert shown <= set(tokens["user"])
    access, refresh = tokens["access"], tokens["refresh"]

    me = send("GET", "/users/me/", token=access)
    fields = {"id", "email", "username", "slug", "bio", "address", "profile_pic", "is_verified", "date_joined"}
    assert me.status == 200 and fields <= set(me.json())

    slug = body["slug"]
    assert send("GET", f"/users/{slug}/", token=access).json()["slug"] == slug
    files = {"bio": "Updated bio", "address": "456 New St", "profile_pic": PNG}
    updated = send("PUT", f"/users/{slug}/", token=access, files=files)
    assert updated.status == 200, updated.text
    assert (updated.json()["bio"], updated.json()["address"]) == ("Updated bio", "456 New St")
    assert updated.json()["profile_pic"].startswith(f"{send.site.base}/media/{slug}/")

    refreshed = send("POST", "/users/token/refresh/", json_body={"refresh": refresh})
    assert refreshed.status == 200
    assert send("GET", "/users/me/", token=refreshed.json()["access"]).status == 200

    # Usage example 3.
    assert send("POST", "/users/forget-password/", json_body={"email": address}).json()["message"] == (
        "OTP sent to your email"
    )
    reset = {"email": address, "otp": send.code(address), "new_password": "NewSecurePass123!"}
    done = send("POST", "/users/reset-password/", json_body=reset)
    assert (done.status, done.json()["message"]) == (200, "Password reset successfully")
    assert send("GET", "/users/me/", token=refreshed.json()["access"]).status == 401
    credentials["password"] = "NewSecurePass123!"
    access = send("POST", "/users/login/", json_body=credentials).json()["access"]

    deleted = send("DELETE", f"/users/{slug}/", token=access)
    assert (deleted.status, deleted.text) == (204, "")
    assert send("GET", "/users/me/", token=access).status == 401


def test_headless_document_list_for_admins(send: Requests) -> None:
    admin = send.site.user("admin")
    access = send("POST", "/users/login/", json_body={"email": admin["email"], "password": admin["password"]}).json()[
        "access"
    ]
    found = send("GET", "/users/?is_verified=true&is_staff=true&search=example.com", token=access)
    assert found.status == 200
    page = found.json()
    assert {"count", "next", "previous", "results"} == set(page)
    assert {"admin@example.com", "editor@example.com"} == {row["email"] for row in page["results"]}
    shown = {"id", "email", "username", "slug", "is_verified", "is_staff", "date_joined"}
    assert shown <= set(page["results"][0])


def test_agents_document(send: Requests, address: str) -> None:
    """001: the requests of its test script, and the users' list and update."""
    register = {"email": address, "name": "Test User", "password": "testpassword123"}
    assert send("POST", "/auth/register/", json_body=register).status == 201
    send("POST", "/auth/verify-otp/", json_body={"email": address, "otp": send.code(address)})
    login = send("POST", "/auth/login/", json_body={"email": address, "password": "testpassword123"})
    token = login.json()["access_token"]
    me = send("GET", "/users/me/", token=token).json()
    assert (me["name"], me["email"]) == ("Test User", address)
    assert {"avatar_url", "is_active", "created_at", "updated_at", "last_login"} <= set(me)
    listed = send("GET", "/users/", token=token).json()
    assert [row["id"] for row in listed["results"]] == [me["id"]], "the current user only"
    changed = send("PATCH", f"/users/{me['id']}/", token=token, json_body={"name": "Renamed"})
    assert (changed.status, changed.json()["name"]) == (200, "Renamed")
    refreshed = send("POST", "/auth/refresh/", json_body={"refresh": login.json()["refresh_token"]})
    token = refreshed.json()["access_token"]
    assert send("POST", "/auth/logout/", token=token).status == 200
    assert send("GET", "/users/me/", token=token).status == 401
    again = send("POST", "/auth/refresh/", json_body={"refresh": refreshed.json()["refresh_token"]})
    assert again.status == 401, "the whole log-in is over, on the server too"


def test_portfolio_document(send: Requests) -> None:
    """002: auth routes and the fields of its user."""
    member = send.site.user("member")
    login = send("POST", "/auth/login/", json_body={"email": member["email"], "password": member["password"]})
    user = send("GET", "/auth/user/", token=login.json()["access"]).json()
    assert (user["subscription_tier"], user["ai_text_credits"], user["ai_image_credits"]) == ("free", 100, 10)
    wanted = {"title": "Senior Frontend Engineer", "bio": "…", "avatar_url": "https://pictures.example/me.png"}
    changed = send("PATCH", "/auth/user/", token=login.json()["access"], json_body=wanted)
    assert changed.status == 200
    assert {name: changed.json()[name] for name in wanted} == wanted
    forced = send("PATCH", "/auth/user/", token=login.json()["access"], json_body={"subscription_tier": "pro"})
    assert forced.json()["subscription_tier"] == "free", "nobody gives themselves credits"


def test_claims_are_those_of_the_documents(send: Requests) -> None:
    import base64

    member = send.site.user("member")
    pair = send("POST", "/auth/login/", json_body={"email": member["email"], "password": member["password"]}).json()
    claims = {}
    for name in ("access", "refresh"):
        raw = pair[name].split(".")[1]
        claims[name] = json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
    for name, found in claims.items():
        assert (found["user_id"], found["email"], found["type"]) == (member["id"], "member@example.com", name)
    assert claims["access"]["exp"] - claims["access"]["iat"] == 60 * 60
    assert claims["refresh"]["exp"] - claims["refresh"]["iat"] == 7 * 24 * 60 * 60


def test_demo_users_log_in_on_the_pages(demo_site: DemoSite, browser: Any) -> None:
    page = browser.new_page()
    for name in ("admin", "editor", "member"):
        user = demo_site.user(name)
        page.goto(f"{demo_site.base}/accounts/login/")
        page.fill("#id_email", user["email"])
        page.fill("#id_password", user["password"])
        page.click("main button.account-button")
        page.wait_for_url("**/accounts/profile/")
        page.click("text=Log out")
        page.wait_for_url("**/accounts/login/")


def test_api_tokens_jwt_and_sessions_live_side_by_side(send: Requests) -> None:
    member = send.site.user("member")
    assert send("GET", "/users/me/", token=member["token"]).json()["email"] == "member@example.com"
    bad = send("GET", "/users/me/", token="no.such.token")
    assert (bad.status, bad.json()["code"]) == (401, "invalid_token")
