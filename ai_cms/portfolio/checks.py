"""System checks of ``ai_cms.portfolio``.

=========================  ====================================================================
``ai_cms_portfolio.E001``  a swapped model is not of the right kind
``ai_cms_portfolio.E002``  the page model is swapped, but the portfolio page types are not
``ai_cms_portfolio.W001``  the further pages of portfolios and their style sheets are not mounted
=========================  ====================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, reverse

from ai_cms.pages import get_page_model

from . import (
    get_portfolio_index_model,
    get_portfolio_model,
    get_project_model,
    get_resume_model,
    get_skill_model,
)
from .conf import portfolio_settings
from .models import AbstractProject, AbstractResume, AbstractSkill, PortfolioIndexMixin, PortfolioMixin

__all__ = [
    "check_addresses",
    "check_models",
]

_MODELS: tuple[tuple[str, Callable[[], Any], type], ...] = (
    ("AI_CMS_PORTFOLIO_MODEL", get_portfolio_model, PortfolioMixin),
    ("AI_CMS_PORTFOLIO_INDEX_MODEL", get_portfolio_index_model, PortfolioIndexMixin),
    ("AI_CMS_PROJECT_MODEL", get_project_model, AbstractProject),
    ("AI_CMS_SKILL_MODEL", get_skill_model, AbstractSkill),
    ("AI_CMS_RESUME_MODEL", get_resume_model, AbstractResume),
)


@register(Tags.models)
def check_models(app_configs: Sequence[AppConfig] | None = None, **kwargs: object) -> list[CheckMessage]:
    """Check the models in use."""
    return list(_models())


def _models() -> Iterator[CheckMessage]:
    for setting, get, base in _MODELS:
        try:
            model = get()
        except ImproperlyConfigured as error:
            yield Error(str(error), hint=f"Correct {setting}, or remove it.", id="ai_cms_portfolio.E001")
            continue
        if not issubclass(model, base):
            yield Error(
                f"{setting} names {model._meta.label}, which is not a subclass of {base.__name__}.",
                obj=model,
                id="ai_cms_portfolio.E001",
            )
        elif base in (PortfolioMixin, PortfolioIndexMixin) and not issubclass(model, get_page_model()):
            yield Error(
                f"{model._meta.label} is not one of the pages of this project, which are {get_page_model()._meta.label}.",
                hint=f"class My{base.__name__.removesuffix('Mixin')}({base.__name__}, {get_page_model().__name__}), named by "
                f"{setting}.",
                obj=model,
                id="ai_cms_portfolio.E002",
            )


@register(Tags.urls)
def check_addresses(app_configs: Sequence[AppConfig] | None = None, **kwargs: object) -> list[CheckMessage]:
    """Check that further pages and style sheets can be reached."""
    try:
        reverse("ai_cms_portfolio:styles", args=["e30"])
    except NoReverseMatch:
        return [
            Warning(
                "The further pages of portfolios and their style sheets are not in the URLconf.",
                hint=f'path("{portfolio_settings.PORTFOLIO_SLUG}/", include("ai_cms.portfolio.urls")), before '
                "ai_cms.pages.urls, which takes every path that is left.",
                id="ai_cms_portfolio.W001",
            )
        ]
    return []
