"""The admin of people: usable with the right to look alone, and without a leak."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse

from ai_cms.accounts.models import OutboxMail
from tests.conftest import make_user

pytestmark = pytest.mark.django_db


def at(name: str, *args: Any) -> str:
    options = get_user_model()._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_{name}", args=args)


def logged_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def looker(db: None) -> Client:
    user = make_user("looker", is_staff=True)
    kind = ContentType.objects.get_for_model(get_user_model())
    user.user_permissions.add(Permission.objects.get(content_type=kind, codename__startswith="view_"))
    return logged_in(user)


@pytest.fixture
def root(superuser: Any) -> Client:
    return logged_in(superuser)


def test_who_may_look_sees_no_hash(looker: Client, ann: Any) -> None:
    html = looker.get(at("change", ann.pk)).content.decode()
    assert "ann@example.com" in html
    for secret in (ann.password, ann.password.split("$")[-1][:8], "md5$", ann.stamp):
        assert secret not in html
    assert looker.get(at("changelist")).status_code == 200
    assert looker.get(at("changelist"), {"password__startswith": "md5"}).status_code in (302, 400)
    assert looker.post(at("change", ann.pk), {"email": "x@example.com"}).status_code == 403
    assert (
        looker.get(
            f"/admin/{get_user_model()._meta.app_label}/{get_user_model()._meta.model_name}/{ann.pk}/password/"
        ).status_code
        == 403
    )


def test_a_new_user_by_address(root: Client) -> None:
    form = {"email": "New@Example.com", "name": "New", "is_verified": "on", "usable_password": "true"}
    assert root.post(at("add"), {**form, "password1": "a-long-pass-1", "password2": "a-long-pass-1"}).status_code == 302
    user = get_user_model().objects.get_by_natural_key("new@example.com")
    assert user.check_password("a-long-pass-1") and user.can_log_in
    again = root.post(
        at("add"), {**form, "email": "NEW@example.com", "password1": "a-long-pass-1", "password2": "a-long-pass-1"}
    )
    assert "An account with this address exists" in again.content.decode()


def form_of(user: Any, **changes: Any) -> dict[str, Any]:
    return {"email": user.email, "subscription_tier": "free", "is_verified": "on", "is_active": "on", **changes}


def test_staff_edits_people_but_hands_out_no_power(staff: Any, ann: Any, superuser: Any) -> None:
    client = logged_in(staff)
    form = form_of(ann, name="Ann", is_superuser="on", is_staff="on")
    assert client.post(at("change", ann.pk), form).status_code == 302
    ann.refresh_from_db()
    assert (ann.name, ann.is_superuser, ann.is_staff) == ("Ann", False, False)
    assert client.post(at("change", superuser.pk), form_of(superuser, email="mine@example.com")).status_code == 403
    assert client.get(f"{at('change', superuser.pk)}".replace("change/", "password/")).status_code == 403
    assert client.post(at("delete", superuser.pk), {"post": "yes"}).status_code == 403
    client.post(at("changelist"), {"action": "end_access", "_selected_action": [str(superuser.pk)]})
    superuser.refresh_from_db()
    assert superuser.token_version == 0


def test_an_unknown_tier_is_refused(root: Client, ann: Any) -> None:
    assert (
        "There is no such tier"
        in root.post(at("change", ann.pk), form_of(ann, subscription_tier="gold")).content.decode()
    )


def test_deleting_marks_and_restoring_brings_back(root: Client, ann: Any) -> None:
    assert "ann@example.com" in root.get(at("delete", ann.pk)).content.decode()
    root.post(at("delete", ann.pk), {"post": "yes"})
    ann.refresh_from_db()
    assert ann.is_deleted
    # The first page still says so.
    root.get(at("changelist"))
    assert "ann@example.com" not in root.get(at("changelist")).content.decode()
    assert "ann@example.com" in root.get(at("changelist"), {"deleted": "yes"}).content.decode()
    root.post(f"{at('changelist')}?deleted=yes", {"action": "restore", "_selected_action": [str(ann.pk)]})
    ann.refresh_from_db()
    assert not ann.is_deleted and ann.is_active
    root.post(at("changelist"), {"action": "delete_selected", "_selected_action": [str(ann.pk)], "post": "yes"})
    ann.refresh_from_db()
    assert ann.is_deleted


def test_every_list_and_a_row_of_each_can_be_opened(root: Client, ann: Any) -> None:
    from .conftest import log_in, post

    log_in("ann@example.com")
    post("users/forget-password/", {"email": "ann@example.com"})
    for model in admin.site._registry:
        if model._meta.app_label != "ai_cms_accounts":
            continue
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert root.get(reverse(f"{base}_changelist")).status_code == 200
        row = model._default_manager.first()
        if row is not None:
            html = root.get(reverse(f"{base}_change", args=[row.pk])).content.decode()
            for secret in ("code_hash", "session_key", "payload", "digest"):
                assert secret not in html


def test_mail_that_was_given_up_can_be_tried_again(root: Client, settings: Any) -> None:
    from django.core import mail

    from ai_cms.accounts import outbox

    settings.AI_CMS = {**settings.AI_CMS, "MAIL_RUNNER": "none"}
    outbox.queue("password_changed", "ann@example.com", context={"name": "Ann"})
    OutboxMail.objects.update(state="dead")
    row = OutboxMail.objects.get()
    root.post(
        reverse("admin:ai_cms_accounts_outboxmail_changelist"), {"action": "try_again", "_selected_action": [row.pk]}
    )
    assert len(mail.outbox) == 1
