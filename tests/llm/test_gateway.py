"""A call through the gateway: logged, charged, retried, repaired, repeated by key; what ends it, and how."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from pydantic import BaseModel

from ai_cms.core.exceptions import Conflict, PermissionRefused, Unprocessable
from ai_cms.core.permissions import Actor
from ai_cms.llm import gateway
from ai_cms.llm.backends.testing import Fault, TestingBackend
from ai_cms.llm.credits.ratios import output_tokens
from ai_cms.llm.exceptions import (
    LLMBackendMisconfigured,
    LLMBusy,
    LLMCancelled,
    LLMEmptyOutput,
    LLMError,
    LLMInputTooLong,
    LLMInterrupted,
    LLMInvalidOutput,
    LLMRefused,
    LLMTimeout,
    LLMUnavailable,
)
from ai_cms.llm.messages import CancelToken, Deadlines, ImageRequest, LLMRequest, LLMResponse, Message, TextDelta, Usage
from ai_cms.llm.models import AILog, BackendState, CallStatus, CreditAccount, CreditEntry, LLMCall
from ai_cms.llm.tokens import estimate_request, estimate_text

pytestmark = pytest.mark.django_db


def use_backend(backend: TestingBackend) -> None:
    """Install the backend again after a change of settings cleared the handler."""
    from ai_cms.llm.handler import llms

    for alias in llms:
        llms.use(alias, backend)


class Title(BaseModel):
    title: str


def ask(text: str = "Write one sentence about bread.", **options: Any) -> LLMRequest:
    return LLMRequest([Message.user(text)], **{"max_tokens": 200, **options})


def account_of(user: Any, kind: str = "text") -> CreditAccount:
    return CreditAccount.objects.get(user=user, kind=kind)


def ledger_matches(user: Any, kind: str = "text") -> bool:
    account = account_of(user, kind)
    entries = sum(CreditEntry.objects.filter(account=account).values_list("amount", flat=True))
    return account.balance == entries and account.reserved == 0


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Do not sleep between attempts; return what would have been slept."""
    slept: list[float] = []
    monkeypatch.setattr(
        CancelToken, "wait", lambda self, timeout=None: bool(slept.append(timeout or 0)) or self.cancelled
    )
    return slept


def test_a_call_is_logged_and_charged_by_the_reported_tokens(testing_llm: TestingBackend, member: Any) -> None:
    testing_llm.script(LLMResponse("Bread is warm.", usage=Usage(11, 7, 3), model="big-2", request_id="req-1"))
    result = gateway.call(ask(), actor=member, task="summary", target=member, agent="writer")
    assert result.text == "Bread is warm."
    log = AILog.objects.get()
    assert (log.tokens_in, log.tokens_out, log.tokens_cached, log.usage_source) == (11, 7, 3, "reported")
    assert (log.status, log.finish_reason, log.request_id) == ("complete", "stop", "req-1")
    assert (log.model_asked, log.model_answered, log.alias) == ("testing", "big-2", "default")
    assert (log.task, log.agent, log.target, log.user) == ("summary", "writer", member, member)
    assert log.prompt == [{"role": "user", "content": "Write one sentence about bread."}]
    assert log.output == "Bread is warm."
    assert log.latency_ms is not None
    assert log.first_byte_ms is not None
    assert log.charged == 18 == LLMCall.objects.get().charged
    entry = CreditEntry.objects.get(kind="charge")
    assert (entry.amount, entry.tokens, entry.call_id) == (-18, 18, log.call_id)
    assert account_of(member).balance == 100_000 - 18
    assert ledger_matches(member)
    assert result.provenance() == {"source": "model", "model": "big-2", "call": str(log.pk)}


