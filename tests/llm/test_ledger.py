"""Our ledger against the provider's own count, over many mixed calls."""

from __future__ import annotations

import random
from typing import Any

import pytest

from ai_cms.llm import gateway
from ai_cms.llm.credits import ledger as credits
from ai_cms.llm.exceptions import LLMError
from ai_cms.llm.messages import LLMRequest, Message
from ai_cms.llm.models import AILog, CreditAccount, CreditEntry, LLMCall

from .fault_server import FaultServer
from .provider import DEADLINES, _provider, provider

__all__ = ["_provider", "provider"]

pytestmark = pytest.mark.django_db

#: What the provider does, and how often: mostly what it should.
FAULTS = {
    "ok": 10, "say:Good morning to you all": 6, "echo": 6, "split-bytes": 2, "dup-chunks": 2, "length": 2,
    "keep-alive-tokens": 2, "malformed-unknown": 2, "wrong-model": 2, "refusal": 2, "content-filter": 2, "empty": 2,
    "no-usage": 3, "wrong-usage": 1, "cut-mid-stream": 3, "rst-mid-stream": 2, "cut-half-line": 2,
    "error-mid-stream": 2, "malformed-badjson": 2, "500": 1, "401": 1, "400-context": 2, "drop": 1, "redirect": 1,
    "html-200": 1, "500-then-ok": 1,
}  # fmt: skip
REPORTED = {"ok", "say", "echo", "split-bytes", "dup-chunks", "length", "keep-alive-tokens", "malformed-unknown",
            "wrong-model", "refusal", "content-filter", "empty", "500-then-ok"}  # fmt: skip


def play(provider: FaultServer, users: list[Any], calls: int, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(calls):
        fault = chance.choices(list(FAULTS), list(FAULTS.values()))[0]
        words = " ".join(chance.choices(["bread", "water", "salt", "flour", "oven"], k=chance.randint(3, 60)))
        request = LLMRequest([Message.user(words)], model=fault, max_tokens=200)
        try:
            if chance.random() < 0.5:
                gateway.call(request, actor=chance.choice(users))
            else:
                with gateway.stream(request, actor=chance.choice(users)) as events:
                    for _event in events:
                        pass
        except LLMError:
            pass


def check(provider: FaultServer, users: list[Any]) -> None:
    reported = sum(sum(call.reported or (0, 0)) for call in provider.calls if call.fault in REPORTED)
    ours = AILog.objects.filter(usage_source="reported")
    charged = sum(ours.values_list("charged", flat=True))
    assert charged == reported
    assert charged == sum(log.tokens_in + log.tokens_out for log in ours)
    assert sum(CreditEntry.objects.filter(kind="charge").values_list("tokens", flat=True)) == sum(
        log.tokens_in + log.tokens_out for log in AILog.objects.all()
    )
    for account in CreditAccount.objects.all():
        assert account.reserved == 0
        assert account.balance == sum(account.entries.values_list("amount", flat=True))
    assert not LLMCall.objects.open().exists()
    assert AILog.objects.count() == len(provider.calls)


@pytest.fixture
def users(provider: FaultServer, settings: Any, django_user_model: Any, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    monkeypatch.setattr("ai_cms.llm.gateway.policy.FIRST_PAUSE", 0.01)
    settings.AI_CMS = {
        "LLM_BREAKER_FAILURES": 10_000,
        "LLM_ALLOWANCES": {"free": {"text": 1000}},
        "LLM": {
            "default": {
                "BACKEND": "ai_cms.llm.backends.openai.OpenAIBackend",
                "MODEL": "ok",
                "OPTIONS": {
                    "api_key": "sk-secret",
                    "base_url": provider.url,
                    "deadlines": {**DEADLINES, "first_byte": 5.0, "gap": 5.0, "total": 20.0},
                },
            }
        },
    }
    found = [django_user_model.objects.create_user(f"user-{number}") for number in range(4)]
    for user in found:
        credits.account_for(user, "text")
    return found


@pytest.mark.parametrize("count", [50, pytest.param(200, marks=pytest.mark.stress)])
def test_mixed_calls_agree_to_the_token(provider: FaultServer, users: list[Any], count: int) -> None:
    play(provider, users, count, seed=5)
    check(provider, users)


@pytest.mark.stress
def test_a_thousand_mixed_calls_agree_to_the_token(provider: FaultServer, users: list[Any]) -> None:
    play(provider, users, 1000, seed=7)
    check(provider, users)
