"""What the pages of portfolios have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.urls import reverse

from ai_cms.core.permissions import get_policy
from ai_cms.core.web import OwnFormView, OwnPage, OwnTemplateView
from ai_cms.portfolio import get_portfolio_model

if TYPE_CHECKING:
    from ai_cms.portfolio.models import PortfolioMixin

__all__ = ["MyFormView", "MyPage", "MyTemplateView", "address"]

_NAMESPACE = "ai_cms_portfolio_web"


class MyPage(OwnPage):
    """A page about one's own portfolios."""

    namespace = _NAMESPACE

    def portfolio(self) -> PortfolioMixin:
        """Return the portfolio named in the path, if the visitor may change it. Raises Http404."""
        if not hasattr(self, "_portfolio"):
            model = get_portfolio_model()
            rows = model.objects.non_polymorphic().select_related("publication")
            found = get_policy(model).visible(self.actor, rows).filter(pk=self.kwargs["pk"]).order_by().first()
            if found is None:
                raise Http404
            get_policy(model).require(self.actor, "change", found)
            self._portfolio: PortfolioMixin = found
        return self._portfolio


def address(name: str, *args: object) -> str:
    """Return the address of one of these pages."""
    return reverse(f"{_NAMESPACE}:{name}", args=args)


class MyTemplateView(MyPage, OwnTemplateView):
    """A page to read."""


class MyFormView(MyPage, OwnFormView):
    """A form whose work is done by a service."""

    template_name = "ai_cms/portfolio/web/form.html"