def test_a_stream_yields_the_text_and_settles_before_its_end(testing_llm: TestingBackend, member: Any) -> None:
    with gateway.stream(ask(), actor=member) as events:
        assert account_of(member).reserved > 0
        assert LLMCall.objects.get().status == "reserved"
        pieces = [event.text for event in events if isinstance(event, TextDelta)]
    assert "".join(pieces) == "A test answer."
    assert events.result is not None
    assert events.result.text == "A test answer."
    assert ledger_matches(member)


def test_leaving_a_stream_keeps_its_text_and_charges_what_was_delivered(
    testing_llm: TestingBackend, member: Any
) -> None:
    testing_llm.script("one two three four five six")
    request = ask()
    with gateway.stream(request, actor=member) as events:
        next(events)
        next(events)
    log = AILog.objects.get()
    assert (log.status, log.output, log.usage_source) == ("incomplete", "one two ", "estimated")
    assert log.charged == estimate_request(request) + output_tokens("default", "testing", estimate_text("one two "))
    assert ledger_matches(member)


def test_leaving_can_drain_the_stream_for_its_usage(testing_llm: TestingBackend, member: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "LLM_ON_DISCONNECT": "drain"}
    use_backend(testing_llm)
    testing_llm.script(LLMResponse("one two three", usage=Usage(9, 3)))
    with gateway.stream(ask(), actor=member) as events:
        next(events)
    log = AILog.objects.get()
    assert (log.status, log.output, log.charged) == ("complete", "one two three", 12)


def test_a_stream_nobody_reads_costs_nothing(testing_llm: TestingBackend, member: Any) -> None:
    gateway.stream(ask(), actor=member).close()
    assert LLMCall.objects.get().status == CallStatus.CANCELLED
    assert account_of(member).balance == 100_000
    assert ledger_matches(member)
    assert testing_llm.requests == []


def test_strangers_and_read_only_tokens_may_not_call(testing_llm: TestingBackend, member: Any) -> None:
    for actor in (Actor.anonymous(), Actor(user=member, scopes=frozenset({"read"}), via="token")):
        with pytest.raises(PermissionRefused):
            gateway.call(ask(), actor=actor)
    assert not LLMCall.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_call_inside_a_transaction_is_refused(testing_llm: TestingBackend, member: Any) -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        gateway.call(ask(), actor=member)


def test_a_busy_provider_is_asked_again_as_it_says(
    testing_llm: TestingBackend, member: Any, no_pauses: list[float]
) -> None:
    testing_llm.script(LLMBusy(retry_after=2), LLMUnavailable(), "Done.")
    assert gateway.call(ask(), actor=member).text == "Done."
    logs = list(AILog.objects.order_by("attempt"))
    assert [(log.attempt, log.status, log.error_code) for log in logs] == [
        (1, "failed", "ai_busy"),
        (2, "failed", "ai_unavailable"),
        (3, "complete", ""),
    ]
    assert no_pauses[0] == 2
    assert [log.charged for log in logs[:2]] == [0, 0]
    assert ledger_matches(member)


def test_only_two_retries_and_only_ten_seconds(
    testing_llm: TestingBackend, member: Any, no_pauses: list[float]
) -> None:
    testing_llm.script(*[LLMUnavailable() for _ in range(3)], "Too late.")
    with pytest.raises(LLMUnavailable):
        gateway.call(ask(), actor=member)
    assert len(testing_llm.requests) == 3
    testing_llm.clear()
    testing_llm.script(LLMBusy(retry_after=3600), "Too late.")
    with pytest.raises(LLMBusy) as caught:
        gateway.call(ask(), actor=member)
    assert caught.value.retry_after == 3600
    assert len(testing_llm.requests) == 1


def test_nothing_is_retried_once_text_has_arrived(testing_llm: TestingBackend, member: Any) -> None:
    testing_llm.script(Fault(LLMInterrupted(), "half an ans"))
    request = ask()
    with pytest.raises(LLMInterrupted):
        gateway.call(request, actor=member)
    log = AILog.objects.get()
    assert (log.status, log.error_code, log.output) == ("incomplete", "ai_interrupted", "half an ans")
    assert log.charged == estimate_request(request) + output_tokens("default", "testing", estimate_text("half an ans"))
    assert log.usage_source == "estimated"


