"""What the pages on which people look after their own things have in common: portfolios, posts.

Nothing of them is cached, they work without script, and what a service refuses becomes an error of the form.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
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

from .exceptions import NotFound, PermissionRefused, RequestRefused, StaleVersion
from .permissions import Actor

__all__ = [
    "OwnFormView",
    "OwnPage",
    "OwnTemplateView",
    "PlainForm",
    "VersionedForm",
    "preview_address",
    "refusal_texts",
]


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


def preview_address(pk: object) -> str:
    """Return where the draft of a page is shown; "" where the pages are not mounted."""
    try:
        return reverse("ai_cms_pages:preview", args=[pk])
    except NoReverseMatch:
        return ""


class PlainForm(forms.Form):
    """A form without the colon after its labels."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class VersionedForm(PlainForm):
    """A form that knows which version of a page it was filled in for."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)


@method_decorator([never_cache, csrf_protect], name="dispatch")
class OwnPage(LoginRequiredMixin, View):
    """A page for whoever is logged in; what is not theirs is not there. ``namespace``: of its addresses."""

    namespace: ClassVar[str] = ""

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

    def notice(self, text: object) -> None:
        """Show a sentence on the next page."""
        messages.success(self.request, str(text))

    def go(self, name: str, *args: object) -> HttpResponse:
        """Redirect to another of these pages."""
        return redirect(reverse(f"{self.namespace}:{name}", args=args))


class OwnTemplateView(OwnPage, TemplateView):
    """A page to read."""

    title: Any = ""

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        return super().get_context_data(**{"title": self.title, **kwargs})


class OwnFormView(OwnPage, FormView):  # type: ignore[type-arg]
    """A form whose work is done by a service."""

    title: Any = ""
    intro: Any = ""
    submit: Any = gettext_lazy("Save")

    def carry_out(self, data: dict[str, Any]) -> HttpResponse:
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

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        return super().get_context_data(**{"title": self.title, "intro": self.intro, "submit": self.submit, **kwargs})
