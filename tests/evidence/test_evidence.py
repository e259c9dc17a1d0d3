"""Who answers for what: acceptances, the dossier of a page, its seal, and the report of what models wrote."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ai_cms.blocks.documents.provenance import make_provenance
from ai_cms.core.exceptions import Conflict, InvalidInput, PermissionRefused
from ai_cms.core.permissions import Actor
from ai_cms.evidence.acceptances import accept_published
from ai_cms.evidence.authorship import ReportFilter, authorship_summary, refresh_authorship, report_rows
from ai_cms.evidence.dossiers import page_dossier
from ai_cms.evidence.models import Acceptance, Authored
from ai_cms.evidence.reading import COLUMNS, csv_lines, waiting_of
from ai_cms.evidence.seals import is_sealed, sealed
from ai_cms.pages import services
from ai_cms.pages.changes import block_changes, changes_digest
from ai_cms.pages.models import Proposal
from tests.conftest import make_user

from .conftest import fresh, heading, text_of, update

pytestmark = pytest.mark.django_db
Pages = Callable[..., Any]
MODEL = {"model": "m-1", "call": "41"}


def insert(*blocks: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"op": "insert", "block": block} for block in blocks]


def propose(page: Any, actor: Actor, *operations: Any, **options: Any) -> Proposal:
    provenance = make_provenance("model", by=actor.account.pk, **MODEL)
    return services.create_proposal(
        fresh(page), list(operations), actor=actor, provenance=provenance, agent="m-1", **options
    )


@pytest.fixture
def four(page_factory: Pages, person: Actor, system: Actor) -> Any:
    """Return a published page with four kinds of authorship: a person's, accepted, accepted and changed, imported."""
    page = page_factory("Rye", heading("person", "Typed"), actor=person)
    imported = Actor.system("import_wordpress")
    content = [*fresh(page).content_json.to_json(), heading("imported", "Old site")]
    services.update_page(fresh(page), actor=imported, content=content, kind="import", source="import")
    proposal = propose(page, person, *insert(heading("accepted", "Model"), heading("edited", "Modell")))
    services.accept_proposal(proposal, actor=person, edits={"edited": {"text": "Model, mended"}})
    services.publish_page(fresh(page), actor=person)
    return fresh(page)


# Acceptances


def test_an_acceptance_keeps_what_was_shown_and_what_was_changed(
    page_factory: Pages, person: Actor, editor: Any, grant: Any
) -> None:
    page = page_factory("Rye", heading("a", "old"), heading("b", "old"))
    grant(page)
    proposal = propose(
        page,
        person,
        update("a", "new a"),
        update("b", "new b"),
        *insert(heading("n", "fresh")),
        fields={"seo_title": "S"},
    )
    changes = block_changes(fresh(page).content_json, proposal.operations)
    digest = changes_digest(changes, [{"name": "seo_title", "before": "", "after": "S"}])
    services.accept_proposal(proposal, actor=editor, blocks=["a", "n"], edits={"n": {"text": "mine"}}, shown=digest)
    kept = Acceptance.objects.get()
    assert (kept.person, kept.person_name, kept.model, kept.call, kept.agent) == (editor, "editor", "m-1", "41", "m-1")
    assert kept.asked_by == "admin" and not kept.by_policy
    assert kept.shown_to_person == kept.shown_digest == digest
    assert [(one["op"], one.get("decision")) for one in kept.shown] == [
        ("update", "accepted"), ("update", "rejected"), ("insert", "accepted"), ("field", None),
    ]  # fmt: skip
    assert kept.shown[0]["text"] == [["delete", "old"], ["insert", "new a"]]
    assert kept.changes["left_out"] == ["b"] and kept.changes["fields_left_out"] == ["seo_title"]
    assert {name: side["text"] for name, side in kept.changes["edits"]["n"].items()} == {
        "before": "fresh",
        "after": "mine",
    }
    assert set(kept.blocks.values_list("block", flat=True)) == {"a", "n"}
    assert text_of(page, "n") == "mine" and fresh(page).content_json.find("n")["meta"]["provenance"]["edited"] is True
    # It outlives the account, the proposal and the page.
    editor.delete()
    proposal.delete()
    kept.refresh_from_db()
    assert (kept.person, kept.person_name, kept.proposal) == (None, "editor", None)


