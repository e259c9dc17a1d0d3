"""Where portfolios stand: below one page, whose slug is where ``ai_cms.portfolio.urls`` is mounted.

Two portfolios of one slug are refused by the constraint on pages below one parent, so there must be one parent: it is the page
of the type ``PortfolioIndex`` below the home page of the default site, and there is no other.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.dispatch import receiver
from django.utils.translation import gettext as _

from ai_cms.core.signals import page_copied, page_created, page_moved
from ai_cms.pages.exceptions import PageTypeRefused
from ai_cms.pages.models import AbstractPage, Site

from . import get_portfolio_index_model
from .conf import portfolio_settings
from .models import PortfolioIndexMixin

__all__ = ["default_home", "index_path", "portfolio_path"]


def index_path() -> str:
    """Return the path of the page below which portfolios stand."""
    return f"/{portfolio_settings.PORTFOLIO_SLUG}/"


def portfolio_path(slug: str) -> str:
    """Return the path of a portfolio."""
    return f"{index_path()}{slug}/"


def default_home() -> int | None:
    """Return the key of the home page of the default site."""
    rows = Site.objects.filter(Q(is_default=True), root__isnull=False)
    found: int | None = rows.order_by("pk").values_list("root_id", flat=True).first()
    return found


def find_index() -> AbstractPage | None:
    """Return the page below which portfolios stand, or ``None``."""
    model = get_portfolio_index_model()
    rows = model.objects.filter(parent_id=default_home(), slug=portfolio_settings.PORTFOLIO_SLUG)
    found: AbstractPage | None = rows.order_by("pk").first()
    return found


# Under the lock of the page that is written, so that what is refused is undone as a whole.
@receiver([page_created, page_moved, page_copied], dispatch_uid="ai_cms_portfolio.places")
def _keep_in_place(sender: object, instance: object, **kwargs: object) -> None:
    if not isinstance(instance, PortfolioIndexMixin):
        return
    page: Any = instance
    if page.parent_id != default_home() or page.slug != portfolio_settings.PORTFOLIO_SLUG:
        raise PageTypeRefused(
            _("The page of all portfolios stands at %(path)s of the default site, and nowhere else.")
            % {"path": index_path()}
        )
