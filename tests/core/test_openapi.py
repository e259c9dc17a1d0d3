from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
import yaml
from django.test import Client, override_settings
from django.urls import path
from drf_spectacular.validation import validate_schema
from rest_framework.settings import api_settings

# Read before a test changes the routes: its list is made once.
from ai_cms.core.api import urls as urls
from ai_cms.core.api.docs import describe, example_of
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.routers import api_router
from ai_cms.core.api.schema import build_schema, cached_schema, component_schemas
from ai_cms.core.api.tidy import allow_blank, lift_definitions, simplify_any
from ai_cms.core.api.viewsets import ServiceView

from . import views


class DescribedView(ServiceView):
    """A view that says what it takes and gives."""

    versioned = True

    @extend_schema(
        request=views.FlagSerializer,
        responses={200: views.FlagSerializer, 418: {"type": "object"}},
        summary="Do it",
        tags=["described"],
    )
    def put(self, request: Any) -> None:
        """Change it."""


@pytest.fixture
def schema() -> Iterator[dict[str, Any]]:
    router = api_router
    with router.temporarily(), component_schemas.temporarily("Extra", lambda: {"type": "object", "title": "Extra"}):
        router.registry, router._plain = [], []
        router.register("flags", views.FlagViewSet, basename="flag")
        router.add_urls([path("described/", DescribedView.as_view())])
        yield build_schema("/api/")


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_the_schema_is_valid_and_complete(schema: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    validate_schema(schema)
    assert schema["openapi"] == "3.1.0"
    assert set(schema["paths"]) == {"/api/flags/", "/api/flags/{id}/", "/api/flags/{id}/switch/", "/api/described/"}
    for reference in set(references(schema)):
        target = schema
        for part in reference.removeprefix("#/").split("/"):
            assert part in target, reference
            target = target[part]
    assert schema["components"]["schemas"]["Extra"]["title"] == "Extra"
    operations = [operation for item in schema["paths"].values() for operation in item.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))
    assert capsys.readouterr().err == ""


def test_definitions_become_components_of_their_own() -> None:
    def ref(name: str) -> dict[str, str]:
        return {"$ref": f"#/components/schemas/{name}"}

    unit = {"enum": ["g"], "title": "Unit"}
    components: dict[str, Any] = {
        "Step": {"type": "object", "title": "Step"},
        "Recipe": {
            "title": "A recipe",
            "description": "How to bake.",
            "properties": {"step": ref("Recipe/$defs/Step"), "unit": ref("Recipe/$defs/Unit")},
            "$defs": {"Step": {"type": "string", "title": "Step"}, "Unit": unit},
        },
        "Cake": {"properties": {"unit": ref("Cake/$defs/Unit")}, "$defs": {"Unit": dict(unit)}},
    }
    lift_definitions(components, components)
    assert components == {
        "Step": {"type": "object", "title": "Step"},
        "Recipe": {
            "description": "A recipe. How to bake.",
            "properties": {"step": ref("RecipeStep"), "unit": ref("Unit")},
        },
        # Another definition had its name; that of Unit says the same and is one with it.
        "RecipeStep": {"type": "string"},
        "Unit": unit,
        "Cake": {"properties": {"unit": ref("Unit")}},
    }


def test_a_value_of_any_kind_may_be_null() -> None:
    field = {"oneOf": [{}, {"type": "null"}], "readOnly": True}
    text = {"oneOf": [{"type": "string"}, {"type": "null"}]}
    document = {"a": [field], "b": text}
    simplify_any(document)
    assert document == {"a": [{"readOnly": True}], "b": {"oneOf": [{"type": "string"}, {"type": "null"}]}}


def test_a_text_that_may_be_empty_takes_the_empty_text() -> None:
    blank = {"type": "string", "maxLength": 0}
    size = {"oneOf": [{"type": "string", "pattern": "^(\\d+)?$", "default": ""}, dict(blank)], "description": "Pixels."}
    mail = {"oneOf": [{"type": "string", "format": "email", "default": ""}, dict(blank)]}
    other = {"oneOf": [{"type": "string"}, {"type": "null"}]}
    document = {"size": size, "mail": mail, "other": dict(other)}
    allow_blank(document)
    assert document["size"] == {"type": "string", "pattern": "^(\\d+)?$", "default": "", "description": "Pixels."}
    assert document["mail"] == {"anyOf": [{"type": "string", "format": "email"}, blank], "default": ""}
    assert document["other"] == other


def test_operations_name_their_errors_and_headers(schema: dict[str, Any]) -> None:
    for path_name, item in schema["paths"].items():
        for method, operation in item.items():
            answers = operation["responses"]
            assert {"400", "401", "403", "404", "415", "429", "503"} <= set(answers)
            headers = {entry["name"] for entry in operation.get("parameters", []) if entry["in"] == "header"}
            writes = method != "get"
            assert ("Idempotency-Key" in headers) == writes
            assert ({"409", "413", "422"} <= set(answers)) == writes
            versioned = (path_name, method) in {("/api/flags/{id}/", "put"), ("/api/described/", "put")}
            assert ("If-Match" in headers) == versioned
            assert ("412" in answers) == versioned
            assert list(answers) == sorted(answers)


def test_decorated_views_keep_the_errors(schema: dict[str, Any]) -> None:
    operation = schema["paths"]["/api/described/"]["put"]
    assert operation["summary"] == "Do it"
    assert operation["tags"] == ["described"]
    assert {"200", "418", "400", "412"} <= set(operation["responses"])


