"""Each fault of a provider has one outcome, whole, streamed and asynchronously."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel

from ai_cms.llm.exceptions import (
    LLMBackendMisconfigured,
    LLMBusy,
    LLMEmptyOutput,
    LLMError,
    LLMInputTooLong,
    LLMInterrupted,
    LLMInvalidOutput,
    LLMOutputLimit,
    LLMRefused,
    LLMTimeout,
    LLMUnavailable,
)
from ai_cms.llm.messages import Deadlines, Finish, LLMRequest, LLMResponse, TextDelta

from .fault_server import STATUS_FAULTS, FaultServer
from .fault_wire import TEXT, count_tokens
from .provider import DEADLINES, PATIENT, _provider, ask, backend_for, provider

__all__ = ["_provider", "provider"]

PARTIAL = "The quick brown fox jumps"


@dataclass(frozen=True)
class Outcome:
    error: type[LLMError]
    retryable: bool = False
    received: bool = False
    partial: str = ""
    opens_circuit: bool = False
    retry_after: int | None = None


OUTCOMES: dict[str, Outcome] = {
    "401": Outcome(LLMBackendMisconfigured, opens_circuit=True),
    "403": Outcome(LLMBackendMisconfigured, opens_circuit=True),
    "404": Outcome(LLMBackendMisconfigured, opens_circuit=True),
    "429-quota": Outcome(LLMBackendMisconfigured, opens_circuit=True),
    "400-other": Outcome(LLMBackendMisconfigured),
    "400-context": Outcome(LLMInputTooLong),
    "400-context-text": Outcome(LLMInputTooLong),
    "429": Outcome(LLMBusy, retryable=True, retry_after=1),
    "retry-after-huge": Outcome(LLMBusy, retryable=True, retry_after=86400),
    "500": Outcome(LLMUnavailable, retryable=True),
    "503": Outcome(LLMUnavailable, retryable=True),
    "529": Outcome(LLMUnavailable, retryable=True),
    "huge-error": Outcome(LLMUnavailable, retryable=True),
    "drop": Outcome(LLMUnavailable, retryable=True),
    "rst": Outcome(LLMUnavailable, retryable=True),
    "redirect": Outcome(LLMBackendMisconfigured, opens_circuit=True),
    "hang": Outcome(LLMTimeout),
    "slow-headers": Outcome(LLMTimeout),
    "keepalive": Outcome(LLMTimeout, received=True),
    "infinite": Outcome(LLMOutputLimit, received=True, partial="word word"),
    "infinite-slow": Outcome(LLMTimeout, received=True, partial="word word"),
    "huge": Outcome(LLMOutputLimit, received=True, partial="word word"),
    "huge-delta": Outcome(LLMOutputLimit, received=True),
    "gzip-bomb": Outcome(LLMOutputLimit, received=True),
    "cut-mid-stream": Outcome(LLMInterrupted, received=True, partial=PARTIAL),
    "cut-clean": Outcome(LLMInterrupted, received=True, partial=PARTIAL),
    "rst-mid-stream": Outcome(LLMInterrupted, received=True, partial=PARTIAL),
    "cut-half-line": Outcome(LLMInterrupted, received=True, partial=PARTIAL),
    "cut-no-done": Outcome(LLMInterrupted, received=True, partial=PARTIAL),
    "cut-before-usage": Outcome(LLMInterrupted, received=True, partial=TEXT),
    "error-mid-stream": Outcome(LLMInterrupted, received=True, partial=PARTIAL),
    "malformed-badjson": Outcome(LLMInterrupted, received=True, partial=PARTIAL),
    "malformed-binary": Outcome(LLMInterrupted, received=True, partial=PARTIAL),
    "hang-mid-stream": Outcome(LLMTimeout, received=True, partial=PARTIAL),
    "badjson-200": Outcome(LLMInterrupted, received=True),
    "empty": Outcome(LLMEmptyOutput, received=True),
    "null": Outcome(LLMEmptyOutput, received=True),
    "no-choices": Outcome(LLMEmptyOutput, received=True),
    "html-200": Outcome(LLMEmptyOutput, received=True),
    "text-200": Outcome(LLMEmptyOutput, received=True),
    "empty-200": Outcome(LLMEmptyOutput),
    "refusal": Outcome(LLMRefused, received=True),
    "content-filter": Outcome(LLMRefused, received=True, partial="Some words"),
}

COMPLETE = (
    "ok",
    "split-bytes",
    "keep-alive-tokens",
    "slow-first-token",
    "slow-tokens",
    "malformed-unknown",
    "malformed-nodata",
    "wrong-model",
    "no-usage",
    "wrong-usage",
)
#: Faults that only a stream can have; a whole answer to them is an ordinary one.
STREAM_ONLY = {
    name
    for name in OUTCOMES
    if name.startswith(("cut-", "rst-mid", "error-mid", "malformed", "infinite", "huge", "hang-mid", "keepalive"))
} - {"cut-mid-stream", "huge-error"}


def run_generate(backend: Any, request: LLMRequest) -> LLMResponse:
    response: LLMResponse = backend.generate(request)
    return response


def run_stream(backend: Any, request: LLMRequest) -> LLMResponse:
    text = ""
    for event in backend.stream(request):
        if isinstance(event, TextDelta):
            text += event.text
        if isinstance(event, Finish):
            assert text == event.response.text
            return event.response
    raise AssertionError("no Finish")


def run_async(backend: Any, request: LLMRequest) -> LLMResponse:
    async def collect() -> LLMResponse:
        async for event in backend.astream(request):
            if isinstance(event, Finish):
                return event.response
        raise AssertionError("no Finish")

    return asyncio.run(collect())


WAYS = {"generate": run_generate, "stream": run_stream, "astream": run_async}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", OUTCOMES)
def test_a_fault_has_its_one_outcome(provider: FaultServer, fault: str, way: str) -> None:
    check_outcome(provider, backend_for(provider, deadlines=deadlines_for(fault)), fault, way)


@pytest.mark.parametrize("fault", [name for name in OUTCOMES if name not in STREAM_ONLY])
def test_a_fault_has_the_same_outcome_in_an_answer_in_one_piece(provider: FaultServer, fault: str) -> None:
    deadlines = {**deadlines_for(fault), **({"total": 1.0} if OUTCOMES[fault].error is LLMTimeout else {})}
    backend = backend_for(provider, capabilities={"streaming": False}, deadlines=deadlines)
    check_outcome(provider, backend, fault, "generate", whole=True)


def deadlines_for(fault: str) -> dict[str, float]:
    return DEADLINES if OUTCOMES[fault].error is LLMTimeout else PATIENT


def check_outcome(provider: FaultServer, backend: Any, fault: str, way: str, *, whole: bool = False) -> None:
    expected = OUTCOMES[fault]
    started = time.monotonic()
    with pytest.raises(expected.error) as caught:
        WAYS[way](backend, ask(fault))
    took = time.monotonic() - started
    error = caught.value
    assert type(error) is expected.error
    assert error.retryable is expected.retryable
    assert error.opens_circuit is expected.opens_circuit
    assert error.retry_after == expected.retry_after
    assert error.received is expected.received
    if not whole:
        assert error.partial.startswith(expected.partial)
        assert bool(error.partial) is bool(expected.partial)
    assert took < (DEADLINES["total"] + 2 if expected.error is LLMTimeout else 15)
    assert len(provider.calls) == 1, "the library must not retry by itself"
    assert "sk-secret" not in f"{error} {error.reason} {error.body()}"
    patient = ask("ok", deadlines=Deadlines(**PATIENT))
    assert WAYS[way](backend, patient).text == TEXT, "the next call works"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", COMPLETE)
def test_what_is_no_fault_gives_the_answer(provider: FaultServer, fault: str, way: str) -> None:
    response = WAYS[way](backend_for(provider), ask(fault))

    assert response.text == TEXT
    assert response.finish_reason == "stop"
    assert response.usage.reported is (fault not in ("no-usage", "wrong-usage"))
    if response.usage.reported:
        assert (response.usage.input_tokens, response.usage.output_tokens) == provider.last.reported
    assert response.model == ("another-model" if fault == "wrong-model" else fault)


@pytest.mark.parametrize("kind", ["", "negative", "huge", "text"])
def test_usage_that_cannot_be_true_is_estimated(provider: FaultServer, kind: str) -> None:
    response = backend_for(provider).generate(ask(f"wrong-usage:{kind}"))

    assert not response.usage.reported
    assert 10 <= response.usage.input_tokens <= 40
    assert count_tokens(TEXT) * 0.8 <= response.usage.output_tokens <= count_tokens(TEXT) * 1.5


def test_repeated_chunks_are_taken_as_sent(provider: FaultServer) -> None:
    response = backend_for(provider).generate(ask("dup-chunks"))

    assert response.text.startswith("TheThe quick quick")
    assert response.usage.output_tokens == provider.last.delivered


def test_an_answer_at_the_token_limit_is_complete_and_truncated(provider: FaultServer) -> None:
    response = backend_for(provider).generate(ask("length", max_tokens=4))

    assert response.truncated
    assert response.text == "The quick brown fox"
    assert provider.last.body["max_tokens"] == 4


def test_a_server_that_ignores_the_token_limit_is_stopped(provider: FaultServer) -> None:
    with pytest.raises(LLMOutputLimit) as caught:
        backend_for(provider).generate(ask("infinite", max_tokens=10))

    assert 100 < len(caught.value.partial) <= 10 * 12 + 1024


def test_the_words_of_a_refusal_are_kept_and_escaped(provider: FaultServer) -> None:
    with pytest.raises(LLMRefused) as caught:
        backend_for(provider).generate(ask("refusal"))

    assert caught.value.refusal == "I <b>cannot</b> do that."
    assert caught.value.body()["refusal_text"] == "I &lt;b&gt;cannot&lt;/b&gt; do that."
    assert caught.value.usage is not None


class Answer(BaseModel):
    title: str
    count: int


@pytest.mark.parametrize(
    ("model", "problem"),
    [
        ("invalid-json", "Not valid JSON"),
        ('json:{"title": "x"}', "count: Field required"),
        ('json:{"title": "x", "count": "many"}', "count: Input should be a valid integer"),
        ('json:["x"]', "the answer: Input should be a valid dictionary"),
        ("json:null", "the answer: Input should be"),
        ('json:{"title": "\\u0000", "count": 1}', "characters that no text may hold"),
        ('json:{"title": "\\ud800", "count": 1}', "characters that no text may hold"),
        ('json:{"title": "x", "count": NaN}', "Not valid JSON"),
        ('json:{"title": "x", "count": 1', "Not valid JSON"),
        ("json:" + "[" * 3000, "Not valid JSON"),
    ],
)
def test_output_of_the_wrong_form_is_named(provider: FaultServer, model: str, problem: str) -> None:
    with pytest.raises(LLMInvalidOutput) as caught:
        backend_for(provider).generate(ask(model, response_model=Answer))

    assert problem in caught.value.problems
    assert caught.value.usage is not None
    assert caught.value.received


def test_a_provider_that_fails_once_works_the_second_time(provider: FaultServer) -> None:
    backend = backend_for(provider)
    for fault, error in (("500-then-ok", LLMUnavailable), ("429-then-ok", LLMBusy)):
        with pytest.raises(error):
            backend.generate(ask(fault))
        assert backend.generate(ask(fault)).text == TEXT


def test_nobody_at_the_address_is_unavailable_and_may_be_tried_again(provider: FaultServer) -> None:
    backend = backend_for(provider)
    backend.transport.base_url = "http://127.0.0.1:9/v1"

    with pytest.raises(LLMUnavailable) as caught:
        backend.generate(ask("ok"))

    assert caught.value.retryable


def test_a_providers_words_are_one_line_of_the_log(provider: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "Bad key\n2026-01-01 00:00:00 ERROR root all is lost\x1b[0m"
    monkeypatch.setitem(STATUS_FAULTS, "401", (401, {"message": words, "type": "x", "code": None}))
    with pytest.raises(LLMBackendMisconfigured) as caught:
        backend_for(provider).generate(ask("401"))
    assert caught.value.reason == "HTTP 401 x: Bad key 2026-01-01 00:00:00 ERROR root all is lost\\x1b[0m"


def test_all_the_errors_body_can_be_sent_as_json(provider: FaultServer) -> None:
    import json

    for fault in ("500", "refusal", "cut-mid-stream"):
        with pytest.raises(LLMError) as caught:
            backend_for(provider).generate(ask(fault))
        assert json.loads(json.dumps(caught.value.body()))["code"] == caught.value.code
