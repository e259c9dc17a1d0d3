"""The settings of ``ai_cms.portfolio``."""

from __future__ import annotations

from ai_cms.core.conf import AppSettings, Setting, not_negative, positive
from ai_cms.core.slugs import make_slug

__all__ = ["PortfolioSettings", "portfolio_settings"]


def _slug(value: str) -> str | None:
    return None if value and make_slug(value) == value else "must be a slug, such as 'p'"


class PortfolioSettings(AppSettings):
    """Settings of ``ai_cms.portfolio``."""

    PORTFOLIO_SLUG = Setting(
        "p",
        str,
        "First part of the address of portfolios, as in `/p/<slug>/`; `ai_cms.portfolio.urls` is mounted there.",
        validate=_slug,
    )
    PORTFOLIO_MAX_PER_USER = Setting(
        20, int, "Portfolios one person may have; 0 for any number.", validate=not_negative
    )
    PORTFOLIO_MAX_ROWS = Setting(
        500, int, "Projects, skills and résumés one person may have, of each; 0 for any number.", validate=not_negative
    )
    RESUME_MAX_BYTES = Setting(
        500_000, int, "Bytes one résumé may have, as JSON, in requests and in files.", validate=positive
    )
    LINKEDIN_MAX_BYTES = Setting(50_000_000, int, "Bytes the archive of a LinkedIn export may have.", validate=positive)


portfolio_settings = PortfolioSettings()
