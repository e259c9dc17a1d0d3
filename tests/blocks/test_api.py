"""The REST interface of blocks, and documents in serializers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import RequestFactory, override_settings
from rest_framework import serializers
from rest_framework.test import APIClient

from ai_cms.blocks import Block, Document, blocks
from ai_cms.blocks.api.components import block_component, operation_component, published_block_component
from ai_cms.blocks.api.fields import BlocksSerializerField
from ai_cms.blocks.api.permissions import edits_documents
from ai_cms.blocks.forms.widget import BlocksWidget
from ai_cms.core.api.schema import build_schema
from ai_cms.core.permissions import Actor

from .host.models import Article, Note

HEADING = {"id": "h", "type": "heading", "props": {"text": "x", "level": 2}}


@pytest.mark.django_db
def test_strangers_see_nothing(api_client: APIClient) -> None:
    assert api_client.get("/api/blocks/").status_code == 401
    assert api_client.post("/api/blocks/render/", {"blocks": []}, format="json").status_code == 401


def test_the_catalogue(api_client: APIClient, member: Any) -> None:
    api_client.force_login(member)
    response = api_client.get("/api/blocks/")
    body = response.json()
    assert response.status_code == 200
    assert body["count"] == len(body["results"])
    heading = next(entry for entry in body["results"] if entry["type"] == "heading")
    assert heading["schema"]["properties"]["text"]["type"] == "string"
    assert "raw_html" not in [entry["type"] for entry in body["results"]]
    again = api_client.get("/api/blocks/", headers={"If-None-Match": f'"x", W/{response["ETag"]}'})
    assert again.status_code == 304
    assert again.content == b""


def test_the_catalogue_shows_types_that_need_a_permission_to_those_who_have_it(
    api_client: APIClient, superuser: Any
) -> None:
    api_client.force_login(superuser)
    # Nobody can write it on a site that has not switched it on.
    assert "raw_html" not in [entry["type"] for entry in api_client.get("/api/blocks/").json()["results"]]
    assert "raw_html" not in [
        entry["type"] for entry in BlocksWidget().get_context("x", "", {})["widget"]["data"]["types"]
    ]
    with override_settings(AI_CMS={"RAW_HTML": True}):
        assert "raw_html" in [entry["type"] for entry in api_client.get("/api/blocks/").json()["results"]]
        assert "raw_html" in [
            entry["type"] for entry in BlocksWidget().get_context("x", "", {})["widget"]["data"]["types"]
        ]


def test_rendering(api_client: APIClient, editor: Any) -> None:
    api_client.force_login(editor)
    blocks = [HEADING, {"id": "s", "type": "section", "props": {}, "n": 2}, {"id": "u", "type": "gone"}]
    body = api_client.post("/api/blocks/render/", {"blocks": blocks}, format="json").json()
    assert body["html"]["h"].startswith("<!--block:h-->")
    assert "<!--slot:s--><!--/slot:s-->" in body["html"]["s"]
    assert set(body["html"]) == {"h", "s", "u"}
    assert body["errors"] == {"s": [{"loc": ["props", "title"], "type": "missing", "msg": "Field required"}]}
    public = api_client.post("/api/blocks/render/", {"blocks": [HEADING], "mode": "public"}, format="json").json()
    assert "<!--" not in public["html"]["h"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"blocks": 5},
        {"blocks": [5]},
        {"blocks": [{"id": "a--b", "type": "heading"}]},
        {"blocks": [{"id": "a\n", "type": "heading"}]},
        {"blocks": [HEADING], "mode": "x"},
        {"blocks": [HEADING], "page_type": "../x"},
        {"blocks": [{**HEADING, "n": -1}]},
    ],
)
def test_rendering_refuses(api_client: APIClient, editor: Any, body: Any) -> None:
    api_client.force_login(editor)
    assert api_client.post("/api/blocks/render/", body, format="json").status_code == 400


def test_rendering_has_limits(api_client: APIClient, editor: Any) -> None:
    api_client.force_login(editor)
    with override_settings(AI_CMS={"RENDER_MAX_BLOCKS": 1}):
        two = {"blocks": [HEADING, {**HEADING, "id": "i"}]}
        assert api_client.post("/api/blocks/render/", two, format="json").status_code == 400
    deep: dict[str, Any] = {"id": "d", "type": "section", "props": {"title": "x"}}
    for number in range(40):
        deep = {"id": f"d{number}", "type": "section", "props": {"title": "x"}, "children": [deep]}
    response = api_client.post("/api/blocks/render/", {"blocks": [deep]}, format="json")
    assert response.status_code in (200, 400)
    if response.status_code == 200:
        assert response.json()["errors"]["d39"][0]["type"] == "too_deep"


def test_members_who_edit_nothing_render_nothing(api_client: APIClient, member: Any) -> None:
    assert not edits_documents(Actor.of(member))
    api_client.force_login(member)
    assert api_client.post("/api/blocks/render/", {"blocks": []}, format="json").status_code == 403


def test_a_permission_on_any_model_with_documents_is_enough(member: Any) -> None:
    member.user_permissions.add(Permission.objects.get(codename="change_article"))
    assert edits_documents(Actor.of(type(member).objects.get(pk=member.pk)))


@pytest.mark.django_db
def test_nobody_is_no_editor() -> None:
    assert not edits_documents(Actor.anonymous())
    assert edits_documents(Actor.system())


# Serializers


class ArticleSerializer(serializers.ModelSerializer):
    class Meta:
        model = Article
        fields = ["title", "body"]


class NoteSerializer(serializers.ModelSerializer):
    text = BlocksSerializerField(drafts=True)

    class Meta:
        model = Note
        fields = ["text"]


def test_model_serializers_know_documents() -> None:
    field = ArticleSerializer().fields["body"]
    assert isinstance(field, BlocksSerializerField)
    assert ArticleSerializer(Article(body=[HEADING])).data["body"] == [HEADING]


def test_writing_through_a_serializer(superuser: Any) -> None:
    request = RequestFactory().post("/")
    request.user = superuser
    serializer = ArticleSerializer(data={"body": [HEADING]}, context={"request": request})
    assert serializer.is_valid(), serializer.errors
    article = serializer.save()
    assert article.body.blocks[0]["meta"]["provenance"]["by"] == str(superuser.pk)
    again = ArticleSerializer(article, data={"body": [HEADING]}, partial=True)
    assert again.is_valid()
    assert again.validated_data["body"] == article.body


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ([{"type": "nothing"}], "unknown_type"),
        ([{"type": "heading", "props": {"text": 5}}], "string_type"),
        ("x", "list_type"),
    ],
)
def test_errors_in_a_serializer(body: Any, kind: str) -> None:
    serializer = ArticleSerializer(data={"body": body})
    assert not serializer.is_valid()
    assert [error["type"] for error in serializer.errors["body"]] == [kind]


def test_drafts_blank_and_allowed_types_in_a_serializer() -> None:
    assert NoteSerializer(data={"text": [{"type": "heading", "props": {}}]}).is_valid()
    assert not NoteSerializer(data={"text": [{"type": "quote", "props": {"text": "x"}}]}).is_valid()
    assert not NoteSerializer(data={"text": []}).is_valid()
    assert ArticleSerializer(data={"body": []}).is_valid()


def test_representation_takes_raw_lists() -> None:
    assert BlocksSerializerField().to_representation([HEADING]) == [HEADING]
    assert BlocksSerializerField().to_representation(Document.empty()) == []


# OpenAPI


def test_components() -> None:
    block = block_component()
    assert {"$ref": "#/components/schemas/Block/$defs/HeadingNode"} in block["oneOf"]
    assert block["discriminator"]["mapping"]["heading"] == "#/components/schemas/Block/$defs/HeadingNode"
    assert "RawHtmlNode" not in block["$defs"]
    assert "default" not in block["$defs"]["HeadingBlock"]["properties"]["level"]
    published = published_block_component()
    assert "PublishedRawHtmlNode" in published["$defs"]
    assert published["$defs"]["PublishedHeadingNode"]["required"] == ["id", "type", "v", "props"]
    operation = operation_component()
    insert = operation["$defs"]["InsertOperation"]
    assert insert["properties"]["block"] == {"$ref": "#/components/schemas/Block"}
    assert "v" not in operation["$defs"]["UpdateOperation"]["properties"]
    assert operation["$defs"]["RemoveOperation"]["required"] == ["op", "id"]
    with blocks.temporarily(Lonely):
        lonely = block_component()["$defs"]["LonelyNode"]["properties"]["children"]
        assert (lonely["maxItems"], lonely["items"]) == (0, {})


class Lonely(Block):
    """A container whose children are not there."""

    class Meta:
        allowed_children = ("nothing_that_exists",)


@pytest.mark.django_db
def test_the_schema_describes_the_routes() -> None:
    schema = build_schema("/api/")
    components = schema["components"]["schemas"]
    assert {"Block", "Operation", "HeadingNode", "PublishedHeadingNode", "InsertOperation"} <= set(components)
    assert not any("$defs" in component for component in components.values())
    assert components["HeadingNode"]["description"] == "Heading. A heading of the page's outline."
    assert "title" not in components["HeadingNode"]
    children = components["ColumnNode"]["properties"]["children"]["items"]
    assert children["discriminator"]["mapping"]["heading"] == "#/components/schemas/HeadingNode"
    assert "$defs" not in json.dumps(schema)
    assert "get" in schema["paths"]["/api/blocks/"]
    assert "post" in schema["paths"]["/api/blocks/render/"]
