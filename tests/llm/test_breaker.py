"""The circuit breaker: when it opens, what it answers then, and how it closes again."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from ai_cms.llm import breaker, gateway
from ai_cms.llm.backends.testing import TestingBackend
from ai_cms.llm.exceptions import LLMBackendMisconfigured, LLMError, LLMInputTooLong, LLMTimeout, LLMUnavailable
from ai_cms.llm.messages import LLMRequest, Message
from ai_cms.llm.models import AILog, BackendState
from ai_cms.llm.signals import backend_misconfigured

pytestmark = pytest.mark.django_db


def ask(user: Any) -> str:
    return gateway.call(LLMRequest([Message.user("Hello")]), actor=user).text


def fail(backend: TestingBackend, user: Any, error: LLMError, times: int = 1) -> None:
    for _ in range(times):
        backend.script(error)
        with pytest.raises(type(error)):
            ask(user)


def wait_out() -> None:
    """Let the time of the open circuit pass."""
    BackendState.objects.update(open_until=timezone.now())


def test_it_opens_after_five_failures_in_a_row(testing_llm: TestingBackend, member: Any) -> None:
    fail(testing_llm, member, LLMTimeout(), 4)
    assert ask(member)
    fail(testing_llm, member, LLMTimeout(), 5)
    made = len(testing_llm.requests)
    with pytest.raises(LLMUnavailable) as refused:
        ask(member)
    assert refused.value.retry_after in (29, 30)
    assert len(testing_llm.requests) == made
    assert AILog.objects.count() == made


def test_what_users_do_wrong_does_not_count(testing_llm: TestingBackend, member: Any) -> None:
    fail(testing_llm, member, LLMInputTooLong(), 6)
    assert ask(member)


def test_a_success_closes_it(testing_llm: TestingBackend, member: Any) -> None:
    fail(testing_llm, member, LLMTimeout(), 5)
    wait_out()
    assert ask(member)
    state = BackendState.objects.get()
    assert (state.failures, state.open_until, state.probe_until) == (0, None, None)
    assert ask(member)


def test_half_open_lets_one_try(testing_llm: TestingBackend, member: Any) -> None:
    fail(testing_llm, member, LLMTimeout(), 5)
    wait_out()
    with gateway.stream(LLMRequest([Message.user("Hello")]), actor=member) as events:
        with pytest.raises(LLMUnavailable):
            ask(member)
        list(events)
    assert ask(member)


def test_a_failed_try_opens_it_again(testing_llm: TestingBackend, member: Any) -> None:
    fail(testing_llm, member, LLMTimeout(), 5)
    wait_out()
    fail(testing_llm, member, LLMTimeout())
    with pytest.raises(LLMUnavailable):
        ask(member)


def test_a_cancelled_try_lets_another_try(testing_llm: TestingBackend, member: Any) -> None:
    fail(testing_llm, member, LLMTimeout(), 5)
    wait_out()
    with gateway.stream(LLMRequest([Message.user("Hello")]), actor=member) as events:
        next(events)
    assert ask(member)


def test_a_wrong_set_up_is_told_to_staff_and_stays_its_own_answer(
    testing_llm: TestingBackend, member: Any, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []

    def listen(alias: str, **kwargs: Any) -> None:
        told.append(alias)

    backend_misconfigured.connect(listen)
    try:
        fail(testing_llm, member, LLMBackendMisconfigured(reason="HTTP 401"), 5)
    finally:
        backend_misconfigured.disconnect(listen)
    assert told == ["default"] * 5
    assert "HTTP 401" in caplog.text
    with pytest.raises(LLMBackendMisconfigured):
        ask(member)
    assert len(testing_llm.requests) == 5


def test_staff_can_close_it(testing_llm: TestingBackend, member: Any) -> None:
    fail(testing_llm, member, LLMTimeout(), 5)
    breaker.reset("default")
    assert ask(member)


def test_a_try_that_nobody_reads_lets_another_try(testing_llm: TestingBackend, member: Any) -> None:
    fail(testing_llm, member, LLMTimeout(), 5)
    wait_out()
    gateway.stream(LLMRequest([Message.user("Hello")]), actor=member).close()
    assert ask(member)


def test_what_the_provider_refuses_of_one_request_does_not_count(testing_llm: TestingBackend, member: Any) -> None:
    """A picture or a parameter that it does not take: others' requests are none of it, and staff is told."""
    told: list[str] = []

    def listen(alias: str, **kwargs: Any) -> None:
        told.append(alias)

    backend_misconfigured.connect(listen)
    try:
        fail(testing_llm, member, LLMBackendMisconfigured(reason="HTTP 400", opens_circuit=False), 6)
    finally:
        backend_misconfigured.disconnect(listen)
    assert told == ["default"] * 6
    assert ask(member)


def test_a_call_from_before_does_not_let_a_second_try(testing_llm: TestingBackend, member: Any) -> None:
    hello = LLMRequest([Message.user("Hello")])
    with gateway.stream(hello, actor=member) as before:
        next(before)
        fail(testing_llm, member, LLMTimeout(), 5)
        wait_out()
        with gateway.stream(hello, actor=member) as trying:
            next(trying)
            before.close()
            with pytest.raises(LLMUnavailable):
                ask(member)
            list(trying)
    assert ask(member)
