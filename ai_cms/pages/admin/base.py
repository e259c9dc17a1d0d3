"""What all admin views of pages share: who acts, which page, how a refusal reaches the user."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ai_cms.core.exceptions import NotFound, PermissionRefused, RequestRefused
from ai_cms.core.permissions import Actor, PermissionPolicy, get_policy

from .. import get_page_model
from ..rows import short, visible_pages
from .scripts import FORM_MEDIA

if TYPE_CHECKING:
    from ..models import AbstractPage

__all__ = ["Crumb", "PagesAdmin", "explain", "page_url"]

View = Callable[..., HttpResponseBase]
#: A step of the breadcrumbs: its text and where it leads ("" for the page one is on).
Crumb = tuple[str, str]
#: Keys are 64 bits wide; what is longer names no page.
MAX_ID = 2**63 - 1


def page_url(site_name: str, name: str, *args: object, **query: Any) -> str:
    """Return the URL of one of the page admin's views, such as ``"changelist"`` or ``"publish"``."""
    meta = get_page_model()._meta
    url = reverse(f"{site_name}:{meta.app_label}_{meta.model_name}_{name}", args=args)
    return f"{url}?{urlencode(query)}" if query else url


def explain(error: RequestRefused) -> list[str]:
    """Return what a refusal says, one sentence for each thing that is wrong."""
    if not error.errors:
        return [str(error.detail)]
    found = []
    for name, problems in error.errors.items():
        for problem in problems:
            text = str(problem.get("msg", "")) if isinstance(problem, dict) else str(problem)
            place = ".".join(problem.get("loc", ())) if isinstance(problem, dict) else name
            found.append(f"{place}: {text}" if place else text)
    return found


class PagesAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A ModelAdmin whose rights are those of the model's policy, object by object."""

    class Media:
        css = {"all": ["ai_cms/core/admin.css", "ai_cms/pages/admin/admin.css"]}

    #: Where an admin of another app has its templates; those of pages stand in for what it has not.
    template_folder = "admin/ai_cms_pages"

    # Rights

    def policy(self) -> PermissionPolicy[Any]:
        return get_policy(self.model)

    def may(self, request: HttpRequest, action: str, obj: Model | None = None) -> bool:
        """Return whether the user may do ``action``, to ``obj`` or (``None``) at all."""
        policy = self.policy() if obj is None else get_policy(type(obj))
        return policy.can(Actor.from_request(request), action, obj)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        if obj is not None:
            return self.may(request, "view", obj)
        return self.may(request, "view") and self._sees_anything(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may(request, "delete", obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "add")

    def has_module_permission(self, request: HttpRequest) -> bool:
        # Rights come from groups and subtrees too, which Django's own test does not know.
        return self.has_view_permission(request)

    def _sees_anything(self, request: HttpRequest) -> bool:
        """Return whether any page is the user's to see, or all would be if there were any; asked once a request."""
        actor = Actor.from_request(request)
        if "admin_sees_pages" not in actor.memo:
            policy: Any = get_policy(get_page_model())
            everything = getattr(policy, "reaches_everything", None)
            actor.memo["admin_sees_pages"] = bool(
                (everything is not None and everything(actor))
                or visible_pages(request, deleted=True).non_polymorphic().order_by().exists()
            )
        found: bool = actor.memo["admin_sees_pages"]
        return found

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        return self.policy().visible(Actor.from_request(request), super().get_queryset(request))

    # Finding

    def find_page(
        self, request: HttpRequest, page_id: object, action: str = "view", *, deleted: bool = False
    ) -> AbstractPage:
        """Return a page the user may do ``action`` to. Raises Http404 for one they may not see, PermissionDenied."""
        text = str(page_id)
        page: AbstractPage | None = None
        if text.isascii() and text.isdecimal() and int(text) <= MAX_ID:
            page = visible_pages(request, deleted=deleted).filter(pk=int(text)).order_by().first()
        if page is None:
            raise Http404
        if action != "view" and not self.may(request, action, page):
            raise PermissionDenied
        return page

    # Views

    def page_urls(self) -> list[URLPattern]:
        """Return the URLs that a part of this admin adds to Django's."""
        return []

    def trail(self, request: HttpRequest, page: AbstractPage, *, include_self: bool = False) -> list[Crumb]:
        """Return the breadcrumbs above a page: the ancestors the user sees, no others."""
        above = visible_pages(request).non_polymorphic().above(page, include_self=include_self)
        return [(short(found.title, 30), self.page_link("change", found.pk)) for found in above.defer("content_json")]

    def route(self, pattern: str, view: View, name: str, *methods: str) -> URLPattern:
        """Return a URL of this admin: for staff alone, POST with CSRF token, only the named methods, never cached."""

        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            try:
                return view(request, *args, **kwargs)
            except NotFound as error:
                raise Http404 from error
            except PermissionRefused as error:
                raise PermissionDenied from error

        allowed = require_http_methods([*methods, "HEAD"] if "GET" in methods else list(methods))
        info = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
        return path(pattern, self.admin_site.admin_view(self.in_frame(allowed(guarded))), name=info)

    def in_frame(self, view: View) -> View:
        """Return ``view`` with its refusals (403 and 404) shown in the frame of the admin."""

        @wraps(view)
        def framed(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            try:
                return view(request, *args, **kwargs)
            except Http404:
                return self.refuse(request, 404)
            except PermissionDenied:
                return self.refuse(request, 403)

        return framed

    def refuse(self, request: HttpRequest, status: int) -> HttpResponse:
        """Answer that something is not there (404), or not for this user (403), and where to go on; JSON for scripts."""
        if status == 404:
            title, reason = _("Not found"), _("It is not there (any more), or not for you to see.")
        else:
            title, reason = _("Not allowed"), _("You are logged in, but you may not do this.")
        if "application/json" in request.headers.get("Accept", ""):
            return JsonResponse({"detail": reason}, status=status)
        back = self.link("changelist") if self.has_view_permission(request) else ""
        label = str(self.opts.verbose_name_plural).capitalize()
        crumbs = [(title, "")] if back else []
        return self.show(
            request, "refused.html", title, crumbs=crumbs, status=status, reason=reason, back=back, back_label=label
        )

    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()
        for url in urls:
            url.callback = self.in_frame(url.callback)
        return urls

    def link(self, name: str, *args: object, **query: Any) -> str:
        """Return the URL of one of this admin's views."""
        url = reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{name}", args=args)
        return f"{url}?{urlencode(query)}" if query else url

    def page_link(self, name: str, *args: object, **query: object) -> str:
        """Return the URL of one of the page admin's views."""
        return page_url(self.admin_site.name, name, *args, **query)

    def show(
        self,
        request: HttpRequest,
        template: str,
        title: Any,
        /,
        *,
        crumbs: Iterable[Crumb] = (),
        status: int = 200,
        **context: Any,
    ) -> HttpResponse:
        """Answer with one of this admin's templates in the frame of the admin."""
        steps = list(crumbs)
        listed = str(self.opts.verbose_name_plural).capitalize()
        media = context.pop("media", None)
        own = self.media + FORM_MEDIA if media is None else self.media + media + FORM_MEDIA
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            [f"{self.template_folder}/{template}", f"admin/ai_cms_pages/{template}"],
            {
                **self.admin_site.each_context(request),
                "title": title,
                "opts": self.opts,
                "page_opts": get_page_model()._meta,
                "crumbs": [(listed, self.link("changelist")), *steps] if steps else [(listed, "")],
                "media": own,
                **context,
            },
            status=status,
        )

    def show_step(
        self,
        request: HttpRequest,
        page: AbstractPage,
        step: object,
        form: Any,
        submit: object,
        about: object = "",
        **context: object,
    ) -> HttpResponse:
        """Answer with a small form about one page, or (``form`` is ``None``) with a question."""
        media = form.media if form is not None else None
        trail = self.trail(request, page)
        crumbs = [*trail, (short(page.title, 30), self.link("change", page.pk)), (str(step), "")]
        values = {"page": page, "form": form, "submit": submit, "about": about, **context}
        title = f"{step}: {short(page.title)}"
        return self.show(request, "page/step.html", title, crumbs=crumbs, media=media, **values)

    def tell(self, request: HttpRequest, text: object, level: int = messages.SUCCESS, tags: str = "") -> None:
        """Show a message on the next page; ``tags``: more classes of it."""
        self.message_user(request, str(text), level, extra_tags=tags)

    def tell_refusal(self, request: HttpRequest, error: RequestRefused, *, about: object = "") -> None:
        """Show why something was refused on the next page."""
        text = " ".join(explain(error))
        self.tell(request, f"{about}: {text}" if about else text, messages.ERROR)

    def carry_out(
        self, request: HttpRequest, work: Callable[[], object], *, done: object, then: str, otherwise: str = ""
    ) -> HttpResponse:
        """Do ``work`` and go to ``then`` with the message ``done``, or to ``otherwise`` with the reason of a refusal."""
        try:
            work()
        except (NotFound, PermissionRefused):
            raise
        except RequestRefused as error:
            self.tell_refusal(request, error)
            return HttpResponseRedirect(otherwise or then)
        if done:
            self.tell(request, done)
        return HttpResponseRedirect(then)
