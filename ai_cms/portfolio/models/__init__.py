"""The tables of portfolios."""

from __future__ import annotations

from .portfolio import Goal, Portfolio, PortfolioIndex, PortfolioIndexMixin, PortfolioMixin
from .resume_proposal import ResumeProposal, ResumeProposalStatus
from .rows import AbstractProject, AbstractResume, AbstractSkill, OwnedRow, Project, Resume, Skill, SkillCategory

__all__ = [
    "AbstractProject",
    "AbstractResume",
    "AbstractSkill",
    "Goal",
    "OwnedRow",
    "Portfolio",
    "PortfolioIndex",
    "PortfolioIndexMixin",
    "PortfolioMixin",
    "Project",
    "Resume",
    "ResumeProposal",
    "ResumeProposalStatus",
    "Skill",
    "SkillCategory",
]
