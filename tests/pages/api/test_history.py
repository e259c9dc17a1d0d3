"""Revisions and proposals over REST."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from .conftest import heading
from .test_pages import create


def test_the_history_is_listed_read_compared_and_restored(admin: Any, root: Any) -> None:
    page = create(admin, content_json=[heading("Bread and butter")])
    url = f"/api/pages/{page['id']}/"
    admin.patch(url, {"title": "Rye", "content_json": [heading("x")]}, format="json")
    block = page["content_json"][0]["id"]
    admin.patch(
        url,
        {"content_json": [{**page["content_json"][0], "props": {"text": "Bread and jam", "level": 2}}]},
        format="json",
    )
    listed = admin.get(f"{url}revisions/").json()
    assert [row["number"] for row in listed["results"]] == [3, 2, 1]
    assert "content_json" not in listed["results"][0]
    assert listed["results"][0]["author_name"] == "admin"
    first = admin.get(f"{url}revisions/1/").json()
    assert (first["fields"]["title"], first["content_json"]) == ("Bread", page["content_json"])
    found = admin.get(f"{url}revisions/compare/?from=1&to=3").json()
    assert found["fields"] == {"title": {"before": "Bread", "after": "Rye"}}
    assert [change["op"] for change in found["blocks"]] == ["update"]
    assert found["blocks"][0]["text"] == [["equal", "Bread and "], ["delete", "butter"], ["insert", "jam"]]
    assert found["operations"][0]["id"] == block
    assert admin.get(f"{url}revisions/compare/?from=2").json()["to_revision"] is None
    for query in ("", "from=99", "from=1&to=99", "from=x"):
        assert admin.get(f"{url}revisions/compare/?{query}").status_code == 400, query
    restored = admin.post(f"{url}revisions/1/restore/", HTTP_IF_MATCH='"v3"').json()
    assert (restored["title"], restored["version"]) == ("Bread", 4)
    assert admin.post(f"{url}revisions/1/restore/", HTTP_IF_MATCH='"v3"').status_code == 412
    assert admin.get(f"{url}revisions/99/").status_code == 404
    assert admin.post(f"{url}revisions/99/restore/").status_code == 404


def test_a_proposal_is_made_shown_and_accepted_in_part(admin: Any, root: Any) -> None:
    page = create(admin, content_json=[heading("One"), heading("Two")])
    one, two = (block["id"] for block in page["content_json"])
    operations = [
        {"op": "update", "id": one, "props": {"text": "First"}},
        {"op": "update", "id": two, "props": {"text": "Second"}},
        {"op": "insert", "block": heading("Three")},
    ]
    made = admin.post(
        f"/api/pages/{page['id']}/proposals/",
        {"title": "Numbers", "operations": operations, "fields": {"seo_title": "S"}},
        format="json",
    )
    assert made.status_code == 201, made.content
    proposal = made.json()
    assert made["Location"] == f"/api/proposals/{proposal['id']}/"
    assert [change["state"] for change in proposal["changes"]] == ["pending"] * 3
    assert proposal["changes"][0]["before"]["props"]["text"] == "One"
    assert proposal["changes"][0]["after"]["props"]["text"] == "First"
    assert proposal["changes"][2]["before"] is None
    assert proposal["field_changes"] == [{"name": "seo_title", "before": "", "after": "S"}]
    admin.post(
        f"/api/pages/{page['id']}/operations/",
        {"operations": [{"op": "update", "id": two, "props": {"text": "Zwei"}}]},
        format="json",
    )
    url = f"/api/proposals/{proposal['id']}/"
    assert [change["state"] for change in admin.get(url).json()["changes"]] == ["pending", "stale", "pending"]
    assert admin.get("/api/proposals/?status=pending").json()["count"] == 1
    assert admin.get(f"/api/proposals/?for_page={root.pk}").json()["count"] == 0
    assert admin.get(f"/api/pages/{page['id']}/proposals/").json()["results"][0]["id"] == proposal["id"]
    assert admin.post(f"{url}accept/", {"blocks": ["nope"]}, format="json").status_code == 400
    accepted = admin.post(f"{url}accept/", {"blocks": [one]}, format="json").json()
    assert (accepted["status"], accepted["page_version"]) == ("partial", 3)
    assert [change["state"] for change in accepted["changes"]] == ["accepted", "rejected", "rejected"]
    assert accepted["changes"][0]["before"]["props"]["text"] == "One"
    texts = [block["props"]["text"] for block in admin.get(f"/api/pages/{page['id']}/").json()["content_json"]]
    assert texts == ["First", "Zwei"]
    assert admin.post(f"{url}accept/", {}, format="json").json()["code"] == "proposal_closed"
    assert admin.post(f"{url}reject/").status_code == 409


def test_a_proposal_can_be_rejected_or_be_too_late(admin: Any, root: Any) -> None:
    page = create(admin, content_json=[heading("One")])
    block = page["content_json"][0]["id"]

    def propose(**body: Any) -> Any:
        return admin.post(f"/api/pages/{page['id']}/proposals/", body, format="json")

    update = [{"op": "update", "id": block, "props": {"text": "Better"}}]
    assert propose().status_code == 400
    assert propose(operations=[{"op": "remove", "id": "nope"}]).status_code == 400
    assert propose(fields={"owner": 1}).status_code == 400
    first, second = propose(operations=update).json(), propose(operations=update).json()
    assert admin.post(f"/api/proposals/{first['id']}/reject/").json()["status"] == "rejected"
    admin.post(f"/api/pages/{page['id']}/operations/", {"operations": [{"op": "remove", "id": block}]}, format="json")
    late = admin.post(f"/api/proposals/{second['id']}/accept/", {}, format="json", HTTP_IDEMPOTENCY_KEY="late")
    assert late.json()["code"] == "proposal_stale"
    assert admin.get(f"/api/proposals/{second['id']}/").json()["status"] == "stale"


def proposed(admin: Any, texts: Iterable[str] = ("First", "Second")) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a page with two headings, and a proposal that changes both and a field."""
    page = create(admin, content_json=[heading("One"), heading("Two")])
    operations = [
        {"op": "update", "id": block["id"], "props": {"text": text}}
        for block, text in zip(page["content_json"], texts, strict=True)
    ]
    body = {"operations": operations, "fields": {"seo_title": "S"}}
    return page, admin.post(f"/api/pages/{page['id']}/proposals/", body, format="json").json()


