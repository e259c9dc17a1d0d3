"""The portfolios as a list; where portfolios are installed."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.translation import gettext_lazy

from ai_cms.core.permissions import get_policy
from ai_cms.portfolio import get_portfolio_model

from ..registry import Room, rooms
from .kinds import KindView

__all__ = ["PortfoliosView", "furnish_portfolios", "portfolio_routes"]


class PortfoliosView(KindView):
    """The portfolios, what was changed last first."""

    room = "portfolios"
    title = gettext_lazy("Portfolios")
    empty = gettext_lazy("There is no portfolio yet that you may see.")

    def rows(self, words: str) -> Any:
        model = get_portfolio_model()
        rows = get_policy(model).visible(self.actor, model.objects.non_polymorphic())
        for word in words.split()[:8]:
            rows = rows.filter(Q(title__icontains=word) | Q(path__icontains=word))
        return rows.order_by("-updated_at", "-pk")

    def new_url(self) -> str:
        try:
            return reverse("ai_cms_portfolio_web:new")
        except NoReverseMatch:
            return ""


def furnish_portfolios() -> None:
    """Register what the studio shows of portfolios; called when the apps are ready."""
    rooms.register("portfolios", Room(gettext_lazy("Portfolios"), "briefcase", "ai_cms_studio:portfolios"))


portfolio_routes: list[URLPattern] = [path("portfolios/", PortfoliosView.as_view(), name="portfolios")]
