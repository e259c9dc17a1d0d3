"""``/projects/``, ``/skills/``, ``/resumes/``: one's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpResponse
from django.template.loader import render_to_string
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.filters import DjangoFilterBackend, OrderingFilter, SearchFilter
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.parsers import JSONParser, MultiPartParser
from ai_cms.core.exceptions import InvalidInput
from ai_cms.portfolio import get_project_model, get_resume_model, get_skill_model
from ai_cms.portfolio.exceptions import ResumeInvalid
from ai_cms.portfolio.models import SkillCategory
from ai_cms.portfolio.printing.resumes import PAPERS, STYLES, page_context, pdf_file
from ai_cms.portfolio.resumes.files import resume_file
from ai_cms.portfolio.resumes.schema import resume_problems
from ai_cms.portfolio.services import create_row, delete_row, import_resume, update_row
from ai_cms.portfolio.services.importing import read_resume

from .base import PortfolioBaseViewSet
from .serializers import ImportedSerializer, ImportSerializer, ProjectSerializer, ResumeSerializer, SkillSerializer

__all__ = ["ProjectViewSet", "ResumeViewSet", "SkillViewSet"]

ID = OpenApiParameter("id", int, OpenApiParameter.PATH)


class RowViewSet(PortfolioBaseViewSet):
    """Create, read, change and delete one's own rows."""

    filter_backends = (DjangoFilterBackend, SearchFilter, OrderingFilter)
    route: ClassVar[str] = ""

    def list(self, request: Request) -> Response:
        found = self.page_of(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(found, many=True).data)

    def retrieve(self, request: Request, id: str) -> Response:
        return Response(self.get_serializer(self.found()).data)

    def create(self, request: Request) -> Response:
        self.require("add")
        values = self.body(request, self.get_serializer_class())
        row = create_row(self.base_queryset().model, actor=self.actor, **values)
        return self.created(self.get_serializer(row).data, f"{self.route}-detail", row.pk)

    def update(self, request: Request, id: str) -> Response:
        return self._write(request)

    def partial_update(self, request: Request, id: str) -> Response:
        return self._write(request, partial=True)

    def destroy(self, request: Request, id: str) -> Response:
        delete_row(self.found(), actor=self.actor)
        return Response(status=204)

    def _write(self, request: Request, **options: object) -> Response:
        row = self.found()
        self.require("change", row)
        values = self.body(request, self.get_serializer_class(), **options)
        return Response(self.get_serializer(update_row(row, actor=self.actor, **values)).data)


def _described(one: str, many: str, serializer: Any) -> Any:
    return extend_schema_view(
        list=extend_schema(summary=f"List {many}", responses=serializer(many=True)),
        retrieve=extend_schema(summary=f"Read a {one}", parameters=[ID], responses=serializer),
        create=extend_schema(summary=f"Create a {one}", request=serializer, responses={201: serializer}),
        update=extend_schema(summary=f"Replace a {one}", parameters=[ID], request=serializer, responses=serializer),
        partial_update=extend_schema(
            summary=f"Change a {one}", parameters=[ID], request=serializer, responses=serializer
        ),
        destroy=extend_schema(summary=f"Delete a {one}", parameters=[ID], responses={204: None}),
    )


class SkillFilter(filters.FilterSet):  # type: ignore[misc]
    """Skills by category."""

    category = filters.ChoiceFilter(choices=SkillCategory.choices)


@_described("project", "projects", ProjectSerializer)
class ProjectViewSet(RowViewSet):
    """Projects."""

    serializer_class = ProjectSerializer
    search_fields = ("title", "description")
    ordering_fields = ("position", "title", "created_at", "updated_at", "start_date")
    route = "project"

    def base_queryset(self) -> Any:
        return get_project_model().objects.all()


@_described("skill", "skills", SkillSerializer)
class SkillViewSet(RowViewSet):
    """Skills."""

    serializer_class = SkillSerializer
    filterset_class = SkillFilter
    search_fields = ("name",)
    ordering_fields = ("position", "name", "category", "level", "years", "created_at")
    route = "skill"

    def base_queryset(self) -> Any:
        return get_skill_model().objects.all()