def test_a_mistyped_key_accepts_nothing(admin: Any, root: Any) -> None:
    page, proposal = proposed(admin)
    url = f"/api/proposals/{proposal['id']}/"
    body = {"blcoks": [page["content_json"][0]["id"]], "Fields": []}
    refused = admin.post(f"{url}accept/", body, format="json")
    assert refused.status_code == 400
    assert refused.json() == {
        "blcoks": ["There is no such key here. Did you mean “blocks”?"],
        "Fields": ["There is no such key here. Did you mean “fields”?"],
    }
    # Rejecting takes no part of a proposal, so that it must not take a list of blocks for the whole.
    refused = admin.post(f"{url}reject/", {"blocks": [page["content_json"][0]["id"]]}, format="json")
    assert refused.json() == {"blocks": ["There is no such key here: this takes no values."]}
    # Nothing named is no decision.
    refused = admin.post(f"{url}accept/", {"blocks": []}, format="json")
    assert (refused.status_code, list(refused.json())) == (400, ["blocks"])
    assert admin.get(url).json()["status"] == "pending"
    assert admin.get(f"/api/pages/{page['id']}/").json()["version"] == page["version"]


@pytest.mark.parametrize(
    ("action", "body", "key", "near"),
    [
        ("publish", {"revisoin": 1}, "revisoin", "revision"),
        ("unpublish", {"revision": 1}, "revision", ""),
        ("schedule", {"expires_at": None, "go_live_at": None}, "expires_at", "expire_at"),
        ("copy", {"recursiv": False}, "recursiv", "recursive"),
        ("operations", {"operations": [], "base_verison": 1}, "base_verison", "base_version"),
        ("reorder", {"order": [], "ordering": []}, "ordering", "order"),
        ("preview-link", {"maxage": 5}, "maxage", "max_age"),
        ("revisions/1/restore", {"message": "x"}, "message", ""),
    ],
)
def test_actions_name_the_key_that_was_meant(
    admin: Any, root: Any, action: str, body: dict[str, Any], key: str, near: str
) -> None:
    page = create(admin, content_json=[heading("One")])
    refused = admin.post(f"/api/pages/{page['id']}/{action}/", body, format="json")
    assert refused.status_code == 400, refused.content
    assert (f"“{near}”" if near else "takes no values") in refused.json()[key][0]


def test_a_body_full_of_unknown_keys_is_answered_shortly(admin: Any, root: Any) -> None:
    page = create(admin)
    body = {f"{index}-{'x' * 500}": 1 for index in range(400)}
    refused = admin.post(f"/api/pages/{page['id']}/publish/", body, format="json")
    assert refused.status_code == 400
    assert len(refused.content) < 5_000


def test_what_is_not_accepted_can_wait(admin: Any, root: Any) -> None:
    page, proposal = proposed(admin)
    one, two = (block["id"] for block in page["content_json"])
    url = f"/api/proposals/{proposal['id']}/"
    accepted = admin.post(f"{url}accept/", {"blocks": [one], "keep_rest": True}, format="json").json()
    assert accepted["status"] == "partial"
    rest = admin.get(f"/api/proposals/{accepted['rest']}/").json()
    assert (rest["status"], rest["fields"]) == ("pending", {"seo_title": "S"})
    assert [operation["id"] for operation in rest["operations"]] == [two]
    whole = admin.post(f"/api/proposals/{rest['id']}/accept/", {"keep_rest": True}, format="json").json()
    assert (whole["status"], whole["rest"]) == ("accepted", None)
    found = admin.get(f"/api/pages/{page['id']}/").json()
    assert [block["props"]["text"] for block in found["content_json"]] == ["First", "Second"]
    assert found["seo_title"] == "S"
