"""Images and embeddings: every fault of a provider has its one outcome, as a call and as a background run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest

from ai_cms.llm import gateway
from ai_cms.llm.credits import ratios
from ai_cms.llm.exceptions import LLMCancelled, LLMError
from ai_cms.llm.gateway import CallResult
from ai_cms.llm.messages import CancelToken, Deadlines, ImageRequest, Limits
from ai_cms.llm.models import AILog, CreditAccount, CreditEntry, LLMCall, Run
from ai_cms.llm.runs.context import RunContext, run_handlers
from ai_cms.llm.runs.services import start_run
from ai_cms.llm.tokens import estimate_text

from .fault_server import FaultServer
from .fault_wire import png
from .provider import DEADLINES, PATIENT, _provider, provider

__all__ = ["_provider", "provider"]

pytestmark = pytest.mark.django_db

PROMPT = "A fox in the snow."
TEXTS = ["The quick brown fox", "rests for a while."]
MAX_BYTES = 4_000_000
#: For calls that a deadline has to end: nothing of such an answer can be seen before its end, so the total counts.
HASTY = {**DEADLINES, "total": 0.8}
HANGS = ("hang", "slow-headers")


@dataclass(frozen=True)
class Row:
    """A row of the table. ``charge``: for an image the number of images, for embeddings 0, "P" or "reported"."""

    code: str
    status: int
    charge: Any = 0
    stored: str = "failed"
    attempts: int = 1


def rows(*faults: str, **row: Any) -> dict[str, Row]:
    return dict.fromkeys(faults, Row(**row))


#: What ends the same for both, before there is an answer.
REFUSED: dict[str, Row] = {
    **rows("401", "403", "404", "429-quota", "400-other", "redirect", code="ai_backend_misconfigured", status=503),
    **rows("400-context", "400-context-text", code="ai_input_too_long", status=413),
    **rows("429:0", code="ai_busy", status=503, attempts=3),
    **rows("retry-after-huge", code="ai_busy", status=503),
    **rows(*HANGS, code="ai_timeout", status=504),
}
#: Nobody knows whether the provider had begun to work. Vectors may be asked for again; a picture might be bought twice.
DOWN = rows("500", "503", "529", "huge-error", "drop", "rst", code="ai_unavailable", status=503)
#: The provider took the request and began to answer it.
BROKEN = rows("cut-mid-stream", "badjson-200", code="ai_interrupted", status=502, stored="incomplete")
TOO_MUCH = rows("gzip-bomb", "huge", code="ai_output_limit", status=502, stored="incomplete")
NO_ANSWER = rows("html-200", "text-200", "empty-200", code="ai_empty_output", status=502)

IMAGE: dict[str, Row] = {
    **REFUSED,
    **DOWN,
    # Once, or it might be bought twice.
    **rows("500-then-ok", "drop-then-ok", code="ai_unavailable", status=503),
    **NO_ANSWER,
    **{fault: replace(row, charge=1) for fault, row in {**BROKEN, **TOO_MUCH}.items()},
    **rows(
        *("img-corrupt", "img-bomb", "img-svg", "img-html", "img-badb64", "img-empty", "img-url", "img-none"),
        code="ai_invalid_image",
        status=502,
        charge=1,
    ),
}
EMBEDDING: dict[str, Row] = {
    **REFUSED,
    **{fault: replace(row, attempts=3) for fault, row in DOWN.items()},
    **{fault: replace(row, charge="P") for fault, row in {**NO_ANSWER, **BROKEN, **TOO_MUCH}.items()},
    **rows(
        *("emb-wrong-dim", "emb-nan", "emb-short", "emb-text"),
        code="ai_invalid_embedding",
        status=502,
        charge="reported",
    ),
}
ERRORS = {
    **{("image", fault): row for fault, row in IMAGE.items()},
    **{("embedding", fault): row for fault, row in EMBEDDING.items()},
}
#: What is answered all the same: how many attempts it takes, and where the tokens are from.
COMPLETE: dict[tuple[str, str], tuple[int, str]] = {
    ("image", "ok"): (1, "estimated"),
    ("image", "img-usage"): (1, "reported"),
    ("image", "429-then-ok:0"): (2, "estimated"),
    ("embedding", "ok"): (1, "reported"),
    ("embedding", "emb-tokens"): (1, "reported"),
    ("embedding", "wrong-model"): (1, "reported"),
    ("embedding", "429-then-ok:0"): (2, "reported"),
    ("embedding", "500-then-ok"): (2, "reported"),
    ("embedding", "drop-then-ok"): (2, "reported"),
    ("embedding", "no-usage"): (1, "estimated"),
    ("embedding", "wrong-usage"): (1, "estimated"),
}


def made(kind: str, fault: str, user: Any, run: Any = None) -> CallResult:
    """Make the call of ``kind`` whose model is ``fault``."""
    hasty = fault in HANGS
    if kind == "image":
        request = ImageRequest(
            PROMPT,
            model=fault,
            deadlines=Deadlines(**HASTY) if hasty else None,
            limits=Limits(max_bytes=MAX_BYTES),
        )
        return gateway.generate_image(request, actor=user, run=run)
    return gateway.embed(TEXTS, actor=user, model=fault, alias="hasty" if hasty else "default", run=run)


def by_call(kind: str, fault: str, user: Any) -> str:
    return described(made(kind, fault, user))


def by_run(kind: str, fault: str, user: Any) -> str:
    """Have it made by a background run; its error comes back as it is stored."""

    def handler(run: RunContext) -> str:
        return described(made(kind, fault, run.actor, run))

    with run_handlers.temporarily("fault", handler):
        run = start_run("fault", {}, actor=user)
    assert LLMCall.objects.latest("created_at").run_id == run.pk
    last = run.events.order_by("seq").last()
    assert last is not None
    if run.status == "error":
        assert (last.type, last.data["code"]) == ("error", run.error_code)
        raise LLMError(code=run.error_code)
    assert (run.status, last.type) == ("done", "done")
    return str(run.result)


def described(result: CallResult) -> str:
    """Return what came back, as a run may store it."""
    response = result.response
    return f"{response.mime} {len(response.data)}" if hasattr(response, "mime") else f"{len(response.vectors)} vectors"


WAYS: dict[str, Callable[[str, str, Any], str]] = {"call": by_call, "run": by_run}


def pairs(rows: dict[tuple[str, str], Any]) -> list[Any]:
    """Return each row with each way; of a run, one row a kind and outcome."""
    told: list[Any] = []
    found = []
    for (kind, fault), row in rows.items():
        found.append(pytest.param("call", kind, fault))
        found.append(pytest.param("run", kind, fault, marks=pytest.mark.stress if (kind, row) in told else ()))
        told.append((kind, row))
    return found


@pytest.fixture(params=list(WAYS))
def way(
    request: pytest.FixtureRequest, provider: FaultServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str, Any], str]:
    options = {"api_key": "sk-secret", "base_url": provider.url, "max_response_bytes": MAX_BYTES}
    entry = {"BACKEND": "ai_cms.llm.backends.openai.OpenAIBackend", "MODEL": "ok"}
    settings.AI_CMS = {
        "RUNNER": "inline",
        "LLM": {
            "default": {**entry, "OPTIONS": {**options, "deadlines": PATIENT}},
            "hasty": {**entry, "OPTIONS": {**options, "deadlines": HASTY}},
        },
        "LLM_PRICES": {"*": {"input": 1_000_000, "output": 1_000_000, "image": 40_000}},
    }
    monkeypatch.setattr("ai_cms.llm.gateway.policy.FIRST_PAUSE", 0.01)
    return WAYS[request.param]


def assert_ledger(user: Any, kind: str, charged: int, charges: int) -> None:
    """Hold the account of this kind to its entries; nothing of the other kind has been touched."""
    for account in CreditAccount.objects.filter(user=user):
        entries = CreditEntry.objects.filter(account=account)
        spent = -sum(entries.filter(kind="charge").values_list("amount", flat=True))
        assert account.reserved == 0
        assert account.balance == sum(entries.values_list("amount", flat=True))
        assert spent == (charged if account.kind == kind else 0)
        assert entries.filter(kind="charge").count() == (charges if account.kind == kind else 0)


@pytest.mark.parametrize(("way", "kind", "fault"), pairs(ERRORS), indirect=["way"])
def test_a_fault_has_its_outcome(way: Any, provider: FaultServer, member: Any, kind: str, fault: str) -> None:
    row = ERRORS[kind, fault]
    begun = time.monotonic()
    with pytest.raises(LLMError) as caught:
        way(kind, fault, member)
    took = time.monotonic() - begun
    assert caught.value.code == row.code
    if way is by_call:
        assert caught.value.status_code == row.status
    else:
        assert Run.objects.get().error_code == row.code
    assert took < (HASTY["total"] + 2 if fault in HANGS else 15)

    call = LLMCall.objects.get()
    logs = list(call.logs.order_by("attempt"))
    assert [log.attempt for log in logs] == list(range(1, row.attempts + 1))
    assert len(provider.calls) == row.attempts
    assert (call.kind, call.status, call.error_code) == (kind, row.stored, row.code)
    assert call.finished_at is not None
    for log in logs:
        assert (log.kind, log.status, log.error_code, log.model_asked) == (kind, row.stored, row.code, fault)
        assert log.finished_at is not None
        assert log.latency_ms is not None
        assert log.error_detail
        assert "sk-secret" not in log.error_detail
        assert log.output == ""
        assert not log.is_repair
    assert [log.charged for log in logs[:-1]] == [0] * (row.attempts - 1)

    last = logs[-1]
    assert call.charged == last.charged
    if kind == "image":
        assert (last.images, last.charged) == (row.charge, row.charge)
        assert (last.cost_micro or 0) >= 40_000 * row.charge
    elif row.charge == "reported":
        assert (last.tokens_in, last.usage_source) == (provider.last.prompt, "reported")
        assert last.charged == provider.last.prompt > 0
    elif row.charge == "P":
        estimate = sum(estimate_text(text) for text in TEXTS)
        assert last.charged == ratios.input_tokens("default", fault, estimate) > 0
        assert last.usage_source == "estimated"
    else:
        assert (last.charged, last.tokens_in, last.usage_source) == (0, 0, "")
    assert_ledger(member, "image" if kind == "image" else "text", call.charged, int(call.charged > 0))

    assert way(kind, "ok", member), "the next call works"
    assert not LLMCall.objects.open().exists()


@pytest.mark.parametrize(("way", "kind", "fault"), pairs(COMPLETE), indirect=["way"])
def test_what_can_be_answered_is_answered(way: Any, provider: FaultServer, member: Any, kind: str, fault: str) -> None:
    attempts, source = COMPLETE[kind, fault]
    assert way(kind, fault, member) == ("2 vectors" if kind == "embedding" else f"image/png {len(png(2, 2))}")
    call = LLMCall.objects.get()
    logs = list(call.logs.order_by("attempt"))
    assert len(logs) == len(provider.calls) == attempts
    assert [log.status for log in logs] == [*["failed"] * (attempts - 1), "complete"]
    assert [log.charged for log in logs[:-1]] == [0] * (attempts - 1)
    last = logs[-1]
    assert (call.status, call.charged, last.usage_source) == ("complete", last.charged, source)
    if kind == "image":
        assert (last.images, last.charged, provider.last.images) == (1, 1, 1)
    elif source == "reported":
        assert last.charged == last.tokens_in == provider.last.prompt
    else:
        assert last.charged == sum(estimate_text(text) for text in TEXTS)
    if fault == "wrong-model":
        assert (last.model_asked, last.model_answered) == ("wrong-model", "another-model")
    assert_ledger(member, "image" if kind == "image" else "text", call.charged, 1)


@pytest.mark.parametrize("fault", ["img-corrupt", "cut-mid-stream"])
def test_what_is_no_image_can_be_refunded(
    way: Any, provider: FaultServer, member: Any, settings: Any, fault: str
) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "LLM_REFUND_INVALID_IMAGES": True}
    with pytest.raises(LLMError):
        way("image", fault, member)
    assert AILog.objects.get().charged == 0
    assert_ledger(member, "image", 0, 0)


@pytest.mark.parametrize("kind", ["image", "embedding"])
def test_a_timeout_can_be_charged(way: Any, provider: FaultServer, member: Any, settings: Any, kind: str) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "LLM_CHARGE_TIMEOUTS": True}
    with pytest.raises(LLMError):
        way(kind, "hang", member)
    charged = 1 if kind == "image" else sum(estimate_text(text) for text in TEXTS)
    assert AILog.objects.get().charged == charged
    assert_ledger(member, "image" if kind == "image" else "text", charged, 1)


@pytest.mark.parametrize("kind", ["image", "embedding"])
def test_a_call_cancelled_at_the_provider_is_charged(way: Any, provider: FaultServer, member: Any, kind: str) -> None:
    """Nobody waits any more, but the provider has been asked and will bill it."""
    token = CancelToken()

    def cancel() -> None:
        # Sooner, and nobody would be asked, nor bill it.
        while not provider.calls:
            time.sleep(0.01)
        token.cancel()

    stop = threading.Thread(target=cancel, daemon=True)
    stop.start()
    begun = time.monotonic()
    with pytest.raises(LLMCancelled):
        made(kind, "hang:patiently", member, SimpleNamespace(run_id=None, cancel=token))
    stop.join()
    assert time.monotonic() - begun < 5
    log = AILog.objects.get()
    assert (log.status, log.error_code) == ("cancelled", "ai_cancelled")
    assert log.charged == (1 if kind == "image" else sum(estimate_text(text) for text in TEXTS))
    assert_ledger(member, "image" if kind == "image" else "text", log.charged, 1)