def test_edits_are_of_what_is_accepted_alone(page_factory: Pages, person: Actor) -> None:
    page = page_factory("Rye", heading("a", "old"), heading("b", "old"))
    proposal = propose(page, person, update("a", "new"), update("b", "new"))
    with pytest.raises(InvalidInput, match="No accepted change"):
        services.accept_proposal(proposal, actor=person, blocks=["a"], edits={"b": {"text": "x"}})
    assert text_of(page, "a") == "old" and not Acceptance.objects.exists()


def test_what_a_person_proposed_and_a_rule_decided(page_factory: Pages, person: Actor, settings: Any) -> None:
    page = page_factory("Rye", heading("a", "old"))
    services.accept_proposal(services.create_proposal(page, [update("a", "person")], actor=person), actor=person)
    assert not Acceptance.objects.exists()
    settings.AI_CMS = {**settings.AI_CMS, "PROPOSAL_POLICY": "tests.evidence.test_evidence.always"}
    propose(page, person, update("a", "model"))
    kept = Acceptance.objects.get()
    assert kept.by_policy and not kept.blocks.filter(by_person=True).exists()
    assert page_dossier(fresh(page), actor=person, draft=True)["summary"]["model_unreviewed"] == 1


def always(proposal: Proposal, actor: Actor) -> bool:
    return True


def test_an_agent_that_accepts_answers_for_nothing(page_factory: Pages, person: Actor, agent: Actor) -> None:
    page = page_factory("Rye", heading("a", "old"))
    services.accept_proposal(propose(page, person, update("a", "model")), actor=agent)
    assert page_dossier(fresh(page), actor=person, draft=True)["summary"]["model_unreviewed"] == 1


# The dossier


def test_four_kinds_of_authorship_are_read_back(four: Any, person: Actor) -> None:
    record = page_dossier(four, actor=person)
    assert {block["id"]: block["kind"] for block in record["blocks"]} == {
        "person": "person",
        "imported": "imported",
        "accepted": "model_accepted",
        "edited": "model_accepted_edited",
    }
    assert record["summary"] == {
        "blocks": 4, "person": 1, "imported": 1, "rules": 0, "model_accepted": 1, "model_accepted_edited": 1,
        "model_unreviewed": 0, "unknown": 0,
    }  # fmt: skip
    answers = {block["id"]: block["answers"] and block["answers"]["name"] for block in record["blocks"]}
    assert answers == {"person": "admin", "imported": None, "accepted": "admin", "edited": "admin"}
    assert record["page"]["state"] == "published" and record["page"]["published_by"] == "admin"
    assert [one["model"] for one in record["acceptances"]] == ["m-1"]
    assert record["acceptances"][0]["changes"]["edits"]["edited"]["after"]["text"] == "Model, mended"
    assert is_sealed(record) and is_sealed(json.loads(json.dumps(record)))


def test_an_acceptance_holds_through_a_persons_edit_and_not_for_what_a_model_writes_anew(
    four: Any, person: Actor
) -> None:
    services.apply_page_operations(four, [update("accepted", "By hand")], actor=person)
    kinds = {block["id"]: block["kind"] for block in page_dossier(fresh(four), actor=person, draft=True)["blocks"]}
    assert kinds["accepted"] == "model_accepted_edited"
    again = make_provenance("model", model="m-2", call="42")
    services.apply_page_operations(fresh(four), [update("accepted", "Anew")], actor=person, provenance=again)
    kinds = {block["id"]: block["kind"] for block in page_dossier(fresh(four), actor=person, draft=True)["blocks"]}
    assert kinds["accepted"] == "model_unreviewed"


