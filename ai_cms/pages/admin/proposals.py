"""The queue of proposals: what people and models suggest, shown block by block, accepted whole or in part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from ai_cms.blocks.documents.document import Document
from ai_cms.core.exceptions import NotFound, PermissionRefused, RequestRefused
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.mappings import TemplateContext
from ai_cms.core.permissions import Actor

from ..changes import block_changes, changes_digest
from ..differences import Difference, field_differences, of_operations, provenance_words
from ..models import Proposal, ProposalStatus, Revision, RevisionKind
from ..rows import short
from ..services import accept_proposal, proposal_state, reject_proposal
from ..services.deferring import accept_and_keep_rest
from ..snapshots import take_snapshot
from .base import MAX_ID
from .readonly import PolicyReadOnlyAdmin

__all__ = ["ProposalAdmin"]

STATES = {
    "pending": gettext_lazy("Waiting"),
    "stale": gettext_lazy("Out of date: the block was changed since"),
    "accepted": gettext_lazy("Accepted"),
    "rejected": gettext_lazy("Rejected"),
}


class StatusFilter(admin.SimpleListFilter):
    """What waits comes first: it is what the queue is for."""

    title = gettext_lazy("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, StrOrPromise]]:
        return [*((value, label) for value, label in ProposalStatus.choices if value != "pending"), ("all", _("All"))]

    def choices(self, changelist: Any) -> Any:
        found = list(super().choices(changelist))
        found[0]["display"] = ProposalStatus.PENDING.label
        return found

    def queryset(self, request: HttpRequest, queryset: QuerySet[Proposal]) -> QuerySet[Proposal]:
        value = self.value()
        if value == "all":
            return queryset
        return queryset.filter(status=value if value in ProposalStatus.values else ProposalStatus.PENDING)


class ProposalAdmin(PolicyReadOnlyAdmin):
    """Proposals on the pages that the user sees; deciding needs the right to edit the page."""

    change_list_template = "admin/ai_cms_pages/proposal/list.html"
    list_display = ["title", "page_title", "status", "made_by", "author", "created_at"]
    list_filter = [StatusFilter, "created_at"]
    search_fields = ["title", "agent", "page__title", "page__path"]
    list_select_related = ["page", "author"]
    ordering = ["-created_at", "-pk"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.display(description=gettext_lazy("made by"))
    def made_by(self, obj: Proposal) -> str:
        words, agent = provenance_words(obj.provenance), _agent(obj)
        return f"{agent}: {words}" if agent and words else agent or words

    def get_urls(self) -> list[URLPattern]:
        own = [
            self.route("<int:pk>/accept/", self.accept_view, "accept", "POST"),
            self.route("<int:pk>/reject/", self.reject_view, "reject", "POST"),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: TemplateContext | None = None) -> HttpResponse:
        raw = request.GET.get("page__id__exact", "")
        extra = {"title": _("Proposals"), "of_page": raw}
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        # The link from a page to its proposals; the rows are limited to visible pages all the same.
        return lookup == "page__id__exact" or super().lookup_allowed(lookup, value, request)

    def _proposal(self, request: HttpRequest, pk: object) -> Proposal:
        text = str(pk)
        if not text.isascii() or not text.isdecimal() or int(text) > MAX_ID:
            raise Http404
        found: Any = self.get_queryset(request).select_related("author", "decided_by").filter(pk=int(text)).first()
        if not isinstance(found, Proposal):
            raise Http404
        return found

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: TemplateContext | None = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        proposal = self._proposal(request, object_id)
        page = self.find_page(request, proposal.page_id)
        document = page.content_json
        pending = proposal.status == ProposalStatus.PENDING
        if not pending:
            # Shown against what it was made for: the page has its changes already, or never will.
            base = Revision.objects.filter(page_id=page.pk, version=proposal.base_version)
            row = base.exclude(kind=RevisionKind.CONFLICT).first()
            document = document if row is None else row.content_json
        differences = of_operations(request, page, document, proposal.operations)
        states = proposal_state(proposal, page)
        for difference, state in zip(differences, states, strict=False):
            difference.state = state
        present = take_snapshot(page)
        return self.show(
            request,
            "proposal/detail.html",
            short(proposal.title),
            crumbs=[(short(proposal.title, 40), "")],
            proposal=proposal,
            page=page,
            pending=pending,
            groups=_by_block(differences),
            stale=sum(state == "stale" for state in states),
            fields=field_differences(page, {name: present.get(name) for name in proposal.fields}, proposal.fields),
            state_labels=STATES,
            agent=_agent(proposal),
            provenance=provenance_words(proposal.provenance),
            call=proposal.provenance.get("call", ""),
            behind=page.version - proposal.base_version,
            may_decide=pending and self.may(request, "accept", proposal),
            shown=_shown(proposal, document, present) if pending else "",
        )

    def accept_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        proposal = self._proposal(request, pk)
        chosen = request.POST.getlist("block")
        names = request.POST.getlist("field")
        whole = "_all" in request.POST
        shown = request.POST.get("shown", "")[:64]
        if not whole and not chosen and not names:
            self.tell(request, _("Tick at least one change, or accept or reject everything."), 30)
            return HttpResponseRedirect(self.link("change", proposal.pk))

        done = _("The changes are in the draft now; they are not published yet.")

        def work() -> None:
            actor = Actor.from_request(request)
            if whole:
                accept_proposal(proposal, actor=actor, shown=shown)
            elif (
                rest := accept_and_keep_rest(proposal, actor=actor, blocks=chosen, fields=names, shown=shown)
            ) is not None:
                url = self.link("change", rest.pk)
                words = _("What you did not tick waits as a proposal of its own.")
                self.message_user(request, format_html('{} <a href="{}">{}</a>', done, url, words))
                return
            self.tell(request, done)

        return self._decide(request, proposal, work)

    def reject_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        proposal = self._proposal(request, pk)

        def work() -> None:
            reject_proposal(proposal, actor=Actor.from_request(request))
            self.tell(request, _("The proposal was rejected; the page stays as it is."))

        return self._decide(request, proposal, work)

    def _decide(self, request: HttpRequest, proposal: Proposal, work: Callable[[], object]) -> HttpResponse:
        try:
            work()
        except (NotFound, PermissionRefused):
            raise
        except RequestRefused as error:
            self.tell_refusal(request, error)
        return HttpResponseRedirect(self.link("change", proposal.pk))


def _shown(proposal: Proposal, document: Document, present: JsonObject) -> str:
    """Return the digest of the changes as the page shows them."""
    fields = [{"name": name, "before": present.get(name), "after": value} for name, value in proposal.fields.items()]
    return changes_digest(block_changes(document, proposal.operations), fields)


def _agent(proposal: Proposal) -> str:
    """Return who made a proposal, unless the provenance says the same."""
    source = proposal.provenance.get("source")
    return "" if source == "rules" and proposal.agent in ("rules", proposal.provenance.get("model")) else proposal.agent


def _by_block(differences: list[Difference]) -> list[tuple[str, list[Difference]]]:
    """Return the differences by block: operations on one block are taken together or not at all."""
    found: dict[str, list[Difference]] = {}
    for difference in differences:
        found.setdefault(difference.block, []).append(difference)
    return list(found.items())