@_described("résumé", "résumés", ResumeSerializer)
class ResumeViewSet(RowViewSet):
    """Résumés."""

    serializer_class = ResumeSerializer
    search_fields = ("title",)
    ordering_fields = ("title", "created_at", "updated_at")
    parser_classes = (JSONParser, MultiPartParser)
    route = "resume"

    def base_queryset(self) -> Any:
        return get_resume_model().objects.all()

    @extend_schema(
        operation_id="resumes_import",
        summary="Take a résumé in",
        description="A JSON Resume as content, or a file: a JSON Resume, or the ZIP that LinkedIn exports.",
        request={"application/json": ImportSerializer, "multipart/form-data": ImportSerializer},
        responses={201: ImportedSerializer},
    )
    def take_in(self, request: Request) -> Response:
        self.require("add")
        values = self.body(request, ImportSerializer)
        file = values.get("file")
        if (file is None) == ("content" not in values):
            raise InvalidInput(errors={"file": ["Send a file, or a JSON Resume as content."]})
        content = values["content"] if file is None else read_resume(file)
        problems = resume_problems(content)
        if problems:
            raise ResumeInvalid(problems)
        made = import_resume(content, actor=self.actor, title=values.get("title", ""), rows=values["rows"])
        data = {
            "resume": ResumeSerializer(made.resume).data,
            "projects": ProjectSerializer(made.projects, many=True).data,
            "skills": SkillSerializer(made.skills, many=True).data,
        }
        return self.created(data, "resume-detail", made.resume.pk)

    @classmethod
    def as_view(cls, actions: Any = None, **initkwargs: Any) -> Any:
        """Return the view; the export draws for seconds, which no transaction of a host's ATOMIC_REQUESTS may last."""
        view = super().as_view(actions, **initkwargs)
        return transaction.non_atomic_requests(view) if "export" in (actions or {}).values() else view

    @extend_schema(
        operation_id="resumes_export",
        summary="Hand a résumé out",
        description=(
            "As a JSON Resume 1.0.0, with every key that came in; as HTML for the printer; or as a tagged PDF (PDF/UA-1), which "
            "needs the extra `pdf`: 503 with the code `pdf_not_installed` without it."
        ),
        parameters=[
            ID,
            OpenApiParameter("format", str, enum=["json", "html", "pdf"], description="json by default."),
            OpenApiParameter("paper", str, enum=list(PAPERS), description="Of HTML and PDF; a4 by default."),
            OpenApiParameter("style", str, enum=list(STYLES), description="Of HTML and PDF; plain by default."),
        ],
        responses={
            (200, "application/json"): OpenApiResponse(
                {"type": "object", "additionalProperties": True}, description="A JSON Resume, as an attachment."
            ),
            (200, "text/html"): OpenApiResponse(OpenApiTypes.STR, description="For the printer."),
            (200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, description="A file, as an attachment."),
        },
    )
    @action(detail=True, methods=["get"])
    def export(self, request: Request, id: str) -> HttpResponse:
        resume = self.found()
        format = _choice(request, "format", ("json", "html", "pdf"))
        style, paper = _choice(request, "style", STYLES, "plain"), _choice(request, "paper", PAPERS)
        if format == "json":
            return resume_file(resume)
        if format == "html":
            return HttpResponse(
                render_to_string("ai_cms/portfolio/paper/page.html", page_context(resume, style, paper))
            )
        return pdf_file(resume, style, paper)


def _choice(request: Request, name: str, known: Iterable[str], default: str = "") -> str:
    """Return a query parameter that is one of ``known``; the first of them, or ``default``, where it is left out."""
    choices = list(known)
    value = request.query_params.get(name, default or choices[0])
    if value not in choices:
        raise InvalidInput(errors={name: [f"Choose one of: {', '.join(choices)}."]})
    return str(value)
