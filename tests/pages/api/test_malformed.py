"""No input, however wrong, makes a server error, takes long, or leaves something that breaks a later request."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from ai_cms.blocks.types.registry import blocks
from ai_cms.pages import services
from ai_cms.pages.models import Element
from tests.core.test_malformed import BODIES

from .conftest import heading
from .operations import bodies, operations

#: Of this process, so that a busy machine fails nothing.
SECONDS = 1.0
JUNK: list[Any] = [
    None,
    True,
    -1,
    0,
    2**63 - 1,
    1.5,
    "",
    " ",
    "x" * 5_000,
    "٣",
    "\u202e\ufeff\u0001",
    "'; DROP TABLE x; --",
    [],
    [None],
    [[[]]],
    {},
    {"a": {"b": [1]}},
]
DOCUMENTS: list[Any] = [
    [1],
    [[]],
    [{}],
    [{"type": None}],
    [{"type": "heading", "props": None}],
    [{"type": "heading", "props": []}],
    [{"type": "heading", "props": {"text": {"a": 1}, "level": "two"}}],
    [{"type": "heading", "id": "--"}],
    [{"type": "heading", "id": 5}],
    [{"type": "heading", "id": "x" * 65}],
    [{"type": "heading", "id": "same"}, {"type": "heading", "id": "same"}],
    [{"type": "heading", "v": -1}],
    [{"type": "heading", "v": 10**15}],
    [{"type": "heading", "v": "1"}],
    [{"type": "heading", "meta": []}],
    [{"type": "heading", "meta": {"provenance": {"source": "model"}, "locked": "yes", "placeholder": 5, "x": 1}}],
    [{"type": "heading", "children": [{"type": "heading"}]}],
    [{"type": "heading", "children": {}}],
    [{"type": "section", "children": [{"type": "section", "children": [{"type": "nope"}]}]}],
    [{"type": "__proto__", "props": {"__proto__": {}}}],
    [{"type": "heading", "extra": 1}],
    [{"type": "heading", "props": {"text": "x" * 100_000, "level": 2}}],
    [{"type": "divider"}] * 2_001,
]
OPERATIONS: list[Any] = [
    [{}],
    [{"op": None}],
    [{"op": "destroy"}],
    [{"op": "insert"}],
    [{"op": "insert", "block": []}],
    [{"op": "insert", "block": {"type": "heading"}, "after": 5}],
    [{"op": "insert", "block": {"type": "heading"}, "after": "x", "before": "y"}],
    [{"op": "insert", "block": {"type": "heading"}, "parent": "nope"}],
    [{"op": "update", "id": "nope", "props": {}}],
    [{"op": "update"}],
    [{"op": "move", "id": "nope"}],
    [{"op": "remove", "id": ["x"]}],
    [{"op": "remove", "id": "x", "prune": "maybe"}],
    [{"op": "remove", "id": "x"}] * 5_001,
]
QUERIES = [
    "",
    "x",
    "-1",
    "0",
    "9" * 30,
    "%00",
    "%ff",
    "%ed%a0%80",
    "'%22",
    "x" * 3_000,
    "[]",
    "null",
    "1.5",
    "%F0%9F%8D%9E",
]
PATHS = ["0", "x", "-1", "9" * 30, "%00", "%ff", "1%2F2", "..", "%F0%9F%8D%9E", "1e3", "'"]


@pytest.fixture
def ids(root: Any, page_factory: Any, system: Any) -> dict[str, Any]:
    parent = page_factory("Parent", publish=True)
    page = page_factory("Page", parent=parent, content=[heading()], publish=True)
    block = page.content_json.blocks[0]["id"]
    proposal = services.create_proposal(page, [{"op": "remove", "id": block}], actor=system)
    template = services.save_template(None, actor=system, values={"name": "Layout", "layout_json": [heading()]})
    return {
        "page": page.pk,
        "parent": parent.pk,
        "block": block,
        "element": Element.objects.get(page=page).pk,
        "proposal": proposal.pk,
        "template": template.pk,
    }


def address(path: str, ids: dict[str, Any]) -> str:
    kind = path.split("/")[0].rstrip("s")
    return "/api/" + path.replace("{id}", str(ids.get(kind, ids["page"]))).replace("{number}", "1")


def inputs(right: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield the right body of an operation with one value wrong."""
    for field in right:
        for number, junk in enumerate(JUNK):
            yield f"{field} {number}", json.dumps({**right, field: junk}).encode()
    for field in ("content_json", "layout_json"):
        if field in right:
            for number, document in enumerate(DOCUMENTS):
                yield f"{field} document {number}", json.dumps({**right, field: document}).encode()
    if "operations" in right:
        for number, batch in enumerate(OPERATIONS):
            yield f"operations {number}", json.dumps({**right, "operations": batch}).encode()


def send(client: Client, method: str, url: str, name: str, body: bytes | None = None) -> Any:
    began = time.process_time()
    with transaction.atomic():
        options = {} if body is None else {"data": body, "content_type": "application/json"}
        answer = getattr(client, method)(url, **options)
    took = time.process_time() - began
    assert answer.status_code < 500, (method, url[:200], name, answer.content[:300])
    assert took < SECONDS, (method, url[:200], name, took)
    return answer


