from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from ai_cms.core.flags import flag_enabled
from ai_cms.core.models import ApiToken, IdempotencyRecord, RateLimitCounter, RuntimeFlag
from ai_cms.core.tokens import create_token, find_token

pytestmark = pytest.mark.django_db
TOKENS = "/admin/ai_cms_core/apitoken/"


def grant(user: Any, *codenames: str) -> None:
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames, content_type__app_label="ai_cms_core"))


@pytest.fixture
def admin_client(client: Client, superuser: Any) -> Client:
    client.force_login(superuser)
    return client


def secret_in(html: str) -> str:
    found = re.search(r'value="(aicms_[^"]+)"', html)
    assert found is not None
    return found[1]


def test_the_secret_of_a_new_token_is_shown_once(admin_client: Client, member: Any) -> None:
    data = {"user": member.pk, "name": "ci", "scope": "publish", "expires_at": ""}
    answer = admin_client.post(f"{TOKENS}add/", data)
    assert answer.status_code == 200
    assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))
    secret = secret_in(answer.content.decode())
    token = find_token(secret)
    assert token is not None
    assert (token.user, token.scopes) == (member, ["read", "propose", "write", "publish"])
    for path in (TOKENS, f"{TOKENS}{token.pk}/change/", f"{TOKENS}{token.pk}/history/"):
        html = admin_client.get(path).content.decode()
        assert secret not in html
        assert token.digest not in html
    assert secret not in str(dict(admin_client.session))
    assert secret not in str(admin_client.cookies)


def test_mistakes_in_the_form_are_shown(admin_client: Client, member: Any) -> None:
    past = timezone.now() - timedelta(days=1)
    data = {"user": member.pk, "scope": "", "expires_at": past.strftime("%Y-%m-%dT12:00")}
    html = admin_client.post(f"{TOKENS}add/", data).content.decode()
    assert "The expiry must be in the future." in html
    assert "This field is required." in html
    assert not ApiToken.objects.exists()


def test_only_the_name_of_a_token_can_be_changed(admin_client: Client, member: Any) -> None:
    token, _secret = create_token(member)
    data = {"name": "new", "scope": "admin", "user": "1", "expires_at": "2099-01-01T00:00"}
    assert admin_client.post(f"{TOKENS}{token.pk}/change/", data).status_code == 302
    token.refresh_from_db()
    assert (token.name, token.scopes, token.user, token.expires_at) == ("new", ["read"], member, None)


def test_tokens_are_revoked_by_an_action(admin_client: Client, member: Any) -> None:
    token, secret = create_token(member)
    admin_client.post(TOKENS, {"action": "revoke", "_selected_action": [token.pk]}, follow=True)
    assert find_token(secret) is None


def test_staff_make_tokens_for_themselves_alone(client: Client, editor: Any, superuser: Any) -> None:
    grant(editor, "add_apitoken", "view_apitoken", "change_apitoken", "delete_apitoken")
    foreign, _secret = create_token(superuser, scopes=["admin"], name="of the superuser")
    client.force_login(editor)
    answer = client.post(f"{TOKENS}add/", {"user": superuser.pk, "name": "mine", "scope": "admin"})
    token = find_token(secret_in(answer.content.decode()))
    assert token is not None
    assert token.user == editor
    assert "of the superuser" not in client.get(TOKENS).content.decode()
    assert client.get(f"{TOKENS}{foreign.pk}/change/").status_code == 302
    client.post(TOKENS, {"action": "revoke", "_selected_action": [foreign.pk]})
    client.post(f"{TOKENS}{foreign.pk}/delete/", {"post": "yes"})
    foreign.refresh_from_db()
    assert foreign.revoked_at is None


def test_who_may_only_look_sees_no_secret_and_changes_nothing(client: Client, editor: Any) -> None:
    grant(editor, "view_apitoken", "view_idempotencyrecord", "view_runtimeflag", "view_ratelimitcounter")
    token, _secret = create_token(editor)
    end = timezone.now() + timedelta(hours=1)
    record = IdempotencyRecord.objects.create(
        principal="user:1", key="the-key", request_hash="the-hash", body="the-body", leased_until=end, expires_at=end
    )
    flag = RuntimeFlag.objects.create(name="maintenance")
    counter = RateLimitCounter.objects.create(scope="login", key="the-counter", count=1, expires_at=end)
    client.force_login(editor)
    pages = {
        "apitoken": token.pk,
        "idempotencyrecord": record.pk,
        "runtimeflag": flag.pk,
        "ratelimitcounter": counter.pk,
    }
    for model, pk in pages.items():
        for path in (f"/admin/ai_cms_core/{model}/", f"/admin/ai_cms_core/{model}/{pk}/change/"):
            answer = client.get(path)
            html = answer.content.decode()
            assert answer.status_code == 200
            for hidden in (token.digest, "the-key", "the-hash", "the-body", "the-counter"):
                assert hidden not in html, (path, hidden)
        assert (
            client.post(f"/admin/ai_cms_core/{model}/{pk}/change/", {"name": "x", "enabled": "on"}).status_code == 403
        )
        assert client.post(f"/admin/ai_cms_core/{model}/add/", {"name": "x"}).status_code == 403
        assert client.post(f"/admin/ai_cms_core/{model}/{pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(TOKENS, {"action": "revoke", "_selected_action": [token.pk]})
    token.refresh_from_db()
    assert token.revoked_at is None


def test_flags_are_switched_at_once(admin_client: Client) -> None:
    assert not flag_enabled("maintenance")
    add = "/admin/ai_cms_core/runtimeflag/add/"
    assert admin_client.post(add, {"name": "maintenance", "enabled": "on"}).status_code == 302
    assert flag_enabled("maintenance")
    flag = RuntimeFlag.objects.get()
    admin_client.post(f"/admin/ai_cms_core/runtimeflag/{flag.pk}/change/", {"name": "other"})
    assert not flag_enabled("maintenance")
    flag.refresh_from_db()
    assert flag.name == "maintenance"


def test_records_can_be_looked_at_and_deleted(admin_client: Client) -> None:
    end = timezone.now() + timedelta(hours=1)
    record = IdempotencyRecord.objects.create(
        principal="user:1", key="k", request_hash="h", leased_until=end, expires_at=end
    )
    assert admin_client.get("/admin/ai_cms_core/idempotencyrecord/").status_code == 200
    assert admin_client.get("/admin/ai_cms_core/idempotencyrecord/add/").status_code == 403
    admin_client.post(f"/admin/ai_cms_core/idempotencyrecord/{record.pk}/delete/", {"post": "yes"})
    assert not IdempotencyRecord.objects.exists()