@pytest.mark.parametrize(
    ("error", "status", "charged"),
    [
        (LLMBackendMisconfigured(reason="HTTP 401"), "failed", 0),
        (LLMInputTooLong(), "failed", 0),
        (LLMTimeout(phase="first_byte"), "failed", 0),
        (LLMEmptyOutput(received=True, usage=Usage(8, 1)), "failed", 9),
        (LLMRefused(refusal="<b>No</b>", received=True, usage=Usage(8, 4)), "refused", 12),
    ],
)
def test_each_error_has_one_outcome(
    testing_llm: TestingBackend, member: Any, error: LLMError, status: str, charged: int
) -> None:
    testing_llm.script(error)
    with pytest.raises(type(error)):
        gateway.call(ask(), actor=member)
    log = AILog.objects.get()
    assert (log.status, log.error_code, log.charged) == (status, error.code, charged)
    assert LLMCall.objects.get().status == status
    assert ledger_matches(member)


def test_timeouts_can_be_charged(testing_llm: TestingBackend, member: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "LLM_CHARGE_TIMEOUTS": True}
    use_backend(testing_llm)
    testing_llm.script(LLMTimeout(phase="first_byte"))
    request = ask()
    with pytest.raises(LLMTimeout):
        gateway.call(request, actor=member)
    assert AILog.objects.get().charged == estimate_request(request)


def test_an_unreported_usage_is_estimated_and_flagged(testing_llm: TestingBackend, member: Any) -> None:
    testing_llm.script(LLMResponse("Some answer.", usage=Usage(reported=False)))
    request = ask()
    gateway.call(request, actor=member)
    log = AILog.objects.get()
    assert log.usage_source == "estimated"
    assert (log.tokens_in, log.tokens_out) == (
        estimate_request(request),
        output_tokens("default", "testing", estimate_text("Some answer.")),
    )


def test_an_invalid_answer_is_repaired_once(testing_llm: TestingBackend, member: Any) -> None:
    testing_llm.script({"wrong": 1}, {"title": "Bread"})
    events = gateway.stream(ask(response_model=Title), actor=member)
    kinds = [type(event).__name__ for event in events]
    assert "Restarted" in kinds
    assert events.result is not None
    assert events.result.parsed == Title(title="Bread")
    first, second = AILog.objects.order_by("attempt")
    assert (first.status, first.error_code, second.is_repair) == ("failed", "ai_invalid_output", True)
    repair = testing_llm.requests[1].messages
    assert repair[1].role == "assistant"
    assert "title" in repair[2].text
    assert LLMCall.objects.get().charged == first.charged + second.charged > 0
    assert first.charged == first.tokens_in + first.tokens_out > 0
    assert ledger_matches(member)


def test_a_second_invalid_answer_is_the_end(testing_llm: TestingBackend, member: Any) -> None:
    testing_llm.script({"wrong": 1}, {"wrong": 2}, {"title": "never"})
    with pytest.raises(LLMInvalidOutput):
        gateway.call(ask(response_model=Title), actor=member)
    assert len(testing_llm.requests) == 2
    assert ledger_matches(member)


def test_no_repair_without_credits_for_it(testing_llm: TestingBackend, member: Any, settings: Any) -> None:
    request = ask(response_model=Title, max_tokens=600)
    settings.AI_CMS = {**settings.AI_CMS, "LLM_ALLOWANCES": {"free": {"text": 1, "image": 1}}}
    use_backend(testing_llm)
    testing_llm.script({"wrong": 1}, {"title": "never"})
    with pytest.raises(LLMInvalidOutput):
        gateway.call(request, actor=member)
    assert len(testing_llm.requests) == 1
    assert ledger_matches(member)


