"""What a call holds, what it is charged where nobody reports, and what it costs the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pydantic import BaseModel

from ai_cms.llm import gateway
from ai_cms.llm.backends.base import BaseLLMBackend
from ai_cms.llm.backends.testing import TestingBackend
from ai_cms.llm.credits import ratios
from ai_cms.llm.exceptions import LLMInterrupted, LLMUnsupported
from ai_cms.llm.handler import llms
from ai_cms.llm.messages import Finish, LLMRequest, LLMResponse, Message, TextDelta, Thinking, Usage
from ai_cms.llm.models import AILog, BackendState, CallStatus, LLMCall
from ai_cms.llm.tokens import estimate_request, estimate_schema, estimate_text

pytestmark = pytest.mark.django_db


class Long(BaseModel):
    """An answer whose schema is longer than its prompt."""

    title: str
    description_of_all_that_a_visitor_finds_there: str
    keywords_in_the_order_of_their_weight: list[str]


ANSWER = (
    '{"title": "a", "description_of_all_that_a_visitor_finds_there": "b", "keywords_in_the_order_of_their_weight": []}'
)


class Server(BaseLLMBackend):
    """A model that counts a schema as ``weight`` says and reports that, or nothing and breaks off."""

    supports_streaming = True
    supports_structured = True
    makes_real_calls = False
    weight = 0.0
    reports = True
    room: ClassVar[int] = 0
    thinks = ""

    def thinking_room(self, model: str) -> int:
        return self.room

    def _stream(self, request: LLMRequest) -> Iterator[Any]:
        self.asked = request
        if self.thinks:
            yield Thinking(self.thinks)
        yield TextDelta(ANSWER)
        if not self.reports:
            raise LLMInterrupted(received=True, partial=ANSWER)
        usage = Usage(estimate_request(request, schema_weight=self.weight), 40, reported=not self.thinks)
        yield Finish(LLMResponse(ANSWER, usage=usage, model="s", thoughts=self.thinks))


@pytest.fixture
def server(testing_llm: TestingBackend) -> Server:
    made = Server(alias="default", model="s")
    llms.use("default", made)
    return made


def ask(**options: Any) -> LLMRequest:
    return LLMRequest([Message.user("Describe the page.")], **{"max_tokens": 200, "response_model": Long, **options})


def broken_off(server: Server, member: Any) -> AILog:
    server.reports = False
    with pytest.raises(LLMInterrupted):
        gateway.call(ask(), actor=member)
    return AILog.objects.latest("pk")


def test_a_schema_that_is_not_counted_is_not_charged(server: Server, member: Any) -> None:
    plain = estimate_request(ask(), schema_weight=0)
    assert estimate_schema(ask()) > 3 * plain
    assert broken_off(server, member).tokens_in == plain


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_what_of_a_schema_counts_is_learned_by_alias(server: Server, member: Any, weight: float) -> None:
    server.weight = weight
    gateway.call(ask(), actor=member)
    assert ratios.schema_weight("default") == pytest.approx(weight, abs=0.02)
    log = broken_off(server, member)
    truth = estimate_request(ask(), schema_weight=weight)
    assert truth * 0.98 <= log.tokens_in <= truth * 1.05


def test_before_it_is_known_the_whole_schema_is_held(server: Server, member: Any) -> None:
    with gateway.stream(ask(), actor=member) as events:
        held = LLMCall.objects.get().hold
        list(events)
    assert held >= estimate_request(ask()) + 200


def test_a_model_that_thinks_gets_its_room_beside_the_ceiling(server: Server, member: Any) -> None:
    type(server).room = 1000
    try:
        with gateway.stream(ask(), actor=member) as events:
            held = LLMCall.objects.get().hold
            list(events)
    finally:
        type(server).room = 0
    assert server.asked.max_tokens == 1200
    assert held >= 1200


@pytest.mark.parametrize("whole", [True, False])
def test_thinking_that_was_heard_is_charged_where_nobody_reports(server: Server, member: Any, whole: bool) -> None:
    thoughts = "Let me think about it. " * 200

    def charged() -> int:
        if whole:
            return gateway.call(ask(), actor=member).log.tokens_out
        return broken_off(server, member).tokens_out

    server.thinks = " "
    without = charged()
    server.thinks = thoughts
    extra = charged() - without
    expected = ratios.output_tokens("default", "s", estimate_text(thoughts))
    assert expected > 500
    assert abs(extra - expected) <= 2
    assert thoughts not in AILog.objects.latest("pk").output


def test_a_call_takes_few_queries(testing_llm: TestingBackend, member: Any) -> None:
    gateway.call(ask(), actor=member)
    with CaptureQueriesContext(connection) as queries:
        gateway.call(ask(), actor=member)
    # Four of them begin and end the two transactions.
    assert len(queries) <= 13, [query["sql"][:100] for query in queries]


def test_what_happens_before_sending_costs_nothing(
    server: Server, member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def prepare() -> None:
        seen.append(LLMCall.objects.get().status)

    monkeypatch.setattr(server, "prepare", prepare)
    gateway.call(ask(), actor=member)
    # The sweeper charges nothing for a call that is reserved: what takes long at a process's first call comes before.
    assert seen == [CallStatus.RESERVED]


def test_each_kind_of_call_has_its_circuit(testing_llm: TestingBackend, member: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "LLM_BREAKER_FAILURES": 1, "LLM_RETRIES": 0}
    llms.use("default", testing_llm)
    BackendState.objects.create(alias="default", kind="image", failures=3)
    from ai_cms.llm import breaker
    from ai_cms.llm.exceptions import LLMUnavailable

    breaker.failed("default", LLMUnavailable(), None, "image")
    assert gateway.call(ask(), actor=member).text
    with pytest.raises(LLMUnavailable, match="circuit"):
        breaker.admit("default", "image")


def test_what_a_server_cannot_do_opens_nothing(testing_llm: TestingBackend, member: Any) -> None:
    for _time in range(6):
        testing_llm.script(LLMUnsupported(reason="501"))
        with pytest.raises(LLMUnsupported):
            gateway.call(ask(), actor=member)
    assert AILog.objects.count() == 6
    assert gateway.call(ask(), actor=member).text