def test_security_is_told(schema: dict[str, Any]) -> None:
    assert schema["paths"]["/api/flags/"]["get"]["security"] == [{"bearerAuth": []}, {"cookieAuth": []}]
    assert schema["components"]["securitySchemes"]["bearerAuth"]["scheme"] == "bearer"
    assert schema["components"]["securitySchemes"]["cookieAuth"]["name"] == "sessionid"
    with api_router.temporarily():
        api_router.registry, api_router._plain = [], [path("echo/", views.EchoView.as_view())]
        api_router._forget()
        assert {} in build_schema("/api/")["paths"]["/api/echo/"]["get"]["security"]


def test_texts_of_queries_are_limited(schema: dict[str, Any]) -> None:
    parameters = {entry["name"]: entry["schema"] for entry in schema["paths"]["/api/flags/"]["get"]["parameters"]}
    assert parameters["search"]["maxLength"] == 2_000
    assert parameters["page_size"] == {"type": "integer", "minimum": 1}


def test_it_does_not_matter_what_the_host_uses(schema: dict[str, Any]) -> None:
    assert api_settings.DEFAULT_SCHEMA_CLASS.__module__ == "rest_framework.schemas.openapi"
    assert "Error" in schema["components"]["schemas"]


@pytest.mark.django_db
def test_the_schema_is_served_as_json_and_yaml(client: Client, schema: dict[str, Any]) -> None:
    plain = client.get("/api/schema/")
    assert plain["Content-Type"] == "application/json"
    assert plain.json()["openapi"] == "3.1.0"
    openapi = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert json.loads(openapi.content) == plain.json()
    text = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi"})
    assert yaml.safe_load(text.content)["openapi"] == "3.1.0"
    assert cached_schema() is cached_schema()


@pytest.mark.django_db
def test_both_can_be_for_people_logged_in_alone(
    client: Client, member: Any, settings: Any, schema: dict[str, Any]
) -> None:
    settings.AI_CMS = {"API_DOCS_PUBLIC": False}
    assert client.get("/api/schema/").status_code == 401
    answer = client.get("/api/docs/")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=/api/docs/")
    client.force_login(member)
    assert client.get("/api/schema/").status_code == 200
    page = client.get("/api/docs/")
    assert page.status_code == 200
    assert page["Cache-Control"] == "private, no-store"


class Page(HTMLParser):
    """Collect what the tests of the page ask for."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src"):
                self.links.append(value or "")


@pytest.mark.django_db
def test_the_page_needs_no_script_and_nothing_from_elsewhere(client: Client, schema: dict[str, Any]) -> None:
    page = Page(client.get("/api/docs/").content.decode())
    assert not {"script", "style", "iframe", "img"} & page.tags
    assert "style" not in page.attributes
    assert not any(name.startswith("on") for name in page.attributes)
    assert all(link.startswith(("#", "/")) for link in page.links)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert {"op-flags_list", "op-flags_switch_create", "schema-Flag", "tag-described"} <= set(page.ids)
    assert {"main", "nav", "h1", "h2", "h3"} <= page.tags


@pytest.mark.django_db
def test_words_of_the_schema_are_escaped(client: Client, schema: dict[str, Any]) -> None:
    hostile = {"description": "<script>alert(1)</script>", "type": "object", "properties": {"<b>": {"type": "string"}}}
    with component_schemas.temporarily("Hostile", lambda: hostile):
        html = client.get("/api/docs/").content.decode()
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "<b>" not in html


def test_operations_are_described(schema: dict[str, Any]) -> None:
    found = describe(schema, "https://example.com")
    operations = {operation["anchor"]: operation for group in found["groups"] for operation in group["operations"]}
    create = operations["op-flags_create"]
    assert create["example"].startswith("curl -X POST \\\n  'https://example.com/api/flags/'")
    assert "Authorization: Bearer" in create["example"]
    assert '"name": "…"' in create["example"]
    assert [field["name"] for field in create["body"]["fields"]] == ["name", "enabled"]
    answer = {answer["status"]: answer for answer in operations["op-flags_list"]["responses"]}["200"]
    assert answer["content"]["type"] == [{"text": "PaginatedFlagList", "href": "#schema-PaginatedFlagList"}]


def test_examples() -> None:
    components = {"Loop": {"type": "object", "properties": {"loop": {"$ref": "#/components/schemas/Loop"}}}}
    assert json.dumps(example_of({"$ref": "#/components/schemas/Loop"}, components)).count("loop") < 10
    assert example_of({"type": ["string", "null"]}, {}) == "…"
    assert example_of({"type": "array", "items": {"type": "integer"}}, {}) == [1]
    assert example_of({"enum": ["a"]}, {}) == "a"
    assert example_of({"examples": [5]}, {}) == 5
    assert example_of({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, {}) is True
    both = {"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"default": 2}}, "required": ["b"]}]}
    assert example_of(both, {}) == {"b": 2}
    assert example_of(True, {}) == {}
    nested = {"Outer": {"$defs": {"Inner": {"const": 7}}}}
    assert example_of({"$ref": "#/components/schemas/Outer/$defs/Inner"}, nested) == 7
    assert example_of({"$ref": "#/components/schemas/Outer/$defs/Missing/Deeper"}, nested) == {}


@pytest.mark.django_db
def test_the_schema_follows_where_the_interface_is_mounted(client: Client) -> None:
    with override_settings(ROOT_URLCONF="tests.core.mounted_urls"):
        found = client.get("/cms/v1/schema/").json()
        assert all(name.startswith("/cms/v1/") for name in found["paths"])
        assert client.get("/cms/v1/docs/").status_code == 200
