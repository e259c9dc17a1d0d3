"""The errors of portfolios.

::

    PortfolioError
    ├── NoPlace (409)           there is no site yet below which portfolios could stand
    ├── TooMany (409)           more portfolios, projects, skills or résumés than one person may have
    ├── ResumeInvalid (400)     no JSON Resume; the problems stand by path under ``content``
    └── ImportRefused (400)     a file that is neither a JSON Resume nor an export of LinkedIn
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from ai_cms.core.exceptions import AICMSError, Conflict, InvalidInput

__all__ = ["ImportRefused", "NoPlace", "PortfolioError", "ResumeInvalid", "TooMany"]


class PortfolioError(AICMSError):
    """Base of the errors of portfolios."""


class NoPlace(PortfolioError, Conflict):
    """There is no site yet below which portfolios could stand."""

    default_code = "no_site"
    default_detail = _("There is no site yet. Make one first: manage.py create_site.")  # type: ignore[assignment]


class TooMany(PortfolioError, Conflict):
    """One person has as many as the site allows."""

    default_code = "too_many"

    def __init__(self, most: int) -> None:
        super().__init__(str(_("You have %(most)d already; delete one first.") % {"most": most}), most=most)


class ResumeInvalid(PortfolioError, InvalidInput):
    """The document is not a JSON Resume; ``problems`` as ``{"loc", "type", "msg"}``."""

    def __init__(self, problems: Sequence[dict[str, Any]]) -> None:
        self.problems = list(problems)
        super().__init__(errors={"content": self.problems})


class ImportRefused(PortfolioError, InvalidInput):
    """The file is neither a JSON Resume nor an export of LinkedIn."""

    def __init__(self, message: Any, *, code: str = "invalid_file") -> None:
        super().__init__(str(message), code=code, errors={"file": [str(message)]})