@pytest.mark.parametrize("change", ["text", "digest", "signature", "seal", "more"])
def test_a_record_that_was_changed_is_found_out(change: str) -> None:
    record = sealed({"format": "x", "blocks": [1, {"a": "ä"}]})
    assert is_sealed(record)
    if change == "text":
        record["format"] = "y"
    elif change == "seal":
        record["seal"] = "no"
    elif change == "more":
        record["more"] = 1
    else:
        record["seal"][change] = record["seal"][change][:-2] + "AA"
    assert not is_sealed(record)


def test_an_earlier_key_of_the_site_still_holds(settings: Any) -> None:
    record = sealed({"a": 1})
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-key" * 5, [settings.SECRET_KEY]
    assert is_sealed(record)
    settings.SECRET_KEY_FALLBACKS = []
    assert not is_sealed(record)


# What nobody answers for


def test_a_person_answers_for_what_is_public_having_been_shown_it(
    page_factory: Pages, person: Actor, agent: Actor
) -> None:
    page = page_factory("Rye", heading("a", "old"))
    for name in ("x", "y"):
        services.apply_page_operations(
            fresh(page), insert(heading(name, "Model")), actor=agent, provenance=make_provenance("model", **MODEL)
        )
    services.publish_page(fresh(page), actor=person)
    waiting = waiting_of(page)
    assert [change["block"] for change in waiting["changes"]] == ["x", "y"]
    with pytest.raises(PermissionRefused):
        accept_published(page, actor=agent, shown=waiting["shown_digest"])
    with pytest.raises(Conflict):
        accept_published(page, actor=person, shown="0" * 64)
    with pytest.raises(InvalidInput):
        accept_published(page, actor=person, shown=waiting["shown_digest"], blocks=["a"])
    accept_published(page, actor=person, shown=waiting["shown_digest"], blocks=["x"])
    kinds = {block["id"]: block["kind"] for block in page_dossier(fresh(page), actor=person)["blocks"]}
    assert kinds == {
        "a": "unknown" if kinds["a"] == "unknown" else "person",
        "x": "model_accepted",
        "y": "model_unreviewed",
    }
    accept_published(page, actor=person, shown=waiting_of(page)["shown_digest"])
    with pytest.raises(Conflict):
        accept_published(page, actor=person, shown=waiting_of(page)["shown_digest"])


# The report


def test_the_report_counts_what_is_public_and_who_answers_for_it(
    four: Any, page_factory: Pages, person: Actor, agent: Actor, django_assert_max_num_queries: Any
) -> None:
    other = page_factory("Oats", parent=four)
    services.apply_page_operations(
        fresh(other), insert(heading("x", "=1+1")), actor=agent, provenance=make_provenance("model", model="m-2")
    )
    services.publish_page(fresh(other), actor=person)
    summary = authorship_summary(ReportFilter(), actor=person)
    assert (summary["pages"], summary["by_models"], summary["unreviewed"], summary["share_unreviewed"]) == (
        2,
        3,
        1,
        0.3333,
    )
    assert [(row["model"], row["blocks"], row["reviewed"], row["edited"]) for row in summary["models"]] == [
        ("m-1", 2, 2, 1),
        ("m-2", 1, 0, 0),
    ]
    assert summary["human"] >= 1 and summary["imported"] == 1
    rows = list(report_rows(ReportFilter(unreviewed=True), actor=person))
    assert [(row["path"], row["model"], row["responsible"]) for row in rows] == [("/rye/oats/", "m-2", "")]
    for chosen, blocks in (
        (ReportFilter(below=other.pk), {"x"}),
        (ReportFilter(model="m-1"), {"accepted", "edited"}),
        (ReportFilter(person=str(person.user.pk)), {"accepted", "edited"}),
        (ReportFilter(site=four.site_id + 1), set()),
        (ReportFilter(site=four.site_id, below=four.pk), {"accepted", "edited", "x"}),
    ):
        assert {row["block"] for row in report_rows(chosen, actor=person)} == blocks
    table = list(csv.DictReader(io.StringIO("".join(csv_lines(ReportFilter(), actor=person)))))
    assert len(table) == 3 and tuple(table[0]) == COLUMNS
    # No cell is a formula.
    assert [row["text"] for row in table if row["block"] == "x"] == ["'=1+1"]
    with django_assert_max_num_queries(6):
        authorship_summary(ReportFilter(), actor=person)
    assert refresh_authorship() == 0


