"""The pages on which a person decides what an agent asked for. There is no other way to decide: no route, no tool, no answer."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai_cms.blocks.documents.diff import diff_documents
from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.types.registry import blocks
from ai_cms.core.exceptions import NotFound, PermissionRefused, RequestRefused
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.models import ApprovalStatus
from ai_cms.core.permissions import get_policy
from ai_cms.core.web import OwnTemplateView, preview_address, refusal_texts
from ai_cms.pages.changes import block_changes
from ai_cms.pages.models import PageAct, PageApproval, Publication
from ai_cms.pages.services import decide_approval

__all__ = ["ApprovalView", "WaitingView", "changes_of"]

#: Changed blocks that one page shows; the page's own comparison has all of them.
MOST_CHANGES = 100
STATES = {
    ApprovalStatus.PENDING: gettext_lazy("Waits for a decision"),
    ApprovalStatus.REFUSED: gettext_lazy("Refused"),
    ApprovalStatus.EXPIRED: gettext_lazy("Has waited too long, or the page was changed; nothing was done"),
    ApprovalStatus.USED: gettext_lazy("Approved and done"),
}


def changes_of(approval: PageApproval) -> list[JsonObject]:
    """Return what the public would see change, block by block; of a new page its blocks."""
    if approval.act == PageAct.CREATE:
        before, after = Document.empty(), Document(approval.arguments.get("content") or [])
    elif approval.act == PageAct.PUBLISH:
        row = Publication.objects.filter(page_id=approval.page_id, active=True).first()
        before = Document.empty() if row is None else Document(row.content)
        after = approval.page.content_json
    else:
        return []
    operations = [operation.to_json() for operation in diff_documents(_bare(before), _bare(after))]
    changes = block_changes(before, operations[:MOST_CHANGES])
    return [
        {**change, "label": _label(change["type"])} for change in changes if change["text"] or change["op"] != "update"
    ]


def _label(name: str) -> str:
    found = blocks.get(name)
    return name if found is None else str(found.block_meta.label)


def _title_before(approval: PageApproval) -> str:
    """Return the title that visitors see, where the draft has another."""
    row = Publication.objects.filter(page_id=approval.page_id, active=True).values_list("title", flat=True).first()
    return row if approval.act == PageAct.PUBLISH and row is not None and row != approval.page.title else ""


def _bare(document: Document) -> Document:
    """Return a document without what is no content: what a publication knows of its pictures, who wrote what."""

    def bare(rows: list[JsonObject]) -> list[JsonObject]:
        return [
            {key: bare(value) if key == "children" else value for key, value in block.items() if key != "meta"}
            for block in rows
        ]

    return Document(bare(document.to_json()))


class WaitingView(OwnTemplateView):
    """What agents asked for, on the pages that one sees; what waits comes first."""

    namespace: ClassVar[str] = "ai_cms_mcp"
    template_name = "ai_cms/mcp/waiting.html"
    title = gettext_lazy("What agents ask for")

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        rows: Any = get_policy(PageApproval).visible(self.actor, PageApproval.objects.select_related("page"))
        waiting = rows.filter(status=ApprovalStatus.PENDING, expires_at__gt=timezone.now())
        decided = rows.exclude(status=ApprovalStatus.PENDING).select_related("decided_by")
        return super().get_context_data(
            **{"waiting": waiting[:100], "decided": [(row, STATES[row.status]) for row in decided[:20]], **kwargs}
        )


class ApprovalView(OwnTemplateView):
    """One thing that an agent asked for: what it would do, and the two buttons."""

    namespace: ClassVar[str] = "ai_cms_mcp"
    template_name = "ai_cms/mcp/approval.html"
    kwargs: dict[str, Any]

    @cached_property
    def approval(self) -> PageApproval:
        pk: UUID = self.kwargs["pk"]
        rows: Any = get_policy(PageApproval).visible(
            self.actor, PageApproval.objects.select_related("page", "asked_by", "decided_by")
        )
        found: PageApproval | None = rows.filter(pk=pk).first()
        if found is None:
            raise NotFound
        return found

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        approval = self.approval
        status = approval.status
        if status == ApprovalStatus.PENDING and not approval.is_open:
            status = ApprovalStatus.EXPIRED
        changes = changes_of(approval) if approval.is_open else []
        return super().get_context_data(
            **{
                "title": approval.get_act_display(),
                "approval": approval,
                "page": approval.page,
                "state": STATES[ApprovalStatus(status)],
                "changes": changes,
                "title_before": _title_before(approval),
                "preview": preview_address(approval.page_id),
                "below": (approval.page.rght - approval.page.lft - 1) // 2,
                **kwargs,
            }
        )

    def post(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        decision = request.POST.get("decision")
        if decision not in ("approve", "refuse"):
            return self.go("approval", pk)
        try:
            decide_approval(self.approval, approved=decision == "approve", actor=self.actor)
        except NotFound:
            raise
        except PermissionRefused as error:
            messages.error(request, str(error.detail))
            return self.go("approval", pk)
        except RequestRefused as error:
            for name, texts in refusal_texts(error).items():
                for text in texts:
                    messages.error(request, f"{name}: {text}" if name else text)
            return self.go("approval", pk)
        self.notice(_("It was done.") if decision == "approve" else _("It was refused; nothing was done."))
        return self.go("approvals")
