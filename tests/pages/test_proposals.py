"""Proposals: made, accepted in whole and in part, stale, rejected."""

from __future__ import annotations

from typing import Any

import pytest

from ai_cms.blocks.exceptions import InvalidOperation
from ai_cms.core.exceptions import InvalidInput, NotFound
from ai_cms.pages import services
from ai_cms.pages.exceptions import ProposalClosed, ProposalStale
from ai_cms.pages.models import Proposal, ProposalStatus, Publication
from ai_cms.pages.services.deferring import accept_and_keep_rest

MODEL = {"source": "model", "model": "m-1", "call": "42"}
CONTENT = [
    {"id": "h1", "type": "heading", "props": {"text": "One"}},
    {"id": "h2", "type": "heading", "props": {"text": "Two"}},
]
OPERATIONS = [
    {"op": "update", "id": "h1", "props": {"text": "One, better"}},
    {"op": "insert", "block": {"id": "n1", "type": "section", "props": {"title": "New"}}, "after": "h1"},
    {"op": "insert", "block": {"id": "n2", "type": "heading", "props": {"text": "Inner"}}, "parent": "n1"},
    {"op": "remove", "id": "h2"},
]


@pytest.fixture
def page(page_factory: Any) -> Any:
    return page_factory("Page", content=CONTENT, publish=True)


@pytest.fixture
def proposal(page: Any, superuser: Any) -> Proposal:
    return services.create_proposal(
        page, OPERATIONS, actor=superuser, fields={"seo_title": "Better"}, provenance=MODEL, agent="Writer"
    )


def texts(page: Any) -> list[str]:
    page.refresh_from_db()
    return [block["props"].get("text") or block["props"].get("title") for block in page.content_json.blocks]


def test_a_proposal_changes_nothing_by_itself(page: Any, proposal: Proposal) -> None:
    assert (proposal.status, proposal.base_version, proposal.agent) == (ProposalStatus.PENDING, 1, "Writer")
    assert texts(page) == ["One", "Two"]
    assert services.proposal_state(proposal, page) == ["pending"] * 4


def test_accepting_makes_one_revision_with_the_models_provenance(
    page: Any, proposal: Proposal, editor: Any, grant: Any
) -> None:
    grant(page, "change")
    services.accept_proposal(proposal, actor=editor)
    assert texts(page) == ["One, better", "New"]
    assert (page.seo_title, page.version) == ("Better", 2)
    revision = page.revisions.first()
    assert (revision.kind, revision.number, revision.author) == ("proposal", proposal.revision, editor)
    assert page.content_json.find("n2")["meta"]["provenance"] == MODEL
    assert (proposal.status, proposal.decisions) == (ProposalStatus.ACCEPTED, ["accepted"] * 4)
    assert Publication.objects.get(page=page).version == 1
    with pytest.raises(ProposalClosed):
        services.accept_proposal(proposal, actor=editor)


def test_accepting_in_part_takes_the_named_blocks(page: Any, proposal: Proposal, superuser: Any) -> None:
    services.accept_proposal(proposal, actor=superuser, blocks=["h1"])
    assert texts(page) == ["One, better", "Two"]
    assert (proposal.status, proposal.decisions) == (
        ProposalStatus.PARTIAL,
        ["accepted", "rejected", "rejected", "rejected"],
    )
    assert page.seo_title == ""


def test_fields_can_be_accepted_alone(page: Any, proposal: Proposal, superuser: Any) -> None:
    services.accept_proposal(proposal, actor=superuser, blocks=[], fields=["seo_title"])
    assert texts(page) == ["One", "Two"]
    assert page.seo_title == "Better"


def test_unknown_blocks_and_fields_are_refused(proposal: Proposal, superuser: Any) -> None:
    with pytest.raises(InvalidInput):
        services.accept_proposal(proposal, actor=superuser, blocks=["nobody"])
    with pytest.raises(InvalidInput):
        services.accept_proposal(proposal, actor=superuser, fields=["title"])
    proposal.refresh_from_db()
    assert proposal.status == ProposalStatus.PENDING


def test_a_child_of_a_block_that_was_not_accepted_is_stale(page: Any, proposal: Proposal, superuser: Any) -> None:
    services.accept_proposal(proposal, actor=superuser, blocks=["h1", "n2"])
    assert proposal.decisions == ["accepted", "rejected", "stale", "rejected"]
    assert texts(page) == ["One, better", "Two"]


def test_a_proposal_is_rebased_and_changed_blocks_are_left_alone(page: Any, proposal: Proposal, superuser: Any) -> None:
    services.apply_page_operations(
        page,
        [
            {"op": "update", "id": "h1", "props": {"text": "Mine"}},
            {"op": "insert", "block": {"type": "divider", "props": {}}, "after": None},
        ],
        actor=superuser,
    )
    assert services.proposal_state(proposal, page.__class__.objects.get(pk=page.pk))[0] == "stale"
    services.accept_proposal(proposal, actor=superuser)
    assert proposal.decisions == ["stale", "accepted", "accepted", "accepted"]
    assert proposal.status == ProposalStatus.PARTIAL
    page.refresh_from_db()
    assert [block["type"] for block in page.content_json.blocks] == ["divider", "heading", "section"]
    assert page.content_json.find("h1")["props"]["text"] == "Mine"


