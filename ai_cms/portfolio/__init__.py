"""Portfolios: a few pages in a design of one's own, made of projects, skills and a résumé that are kept once."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ai_cms.core import swapping

if TYPE_CHECKING:
    from .models import AbstractProject, AbstractResume, AbstractSkill, PortfolioIndexMixin, PortfolioMixin

__all__ = [
    "get_portfolio_index_model",
    "get_portfolio_index_model_string",
    "get_portfolio_model",
    "get_portfolio_model_string",
    "get_project_model",
    "get_project_model_string",
    "get_resume_model",
    "get_resume_model_string",
    "get_skill_model",
    "get_skill_model_string",
]


def get_portfolio_model_string() -> str:
    """Return ``"app_label.Model"`` of the portfolio page type in use."""
    return swapping.get_model_string("AI_CMS_PORTFOLIO_MODEL", "ai_cms_portfolio.Portfolio")


def get_portfolio_model() -> type[PortfolioMixin]:
    """Return the portfolio page type that is active in this project."""
    return cast("type[PortfolioMixin]", swapping.get_model("AI_CMS_PORTFOLIO_MODEL", "ai_cms_portfolio.Portfolio"))


def get_portfolio_index_model_string() -> str:
    """Return ``"app_label.Model"`` of the page type below which portfolios stand."""
    return swapping.get_model_string("AI_CMS_PORTFOLIO_INDEX_MODEL", "ai_cms_portfolio.PortfolioIndex")


def get_portfolio_index_model() -> type[PortfolioIndexMixin]:
    """Return the page type below which portfolios stand."""
    return cast(
        "type[PortfolioIndexMixin]",
        swapping.get_model("AI_CMS_PORTFOLIO_INDEX_MODEL", "ai_cms_portfolio.PortfolioIndex"),
    )


def get_project_model_string() -> str:
    """Return ``"app_label.Model"`` of the project model in use, for foreign keys."""
    return swapping.get_model_string("AI_CMS_PROJECT_MODEL", "ai_cms_portfolio.Project")


def get_project_model() -> type[AbstractProject]:
    """Return the project model that is active in this project."""
    return cast("type[AbstractProject]", swapping.get_model("AI_CMS_PROJECT_MODEL", "ai_cms_portfolio.Project"))


def get_skill_model_string() -> str:
    """Return ``"app_label.Model"`` of the skill model in use, for foreign keys."""
    return swapping.get_model_string("AI_CMS_SKILL_MODEL", "ai_cms_portfolio.Skill")


def get_skill_model() -> type[AbstractSkill]:
    """Return the skill model that is active in this project."""
    return cast("type[AbstractSkill]", swapping.get_model("AI_CMS_SKILL_MODEL", "ai_cms_portfolio.Skill"))


def get_resume_model_string() -> str:
    """Return ``"app_label.Model"`` of the résumé model in use, for foreign keys."""
    return swapping.get_model_string("AI_CMS_RESUME_MODEL", "ai_cms_portfolio.Resume")


def get_resume_model() -> type[AbstractResume]:
    """Return the résumé model that is active in this project."""
    return cast("type[AbstractResume]", swapping.get_model("AI_CMS_RESUME_MODEL", "ai_cms_portfolio.Resume"))
