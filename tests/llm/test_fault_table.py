"""Every fault of a provider has its one outcome: code, HTTP status, charge, stored status; whichever way it is called."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel

from ai_cms.llm import gateway
from ai_cms.llm.credits import ratios
from ai_cms.llm.exceptions import LLMError, LLMInterrupted
from ai_cms.llm.messages import Deadlines, LLMRequest, Message
from ai_cms.llm.models import AILog, CreditAccount, LLMCall, Run
from ai_cms.llm.runs.context import RunContext, run_handlers
from ai_cms.llm.runs.services import start_run
from ai_cms.llm.tokens import estimate_request, estimate_text

from .fault_server import FaultServer
from .provider import DEADLINES, PATIENT, _provider, provider

__all__ = ["_provider", "provider"]

pytestmark = pytest.mark.django_db


class Answer(BaseModel):
    title: str


@dataclass(frozen=True)
class Row:
    """A row of the table. ``charge``: 0, "P" (prompt), "P+D" (and what was delivered) or "reported"."""

    code: str
    status: int
    charge: Any
    stored: str
    attempts: int = 1
    structured: bool = False


ERRORS: dict[str, Row] = {
    **dict.fromkeys(("401", "403", "404", "429-quota", "redirect"), Row("ai_backend_misconfigured", 503, 0, "failed")),
    "400-context": Row("ai_input_too_long", 413, 0, "failed"),
    "429": Row("ai_busy", 503, 0, "failed", attempts=3),
    "retry-after-huge": Row("ai_busy", 503, 0, "failed"),
    **dict.fromkeys(("500", "503", "529", "drop", "rst"), Row("ai_unavailable", 503, 0, "failed", attempts=3)),
    **dict.fromkeys(("hang", "slow-headers", "keepalive"), Row("ai_timeout", 504, 0, "failed")),
    **dict.fromkeys(("infinite", "huge", "huge-delta", "gzip-bomb"), Row("ai_output_limit", 502, "P+D", "incomplete")),
    **dict.fromkeys(
        (
            "cut-mid-stream",
            "rst-mid-stream",
            "cut-half-line",
            "cut-no-done",
            "error-mid-stream",
            "malformed-badjson",
            "malformed-binary",
        ),
        Row("ai_interrupted", 502, "P+D", "incomplete"),
    ),
    "hang-mid-stream": Row("ai_timeout", 504, "P+D", "incomplete"),
    "invalid-json": Row("ai_invalid_output", 502, "reported", "failed", attempts=2, structured=True),
    'json:{"wrong": 1}': Row("ai_invalid_output", 502, "reported", "failed", attempts=2, structured=True),
    **dict.fromkeys(("empty", "null"), Row("ai_empty_output", 502, "reported", "failed")),
    **dict.fromkeys(("no-choices", "html-200", "empty-200"), Row("ai_empty_output", 502, "P", "failed")),
    **dict.fromkeys(("refusal", "content-filter"), Row("ai_refused", 422, "reported", "refused")),
}
COMPLETE: dict[str, str] = {
    **dict.fromkeys(
        (
            "ok",
            "split-bytes",
            "keep-alive-tokens",
            "slow-first-token",
            "slow-tokens",
            "malformed-unknown",
            "malformed-nodata",
            "dup-chunks",
            "wrong-model",
            "length",
            "429-then-ok",
            "500-then-ok",
            "drop-then-ok",
        ),
        "reported",
    ),
    "no-usage": "estimated",
    "wrong-usage": "estimated",
}


def by_call(request: LLMRequest, user: Any) -> str:
    return gateway.call(request, actor=user).text


def by_stream(request: LLMRequest, user: Any) -> str:
    with gateway.stream(request, actor=user) as events:
        for _event in events:
            pass
    assert events.result is not None
    return events.result.text


def by_run(request: LLMRequest, user: Any) -> str:
    """Answer by a background run; its error comes back as it is stored."""

    def handler(run: RunContext) -> str:
        with gateway.stream(request, actor=run.actor, run=run) as events:
            for event in events:
                run.text(getattr(event, "text", ""))
        assert events.result is not None
        return events.result.text

    with run_handlers.temporarily("fault", handler):
        run = start_run("fault", {}, actor=user)
    assert LLMCall.objects.get().run_id == run.pk
    last = run.events.order_by("seq").last()
    assert last is not None
    if run.status == "error":
        assert last.type == "error"
        assert last.data["code"] == run.error_code
        raise LLMError(code=run.error_code)
    assert (run.status, last.type) == ("done", "done")
    return str(run.result)


WAYS: dict[str, Callable[[LLMRequest, Any], str]] = {"call": by_call, "stream": by_stream, "run": by_run}


def pairs(rows: dict[str, Any]) -> list[Any]:
    """Return each row with each way. Of a run, one row an outcome: the rest of what it does is what a stream does."""
    told: list[Any] = []
    found = []
    for fault, row in rows.items():
        found += [pytest.param("call", fault), pytest.param("stream", fault)]
        found.append(pytest.param("run", fault, marks=pytest.mark.stress if row in told else ()))
        told.append(row)
    return found


@pytest.fixture(params=list(WAYS))
def way(
    request: pytest.FixtureRequest, provider: FaultServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[[LLMRequest, Any], str]:
    settings.AI_CMS = {
        "RUNNER": "inline",
        "LLM": {
            "default": {
                "BACKEND": "ai_cms.llm.backends.openai.OpenAIBackend",
                "MODEL": "ok",
                "OPTIONS": {
                    "api_key": "sk-secret",
                    "base_url": provider.url,
                    "deadlines": PATIENT,
                    "max_response_bytes": 4_000_000,
                },
            }
        },
    }
    monkeypatch.setattr("ai_cms.llm.gateway.policy.FIRST_PAUSE", 0.01)
    return WAYS[request.param]


def asked(fault: str, *, structured: bool = False) -> LLMRequest:
    # Short deadlines where one has to end the call; a busy machine must not make them end the others.
    ends = fault in ERRORS and ERRORS[fault].code == "ai_timeout"
    return LLMRequest(
        [Message.system("You are a test."), Message.user("Tell me about the fox.")],
        model=fault,
        max_tokens=300,
        response_model=Answer if structured else None,
        deadlines=Deadlines(**{**DEADLINES, "first_byte": 1.5, "gap": 1.5, "total": 8.0}) if ends else None,
    )


def ledger_is_clean(user: Any) -> bool:
    account = CreditAccount.objects.get(user=user, kind="text")
    return account.reserved == 0 and account.balance == sum(account.entries.values_list("amount", flat=True))


@pytest.mark.parametrize(("way", "fault"), pairs(ERRORS), indirect=["way"])
def test_a_fault_has_its_outcome(way: Any, provider: FaultServer, member: Any, fault: str) -> None:
    row = ERRORS[fault]
    request = asked(fault, structured=row.structured)
    with pytest.raises(LLMError) as caught:
        way(request, member)
    assert caught.value.code == row.code
    if way is not by_run:
        assert caught.value.status_code == row.status
    else:
        assert Run.objects.get().error_code == row.code
    logs = list(AILog.objects.order_by("attempt"))
    call = LLMCall.objects.get()
    assert len(logs) == len(provider.calls) == row.attempts
    assert (call.status, call.error_code, logs[-1].status) == (row.stored, row.code, row.stored)
    charged = sum(log.charged for log in logs)
    assert charged == call.charged
    if row.charge == 0:
        assert charged == 0
    elif row.charge == "reported":
        assert charged == sum(sum(seen.reported or (0, 0)) for seen in provider.calls) > 0
        assert logs[-1].usage_source == "reported"
    else:
        prompt = ratios.input_tokens("default", fault, estimate_request(request))
        delivered = ratios.output_tokens("default", fault, estimate_text(logs[-1].output))
        assert charged == prompt + delivered
        assert (delivered > 0) == (row.charge == "P+D" and fault not in ("huge-delta", "gzip-bomb"))
        assert logs[-1].usage_source == "estimated"
    assert ledger_is_clean(member)


@pytest.mark.parametrize(("way", "fault"), pairs(COMPLETE), indirect=["way"])
def test_what_can_be_answered_is_answered(way: Any, provider: FaultServer, member: Any, fault: str) -> None:
    request = asked(fault)
    assert way(request, member)
    log = AILog.objects.order_by("attempt").last()
    assert log is not None
    assert (log.status, log.usage_source) == ("complete", COMPLETE[fault])
    if COMPLETE[fault] == "reported":
        assert (log.tokens_in, log.tokens_out) == provider.last.reported
        assert LLMCall.objects.get().charged == log.tokens_in + log.tokens_out
    if fault == "wrong-model":
        assert (log.model_asked, log.model_answered) == ("wrong-model", "another-model")
    if fault == "length":
        assert log.finish_reason == "length"
    assert ledger_is_clean(member)


def test_an_estimate_is_bounded_once_the_alias_has_reported(way: Any, provider: FaultServer, member: Any) -> None:
    """What is charged without a report lies between the prompt and prompt + delivered + 5 %."""
    for _ in range(3):
        gateway.call(asked("ok"), actor=member)
    for fault in ("no-usage", "wrong-usage", "cut-mid-stream", "rst-mid-stream"):
        LLMCall.objects.all().delete()
        with suppress(LLMInterrupted) if way is not by_run else suppress(LLMError):
            way(asked(fault), member)
        log = AILog.objects.get()
        seen = provider.last
        assert log.usage_source == "estimated"
        assert seen.prompt <= log.charged <= (seen.prompt + seen.delivered) * 1.05


def test_the_next_call_works(way: Any, provider: FaultServer, member: Any) -> None:
    for fault in ("401", "drop", "hang", "cut-mid-stream", "html-200", "infinite"):
        LLMCall.objects.all().delete()
        with pytest.raises(LLMError):
            way(asked(fault), member)
        LLMCall.objects.all().delete()
        assert way(asked("ok"), member)
