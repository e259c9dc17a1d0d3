"""The OpenAPI document: complete, kept as a snapshot, and true of what the operations answer."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from jsonschema import Draft202012Validator

from ai_cms.pages import services
from ai_cms.pages.models import Element

from .conftest import heading
from .operations import bodies, operations, schema

SNAPSHOT = Path(__file__).parents[2] / "snapshots" / "openapi.json"
UPDATE = "AI_CMS_UPDATE_SNAPSHOTS"
#: What the models of ``tests.testapp`` add: a host's own fields are in the document of that host.
OWN = {
    "AI_CMS_PROJECT_MODEL": ("Project", "client"),
    "AI_CMS_SKILL_MODEL": ("Skill", "taught"),
    "AI_CMS_RESUME_MODEL": ("Resume", "template"),
}


def without_own(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document without the fields of swapped models, which must be there."""
    document = deepcopy(document)
    for setting, (name, field) in OWN.items():
        if getattr(settings, setting, "").startswith("testapp."):
            for schema_name in (name, f"{name}Request", f"Patched{name}Request"):
                del document["components"]["schemas"][schema_name]["properties"][field]
    return document


def test_the_document_is_as_it_was() -> None:
    text = json.dumps(without_own(schema()), indent=1, sort_keys=True, ensure_ascii=False, default=str) + "\n"
    if os.environ.get(UPDATE):
        SNAPSHOT.write_text(text)
    kept = json.loads(SNAPSHOT.read_text())
    now = json.loads(text)
    changed = sorted(
        path for path in {*kept["paths"], *now["paths"]} if kept["paths"].get(path) != now["paths"].get(path)
    )
    parts = dict.fromkeys(("schemas",), (kept["components"]["schemas"], now["components"]["schemas"]))
    old, new = parts["schemas"]
    changed += sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    assert kept == now, f"Changed: {changed}. If that is meant, run the test again with {UPDATE}=1."


def test_only_lists_that_search_say_so() -> None:
    searching = {
        path
        for path, methods in schema()["paths"].items()
        if any(parameter["name"] == "search" for parameter in methods.get("get", {}).get("parameters", []))
    }
    gallery = {"/api/assets/", "/api/files/", "/api/folders/"}
    portfolios = {"/api/portfolios/", "/api/projects/", "/api/skills/", "/api/resumes/"}
    chat = {"/api/conversations/", "/api/rooms/"}
    assert searching == {"/api/content/", "/api/pages/", "/api/templates/", "/api/posts/", *gallery, *portfolios, *chat}


def test_every_operation_is_described() -> None:
    document = schema()
    assert document["openapi"].startswith("3.1")
    for (method, path), operation in operations().items():
        name = f"{method} {path}"
        assert operation.get("summary"), name
        good = [status for status in operation["responses"] if status.startswith("2")]
        assert good, name
        for status in good:
            content = operation["responses"][status].get("content", {})
            assert status == "204" or content["application/json"]["schema"], name
        assert {"400", "401", "404", "429", "503"} <= set(operation["responses"]), name
        declared = {parameter["name"] for parameter in operation.get("parameters", [])}
        assert {part[1:-1] for part in path.split("/") if part.startswith("{")} <= declared, name
        if method != "get":
            assert "Idempotency-Key" in declared, name
        if operation["responses"].get("412"):
            assert "If-Match" in declared, name


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_every_reference_leads_somewhere() -> None:
    document = schema()
    for reference in set(references(document)):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            assert step in found, reference
            found = found[step]


def validator(part: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**part, "components": schema()["components"]})


def test_the_examples_are_right() -> None:
    seen = 0
    for (method, path), operation in operations().items():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            for example in content.get("examples", {}).values():
                validator(content["schema"]).validate(example["value"])
                seen += 1
            right = bodies(dict.fromkeys(("page", "parent", "element", "template", "proposal"), 1) | {"block": "b1"})
            if right.get((method, path)) is not None:
                validator(content["schema"]).validate(right[(method, path)])
    assert seen >= 8


