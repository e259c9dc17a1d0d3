"""``/projects/``, ``/skills/``, ``/resumes/``: one's own."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.filters import DjangoFilterBackend, OrderingFilter, SearchFilter
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.parsers import JSONParser, MultiPartParser
from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.slugs import make_slug
from ai_cms.portfolio import get_project_model, get_resume_model, get_skill_model
from ai_cms.portfolio.exceptions import ResumeInvalid
from ai_cms.portfolio.models import SkillCategory
from ai_cms.portfolio.resumes.schema import resume_problems
from ai_cms.portfolio.services import create_row, delete_row, import_resume, update_row
from ai_cms.portfolio.services.importing import read_resume

from .base import PortfolioBaseViewSet
from .serializers import ImportedSerializer, ImportSerializer, ProjectSerializer, ResumeSerializer, SkillSerializer

__all__ = ["ProjectViewSet", "ResumeViewSet", "SkillViewSet"]

ID = OpenApiParameter("id", int, OpenApiParameter.PATH)


class RowViewSet(PortfolioBaseViewSet):
    """Create, read, change and delete one's own rows."""

    filter_backends: Any = (DjangoFilterBackend, SearchFilter, OrderingFilter)
    route: ClassVar[str] = ""

    def list(self, request: Request) -> Response:
        found: Any = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
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

    def _write(self, request: Request, **options: Any) -> Response:
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
    parser_classes: Any = (JSONParser, MultiPartParser)
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

    @extend_schema(
        operation_id="resumes_export",
        summary="Hand a résumé out",
        description="As a JSON Resume 1.0.0, with every key that came in.",
        parameters=[ID, OpenApiParameter("format", str, enum=["json"])],
        responses={
            200: OpenApiResponse(
                {"type": "object", "additionalProperties": True}, description="A JSON Resume, as an attachment."
            )
        },
    )
    @action(detail=True, methods=["get"])
    def export(self, request: Request, id: str) -> HttpResponse:
        resume = self.found()
        wanted = request.query_params.get("format", "json")
        if wanted != "json":
            raise InvalidInput(errors={"format": ["Choose json."]})
        text = json.dumps(resume.content, ensure_ascii=False, indent=2)
        response = HttpResponse(text, content_type="application/json")
        name = make_slug(resume.title, allow_unicode=False, fallback="resume")
        response["Content-Disposition"] = f'attachment; filename="{name}.json"'
        return response
