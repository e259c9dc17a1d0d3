"""Two people edit one page; a part of a proposal is accepted: what becomes of the texts, through services and database."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ai_cms.blocks.documents.document import Document
from ai_cms.core.exceptions import AICMSError
from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.pages.exceptions import PageStale, ProposalStale, PublishRefused
from ai_cms.pages.models import Proposal, Revision
from ai_cms.pages.revisions import prune_revisions
from ai_cms.pages.services.deferring import accept_and_keep_rest
from ai_cms.pages.services.drafts import save_draft
from ai_cms.pages.services.locks import locked_page
from ai_cms.pages.services.proposals import operation_target

from .random_edits import Author, random_document, same_content, words_of

__all__ = ["Trial", "accept_a_part", "rebase"]

MINE, THEIRS = Actor.system("mine"), Actor.system("theirs")


@dataclass
class Trial:
    """What became of one try, and what must not have happened; ``story`` is what was done, to be read by a person."""

    outcome: str = ""
    lost: set[str] = field(default_factory=set)
    misjudged: list[str] = field(default_factory=list)
    story: dict[str, Any] = field(default_factory=dict)

    def expect(self, words: set[str], document: Document) -> None:
        self.lost |= words - words_of(document)


def begin_anew(page: Any, dice: random.Random) -> Document:
    """Give the page another document, whatever was locked in the one before."""
    with locked_page(page.pk) as fresh:
        before, fresh.content_json = fresh.content_json, random_document(dice)
        save_draft(fresh, actor=MINE, kind="manual", names=set(), before=before)
    page.refresh_from_db()
    document: Document = page.content_json
    return document


def others_edit(page: Any, dice: random.Random, trial: Trial, most: int) -> Document:
    """Let somebody else save one to ``most`` times, by hand or by itself, and publish in between now and then."""
    author = Author("theirs", dice)
    kind = dice.choice(["manual", "autosave"])
    for _ in range(dice.randint(1, most)):
        operations, _document = author.edit(page.content_json, most=3)
        trial.story.setdefault("theirs", []).append(operations)
        services.apply_page_operations(page, operations, actor=THEIRS, kind=kind)
        if dice.random() < 0.05:
            with suppress(PublishRefused):
                services.publish_page(page, actor=THEIRS)
        page.refresh_from_db()
    document: Document = page.content_json
    return document


def rebase(page: Any, seed: int) -> Trial:
    """Let another editor save, then send what was made for the version before, as operations or as a whole document."""
    dice, trial = random.Random(seed), Trial()
    base, version = begin_anew(page, dice), page.version
    mine, wanted = Author("mine", dice).edit(base)
    trial.story |= {"base": base.to_json(), "mine": mine}
    other = others_edit(page, dice, trial, 3)
    if pruned := dice.random() < 0.03:
        prune_revisions(page.pk, keep=1)
    inverse: list[dict[str, Any]] | None = None
    try:
        if dice.random() < 0.15:
            trial.outcome = "document "
            services.update_page(page, actor=MINE, content=wanted.to_json(), expected_version=version)
        else:
            done = services.apply_page_operations(page, mine, actor=MINE, base_version=version)
            inverse = done.inverse
    except PageStale as error:
        kept: Document = Revision.objects.get(page=page, number=error.body()["conflict_revision"]).content_json
        trial.outcome += "kept, its base pruned" if pruned else "kept"
        trial.expect(words_of(wanted, "mine"), kept)
        if not pruned and not same_content(kept, wanted):
            trial.misjudged.append("the revision is not what was wanted")
        page.refresh_from_db()
        if page.content_json != other:
            trial.misjudged.append("a refused edit changed the page")
        return trial
    except AICMSError as error:
        trial.outcome += "400 after it fitted"
        trial.misjudged.append(f"{type(error).__name__}: {error}")
        trial.lost |= words_of(wanted, "mine")
        return trial
    trial.outcome += "applied"
    page.refresh_from_db()
    final: Document = page.content_json
    trial.expect(words_of(other, "theirs") | words_of(wanted, "mine"), final)
    trial.expect(words_of(base) & words_of(other) & words_of(wanted), final)
    # What is locked stays as it is, for whoever locked it too.
    if inverse is not None and not any("locked" in (operation.get("meta") or {}) for operation in mine):
        _undo(page, inverse, other, trial)
    return trial


def _undo(page: Any, inverse: list[dict[str, Any]], before: Document, trial: Trial) -> None:
    try:
        services.apply_page_operations(page, inverse, actor=MINE)
    except AICMSError as error:
        trial.misjudged.append(f"undo refused, {type(error).__name__}: {error}")
        return
    page.refresh_from_db()
    if not same_content(page.content_json, before):
        trial.misjudged.append("undone, the page is not as it was")


def accept_a_part(page: Any, seed: int) -> Trial:
    """Propose, let somebody edit, accept some blocks, and now and then the rest later, after another edit."""
    dice, trial = random.Random(seed), Trial()
    base = begin_anew(page, dice)
    mine, _wanted = Author("mine", dice).edit(base, most=7)
    trial.story |= {"base": base.to_json(), "mine": mine}
    try:
        proposal: Proposal | None = services.create_proposal(page, mine, actor=MINE)
    except AICMSError as error:
        trial.outcome = "400 though it fits"
        trial.misjudged.append(f"{type(error).__name__}: {error}")
        return trial
    trial.story["proposed"], trial.story["accepted"] = proposal.operations, []
    for turn in range(3):
        if proposal is None:
            break
        if dice.random() < 0.75:
            others_edit(page, dice, trial, 2)
        targets = sorted({operation_target(operation) for operation in proposal.operations})
        chosen = None if turn == 2 or dice.random() < 0.3 else dice.sample(targets, dice.randint(1, len(targets)))
        trial.story["accepted"].append(chosen)
        later = chosen is not None and dice.random() < 0.5
        proposal = _accept(page, proposal, chosen, later, trial)
    return trial


def _accept(page: Any, proposal: Proposal, chosen: list[str] | None, later: bool, trial: Trial) -> Proposal | None:
    """Accept the chosen blocks of a proposal; returns what waits of it."""
    before: Document = page.content_json
    states = services.proposal_state(proposal, page)
    rest = None
    try:
        if later and chosen is not None:
            rest = accept_and_keep_rest(proposal, actor=MINE, blocks=chosen, fields=[])
        else:
            services.accept_proposal(proposal, actor=MINE, blocks=chosen)
    except ProposalStale:
        page.refresh_from_db()
        trial.outcome += " stale"
        if page.content_json != before:
            trial.misjudged.append("a refused proposal changed the page")
        if chosen is None and "pending" in states:
            trial.misjudged.append("shown as waiting, and nothing of it was taken")
        return None
    except AICMSError as error:
        trial.outcome += " 400"
        trial.misjudged.append(f"{type(error).__name__}: {error}")
        return None
    trial.outcome += f" {proposal.status}"
    page.refresh_from_db()
    decisions = list(proposal.decisions)
    if chosen is None and decisions != [word.replace("pending", "accepted") for word in states]:
        trial.misjudged.append("another part was taken than was shown")
    if rest is not None and not words_of(proposal.operations, "mine") <= (
        words_of(rest.operations, "mine")
        | words_of([each for each, word in zip(proposal.operations, decisions, strict=True) if word != "rejected"])
    ):
        trial.misjudged.append("a part is in neither proposal")
    _expect_accepted(proposal, decisions, before, page.content_json, trial)
    return rest


def _expect_accepted(proposal: Proposal, decisions: list[str], before: Document, after: Document, trial: Trial) -> None:
    """Note which texts are gone that no accepted operation replaces or removes, and which accepted ones have not come."""
    accepted = [each for each, word in zip(proposal.operations, decisions, strict=True) if word == "accepted"]
    trial.expect(words_of(before, "theirs"), after)
    if any(operation["op"] == "remove" for operation in accepted):
        # What went is what was there when it was suggested: its marks say so, and what others typed was looked for above.
        return
    written: dict[str, set[str]] = {}
    for operation in accepted:
        target = operation_target(operation)
        if operation["op"] == "update":
            written[target] = words_of(operation.get("props") or {}) | words_of(operation.get("meta") or {})
        elif operation["op"] == "insert":
            written |= {"": written.get("", set()) | words_of(operation["block"])}
    updated = {operation["id"] for operation in accepted if operation["op"] == "update"}
    replaced = {
        word for operation in accepted if operation["op"] == "insert" for word in _words_in(operation["block"], updated)
    }
    new = set().union(*written.values()) if written else set()
    old = {
        word
        for walked in before.walk()
        if walked.block["id"] not in updated
        for word in words_of({key: value for key, value in walked.block.items() if key != "children"})
    }
    trial.expect((new - replaced) | old, after)


def _words_in(block: dict[str, Any], names: set[str]) -> set[str]:
    """Return the words of those blocks inside ``block`` that are updated later in the same batch."""
    found = words_of(block["props"]) | words_of(block.get("meta") or {}) if block.get("id") in names else set()
    for child in block.get("children") or []:
        found |= _words_in(child, names)
    return found