def test_a_proposal_of_which_nothing_fits_is_stale(page: Any, superuser: Any) -> None:
    proposal = services.create_proposal(page, OPERATIONS[:1], actor=superuser)
    services.apply_page_operations(page, [{"op": "remove", "id": "h1"}], actor=superuser)
    with pytest.raises(ProposalStale):
        services.accept_proposal(proposal, actor=superuser)
    proposal.refresh_from_db()
    assert proposal.status == ProposalStatus.STALE
    assert texts(page) == ["Two"]


def test_rejecting_leaves_the_page(page: Any, proposal: Proposal, superuser: Any) -> None:
    services.reject_proposal(proposal, actor=superuser)
    assert texts(page) == ["One", "Two"]
    with pytest.raises(ProposalClosed):
        services.reject_proposal(proposal, actor=superuser)


def test_what_cannot_be_applied_cannot_be_proposed(page: Any, superuser: Any) -> None:
    with pytest.raises(InvalidOperation):
        services.create_proposal(page, [{"op": "remove", "id": "nobody"}], actor=superuser)
    with pytest.raises(InvalidInput):
        services.create_proposal(page, [], actor=superuser)
    with pytest.raises(InvalidInput):
        services.create_proposal(page, OPERATIONS, actor=superuser, fields={"lft": 3})


def test_strangers_cannot_tell_a_proposal_exists(page: Any, proposal: Proposal, member: Any) -> None:
    for verb in (services.accept_proposal, services.reject_proposal):
        with pytest.raises(NotFound):
            verb(proposal, actor=member)


def accept_all(proposal: Proposal, actor: Any) -> bool:
    return actor.is_superuser


def test_a_policy_of_the_host_accepts_in_a_persons_place(page: Any, superuser: Any, settings: Any) -> None:
    settings.AI_CMS = {"PROPOSAL_POLICY": f"{__name__}.accept_all"}
    proposal = services.create_proposal(page, OPERATIONS, actor=superuser)
    assert proposal.status == ProposalStatus.ACCEPTED
    assert texts(page) == ["One, better", "New"]


SECTION = {"id": "s", "type": "section", "props": {"title": "S"}}


def test_one_operation_that_fits_no_longer_leaves_the_others(page: Any, superuser: Any) -> None:
    services.apply_page_operations(page, [{"op": "insert", "block": SECTION}], actor=superuser)
    update = {"op": "update", "id": "h1", "props": {"text": "One, better"}}
    move = {"op": "move", "id": "h2", "parent": "s"}
    proposal = services.create_proposal(page, [update, move], actor=superuser)
    services.apply_page_operations(page, [{"op": "remove", "id": "s"}], actor=superuser)
    page.refresh_from_db()
    assert services.proposal_state(proposal, page) == ["pending", "stale"]
    services.accept_proposal(proposal, actor=superuser)
    assert (proposal.status, proposal.decisions) == (ProposalStatus.PARTIAL, ["accepted", "stale"])
    assert texts(page) == ["One, better", "Two"]


@pytest.mark.parametrize("limit", ["a lock", "a limit of the document"])
def test_what_the_document_refuses_is_left_out(limit: str, page: Any, superuser: Any, settings: Any) -> None:
    insert = {"op": "insert", "block": {"id": "n1", "type": "heading", "props": {"text": "New"}}}
    update = {"op": "update", "id": "h1", "props": {"text": "One, better"}}
    proposal = services.create_proposal(page, [update, insert], actor=superuser)
    if limit == "a lock":
        services.apply_page_operations(page, [{"op": "update", "id": "h1", "meta": {"locked": True}}], actor=superuser)
        left = ["stale", "accepted"]
    else:
        settings.AI_CMS = {"DOCUMENT_MAX_BLOCKS": 2}
        left = ["accepted", "stale"]
    page.refresh_from_db()
    assert services.proposal_state(proposal, page) == [word.replace("accepted", "pending") for word in left]
    services.accept_proposal(proposal, actor=superuser)
    assert proposal.decisions == left


def test_a_move_into_a_section_that_was_not_accepted_is_stale(page: Any, superuser: Any) -> None:
    insert, move = {"op": "insert", "block": SECTION}, {"op": "move", "id": "h2", "parent": "s"}
    proposal = services.create_proposal(page, [insert, move], actor=superuser)
    with pytest.raises(ProposalStale):
        services.accept_proposal(proposal, actor=superuser, blocks=["h2"])
    assert texts(page) == ["One", "Two"]
    # Nothing was decided by that: the whole of it still fits.
    proposal.refresh_from_db()
    assert proposal.status == ProposalStatus.PENDING
    services.accept_proposal(proposal, actor=superuser)
    assert (proposal.status, proposal.decisions) == (ProposalStatus.ACCEPTED, ["accepted", "accepted"])