def parts(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        yield path, value
        for key, item in value.items():
            yield from parts(item, f"{path}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from parts(item, f"{path}/{index}")


def test_every_default_is_a_value_that_its_schema_takes() -> None:
    seen = 0
    for path, part in parts(schema()):
        if "default" in part and not path.endswith("/properties") and set(part) & {"type", "enum", "anyOf", "oneOf"}:
            validator(part).validate(part["default"])
            seen += 1
    assert seen >= 10


def test_a_value_of_any_kind_may_be_null() -> None:
    components = schema()["components"]["schemas"]
    for name, field in (
        *(("Run", "result"), ("RunDetail", "result"), ("FieldChange", "before"), ("FieldChange", "after")),
        *(("ProposalField", "before"), ("ProposalField", "after")),
    ):
        described = components[name]["properties"][field]
        assert not {"oneOf", "anyOf", "type"} & set(described), (name, field)
        for value in (None, 1, "x", [None], {"a": None}):
            validator(described).validate(value)


def check(operation: dict[str, Any], answer: Any) -> None:
    """Hold an answer to what the schema says of it."""
    described = operation["responses"].get(str(answer.status_code))
    assert described is not None, (answer.status_code, answer.content)
    content = described.get("content", {}).get("application/json")
    if content is None:
        assert answer.content == b""
        return
    errors = [
        f"{list(error.path)}: {error.message}"[:300]
        for error in validator(content["schema"]).iter_errors(answer.json())
    ]
    assert not errors, errors


@pytest.fixture
def ids(root: Any, page_factory: Any, system: Any) -> dict[str, Any]:
    parent = page_factory("Parent", publish=True)
    section = {"type": "section", "props": {"title": "Steps"}, "children": [heading("Inside")]}
    page = page_factory("Page", parent=parent, content=[heading(), section], publish=True)
    block = page.content_json.blocks[0]["id"]
    services.update_page(page, actor=system, fields={"metadata": {"tags": ["x"]}})
    services.apply_page_operations(page, [{"op": "insert", "block": {"type": "heading", "props": {}}}], actor=system)
    operations = [{"op": "update", "id": block, "props": {"text": "Proposed"}}, {"op": "insert", "block": heading()}]
    proposal = services.create_proposal(page, operations, actor=system, fields={"seo_title": "Better"})
    template = services.save_template(None, actor=system, values={"name": "Layout", "layout_json": [heading()]})
    return {
        "page": page.pk,
        "parent": parent.pk,
        "block": block,
        "element": Element.objects.filter(page=page).first().pk,  # type: ignore[union-attr]
        "proposal": proposal.pk,
        "template": template.pk,
    }


@pytest.mark.parametrize("key", sorted(operations()), ids=lambda key: " ".join(key))
def test_answers_are_what_the_schema_says(admin: Any, system: Any, ids: dict[str, Any], key: tuple[str, str]) -> None:
    method, path = key
    operation = operations()[key]
    if path in ("pages/{id}/restore/", "pages/{id}/purge/"):
        from ai_cms.pages import get_page_model

        services.delete_page(get_page_model().objects.get(pk=ids["page"]), actor=system)
    kind = path.split("/")[0].rstrip("s")
    url = "/api/" + path.replace("{id}", str(ids.get(kind, ids["page"]))).replace("{number}", "1")
    url += {"pages/{id}/revisions/compare/": "?from=1", "content/find/": "?path=/parent/"}.get(path, "")
    if path == "pages/{id}/publish/":
        # The draft holds a heading without text.
        check(operation, admin.post(url, {}, format="json"))
        admin.patch(f"/api/pages/{ids['page']}/", {"content_json": []}, format="json")
    body = bodies(ids).get(key)
    if "{id}" in path and not path.startswith("content"):
        missing = getattr(admin, method)("/api/" + path.replace("{id}", "999999"), body, format="json")
        check(operation, missing)
    if body is not None:
        check(operation, getattr(admin, method)(url, b"{", content_type="application/json"))
    if "If-Match" in {parameter["name"] for parameter in operation.get("parameters", [])}:
        stale = getattr(admin, method)(url, body, format="json", HTTP_IF_MATCH='"v77"')
        assert stale.status_code == 412, stale.content
        check(operation, stale)
    answer = getattr(admin, method)(url, body, format="json")
    assert 200 <= answer.status_code < 300, answer.content
    check(operation, answer)