@pytest.fixture
def client_(superuser: Any) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(superuser)
    return client


def everything_answers(client: Client) -> None:
    for url in (
        "pages/",
        "pages/?deleted=true",
        "pages/tree/?depth=5",
        "elements/",
        "proposals/",
        "templates/",
        "content/",
    ):
        listed = client.get(f"/api/{url}{'&' if '?' in url else '?'}page_size=100")
        assert listed.status_code == 200, (url, listed.content[:300])
    for kind in ("pages", "proposals", "templates", "elements"):
        for row in client.get(f"/api/{kind}/?page_size=100").json()["results"]:
            assert client.get(f"/api/{kind}/{row['id']}/").status_code == 200, (kind, row)


#: One write of each kind: a page, a document, operations. The others, which have the same parser and services, are for when
#: there is time.
FIRST_WRITES = {("post", "pages/"), ("put", "pages/{id}/"), ("post", "pages/{id}/operations/")}
#: A route that the public reads, a list of drafts, an object, and one of each way to write.
FIRST_ROUTES = {
    ("get", "content/"),
    ("get", "pages/"),
    ("get", "pages/{id}/revisions/{number}/"),
    ("patch", "pages/{id}/"),
    ("post", "pages/{id}/publish/"),
    ("delete", "pages/{id}/"),
}


def routes(keys: Iterable[tuple[str, str]], first: Collection[tuple[str, str]]) -> list[Any]:
    """Return parameters of the operations ``keys``, those that are not among ``first`` marked as stress."""
    found = sorted(keys)
    assert set(first) <= set(found)
    return [pytest.param(key, marks=() if key in first else pytest.mark.stress, id=" ".join(key)) for key in found]


WRITES = sorted(
    key for key, value in bodies(dict.fromkeys(("block", "page", "parent"), 1)).items() if value is not None
)


@pytest.mark.parametrize("key", routes(WRITES, FIRST_WRITES))
def test_wrong_bodies(client_: Client, ids: dict[str, Any], key: tuple[str, str], settings: Any) -> None:
    method, path = key
    right = bodies(ids)[key]
    count = 0
    for name, body in inputs(right):
        answer = send(client_, method, address(path, ids), name, body)
        if answer.status_code >= 400:
            assert answer["Content-Type"] == "application/json", name
            answer.json()
        count += 1
    assert count >= len(JUNK) * len(right)
    everything_answers(client_)


# All routes have the same parser.
@pytest.mark.parametrize("key", routes(WRITES, WRITES[:1]))
def test_broken_bodies(client_: Client, ids: dict[str, Any], key: tuple[str, str]) -> None:
    method, path = key
    for name, body in BODIES.items():
        answer = send(client_, method, address(path, ids), name, body)
        if answer.status_code >= 400:
            assert answer["Content-Type"] == "application/json", name
            answer.json()
    everything_answers(client_)


@pytest.mark.parametrize(
    "names", [["heading", "image"], pytest.param(None, marks=pytest.mark.stress)], ids=["two", "every"]
)
def test_wrong_props_of_blocks(client_: Client, ids: dict[str, Any], names: list[str] | None) -> None:
    url = address("pages/{id}/operations/", ids)
    for name, block in ((name, blocks[name]) for name in names) if names else blocks.items():
        for prop in block.model_fields:
            for number, junk in enumerate((None, -1, "\u202e<b>", [None], {"a": {"b": [1]}})):
                batch = [{"op": "insert", "block": {"type": name, "props": {prop: junk}}}]
                with transaction.atomic():
                    body = json.dumps({"operations": batch}).encode()
                    if send(client_, "post", url, f"{name}.{prop} {number}", body).status_code == 200:
                        # What was let in as a draft is shown and refused at publishing, never more.
                        send(client_, "get", f"/preview/{ids['page']}/", name)
                        send(client_, "post", address("pages/{id}/publish/", ids), name, b"{}")
                    transaction.set_rollback(True)
    everything_answers(client_)


@pytest.mark.parametrize("key", routes(operations(), FIRST_ROUTES))
def test_wrong_queries_and_paths(client_: Client, ids: dict[str, Any], key: tuple[str, str]) -> None:
    method, path = key
    described = operations()[key]
    names = [entry["name"] for entry in described.get("parameters", []) if entry["in"] == "query"]
    stranger = Client(raise_request_exception=False)
    for client in (client_, stranger):
        for name in [*names, "facet[tags]", "facet[]", "unknown"] if method == "get" else []:
            for junk in QUERIES:
                send(client, method, f"{address(path, ids)}?{name}={junk}&{name}={junk}", name)
        if "{" in path:
            for junk in PATHS:
                url = "/api/" + path.replace("{id}", junk).replace("{number}", junk)
                send(client, method, url, junk, None if method == "get" else b"{}")
    headers = ('"v', "v1", "*", "\x7f", "x" * 5_000, '"v1", "v2"', '"v' + "9" * 40 + '"')
    for value in headers:
        for header in ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IDEMPOTENCY_KEY"):
            with transaction.atomic():
                answer = getattr(client_, method)(address(path, ids), **{header: value})
                transaction.set_rollback(True)
            assert answer.status_code < 500, (header, value[:50], answer.content[:300])
    everything_answers(client_)
