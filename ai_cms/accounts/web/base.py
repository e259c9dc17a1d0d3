"""What the account pages have in common: nothing is cached, errors of services become errors of forms."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, View

from ai_cms.accounts.conf import accounts_settings
from ai_cms.core.exceptions import LimitExceeded, RequestRefused
from ai_cms.core.mappings import CleanedData, TemplateContext

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

__all__ = ["AccountFormView", "AccountPage", "MemberFormView", "MemberPage", "after_login", "refused_text"]


def after_login(request: HttpRequest) -> str:
    """Return where to go: to ``next`` if it is an address of this site, else where the setting says."""
    wanted = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else resolve_url(accounts_settings.ACCOUNTS_AFTER_LOGIN or "ai_cms_accounts:profile")


def refused_text(error: RequestRefused) -> str:
    """Return what a person is told of a refusal."""
    if isinstance(error, LimitExceeded):
        minutes = math.ceil((error.retry_after or 60) / 60)
        return ngettext(
            "Too many tries. Come back in %(minutes)d minute.",
            "Too many tries. Come back in %(minutes)d minutes.",
            minutes,
        ) % {"minutes": minutes}
    return str(error.detail)


@method_decorator([never_cache, csrf_protect, sensitive_post_parameters()], name="dispatch")
class AccountPage(View):
    """A page of the account. Tries are counted outside transactions, where a refusal cannot undo the count."""

    @classmethod
    def as_view(cls, **options: object) -> Callable[..., HttpResponseBase]:
        return transaction.non_atomic_requests(super().as_view(**options))

    def notice(self, text: object) -> None:
        """Show a sentence on the next page."""
        messages.success(self.request, str(text))

    def go(self, name: str, *args: object) -> HttpResponse:
        """Redirect to another account page, with ``next`` kept."""
        url = reverse(f"ai_cms_accounts:{name}", args=args)
        return redirect(url)


class AccountFormView(AccountPage, FormView):  # type: ignore[type-arg]
    """A form whose work is done by a service."""

    template_name = "ai_cms/accounts/form.html"
    title: StrOrPromise = ""
    intro: StrOrPromise = ""
    submit: StrOrPromise = gettext_lazy("Continue")

    def carry_out(self, data: CleanedData) -> HttpResponse:
        """Do what the form asks for and return the answer. Raises RequestRefused."""
        raise NotImplementedError(f"{type(self).__name__} has no carry_out().")

    def form_valid(self, form: BaseForm) -> HttpResponse:
        try:
            return self.carry_out(form.cleaned_data)
        except RequestRefused as error:
            return self.refused(form, error)

    def refused(self, form: BaseForm, error: RequestRefused) -> HttpResponse:
        """Show the form again, with what was typed and why it was refused."""
        refusals = error.errors.items() if error.errors else [(None, [refused_text(error)])]
        for name, texts in refusals:
            field = name if name in form.fields else None
            if field is None and name is None and "otp" in form.fields and error.code == "invalid_code":
                field = "otp"
            form.add_error(field, texts)
        answer = self.render_to_response(self.get_context_data(form=form))
        if isinstance(error, LimitExceeded):
            answer.status_code = 429
            answer["Retry-After"] = str(error.retry_after or 60)
        return answer

    def get_context_data(self, **kwargs: object) -> TemplateContext:
        shown = {"title": self.title, "intro": self.intro, "submit": self.submit}
        wanted = self.request.POST.get(REDIRECT_FIELD_NAME) or self.request.GET.get(REDIRECT_FIELD_NAME) or ""
        return super().get_context_data(**{**shown, "next": wanted, **kwargs})


class MemberPage(LoginRequiredMixin, AccountPage):
    """A page for whoever is logged in."""

    def get_login_url(self) -> str:
        return reverse("ai_cms_accounts:login")


class MemberFormView(LoginRequiredMixin, AccountFormView):
    """A form for whoever is logged in."""

    def get_login_url(self) -> str:
        return reverse("ai_cms_accounts:login")
