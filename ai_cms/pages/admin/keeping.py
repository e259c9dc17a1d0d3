"""What keeps a person's text: the state a form asks for before it is sent, and the page for text that has no place left."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.exceptions import InvalidDocument
from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.mappings import TemplateContext
from ai_cms.core.permissions import Actor

from ..rows import short, visible_pages
from ..services.keeping import keep_for_deleted
from .base import MAX_ID, PagesAdmin, page_url

__all__ = ["KeepingViews", "copy_key", "keep_at_login", "keeping", "show_lost"]

#: Of each field of a lost form this many characters are shown.
MAX_SHOWN = 200_000
#: Fields of a form that hold no text of a person.
TECHNICAL = frozenset({"csrfmiddlewaretoken", "version", "aicms_copy"})


def keeping(request: HttpRequest, site_name: str) -> TemplateContext:
    """Return what the script that keeps copies of forms needs: addresses, who writes, and its words."""
    return {
        "state": page_url(site_name, "form_state"),
        "login": f"{reverse(f'{site_name}:login')}?next={page_url(site_name, 'logged_in')}",
        "user": str(request.user.pk),
        "words": {
            "unsaved": _("Not saved yet. A copy is kept in this browser."),
            "uncopied": _("Not saved yet. This browser cannot keep a copy."),
            "saving": _("Saving …"),
            "saved": _("Saved."),
            "published": _("Published."),
            "offline": _("The server cannot be reached, so nothing was saved. Your text is kept in this browser."),
            "online": _("The server can be reached again. You can save now."),
            "loggedOut": _("You have been logged out, so nothing was saved. Your text is still here."),
            "other": _("Somebody else is logged in here now, so nothing was saved. Your text is still here."),
            "logIn": _("Log in in another tab"),
            "loggedIn": _("You are logged in again. You can save now."),
            "found": _("In this browser is text of %s that was not saved."),
            "changed": _("The page was changed since; saving it shows you both."),
            "restore": _("Put it into the form"),
            "discard": _("Throw it away"),
            "restored": _("The text is in the form again. It is not saved yet."),
            "close": _("Close"),
        },
    }


def copy_key(request: HttpRequest) -> dict[str, str]:
    """Return the query that tells the next page which local copy is not needed any more."""
    key = request.POST.get("aicms_copy", "")
    return {"saved": key} if key.isascii() and key.isalnum() and len(key) <= 40 else {}


def show_lost(admin: PagesAdmin, request: HttpRequest, reason: str, *, status: int, **context: object) -> HttpResponse:
    """Answer with what was typed into a form that cannot be saved any more."""
    title = _("Your text is kept here")
    texts = [] if context.get("kept") else _typed(request)
    return admin.show(
        request, "page/lost.html", title, crumbs=[(title, "")], status=status, reason=reason, texts=texts, **context
    )


def keep_at_login(admin: PagesAdmin, urls: list[URLPattern]) -> list[URLPattern]:
    """Have the forms among ``urls`` give a text back whose sender has been logged out, in place of a log-in that drops it.

    The script of the form asks before it sends; this is for browsers without it.
    """
    info = f"{admin.opts.app_label}_{admin.opts.model_name}"
    for url in urls:
        if getattr(url, "name", None) in (f"{info}_add", f"{info}_change"):
            url.callback = _kept(admin, url.callback)
    return urls


def _kept(admin: PagesAdmin, view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    @csrf_protect
    def give_back(request: HttpRequest) -> HttpResponse:
        reason = _("You have been logged out, so nothing was saved. Your text is still here.")
        login = f"{reverse(f'{admin.admin_site.name}:login')}?{urlencode({'next': request.get_full_path()})}"
        return show_lost(admin, request, reason, status=403, login=login)

    @wraps(view)
    def kept(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.method == "POST" and not admin.admin_site.has_permission(request) and _typed(request):
            return give_back(request)
        return view(request, *args, **kwargs)

    return kept


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    """Return name and text of each field that was filled in; documents as text, and as JSON after it."""
    found = []
    for name, value in request.POST.items():
        text = str(value)[:MAX_SHOWN]
        if not text.strip() or name in TECHNICAL or name.startswith(("_", "initial-")):
            continue
        if name in ("content_json", "layout_json"):
            words = _words(text)
            if words:
                found.append((_("Text"), words))
            if text.strip() != "[]":
                found.append((_("Blocks as JSON"), text))
        elif text != "on":
            found.append((name.replace("_", " ").capitalize(), text))
    return found


def _words(text: str) -> str:
    try:
        return Document(json.loads(text)).text()
    except (ValueError, TypeError, InvalidDocument):
        return ""


class KeepingViews(PagesAdmin):
    """The views that see to it that nothing typed into a page's form is lost."""

    def page_urls(self) -> list[URLPattern]:
        return [
            *super().page_urls(),
            self.route("form-state/", self.form_state_view, "form_state", "GET"),
            self.route("logged-in/", self.logged_in_view, "logged_in", "GET"),
        ]

    def show_unsent(self, request: HttpRequest, reason: str) -> HttpResponse:
        """Answer a form that was sent without a valid CSRF token; called by the view for that."""
        again = _(
            "Go back with the button of your browser: what you typed is still there. Load the page again, then send it."
        )
        return show_lost(self, request, f"{reason} {again}", status=403)

    def form_state_view(self, request: HttpRequest) -> JsonResponse:
        """Answer who is logged in, and with the token that a form of theirs needs; asked before a form is sent."""
        return JsonResponse({"user": str(request.user.pk), "token": get_token(request)})

    def logged_in_view(self, request: HttpRequest) -> HttpResponse:
        """Say that one can go back to the tab with the text."""
        title = _("You are logged in")
        return self.show(request, "page/logged_in.html", title, crumbs=[(title, "")])

    def keep_text(self, request: HttpRequest, page_id: object) -> HttpResponse:
        """Answer a form sent for a page that is in the bin by now, or gone: the text is kept in its history, or shown."""
        text = str(page_id)
        page = None
        if text.isascii() and text.isdecimal() and int(text) <= MAX_ID:
            rows = visible_pages(request, deleted=True).exclude(deleted_at=None)
            page = rows.filter(pk=int(text)).order_by().first()
        gone = _("This page is not there any more, so nothing was saved.")
        if page is None or not self.may(request, "change", page):
            return show_lost(self, request, gone, status=404)
        form = self.form_class(request, type(page))(  # type: ignore[attr-defined]
            request.POST, request.FILES, request=request, page=page, site_name=self.admin_site.name
        )
        try:
            kept = form.is_valid() and keep_for_deleted(
                page,
                actor=Actor.from_request(request),
                base_version=form.cleaned_data.get("version") or 0,
                fields=form.field_values(),
                content=form.cleaned_data["content_json"].to_json(),
            )
        except RequestRefused:
            kept = None
        if not kept:
            return show_lost(self, request, gone, status=404)
        reason = _(
            "“%(title)s” was put into the bin while you were writing. Nothing is lost: your text is kept as number "
            "%(number)d of its history."
        ) % {"title": short(page.title), "number": kept.number}
        may_restore = self.may(request, "restore", page)
        return show_lost(
            self, request, reason, status=409, kept=kept, page=page, may_restore=may_restore, **copy_key(request)
        )