def test_a_repeated_key_is_one_call(testing_llm: TestingBackend, member: Any, superuser: Any) -> None:
    first = gateway.call(ask(), actor=member, idempotency_key="k1")
    again = gateway.call(ask(), actor=member, idempotency_key="k1")
    assert (again.text, again.call_id, again.usage) == (first.text, first.call_id, first.usage)
    assert len(testing_llm.requests) == 1
    with pytest.raises(Unprocessable):
        gateway.call(ask("Something else."), actor=member, idempotency_key="k1")
    gateway.call(ask(), actor=superuser, idempotency_key="k1")
    assert len(testing_llm.requests) == 2
    open_call = gateway.stream(ask(), actor=member, idempotency_key="k2")
    with pytest.raises(Conflict):
        gateway.call(ask(), actor=member, idempotency_key="k2")
    open_call.close()


def test_a_repeated_key_gives_the_structured_answer_and_the_error_again(
    testing_llm: TestingBackend, member: Any
) -> None:
    testing_llm.script({"title": "Bread"}, LLMInputTooLong())
    for _ in range(2):
        result = gateway.call(ask(response_model=Title), actor=member, idempotency_key="k1")
        assert result.parsed == Title(title="Bread")
    for _ in range(2):
        with pytest.raises(LLMInputTooLong):
            gateway.call(ask(), actor=member, idempotency_key="k2")
    assert len(testing_llm.requests) == 2


def test_fallback_before_the_first_byte_only(settings: Any, member: Any, no_pauses: list[float]) -> None:
    from ai_cms.llm.handler import llms

    entry = {"BACKEND": "ai_cms.llm.backends.testing.TestingBackend"}
    settings.AI_CMS = {"LLM": {"default": {**entry, "FALLBACK": ["spare"]}, "spare": entry}}
    first: Any = llms["default"]
    spare: Any = llms["spare"]
    first.script(LLMBackendMisconfigured(), Fault(LLMInterrupted(), "begun"))
    assert gateway.call(ask(), actor=member).text == "A test answer."
    assert [(log.alias, log.status) for log in AILog.objects.order_by("attempt")] == [
        ("default", "failed"),
        ("spare", "complete"),
    ]
    assert LLMCall.objects.get().alias == "spare"
    with pytest.raises(LLMInterrupted):
        gateway.call(ask(), actor=member)
    assert len(spare.requests) == 1
    assert ledger_matches(member)


def test_an_open_circuit_uses_the_fallback(settings: Any, member: Any) -> None:
    from django.utils import timezone

    from ai_cms.llm.handler import llms

    entry = {"BACKEND": "ai_cms.llm.backends.testing.TestingBackend"}
    settings.AI_CMS = {"LLM": {"default": {**entry, "FALLBACK": ["spare"]}, "spare": entry}}
    BackendState.objects.create(alias="default", failures=5, open_until=timezone.now() + timezone.timedelta(seconds=20))
    assert gateway.call(ask(), actor=member).call.alias == "spare"
    first: Any = llms["default"]
    assert first.requests == []


def test_images_cost_image_credits(testing_llm: TestingBackend, member: Any) -> None:
    result = gateway.generate_image(ImageRequest("a loaf"), actor=member)
    assert result.response.mime == "image/png"
    assert account_of(member, "image").balance == 9
    assert AILog.objects.get().images == 1
    assert ledger_matches(member, "image")


def test_embeddings_cost_their_tokens(testing_llm: TestingBackend, member: Any) -> None:
    result = gateway.embed(["one", "two"], actor=member)
    assert len(result.response.vectors) == 2
    assert account_of(member).balance == 100_000 - 2
    assert AILog.objects.get().prompt == [{"role": "user", "texts": 2, "characters": 6}]


