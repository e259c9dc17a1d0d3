"""The admin of the gateway: it shows what it should, to whom it should, and changes nothing it should not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from ai_cms.llm import gateway
from ai_cms.llm.backends.testing import TestingBackend
from ai_cms.llm.credits import ledger as credits
from ai_cms.llm.exceptions import LLMBackendMisconfigured
from ai_cms.llm.messages import LLMRequest, LLMResponse, Message, Usage
from ai_cms.llm.models import AILog, BackendState, CreditAccount, CreditEntry, Run

pytestmark = pytest.mark.django_db

PAGES = ["ailog", "creditaccount", "creditentry", "agentbudget", "run", "backendstate"]


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:ai_cms_llm_{name}", args=args)


@pytest.fixture
def admin(superuser: Any) -> Client:
    client = Client()
    client.force_login(superuser)
    return client


@pytest.fixture
def viewer(django_user_model: Any) -> Client:
    """Return a client of a member of the staff with every view permission and no other."""
    user = django_user_model.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="ai_cms_llm", codename__startswith="view_")
    )
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def logged(testing_llm: TestingBackend, member: Any, settings: Any) -> AILog:
    settings.AI_CMS = {**settings.AI_CMS, "LLM_PRICES": {"testing": {"input": 3_000_000, "output": 15_000_000}}}
    from ai_cms.llm.handler import llms

    llms.use("default", testing_llm)
    testing_llm.script(LLMResponse("<script>alert(1)</script>", usage=Usage(100, 20)))
    request = LLMRequest([Message.system("Be brief."), Message.user("<img src=x onerror=alert(2)>")])
    return gateway.call(request, actor=member, task="summary", target_label="A page").log


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_for_staff_and_for_viewers(admin: Client, viewer: Client, logged: AILog, page: str) -> None:
    for client in (admin, viewer):
        answer = client.get(url(f"{page}_changelist"))
        assert answer.status_code == 200
        html = answer.content.decode()
        # A content security policy without unsafe-inline has to hold.
        assert not re.search(r"<[^>]+\sstyle=", html)
        assert not re.search(r"<script(?![^>]*\ssrc=)(?![^>]*type=.application/json)[^>]*>", html)


@pytest.mark.parametrize("page", PAGES)
def test_staff_without_permission_sees_nothing(editor: Any, logged: AILog, page: str) -> None:
    client = Client()
    client.force_login(editor)
    assert client.get(url(f"{page}_changelist")).status_code == 403


def test_the_log_sums_up_and_charts(admin: Client, logged: AILog) -> None:
    html = admin.get(url("ailog_changelist")).content.decode()
    assert "$ 0.0006" in html
    assert 'class="ai-bar"' in html
    assert "member" in html
    assert "summary" in html
    assert ">testing<" in html
    filtered = admin.get(url("ailog_changelist"), {"task": "nothing"}).content.decode()
    assert "ai-bar" not in filtered


def test_a_log_entry_shows_texts_escaped_and_cannot_be_changed(viewer: Client, admin: Client, logged: AILog) -> None:
    for client in (viewer, admin):
        html = client.get(url("ailog_change", logged.pk)).content.decode()
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
        assert "<img src=x" not in html
        assert "<textarea" not in html
        assert client.get(url("ailog_delete", logged.pk)).status_code == 403
        assert client.get(url("ailog_add")).status_code == 403


def test_credits_are_granted_once_a_form(admin: Client, logged: AILog, member: Any) -> None:
    account = CreditAccount.objects.get(user=member, kind="text")
    before = account.balance
    page = admin.post(url("creditaccount_changelist"), {"action": "grant", "_selected_action": [account.pk]})
    assert page.status_code == 200
    key = page.context["form"].initial["key"]
    data = {"action": "grant", "_selected_action": [account.pk], "apply": "1", "credits": "3", "note": "hi", "key": key}
    for _ in range(2):
        assert admin.post(url("creditaccount_changelist"), data).status_code == 302
    account.refresh_from_db()
    assert account.balance == before + 3000
    entry = CreditEntry.objects.get(kind="grant")
    assert (entry.note, entry.created_by.username) == ("hi", "admin")  # type: ignore[union-attr]
    zero = admin.post(url("creditaccount_changelist"), {**data, "credits": "0"})
    assert "Zero changes nothing." in zero.content.decode()


def test_viewers_grant_nothing(viewer: Client, logged: AILog, member: Any) -> None:
    account = CreditAccount.objects.get(user=member, kind="text")
    data = {"action": "grant", "_selected_action": [account.pk], "apply": "1", "credits": "3", "key": "k"}
    viewer.post(url("creditaccount_changelist"), data)
    assert not CreditEntry.objects.filter(kind="grant").exists()
    assert viewer.post(url("creditaccount_change", account.pk), {"balance": "999999"}).status_code == 403


def test_the_ledger_of_an_account_is_linked(admin: Client, logged: AILog, member: Any) -> None:
    account = CreditAccount.objects.get(user=member, kind="text")
    html = admin.get(url("creditaccount_change", account.pk)).content.decode()
    assert f"account__id__exact={account.pk}" in html
    listed = admin.get(url("creditentry_changelist"), {"account__id__exact": account.pk})
    assert listed.status_code == 200
    assert listed.context["cl"].result_count == 2


def test_deleting_a_user_takes_the_credits_along_and_keeps_the_log(admin: Client, logged: AILog, member: Any) -> None:
    answer = admin.post(reverse("admin:auth_user_delete", args=[member.pk]), {"post": "yes"})
    assert answer.status_code == 302
    assert not CreditAccount.objects.exists()
    logged.refresh_from_db()
    assert logged.user is None


def test_a_backend_is_tested_by_post_and_permission(
    admin: Client, viewer: Client, testing_llm: TestingBackend, editor: Any
) -> None:
    target = url("backendstate_test", "default")
    assert admin.get(target).status_code == 405
    assert viewer.post(target).status_code == 403
    assert "Test this backend" not in viewer.get(url("backendstate_changelist")).content.decode()
    assert "The backend default works: testing answered" in admin.post(target, follow=True).content.decode()
    assert len(testing_llm.requests) == 1
    log = AILog.objects.get()
    assert (log.task, log.user, log.target_label) == ("backend_test", None, "admin")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin.get(url("ailog_changelist")).wsgi_request.user)
    assert strict.post(target).status_code == 403
    testing_llm.script(LLMBackendMisconfigured(reason="HTTP 401"))
    assert "HTTP 401" in admin.post(target, follow=True).content.decode()
    assert BackendState.objects.get().failures == 1


def test_the_backends_page_shows_no_secret(admin: Client, settings: Any) -> None:
    settings.AI_CMS = {
        "LLM": {
            "default": {
                "BACKEND": "ai_cms.llm.backends.openai.OpenAIBackend",
                "OPTIONS": {"api_key": "sk-very-secret", "base_url": "https://inside.example/v1"},
            },
            "broken": {"BACKEND": "no.such.Backend"},
        }
    }
    html = admin.get(url("backendstate_changelist")).content.decode()
    assert "could not find BACKEND" in html
    assert "sk-very-secret" not in html


def test_runs_are_cancelled_in_the_admin(admin: Client, viewer: Client, member: Any) -> None:
    run = Run.objects.create(handler="x", user=member)
    data = {"action": "cancel", "_selected_action": [run.pk]}
    viewer.post(url("run_changelist"), data)
    run.refresh_from_db()
    assert run.status == "queued"
    admin.post(url("run_changelist"), data)
    run.refresh_from_db()
    assert run.status == "cancelled"
    assert viewer.get(url("run_change", run.pk)).status_code == 200


def test_allowances_show_in_credits(admin: Client, member: Any) -> None:
    credits.account_for(member, "text")
    html = admin.get(url("creditaccount_changelist")).content.decode()
    assert "100000" in html.replace(",", "").replace("\xa0", "")
