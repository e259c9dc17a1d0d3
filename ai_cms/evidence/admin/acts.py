"""What agents did, and taking it back: chosen, looked at, confirmed."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ai_cms.core.exceptions import NotFound, PermissionRefused, RequestRefused
from ai_cms.core.mappings import TemplateContext
from ai_cms.core.permissions import Actor
from ai_cms.pages.admin.base import PagesAdmin
from ai_cms.pages.admin.readonly import PolicyReadOnlyAdmin
from ai_cms.pages.rows import short

from ..exceptions import PlanChanged
from ..models import Act, Undo
from ..undo.service import undo_acts
from .forms import SelectionForm

__all__ = ["ActAdmin", "UndoAdmin"]

OUTCOMES = {
    "reverted": gettext_lazy("Taken back"),
    "partly": gettext_lazy("Taken back in part"),
    "left": gettext_lazy("Stays"),
    "nothing": gettext_lazy("Nothing to take back"),
}
#: Rows of a plan that are shown; the rest is counted.
SHOWN = 500


class EvidenceAdmin(PolicyReadOnlyAdmin):
    """Rows that nobody writes by hand."""

    template_folder = "admin/ai_cms_evidence"

    class Media(PagesAdmin.Media):
        css = {"all": ["ai_cms/core/admin.css", "ai_cms/pages/admin/admin.css", "ai_cms/evidence/admin.css"]}

    def has_module_permission(self, request: HttpRequest) -> bool:
        names = {f"view_{self.opts.model_name}", "undo_acts"}
        return any(request.user.has_perm(f"ai_cms_evidence.{name}") for name in names)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "view", obj)


class ActAdmin(EvidenceAdmin):
    """The journal, and the way to take back what an agent did."""

    change_list_template = "admin/ai_cms_evidence/act/list.html"
    list_display = ["at", "what", "about", "agent", "user", "take_back"]
    list_display_links = ["at"]
    list_filter = ["kind", "at", ("undo", admin.EmptyFieldListFilter)]
    list_select_related = ["user", "undo"]
    search_fields = ["title", "agent", "run", "call", "token"]
    date_hierarchy = "at"
    fields: ClassVar[Any] = [
        "at",
        "what",
        "about",
        "user",
        "agent",
        "via",
        "token",
        "run",
        "call",
        "accepted_by",
        "undo",
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return list(self.fields)

    def get_urls(self) -> list[URLPattern]:
        own = self.route("take-back/", self.take_back_view, "undo", "GET", "POST")
        # Files are deleted once what names them is gone.
        own.callback = transaction.non_atomic_requests(own.callback)
        return [own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: TemplateContext | None = None) -> HttpResponse:
        extra = {"title": _("What agents did"), "undo_url": self.link("undo") if self.may(request, "undo") else ""}
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    @admin.display(description=gettext_lazy("what"), ordering="kind")
    def what(self, obj: Act) -> str:
        return obj.get_kind_display()

    @admin.display(description=gettext_lazy("about"), ordering="title")
    def about(self, obj: Act) -> str:
        if obj.page_id is None:
            return short(obj.title)
        return format_html('<a href="{}">{}</a>', self.page_link("change", obj.page_id), short(obj.title))

    @admin.display(description=gettext_lazy("take back"))
    def take_back(self, obj: Act) -> str:
        if obj.undo_id is not None:
            return format_html('<a href="{}">{}</a>', self.undo_link(obj.undo_id), _("taken back"))
        ways = [("run", _("the run")), ("call", _("the call")), ("token", _("the token")), ("agent", _("the agent"))]
        links = [
            (self.link("undo", **{name: getattr(obj, name)}), label, _("Take back what %(who)s did") % {"who": label})
            for name, label in ways
            if getattr(obj, name)
        ]
        return format_html_join(
            ", ", '<a href="{}" aria-label="{}">{}</a>', ((url, tip, text) for url, text, tip in links)
        )

    def take_back_view(self, request: HttpRequest) -> HttpResponse:
        """Ask what is meant, show what would become of it, and do it once that is confirmed."""
        if not self.may(request, "undo"):
            raise PermissionDenied
        if request.method == "POST":
            form = SelectionForm(request.POST)
        else:
            form = (
                SelectionForm(request.GET)
                if any(request.GET.get(name) for name in SelectionForm.base_fields)
                else SelectionForm()
            )
        if request.method != "POST" or not form.is_valid():
            # Looking costs locks: what a link says is filled in, and looked at when the button is pressed.
            shown = (
                form
                if request.method == "POST"
                else SelectionForm(initial={k: request.GET.get(k, "") for k in form.fields})
            )
            return self._ask(request, shown)
        actor = Actor.from_request(request)
        confirmed = request.POST.get("digest", "")[:64]
        try:
            plan = undo_acts(form.selection, actor=actor, dry_run=not confirmed, expected=confirmed)
        except PlanChanged as error:
            self.tell(request, error.detail, messages.WARNING)
            plan = undo_acts(form.selection, actor=actor, dry_run=True)
        except (NotFound, PermissionRefused):
            raise
        except RequestRefused as error:
            form.add_error(None, str(error.detail))
            return self._ask(request, form)
        if plan.undo is not None:
            done = plan.counts["reverted"] + plan.counts["partly"]
            words = ngettext("%(count)d act was taken back.", "%(count)d acts were taken back.", done)
            self.tell(request, words % {"count": done})
            return HttpResponseRedirect(self.undo_link(plan.undo))
        return self._ask(request, form, plan.to_json())

    def undo_link(self, pk: int) -> str:
        """Return the URL of the report of an undo."""
        return reverse(f"{self.admin_site.name}:ai_cms_evidence_undo_change", args=[pk])

    def _ask(self, request: HttpRequest, form: SelectionForm, plan: Any = None) -> HttpResponse:
        return self.show(
            request,
            "act/take_back.html",
            _("Take back what an agent did"),
            crumbs=[(_("Take back"), "")],
            form=form,
            plan=plan,
            rows=rows_of(self, plan) if plan else [],
            more=max(0, len(plan["items"]) - SHOWN) if plan else 0,
            outcomes=_counts(plan) if plan else [],
            media=form.media,
            again=f"{self.link('undo')}?{urlencode({k: v for k, v in request.POST.items() if k in form.fields and v})}",
        )


def _counts(plan: Any) -> list[tuple[Any, int]]:
    return [(OUTCOMES[word], number) for word, number in plan["counts"].items()]


def rows_of(model_admin: PagesAdmin, plan: Any) -> list[dict[str, Any]]:
    """Return the rows of a plan as the pages show them: what stays first."""
    order = {"left": 0, "partly": 1, "reverted": 2, "nothing": 3}
    items = sorted(plan["items"], key=lambda item: order[item["outcome"]])[:SHOWN]
    return [
        {
            **item,
            "word": OUTCOMES[item["outcome"]],
            "url": model_admin.page_link("change", item["page"]) if item["page"] else "",
            "stays": [*item["blocks"], *item["fields"]],
        }
        for item in items
    ]


class UndoAdmin(EvidenceAdmin):
    """What was taken back, with the report of each."""

    list_display = ["at", "__str__", "user", "reverted", "left"]
    list_display_links = ["__str__"]
    list_select_related = ["user"]
    date_hierarchy = "at"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: TemplateContext | None = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        text = str(object_id)
        rows: Any = self.get_queryset(request)
        undo = rows.filter(pk=int(text)).first() if text.isdecimal() and text.isascii() and len(text) < 18 else None
        if not isinstance(undo, Undo):
            raise Http404
        plan = undo.report or {"items": [], "counts": {}, "still_public": []}
        return self.show(
            request,
            "undo/report.html",
            _("Taken back: %(what)s") % {"what": short(undo)},
            crumbs=[(short(undo, 40), "")],
            undo=undo,
            plan=plan,
            rows=rows_of(self, plan),
            more=max(0, len(plan["items"]) - SHOWN),
            outcomes=_counts(plan),
            still=[(pk, self.page_link("change", pk)) for pk in plan.get("still_public", [])],
        )
