"""Credits that are held before a call is made: with what the call is for, or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from ai_cms.llm import gateway
from ai_cms.llm.backends.testing import TestingBackend
from ai_cms.llm.credits.budgets import set_budget
from ai_cms.llm.credits.ledger import account_for
from ai_cms.llm.credits.settlement import sweep
from ai_cms.llm.exceptions import LLMCreditsExhausted
from ai_cms.llm.messages import LLMRequest, Message
from ai_cms.llm.models import AgentBudget, LLMCall, Run
from ai_cms.llm.runs.context import run_handlers
from ai_cms.llm.runs.services import cancel_run, start_run

pytestmark = pytest.mark.django_db

REQUEST = LLMRequest([Message.user("Tell me about the fox.")], max_tokens=100)


def held(user: Any) -> int:
    return account_for(user, "text").reserved


def test_a_reservation_becomes_the_call(testing_llm: TestingBackend, member: Any) -> None:
    before = account_for(member, "text").balance
    pk = gateway.reserve(REQUEST, actor=member)
    assert pk is not None and 100 < held(member) < 200
    assert not LLMCall.objects.live().exists()
    result = gateway.call(REQUEST, actor=member, reservation=pk)
    assert (result.call.pk, held(member)) == (pk, 0)
    call = LLMCall.objects.get()
    assert (call.pk, call.status, call.charged) == (pk, "complete", before - account_for(member, "text").balance)
    assert call.charged > 0


def test_a_reservation_is_undone_with_its_transaction(testing_llm: TestingBackend, member: Any) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        gateway.reserve(REQUEST, actor=member)
        raise ZeroDivisionError
    assert (held(member), LLMCall.objects.count()) == (0, 0)


def test_what_cannot_be_paid_is_not_reserved(testing_llm: TestingBackend, member: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "LLM_ALLOWANCES": {"free": {"text": 0, "image": 0}}}
    with pytest.raises(LLMCreditsExhausted):
        gateway.reserve(REQUEST, actor=member)


def test_a_budget_is_reserved_too(testing_llm: TestingBackend, member: Any) -> None:
    set_budget("agent:1", 150)
    pk = gateway.reserve(REQUEST, actor=member, agent="agent:1")
    assert AgentBudget.objects.get().reserved == held(member) > 0
    with pytest.raises(LLMCreditsExhausted):
        gateway.reserve(REQUEST, actor=member, agent="agent:1")
    gateway.call(REQUEST, actor=member, agent="agent:1", reservation=pk)
    assert (AgentBudget.objects.get().reserved, held(member)) == (0, 0)


def test_what_nobody_begins_is_given_back(testing_llm: TestingBackend, member: Any) -> None:
    pk = gateway.reserve(REQUEST, actor=member)
    assert sweep() == 0 and held(member) > 0
    LLMCall.objects.filter(pk=pk).update(created_at=timezone.now() - timedelta(minutes=9, seconds=1))
    assert sweep() == 1 and sweep() == 0
    assert (held(member), LLMCall.objects.get().status) == (0, "cancelled")
    # The call is made all the same, with a hold of its own.
    assert gateway.call(REQUEST, actor=member, reservation=pk).call.pk != pk
    assert held(member) == 0


def test_the_end_of_a_run_gives_back_what_it_did_not_use(
    testing_llm: TestingBackend, member: Any, settings: Any
) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "RUNNER": "tests.llm.test_runs.Parked"}
    with run_handlers.temporarily("nothing", lambda run: None):
        run = start_run("nothing", {}, actor=member)
        gateway.reserve(REQUEST, actor=member, run_id=run.pk)
        cancel_run(run, actor=member)
    assert (held(member), LLMCall.objects.get().status) == (0, "cancelled")


def test_nobody_uses_the_reservation_of_another(testing_llm: TestingBackend, member: Any, superuser: Any) -> None:
    pk = gateway.reserve(REQUEST, actor=member)
    assert gateway.call(REQUEST, actor=superuser, reservation=pk).call.pk != pk
    assert gateway.call(REQUEST, actor=member, reservation=uuid4()).call.pk != pk
    assert held(member) > 0


def test_an_open_call_is_not_counted_against_itself(testing_llm: TestingBackend, member: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "LLM_CALLS_PER_USER": 1, "LLM_ADMISSION_WAIT": 0.0}
    pk = gateway.reserve(REQUEST, actor=member)
    assert gateway.call(REQUEST, actor=member, reservation=pk).call.pk == pk


def test_rules_cost_nothing_and_reserve_nothing(member: Any, settings: Any) -> None:
    settings.AI_CMS = {"LLM": {"default": {"BACKEND": "ai_cms.llm.backends.local.LocalBackend"}}}
    assert gateway.reserve(REQUEST, actor=member) is None
    assert (LLMCall.objects.count(), Run.objects.count()) == (0, 0)
