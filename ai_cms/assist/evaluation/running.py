"""Carry out golden cases through the gateway: metered, logged and limited like any other call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from ai_cms.assist.evaluation.golden import GoldenCase
from ai_cms.assist.evaluation.judging import Verdict, judge
from ai_cms.assist.library import note_use
from ai_cms.assist.registry import get_task
from ai_cms.assist.services import prepared
from ai_cms.core.exceptions import LimitExceeded, PermissionRefused, RequestRefused
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor, ActorLike
from ai_cms.llm import gateway
from ai_cms.llm.exceptions import LLMBackendMisconfigured, LLMCreditsExhausted, LLMError
from ai_cms.llm.models import AILog

__all__ = ["CaseResult", "Evaluation", "evaluate"]

#: These end the evaluation: the next case would meet them too.
_ENDINGS = (LLMCreditsExhausted, LimitExceeded, LLMBackendMisconfigured, PermissionRefused)


@dataclass
class CaseResult:
    """What became of one case. ``error``: the code of what the call ended in. ``cost_micro``: ``None`` without a
    known price."""

    case: GoldenCase
    attempt: int = 1
    verdicts: list[Verdict] = field(default_factory=list)
    error: str = ""
    detail: str = ""
    alias: str = ""
    model: str = ""
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_micro: int | None = None
    milliseconds: int = 0
    prompt: JsonObject = field(default_factory=dict)
    library: list[JsonObject] = field(default_factory=list)
    output: JsonObject = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return not self.error and all(verdict.passed for verdict in self.verdicts)


@dataclass
class Evaluation:
    """The results of all cases so far. ``planned``: how many there are to be; ``stopped``: why it ended before."""

    planned: int
    results: list[CaseResult] = field(default_factory=list)
    stopped: str = ""

    @property
    def rate(self) -> float:
        """The share of the planned cases that passed, 0 to 1."""
        return sum(result.passed for result in self.results) / self.planned if self.planned else 0.0


def evaluate(
    cases: Sequence[GoldenCase],
    *,
    actor: ActorLike,
    alias: str = "",
    model: str = "",
    repeat: int = 1,
    on_case: Callable[[CaseResult], object] | None = None,
) -> Evaluation:
    """Carry out ``cases``, each ``repeat`` times, and judge the answers.

    ``alias``: who answers, the task's own if empty; ``model``: another than the alias's own. ``on_case``: called after each. Ends
    early where credits do, or nobody can be asked. Not to be called in a transaction.
    """
    who = Actor.of(actor)
    found = Evaluation(planned=len(cases) * repeat)
    for attempt in range(1, repeat + 1):
        for case in cases:
            result = CaseResult(case, attempt)
            try:
                _carry_out(result, who, alias, model)
            except _ENDINGS as error:
                found.stopped = str(error.detail)
                return found
            found.results.append(result)
            if on_case is not None:
                on_case(result)
    return found


def _carry_out(result: CaseResult, actor: Actor, alias: str, model: str) -> None:
    case = result.case
    task = get_task(case.task)
    job = prepared(task, actor, case.payload, None, None)
    request = task.request(job)
    if model:
        request = request.replace(model=model)
    result.alias = alias or task.alias()
    result.prompt = job.prompt_used()
    result.library = job.library_used()
    call_id = ""
    try:
        # As a stream, so that the call is known when it fails too.
        with gateway.stream(
            request, actor=actor, alias=result.alias, task=task.name, target_label=f"ai_eval {case.id}"[:200]
        ) as events:
            call_id = events.call_id
            for _event in events:
                pass
        assert events.result is not None  # noqa: S101 - the stream raises otherwise
        result.output = task.finish(job, events.result.parsed).output
        result.verdicts = [Verdict("valid", True), *judge(case, result.output)]
    except _ENDINGS:
        raise
    except (LLMError, RequestRefused) as error:
        # Whoever has the shell may be told the technical cause.
        result.error, result.detail = str(error.code), str(getattr(error, "reason", "") or error.detail)
    finally:
        if call_id:
            note_use(job.told_versions(), call=call_id, task=task.name)
            _reckon(result, call_id)


def _reckon(result: CaseResult, call_id: str) -> None:
    """Take what a call cost from the log: all attempts at it, repairs too."""
    logs = list(AILog.objects.filter(call=UUID(call_id)).order_by("attempt"))
    costs = [log.cost_micro for log in logs]
    known = [cost for cost in costs if cost is not None]
    result.calls = len(logs)
    result.tokens_in = sum(log.tokens_in for log in logs)
    result.tokens_out = sum(log.tokens_out for log in logs)
    result.cost_micro = sum(known) if known and len(known) == len(costs) else None
    result.milliseconds = sum(log.latency_ms or 0 for log in logs)
    if logs:
        result.model = logs[-1].model_answered or logs[-1].model_asked