def test_what_the_rules_answer_is_free(member: Any, settings: Any) -> None:
    settings.AI_CMS = {}
    result = gateway.call(ask(), actor=member, task="summary", target_label="a note")
    assert result.provenance()["source"] == "rules"
    log = AILog.objects.get()
    assert (log.charged, log.cost_micro, log.target_label) == (0, 0, "a note")
    assert account_of(member).balance == 100_000


def test_a_mistake_in_a_backend_leaves_nothing_held(testing_llm: TestingBackend, member: Any) -> None:
    def broken(request: LLMRequest) -> Any:
        raise ZeroDivisionError("a mistake")

    testing_llm.script(broken)
    with pytest.raises(ZeroDivisionError):
        gateway.call(ask(), actor=member)
    log = AILog.objects.get()
    assert (log.charged, log.error_detail) == (0, "ZeroDivisionError: a mistake")
    assert ledger_matches(member)


def test_the_log_keeps_no_secrets(testing_llm: TestingBackend, member: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "LLM_REDACT": [r"\b\d{16}\b"]}
    use_backend(testing_llm)
    testing_llm.script("Your card is 4111111111111111\x00.")
    result = gateway.call(ask("My card is 4111111111111111."), actor=member)
    log = AILog.objects.get()
    assert log.prompt[0]["content"] == "My card is […]."
    assert log.output == "Your card is […]\ufffd."
    assert "4111111111111111" in result.text


def test_prompts_need_not_be_kept(testing_llm: TestingBackend, member: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "LLM_LOG_PROMPTS": False}
    use_backend(testing_llm)
    gateway.call(ask(), actor=member, idempotency_key="k")
    log = AILog.objects.get()
    assert (log.prompt, log.output) == ([], "")
    assert log.tokens_in > 0
    with pytest.raises(Conflict):
        gateway.call(ask(), actor=member, idempotency_key="k")


def test_the_cost_is_kept_with_its_price(testing_llm: TestingBackend, member: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "LLM_PRICES": {"testing": {"input": 2_000_000, "output": 8_000_000}}}
    use_backend(testing_llm)
    testing_llm.script(LLMResponse("Yes.", usage=Usage(10, 5)))
    gateway.call(ask(), actor=member)
    log = AILog.objects.get()
    assert log.cost_micro == 60
    assert log.price["source"] == "testing"


def test_a_model_without_a_price_has_no_cost(testing_llm: TestingBackend, member: Any) -> None:
    gateway.call(ask(), actor=member)
    assert AILog.objects.get().cost_micro is None


def test_attempts_at_embeddings_share_one_deadline(
    testing_llm: TestingBackend, member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    totals: list[float] = []
    embed = TestingBackend._embed

    def slow(self: TestingBackend, texts: list[str], *, deadlines: Deadlines, **options: Any) -> Any:
        totals.append(deadlines.total)
        time.sleep(0.05)
        return embed(self, texts, deadlines=deadlines, **options)

    monkeypatch.setattr(TestingBackend, "_embed", slow)
    testing_llm.script(LLMBusy(retry_after=None), [0.0])
    gateway.embed(["one"], actor=member)
    first, second = totals
    assert first <= testing_llm.deadlines.total
    assert second <= first - 0.05


@pytest.mark.parametrize("kind", ["text", "image", "embedding"])
def test_what_was_cancelled_before_it_was_sent_costs_nothing(
    testing_llm: TestingBackend, member: Any, kind: str
) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(LLMCancelled):
        if kind == "text":
            gateway.call(ask(cancel=token), actor=member)
        elif kind == "image":
            gateway.generate_image(ImageRequest("a loaf", cancel=token), actor=member)
        else:
            gateway.embed(["one"], actor=member, run=SimpleNamespace(run_id=None, cancel=token))
    assert (testing_llm.requests, testing_llm.image_requests, testing_llm.embedded) == ([], [], [])
    call = LLMCall.objects.get()
    assert (call.status, call.charged, AILog.objects.get().usage_source) == ("cancelled", 0, "")
    assert ledger_matches(member, "image" if kind == "image" else "text")
