"""What the desk's views share: showing a page in the studio's frame, telling what was done, asking first."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_stubs_ext import StrOrPromise

from ai_cms.core.exceptions import InvalidInput, NotFound, PermissionRefused, RequestRefused
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.mappings import FieldValues
from ai_cms.core.permissions import policy_for
from ai_cms.core.strictjson import loads
from ai_cms.core.web import refusal_texts
from ai_cms.pages import get_page_model
from ai_cms.pages.exceptions import PublishRefused, TreeTooLarge
from ai_cms.pages.models import AbstractPage
from ai_cms.pages.rows import visible_pages
from ai_cms.pages.services import start_tree_work

from ..access import StudioView
from ..frame import NOTICE, framed, wants_json
from ..links import came_from, edit_url, link
from .undo import sealed

__all__ = ["MAX_ID", "DeskJSONView", "DeskView", "key_of", "sentences"]

#: Keys are 64 bits wide; what is longer names nothing.
MAX_ID = 2**63 - 1


def key_of(text: object) -> int | None:
    """Return the key that a parameter names, ``None`` for anything else."""
    raw = str(text)
    return int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 20 and int(raw) <= MAX_ID else None


def sentences(error: RequestRefused) -> str:
    """Return what a refusal says, in one line."""
    if isinstance(error, PublishRefused):
        count = sum(len(found) for found in (error.errors or {}).values())
        words = ngettext(
            "It cannot be published yet: %(count)d thing is wrong or missing. Open it to see which.",
            "It cannot be published yet: %(count)d things are wrong or missing. Open it to see which.",
            count,
        )
        return words % {"count": count}
    return " ".join(text for texts in refusal_texts(error).values() for text in texts)


class DeskView(StudioView):
    """A page of the desk. ``room``: the entry of the menu that it belongs to."""

    room: ClassVar[str] = ""

    def show(self, template: str, title: StrOrPromise, *, status: int = 200, **context: Any) -> HttpResponse:
        """Answer with one of the studio's templates in its frame."""
        values = framed(self.request, self.actor, self.room, title=title, **context)
        return render(self.request, f"ai_cms/studio/{template}", values, status=status)

    def page(self, pk: object, action: str = "view", *, deleted: bool = False) -> AbstractPage:
        """Return a page that the person may do ``action`` to. Raises NotFound for one they may not see, PermissionRefused."""
        key = key_of(pk)
        rows = visible_pages(self.request, deleted=deleted)
        found: AbstractPage | None = rows.filter(pk=key).order_by().first() if key is not None else None
        if found is None:
            raise NotFound
        policy_for(found).require(self.actor, action, found)
        return found

    def may(self, action: str, page: AbstractPage) -> bool:
        """Return whether the person may do ``action`` to a page."""
        return policy_for(page).can(self.actor, action, page)

    def told(self, text: str, *, then: str, undo: FieldValues | None = None, **data: Any) -> HttpResponse:
        """Say what was done, with a way back: as JSON to a script, else on the page ``then``.

        ``undo``: what leads back, as :mod:`ai_cms.studio.desk.undo` takes it. ``data``: more for the script.
        """
        token = sealed(undo) if undo else ""
        if wants_json(self.request):
            return JsonResponse({"message": text, "undo": token, "then": then, **data})
        messages.success(self.request, text, extra_tags=f"{NOTICE}{token}" if token else "", fail_silently=True)
        return HttpResponseRedirect(then)

    def not_done(self, error: RequestRefused, *, then: str) -> HttpResponse:
        """Say why something was refused, as JSON to a script, else on the page ``then``. Raises what is no one's to see."""
        if isinstance(error, NotFound):
            raise error
        if wants_json(self.request):
            return JsonResponse({"detail": sentences(error), "code": error.code}, status=error.status_code)
        messages.error(self.request, sentences(error), fail_silently=True)
        return HttpResponseRedirect(then)

    def ask(
        self,
        question: str,
        *,
        title: str,
        submit: StrOrPromise,
        back: str,
        danger: bool = False,
        values: FieldValues | None = None,
        **context: Any,
    ) -> HttpResponse:
        """Ask before something is done; the answer comes as the same request with ``confirmed``."""
        if wants_json(self.request):
            return JsonResponse({"ask": question, "title": title, "submit": str(submit), "danger": danger})
        sent = {key: value for key, value in self.request.POST.items() if key != "csrfmiddlewaretoken"}
        hidden = {**sent, **(values or {}), "confirmed": "1"}
        action = self.request.get_full_path()
        return self.show(
            "ask.html", title, question=question, submit=submit, back=back, danger=danger, hidden=hidden, action=action,
            **context,
        )  # fmt: skip

    def later(
        self, kind: str, page: AbstractPage, *, target: AbstractPage | None = None, **options: Any
    ) -> HttpResponse:
        """Have what is too long for one request done after it, and say where one sees how far it is."""
        try:
            work = start_tree_work(kind, page, actor=self.actor, target=target, options=options)
        except RequestRefused as error:
            return self.not_done(error, then=link("home"))
        text = _("These are many pages, so it is done in the background. Here you see how far it is.")
        return self.told(text, then=link("work", work.pk), leave=True)

    def back(self, page: AbstractPage | None = None) -> str:
        """Return where the person came from, else the place of ``page`` in the tree."""
        parent = None if page is None else page.parent_id
        return came_from(self.request, link("tree", parent=parent))

    def too_large(self, error: RequestRefused) -> bool:
        """Return whether a refusal is one of size, which work in the background does not know."""
        return isinstance(error, TreeTooLarge)

    def edit_link(self, page: AbstractPage) -> str:
        """Return where a page is edited, "" for whoever may not."""
        return edit_url(page.pk) if self.may("change", page) else ""

    @property
    def pages(self) -> Any:
        """The pages that the person sees, as rows of the base table without their documents."""
        return visible_pages(self.request).non_polymorphic().defer("content_json", "metadata")

    @property
    def page_model(self) -> type[AbstractPage]:
        return get_page_model()


class DeskJSONView(DeskView):
    """A view for scripts: JSON in, JSON out; refusals are ``{"detail", "code"}`` or messages by field, as in REST."""

    def body(self) -> JsonObject:
        """Return the JSON object that was sent. Raises InvalidInput, TooLarge."""
        found = loads(self.request.body) if self.request.body else {}
        if not isinstance(found, dict):
            raise InvalidInput(_("Send a JSON object."))
        return found

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        # Whatever the client says it accepts, a script reads the answer.
        request.META.setdefault("HTTP_ACCEPT", "application/json")
        if "application/json" not in request.META["HTTP_ACCEPT"]:
            request.META["HTTP_ACCEPT"] = "application/json"
            request.__dict__.pop("headers", None)
        return super().dispatch(request, *args, **kwargs)

    def http_error(self, error: RequestRefused) -> JsonResponse:
        """Return the answer that a refusal is."""
        response = JsonResponse(error.body(), status=error.status_code)
        if error.retry_after is not None:
            response["Retry-After"] = str(error.retry_after)
        return response

    def answered(self, work: Any) -> HttpResponse:
        """Return the JSON of what ``work()`` returns as (body, status), or of its refusal."""
        try:
            body, status = work()
        except (NotFound, PermissionRefused):
            raise
        except RequestRefused as error:
            return self.http_error(error)
        return JsonResponse(body, status=status)
