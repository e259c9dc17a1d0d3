"""What may come between the beginning and the end of a call: sweepers, long silences, a database that is away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.dispatch import Signal
from django.utils import timezone
from pydantic import BaseModel

from ai_cms.core.permissions import Actor
from ai_cms.llm import gateway
from ai_cms.llm.backends.openai import OpenAIBackend
from ai_cms.llm.backends.testing import Fault, TestingBackend
from ai_cms.llm.credits import settlement
from ai_cms.llm.exceptions import LLMInterrupted, LLMInvalidOutput
from ai_cms.llm.gateway import metering
from ai_cms.llm.messages import ImageRequest, LLMRequest, LLMResponse, Message, TextDelta, Usage, UsageEvent
from ai_cms.llm.models import AILog, CreditAccount, LLMCall
from ai_cms.llm.signals import credits_running_low, llm_call_finished
from ai_cms.llm.tokens import calibration

from .fault_server import FaultServer
from .provider import PATIENT, _provider, provider

__all__ = ["_provider", "provider"]

pytestmark = pytest.mark.django_db


class Title(BaseModel):
    title: str


def ask(**options: Any) -> LLMRequest:
    return LLMRequest([Message.user("Write one sentence about bread.")], **{"max_tokens": 200, **options})


def lease_left() -> float:
    lease = LLMCall.objects.get().lease_until
    assert lease is not None
    return (lease - timezone.now()).total_seconds()


def age() -> None:
    LLMCall.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def assert_ledger(user: Any) -> None:
    for account in CreditAccount.objects.filter(user=user):
        assert account.reserved == 0
        assert account.balance == sum(account.entries.values_list("amount", flat=True))


# Leases: no call that still may be answered is taken for dead


@pytest.mark.parametrize("kind", ["image", "embedding"])
def test_what_comes_in_one_piece_is_waited_for(testing_llm: TestingBackend, member: Any, kind: str) -> None:
    left: list[float] = []

    def thinking(asked: Any) -> Any:
        left.append(lease_left())

    testing_llm.script(thinking)
    if kind == "image":
        gateway.generate_image(ImageRequest("a loaf"), actor=member)
    else:
        gateway.embed(["one"], actor=member)
    assert left[0] > testing_llm.deadlines.total


def test_a_server_that_does_not_stream_is_waited_for() -> None:
    options: dict[str, Any] = {"alias": "x", "model": "m", "api_key": "k"}
    assert OpenAIBackend(**options).supports_streaming
    assert not OpenAIBackend(**options, capabilities={"streaming": False}).supports_streaming


def test_a_gap_longer_than_the_first_byte_is_waited_for(settings: Any, member: Any) -> None:
    options = {"deadlines": {"first_byte": 5.0, "gap": 200.0}}
    settings.AI_CMS = {
        "LLM": {"default": {"BACKEND": "ai_cms.llm.backends.testing.TestingBackend", "OPTIONS": options}}
    }
    with gateway.stream(ask(), actor=member) as events:
        next(events)
        assert lease_left() > 200


def test_a_model_that_thinks_aloud_is_alive(
    provider: FaultServer, settings: Any, member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reasoning is not shown, but it is progress: the provider's deadlines say so, and so does the lease."""
    options = {"api_key": "k", "base_url": provider.url, "deadlines": PATIENT}
    settings.AI_CMS = {
        "LLM": {
            "default": {
                "BACKEND": "ai_cms.llm.backends.openai.OpenAIBackend",
                "MODEL": "reasoning",
                "OPTIONS": options,
            }
        }
    }
    saved: list[str] = []
    save = metering.MeteredCall._save

    def remembered(self: metering.MeteredCall, gap: float) -> None:
        saved.append("".join(self._text))
        save(self, gap)

    monkeypatch.setattr(metering, "SAVE_SECONDS", 0.0)
    monkeypatch.setattr(metering.MeteredCall, "_save", remembered)
    with gateway.stream(ask(), actor=member) as events:
        assert all(isinstance(event, TextDelta | UsageEvent) for event in events)
    assert saved.count("") >= 4
    assert LLMCall.objects.get().status == "complete"


