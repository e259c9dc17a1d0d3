"""Edits made for an older version: applied where they fit, else refused and kept; never a 400 after they fitted."""

from __future__ import annotations

import html
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.operations import apply_operations, parse_operations
from ai_cms.blocks.documents.prepare import prepare_document
from ai_cms.blocks.exceptions import InvalidOperation
from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.pages.exceptions import PageStale, ProposalStale
from ai_cms.pages.models import Revision
from ai_cms.pages.revisions import prune_revisions
from ai_cms.pages.services.drafts import save_draft
from ai_cms.pages.services.locks import locked_page

from .edits import base_document, edit, parents_of, texts_of

SLOW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def heading(name: str, text: str = "") -> dict[str, Any]:
    return {"id": name, "type": "heading", "props": {"text": text or name, "level": 2}}


def section(name: str, *children: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "type": "section", "props": {"title": name}, "children": list(children)}


INSERT = {"op": "insert", "block": heading("mine", "Mine"), "after": "a"}
#: What the other does, and what I want with the version before: it fitted then and does no longer.
REFUSED: dict[str, tuple[list[Any], list[Any]]] = {
    "insert beside a moved block": ([{"op": "move", "id": "a", "parent": "s"}], [INSERT]),
    "insert beside a removed block": ([{"op": "remove", "id": "a"}], [INSERT]),
    "move beside a removed block": ([{"op": "remove", "id": "a"}], [{"op": "move", "id": "b", "after": "a"}]),
    "move into a removed section": ([{"op": "remove", "id": "s"}], [{"op": "move", "id": "a", "parent": "s"}]),
    "a circle": ([{"op": "move", "id": "s", "parent": "t"}], [{"op": "move", "id": "t", "parent": "s"}]),
    "a block locked meanwhile": (
        [{"op": "update", "id": "a", "meta": {"locked": True}}],
        [{"op": "update", "id": "a", "props": {"text": "Mine"}}],
    ),
    "the same new id": (
        [{"op": "insert", "block": heading("mine", "Theirs")}],
        [{"op": "insert", "block": heading("mine", "Mine")}],
    ),
    "hints of one block": (
        [{"op": "update", "id": "a", "meta": {"placeholder": "Theirs"}}],
        [{"op": "update", "id": "a", "meta": {"placeholder": "Mine"}}],
    ),
    "both move one block": ([{"op": "move", "id": "a"}], [{"op": "move", "id": "a", "after": "b"}]),
    "both move one block elsewhere": (
        [{"op": "move", "id": "a", "parent": "s"}],
        [{"op": "move", "id": "a", "parent": "t"}],
    ),
    "removing what another moved": ([{"op": "move", "id": "a", "parent": "s"}], [{"op": "remove", "id": "a"}]),
    "removing what another moved among its siblings": ([{"op": "move", "id": "a"}], [{"op": "remove", "id": "a"}]),
    "moving what another changed into a section, and removing that": (
        [{"op": "update", "id": "a", "props": {"text": "Theirs"}}],
        [{"op": "move", "id": "a", "parent": "s"}, {"op": "remove", "id": "s"}],
    ),
    "removing what another wrote a hint into": (
        [{"op": "update", "id": "inner", "meta": {"placeholder": "Theirs"}}],
        [{"op": "remove", "id": "full"}],
    ),
    "removing what another put something into": (
        [{"op": "move", "id": "a", "parent": "s"}],
        [{"op": "remove", "id": "s"}],
    ),
}
FITS: dict[str, tuple[list[Any], list[Any]]] = {
    "another block of the same list moved": (
        [{"op": "move", "id": "a"}],
        [{"op": "move", "id": "b", "parent": "s"}],
    ),
    "updating what another moved": (
        [{"op": "move", "id": "a", "parent": "s"}],
        [{"op": "update", "id": "a", "props": {"text": "Mine"}}],
    ),
    "moving what another updated": (
        [{"op": "update", "id": "a", "props": {"text": "Theirs"}}],
        [{"op": "move", "id": "a", "parent": "s"}],
    ),
    "a neighbour joined": (
        [{"op": "insert", "block": heading("x"), "after": None}],
        [{"op": "move", "id": "a"}, {"op": "remove", "id": "b"}],
    ),
}
CONTENT = [heading("a"), heading("b"), heading("c"), section("s"), section("t"), section("full", heading("inner"))]


@pytest.fixture
def page(page_factory: Any) -> Any:
    return page_factory("Page", content=CONTENT)


