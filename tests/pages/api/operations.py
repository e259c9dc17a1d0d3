"""The operations of pages, as the OpenAPI schema lists them, with a body for each that is right."""

from __future__ import annotations

from functools import cache
from typing import Any

from ai_cms.core.api.schema import build_schema

PREFIXES = ("/api/pages/", "/api/templates/", "/api/elements/", "/api/proposals/", "/api/content/")
METHODS = ("get", "post", "put", "patch", "delete")


@cache
def schema() -> dict[str, Any]:
    """Return the OpenAPI document of the test project."""
    return build_schema("/api/")


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    """Return what the schema says of each operation of pages, by method and path below /api/."""
    found = {}
    for path, item in schema()["paths"].items():
        if path.startswith(PREFIXES):
            for method in METHODS:
                if method in item:
                    found[(method, path.removeprefix("/api/"))] = item[method]
    return found


def bodies(ids: dict[str, Any]) -> dict[tuple[str, str], Any]:
    """Return a right body for each operation that takes one; ``ids``: page, parent, block, element, template, proposal."""
    heading = {"type": "heading", "props": {"text": "New", "level": 2}}
    update = {"op": "update", "id": ids["block"], "props": {"text": "Changed"}}
    return {
        ("post", "pages/"): {"title": "New", "parent": ids["page"]},
        ("put", "pages/{id}/"): {"title": "New title", "content_json": []},
        ("patch", "pages/{id}/"): {"title": "New title"},
        ("post", "pages/{id}/operations/"): {"operations": [update]},
        ("post", "pages/{id}/move/"): {"parent": ids["parent"], "position": "first-child"},
        ("post", "pages/{id}/reorder/"): {"order": []},
        ("post", "pages/{id}/copy/"): {"parent": ids["parent"]},
        ("post", "pages/{id}/publish/"): {},
        ("post", "pages/{id}/unpublish/"): None,
        ("post", "pages/{id}/schedule/"): {"go_live_at": None},
        ("post", "pages/{id}/restore/"): {},
        ("post", "pages/{id}/purge/"): None,
        ("post", "pages/{id}/preview-link/"): {},
        ("delete", "pages/{id}/preview-link/"): None,
        ("post", "pages/{id}/revisions/{number}/restore/"): None,
        ("post", "pages/{id}/proposals/"): {"operations": [update]},
        ("post", "templates/"): {"name": "New", "layout_json": [heading]},
        ("put", "templates/{id}/"): {"name": "Newer"},
        ("patch", "templates/{id}/"): {"name": "Newer"},
        ("post", "templates/{id}/instantiate/"): {"title": "New", "parent": ids["page"]},
        ("post", "templates/from-page/"): {"name": "New", "page": ids["page"]},
        ("post", "elements/"): {"page": ids["page"], **heading},
        ("put", "elements/{id}/"): {"props": {"text": "Put", "level": 2}},
        ("patch", "elements/{id}/"): {"props": {"text": "Patched"}},
        ("post", "proposals/{id}/accept/"): {},
        ("post", "proposals/{id}/reject/"): None,
        ("post", "tree-work/{id}/cancel/"): None,
    }
