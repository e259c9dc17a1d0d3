"""Users over REST: oneself, and for staff everybody."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from rest_framework.test import APIClient

from ai_cms.accounts.exceptions import CODES
from ai_cms.accounts.models import AbstractUser
from tests.conftest import make_user

from .conftest import bearer, log_in, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_ann(ann: Any) -> APIClient:
    return bearer(log_in("ann@example.com")["access"])


@pytest.fixture
def as_staff(staff: Any) -> APIClient:
    return bearer(log_in("staff@example.com")["access"])


def test_people_see_themselves_and_nobody_else(as_ann: APIClient, ann: Any) -> None:
    bob = make_user("bob")
    assert [row["email"] for row in as_ann.get("/api/users/").json()["results"]] == ["ann@example.com"]
    for name in (bob.slug, str(bob.pk)):
        hidden = as_ann.get(f"/api/users/{name}/")
        missing = as_ann.get("/api/users/nobody-12345678/")
        assert (hidden.status_code, hidden.json()) == (missing.status_code, missing.json()) == (404, missing.json())
        for method in (as_ann.put, as_ann.patch, as_ann.delete):
            assert method(f"/api/users/{name}/", {"bio": "x"}, format="json").status_code == 404
    assert as_ann.get("/api/users/?search=bob").json()["count"] == 0
    bob.refresh_from_db()
    assert bob.bio == ""


def test_strangers_see_nothing() -> None:
    client = APIClient()
    for path in ("users/", "users/me/", "auth/user/", "users/sessions/", "users/me/export/", "users/passkeys/"):
        answer = client.get(f"/api/{path}")
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated"), path


def test_staff_lists_filters_and_searches(as_staff: APIClient) -> None:
    make_user("pending", is_verified=False, is_active=False)
    make_user("boss", is_staff=True, name="Zoë")
    names = lambda query: {row["username"] for row in as_staff.get(f"/api/users/?{query}").json()["results"]}  # noqa: E731
    assert names("") == {"staff", "pending", "boss"}
    assert names("is_verified=false") == {"pending"}
    assert names("is_staff=true") == {"staff", "boss"}
    assert names("search=zo%C3%AB") == {"boss"}
    assert names("ordering=email") == {"staff", "pending", "boss"}


def test_the_list_asks_the_database_a_fixed_number_of_times(
    as_staff: APIClient, django_assert_max_num_queries: Any
) -> None:
    for number in range(15):
        make_user(f"u{number}")
    with django_assert_max_num_queries(6):
        as_staff.get("/api/users/")


def test_staff_without_the_permission_is_a_member() -> None:
    make_user("clerk", is_staff=True)
    make_user("bob")
    client = bearer(log_in("clerk@example.com")["access"])
    assert client.get("/api/users/").json()["count"] == 1


def test_staff_manages_members_but_no_superuser(as_staff: APIClient, ann: Any, superuser: Any) -> None:
    changed = as_staff.patch(f"/api/users/{ann.slug}/", {"subscription_tier": "pro", "is_active": False}, format="json")
    assert changed.status_code == 200
    assert (changed.json()["subscription_tier"], changed.json()["is_active"]) == ("pro", False)
    assert as_staff.patch(f"/api/users/{ann.slug}/", {"subscription_tier": "gold"}, format="json").status_code == 400
    for method in (as_staff.patch, as_staff.delete):
        assert method(f"/api/users/{superuser.slug}/", {"is_active": False}, format="json").status_code == 403
    superuser.refresh_from_db()
    assert superuser.is_active and not superuser.is_deleted


def test_deleted_and_restored(as_staff: APIClient, ann: Any) -> None:
    from ai_cms.core.tokens import create_token

    create_token(ann)
    before = {field.name: getattr(ann, field.name) for field in ann._meta.fields}
    assert as_staff.delete(f"/api/users/{ann.slug}/").status_code == 204
    assert as_staff.get(f"/api/users/{ann.slug}/").status_code == 404
    assert [row["email"] for row in as_staff.get("/api/users/?deleted=true").json()["results"]] == ["ann@example.com"]
    assert not get_user_model().objects.filter(pk=ann.pk).exists()
    assert get_user_model().all_objects.filter(pk=ann.pk).exists()
    assert post("users/login/", {"email": "ann@example.com", "password": "password"}).status_code == 401
    assert as_staff.post(f"/api/users/{ann.slug}/restore/").status_code == 200
    back = get_user_model().objects.get(pk=ann.pk)
    changed = {name for name, value in before.items() if getattr(back, name) != value}
    assert changed == {"updated_at", "token_version"} or changed == {"token_version"}, changed
    assert log_in("ann@example.com")["access"]


def test_a_member_restores_nobody(as_ann: APIClient) -> None:
    bob = make_user("bob")
    bob.delete()
    assert as_ann.post(f"/api/users/{bob.slug}/restore/").status_code == 404


def test_a_disabled_user_stays_disabled_through_deletion_and_restoring(ann: Any) -> None:
    ann.is_active = False
    ann.save()
    ann.delete()
    ann.restore()
    assert not get_user_model().objects.get(pk=ann.pk).is_active


FORBIDDEN: dict[str, Any] = {
    "id": "00000000-0000-0000-0000-000000000000",
    "pk": 1,
    "email": "evil@example.com",
    "email_key": "evil@example.com",
    "slug": "evil",
    "password": "evil-password-1",
    "is_staff": True,
    "is_superuser": True,
    "is_verified": False,
    "is_active": False,
    "was_active": False,
    "deleted_at": "2020-01-01T00:00:00Z",
    "is_deleted": True,
    "token_version": 99,
    "subscription_tier": "pro",
    "ai_text_credits": 9999,
    "ai_image_credits": 9999,
    "date_joined": "2001-01-01T00:00:00Z",
    "created_at": "2001-01-01T00:00:00Z",
    "updated_at": "2001-01-01T00:00:00Z",
    "last_login": "2001-01-01T00:00:00Z",
    "groups": [1],
    "user_permissions": [1],
    "owner": 1,
    "user": 1,
    "__class__": "x",
    "_state": {},
}


@pytest.mark.parametrize("path", ["users/me/", "auth/user/", "users/{slug}/"])
def test_fields_that_are_not_ones_own_to_write_are_not_written(as_ann: APIClient, ann: Any, path: str) -> None:
    before = {field.name: getattr(ann, field.name) for field in ann._meta.fields}
    for name, value in FORBIDDEN.items():
        answer = as_ann.patch(f"/api/{path.format(slug=ann.slug)}", {name: value, "bio": "ok"}, format="json")
        assert answer.status_code == 200, name
    ann.refresh_from_db()
    changed = {name for name, value in before.items() if getattr(ann, name) != value}
    assert changed <= {"bio", "updated_at", "last_login"}
    assert not ann.groups.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "x",
        1,
        None,
        {"email": []},
        {"email": {}, "password": []},
        {"email": "a\u0000@example.com", "password": "x"},
        {"email": "x" * 400, "password": "x"},
        {"email": "a@example.com", "password": "x" * 2000},
        {"email": "\ud800@example.com", "password": "x"},
        {"email": "a@[::1]", "password": "x"},
    ],
)
@pytest.mark.parametrize(
    "path",
    "register verify-otp resend-otp login login/second-factor token/refresh forget-password reset-password".split(),
)
def test_malformed_bodies_get_a_clear_answer(path: str, body: Any) -> None:
    raw = json.dumps(body, ensure_ascii=True).encode()
    answer = APIClient().post(f"/api/users/{path}/", raw, content_type="application/json")
    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert {"detail", "code"} <= set(answer.json())
        assert answer.json()["code"] in CODES


def test_the_codes_are_a_closed_list_that_the_reference_has() -> None:
    from pathlib import Path

    page = Path(__file__).parents[2] / "docs" / "reference" / "accounts.md"
    text = page.read_text("utf-8")
    listed = text.partition("## Codes of errors")[2].partition("## Limits")[0]
    assert dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", listed, re.MULTILINE)) == CODES


@pytest.mark.parametrize("tail", ["", "auth/", "users/"])
def test_the_same_routes_stand_at_both_places(tail: str) -> None:
    from ai_cms.accounts.api.routes import auth_urls

    first, second = ({url.pattern._route.partition("/")[2] for url in auth_urls(name)} for name in ("auth", "users"))
    assert first == second


@pytest.fixture(params=["assets", "accounts"])
def cleaner(request: Any) -> Any:
    """Avatars are made by the intake of assets where they are installed, else by accounts themselves."""
    from ai_cms.accounts.avatars import clean_picture
    from ai_cms.core.pictures import picture_cleaners

    if request.param == "assets":
        assert picture_cleaners.best(clean_picture) is not clean_picture
        yield
    else:
        with picture_cleaners.temporarily("last", clean_picture):
            yield


@pytest.mark.usefixtures("cleaner")
class TestAvatar:
    def test_is_made_anew_without_what_the_camera_wrote(self, as_ann: APIClient, ann: Any, picture: Any) -> None:
        answer = as_ann.put(f"/api/users/{ann.slug}/", {"profile_pic": picture(exif=True, size=(3000, 2000))})
        assert answer.status_code == 200, answer.json()
        ann.refresh_from_db()
        with ann.avatar.open() as file:
            stored = file.read()
        assert b"secret-place" not in stored
        assert Image.open(io.BytesIO(stored)).size == (512, 341)
        assert answer.json()["profile_pic"] == answer.json()["avatar"] == answer.json()["avatar_url"]

    def test_null_takes_it_away_and_the_file_too(self, as_ann: APIClient, ann: Any, picture: Any) -> None:
        as_ann.patch("/api/users/me/", {"avatar": picture("PNG")})
        ann.refresh_from_db()
        storage, name = ann.avatar.storage, ann.avatar.name
        assert storage.exists(name)
        assert as_ann.patch("/api/users/me/", {"profile_pic": None}, format="json").json()["profile_pic"] is None
        assert not storage.exists(name)

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("a.jpg", b""),
            ("a.jpg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
            ("a.png", b"<html><script>alert(1)</script>"),
            ("a.gif", b"GIF89a" + b"\x00" * 20),
            ("a.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 100),
            ("a.tiff", b"II*\x00" + b"\x00" * 100),
            ("a.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n(id) run"),
            ("../../x.jpg", b"MZ" * 50),
        ],
    )
    def test_what_is_no_picture_is_refused(self, as_ann: APIClient, ann: Any, name: str, content: bytes) -> None:
        answer = as_ann.patch("/api/users/me/", {"profile_pic": SimpleUploadedFile(name, content, "image/png")})
        assert answer.status_code == 400
        assert "profile_pic" in answer.json()
        ann.refresh_from_db()
        assert not ann.avatar

    def test_too_many_pixels_or_bytes_are_refused(self, as_ann: APIClient, settings: Any, picture: Any) -> None:
        settings.AI_CMS = {**settings.AI_CMS, "AVATAR_MAX_PIXELS": 1000}
        assert "pixels" in str(as_ann.patch("/api/users/me/", {"avatar": picture()}).json()["avatar"])
        settings.AI_CMS = {**settings.AI_CMS, "AVATAR_MAX_BYTES": 1000}
        assert "kB" in str(as_ann.patch("/api/users/me/", {"avatar": picture()}).json()["avatar"])

    def test_no_address_is_fetched_and_none_runs(self, as_ann: APIClient) -> None:
        for url in ("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//x", "http://", "x"):
            answer = as_ann.patch("/api/users/me/", {"avatar_url": url}, format="json")
            assert answer.status_code == 400, url


def test_export_holds_everything_and_no_secret(as_ann: APIClient, ann: Any) -> None:
    answer = as_ann.get("/api/users/me/export/")
    assert "attachment" in answer["Content-Disposition"]
    data = answer.json()
    assert set(data) >= {"account", "log_ins", "api_tokens", "passkeys"}
    assert data["account"]["email"] == "ann@example.com"
    assert len(data["log_ins"]) == 1
    for secret in (ann.password, ann.stamp, "digest", "session_key"):
        assert secret not in answer.content.decode()


def test_answers_are_private(as_ann: APIClient) -> None:
    for path in ("users/me/", "users/", "users/sessions/"):
        assert as_ann.get(f"/api/{path}")["Cache-Control"] == "private, no-store"


def test_stored_text_is_data() -> None:
    user = make_user("x", name="<script>alert(1)</script>")
    assert isinstance(user, AbstractUser)
    from django.test import Client

    client = Client()
    client.force_login(user)
    assert "<script>alert" not in client.get("/accounts/profile/").content.decode()


def test_tier_changes_the_allowance(as_staff: APIClient, ann: Any, settings: Any) -> None:
    tiers = {"free": {"text": 100, "image": 10}, "pro": {"text": 500, "image": 50}}
    settings.AI_CMS = {**settings.AI_CMS, "LLM_ALLOWANCES": tiers}
    client = bearer(log_in("ann@example.com")["access"])
    shown = lambda: {key: client.get("/api/users/me/").json()[f"ai_{key}_credits"] for key in ("text", "image")}  # noqa: E731
    assert shown() == tiers["free"]
    as_staff.patch(f"/api/users/{ann.slug}/", {"subscription_tier": "pro"}, format="json")
    assert shown() == tiers["pro"]


def test_registration_can_be_closed(settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "ALLOW_REGISTRATION": False}
    answer = post("users/register/", {"email": "new@example.com", "password": "SecurePass123!"})
    assert (answer.status_code, answer.json()["code"]) == (403, "registration_closed")
