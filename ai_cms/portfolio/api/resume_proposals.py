"""``/resume-proposals/``: what was suggested for one's résumés, and the decision on it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.bodies import ActionSerializer, EmptySerializer
from ai_cms.core.api.filters import DjangoFilterBackend
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.jsontypes import JsonObject
from ai_cms.portfolio.models import ResumeProposal, ResumeProposalStatus
from ai_cms.portfolio.resumes.refusals import refusal_reason
from ai_cms.portfolio.services import accept_resume_proposal, reject_resume_proposal
from ai_cms.portfolio.services.tailoring import is_stale

from .base import PortfolioBaseViewSet

__all__ = ["ResumeProposalViewSet"]

ID = OpenApiParameter("id", int, OpenApiParameter.PATH)


class ResumeProposalSummarySerializer(serializers.Serializer[Any]):
    """A proposal in a list."""

    id = serializers.IntegerField(source="pk", read_only=True)
    resume = serializers.IntegerField(source="resume_id", read_only=True)
    title = serializers.CharField(read_only=True)
    status = serializers.ChoiceField(choices=ResumeProposalStatus.choices, read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    decided_at = serializers.DateTimeField(read_only=True, allow_null=True)


class ClaimSerializer(serializers.Serializer[Any]):
    """A part of a text, and the rows it comes from."""

    text = serializers.CharField()
    sources = serializers.ListField(child=serializers.CharField())


class SuggestionSerializer(serializers.Serializer[Any]):
    """A text in a place of the résumé, or another order of a list of it."""

    op = serializers.ChoiceField(choices=["replace", "add", "order"])
    path = serializers.CharField(help_text=_("A place in the JSON Resume that the proposal was made for."))
    before = serializers.CharField(required=False)
    value = serializers.CharField(required=False, help_text=_("The new text."))
    claims = ClaimSerializer(many=True, required=False)
    order = serializers.ListField(
        child=serializers.IntegerField(), required=False, help_text=_("The old indexes in their new order.")
    )


class ChangeSerializer(SuggestionSerializer):
    """A change that can be accepted."""

    id = serializers.CharField()
    state = serializers.ChoiceField(choices=ResumeProposalStatus.choices)


class RefusedSerializer(SuggestionSerializer):
    """A suggestion that was refused when it came."""

    code = serializers.CharField()
    reason = serializers.CharField()
    words = serializers.ListField(child=serializers.CharField())


class ResumeProposalSerializer(ResumeProposalSummarySerializer):
    """A proposal with what it would change."""

    job_advert = serializers.CharField(read_only=True)
    changes = serializers.SerializerMethodField()
    refused = serializers.SerializerMethodField()
    missing = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text=_("What the job asks for and no row says.")
    )
    stale = serializers.SerializerMethodField(help_text=_("Whether the résumé was changed since: 409 on accept."))
    provenance = serializers.DictField(read_only=True)

    @extend_schema_field(ChangeSerializer(many=True))
    def get_changes(self, proposal: ResumeProposal) -> list[JsonObject]:
        return [{**change, "state": str(proposal.state_of(change))} for change in proposal.changes]

    @extend_schema_field(RefusedSerializer(many=True))
    def get_refused(self, proposal: ResumeProposal) -> list[JsonObject]:
        return [{**refused, "reason": refusal_reason(refused)} for refused in proposal.refused]

    def get_stale(self, proposal: ResumeProposal) -> bool:
        return proposal.status == ResumeProposalStatus.OPEN and is_stale(proposal)


class AcceptChangesSerializer(ActionSerializer):
    """Which changes are wanted; nothing named is all that are left."""

    changes = serializers.ListField(
        child=serializers.CharField(max_length=20),
        required=False,
        allow_null=True,
        allow_empty=False,
        max_length=200,
        help_text=_("Ids of changes; the others wait on."),
    )


class ResumeProposalFilter(filters.FilterSet):  # type: ignore[misc]
    """Proposals by résumé and by what became of them."""

    resume = filters.NumberFilter(field_name="resume_id")
    status = filters.ChoiceFilter(choices=ResumeProposalStatus.choices)


@extend_schema_view(
    list=extend_schema(summary="List proposals for résumés", responses=ResumeProposalSummarySerializer(many=True)),
    retrieve=extend_schema(summary="Read a proposal for a résumé", parameters=[ID], responses=ResumeProposalSerializer),
)
class ResumeProposalViewSet(PortfolioBaseViewSet):
    """Proposals for one's own résumés. A writing task makes them; see ``/ai/tasks/``."""

    serializer_class = ResumeProposalSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = ResumeProposalFilter

    def base_queryset(self) -> Any:
        return ResumeProposal.objects.select_related("resume")

    def list(self, request: Request) -> Response:
        rows = self.get_queryset().select_related(None).only("resume_id", "title", "status", "created_at", "decided_at")
        found = self.page_of(self.filter_queryset(rows))
        return self.get_paginated_response(ResumeProposalSummarySerializer(found, many=True).data)

    def retrieve(self, request: Request, id: str) -> Response:
        return Response(ResumeProposalSerializer(self.found()).data)

    @extend_schema(
        operation_id="resume_proposals_accept",
        summary="Accept a proposal for a résumé, or some of its changes",
        description=(
            "409 where the résumé was changed since (`resume_changed`), where a row no longer says what a change claims "
            "(`sources_changed`), and where it was decided before (`proposal_decided`); then nothing is written."
        ),
        parameters=[ID],
        request=AcceptChangesSerializer,
        responses=ResumeProposalSerializer,
    )
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, id: str) -> Response:
        proposal = self.found()
        self.require("change", proposal)
        values = self.body(request, AcceptChangesSerializer)
        decided = accept_resume_proposal(proposal, actor=self.actor, changes=values.get("changes"))
        return Response(ResumeProposalSerializer(decided).data)

    @extend_schema(
        operation_id="resume_proposals_reject",
        summary="Reject what is left of a proposal for a résumé",
        parameters=[ID],
        request=None,
        responses=ResumeProposalSerializer,
    )
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, id: str) -> Response:
        proposal = self.found()
        self.require("change", proposal)
        self.body(request, EmptySerializer)
        return Response(ResumeProposalSerializer(reject_resume_proposal(proposal, actor=self.actor)).data)
