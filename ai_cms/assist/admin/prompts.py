"""What the admin tells of a task: who answers it, at what cost, and by which prompt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from ai_cms.assist.library import instructing
from ai_cms.assist.registry import WritingTask, tasks
from ai_cms.core.permissions import Actor
from ai_cms.llm.conf import gateway_settings
from ai_cms.llm.credits import ledger as credits
from ai_cms.llm.exceptions import InvalidLLMBackend
from ai_cms.llm.handler import llms
from ai_cms.llm.models import CreditKind

__all__ = ["Answering", "Prompt", "answering", "credits_left", "prompts"]


@dataclass(frozen=True)
class Answering:
    """Who answers. ``problem``: why nobody does."""

    alias: str
    backend: str = ""
    model: str = ""
    by_rules: bool = False
    problem: str = ""


@dataclass(frozen=True)
class Prompt:
    """A task with the text of its prompt and the file that holds the shipped one, relative to the project or its app.

    ``version``: of the site's own, in whose place the shipped one then is not used.
    """

    task: WritingTask
    answering: Answering
    text: str
    source: str
    version: int | None = None


def answering(task: WritingTask) -> Answering:
    """Return which alias and backend answer a task; keys and addresses stay in the settings."""
    alias = task.alias()
    try:
        backend = llms[alias]
    except InvalidLLMBackend as error:
        return Answering(alias, problem=str(error))
    return Answering(alias, type(backend).__name__, backend.model, backend.provenance == "rules")


def credits_left(actor: Actor) -> int | None:
    """Return the text credits of the actor's account; ``None`` where none are counted."""
    if not gateway_settings.LLM_CREDITS or actor.account is None:
        return None
    account = credits.account_for(actor.account, CreditKind.TEXT)
    return credits.in_credits(CreditKind.TEXT, account.available)


def prompts() -> list[Prompt]:
    """Return the prompts of all tasks, in the order of the registry."""
    return [_prompt(tasks[name]) for name in tasks]


def _prompt(task: WritingTask) -> Prompt:
    own = instructing(task.name, None)
    shown = _shipped(task)
    return shown if own is None else replace(shown, text=own.text, version=own.number)


def _shipped(task: WritingTask) -> Prompt:
    try:
        found: Any = get_template(task.template_name)
    except TemplateDoesNotExist:
        return Prompt(task, answering(task), "", "")
    inner = getattr(found, "template", None)
    origin = getattr(found, "origin", None)
    return Prompt(
        task, answering(task), str(getattr(inner, "source", "")), _relative(str(getattr(origin, "name", "")), task)
    )


def _relative(name: str, task: WritingTask) -> str:
    """Return where a template is without telling where the site is installed."""
    path = Path(name)
    bases = [Path(config.path) for config in apps.get_app_configs()]
    for base in sorted(bases, key=lambda base: len(base.parts), reverse=True):
        if path.is_relative_to(base):
            config = next(config for config in apps.get_app_configs() if Path(config.path) == base)
            return "/".join([*config.name.split("."), *path.relative_to(base).parts])
    base_dir = getattr(settings, "BASE_DIR", None)
    if base_dir and path.is_relative_to(base_dir):
        return str(path.relative_to(base_dir))
    return task.template_name
