"""What ``manage.py check`` says about ``AI_CMS["LLM"]``; no provider is called."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.utils.module_loading import import_string

from .conf import aliases, gateway_settings, llm_settings, run_settings
from .exceptions import InvalidLLMBackend
from .handler import llms

__all__ = ["check_backends", "check_backends_for_deployment", "check_references", "check_threads"]


@register("ai_cms")
def check_backends(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Build every backend and hand on what it says about itself."""
    configured = llm_settings.LLM
    # The check of all settings reports a value of the wrong type.
    if not isinstance(configured, dict) or aliases(configured):
        return []
    messages: list[CheckMessage] = []
    for alias in llms:
        try:
            messages += llms.build(alias).check()
        except InvalidLLMBackend as error:
            messages.append(Error(str(error), id="ai_cms_llm.E001"))
            continue
        try:
            llms.chain(alias)
        except InvalidLLMBackend as error:
            messages.append(
                Error(str(error), hint="FALLBACK is a list of other aliases of AI_CMS['LLM'].", id="ai_cms_llm.E002")
            )
    return messages


@register(Tags.security, deploy=True)
def check_backends_for_deployment(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Refuse the doubles for tests on a site that is open to the public."""
    configured = llm_settings.LLM
    if not isinstance(configured, dict) or aliases(configured):
        return []
    return [
        Error(
            f"AI_CMS['LLM'][{alias!r}] answers with made-up texts: {entry['BACKEND']} is for tests.",
            hint="Name a backend with a model, or ai_cms.llm.backends.local.LocalBackend.",
            id="ai_cms_llm.E004",
        )
        for alias, entry in llms.settings.items()
        if str(entry.get("BACKEND", "")).endswith(".TestingBackend")
    ]


@register(Tags.security, deploy=True)
def check_threads(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Report settings by which calls of models keep page readers waiting."""
    found: list[CheckMessage] = []
    if run_settings.RUNNER == "inline":
        found.append(
            Warning(
                "AI_CMS['RUNNER'] is 'inline': each run holds the thread of the request that starts it.",
                hint='Use "thread", "task" or "celery".',
                id="ai_cms_llm.W004",
            )
        )
    threads = run_settings.WEB_THREADS
    if isinstance(threads, int) and threads < 2:
        found.append(
            Warning(
                "AI_CMS['WEB_THREADS'] is 1: a call of a model holds the only thread of its process.",
                hint="Serve with gunicorn --threads 4 or more and set WEB_THREADS to that, or serve by ASGI.",
                id="ai_cms_llm.W005",
            )
        )
    started = re.search(r"--threads[ =](\d+)", os.environ.get("GUNICORN_CMD_ARGS", ""))
    if started is not None and isinstance(threads, int) and int(started.group(1)) < threads:
        found.append(
            Warning(
                f"AI_CMS['WEB_THREADS'] is {threads}, but GUNICORN_CMD_ARGS starts {started.group(1)} threads.",
                hint="Set WEB_THREADS to the number of threads of one process.",
                id="ai_cms_llm.W006",
            )
        )
    return found


@register("ai_cms")
def check_references(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Report dotted paths in the settings of the gateway and of runs that lead nowhere."""
    found: list[CheckMessage] = []
    runner, tier = run_settings.RUNNER, gateway_settings.LLM_TIER
    if isinstance(runner, str) and runner not in ("thread", "task", "celery", "inline"):
        problem = _import_problem(runner, lambda value: isinstance(value, type) and hasattr(value, "start"))
        if problem:
            hint = 'Use "thread", "task", "celery", "inline", or the path of an ai_cms.llm.runs.executors.executor.Executor.'
            found.append(Error(f"AI_CMS['RUNNER']: {problem}.", hint=hint, id="ai_cms_llm.E005"))
    if isinstance(tier, str):
        problem = _import_problem(tier, callable)
        if problem:
            hint = "Name a function that takes a user and returns the name of a tier."
            found.append(Error(f"AI_CMS['LLM_TIER']: {problem}.", hint=hint, id="ai_cms_llm.E006"))
    return found


def _import_problem(path: str, fits: Callable[[Any], bool]) -> str | None:
    try:
        value = import_string(path)
    except ImportError as error:
        return f"could not import {path!r}: {error}"
    return None if fits(value) else f"{path!r} is not of the right kind"
