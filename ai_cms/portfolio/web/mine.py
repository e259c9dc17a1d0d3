"""The list of one's own portfolios, a new one, and the end of one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from ai_cms.core.mappings import CleanedData, TemplateContext
from ai_cms.core.permissions import get_policy
from ai_cms.core.web import PlainForm
from ai_cms.portfolio import get_portfolio_model, get_project_model, get_resume_model, get_skill_model
from ai_cms.portfolio.services import create_portfolio, delete_portfolio, guide_of

from .base import MyFormView, MyPage, MyTemplateView
from .forms import NewForm

__all__ = ["DeletePortfolioView", "IndexView", "NewView", "NextView"]


class IndexView(MyTemplateView):
    """My portfolios and what they are made of."""

    template_name = "ai_cms/portfolio/web/index.html"
    title = _("Your portfolios")

    def get_context_data(self, **kwargs: object) -> TemplateContext:
        model = get_portfolio_model()
        owner = self.actor.user.pk
        rows = (
            model.objects.non_polymorphic()
            .filter(owner=owner)
            .select_related("publication")
            .order_by("-updated_at", "-pk")
        )
        mine = get_policy(model).visible(self.actor, rows)
        counts = {
            name: get().objects.of_owner(owner).count()
            for name, get in (
                ("projects", get_project_model),
                ("skills", get_skill_model),
                ("resumes", get_resume_model),
            )
        }
        portfolios = [(portfolio, guide_of(portfolio)) for portfolio in mine]
        return super().get_context_data(portfolios=portfolios, counts=counts, form=NewForm(), **kwargs)


class NewView(MyFormView):
    """A new portfolio."""

    form_class = NewForm
    title = _("A new portfolio")
    submit = _("Begin")

    def carry_out(self, data: CleanedData) -> HttpResponse:
        portfolio = create_portfolio(actor=self.actor, title=data["title"])
        return self.go("goal", portfolio.pk)


class NextView(MyPage):
    """Lead to the step that is next; a finished portfolio to its last."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        portfolio = self.portfolio()
        following = guide_of(portfolio).next if portfolio.is_guided else None
        return self.go("publish" if following is None else following.name, pk)


class DeletePortfolioView(MyFormView):
    """Put a portfolio into the bin."""

    form_class = PlainForm
    template_name = "ai_cms/portfolio/web/confirm.html"
    title = _("Delete this portfolio?")
    submit = _("Delete")

    def get_context_data(self, **kwargs: object) -> TemplateContext:
        return super().get_context_data(thing=self.portfolio().title, back="index", **kwargs)

    def carry_out(self, data: CleanedData) -> HttpResponse:
        delete_portfolio(self.portfolio(), actor=self.actor)
        self.notice(_("It is deleted. Whoever looks after this site can bring it back."))
        return self.go("index")
