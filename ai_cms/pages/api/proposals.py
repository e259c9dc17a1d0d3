"""Proposals: suggested, looked at, accepted whole or in part, rejected."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.bodies import EmptySerializer
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.exceptions import InvalidInput, NotFound
from ai_cms.pages.models import AbstractPage, Proposal, ProposalStatus
from ai_cms.pages.revisions import document_at
from ai_cms.pages.services import accept_proposal, create_proposal, proposal_state, reject_proposal
from ai_cms.pages.snapshots import take_snapshot

from ...core.jsontypes import JsonObject
from ..changes import block_changes, changes_digest
from ..services.deferring import accept_and_keep_rest
from .base import PagesViewSet, as_id, created
from .page_filters import id_parameter
from .serializers.proposals import (
    AcceptedSerializer,
    AcceptSerializer,
    ProposalCreateSerializer,
    ProposalSerializer,
    ProposalSummarySerializer,
)

__all__ = ["PageProposalViewSet", "ProposalViewSet"]

ID = OpenApiParameter("id", int, OpenApiParameter.PATH)
STATUS = OpenApiParameter("status", str, enum=list(ProposalStatus.values))


class _Proposals(PagesViewSet):
    serializer_class = ProposalSerializer
    filter_backends = ()

    def base_queryset(self) -> QuerySet[Proposal]:
        return Proposal.objects.all()

    def listed(self, request: Request, rows: QuerySet[Proposal]) -> Response:
        """Answer with a list, filtered by status."""
        status = request.query_params.get("status")
        if status:
            if status not in ProposalStatus.values:
                raise InvalidInput(
                    errors={"status": [_("Choose one of: %(names)s.") % {"names": ", ".join(ProposalStatus.values)}]}
                )
            rows = rows.filter(status=status)
        rows = rows.defer("operations", "fields", "fingerprints", "decisions", "provenance")
        found = self.paginate_queryset(rows.order_by("-created_at", "-pk"))
        return self.get_paginated_response(ProposalSummarySerializer(found, many=True).data)


def proposal_data(proposal: Proposal, page: AbstractPage) -> JsonObject:
    """Return a proposal as JSON, with what it does to the page: as it is now, or once decided as it was."""
    states = proposal_state(proposal, page)
    present = take_snapshot(page)
    document = page.content_json
    if proposal.status != ProposalStatus.PENDING:
        # Once decided it is shown against what it was made for: the page has its changes already, or never will.
        document = document_at(page.pk, proposal.base_version) or document
    changes = [
        {"index": index, "operation": operation, "state": state, **change}
        for index, (operation, state, change) in enumerate(
            zip(proposal.operations, states, block_changes(document, proposal.operations), strict=True)
        )
    ]
    fields = [{"name": name, "before": present.get(name), "after": value} for name, value in proposal.fields.items()]
    found: JsonObject = dict(ProposalSummarySerializer(proposal).data)
    return found | {
        "operations": proposal.operations,
        "fields": proposal.fields,
        "provenance": proposal.provenance,
        "page_version": page.version,
        "changes": changes,
        "field_changes": fields,
        "shown_digest": changes_digest(changes, fields),
    }


@extend_schema_view(
    list=extend_schema(
        summary="List the proposals for a page",
        parameters=[ID, STATUS],
        responses=ProposalSummarySerializer(many=True),
    ),
    create=extend_schema(
        summary="Propose changes of a page",
        description="The operations are tried out at once; one that cannot be applied is refused.",
        parameters=[ID],
        request=ProposalCreateSerializer,
        responses={201: ProposalSerializer},
    ),
)
class PageProposalViewSet(_Proposals):
    """The proposals for one page."""

    rights = {"list": "view", "create": "change"}
    proposable = frozenset({"create"})

    def list(self, request: Request, id: str) -> Response:
        return self.listed(request, self.get_queryset().filter(page_id=self.page().pk))

    def create(self, request: Request, id: str) -> Response:
        page = self.page()
        values = self.body(request, ProposalCreateSerializer)
        proposal = create_proposal(
            page,
            values.get("operations", []),
            actor=self.actor,
            title=values.get("title", ""),
            fields=values.get("fields"),
        )
        data = proposal_data(proposal, self.refreshed(page))
        return created(Response(data), "proposal-detail", proposal.pk)


@extend_schema_view(
    list=extend_schema(
        summary="List proposals",
        parameters=[STATUS, OpenApiParameter("for_page", int, description="Only those for this page.")],
        responses=ProposalSummarySerializer(many=True),
    ),
    retrieve=extend_schema(summary="Read a proposal", parameters=[ID], responses=ProposalSerializer),
)
class ProposalViewSet(_Proposals):
    """The proposals for all pages the actor may read."""

    rights = {"list": "view", "retrieve": "view", "accept": "accept", "reject": "reject"}

    def list(self, request: Request) -> Response:
        rows = self.get_queryset()
        pk = id_parameter(request.query_params, "for_page")
        return self.listed(request, rows if pk is None else rows.filter(page_id=pk))

    def retrieve(self, request: Request, id: str) -> Response:
        proposal = self._proposal()
        return Response(proposal_data(proposal, proposal.page))

    @extend_schema(
        summary="Accept a proposal, or some of its blocks",
        description=(
            "Makes one revision of the page. What was changed since is left out; 409 if nothing is left. "
            "What is not named is rejected, or waits on in a proposal of its own with keep_rest."
        ),
        parameters=[ID],
        request=AcceptSerializer,
        responses=AcceptedSerializer,
    )
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, id: str) -> Response:
        proposal = self._proposal()
        values = self.body(request, AcceptSerializer)
        blocks, fields = values.get("blocks"), values.get("fields")
        if blocks is not None and not blocks and not fields:
            raise InvalidInput(errors={"blocks": [_("Name at least one block or field, or reject the proposal.")]})
        looked_at = {"edits": values.get("edits"), "shown": values.get("shown", "")}
        rest = None
        if values["keep_rest"]:
            rest = accept_and_keep_rest(proposal, actor=self.actor, blocks=blocks, fields=fields, **looked_at)
        else:
            accept_proposal(proposal, actor=self.actor, blocks=blocks, fields=fields, **looked_at)
        response = self._decided(proposal)
        response.data["rest"] = rest.pk if rest is not None else None
        return response

    @extend_schema(summary="Reject a proposal", parameters=[ID], request=None, responses=ProposalSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, id: str) -> Response:
        proposal = self._proposal()
        self.body(request, EmptySerializer)
        reject_proposal(proposal, actor=self.actor)
        return self._decided(proposal)

    def _proposal(self) -> Proposal:
        found: Proposal | None = self.get_queryset().filter(pk=as_id(self.kwargs["id"])).first()
        if found is None:
            raise NotFound
        self.require(self.right, found)
        return found

    def _decided(self, proposal: Proposal) -> Response:
        fresh = Proposal.objects.get(pk=proposal.pk)
        return Response(proposal_data(fresh, self.refreshed(proposal.page)))
