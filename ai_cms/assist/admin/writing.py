"""Write with a model: choose a task, fill in its form, watch the run, go to the proposal.

Everything works without JavaScript; with it the progress shows itself as it happens.
"""

from __future__ import annotations

import json
import uuid
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.forms.widgets import Media, Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from ai_cms.assist.models import HANDLER, LibraryItem, WritingRun
from ai_cms.assist.registry import WritingTask, tasks
from ai_cms.blocks.types.registry import blocks
from ai_cms.core.admin import ReadOnlyAdmin
from ai_cms.core.exceptions import NotFound, PermissionRefused, RequestRefused
from ai_cms.core.mappings import TemplateContext
from ai_cms.core.permissions import Actor, get_policy, policy_for
from ai_cms.llm.models import Run, RunStatus
from ai_cms.llm.runs.events import events_after
from ai_cms.llm.runs.executors.runner import get_executor
from ai_cms.llm.runs.services import cancel_run, start_run
from ai_cms.llm.runs.streaming import run_stream
from ai_cms.pages import get_page_model
from ai_cms.pages.admin.keeping import copy_key, keeping
from ai_cms.pages.admin.scripts import FORM_MEDIA
from ai_cms.pages.models import AbstractPage, Proposal
from ai_cms.pages.services import create_proposal

from ...core.jsontypes import JsonObject
from .forms import PayloadForm
from .prompts import answering, credits_left, prompts
from .results import written_blocks
from .using import USES, change_of, gives_text, written_texts

__all__ = ["WritingRunAdmin"]

MAX_ID = 2**63 - 1