# Races with the sweeper


def test_no_repair_of_a_call_that_was_settled_holds_credits(testing_llm: TestingBackend, member: Any) -> None:
    def slow(request: LLMRequest) -> dict[str, int]:
        age()
        assert settlement.sweep() == 1
        return {"wrong": 1}

    testing_llm.script(slow, {"title": "never"})
    with pytest.raises(LLMInvalidOutput):
        gateway.call(ask(response_model=Title), actor=member)
    assert len(testing_llm.requests) == 1
    assert_ledger(member)


def test_the_sweeper_knows_what_a_call_without_credits_costs(
    testing_llm: TestingBackend, settings: Any, db: None
) -> None:
    from ai_cms.llm.handler import llms

    settings.AI_CMS = {**settings.AI_CMS, "LLM_PRICES": {"*": {"input": 1_000_000, "output": 1_000_000}}}
    llms.use("default", testing_llm)
    events = gateway.stream(ask(), actor=Actor.system("nightly"))
    next(events)
    age()
    assert settlement.sweep() == 1
    log = AILog.objects.get()
    assert (log.cost_micro or 0) > 0
    assert log.price["source"] == "*"
    events.close()


def test_a_key_of_a_killed_process_does_not_stay_in_use(
    testing_llm: TestingBackend, member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = gateway.stream(ask(), actor=member, idempotency_key="k")
    next(events)
    age()
    monkeypatch.setattr("ai_cms.llm.gateway.calls._last_sweep", float("-inf"))
    with pytest.raises(LLMInterrupted):
        gateway.call(ask(), actor=member, idempotency_key="k")
    events.close()
    assert_ledger(member)


# What happens after settling takes nothing away


class Away:
    """A database that is away for the next ``times`` questions of the estimator."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, key: str) -> None:
        if self.times:
            self.times -= 1
            raise OperationalError("the server closed the connection")


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Away:
    found = Away()
    monkeypatch.setattr(calibration, "source", found)
    return found


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_for_a_moment_loses_no_answer(
    testing_llm: TestingBackend, member: Any, away: Away
) -> None:
    def answer(request: LLMRequest) -> LLMResponse:
        away.times = 1
        return LLMResponse("Bread is warm.", usage=Usage(11, 7))

    testing_llm.script(answer)
    assert gateway.call(ask(), actor=member).text == "Bread is warm."
    log = AILog.objects.get()
    assert (log.status, log.charged, log.usage_source) == ("complete", 18, "reported")
    assert_ledger(member)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_for_a_moment_changes_no_error(
    testing_llm: TestingBackend, member: Any, away: Away
) -> None:
    def broken(request: LLMRequest) -> Fault:
        away.times = 1
        return Fault(LLMInterrupted(), "half an ans")

    testing_llm.script(broken)
    with pytest.raises(LLMInterrupted):
        gateway.call(ask(), actor=member)
    log = AILog.objects.get()
    assert (log.status, log.output) == ("incomplete", "half an ans")
    assert log.charged > 0
    assert_ledger(member)


@contextmanager
def heard_by_a_broken_receiver(signal: Signal) -> Iterator[None]:
    def broken(**kwargs: Any) -> None:
        raise RuntimeError("the mail server is down")

    signal.connect(broken)
    try:
        yield
    finally:
        signal.disconnect(broken)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("signal", [llm_call_finished, credits_running_low], ids=["finished", "low"])
def test_a_receiver_that_raises_does_not_take_the_answer_away(
    testing_llm: TestingBackend, member: Any, settings: Any, signal: Signal, caplog: pytest.LogCaptureFixture
) -> None:
    from ai_cms.llm.handler import llms

    settings.AI_CMS = {**settings.AI_CMS, "LLM_ALLOWANCES": {"free": {"text": 1, "image": 1}}}
    llms.use("default", testing_llm)
    testing_llm.script(LLMResponse("Bread.", usage=Usage(500, 450)))
    with heard_by_a_broken_receiver(signal):
        assert gateway.call(ask(), actor=member).text == "Bread."
    assert "the mail server is down" in caplog.text
    assert_ledger(member)