def test_the_report_follows_what_is_published_and_taken_off(four: Any, person: Actor) -> None:
    assert authorship_summary(ReportFilter(), actor=person)["by_models"] == 2
    services.apply_page_operations(four, [{"op": "remove", "id": "accepted"}], actor=person)
    assert authorship_summary(ReportFilter(), actor=person)["by_models"] == 2
    services.publish_page(fresh(four), actor=person)
    assert authorship_summary(ReportFilter(), actor=person)["by_models"] == 1
    services.unpublish_page(fresh(four), actor=person)
    assert authorship_summary(ReportFilter(), actor=person)["by_models"] == 0
    assert not Authored.objects.exists()


def test_a_report_is_of_the_pages_one_may_read(four: Any, editor: Any, member: Any, grant: Any) -> None:
    assert authorship_summary(ReportFilter(), actor=Actor.of(member))["by_models"] == 0
    assert authorship_summary(ReportFilter(), actor=Actor.of(editor))["by_models"] == 0
    grant(four)
    assert authorship_summary(ReportFilter(), actor=Actor.of(type(editor).objects.get(pk=editor.pk)))["by_models"] == 2


# Commands


def said(*args: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(*args, stdout=out, **options)
    return out.getvalue()


def test_commands_export_verify_and_undo(four: Any, agent: Actor, person: Actor, tmp_path: Path) -> None:
    file = tmp_path / "evidence.jsonl"
    file.write_text(said("export_evidence", str(four.pk)))
    assert "genuine and unchanged" in said("verify_evidence", str(file))
    file.write_text(file.read_text().replace("Typed", "Tiped"))
    with pytest.raises(CommandError, match="1 of the records is not"):
        said("verify_evidence", str(file))
    assert json.loads(said("export_evidence", summary=True))["by_models"] == 2
    assert said("export_evidence", model="m-1").count("\n") == 3
    with pytest.raises(CommandError, match="no page"):
        said("export_evidence", "999999")
    with pytest.raises(CommandError, match="no day"):
        said("export_evidence", since="yesterday")
    services.apply_page_operations(four, [update("person", "robot")], actor=agent)
    assert "Would be: 1 reverted" in said("undo_run", agent="Robo", dry_run=True)
    plan = json.loads(said("undo_run", agent="Robo", dry_run=True, json=True))
    assert json.loads(said("undo_run", agent="Robo", json=True, expected=plan["digest"]))["counts"]["reverted"] == 1
    assert text_of(four, "person") == "Typed"
    with pytest.raises(CommandError, match="Name a run"):
        said("undo_run")
    with pytest.raises(CommandError, match="no user"):
        said("undo_run", agent="Robo", user="nobody")


def test_the_journal_is_pruned_and_acceptances_stay(four: Any, agent: Actor, settings: Any) -> None:
    from ai_cms.evidence.models import Act

    services.apply_page_operations(four, [update("person", "robot")], actor=agent)
    acts = Act.objects.count()
    assert "everything is kept" in said("prune_journal")
    Act.objects.update(at="2020-01-01T00:00Z")
    settings.AI_CMS = {**settings.AI_CMS, "JOURNAL_KEEP_DAYS": 30}
    assert said("prune_journal") == f"{acts} acts deleted.\n"
    assert Acceptance.objects.exists()


# REST


def test_rest_lists_undoes_and_reads_evidence(four: Any, agent: Actor, person: Actor, api_client: Any) -> None:
    services.apply_page_operations(four, [update("person", "robot")], actor=agent)
    api_client.force_login(person.user)
    assert [row["agent"] for row in api_client.get("/api/acts/?agent=Robo").json()["results"]] == ["Robo"]
    assert api_client.get("/api/acts/?since=never").status_code == 400
    assert api_client.post("/api/acts/undo/", {}, format="json").status_code == 400
    dry = api_client.post("/api/acts/undo/", {"agent": "Robo"}, format="json").json()
    assert dry["undo"] is None and dry["counts"]["reverted"] == 1 and text_of(four, "person") == "robot"
    body = {"agent": "Robo", "dry_run": False, "expected": "0" * 32}
    assert api_client.post("/api/acts/undo/", body, format="json").status_code == 409
    done = api_client.post("/api/acts/undo/", {**body, "expected": dry["digest"]}, format="json")
    assert done.status_code == 200 and done.json()["undo"] and text_of(four, "person") == "Typed"
    record = api_client.get(f"/api/evidence/pages/{four.pk}/").json()
    assert record["summary"]["model_accepted"] == 1
    assert api_client.post("/api/evidence/verify/", {"record": record}, format="json").json() == {"valid": True}
    record["made_at"] = "x"
    assert api_client.post("/api/evidence/verify/", {"record": record}, format="json").json() == {"valid": False}
    assert api_client.get(f"/api/evidence/pages/{four.pk}/?draft=perhaps").status_code == 400
    assert api_client.get("/api/evidence/pages/999999/").status_code == 404
    assert api_client.get("/api/evidence/pages/x/").status_code == 404
    assert api_client.get("/api/evidence/authorship/?model=m-1").json()["count"] == 2
    assert api_client.get("/api/evidence/authorship/?site=x").status_code == 400
    assert api_client.get("/api/evidence/authorship/summary/").json()["share_unreviewed"] == 0
    waiting = api_client.get(f"/api/evidence/pages/{four.pk}/unreviewed/").json()
    assert waiting["changes"] == []
    body = {"shown": waiting["shown_digest"]}
    assert api_client.post(f"/api/evidence/pages/{four.pk}/unreviewed/", body, format="json").status_code == 409


def test_rest_shows_and_does_what_one_may(four: Any, agent: Actor, api_client: Any) -> None:
    services.apply_page_operations(four, [update("person", "robot")], actor=agent)
    for path in ("acts/", "evidence/authorship/", f"evidence/pages/{four.pk}/"):
        assert api_client.get(f"/api/{path}").status_code == 401
    api_client.force_login(make_user("nobody"))
    assert api_client.get("/api/acts/").json()["results"] == []
    assert api_client.get(f"/api/evidence/pages/{four.pk}/").status_code == 404
    assert api_client.post("/api/acts/undo/", {"agent": "Robo", "dry_run": False}, format="json").json()["items"] == []
    assert text_of(four, "person") == "robot"


def test_proposals_say_a_digest_and_take_edits_over_rest(page_factory: Pages, person: Actor, api_client: Any) -> None:
    page = page_factory("Rye", heading("a", "old"))
    proposal = propose(page, person, update("a", "model"))
    api_client.force_login(person.user)
    shown = api_client.get(f"/api/proposals/{proposal.pk}/").json()["shown_digest"]
    path = f"/api/proposals/{proposal.pk}/accept/"
    assert api_client.post(path, {"shown": "x"}, format="json").status_code == 400
    assert api_client.post(path, {"edits": {"nope": {}}}, format="json").status_code == 400
    done = api_client.post(path, {"shown": shown, "edits": {"a": {"text": "mine"}}}, format="json")
    assert done.status_code == 200, done.json()
    kept = Acceptance.objects.get()
    assert kept.shown_to_person == kept.shown_digest == shown and text_of(page, "a") == "mine"
