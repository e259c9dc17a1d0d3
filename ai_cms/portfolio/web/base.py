"""What the pages of portfolios have in common: nothing is cached, errors of services become errors of forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.generic import FormView, TemplateView, View

from ai_cms.core.exceptions import NotFound, PermissionRefused, RequestRefused, StaleVersion
from ai_cms.core.mappings import CleanedData, TemplateContext
from ai_cms.core.permissions import Actor, get_policy
from ai_cms.portfolio import get_portfolio_model

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from ai_cms.pages.models import AbstractPage
    from ai_cms.portfolio.models import PortfolioMixin

__all__ = ["MyFormView", "MyPage", "MyTemplateView", "refusal_texts"]


def refusal_texts(error: RequestRefused) -> dict[str | None, list[str]]:
    """Return what a person is told of a refusal, by field; what belongs to no field under ``None``."""
    if isinstance(error, StaleVersion):
        return {
            None: [
                _(
                    "This was changed elsewhere since you opened it. What you wrote is still in the form and kept in the "
                    "history: look at what is there now, then save again."
                )
            ]
        }
    if not error.errors:
        return {None: [str(error.detail)]}
    return {name: [_sentence(item) for item in found] for name, found in error.errors.items()}


def _sentence(problem: object) -> str:
    """Return a problem as a sentence; where it is, unless the sentence names the place itself."""
    if not isinstance(problem, dict):
        return str(problem)
    place = "" if problem["type"] == "contrast" else ".".join(problem["loc"])
    return f"{place}: {problem['msg']}" if place else str(problem["msg"])


@method_decorator([never_cache, csrf_protect], name="dispatch")
class MyPage(LoginRequiredMixin, View):
    """A page for whoever is logged in; what is not theirs is not there."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except NotFound as error:
            raise Http404 from error
        except PermissionRefused as error:
            raise PermissionDenied from error

    @property
    def actor(self) -> Actor:
        return Actor.from_request(self.request)

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

    def notice(self, text: object) -> None:
        """Show a sentence on the next page."""
        messages.success(self.request, str(text))

    def go(self, name: str, *args: object) -> HttpResponse:
        """Redirect to another of these pages."""
        return redirect(address(name, *args))


def address(name: str, *args: object) -> str:
    """Return the address of one of these pages."""
    return reverse(f"ai_cms_portfolio_web:{name}", args=args)


def preview_address(portfolio: AbstractPage) -> str:
    """Return where the draft is shown; "" where the pages are not mounted."""
    try:
        return reverse("ai_cms_pages:preview", args=[portfolio.pk])
    except NoReverseMatch:
        return ""


class MyTemplateView(MyPage, TemplateView):
    """A page to read."""

    title: StrOrPromise = ""

    def get_context_data(self, **kwargs: object) -> TemplateContext:
        return super().get_context_data(**{"title": self.title, **kwargs})


class MyFormView(MyPage, FormView):  # type: ignore[type-arg]
    """A form whose work is done by a service."""

    template_name = "ai_cms/portfolio/web/form.html"
    title: StrOrPromise = ""
    intro: StrOrPromise = ""
    submit: StrOrPromise = gettext_lazy("Save")

    def carry_out(self, data: CleanedData) -> HttpResponse:
        """Do what the form asks for and return the answer. Raises RequestRefused."""
        raise NotImplementedError(f"{type(self).__name__} has no carry_out().")

    def form_valid(self, form: BaseForm) -> HttpResponse:
        try:
            return self.carry_out(form.cleaned_data)
        except (NotFound, PermissionRefused):
            raise
        except RequestRefused as error:
            return self.refused(form, error)

    def refused(self, form: BaseForm, error: RequestRefused) -> HttpResponse:
        """Show the form again, with what was typed and why it was refused."""
        for name, texts in refusal_texts(error).items():
            form.add_error(name if name in form.fields else None, texts)
        return self.render_to_response(self.get_context_data(form=form))

    def get_context_data(self, **kwargs: object) -> TemplateContext:
        return super().get_context_data(**{"title": self.title, "intro": self.intro, "submit": self.submit, **kwargs})
