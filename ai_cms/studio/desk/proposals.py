"""What people and models suggest for pages: the queue, and each one shown block by block, taken whole or in part."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai_cms.core.exceptions import NotFound, RequestRefused
from ai_cms.core.permissions import get_policy
from ai_cms.core.users import public_name
from ai_cms.pages.differences import Difference, field_differences, of_operations, provenance_words
from ai_cms.pages.models import Proposal, ProposalStatus
from ai_cms.pages.rows import short
from ai_cms.pages.services import accept_proposal, proposal_state, reject_proposal
from ai_cms.pages.services.deferring import accept_and_keep_rest
from ai_cms.pages.snapshots import take_snapshot

from ..links import edit_url, link
from .base import DeskView

__all__ = ["DecideView", "ProposalView", "ProposalsView"]

PER_PAGE = 50
STATES = {
    "pending": gettext_lazy("Waiting"),
    "stale": gettext_lazy("Out of date: the block was changed since"),
    "accepted": gettext_lazy("Accepted"),
    "rejected": gettext_lazy("Rejected"),
}


class ProposalPage(DeskView):
    """A view of proposals."""

    room = "today"

    def proposal(self, pk: int) -> Proposal:
        """Return a proposal that the person may see. Raises NotFound."""
        rows = get_policy(Proposal).visible(self.actor, Proposal.objects.select_related("author", "decided_by"))
        found: Any = rows.filter(pk=pk).first()
        if not isinstance(found, Proposal):
            raise NotFound
        return found


class ProposalsView(ProposalPage):
    """The proposals that wait."""

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = get_policy(Proposal).visible(self.actor, Proposal.objects.filter(status=ProposalStatus.PENDING))
        rows = rows.select_related("page", "author").defer("operations", "page__content_json", "page__metadata")
        pages = Paginator(rows.order_by("-created_at", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
        listed = [{"proposal": row, "who": who_suggests(row)} for row in pages.object_list]
        return self.show("proposals.html", _("Proposals"), listed=listed, pages=pages, query="")


class ProposalView(ProposalPage):
    """One proposal, each change as it looks before and after."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        proposal = self.proposal(pk)
        page = self.page(proposal.page_id)
        pending = proposal.status == ProposalStatus.PENDING
        differences = of_operations(request, page, page.content_json, proposal.operations) if pending else []
        states = proposal_state(proposal, page)
        for difference, state in zip(differences, states, strict=False):
            difference.state = state
        present = take_snapshot(page)
        fields = field_differences(page, {name: present.get(name) for name in proposal.fields}, proposal.fields)
        return self.show(
            "proposal.html",
            short(proposal.title),
            proposal=proposal,
            page=page,
            pending=pending,
            groups=_by_block(differences),
            fields=fields if pending else [],
            stale=sum(state == "stale" for state in states),
            states=STATES,
            who=who_suggests(proposal),
            how="" if proposal.provenance.get("source") == "human" else provenance_words(proposal.provenance),
            behind=page.version - proposal.base_version,
            may_decide=pending and get_policy(Proposal).can(self.actor, "accept", proposal),
            edit=edit_url(page.pk),
        )


class DecideView(ProposalPage):
    """Accept a proposal, the ticked part of it, or reject it."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        proposal = self.proposal(pk)
        here = link("proposal", proposal.pk)
        page = self.page(proposal.page_id, "change")
        choice = request.POST.get("choice", "")
        blocks, fields = request.POST.getlist("block"), request.POST.getlist("field")
        before = page.latest_revision
        rest = None
        try:
            if choice == "all":
                accept_proposal(proposal, actor=self.actor)
            elif choice == "none":
                reject_proposal(proposal, actor=self.actor)
                return self.told(_("Rejected. The page stays as it is."), then=link("home"))
            elif not blocks and not fields:
                return self.told(_("Tick at least one change, or take or reject everything."), then=here)
            else:
                rest = accept_and_keep_rest(proposal, actor=self.actor, blocks=blocks, fields=fields)
        except RequestRefused as error:
            return self.not_done(error, then=here)
        changed = self.page(page.pk)
        text = _("The changes are in the draft of “%(title)s” now.") % {"title": short(page.title, 60)}
        if rest is not None:
            text += " " + _("What you did not tick still waits.")
        undo: dict[str, Any] = {"undo": "revision", "page": page.pk, "number": before, "version": changed.version}
        return self.told(text, then=link("proposal", rest.pk) if rest is not None else link("home"), undo=undo)


def who_suggests(proposal: Proposal) -> str:
    """Return who or what made a proposal."""
    return proposal.agent or (public_name(proposal.author) if proposal.author is not None else "")


def _by_block(differences: list[Difference]) -> list[tuple[str, list[Difference]]]:
    """Return the differences by block: operations on one block are taken together or not at all."""
    found: dict[str, list[Difference]] = {}
    for difference in differences:
        found.setdefault(difference.block, []).append(difference)
    return list(found.items())
