"""Reviews: notes block by block, by a model or by rules, as comments where people talk about blocks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ai_cms.assist.exceptions import InvalidPayload
from ai_cms.assist.services import generate_text
from ai_cms.core.exceptions import LimitExceeded
from ai_cms.core.permissions import Actor
from ai_cms.pages.models import Proposal
from ai_cms.studio.models import Comment

pytestmark = pytest.mark.django_db(transaction=True)
Model = Callable[..., Any]

CONTENT: list[dict[str, Any]] = [
    {"id": "h1", "type": "heading", "props": {"text": "Our bread", "level": 2}},
    {"id": "t1", "type": "rich_text", "props": {"html": f'<p>{"Long " * 40}bread. <a href="/more/">here</a></p>'}},
    {"id": "h2", "type": "heading", "props": {"text": "Rye", "level": 4}},
    {"id": "i1", "type": "image", "props": {"src": "/media/rye.jpg"}},
]


@pytest.fixture
def page(page_factory: Any) -> Any:
    return page_factory("Bread", content=CONTENT)


def test_a_model_notes_what_to_look_at_and_its_notes_are_comments(model: Model, page: Any, actor: Actor) -> None:
    notes = [
        {"block": "b2", "about": "readability", "note": "Two sentences, @ada."},
        {"block": "page", "about": "seo", "note": "Write a description."},
    ]
    backend = model({"notes": notes}, {"notes": notes})
    outcome = generate_text("review", {}, actor=actor, page=page)
    assert outcome.result.output["notes"][0] == {"block": "t1", "about": "readability", "note": "Two sentences, @ada."}
    assert outcome.result.output["comments"] == 2
    # Nothing is changed, and nobody is called.
    assert not Proposal.objects.exists()
    said = {comment.block_id: comment for comment in Comment.objects.all()}
    assert set(said) == {"t1", ""}
    assert said["t1"].body.startswith("Review by m-1: Two sentences")
    assert said["t1"].author == actor.user
    assert not said["t1"].mentions.exists()
    assert "@" not in said["t1"].body
    data = backend.requests[0].messages[1].text
    assert '"block": "b4"' in data
    assert '"without_alternative_text": true' in data
    # The same again says nothing twice.
    assert generate_text("review", {}, actor=actor, page=page).result.output["comments"] == 0
    assert Comment.objects.count() == 2


def test_a_note_on_a_block_that_is_not_there_goes_back(model: Model, page: Any, actor: Actor) -> None:
    good = {"notes": [{"block": "b1", "about": "seo", "note": "Say what kind of bread."}]}
    backend = model({"notes": [{"block": "b9", "about": "seo", "note": "What?"}]}, good)
    outcome = generate_text("review", {"comment": False}, actor=actor, page=page)
    assert len(backend.requests) == 2
    assert [note["block"] for note in outcome.result.output["notes"]] == ["h1"]
    assert not Comment.objects.exists()


def test_only_what_was_asked_for_is_noted(model: Model, page: Any, actor: Actor) -> None:
    model(
        {
            "notes": [
                {"block": "b1", "about": "seo", "note": "Say."},
                {"block": "b1", "about": "readability", "note": "No."},
            ]
        }
    )
    outcome = generate_text("review", {"about": ["readability"]}, actor=actor, page=page)
    assert [note["note"] for note in outcome.result.output["notes"]] == ["No."]


def test_rules_find_what_rules_can_find(local: None, page: Any, actor: Actor) -> None:
    outcome = generate_text("review", {}, actor=actor, page=page)
    found = {(note["block"], note["about"]) for note in outcome.result.output["notes"]}
    assert found == {
        ("", "seo"),
        ("t1", "accessibility"),
        ("t1", "readability"),
        ("h2", "accessibility"),
        ("i1", "accessibility"),
    }
    assert "here" in json.dumps(outcome.result.output)
    assert Comment.objects.filter(body__startswith="Review: ").count() == 5


def test_notes_that_cannot_be_kept_are_answered_all_the_same(
    local: None, page: Any, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise LimitExceeded("Too many comments.")

    monkeypatch.setattr("ai_cms.studio.cms_writing.add_comment", refuse)
    output = generate_text("review", {}, actor=actor, page=page).result.output
    assert len(output["notes"]) == 5
    assert (output["comments"], output["left_out"]) == (0, ["Too many comments."])


def test_an_empty_page_is_not_reviewed(local: None, page_factory: Any, actor: Actor) -> None:
    with pytest.raises(InvalidPayload):
        generate_text("review", {}, actor=actor, page=page_factory("Empty"))
