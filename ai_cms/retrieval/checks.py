"""System checks of ``ai_cms.retrieval``.

========================  ================================================================
``ai_cms_retrieval.E001``  ``RETRIEVAL_ALIAS`` names no alias of ``AI_CMS["LLM"]``
``ai_cms_retrieval.E002``  the backend of ``RETRIEVAL_ALIAS`` makes no embeddings
``ai_cms_retrieval.E003``  ``RETRIEVAL_READABLE`` cannot be imported
``ai_cms_retrieval.W001``  the alias of ``RETRIEVAL_ALIAS`` falls back to another model
========================  ================================================================
"""

from __future__ import annotations

from collections.abc import Sequence

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Warning, register
from django.utils.module_loading import import_string

from ai_cms.llm.exceptions import InvalidLLMBackend
from ai_cms.llm.handler import llms

from .conf import retrieval_settings

__all__ = ["check_retrieval"]


@register
def check_retrieval(app_configs: Sequence[AppConfig] | None = None, **kwargs: object) -> list[CheckMessage]:
    """Check the alias that makes vectors, and the function that says what may be read."""
    return [*_check_alias(), *_check_readable()]


def _check_alias() -> list[CheckMessage]:
    alias = retrieval_settings.RETRIEVAL_ALIAS
    if not alias or not isinstance(alias, str):
        return []
    if alias not in llms:
        return [
            Error(
                f'AI_CMS["RETRIEVAL_ALIAS"] names the alias {alias!r}, which AI_CMS["LLM"] lacks.',
                hint='Add the alias to AI_CMS["LLM"], or leave RETRIEVAL_ALIAS empty to find by words alone.',
                id="ai_cms_retrieval.E001",
            )
        ]
    try:
        backend, chain = llms[alias], llms.chain(alias)
    except InvalidLLMBackend:
        # The checks of ai_cms.llm say what is wrong with it.
        return []
    found: list[CheckMessage] = []
    if not backend.supports_embeddings:
        found.append(
            Error(
                f'AI_CMS["RETRIEVAL_ALIAS"]: {type(backend).__name__}, the backend of {alias!r}, makes no embeddings.',
                hint="Name an alias whose backend does, or leave RETRIEVAL_ALIAS empty to find by words alone.",
                id="ai_cms_retrieval.E002",
            )
        )
    if len(chain) > 1:
        found.append(
            Warning(
                f'AI_CMS["RETRIEVAL_ALIAS"]: {alias!r} falls back to {chain[1]!r}, whose vectors are not comparable.',
                hint="Make an alias without FALLBACK for embeddings.",
                id="ai_cms_retrieval.W001",
            )
        )
    return found


def _check_readable() -> list[CheckMessage]:
    path = retrieval_settings.RETRIEVAL_READABLE
    if not path or not isinstance(path, str):
        return []
    try:
        function = import_string(path)
    except ImportError as error:
        problem = str(error)
    else:
        problem = "" if callable(function) else f"{path!r} is not a function."
    if not problem:
        return []
    return [
        Error(
            f'AI_CMS["RETRIEVAL_READABLE"]: {problem}',
            hint="Name a function (actor, publications) that returns the publications the actor may read.",
            id="ai_cms_retrieval.E003",
        )
    ]
