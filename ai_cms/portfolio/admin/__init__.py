"""The admin of portfolios: who has which, what they are made of, résumés in and out."""

from __future__ import annotations

from django.contrib import admin

from ai_cms.portfolio import get_portfolio_model, get_project_model, get_resume_model, get_skill_model
from ai_cms.portfolio.models import ResumeProposal

from .portfolios import PortfolioAdmin
from .resume_proposals import ResumeProposalAdmin
from .resumes import ResumeAdmin
from .rows import ProjectAdmin, SkillAdmin

__all__ = ["PortfolioAdmin", "ProjectAdmin", "ResumeAdmin", "ResumeProposalAdmin", "SkillAdmin"]

for model, model_admin in (
    (get_portfolio_model(), PortfolioAdmin),
    (get_project_model(), ProjectAdmin),
    (get_skill_model(), SkillAdmin),
    (get_resume_model(), ResumeAdmin),
    (ResumeProposal, ResumeProposalAdmin),
):
    # A host may have registered an admin of its own for the models it swaps.
    if not admin.site.is_registered(model):
        admin.site.register(model, model_admin)
