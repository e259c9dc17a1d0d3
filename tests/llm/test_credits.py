"""Allowances, grants, budgets, warnings: what may be spent, and what the ledger says about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from ai_cms.core.exceptions import Conflict, InvalidInput, PermissionRefused
from ai_cms.core.permissions import Actor
from ai_cms.llm import gateway
from ai_cms.llm.backends.testing import TestingBackend
from ai_cms.llm.credits import budgets
from ai_cms.llm.credits import ledger as credits
from ai_cms.llm.credits.budgets import set_budget
from ai_cms.llm.exceptions import LLMCreditsExhausted
from ai_cms.llm.handler import llms
from ai_cms.llm.messages import ImageRequest, LLMRequest, LLMResponse, Message, Usage
from ai_cms.llm.models import AgentBudget, AILog, CreditAccount, LLMCall
from ai_cms.llm.signals import credits_granted, credits_running_low

pytestmark = pytest.mark.django_db


def ask(user: Any, **options: Any) -> Any:
    request = LLMRequest([Message.user("Hello")], **{"max_tokens": 300, **options.pop("request", {})})
    return gateway.call(request, actor=user, **options)


def with_settings(settings: Any, backend: TestingBackend, **changes: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, **changes}
    for alias in llms:
        llms.use(alias, backend)


def adds_up(account: CreditAccount) -> bool:
    account.refresh_from_db()
    return account.balance == sum(account.entries.values_list("amount", flat=True)) and account.reserved == 0


class Month:
    """Move the clock to a month."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch

    def be(self, year: int, month: int, day: int = 10) -> None:
        now = datetime(year, month, day, 12, tzinfo=UTC)
        self.monkeypatch.setattr(timezone, "now", lambda: now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Month:
    return Month(monkeypatch)


def test_the_allowance_is_granted_once_a_month_and_lapses(member: Any, clock: Month) -> None:
    clock.be(2030, 1)
    account = credits.account_for(member, "text")
    credits.account_for(member, "text")
    assert account.balance == 100_000
    credits.grant_credits(actor=Actor.system(), user=member, kind="text", credits=7)
    clock.be(2030, 2)
    account = credits.account_for(member, "text")
    assert account.balance == 107_000
    kinds = list(account.entries.order_by("pk").values_list("kind", "amount"))
    assert kinds == [("allowance", 100_000), ("grant", 7000), ("lapse", -100_000), ("allowance", 100_000)]
    assert adds_up(account)


def test_spending_uses_the_allowance_first(testing_llm: TestingBackend, member: Any, clock: Month) -> None:
    clock.be(2030, 1)
    account = credits.account_for(member, "text")
    credits.grant_credits(actor=Actor.system(), user=member, kind="text", credits=7)
    testing_llm.script(LLMResponse("x", usage=Usage(40_000, 10)))
    ask(member)
    account.refresh_from_db()
    assert account.allowance_left == 100_000 - 40_010
    clock.be(2030, 2)
    assert credits.account_for(member, "text").balance == 107_000


def test_what_open_calls_hold_does_not_lapse(testing_llm: TestingBackend, member: Any, clock: Month) -> None:
    clock.be(2030, 1)
    events = gateway.stream(LLMRequest([Message.user("Hello")], max_tokens=300), actor=member)
    clock.be(2030, 2)
    account = credits.account_for(member, "text")
    assert account.balance == 100_000 + account.reserved > 100_000
    list(events)
    assert adds_up(account)


def test_tiers_and_their_change(member: Any, settings: Any) -> None:
    settings.AI_CMS = {"LLM_TIER": "tests.llm.test_credits.tier_by_name"}
    assert credits.account_for(member, "text").balance == 100_000
    member.username = "pro-member"
    credits.tier_changed(member)
    credits.tier_changed(member)
    account = credits.account_for(member, "text")
    assert account.balance == 2_000_000
    assert adds_up(account)


def tier_by_name(user: Any) -> str:
    return "pro" if user.username.startswith("pro") else "free"


def test_grants_need_the_right_and_a_sensible_amount(member: Any, superuser: Any) -> None:
    with pytest.raises(PermissionRefused):
        credits.grant_credits(actor=member, user=member, kind="text", credits=5)
    for wrong in ({"credits": 0}, {"credits": 10**10}, {"kind": "gold"}):
        with pytest.raises(InvalidInput):
            credits.grant_credits(**{"actor": superuser, "user": member, "kind": "text", "credits": 1, **wrong})
    heard: list[int] = []

    def listen(instance: Any, **kwargs: Any) -> None:
        heard.append(instance.amount)

    credits_granted.connect(listen)
    first = credits.grant_credits(actor=superuser, user=member, kind="image", credits=5, idempotency_key="k")
    again = credits.grant_credits(actor=superuser, user=member, kind="image", credits=5, idempotency_key="k")
    credits_granted.disconnect(listen)
    assert first == again
    assert credits.account_for(member, "image").balance == 15
    with pytest.raises(Conflict):
        credits.grant_credits(actor=superuser, user=member, kind="image", credits=6, idempotency_key="k")


def test_no_credits_no_call(testing_llm: TestingBackend, member: Any, settings: Any) -> None:
    with_settings(settings, testing_llm, LLM_ALLOWANCES={"free": {"text": 0, "image": 0}})
    with pytest.raises(LLMCreditsExhausted) as refused:
        ask(member)
    assert refused.value.status_code == 402
    with pytest.raises(LLMCreditsExhausted):
        gateway.generate_image(ImageRequest("x"), actor=member)
    assert testing_llm.requests == []
    assert not LLMCall.objects.exists()


def test_a_plain_answer_is_cut_to_the_credits_left(testing_llm: TestingBackend, member: Any, settings: Any) -> None:
    with_settings(settings, testing_llm, LLM_ALLOWANCES={"free": {"text": 1}})
    ask(member, request={"max_tokens": 5000})
    assert 900 < (testing_llm.requests[0].max_tokens or 0) < 1000
    with pytest.raises(LLMCreditsExhausted):
        ask(member, request={"max_tokens": 5000, "response_schema": {"type": "object"}})
    assert adds_up(credits.account_for(member, "text"))


def test_whole_credits_can_be_charged(testing_llm: TestingBackend, member: Any, settings: Any) -> None:
    with_settings(settings, testing_llm, LLM_CHARGE_STEP=1000, LLM_ALLOWANCES={"free": {"text": 2}})
    for _ in range(2):
        ask(member)
    account = credits.account_for(member, "text")
    assert account.balance == 0
    with pytest.raises(LLMCreditsExhausted):
        ask(member)
    assert adds_up(account)
    assert [entry.amount for entry in account.entries.filter(kind="charge")] == [-1000, -1000]


def test_credits_can_be_switched_off(testing_llm: TestingBackend, member: Any, settings: Any) -> None:
    with_settings(settings, testing_llm, LLM_CREDITS=False, LLM_ALLOWANCES={"free": {"text": 0}})
    assert ask(member).log.tokens_out > 0
    assert credits.account_for(member, "text").balance == 0


def test_an_answer_longer_than_held_is_charged_in_full(testing_llm: TestingBackend, member: Any, settings: Any) -> None:
    with_settings(settings, testing_llm, LLM_ALLOWANCES={"free": {"text": 1}})
    testing_llm.script(LLMResponse("x", usage=Usage(10, 4000)))
    ask(member)
    account = credits.account_for(member, "text")
    assert account.balance == 1000 - 4010
    with pytest.raises(LLMCreditsExhausted):
        ask(member)
    assert adds_up(account)


@pytest.mark.parametrize("whose", ["user", "agent"])
def test_what_is_freed_between_two_looks_is_not_missing(
    testing_llm: TestingBackend, member: Any, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    account = credits.account_for(member, "text")
    set_budget("writer", 1000)
    CreditAccount.objects.update(balance=1000)
    rows: Any = AgentBudget.objects.all() if whose == "agent" else CreditAccount.objects.filter(pk=account.pk)
    rows.update(reserved=990)
    owner: Any = budgets if whose == "agent" else credits
    name = "hold" if whose == "agent" else "hold_of"
    original = getattr(owner, name)
    looks = []

    def hold(*args: Any) -> bool:
        held: bool = original(*args)
        if not looks:
            # Another call is settled just after this one has found nothing free.
            rows.update(reserved=0)
        looks.append(held)
        return held

    monkeypatch.setattr(owner, name, hold)
    assert ask(member, agent="writer").log.charged > 0
    assert looks[0] is False


def test_an_agent_stays_in_its_budget(testing_llm: TestingBackend, member: Any, clock: Month) -> None:
    clock.be(2030, 1)
    set_budget("writer", 600, period="day")
    testing_llm.script(LLMResponse("x", usage=Usage(100, 200)), LLMResponse("x", usage=Usage(10, 20)))
    ask(member, agent="writer")
    budget = AgentBudget.objects.get()
    assert (budget.used, budget.reserved) == (300, 0)
    with pytest.raises(LLMCreditsExhausted):
        ask(member, agent="writer")
    ask(member, agent="another")
    assert CreditAccount.objects.get(user=member).reserved == 0
    clock.be(2030, 1, 11)
    ask(member, agent="writer")
    budget.refresh_from_db()
    assert (budget.used, budget.reserved) == (AILog.objects.filter(agent="writer").first().charged, 0)  # type: ignore[union-attr]


@pytest.mark.django_db(transaction=True)
def test_a_warning_is_sent_once_when_credits_run_low(testing_llm: TestingBackend, member: Any, settings: Any) -> None:
    with_settings(settings, testing_llm, LLM_ALLOWANCES={"free": {"text": 1}})
    heard: list[int] = []

    def listen(instance: Any, remaining: int, **kwargs: Any) -> None:
        heard.append(remaining)

    credits_running_low.connect(listen)
    try:
        for usage in (Usage(400, 100), Usage(400, 20), Usage(5, 5)):
            testing_llm.script(LLMResponse("x", usage=usage))
            ask(member, request={"max_tokens": 20})
        credits.grant_credits(actor=Actor.system(), user=member, kind="text", credits=1)
        testing_llm.script(LLMResponse("x", usage=Usage(1000, 5)))
        ask(member, request={"max_tokens": 20})
    finally:
        credits_running_low.disconnect(listen)
    assert heard == [80, 65]


def test_the_system_pays_nothing_and_is_logged(testing_llm: TestingBackend) -> None:
    result = gateway.call(LLMRequest([Message.user("Hello")]), actor=Actor.system("import"))
    assert result.log.user is None
    assert result.log.tokens_out > 0
    assert not CreditAccount.objects.exists()
