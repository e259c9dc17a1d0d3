"""System checks of ``ai_cms.assist``."""

from __future__ import annotations

from collections.abc import Sequence

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Warning, register
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from ai_cms.blocks.types.registry import blocks
from ai_cms.llm.handler import llms

from .conf import assist_settings
from .registry import tasks

__all__ = ["check_assist"]


@register
def check_assist(app_configs: Sequence[AppConfig] | None = None, **kwargs: object) -> list[CheckMessage]:
    """Check aliases, block types and prompt templates of the writing tasks."""
    found: list[CheckMessage] = []
    for name, alias in assist_settings.ASSIST_ALIASES.items():
        if name not in tasks and name != "image":
            found.append(
                Warning(
                    f'AI_CMS["ASSIST_ALIASES"] names no writing task: {name!r}.',
                    hint=f"Writing tasks are: {', '.join(tasks)}; and image.",
                    id="ai_cms_assist.W001",
                )
            )
        if alias not in llms:
            found.append(
                Error(
                    f'AI_CMS["ASSIST_ALIASES"][{name!r}] names the alias {alias!r}, which AI_CMS["LLM"] lacks.',
                    hint='Add the alias to AI_CMS["LLM"], or name one that is there.',
                    id="ai_cms_assist.E001",
                )
            )
    unknown = [name for name in assist_settings.ASSIST_BLOCKS or () if name not in blocks]
    if unknown:
        found.append(
            Warning(
                f'AI_CMS["ASSIST_BLOCKS"] names block types that are not registered: {", ".join(unknown)}.',
                hint="Register them in a cms_blocks module of an installed app, or take them out.",
                id="ai_cms_assist.W002",
            )
        )
    for task in (tasks[name] for name in tasks):
        try:
            get_template(task.template_name)
        except TemplateDoesNotExist:
            found.append(
                Error(
                    f"The writing task {task.name!r} has no prompt template.",
                    hint=f"Make templates/{task.template_name}.",
                    id="ai_cms_assist.E002",
                )
            )
    return found
