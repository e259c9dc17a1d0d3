"""What an evaluation found: as JSON for programs, as a table for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from ai_cms.assist.evaluation.running import CaseResult, Evaluation
from ai_cms.core.jsontypes import JsonObject

__all__ = ["as_json", "as_text"]


def as_json(found: Evaluation) -> JsonObject:
    """Return the report: each case, each task, and all together, with what each was instructed by and told."""
    tasks: dict[str, list[CaseResult]] = {}
    for result in found.results:
        tasks.setdefault(result.case.task, []).append(result)
    return {
        "planned": found.planned,
        "stopped": found.stopped,
        "pass_rate": round(found.rate, 4),
        "total": _summed(found.results),
        "aliases": sorted({result.alias for result in found.results}),
        "models": sorted({result.model for result in found.results if result.model}),
        "tasks": {name: {**_summed(results), **_versions(results)} for name, results in sorted(tasks.items())},
        "cases": [_case(result) for result in found.results],
    }


def _case(result: CaseResult) -> JsonObject:
    return {
        "id": result.case.id,
        "task": result.case.task,
        "attempt": result.attempt,
        "passed": result.passed,
        "error": result.error,
        "detail": result.detail,
        "checks": [{"check": each.check, "passed": each.passed, "detail": each.detail} for each in result.verdicts],
        "alias": result.alias,
        "model": result.model,
        "calls": result.calls,
        "tokens_in": result.tokens_in,
        "tokens_out": result.tokens_out,
        "cost_micro": result.cost_micro,
        "milliseconds": result.milliseconds,
        "prompt": result.prompt,
        "library": result.library,
        "output": result.output,
    }


def _summed(results: Sequence[CaseResult]) -> JsonObject:
    costs = [result.cost_micro for result in results]
    known = [cost for cost in costs if cost is not None]
    return {
        "cases": len(results),
        "passed": sum(result.passed for result in results),
        "pass_rate": round(sum(result.passed for result in results) / len(results), 4) if results else 0.0,
        "tokens_in": sum(result.tokens_in for result in results),
        "tokens_out": sum(result.tokens_out for result in results),
        # Where some have no price there is no sum: it would look smaller than it is.
        "cost_micro": sum(known) if len(known) == len(costs) else None,
        "median_milliseconds": round(median(result.milliseconds for result in results)) if results else 0,
    }


def _versions(results: Iterable[CaseResult]) -> JsonObject:
    prompts: list[JsonObject] = []
    library: list[JsonObject] = []
    for result in results:
        if result.prompt not in prompts:
            prompts.append(result.prompt)
        library += [each for each in result.library if each not in library]
    return {"prompts": prompts, "library": library}


def as_text(found: Evaluation) -> str:
    """Return the report as a table, then what failed and why."""
    report: Any = as_json(found)
    rows: list[tuple[str, ...]] = [("case", "task", "result", "tokens in", "out", "cost $", "ms")]
    for result in found.results:
        failed = [verdict for verdict in result.verdicts if not verdict.passed]
        told = "passed" if result.passed else result.error or f"{len(failed)} of {len(result.verdicts)} checks failed"
        name = result.case.id if result.attempt == 1 else f"{result.case.id} ({result.attempt})"
        rows.append((name, result.case.task, told, *_figures(_case(result), "milliseconds")))
    lines = _table(rows)
    rows = [("task", "passed", "rate", "tokens in", "out", "cost $", "median ms", "prompt")]
    for name, each in [*report["tasks"].items(), ("all", report["total"])]:
        prompts = ", ".join(map(_prompt, each.get("prompts", ())))
        passed = f"{each['passed']} of {each['cases']}"
        rows.append((name, passed, f"{each['pass_rate']:.0%}", *_figures(each, "median_milliseconds"), prompts))
    lines += ["", *_table(rows)]
    for result in found.results:
        if result.error:
            lines += ["", f"{result.case.id}: {result.error}: {result.detail}"]
        elif not result.passed:
            lines += ["", f"{result.case.id}:"]
            lines += [f"  {each.check}: {each.detail}" for each in result.verdicts if not each.passed]
    models = ", ".join(report["models"]) or "none"
    lines += ["", f"Answered by: {models}. Passed: {found.rate:.1%} of {found.planned} planned."]
    if found.stopped:
        lines.append(f"Ended early: {found.stopped}")
    return "\n".join(lines)


def _prompt(prompt: JsonObject) -> str:
    version = prompt.get("version")
    return f"v{version} {prompt['digest']}" if version else str(prompt.get("digest", ""))


def _figures(each: JsonObject, time: str) -> tuple[str, str, str, str]:
    cost = each["cost_micro"]
    return (
        str(each["tokens_in"]),
        str(each["tokens_out"]),
        "?" if cost is None else f"{cost / 1_000_000:.4f}",
        str(each[time]),
    )


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]