@pytest.mark.parametrize("name", REFUSED)
def test_what_fits_no_longer_is_refused_and_kept(name: str, page: Any, superuser: Any, member: Any) -> None:
    theirs, mine = REFUSED[name]
    before: Document = page.content_json
    services.apply_page_operations(page, theirs, actor=superuser, base_version=1)
    with pytest.raises(PageStale) as caught:
        services.apply_page_operations(page, mine, actor=superuser, base_version=1)
    body = caught.value.body()
    kept = Revision.objects.get(page=page, number=body["conflict_revision"])
    assert body["current_version"] == 2
    wanted = apply_operations(before, parse_operations(mine)).document
    assert parents_of(kept.content_json) == parents_of(wanted)
    assert texts_of(kept.content_json, "Mine") == texts_of(wanted, "Mine")


@pytest.mark.parametrize("name", FITS)
def test_what_still_fits_is_applied(name: str, page: Any, superuser: Any) -> None:
    theirs, mine = FITS[name]
    services.apply_page_operations(page, theirs, actor=superuser, base_version=1)
    assert services.apply_page_operations(page, mine, actor=superuser, base_version=1).rebased


def test_what_never_fitted_is_the_callers_mistake(page: Any, superuser: Any) -> None:
    services.apply_page_operations(page, [{"op": "remove", "id": "c"}], actor=superuser)
    with pytest.raises(InvalidOperation):
        services.apply_page_operations(page, [{"op": "remove", "id": "nowhere"}], actor=superuser, base_version=1)


def column(text: str) -> dict[str, Any]:
    return {"type": "column", "children": [heading(f"in-{text}", text)]}


#: What another editor does, and what I want with a version that was pruned since.
OF_A_PRUNED_VERSION: dict[str, tuple[list[Any], list[Any]]] = {
    "a new block in a section that is gone": (
        [{"op": "remove", "id": "s"}],
        [{"op": "insert", "block": heading("x", "Mine 1"), "parent": "s"}],
    ),
    "a block that no revision has": (
        [{"op": "remove", "id": "a"}],
        [{"op": "update", "id": "a", "props": {"text": "Mine 1 <i>"}}],
    ),
    "a locked block": (
        [{"op": "update", "id": "a", "meta": {"locked": True}}],
        [{"op": "update", "id": "a", "props": {"text": "Mine 1"}, "meta": {"placeholder": "Mine 2"}}],
    ),
    "an id that is in use": (
        [{"op": "insert", "block": heading("x", "Theirs")}],
        [{"op": "insert", "block": section("x", heading("y", "Mine 1"))}],
    ),
    "what may not stand alone": (
        [{"op": "remove", "id": "grid"}],
        [{"op": "insert", "block": column("Mine 1"), "parent": "grid"}],
    ),
}


@pytest.mark.parametrize("name", OF_A_PRUNED_VERSION)
def test_what_was_typed_for_a_pruned_version_is_kept(name: str, page: Any, superuser: Any) -> None:
    theirs, mine = OF_A_PRUNED_VERSION[name]
    grid = {"id": "grid", "type": "columns", "children": [column("first")]}
    services.apply_page_operations(page, [{"op": "insert", "block": grid}], actor=superuser)
    services.apply_page_operations(page, theirs, actor=superuser, base_version=2)
    prune_revisions(page.pk, keep=1)
    with pytest.raises(PageStale) as caught:
        services.apply_page_operations(page, mine, actor=superuser, base_version=2)
    kept = Revision.objects.get(page=page, number=caught.value.body()["conflict_revision"])
    said = html.unescape(kept.content_json.dumps())
    for word in ("Mine 1", "Mine 2", "<i>"):
        assert (word in said) == (word in str(mine)), word
    # It can be taken back as it is.
    page.refresh_from_db()
    services.restore_revision(page, kept.number, actor=superuser)


def begin_anew(page: Any, rng: random.Random, actor: Any) -> None:
    """Give the page another document, whatever was locked in the one before."""
    with locked_page(page.pk) as fresh:
        before, fresh.content_json = fresh.content_json, prepare_document(base_document(rng))
        save_draft(fresh, actor=Actor.of(actor), kind="manual", names=set(), before=before)
    page.refresh_from_db()


