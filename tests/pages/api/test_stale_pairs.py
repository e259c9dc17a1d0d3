"""Promise 2: no silent overwrite. 150 pairs of writers who read the same version; the second is refused, neither text lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from ai_cms.core.permissions import Actor
from ai_cms.pages import get_page_model, services

from .conftest import heading

pytestmark = pytest.mark.django_db
#: Each way to write once, and the number that is promised.
PAIRS = [10, pytest.param(50, marks=pytest.mark.stress)]


class Page:
    """A page of three headings, and ways to change one of them."""

    def __init__(self, admin: APIClient, root: Any, number: int) -> None:
        body = {
            "title": f"Page {number}",
            "parent": root.pk,
            "content_json": [heading(text) for text in ("One", "Two", "Three")],
        }
        answer = admin.post("/api/pages/", body, format="json")
        assert answer.status_code == 201, answer.content
        made = answer.json()
        self.url, self.pk, self.blocks = f"/api/pages/{made['id']}/", made["id"], made["content_json"]

    def whole(self, client: APIClient, text: str, **extra: Any) -> Any:
        """Send the whole document, as an editor that read version 1."""
        content = [{**self.blocks[0], "props": {"text": text, "level": 2}}, *self.blocks[1:]]
        return client.patch(self.url, {"content_json": content, **extra}, format="json", HTTP_IF_MATCH='"v1"')

    def operations(self, client: APIClient, text: str, **extra: Any) -> Any:
        """Send an operation on the first block, as a client that read version 1."""
        operation = {"op": "update", "id": self.blocks[0]["id"], "props": {"text": text}}
        return client.post(
            f"{self.url}operations/", {"operations": [operation], "base_version": 1, **extra}, format="json"
        )

    def texts(self, admin: APIClient) -> set[str]:
        """Return what the first block says in any revision."""
        found = set()
        for row in admin.get(f"{self.url}revisions/", {"page_size": 100}).json()["results"]:
            revision = admin.get(f"{self.url}revisions/{row['number']}/").json()
            found.add(revision["content_json"][0]["props"]["text"])
        return found

    def current(self, admin: APIClient) -> str:
        """Return what the first block of the draft says."""
        text: str = admin.get(self.url).json()["content_json"][0]["props"]["text"]
        return text


Write = Callable[[Page, APIClient, str], Any]
WRITES: dict[str, Write] = {
    "save": lambda page, client, text: page.whole(client, text),
    "autosave": lambda page, client, text: page.whole(client, text, kind="autosave"),
    "operations": lambda page, client, text: page.operations(client, text),
    "autosaved operations": lambda page, client, text: page.operations(client, text, kind="autosave"),
}
#: The pairs of ways to write: who comes first, who is refused.
HUMAN = [("save", "save"), ("save", "operations"), ("operations", "save"), ("operations", "operations")]
AUTOSAVE = [
    ("autosave", "save"),
    ("save", "autosave"),
    ("autosave", "autosave"),
    ("operations", "autosaved operations"),
    ("autosaved operations", "operations"),
]


@pytest.mark.parametrize("pairs", PAIRS)
@pytest.mark.parametrize("ways", [HUMAN, AUTOSAVE], ids=["human and human", "autosave"])
def test_people_do_not_overwrite_each_other(
    ways: list[tuple[str, str]],
    pairs: int,
    admin: APIClient,
    client_of: Callable[..., APIClient],
    superuser: Any,
    root: Any,
) -> None:
    other = client_of(superuser, "write")
    for number in range(pairs):
        first, second = ways[number % len(ways)]
        page = Page(admin, root, number)
        assert WRITES[first](page, admin, f"first {number}").status_code == 200
        refused = WRITES[second](page, other, f"second {number}")
        assert refused.status_code == 412, (first, second, refused.content)
        assert page.current(admin) == f"first {number}"
        assert {f"first {number}", f"second {number}"} <= page.texts(admin), (first, second)


@pytest.mark.parametrize("pairs", PAIRS)
def test_people_and_agents_do_not_overwrite_each_other(admin: APIClient, root: Any, pairs: int) -> None:
    agent = Actor.system("agent")
    for number in range(pairs):
        page = Page(admin, root, number)
        row = get_page_model().objects.get(pk=page.pk)
        operation = {"op": "update", "id": page.blocks[0]["id"], "props": {"text": f"agent {number}"}}
        proposal = services.create_proposal(row, actor=agent, operations=[operation], title="Better")
        if number % 2:
            # The person was first: what the agent proposes for the block no longer fits.
            assert WRITES["save"](page, admin, f"person {number}").status_code == 200
            refused = admin.post(f"/api/proposals/{proposal.pk}/accept/", {}, format="json")
            assert (refused.status_code, refused.json()["code"]) == (409, "proposal_stale")
            kept = admin.get(f"/api/proposals/{proposal.pk}/").json()
            assert (kept["status"], kept["operations"][0]["props"]["text"]) == ("stale", f"agent {number}")
            assert page.current(admin) == f"person {number}"
            assert f"person {number}" in page.texts(admin)
        else:
            accepted = admin.post(f"/api/proposals/{proposal.pk}/accept/", {}, format="json")
            assert accepted.status_code == 200, accepted.content
            refused = WRITES["save"](page, admin, f"person {number}")
            assert refused.status_code == 412
            assert page.current(admin) == f"agent {number}"
            assert {f"agent {number}", f"person {number}"} <= page.texts(admin)