class WritingRunAdmin(ReadOnlyAdmin):
    """The writing runs one may see, and the forms that start them."""

    list_display = ["created_at", "task_label", "page_link", "user", "status"]
    list_display_links = ["created_at", "task_label"]
    list_filter = ["status"]
    list_select_related = ["user"]
    date_hierarchy = "created_at"
    search_fields = ["target_label"]
    change_list_template = "admin/ai_cms_assist/writingrun/change_list.html"

    @property
    def media(self) -> Media:
        script: Any = Script("ai_cms/assist/writing.js", type="module")
        styles = ["ai_cms/pages/admin/admin.css", "ai_cms/assist/writing.css"]
        return super().media + Media(css={"all": styles}, js=[script]) + FORM_MEDIA

    # Rights

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return get_policy(Run).can(Actor.from_request(request), "view", obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return get_policy(Run).can(Actor.from_request(request), "add")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        return get_policy(WritingRun).visible(Actor.from_request(request), super().get_queryset(request))

    # The list

    @admin.display(description=gettext_lazy("task"))
    def task_label(self, run: WritingRun) -> str:
        return task_label(run)

    @admin.display(description=gettext_lazy("page"))
    def page_link(self, run: WritingRun) -> str:
        return run.target_label if run.page_id is not None or run.parent_id is not None else "-"

    # URLs

    def get_urls(self) -> list[URLPattern]:
        def route(pattern: str, view: Any, name: str) -> URLPattern:
            # No transaction may be held while a provider answers, and none is where a run is only watched.
            wrapped: Any = transaction.non_atomic_requests(self.admin_site.admin_view(never_cache(view)))
            made: URLPattern = path(pattern, wrapped, name=f"{self.opts.app_label}_{self.opts.model_name}_{name}")
            return made

        return [
            route("prompts/", require_GET(self.prompts_view), "prompts"),
            route("page/<str:page_id>/", self.page_view, "page"),
            route("below/<str:page_id>/", self.below_view, "below"),
            route("add/", self.add_view, "add"),
            route("<uuid:run_id>/events/", require_GET(self.events_view), "events"),
            route("<uuid:run_id>/state/", require_GET(self.state_view), "state"),
            route("<uuid:run_id>/cancel/", require_POST(self.cancel_view), "cancel"),
            route("<uuid:run_id>/use/", require_POST(self.use_view), "use"),
            *super().get_urls(),
        ]

    def link(self, name: str, *args: object, **query: Any) -> str:
        """Return the URL of one of this admin's views."""
        url = reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{name}", args=args)
        return f"{url}?{urlencode(query)}" if query else url

    # Writing

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: object = None) -> HttpResponse:
        """Write without a page: the result is shown, and goes nowhere by itself."""
        return self._write(request, None)

    def page_view(self, request: HttpRequest, page_id: str) -> HttpResponse:
        """Write for a page one may change; the result becomes a proposal on it."""
        page = self._page(request, page_id, "change")
        if not get_policy(Proposal).can(Actor.from_request(request), "add"):
            raise PermissionDenied
        return self._write(request, page)

    def below_view(self, request: HttpRequest, page_id: str) -> HttpResponse:
        """Write a new page below one; the result becomes a proposal on an empty draft."""
        return self._write(request, None, self._page(request, page_id, "add"))

    def _page(self, request: HttpRequest, page_id: str, action: str) -> AbstractPage:
        model = get_page_model()
        actor = Actor.from_request(request)
        page: AbstractPage | None = None
        if page_id.isascii() and page_id.isdecimal() and int(page_id) <= MAX_ID:
            page = get_policy(model).visible(actor, model.objects.all()).filter(pk=int(page_id)).first()
        if page is None:
            raise Http404
        if not policy_for(page).can(actor, action, page):
            raise PermissionDenied
        return page

    def _write(
        self, request: HttpRequest, page: AbstractPage | None, parent: AbstractPage | None = None
    ) -> HttpResponse:
        actor = Actor.from_request(request)
        if not self.has_add_permission(request):
            raise PermissionDenied
        usable = [
            tasks[name]
            for name in tasks
            if (tasks[name].takes_page if page is not None else not tasks[name].needs_page)
            and (parent is None or tasks[name].makes_pages)
        ]
        name = request.GET.get("task", "")
        task = next((task for task in usable if task.name == name), usable[0] if len(usable) == 1 else None)
        context: TemplateContext = {
            "page": page,
            "parent": parent,
            "page_url": self._page_url(page or parent),
            "tasks": usable,
            "choices": [(found, gives_text(found)) for found in usable],
            "task": task,
            "gives_text": task is not None and gives_text(task),
        }
        if task is None:
            title = _("Write with AI")
            return self._show(request, "choose.html", title, **context)
        if request.method == "POST":
            form = PayloadForm(request.POST, task=task, actor=actor, page=page, parent=parent)
            run = self._start(form)
            if run is not None:
                return HttpResponseRedirect(self.link("change", run.pk, **copy_key(request)))
        else:
            initial = self._earlier(request, task)
            form = PayloadForm(task=task, actor=actor, page=page, parent=parent, initial=initial)
        context["keeping"] = keeping(request, self.admin_site.name)
        context |= {"form": form, "answering": answering(task), "credits": credits_left(actor)}
        chosen = form["blocks"].value() if "blocks" in form.fields else None
        return self._show(request, "form.html", task.label, chosen=set(chosen or ()), **context)

    def _start(self, form: PayloadForm) -> Run | None:
        """Start the run of a filled-in form; ``None`` with errors in the form."""
        task, page, parent = form.task, form.page, form.parent
        try:
            if not form.is_valid():
                return None
            payload = {
                "task": task.name,
                "payload": form.payload(),
                "page": page.pk if page is not None else None,
                "parent": parent.pk if parent is not None else None,
                "keep_partial": bool(form.cleaned_data.get("keep_partial", True)),
            }
            key = f"admin:{form.cleaned_data['key']}"
            about = page or parent
            label = str(about)[:200] if about is not None else task.name
            return start_run(HANDLER, payload, actor=form.actor, target=about, target_label=label, idempotency_key=key)
        except (NotFound, PermissionRefused) as error:
            raise PermissionDenied from error
        except RequestRefused as error:
            form.add_error(None, str(error.detail))
            return None

    def _earlier(self, request: HttpRequest, task: WritingTask) -> JsonObject:
        """Return what was filled in for the run that the query names, to be filled in again."""
        found = self._find(request, request.GET.get("again", ""))
        if found is None or found.task_name != task.name or not isinstance(found.payload.get("payload"), dict):
            return {}
        return dict(found.payload["payload"])

    # Watching

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: object = None
    ) -> HttpResponse:
        run = self._found(request, object_id)
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        if run.status == RunStatus.QUEUED:
            get_executor().nudge(run.pk)
        events = list(run.events.values_list("seq", "type", "data"))
        task = tasks.get(run.task_name)
        result = run.result if isinstance(run.result, dict) else {}
        page = self._page_of(request, run)
        return self._show(
            request,
            "run.html",
            task_label(run),
            run=run,
            task=task,
            page=page,
            page_url=self._page_url(page),
            written=written_blocks(events),
            last_event=events[-1][0] if events else 0,
            type_labels=json.dumps({name: str(blocks[name].block_meta.label) for name in blocks}),
            output=written_texts(result.get("output")),
            may_use=self._may_use(request, run, page),
            result=result,
            proposal_url=self._proposal_url(request, run),
            again=self._again(run, task, page),
            may_cancel=not run.is_finished and get_policy(Run).can(Actor.from_request(request), "cancel", run),
        )

    def events_view(self, request: HttpRequest, run_id: UUID) -> HttpResponseBase:
        """Stream the run's events to its page (SSE)."""
        run = self._found(request, run_id)
        return run_stream(request, run, after=_number(request.headers.get("Last-Event-ID") or request.GET.get("after")))

    def state_view(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        """Answer what happened after event ``after``, for pages that cannot hold a stream."""
        run = self._found(request, run_id)
        events = events_after(run.pk, _number(request.GET.get("after")))
        return JsonResponse({"status": run.status, "finished": run.is_finished, "events": events})

    def cancel_view(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        """Stop a run."""
        run = self._found(request, run_id)
        try:
            cancel_run(run, actor=Actor.from_request(request))
        except (NotFound, PermissionRefused) as error:
            raise PermissionDenied from error
        self.message_user(request, _("The work is being stopped."), messages.SUCCESS)
        return HttpResponseRedirect(self.link("change", run.pk))

    def _may_use(self, request: HttpRequest, run: WritingRun, page: AbstractPage | None) -> bool:
        """Return whether the texts of a run can be put into the page it was for."""
        actor = Actor.from_request(request)
        if page is None or run.page_id is None or run.status != RunStatus.DONE:
            return False
        return policy_for(page).can(actor, "change", page) and get_policy(Proposal).can(actor, "add")

    def use_view(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        """Make a proposal of one text of a run (``text``: its key) that puts it to ``use``."""
        run = self._found(request, run_id)
        page = self._page_of(request, run)
        if page is None or not self._may_use(request, run, page):
            raise PermissionDenied
        result = run.result if isinstance(run.result, dict) else {}
        wanted = request.POST.get("text", "")
        written = next((text for text in written_texts(result.get("output")) if text.key == wanted), None)
        use = request.POST.get("use", "")
        if written is None or written.note or use not in USES:
            raise Http404
        operations, fields = change_of(written, use)
        try:
            made = create_proposal(
                page,
                operations,
                actor=Actor.from_request(request),
                title=task_label(run),
                fields=fields,
                provenance=result.get("provenance") or None,
            )
        except (NotFound, PermissionRefused) as error:
            raise PermissionDenied from error
        except RequestRefused as error:
            self.message_user(request, str(error.detail), messages.ERROR)
            return HttpResponseRedirect(self.link("change", run.pk))
        self.message_user(
            request, _("The text is a proposal now: accept it to put it into the draft."), messages.SUCCESS
        )
        return HttpResponseRedirect(
            self._reversed("ai_cms_pages_proposal_change", made.pk) or self.link("change", run.pk)
        )

    def prompts_view(self, request: HttpRequest) -> HttpResponse:
        """Show the instructions that models get, and who answers each task."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_edit = get_policy(LibraryItem).can(Actor.from_request(request), "view")
        return self._show(request, "prompts.html", _("Prompts"), prompts=prompts(), may_edit=may_edit)

    def _find(self, request: HttpRequest, run_id: UUID | str) -> WritingRun | None:
        try:
            key = uuid.UUID(str(run_id))
        except ValueError:
            return None
        found: WritingRun | None = self.get_queryset(request).filter(pk=key).first()
        return found

    def _found(self, request: HttpRequest, run_id: UUID | str) -> WritingRun:
        run = self._find(request, run_id)
        if run is None:
            raise Http404
        return run

    def _page_of(self, request: HttpRequest, run: WritingRun) -> AbstractPage | None:
        """Return the page a run was for, or the one above the page that it made."""
        model = get_page_model()
        visible = get_policy(model).visible(Actor.from_request(request), model.objects.all())
        found: AbstractPage | None = visible.filter(pk=run.page_id or run.parent_id or 0).first()
        return found

    def _page_url(self, page: AbstractPage | None) -> str:
        meta = get_page_model()._meta
        return self._reversed(f"{meta.app_label}_{meta.model_name}_change", page.pk) if page is not None else ""

    def _proposal_url(self, request: HttpRequest, run: WritingRun) -> str:
        key = run.proposal_id()
        seen = get_policy(Proposal).visible(Actor.from_request(request), Proposal.objects.filter(pk=key or 0))
        return self._reversed("ai_cms_pages_proposal_change", key) if key is not None and seen.exists() else ""

    def _again(self, run: WritingRun, task: WritingTask | None, page: AbstractPage | None) -> str:
        if task is None or (page is None and (run.page_id or run.parent_id)):
            return ""
        base = self.link("below" if run.parent_id else "page", page.pk) if page is not None else self.link("add")
        return f"{base}?task={task.name}&again={run.pk}"

    def _reversed(self, name: str, *args: object) -> str:
        """Return the URL of another admin's view; nothing where the site has no such admin."""
        try:
            return reverse(f"{self.admin_site.name}:{name}", args=args)
        except NoReverseMatch:
            return ""

    def _show(self, request: HttpRequest, template: str, title: object, **context: object) -> HttpResponse:
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            f"admin/ai_cms_assist/writingrun/{template}",
            {
                **self.admin_site.each_context(request),
                "title": title,
                "opts": self.opts,
                "media": self.media,
                **context,
            },
        )


def task_label(run: WritingRun) -> str:
    """Return the name of a run's task for people."""
    task = tasks.get(run.task_name)
    return str(task.label) if task is not None else run.task_name or "?"


def _number(raw: str | None) -> int:
    text = (raw or "0").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else 0