def rebase(page: Any, rng: random.Random, actor: Any) -> str:
    """Let two people edit the present version, and return what became of the second; asserts that no text is lost."""
    begin_anew(page, rng, actor)
    base, version = page.content_json, page.version
    theirs, mine = edit(rng, base, "theirs"), edit(rng, base, "mine")
    kind = rng.choice(["manual", "autosave"])
    for operation in theirs if kind == "autosave" else [theirs]:
        batch = operation if isinstance(operation, list) else [operation]
        services.apply_page_operations(page, batch, actor=actor, kind=kind)
    page.refresh_from_db()
    other = page.content_json
    wanted = apply_operations(base, parse_operations(mine)).document
    try:
        services.apply_page_operations(page, mine, actor=actor, base_version=version)
    except PageStale as error:
        kept = Revision.objects.get(page=page, number=error.body()["conflict_revision"])
        assert texts_of(kept.content_json, "mine") == texts_of(wanted, "mine"), (theirs, mine)
        page.refresh_from_db()
        assert page.content_json == other
        return "refused"
    page.refresh_from_db()
    final = page.content_json
    assert texts_of(final, "theirs") == texts_of(other, "theirs"), (theirs, mine)
    assert texts_of(final, "mine") == texts_of(wanted, "mine"), (theirs, mine)
    was, moved, now = parents_of(base), parents_of(other), parents_of(final)
    for name in was.keys() & moved.keys():
        assert moved[name] == was[name] or now.get(name) == moved[name], (name, theirs, mine)
    return "applied"


@SLOW
@given(seed=st.integers(0, 2**32))
def test_random_pairs_lose_no_text(seed: int, page: Any, superuser: Any) -> None:
    rebase(page, random.Random(seed), superuser)


@pytest.mark.django_db
@pytest.mark.parametrize("blocks", [None, ["other"], ["mine", "other"]])
def test_what_is_about_a_block_that_was_left_out_is_left_out_too(
    blocks: list[str] | None, page: Any, superuser: Any
) -> None:
    """Somebody else's block may have the id meanwhile: it is not the one that was meant."""
    batch = [
        {"op": "insert", "block": section("mine", heading("within"))},
        {"op": "update", "id": "mine", "props": {"title": "Mine"}},
        {"op": "insert", "block": heading("inside"), "parent": "mine"},
        {"op": "update", "id": "inside", "props": {"text": "Mine as well"}},
        {"op": "remove", "id": "within"},
        {"op": "insert", "block": heading("other"), "after": "mine"},
        {"op": "update", "id": "other", "props": {"text": "Nobody else's"}},
    ]
    proposal = services.create_proposal(page, batch, actor=superuser)
    theirs = [section("mine", heading("inside", "Theirs"), heading("within", "Theirs too"))]
    services.apply_page_operations(page, [{"op": "insert", "block": block} for block in theirs], actor=superuser)
    page.refresh_from_db()
    before = page.content_json.find("mine")
    services.accept_proposal(proposal, actor=superuser, blocks=blocks)
    page.refresh_from_db()
    assert page.content_json.find("mine") == before
    left_out = "rejected" if blocks == ["other"] else "stale"
    kept = "rejected" if blocks else "stale"
    assert proposal.decisions == [left_out, left_out, kept, kept, kept, "accepted", "accepted"]
    assert page.content_json.find("other")["props"]["text"] == "Nobody else's"


def accept_a_part(page: Any, rng: random.Random, actor: Any) -> str:
    """Propose, let somebody edit, accept some blocks; asserts that what is said to be accepted is there."""
    begin_anew(page, rng, actor)
    base = page.content_json
    proposal = services.create_proposal(page, edit(rng, base, "mine"), actor=actor)
    if rng.random() < 0.8:
        services.apply_page_operations(page, edit(rng, base, "theirs"), actor=actor)
    page.refresh_from_db()
    other = page.content_json
    states = services.proposal_state(proposal, page)
    targets = [
        operation["block"]["id"] if operation["op"] == "insert" else operation["id"]
        for operation in proposal.operations
    ]
    chosen = None if rng.random() < 0.4 else rng.sample(targets, rng.randint(1, len(targets)))
    try:
        services.accept_proposal(proposal, actor=actor, blocks=chosen)
    except ProposalStale:
        page.refresh_from_db()
        assert page.content_json == other
        if chosen is None:
            assert set(states) == {"stale"}
        return "stale"
    page.refresh_from_db()
    if chosen is None:
        assert [word.replace("pending", "accepted") for word in states] == proposal.decisions
    assert texts_of(page.content_json, "theirs") == texts_of(other, "theirs"), (proposal.operations, chosen)
    accepted = [
        operation for operation, word in zip(proposal.operations, proposal.decisions, strict=True) if word == "accepted"
    ]
    gone = {operation["id"] for operation in accepted if operation["op"] == "remove"}
    for operation in accepted:
        if operation["op"] == "insert" and not gone:
            assert page.content_json.find(operation["block"]["id"]) is not None, (proposal.operations, chosen)
    return "accepted" if proposal.status == "accepted" else "partial"


@SLOW
@given(seed=st.integers(0, 2**32))
def test_random_parts_of_proposals_are_accepted_or_left_out(seed: int, page: Any, superuser: Any) -> None:
    accept_a_part(page, random.Random(seed), superuser)
