"""What the command settles and forgets, and what it leaves alone."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from ai_cms.llm import gateway, workers
from ai_cms.llm.backends.testing import TestingBackend
from ai_cms.llm.conf import gateway_settings
from ai_cms.llm.credits import settlement
from ai_cms.llm.messages import ImageRequest, LLMRequest, Message
from ai_cms.llm.models import AILog, CreditAccount, LLMCall, Run
from ai_cms.llm.retention import forget_texts

pytestmark = pytest.mark.django_db


def settle(*options: str) -> dict[str, Any]:
    out = StringIO()
    call_command("settle_llm_calls", "--json", *options, stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def ask() -> LLMRequest:
    return LLMRequest([Message.user("Hello there")], max_tokens=100)


def age(**changes: Any) -> None:
    LLMCall.objects.update(lease_until=timezone.now() - timedelta(seconds=1), **changes)


def test_what_lives_is_left_alone(testing_llm: TestingBackend, member: Any) -> None:
    events = gateway.stream(ask(), actor=member)
    assert settle()["calls"] == 0
    assert LLMCall.objects.get().finished_at is None
    events.close()


def test_what_was_never_sent_is_refunded(testing_llm: TestingBackend, member: Any) -> None:
    gateway.stream(ask(), actor=member)
    age()
    assert settle() == {
        "calls": 1, "runs": 0, "texts": 0, "deleted_runs": 0, "open_calls": 0, "waiting_runs": 0
    }  # fmt: skip
    account = CreditAccount.objects.get(user=member)
    assert (account.balance, account.reserved) == (100_000, 0)
    assert AILog.objects.get().status == "failed"


def test_what_was_sent_is_charged_with_the_text_that_came(testing_llm: TestingBackend, member: Any) -> None:
    events = gateway.stream(ask(), actor=member)
    next(events)
    age(partial_text="A fine text of some words")
    assert settlement.sweep() == 1
    assert settlement.sweep() == 0
    log = AILog.objects.get()
    assert (log.status, log.usage_source, log.output) == ("incomplete", "estimated", "A fine text of some words")
    assert log.charged == log.tokens_in + log.tokens_out > log.tokens_in > 0
    account = CreditAccount.objects.get(user=member)
    assert (account.balance, account.reserved) == (100_000 - log.charged, 0)
    # The process was only slow: what it does now changes nothing.
    rest = list(events)
    assert rest
    account.refresh_from_db()
    assert (account.balance, account.reserved) == (100_000 - log.charged, 0)
    assert account.entries.filter(kind="charge").count() == 1


def test_an_image_that_was_asked_for_is_charged(testing_llm: TestingBackend, member: Any) -> None:
    gateway.generate_image(ImageRequest("x"), actor=member)
    LLMCall.objects.update(finished_at=None, status="running", hold=1)
    AILog.objects.update(finished_at=None, charged=0)
    account = CreditAccount.objects.get(user=member)
    account.entries.filter(kind="charge").delete()
    CreditAccount.objects.update(balance=10, reserved=1)
    age()
    assert settlement.sweep() == 1
    account.refresh_from_db()
    assert (account.balance, account.reserved) == (9, 0)


def test_the_dead_are_known_without_waiting(testing_llm: TestingBackend, member: Any) -> None:
    gateway.stream(ask(), actor=member)
    name = LLMCall.objects.get().worker
    assert name == workers.this_worker()
    assert not workers.is_gone(name)
    assert not workers.is_gone("another-machine/1/2")
    assert not workers.is_gone("")
    place = name.split("/")[0]
    LLMCall.objects.update(worker=f"{place}/1/0")
    assert settle()["calls"] == 1


def test_texts_are_forgotten_and_figures_kept(testing_llm: TestingBackend, member: Any) -> None:
    old = gateway.call(ask(), actor=member, idempotency_key="k").log
    gateway.call(ask(), actor=member)
    days = gateway_settings.LLM_LOG_RETENTION_DAYS
    assert days is not None
    long_ago = timezone.now() - timedelta(days=days + 1)
    AILog.objects.filter(pk=old.pk).update(created_at=long_ago)
    LLMCall.objects.filter(pk=old.call_id).update(created_at=long_ago)
    assert forget_texts() == 1
    assert forget_texts() == 0
    charged = old.charged
    old.refresh_from_db()
    assert (old.prompt, old.output, old.charged) == ([], "", charged)
    assert LLMCall.objects.get(pk=old.call_id).result is None
    assert AILog.objects.exclude(output="").count() == 1


def test_it_can_carry_out_what_waits(settings: Any, member: Any) -> None:
    run = Run.objects.create(handler="no such handler", user=member)
    assert settle()["waiting_runs"] == 1
    assert settle("--work")["worked"] == 1
    run.refresh_from_db()
    assert run.status == "error"


def test_it_says_what_it_did(member: Any) -> None:
    out = StringIO()
    call_command("settle_llm_calls", stdout=out)
    assert out.getvalue() == "0 calls settled, 0 runs interrupted, 0 open, 0 waiting.\n"


def test_wrong_paths_in_the_settings_are_reported(settings: Any) -> None:
    from ai_cms.llm.checks import check_references

    assert check_references(None) == []
    settings.AI_CMS = {"RUNNER": "no.such.Executor", "LLM_TIER": "ai_cms.llm.conf.gateway_settings"}
    assert [message.id for message in check_references(None)] == ["ai_cms_llm.E005", "ai_cms_llm.E006"]