@pytest.mark.parametrize("other", ["a block", "a field"])
def test_a_choice_that_fits_no_longer_takes_nothing_else_away(other: str, page: Any, superuser: Any) -> None:
    operations = [{"op": "update", "id": "h1", "props": {"text": "One, better"}}]
    if other == "a block":
        operations.append({"op": "update", "id": "h2", "props": {"text": "Two, better"}})
    fields = {"seo_title": "Better"} if other == "a field" else {}
    proposal = services.create_proposal(page, operations, actor=superuser, fields=fields)
    services.apply_page_operations(page, [{"op": "remove", "id": "h1"}], actor=superuser)
    with pytest.raises(ProposalStale, match="The proposal waits"):
        services.accept_proposal(proposal, actor=superuser, blocks=["h1"])
    proposal.refresh_from_db()
    assert (proposal.status, proposal.decided_by) == (ProposalStatus.PENDING, None)
    services.accept_proposal(proposal, actor=superuser)
    page.refresh_from_db()
    assert (texts(page), page.seo_title) == (["Two, better"], "") if other == "a block" else (["Two"], "Better")


@pytest.mark.parametrize("nothing", [{"meta": {}}, {"props": {"text": "One"}}])
def test_an_update_that_changes_nothing_can_be_accepted(nothing: Any, page: Any, superuser: Any) -> None:
    proposal = services.create_proposal(page, [{"op": "update", "id": "h1", **nothing}], actor=superuser)
    assert services.accept_proposal(proposal, actor=superuser).status == ProposalStatus.ACCEPTED


def test_a_field_changed_far_down_is_not_overwritten(page: Any, superuser: Any) -> None:
    long = "x" * 1_500
    services.update_page(page, actor=superuser, fields={"metadata": {"note": f"{long} one"}})
    proposal = services.create_proposal(
        page, [], actor=superuser, fields={"metadata": {"note": "short"}, "title": "New"}
    )
    services.update_page(page, actor=superuser, fields={"metadata": {"note": f"{long} two"}})
    services.accept_proposal(proposal, actor=superuser)
    page.refresh_from_db()
    assert (page.title, page.metadata, proposal.status) == ("New", {"note": f"{long} two"}, ProposalStatus.PARTIAL)


def test_suggestions_for_an_older_page_keep_what_still_fits(page: Any, superuser: Any) -> None:
    began = type(page).objects.get(pk=page.pk)
    services.apply_page_operations(page, [{"op": "insert", "block": SECTION}], actor=superuser)
    services.apply_page_operations(page, [{"op": "move", "id": "h2", "parent": "s"}], actor=superuser)
    operations = [
        {"op": "update", "id": "h1", "props": {"text": "One, better"}},
        {"op": "insert", "block": {"id": "n1", "type": "heading", "props": {"text": "New"}}, "after": "h2"},
        {"op": "move", "id": "h2", "after": None},
    ]
    proposal = services.create_proposal(page, operations, actor=superuser, based_on=began)
    # The new block has no neighbour any more and comes last; what was moved stays where it is.
    assert [operation["op"] for operation in proposal.operations] == ["update", "insert"]
    services.accept_proposal(proposal, actor=superuser)
    assert texts(page) == ["One, better", "S", "New"]


@pytest.mark.parametrize(
    ("later", "theirs", "fits"),
    [
        ({"op": "remove", "id": "inner"}, {"op": "update", "id": "inner", "props": {"text": "Theirs"}}, False),
        ({"op": "remove", "id": "inner"}, {"op": "update", "id": "inner", "meta": {"placeholder": "Theirs"}}, False),
        (
            {"op": "update", "id": "inner", "props": {"text": "Later"}},
            {"op": "update", "id": "inner", "props": {"text": "Theirs"}},
            False,
        ),
        ({"op": "move", "id": "inner"}, {"op": "update", "id": "inner", "props": {"text": "Theirs"}}, True),
        ({"op": "remove", "id": "inner"}, {"op": "insert", "block": {"type": "divider"}}, True),
    ],
)
def test_what_waits_sees_changes_of_what_was_accepted_before(
    later: Any, theirs: Any, fits: bool, page_factory: Any, system: Any
) -> None:
    """A part of a proposal about blocks that another part brings is as old as their arrival."""
    page = page_factory(content=[{"id": "first", "type": "heading", "props": {"text": "First"}}])
    inner = {"id": "inner", "type": "heading", "props": {"text": "Mine"}}
    block = {"id": "new", "type": "section", "props": {"title": "New"}, "children": [inner]}
    proposal = services.create_proposal(page, [{"op": "insert", "block": block}, later], actor=system)
    rest = accept_and_keep_rest(proposal, actor=system, blocks=["new"], fields=[])
    assert rest is not None
    services.apply_page_operations(page, [theirs], actor=system)
    page.refresh_from_db()
    before = page.content_json
    assert services.proposal_state(rest, page) == ["pending" if fits else "stale"]
    if not fits:
        with pytest.raises(ProposalStale):
            services.accept_proposal(rest, actor=system)
    else:
        services.accept_proposal(rest, actor=system)
    page.refresh_from_db()
    assert (page.content_json == before) is not fits
