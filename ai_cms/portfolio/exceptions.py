"""The errors of portfolios.

::

    PortfolioError
    ├── NoPlace (409)           there is no site yet below which portfolios could stand
    ├── TooMany (409)           more portfolios, projects, skills or résumés than one person may have
    ├── ResumeInvalid (400)     no JSON Resume; the problems stand by path under ``content``
    ├── ImportRefused (400)     a file that is neither a JSON Resume nor an export of LinkedIn
    ├── ResumeChanged (409)     a proposal for a résumé that is another by now
    ├── SourcesChanged (409)    a proposal whose claims the rows no longer bear out
    ├── ProposalDecided (409)   a proposal, or a change of it, that was decided before
    ├── UnknownChange (400)     a change that the proposal does not have
    └── PdfUnavailable (503)    no PDF can be made now, or at all where the extra is not installed
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from ai_cms.core.exceptions import AICMSError, Conflict, InvalidInput, Unavailable
from ai_cms.core.jsontypes import JsonObject

__all__ = [
    "ImportRefused",
    "NoPlace",
    "PdfUnavailable",
    "PortfolioError",
    "ProposalDecided",
    "ResumeChanged",
    "ResumeInvalid",
    "SourcesChanged",
    "TooMany",
    "UnknownChange",
]


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

    def __init__(self, problems: Sequence[JsonObject]) -> None:
        self.problems = list(problems)
        super().__init__(errors={"content": self.problems})


class ImportRefused(PortfolioError, InvalidInput):
    """The file is neither a JSON Resume nor an export of LinkedIn."""

    def __init__(self, message: object, *, code: str = "invalid_file") -> None:
        super().__init__(str(message), code=code, errors={"file": [str(message)]})


class ResumeChanged(PortfolioError, Conflict):
    """The résumé is another than the one the proposal was made for; both are as they were."""

    default_code = "resume_changed"
    default_detail = _(  # type: ignore[assignment]
        "The résumé was changed after this proposal was made. Nothing was written; the proposed texts are still here to copy."
    )


class SourcesChanged(PortfolioError, Conflict):
    """What the changes claim is no longer in the rows they name. ``changes``: the words that are not, by change."""

    default_code = "sources_changed"

    def __init__(self, changes: dict[str, list[str]]) -> None:
        words = ", ".join(dict.fromkeys(word for found in changes.values() for word in found))
        super().__init__(
            str(
                _("The rows that this proposal names no longer say: %(words)s. Nothing was written.") % {"words": words}
            ),
            changes=changes,
        )


class ProposalDecided(PortfolioError, Conflict):
    """The proposal, or the change of it, was accepted or rejected before."""

    default_code = "proposal_decided"
    default_detail = _("This was decided before.")  # type: ignore[assignment]


class UnknownChange(PortfolioError, InvalidInput):
    """The proposal has no such change."""

    def __init__(self, key: str) -> None:
        super().__init__(errors={"changes": [str(_("The proposal has no change %(id)r.") % {"id": key[:50]})]})


_NO_PDF = {
    "pdf_not_installed": _(
        "This site makes no PDFs: the extra is not installed. Open the print view and save it as PDF from there."
    ),
    "pdf_busy": _("Too many PDFs are being made just now. Try again in a minute."),
    "pdf_too_slow": _(
        "The PDF took too long. Shorten the résumé, or open the print view and save it as PDF from there."
    ),
    "pdf_crashed": _("No PDF could be made. Open the print view and save it as PDF from there."),
}


class PdfUnavailable(PortfolioError, Unavailable):
    """No PDF can be made. ``code``: pdf_not_installed, pdf_busy, pdf_too_slow or pdf_crashed."""

    default_code = "pdf_crashed"

    def __init__(self, code: str = "pdf_crashed") -> None:
        super().__init__(str(_NO_PDF[code]), code=code, retry_after=60)
